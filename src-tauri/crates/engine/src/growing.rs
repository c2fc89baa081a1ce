//! The folder a copy grows in: nothing of it stands where the copy is to be before all of it does.
//!
//! A copy grows in `.growing` inside the folder it was asked for, under a lock. Once it is whole its
//! files move up, last the one by which the folder is known for a copy; a copy that broke off,
//! killed or not, is never taken for one. Whatever else was put into the folder stays.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use domain::{Code, Problem};

use crate::copies::unwritten;
use crate::export::MANIFEST;
use crate::open::{DATABASE_FILE, Engine, make_private_dir};

/// Where a copy grows.
const GROWING: &str = ".growing";
/// Whoever lets a copy grow holds a lock on it; a name that no copy takes from a data folder.
const LOCK: &str = "sendoff.lock";
/// By these a folder is known for a copy; they move up last.
const LAST: [&str; 2] = [DATABASE_FILE, MANIFEST];

/// A copy that grows; what there is of it is taken away again unless it is kept.
pub(crate) struct NewFolder {
    to: PathBuf,
    grows: PathBuf,
    was_there: bool,
    /// Held until all but itself is gone from the folder it lies in.
    lock: Option<File>,
}

impl NewFolder {
    /// Makes a private folder, or takes one that is there and empty, or in which another copy broke
    /// off.
    ///
    /// # Errors
    /// As [`Engine::may_copy_to`]; `already_exists` while another copy grows there.
    pub(crate) fn make(dir: &Path, to: &Path) -> Result<NewFolder, Problem> {
        Engine::may_copy_to(dir, to)?;
        let was_there = to.is_dir();
        make_private_dir(to)?;
        let held = hold(dir, to);
        if held.is_err() && !was_there {
            let _ = fs::remove_dir(to);
        }
        let folder = NewFolder {
            to: to.to_owned(),
            grows: to.join(GROWING),
            was_there,
            lock: Some(held?),
        };
        folder.clear()?;
        Ok(folder)
    }

    /// Where the copy is to be written.
    pub(crate) fn path(&self) -> &Path {
        &self.grows
    }

    /// It is whole: it moves to where it was asked for.
    ///
    /// # Errors
    /// `already_exists` if something of the same name was put there meanwhile; if it cannot be
    /// moved. Then nothing has moved.
    pub(crate) fn keep(self) -> Result<(), Problem> {
        let trouble = |error: io::Error| unwritten(&self.to, &error);
        let mut names = self.names().map_err(trouble)?;
        names.sort_by_key(|name| LAST.iter().any(|last| name == last));
        for name in &names {
            let place = self.to.join(name);
            if place.symlink_metadata().is_ok() {
                let detail = format!(
                    "`{}` was put there while the copy was taken; choose another folder",
                    place.display()
                );
                return Err(Problem::new(Code::AlreadyExists, detail).at("/to"));
            }
        }
        for (moved, name) in names.iter().enumerate() {
            if let Err(error) = fs::rename(self.grows.join(name), self.to.join(name)) {
                for name in names.iter().take(moved) {
                    let _ = fs::rename(self.to.join(name), self.grows.join(name));
                }
                return Err(trouble(error));
            }
        }
        Ok(())
    }

    /// What there is of the copy.
    fn names(&self) -> io::Result<Vec<std::ffi::OsString>> {
        let names = self.grows.read_dir()?.map(|entry| Ok(entry?.file_name()));
        let names: Vec<_> = names.collect::<io::Result<_>>()?;
        Ok(names.into_iter().filter(|name| name != LOCK).collect())
    }

    fn clear(&self) -> Result<(), Problem> {
        let clear = || -> io::Result<()> {
            for name in self.names()? {
                let path = self.grows.join(name);
                match path.symlink_metadata()?.is_dir() {
                    true => fs::remove_dir_all(path)?,
                    false => fs::remove_file(path)?,
                }
            }
            Ok(())
        };
        clear().map_err(|error| unwritten(&self.grows, &error))
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if let Err(problem) = self.clear() {
            tracing::warn!(%problem, "part of a copy could not be removed");
            return;
        }
        self.lock = None;
        let removed =
            fs::remove_file(self.grows.join(LOCK)).and_then(|()| fs::remove_dir(&self.grows));
        if let Err(error) = removed {
            tracing::warn!(%error, to = %self.to.display(), "part of a copy could not be removed");
        }
        // Not if there is anything in it: a whole copy, or what somebody else put there.
        if !self.was_there {
            let _ = fs::remove_dir(&self.to);
        }
    }
}

/// Makes the folder to grow in, or takes it over from whoever broke off, and holds it.
fn hold(dir: &Path, to: &Path) -> Result<File, Problem> {
    // Behind `..` and names that were missing, it may turn out to be inside after all.
    outside(dir, to)?;
    let grows = to.join(GROWING);
    let is_new = match fs::create_dir(&grows) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(unwritten(&grows, &error)),
    };
    make_private(&grows).map_err(|error| unwritten(&grows, &error))?;
    let mut options = OpenOptions::new();
    options.write(true).create(is_new).truncate(false);
    let lock = grows.join(LOCK);
    let file = options.open(&lock);
    let file = file.map_err(|error| unwritten(&lock, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        // On a disk without locks, whoever made the folder has it.
        Err(TryLockError::Error(_)) if is_new => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let detail = format!(
                "another copy is being put into `{}`; wait for it, or choose another folder",
                to.display()
            );
            Err(Problem::new(Code::AlreadyExists, detail).at("/to"))
        }
        Err(TryLockError::Error(error)) => Err(unwritten(&lock, &error)),
    }
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// True if a copy grows in this folder, or broke off.
pub(crate) fn grows_in(to: &Path) -> bool {
    to.join(GROWING).try_exists().unwrap_or(true)
}

/// True if anything is in this folder but what a copy left that broke off.
pub(crate) fn is_taken(to: &Path) -> bool {
    to.read_dir().is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name() != GROWING || !entry.path().join(LOCK).is_file())
    })
}

/// Whether `to` is outside the folder `dir`, whatever of its path is missing yet.
///
/// # Errors
/// `invalid_field` at `/to` if it is inside.
pub(crate) fn outside(dir: &Path, to: &Path) -> Result<(), Problem> {
    let at = std::path::absolute(to).map_err(|error| unwritten(to, &error))?;
    let nearest = at.ancestors().find_map(|part| part.canonicalize().ok());
    let dir = dir.canonicalize().or_else(|_| std::path::absolute(dir));
    if let (Some(nearest), Ok(dir)) = (nearest, dir)
        && nearest.starts_with(&dir)
    {
        let detail = format!(
            "`{}` is inside the data folder and would be lost with it; choose a folder elsewhere, \
             best on another disk",
            to.display()
        );
        return Err(Problem::new(Code::InvalidField, detail).at("/to"));
    }
    Ok(())
}
