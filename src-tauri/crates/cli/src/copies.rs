//! `backup` and `export`: copies of a data folder, with a running server or without, and without
//! the passphrase: whoever may run this may read the folder.

use std::fmt::Display;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use engine::{Clock as _, Engine, ExportScope, SystemClock};
use serde_json::json;

use crate::desk::Desk;
use crate::exit::Failure;
use crate::print;
use crate::secret::Passphrase;
use crate::verify::progress_bar;

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The folder to make
    #[arg(value_name = "DIR")]
    to: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The folder to make
    #[arg(value_name = "DIR")]
    to: PathBuf,
    /// Only what was recorded at or after (RFC 3339)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only the decisions and messages of this submission; the journal stays whole
    #[arg(long, value_name = "ID")]
    submission: Option<String>,
}

/// Makes a data folder out of another while it is in use.
///
/// # Errors
/// The folder is there, or either cannot be read or written.
pub(crate) async fn backup(
    dir: &Path,
    passphrase: Passphrase,
    args: Backup,
    as_json: bool,
) -> Result<(), Failure> {
    note(dir, passphrase, "backup", &args.to).await?;
    let bar = progress_bar();
    let copied = Engine::backup_dir(dir, &args.to, SystemClock.now(), |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    copied?;
    let to = args.to.display();
    match as_json {
        true => print::json(&json!({"backup": to.to_string()})),
        false => print::line(&format!(
            "copied to {to}; prove it with `sendoff verify --data {to}`. Whoever opens it finds \
             everything paused and what waited to leave uncertain"
        )),
    }
}

/// Writes the record as text.
///
/// # Errors
/// As [`backup`]; a time or id that is none.
pub(crate) async fn export(
    dir: &Path,
    passphrase: Passphrase,
    args: Export,
    as_json: bool,
) -> Result<(), Failure> {
    let since = parsed("--since", args.since.as_deref())?;
    let submission = parsed("--submission", args.submission.as_deref())?;
    note(dir, passphrase, "export", &args.to).await?;
    let scope = ExportScope { since, submission };
    let bar = progress_bar();
    let written = Engine::export_dir(dir, &args.to, &scope, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    let written = written?;
    let to = args.to.display();
    match as_json {
        true => print::json(&serde_json::to_value(&written).unwrap_or_default()),
        false => print::line(&format!(
            "{} journal entries, {} decisions, {} messages asked for and {} received written to \
             {to}; anybody checks them with `sendoff verify --export {to}`",
            written.entries, written.decisions, written.messages, written.received
        )),
    }
}

fn parsed<T>(flag: &str, text: Option<&str>) -> Result<Option<T>, Failure>
where
    T: FromStr,
    T::Err: Display,
{
    let read = text.map(str::parse).transpose();
    read.map_err(|error| Failure::Usage(format!("`{flag}`: {error}")))
}

/// Writes into the record that a copy is taken, before it is: the copy holds that entry too.
async fn note(dir: &Path, passphrase: Passphrase, form: &str, to: &Path) -> Result<(), Failure> {
    Engine::may_copy_to(dir, to)?;
    let mut desk = Desk::at(dir.to_owned(), passphrase);
    let to = std::path::absolute(to)?.display().to_string();
    let noted = desk
        .call("record.copying", json!({"form": form, "to": to}))
        .await;
    desk.close();
    noted.map(|_| ())
}
