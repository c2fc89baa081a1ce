//! The operator's passphrase: what loosening commands ask for.
//!
//! Independent of where credentials live. `sendoff init --passphrase-fd` sets it; on a keychain
//! folder it may stay unset until Settings sets it, and until then no command line can loosen.
//! Changing it needs the old one. Wrong tries are counted and slowed (see [`crate::TRIES_FREE`]).
//!
//! `operator.toml`, mode 0600:
//! ```toml
//! version = 1
//! [passphrase]            # Argon2id parameters, salt and check; see `passphrase`
//! algorithm = "argon2id"
//! memory_kib = 65536
//! passes = 3
//! lanes = 1
//! salt = "…"
//! check = "…"
//! ```
//! `operator-tries.toml` beside it holds the wrong tries since the last right one.

use std::path::{Path, PathBuf};

use domain::{IdSource, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files;
use crate::passphrase::{Cost, Verifier};
use crate::tries;

const FILE: &str = "operator.toml";
const TRIES_FILE: &str = "operator-tries.toml";
const VERSION: i64 = 1;

/// The operator's passphrase of a data folder.
#[derive(Debug)]
pub struct Operator;

/// Somebody gave the operator's passphrase just now. Only [`Operator::verify`] makes one; neither
/// `Clone` nor `Serialize`, so that one proof is one act.
#[derive(Debug)]
#[must_use = "a proof is for the act it was asked for"]
pub struct Proof(());

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: i64,
    passphrase: Verifier,
}

impl Operator {
    /// Whether `dir` has an operator passphrase.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn is_set(dir: &Path) -> Result<bool, Error> {
        Ok(read(&dir.join(FILE))?.is_some())
    }

    /// Sets the passphrase of `dir` (a folder that exists), or changes it if `old` is right.
    ///
    /// # Errors
    /// [`Error::OldPassphraseNeeded`]; [`Error::NoOperator`] when `old` is given and none is set;
    /// those of [`Operator::verify`] for `old`; [`Error::Refused`] for an empty or endless `new`;
    /// the disk. On any error the passphrase in force is the one before.
    pub fn set(
        dir: &Path,
        old: Option<&str>,
        new: &str,
        cost: Cost,
        ids: &dyn IdSource,
        now: Timestamp,
    ) -> Result<(), Error> {
        let path = dir.join(FILE);
        let there = read(&path)?.is_some();
        match (there, old) {
            (true, None) => return Err(Error::OldPassphraseNeeded),
            (true, Some(old)) => {
                let Proof(()) = Operator::verify(dir, old, now)?;
            }
            (false, Some(_)) => return Err(Error::NoOperator),
            (false, None) => {}
        }
        let (passphrase, _) = Verifier::make(new, cost, ids)?;
        let text = toml::to_string(&Document {
            version: VERSION,
            passphrase,
        })
        .map_err(|error| Error::damaged(&path, error))?;
        match there {
            true => files::replace(&path, &text),
            false => files::create(&path, &text),
        }
    }

    /// Proves the operator at `now`. Takes as long as the cost the passphrase was set with.
    ///
    /// # Errors
    /// [`Error::WrongPassphrase`] with the tries left, [`Error::BackOff`] with the time of the
    /// next one, [`Error::NoOperator`], or a damaged or unwritable folder.
    pub fn verify(dir: &Path, passphrase: &str, now: Timestamp) -> Result<Proof, Error> {
        let path = dir.join(FILE);
        let document = read(&path)?.ok_or(Error::NoOperator)?;
        tries::attempt(&dir.join(TRIES_FILE), now, || {
            let right = document
                .passphrase
                .test(passphrase)
                .map_err(|what| Error::damaged(&path, what))?;
            Ok(right.map(|_| Proof(())))
        })
    }
}

fn read(path: &Path) -> Result<Option<Document>, Error> {
    let path: PathBuf = path.to_owned();
    let Some(text) = files::read(&path)? else {
        return Ok(None);
    };
    files::expect_version(&path, &text, VERSION)?;
    toml::from_str(&text)
        .map(Some)
        .map_err(|error| Error::damaged(&path, error.message()))
}
