//! Copies of a data folder, taken while it is in use: a backup that is a folder of its own, and an
//! export for whoever is to read or check the record elsewhere.
//!
//! Both look at the folder as `verify` does, without its lock; the running process only writes into
//! the record that a copy was taken ([`Engine::note_copy`]), which comes first so that the copy
//! itself holds that entry.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use domain::{Code, Problem, Timestamp};
use store::{CopyRow, ExportScope, Store};

use crate::checkpoint_file::{self, CHECKPOINT_FILE_SETTING};
use crate::export::{self, Manifest};
use crate::open::{DATABASE_FILE, Engine, make_private_dir};
use crate::problems;
use crate::runs::Run;

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

/// Older copies that are named at the most, newest first.
pub const COPIES_NAMED_MAX: usize = 50;

/// A copy that was taken of this record, and whether it still lies where it was put.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OlderCopy {
    /// As the record tells of it.
    pub row: CopyRow,
    /// False if nothing is there any more: it was deleted, or moved.
    pub is_there: bool,
}

impl Engine {
    /// The copies that were taken of this record, the newest first and each folder once, at most
    /// [`COPIES_NAMED_MAX`]. Copies made by other means are not known.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn older_copies(&self) -> Result<Vec<OlderCopy>, Problem> {
        self.read(|store| {
            let mut seen = BTreeSet::new();
            let rows = store.copies(COPIES_NAMED_MAX)?.into_iter();
            Ok(rows
                .filter(|row| seen.insert(row.to.clone()))
                .map(|row| OlderCopy {
                    is_there: holds_a_copy(Path::new(&row.to)),
                    row,
                })
                .collect())
        })
        .await
    }

    /// Writes into the record that the operator takes a copy.
    ///
    /// # Errors
    /// If the store cannot write: then no copy should be taken.
    pub async fn note_copy(&self, form: CopyForm, to: String) -> Result<u64, Problem> {
        let noting = self.inner.store.note_copy(form.as_str(), to, self.now());
        self.act(noting).await
    }

    /// Whether a copy of the data folder `dir` can be put into `to`: it is not there yet, or empty,
    /// and not inside the folder that is copied. Writes nothing.
    ///
    /// # Errors
    /// `already_exists`, `invalid_field` at `/to`, with what to choose instead.
    pub fn may_copy_to(dir: &Path, to: &Path) -> Result<(), Problem> {
        let whole = |path: &Path| {
            let there = path.canonicalize().ok();
            there.or_else(|| std::path::absolute(path).ok())
        };
        // What is not there yet is where its parent is.
        let parent = to.parent().and_then(whole);
        if whole(dir).is_some_and(|dir| parent.is_some_and(|to| to.starts_with(dir))) {
            let detail = format!(
                "`{}` is inside the data folder and would be lost with it; choose a folder \
                 elsewhere, best on another disk",
                to.display()
            );
            return Err(Problem::new(Code::InvalidField, detail).at("/to"));
        }
        let taken = to
            .read_dir()
            .is_ok_and(|mut entries| entries.next().is_some());
        if taken || to.is_file() {
            let detail = format!(
                "`{}` is there already and not empty; choose another folder",
                to.display()
            );
            return Err(Problem::new(Code::AlreadyExists, detail).at("/to"));
        }
        Ok(())
    }

    /// Makes `to` a copy of the data folder `dir` as it stands at this moment: database,
    /// checkpoints, the sealed credentials and what else lies in it. Whoever opens it finds
    /// everything paused and its outbox uncertain: the original may have sent it. `progress` may
    /// end it. Blocks. What did not become whole is taken away again.
    ///
    /// # Errors
    /// As [`Engine::may_copy_to`]; `not_found` for no data folder; if either cannot be read or
    /// written.
    pub fn backup_dir(
        dir: &Path,
        to: &Path,
        now: Timestamp,
        progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<(), Problem> {
        let folder = NewFolder::make(dir, to)?;
        Store::copy_dir(dir, to, now, progress).map_err(problems::from_store)?;
        let copied = Store::look(to).map_err(problems::from_store)?;
        let setting = copied.setting(CHECKPOINT_FILE_SETTING);
        let setting = setting.map_err(problems::from_store)?;
        let signed = copied.checkpoints().map_err(problems::from_store)?;
        drop(copied);
        let file = checkpoint_file::path(to, setting.as_deref());
        // One that lies elsewhere is the original's, and shows that this is an older copy.
        let own = file.starts_with(to);
        if own && !signed.is_empty() {
            checkpoint_file::append(&file, &signed).map_err(|error| unwritten(&file, &error))?;
        }
        copy_the_rest(dir, to)?;
        folder.keep();
        Ok(())
    }

    /// Takes a copy of the folder this process has open: writes into the record that it does, then
    /// copies beside what runs. `run` is told how far it is and may end it.
    ///
    /// # Errors
    /// `wrong_state` without a folder, or if it was ended early; as [`Engine::backup_dir`] and
    /// [`Engine::export_dir`].
    pub async fn copy(
        &self,
        form: CopyForm,
        to: PathBuf,
        run: Option<Run>,
    ) -> Result<Option<Manifest>, Problem> {
        let Some(dir) = self.inner.dir.clone() else {
            let detail = "this record is in memory only; there is no folder to copy";
            return Err(Problem::new(Code::WrongState, detail));
        };
        if !to.is_absolute() {
            let detail = format!("`{}` is no whole path; begin at the root", to.display());
            return Err(Problem::new(Code::InvalidField, detail).at("/to"));
        }
        Engine::may_copy_to(&dir, &to)?;
        self.note_copy(form, to.display().to_string()).await?;
        let now = self.now();
        self.blocking(move || {
            let progress = |done, total| match &run {
                Some(run) if run.is_to_end() => ControlFlow::Break(()),
                Some(run) => {
                    run.tell(done, total);
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Continue(()),
            };
            let copied = match form {
                CopyForm::Backup => Engine::backup_dir(&dir, &to, now, progress).map(|()| None),
                CopyForm::Export => {
                    Engine::export_dir(&dir, &to, &ExportScope::default(), progress).map(Some)
                }
            };
            copied.map_err(|problem| match &run {
                Some(run) if run.is_to_end() => {
                    let detail = format!("it was ended; nothing is left in `{}`", to.display());
                    Problem::new(Code::WrongState, detail)
                }
                Some(_) | None => problem,
            })
        })
        .await
    }
}

/// A folder that a copy grows in; taken away again unless it is kept.
pub(crate) struct NewFolder {
    to: PathBuf,
    was_there: bool,
    is_whole: bool,
}

impl NewFolder {
    /// Makes a private folder, or takes one that is there and empty.
    pub(crate) fn make(dir: &Path, to: &Path) -> Result<NewFolder, Problem> {
        Engine::may_copy_to(dir, to)?;
        let was_there = to.is_dir();
        make_private_dir(to)?;
        Ok(NewFolder {
            to: to.to_owned(),
            was_there,
            is_whole: false,
        })
    }

    /// It is whole.
    pub(crate) fn keep(mut self) {
        self.is_whole = true;
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if self.is_whole {
            return;
        }
        // It was empty before: all that is in it is the copy's.
        let removed = match self.was_there {
            false => fs::remove_dir_all(&self.to),
            true => empty(&self.to),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, to = %self.to.display(), "part of a copy could not be removed");
        }
    }
}

fn empty(folder: &Path) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

/// A folder that cannot be looked into may hold one.
fn holds_a_copy(folder: &Path) -> bool {
    [DATABASE_FILE, export::JOURNAL]
        .into_iter()
        .any(|name| folder.join(name).try_exists().unwrap_or(true))
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
