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
use crate::export::{JOURNAL, Manifest};
use crate::growing::{NewFolder, grows_in, is_taken, outside};
use crate::open::{DATABASE_FILE, Engine};
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

/// Older copies that are named at the most.
pub const COPIES_NAMED_MAX: usize = 50;
/// Entries about copies that are read for them, newest first: tries that failed are among them, and
/// those into a folder that was used again.
const COPIES_READ_MAX: usize = 5_000;

/// A copy that was taken of this record, and whether it still lies where it was put.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OlderCopy {
    /// As the record tells of it.
    pub row: CopyRow,
    /// False if nothing is there any more: it was deleted, or moved.
    pub is_there: bool,
}

/// The copies that were taken of this record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OlderCopies {
    /// The newest first, at most [`COPIES_NAMED_MAX`].
    pub named: Vec<OlderCopy>,
    /// How many more lie where they were put.
    pub more_there: usize,
    /// How many more do not.
    pub more_gone: usize,
}

impl OlderCopies {
    /// Names those that are there before any that are not. `all` is in order, the newest first.
    fn of(all: Vec<OlderCopy>) -> OlderCopies {
        let there = all.iter().filter(|copy| copy.is_there).count();
        let gone = all.len() - there;
        let mut room_there = there.min(COPIES_NAMED_MAX);
        let mut room_gone = gone.min(COPIES_NAMED_MAX - room_there);
        let (more_there, more_gone) = (there - room_there, gone - room_gone);
        let named = all.into_iter().filter(|copy| {
            let room = match copy.is_there {
                true => &mut room_there,
                false => &mut room_gone,
            };
            let fits = *room > 0;
            *room = room.saturating_sub(1);
            fits
        });
        OlderCopies {
            named: named.collect(),
            more_there,
            more_gone,
        }
    }
}

impl Engine {
    /// The copies that were taken of this record, each folder once. Copies made by other means are
    /// not known, and none before the newest few thousand.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn older_copies(&self) -> Result<OlderCopies, Problem> {
        self.read(|store| {
            let mut seen = BTreeSet::new();
            let rows = store.copies(COPIES_READ_MAX)?.into_iter();
            let all = rows
                .filter(|row| seen.insert(row.to.clone()))
                .map(|row| OlderCopy {
                    is_there: holds_a_copy(Path::new(&row.to)),
                    row,
                });
            Ok(OlderCopies::of(all.collect()))
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
        if is_taken(to) || to.is_file() {
            let detail = format!(
                "`{}` is there already and not empty; choose another folder",
                to.display()
            );
            return Err(Problem::new(Code::AlreadyExists, detail).at("/to"));
        }
        outside(dir, to)
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
        let grows = folder.path();
        Store::copy_dir(dir, grows, now, progress).map_err(problems::from_store)?;
        let copied = Store::look(grows).map_err(problems::from_store)?;
        let setting = copied.setting(CHECKPOINT_FILE_SETTING);
        let setting = setting.map_err(problems::from_store)?;
        let signed = copied.checkpoints().map_err(problems::from_store)?;
        drop(copied);
        let file = checkpoint_file::path(grows, setting.as_deref());
        // One that lies elsewhere is the original's, and shows that this is an older copy.
        let own = file.starts_with(grows);
        if own && !signed.is_empty() {
            checkpoint_file::append(&file, &signed).map_err(|error| unwritten(&file, &error))?;
        }
        copy_the_rest(dir, grows)?;
        folder.keep()
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
            let is_left = copied.is_err() && grows_in(&to);
            copied.map_err(|problem| match &run {
                Some(run) if run.is_to_end() => {
                    let to = to.display();
                    let detail = match is_left {
                        false => format!("it was ended; nothing is left in `{to}`"),
                        true => format!(
                            "it was ended, but a part of it could not be removed: delete `{to}` \
                             yourself"
                        ),
                    };
                    Problem::new(Code::WrongState, detail)
                }
                Some(_) | None => problem,
            })
        })
        .await
    }
}

/// A folder that cannot be looked into may hold one, and one that still grows holds as much.
fn holds_a_copy(folder: &Path) -> bool {
    let is_there = |name| folder.join(name).try_exists().unwrap_or(true);
    is_there(DATABASE_FILE) || is_there(JOURNAL) || grows_in(folder)
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
