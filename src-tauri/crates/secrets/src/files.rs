//! Small private files: read whole, replaced whole, never seen half-written, mode 0600.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::Error;

/// No file of this crate grows beyond this; a larger one is not ours.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The text of `path`, or `None` if there is no such file.
///
/// # Errors
/// Unreadable, not UTF-8, larger than [`FILE_BYTES_MAX`], or open to other users.
pub(crate) fn read(path: &Path) -> Result<Option<String>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", path, error)),
    };
    refuse_exposed(&file, path)?;
    let mut text = String::new();
    match file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text) {
        Ok(read) if read as u64 > FILE_BYTES_MAX => Err(Error::damaged(path, "far too large")),
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Error::damaged(path, "not text"))
        }
        Err(error) => Err(Error::io("read", path, error)),
    }
}

/// Replaces `path` with `text`; after a crash it holds the old text or the new, whole.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let temporary = written_beside(path, text)?;
    temporary
        .persist(path)
        .map_err(|error| Error::io("write", path, error.error))?;
    settle(path)
}

/// Writes `path`, which must not exist yet.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Error> {
    let temporary = written_beside(path, text)?;
    temporary.persist_noclobber(path).map_err(|error| {
        if error.error.kind() == io::ErrorKind::AlreadyExists {
            Error::AlreadyThere {
                path: path.to_owned(),
            }
        } else {
            Error::io("write", path, error.error)
        }
    })?;
    settle(path)
}

/// Removes `path`; one that is not there is as good as removed.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", path, error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn written_beside(path: &Path, text: &str) -> Result<NamedTempFile, Error> {
    if text.len() as u64 > FILE_BYTES_MAX {
        // It could be written and never be read again.
        return Err(Error::Refused(
            "there is no room for another credential; remove one first",
        ));
    }
    let write = || -> io::Result<NamedTempFile> {
        // In the same folder, because a rename across file systems is a copy.
        let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(|error| Error::io("write", path, error))
}

/// The rename itself is durable only once the folder is.
#[cfg(unix)]
fn settle(path: &Path) -> Result<(), Error> {
    File::open(path.parent().unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(|error| Error::io("write", path, error))
}

#[cfg(not(unix))]
fn settle(_path: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
fn refuse_exposed(file: &File, path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file
        .metadata()
        .map_err(|e| Error::io("read", path, e))?
        .permissions()
        .mode()
        & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(Error::Exposed {
            path: path.to_owned(),
            mode,
        }),
    }
}

#[cfg(not(unix))]
fn refuse_exposed(_file: &File, _path: &Path) -> Result<(), Error> {
    Ok(())
}

/// Checks the `version` of a TOML file before its fields are looked at, so that a newer file is
/// called newer and not damaged.
pub(crate) fn expect_version(path: &Path, text: &str, version: i64) -> Result<(), Error> {
    let table: toml::Table =
        toml::from_str(text).map_err(|error| Error::damaged(path, error.message()))?;
    match table.get("version").and_then(toml::Value::as_integer) {
        Some(found) if found == version => Ok(()),
        Some(found) if found > version => Err(Error::Newer {
            path: path.to_owned(),
            version: found,
        }),
        Some(_) | None => Err(Error::damaged(
            path,
            "it names no format this Sendoff knows",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.toml");
        let most = "x".repeat(FILE_BYTES_MAX as usize);
        create(&path, &most).unwrap();
        assert!(matches!(
            replace(&path, &format!("{most}x")),
            Err(Error::Refused(_))
        ));
        assert_eq!(
            read(&path).unwrap().map(|text| text.len()),
            Some(most.len())
        );
    }

    #[test]
    fn creating_never_replaces() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.toml");
        create(&path, "first").unwrap();
        assert!(matches!(
            create(&path, "second"),
            Err(Error::AlreadyThere { .. })
        ));
        assert_eq!(read(&path).unwrap().as_deref(), Some("first"));
    }
}
