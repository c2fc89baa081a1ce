//! Copies of a data folder, taken while it is in use: a backup that is a folder of its own, and an
//! export for whoever is to read or check the record elsewhere.
//!
//! Both look at the folder as `verify` does, without its lock; the running process only writes into
//! the record that a copy was taken ([`Engine::note_copy`]), which comes first so that the copy
//! itself holds that entry.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use domain::{Code, Problem, Timestamp};
use store::Store;

use crate::checkpoint_file::{self, CHECKPOINT_FILE_SETTING};
use crate::open::{Engine, make_private_dir};
use crate::problems;

/// Which copy is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CopyForm {
    /// A data folder that can be opened.
    Backup,
    /// Text for others.
    Export,
}

impl CopyForm {
    const fn as_str(self) -> &'static str {
        match self {
            CopyForm::Backup => "backup",
            CopyForm::Export => "export",
        }
    }
}

impl Engine {
    /// Writes into the record that the operator takes a copy.
    ///
    /// # Errors
    /// If the store cannot write: then no copy should be taken.
    pub async fn note_copy(&self, form: CopyForm, to: String) -> Result<u64, Problem> {
        let noting = self.inner.store.note_copy(form.as_str(), to, self.now());
        self.act(noting).await
    }

    /// Makes `to` a copy of the data folder `dir` as it stands at this moment: database,
    /// checkpoints, the sealed credentials and what else lies in it. Whoever opens it finds
    /// everything paused and its outbox uncertain: the original may have sent it. Blocks.
    ///
    /// # Errors
    /// `already_exists` if `to` holds anything; `not_found` for no data folder; if either cannot
    /// be read or written.
    pub fn backup_dir(
        dir: &Path,
        to: &Path,
        now: Timestamp,
        progress: impl FnMut(u64, u64),
    ) -> Result<(), Problem> {
        let to = make_empty(to)?;
        Store::copy_dir(dir, &to, now, progress).map_err(problems::from_store)?;
        let copied = Store::look(&to).map_err(problems::from_store)?;
        let setting = copied.setting(CHECKPOINT_FILE_SETTING);
        let setting = setting.map_err(problems::from_store)?;
        let signed = copied.checkpoints().map_err(problems::from_store)?;
        drop(copied);
        let file = checkpoint_file::path(&to, setting.as_deref());
        // One that lies elsewhere is the original's, and shows that this is an older copy.
        let own = file.starts_with(&to);
        if own && !signed.is_empty() {
            checkpoint_file::append(&file, &signed).map_err(|error| unwritten(&file, &error))?;
        }
        copy_the_rest(dir, &to)
    }
}

/// Makes a private folder, or takes one that is there and empty.
pub(crate) fn make_empty(to: &Path) -> Result<PathBuf, Problem> {
    let taken = to
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some());
    if taken || to.is_file() {
        let detail = format!(
            "`{}` is there already and not empty; choose another folder",
            to.display()
        );
        return Err(Problem::new(Code::AlreadyExists, detail));
    }
    make_private_dir(to)?;
    Ok(to.to_owned())
}

/// Every file of the folder but the database with its logs and older backups, the lock, and what
/// was made from the copied database.
fn copy_the_rest(dir: &Path, to: &Path) -> Result<(), Problem> {
    let read = |error: io::Error| {
        let detail = format!("cannot read `{}`: {error}", dir.display());
        Problem::new(Code::StoreUnavailable, detail)
    };
    let made: BTreeSet<_> = to
        .read_dir()
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect())
        .map_err(read)?;
    for entry in dir.read_dir().map_err(read)? {
        let entry = entry.map_err(read)?;
        let name = entry.file_name();
        let is_file = entry.file_type().map_err(read)?.is_file();
        let ours = name.to_string_lossy();
        let of_the_database = ours.starts_with("sendoff.db")
            || ours == "sendoff.lock"
            || ours.ends_with(".backup.db")
            || ours.ends_with(".ndjson");
        if !is_file || of_the_database || made.contains(&name) {
            continue;
        }
        let bytes = fs::read(entry.path()).map_err(read)?;
        put(&to.join(&name), &bytes)?;
    }
    Ok(())
}

/// Writes a new private file.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let write = || -> io::Result<()> {
        let mut file = private_file(path)?;
        file.write_all(bytes)?;
        file.sync_data()
    };
    write().map_err(|error| unwritten(path, &error))
}

/// Makes a file that only its owner reads.
pub(crate) fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

pub(crate) fn unwritten(path: &Path, error: &io::Error) -> Problem {
    let detail = format!("cannot write `{}`: {error}", path.display());
    Problem::new(Code::StoreUnavailable, detail)
}
