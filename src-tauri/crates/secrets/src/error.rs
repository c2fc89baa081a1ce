//! What can go wrong, shaped by what the caller does next: ask again, wait, unlock, or tell a person.

use std::io;
use std::path::{Path, PathBuf};

use domain::Timestamp;

/// Why a credential or a proof could not be had. Each reads as a sentence; branch on the variant.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder has no `secrets.toml`.
    #[error("`{}` does not say where its credentials live; run `sendoff init` on a new folder", dir.display())]
    NotInitialised {
        /// The data folder.
        dir: PathBuf,
    },
    /// What was to be created exists. Nothing was changed.
    #[error("`{}` exists already and was left as it is; choose another folder", path.display())]
    AlreadyThere {
        /// The file in the way.
        path: PathBuf,
    },
    /// The passphrase file has not been unlocked since the start.
    #[error("the credentials are locked; run `sendoff unlock` and give the passphrase")]
    Locked,
    /// The credentials are not under a passphrase; a keychain has a lock of its own.
    #[error(
        "the credentials are not kept under a passphrase; there is nothing to unlock or change"
    )]
    NothingToUnlock,
    /// No keychain answers, or it is locked and nobody opened it.
    #[error(
        "the OS keychain cannot be used ({why}); log in to a session with an unlocked keyring, or \
         keep the credentials under a passphrase with `sendoff init --passphrase-fd N`"
    )]
    NoKeychain {
        /// What the keychain or the bus said.
        why: String,
    },
    /// The keychain answered, and refused this one entry.
    #[error("the OS keychain refused `{key}` ({why}); look at it in the keychain's own program")]
    Keychain {
        /// Which credential.
        key: String,
        /// What the keychain said.
        why: String,
    },
    /// The passphrase is not the right one. With no tries left the next one must wait.
    #[error("the passphrase is wrong; {}", tries_in_words(*tries_left))]
    WrongPassphrase {
        /// How many more may follow before a wait.
        tries_left: u32,
    },
    /// Too many wrong passphrases; this one was not looked at.
    #[error("too many wrong passphrases; try again after {until}")]
    BackOff {
        /// From when on the next try is looked at.
        until: Timestamp,
    },
    /// No operator passphrase was ever set for this folder.
    #[error(
        "no operator passphrase is set for this folder; set one in Settings or at `sendoff init`"
    )]
    NoOperator,
    /// A passphrase is set; changing it needs the old one.
    #[error("an operator passphrase is set already; give the old one to change it")]
    OldPassphraseNeeded,
    /// An argument that can never be right.
    #[error("{0}")]
    Refused(&'static str),
    /// The file is not what was written.
    #[error("`{}` is damaged ({what}); put it back from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit, without any secret in it.
        what: String,
    },
    /// Others than its owner may read or write the file.
    #[error("`{}` is open to other users (mode {mode:o}); run `chmod 600` on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Written by a newer Sendoff.
    #[error("`{}` has format {version}, newer than this Sendoff can read; use the newer one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format it names.
        version: i64,
    },
    /// The disk said no.
    #[error("could not {doing} `{}`: {source}", path.display())]
    Io {
        /// `read`, `write`, `remove`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Error::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn damaged(path: &Path, what: impl ToString) -> Self {
        Error::Damaged {
            path: path.to_owned(),
            what: what.to_string(),
        }
    }
}

fn tries_in_words(left: u32) -> String {
    match left {
        0 => "the next try has to wait".to_owned(),
        1 => "one try is left before a wait".to_owned(),
        n => format!("{n} tries are left before a wait"),
    }
}
