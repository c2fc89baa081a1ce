//! Secrets a person gives: through a file descriptor, or typed where nothing is echoed.

use std::io::{IsTerminal as _, Read as _};

use crate::exit::Failure;

/// Octets read of one secret; the vault refuses longer ones anyway.
const SECRET_OCTETS_MAX: u64 = 64 * 1024;

/// Where the operator's passphrase comes from. Read at most once.
#[derive(Debug)]
pub(crate) struct Passphrase {
    fd: Option<u32>,
    given: Option<String>,
}

impl Passphrase {
    /// From a file descriptor if one is named, else from the terminal when it is needed.
    pub(crate) fn from(fd: Option<u32>) -> Self {
        Passphrase { fd, given: None }
    }

    /// One that is known already.
    pub(crate) fn known(text: String) -> Self {
        Passphrase {
            fd: None,
            given: Some(text),
        }
    }

    /// True if it was given on the command line: then it may be offered before it is asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.fd.is_some() || self.given.is_some()
    }

    /// The passphrase, for `what`.
    ///
    /// # Errors
    /// No descriptor and no terminal: exit code 4, at once.
    pub(crate) fn get(&mut self, what: &str) -> Result<String, Failure> {
        if let Some(known) = &self.given {
            return Ok(known.clone());
        }
        let text = match self.fd {
            Some(fd) => read_fd(fd, "--passphrase-fd")?,
            None => ask("Operator's passphrase: ", what)?,
        };
        self.given = Some(text.clone());
        Ok(text)
    }

    /// A new passphrase: typed twice at a terminal.
    ///
    /// # Errors
    /// No descriptor and no terminal, or two different ones.
    pub(crate) fn choose(&mut self) -> Result<String, Failure> {
        if self.is_given() {
            return self.get("init");
        }
        let first = ask("New operator's passphrase: ", "init")?;
        let second = ask("The same again: ", "init")?;
        if first != second {
            return Err(Failure::Refused(
                "the two passphrases differ; nothing was made".into(),
            ));
        }
        self.given = Some(first.clone());
        Ok(first)
    }
}

/// Reads a secret from an open file descriptor; one line feed at its end is not part of it.
///
/// # Errors
/// If it cannot be read, or is not text.
pub(crate) fn read_fd(fd: u32, flag: &str) -> Result<String, Failure> {
    let failed =
        |error: std::io::Error| Failure::Usage(format!("cannot read {flag} {fd}: {error}"));
    let mut bytes = Vec::new();
    let source: Box<dyn std::io::Read> = match fd {
        0 => Box::new(std::io::stdin().lock()),
        _ => Box::new(inherited(fd).map_err(failed)?),
    };
    source
        .take(SECRET_OCTETS_MAX)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let mut text = String::from_utf8(bytes)
        .map_err(|_| Failure::Usage(format!("what {flag} {fd} gives is not UTF-8 text")))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        return Err(Failure::Usage(format!("{flag} {fd} gives nothing")));
    }
    Ok(text)
}

/// A descriptor this program was started with. Opening it by name needs no unsafe code; on Linux
/// that fails for a socket, which is what some programs give their children for a pipe.
fn inherited(fd: u32) -> std::io::Result<std::fs::File> {
    let named = std::fs::File::open(format!("/dev/fd/{fd}"));
    #[cfg(target_os = "linux")]
    if named.is_err()
        && let Ok(fd) = i32::try_from(fd)
    {
        use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
        let this = pidfd_open(getpid(), PidfdFlags::empty())?;
        return Ok(pidfd_getfd(this, fd, PidfdGetfdFlags::empty())?.into());
    }
    named
}

/// True if somebody can be asked. What comes in by standard input may be a file while the person
/// sits at the terminal, which is where a passphrase is read from; but a program whose words go
/// nowhere a person sees is nobody to wait for.
fn has_terminal() -> bool {
    if std::io::stdin().is_terminal() {
        return true;
    }
    #[cfg(unix)]
    let opens = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .is_ok();
    #[cfg(not(unix))]
    let opens = false;
    opens && std::io::stderr().is_terminal()
}

fn ask(prompt: &str, what: &str) -> Result<String, Failure> {
    if !has_terminal() {
        return Err(Failure::Proof(format!(
            "`{what}` needs the operator's passphrase, and there is no terminal to ask at; give it with --passphrase-fd N"
        )));
    }
    let text = rpassword::prompt_password(prompt)?;
    match text.is_empty() {
        true => Err(Failure::Proof("no passphrase was given".into())),
        false => Ok(text),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_socket_gives_a_secret_as_a_pipe_does() {
        let (mut parent, child) = UnixStream::pair().unwrap();
        parent.write_all("pass wörd\n".as_bytes()).unwrap();
        drop(parent);
        let fd = u32::try_from(child.as_raw_fd()).unwrap();
        assert_eq!(read_fd(fd, "--passphrase-fd").unwrap(), "pass wörd");
    }

    #[test]
    fn a_descriptor_that_is_not_open_is_named() {
        let Err(Failure::Usage(told)) = read_fd(4_000, "--passphrase-fd") else {
            panic!("there is none");
        };
        assert!(
            told.starts_with("cannot read --passphrase-fd 4000: "),
            "{told}"
        );
    }
}
