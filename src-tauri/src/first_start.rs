//! The first start makes the data folder, so that a newcomer sees the window and not a form.
//!
//! Credentials go to the OS keychain. Where there is none that works, they go to a file under a
//! passphrase made here and kept beside it, which is said openly in Settings: it guards against
//! nothing that can read the disk, until the person chooses a passphrase of their own.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use console::{Code, Problem};
use domain::IdSource as _;
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
    let fresh = dir
        .read_dir()
        .map_or(true, |mut entries| entries.next().is_none());
    if fresh {
        make(dir)?;
    }
    Engine::open(dir, Arc::new(SystemClock), Arc::new(SystemIds::default()))
}

/// The passphrase the first start made, where it did.
pub(crate) fn fallback_passphrase(dir: &Path) -> Option<String> {
    std::fs::read_to_string(dir.join(FALLBACK_FILE)).ok()
}

/// The person has a passphrase of their own now.
pub(crate) fn forget_fallback(dir: &Path) {
    if let Err(error) = std::fs::remove_file(dir.join(FALLBACK_FILE)) {
        tracing::warn!(%error, "the passphrase made at first start could not be removed");
    }
}

fn make(dir: &Path) -> Result<(), Problem> {
    let ids = Arc::new(SystemIds::default());
    match Engine::init(dir, VaultChoice::Keychain, &SystemClock, ids.clone()) {
        Err(problem) if problem.code == Code::VaultUnavailable => {
            tracing::warn!(%problem, "no keychain, falling back to a file");
        }
        made => return made,
    }
    let chosen: String = ids
        .secret()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Engine::init(dir, VaultChoice::Passphrase(&chosen), &SystemClock, ids)?;
    keep(dir, &chosen).map_err(|error| {
        let detail = format!("cannot write to `{}`: {error}", dir.display());
        Problem::new(Code::StoreUnavailable, detail)
    })
}

fn keep(dir: &Path, chosen: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
        .open(dir.join(FALLBACK_FILE))?
        .write_all(chosen.as_bytes())
}
