//! What the window may be started with: where the data is, where agents knock, and a link to open.

use std::ffi::OsString;
use std::path::PathBuf;

use domain::SubmissionId;

use crate::links;

/// Where agents knock if not told otherwise.
const DEFAULT_HTTP: &str = "127.0.0.1:7411";

/// `--data DIR`, `--http ADDR`, `--smtp ADDR`, a link; nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arguments {
    data: Option<PathBuf>,
    pub(crate) http: String,
    /// Where agents that speak SMTP knock; closed without it.
    pub(crate) smtp: Option<String>,
    /// What to select, if it was started by a link.
    pub(crate) selects: Option<SubmissionId>,
}

impl Arguments {
    /// Reads the arguments. `SENDOFF_DATA` names the folder where `--data` does not.
    ///
    /// # Errors
    /// Anything else, in one sentence.
    pub(crate) fn read(args: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let environment = std::env::var_os("SENDOFF_DATA").filter(|dir| !dir.is_empty());
        Arguments::from(args, environment)
    }

    fn from(
        mut args: impl Iterator<Item = OsString>,
        environment: Option<OsString>,
    ) -> Result<Self, String> {
        let mut read = Arguments {
            data: environment.map(PathBuf::from),
            http: DEFAULT_HTTP.to_owned(),
            smtp: None,
            selects: None,
        };
        while let Some(flag) = args.next() {
            if let Some(id) = flag.to_str().and_then(links::submission) {
                read.selects = Some(id);
                continue;
            }
            let value = args.next();
            match (flag.to_str(), value) {
                (Some("--data"), Some(dir)) => read.data = Some(dir.into()),
                (Some("--http"), Some(http)) => {
                    read.http = http
                        .into_string()
                        .map_err(|_| "--http is not text".to_owned())?;
                }
                (Some("--smtp"), Some(smtp)) => {
                    let smtp = smtp.into_string();
                    read.smtp = Some(smtp.map_err(|_| "--smtp is not text".to_owned())?);
                }
                (_, _) => {
                    let said = flag.to_string_lossy().into_owned();
                    return Err(format!(
                        "`{said}` is not understood; the window takes --data DIR, --http ADDR and --smtp ADDR"
                    ));
                }
            }
        }
        Ok(read)
    }

    /// The data folder: as named, or the platform's place, the same as `sendoff`'s.
    ///
    /// # Errors
    /// This account has no home.
    pub(crate) fn data_dir(&self) -> tauri::Result<PathBuf> {
        let named = self.data.clone();
        named
            .or_else(engine::usual_data_dir)
            .ok_or(tauri::Error::UnknownPath)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Arguments, String> {
        Arguments::from(args.iter().map(OsString::from), Some("/env".into()))
    }

    #[test]
    fn the_command_line_wins_over_the_environment() {
        assert_eq!(read(&[]).unwrap().data, Some("/env".into()));
        let given = [
            "--data",
            "/d",
            "--http",
            "127.0.0.1:0",
            "--smtp",
            "127.0.0.1:2525",
        ];
        let given = read(&given).unwrap();
        assert_eq!(given.smtp.as_deref(), Some("127.0.0.1:2525"));
        assert_eq!(
            (given.data, given.http.as_str()),
            (Some("/d".into()), "127.0.0.1:0")
        );
    }

    #[test]
    fn without_a_name_the_data_is_where_the_command_has_it() {
        let given = Arguments::from(std::iter::empty(), None).unwrap();
        assert_eq!(given.data_dir().ok(), engine::usual_data_dir());
        assert_eq!(read(&[]).unwrap().data_dir().ok(), Some("/env".into()));
    }

    #[test]
    fn a_link_is_read_wherever_it_stands() {
        let link = "sendoff://review/sub_0198aaaaaaaa70008000000000000001";
        let given = read(&[link, "--data", "/d"]).unwrap();
        assert_eq!(given.data, Some("/d".into()));
        assert!(given.selects.is_some());
    }

    #[test]
    fn anything_else_is_refused_in_words() {
        for args in [
            &["--data"][..],
            &["--verbose", "x"],
            &["sub_1"],
            &["--http"],
            &["--smtp"],
        ] {
            assert!(
                read(args).unwrap_err().contains("not understood"),
                "{args:?}"
            );
        }
    }
}
