//! The first start makes the data folder, so that a newcomer sees the window and not a form.
//!
//! Credentials go to the OS keychain. Where there is none that works, they go to a file under a
//! passphrase made here and kept beside it, which is said openly in Settings: it guards against
//! nothing that can read the disk, until the person chooses a passphrase of their own.

use std::path::Path;
use std::sync::Arc;

use console::{Code, Problem};
use engine::{Engine, SystemClock, SystemIds, VaultChoice};

/// Where the made passphrase is.
const FALLBACK_FILE: &str = "fallback-passphrase";

/// What Settings says while it is.
pub(crate) const FALLBACK_NOTE: &str = "No keychain could be used, so passwords are in a file \
    that anyone who reads this disk can open. Set a passphrase to close it.";

/// Opens the data folder, making it first where there is none.
///
/// # Errors
/// In use, read-only, written by a newer Sendoff: one sentence each.
pub(crate) fn open(dir: &Path) -> Result<Engine, Problem> {
    let open = || Engine::open(dir, Arc::new(SystemClock), Arc::new(SystemIds::default()));
    let is_empty = dir
        .read_dir()
        .map_or(true, |mut entries| entries.next().is_none());
    // A first start that was broken off left what it made first.
    let was_begun = dir.join(FALLBACK_FILE).exists();
    match open() {
        Err(problem) if problem.code == Code::NotFound && (is_empty || was_begun) => {
            make(dir, was_begun)?;
            open()
        }
        opened => opened,
    }
}

/// The passphrase the first start made, where it did.
pub(crate) fn fallback_passphrase(dir: &Path) -> Option<String> {
    Engine::made_passphrase(dir, FALLBACK_FILE).unwrap_or_else(|problem| {
        tracing::warn!(%problem, "the passphrase made at first start cannot be read");
        None
    })
}

/// The person has a passphrase of their own now.
pub(crate) fn forget_fallback(dir: &Path) {
    if let Err(error) = std::fs::remove_file(dir.join(FALLBACK_FILE)) {
        tracing::warn!(%error, "the passphrase made at first start could not be removed");
    }
}

fn make(dir: &Path, was_begun: bool) -> Result<(), Problem> {
    let ids = Arc::new(SystemIds::default());
    if !was_begun {
        match Engine::init(dir, VaultChoice::Keychain, &SystemClock, ids.clone()) {
            Err(problem) if problem.code == Code::VaultUnavailable => {
                tracing::warn!(%problem, "no keychain, falling back to a file");
            }
            made => return made,
        }
    }
    Engine::init_with_made(dir, FALLBACK_FILE, &SystemClock, ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_start_that_was_broken_off_is_gone_on_with_and_a_strange_folder_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let ids = SystemIds::default();
        let strange = dir.path().join("strange");
        std::fs::create_dir(&strange).unwrap();
        std::fs::write(strange.join("letter.txt"), "x").unwrap();
        let refused = open(&strange).map(|_| ()).unwrap_err();
        assert_eq!(refused.code, Code::NotFound);

        let begun = dir.path().join("begun");
        Engine::init_with_made(&begun, FALLBACK_FILE, &SystemClock, Arc::new(ids)).unwrap();
        let made = fallback_passphrase(&begun);
        for entry in begun.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name != FALLBACK_FILE) {
                std::fs::remove_file(path).unwrap();
            }
        }
        open(&begun).unwrap().close();
        assert!(made.is_some() && fallback_passphrase(&begun) == made);
    }
}
