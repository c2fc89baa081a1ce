//! The credentials of one data folder, in the OS keychain or in a file under a passphrase.
//!
//! `secrets.toml`, mode 0600, is both the choice and, for a passphrase folder, the credentials, so
//! that no crash can leave one without the other:
//! ```toml
//! version = 1
//! kind = "keychain"
//! namespace = "sendoff-3f9c01d2a47be856"   # the service name of every entry in the keychain
//! ```
//! ```toml
//! version = 1
//! kind = "passphrase"
//! [passphrase]            # Argon2id parameters, salt and check; see `passphrase`
//! algorithm = "argon2id"
//! memory_kib = 65536
//! passes = 3
//! lanes = 1
//! salt = "…"
//! check = "…"
//! [sealed]                # the map of credentials; see `sealed`
//! algorithm = "xchacha20poly1305"
//! nonce = "…"
//! data = "…"
//! ```
//! `secrets-tries.toml` beside it holds the wrong tries since the last right one. Between calls
//! only the derived key is in memory, never a credential.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::{IdSource, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::files;
use crate::key::Key;
use crate::keychain::{Keychain, new_namespace};
use crate::passphrase::{Cost, DerivedKey, Verifier};
use crate::sealed::{self, Entries, Sealed};
use crate::secret::{SECRET_BYTES_MAX, Secret};
use crate::tries;

const FILE: &str = "secrets.toml";
const TRIES_FILE: &str = "secrets-tries.toml";
const VERSION: i64 = 1;

/// Where a folder keeps its credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The OS keychain.
    Keychain,
    /// A file under a passphrase.
    Passphrase,
    /// Nowhere: gone when the process ends.
    Memory,
}

/// The credentials of one data folder. Shared freely between threads; calls are taken in turn.
pub struct Vault {
    path: PathBuf,
    home: Home,
}

enum Home {
    Keychain(Keychain),
    /// `None` while locked.
    Passphrase(Mutex<Option<DerivedKey>>),
    Memory(Mutex<Entries>),
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: i64,
    #[serde(flatten)]
    choice: Choice,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Choice {
    Keychain {
        namespace: String,
    },
    Passphrase {
        passphrase: Verifier,
        sealed: Sealed,
    },
}

impl Vault {
    /// Chooses the OS keychain for `dir`, a folder that exists, after proving that it works.
    ///
    /// # Errors
    /// [`Error::AlreadyThere`], [`Error::NoKeychain`] (nothing was written then), the disk.
    pub fn create_keychain(dir: &Path, ids: &dyn IdSource) -> Result<Vault, Error> {
        let path = unchosen(dir)?;
        let namespace = new_namespace(ids);
        let keychain = Keychain::new(namespace.clone());
        keychain.check(ids)?;
        files::create(&path, &written(&path, Choice::Keychain { namespace })?)?;
        Ok(Vault {
            path,
            home: Home::Keychain(keychain),
        })
    }

    /// Chooses a file under `passphrase` for `dir`, a folder that exists. The vault is unlocked.
    ///
    /// # Errors
    /// [`Error::AlreadyThere`], [`Error::Refused`] for an empty or endless passphrase, the disk.
    pub fn create_passphrase(
        dir: &Path,
        passphrase: &str,
        cost: Cost,
        ids: &dyn IdSource,
    ) -> Result<Vault, Error> {
        let path = unchosen(dir)?;
        let (verifier, key) = Verifier::make(passphrase, cost, ids)?;
        let text = sealed_text(&path, verifier, &Entries::new(), &key, ids)?;
        files::create(&path, &text)?;
        Ok(Vault {
            path,
            home: Home::Passphrase(Mutex::new(Some(key))),
        })
    }

    /// Opens the vault of `dir`. A passphrase vault is locked until [`Vault::unlock`]; a keychain
    /// is not talked to before the first credential is asked for.
    ///
    /// # Errors
    /// [`Error::NotInitialised`], [`Error::Damaged`], [`Error::Exposed`], [`Error::Newer`], the disk.
    pub fn open(dir: &Path) -> Result<Vault, Error> {
        let path = dir.join(FILE);
        let home = match read(&path)? {
            Choice::Keychain { namespace } => Home::Keychain(Keychain::new(namespace)),
            Choice::Passphrase { .. } => Home::Passphrase(Mutex::new(None)),
        };
        Ok(Vault { path, home })
    }

    /// A vault without a folder, for engines that live in memory. Never locked.
    pub fn memory() -> Vault {
        Vault {
            path: PathBuf::new(),
            home: Home::Memory(Mutex::new(Entries::new())),
        }
    }

    /// Where the credentials live.
    pub fn kind(&self) -> Kind {
        match self.home {
            Home::Keychain(_) => Kind::Keychain,
            Home::Passphrase(_) => Kind::Passphrase,
            Home::Memory(_) => Kind::Memory,
        }
    }

    /// Whether [`Vault::unlock`] is needed first. A keychain has a lock of its own and never is here.
    pub fn is_locked(&self) -> bool {
        match &self.home {
            Home::Keychain(_) | Home::Memory(_) => false,
            Home::Passphrase(key) => turn(key).is_none(),
        }
    }

    /// Unlocks a passphrase vault at `now`. The passphrase is checked even if it is unlocked already.
    ///
    /// # Errors
    /// [`Error::WrongPassphrase`] with the tries left, [`Error::BackOff`] with the time of the next
    /// one, [`Error::Damaged`] (which costs no try), [`Error::NothingToUnlock`], the disk.
    pub fn unlock(&self, passphrase: &str, now: Timestamp) -> Result<(), Error> {
        let mut slot = turn(self.slot()?);
        let (key, _) = self.prove(passphrase, now)?;
        *slot = Some(key);
        Ok(())
    }

    /// Forgets the key of a passphrase vault. The other kinds are left as they are.
    pub fn lock(&self) {
        match &self.home {
            Home::Keychain(_) | Home::Memory(_) => {}
            Home::Passphrase(key) => *turn(key) = None,
        }
    }

    /// Seals everything anew under `new`, if `old` is right. The vault is unlocked afterwards.
    ///
    /// A folder made with `sendoff init --passphrase-fd` uses one passphrase for this and for
    /// [`crate::Operator`]: change this first, so that a crash between the two leaves the operator
    /// with the old one, which changes it again.
    ///
    /// # Errors
    /// Those of [`Vault::unlock`] for `old`, [`Error::Refused`] for `new`. On any error the
    /// passphrase in force is the one before.
    pub fn change_passphrase(
        &self,
        old: &str,
        new: &str,
        cost: Cost,
        ids: &dyn IdSource,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut slot = turn(self.slot()?);
        let (_, entries) = self.prove(old, now)?;
        let (verifier, key) = Verifier::make(new, cost, ids)?;
        files::replace(
            &self.path,
            &sealed_text(&self.path, verifier, &entries, &key, ids)?,
        )?;
        *slot = Some(key);
        Ok(())
    }

    /// The credential of that name; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::NoKeychain`], [`Error::Keychain`], [`Error::Damaged`], the disk.
    pub fn get(&self, key: &Key) -> Result<Option<Secret>, Error> {
        match &self.home {
            Home::Keychain(keychain) => keychain.get(key),
            Home::Passphrase(slot) => {
                let (entries, _) = self.entries(turn(slot).as_ref())?;
                self.found(&entries, key)
            }
            Home::Memory(entries) => self.found(&turn(entries), key),
        }
    }

    /// Keeps a credential, in place of one of the same name. Durable when it returns.
    ///
    /// # Errors
    /// Those of [`Vault::get`]; [`Error::Refused`] beyond [`SECRET_BYTES_MAX`].
    pub fn put(&self, key: &Key, secret: &Secret, ids: &dyn IdSource) -> Result<(), Error> {
        if secret.expose().len() > SECRET_BYTES_MAX {
            return Err(Error::Refused(
                "the credential is longer than 8 KiB; give a shorter one",
            ));
        }
        let insert = |entries: &mut Entries| {
            let value = Zeroizing::new(BASE64.encode(secret.expose()));
            entries.insert(key.as_str().to_owned(), value);
        };
        match &self.home {
            Home::Keychain(keychain) => keychain.put(key, secret),
            Home::Passphrase(slot) => self.change(&turn(slot), ids, insert),
            Home::Memory(entries) => {
                insert(&mut turn(entries));
                Ok(())
            }
        }
    }

    /// Removes a credential; `false` if there was none.
    ///
    /// # Errors
    /// Those of [`Vault::get`].
    pub fn delete(&self, key: &Key, ids: &dyn IdSource) -> Result<bool, Error> {
        match &self.home {
            Home::Keychain(keychain) => keychain.delete(key),
            Home::Passphrase(slot) => {
                let mut was_there = false;
                self.change(&turn(slot), ids, |entries| {
                    was_there = entries.remove(key.as_str()).is_some();
                })?;
                Ok(was_there)
            }
            Home::Memory(entries) => Ok(turn(entries).remove(key.as_str()).is_some()),
        }
    }

    /// What a credential in here should be and is not.
    pub(crate) fn damaged(&self, what: &str) -> Error {
        Error::damaged(&self.path, what)
    }

    fn slot(&self) -> Result<&Mutex<Option<DerivedKey>>, Error> {
        match &self.home {
            Home::Keychain(_) | Home::Memory(_) => Err(Error::NothingToUnlock),
            Home::Passphrase(slot) => Ok(slot),
        }
    }

    /// The key and what it opens, if `passphrase` is right.
    fn prove(&self, passphrase: &str, now: Timestamp) -> Result<(DerivedKey, Entries), Error> {
        let (verifier, sealed) = self.sealed()?;
        let damaged = |what: String| Error::damaged(&self.path, what);
        tries::attempt(&self.path.with_file_name(TRIES_FILE), now, || {
            let Some(key) = verifier.test(passphrase).map_err(damaged)? else {
                return Ok(None);
            };
            let entries = sealed::open(&sealed, &key, &verifier.associated_data())
                .map_err(|what| damaged(what.to_owned()))?;
            Ok(Some((key, entries)))
        })
    }

    /// What is in the file now, and how it is verified.
    fn entries(&self, key: Option<&DerivedKey>) -> Result<(Entries, Verifier), Error> {
        let key = key.ok_or(Error::Locked)?;
        let (verifier, sealed) = self.sealed()?;
        let entries = sealed::open(&sealed, key, &verifier.associated_data())
            .map_err(|what| Error::damaged(&self.path, what))?;
        Ok((entries, verifier))
    }

    /// Reads, changes and replaces the map while its turn is held.
    fn change(
        &self,
        held: &MutexGuard<'_, Option<DerivedKey>>,
        ids: &dyn IdSource,
        change: impl FnOnce(&mut Entries),
    ) -> Result<(), Error> {
        let key = held.as_ref().ok_or(Error::Locked)?;
        let (mut entries, verifier) = self.entries(Some(key))?;
        change(&mut entries);
        files::replace(
            &self.path,
            &sealed_text(&self.path, verifier, &entries, key, ids)?,
        )
    }

    fn sealed(&self) -> Result<(Verifier, Sealed), Error> {
        match read(&self.path)? {
            Choice::Passphrase { passphrase, sealed } => Ok((passphrase, sealed)),
            Choice::Keychain { .. } => Err(Error::damaged(
                &self.path,
                "it was replaced while Sendoff ran",
            )),
        }
    }

    fn found(&self, entries: &Entries, key: &Key) -> Result<Option<Secret>, Error> {
        entries
            .get(key.as_str())
            .map(|text| BASE64.decode(text.as_str()).map(Secret::new))
            .transpose()
            .map_err(|_| Error::damaged(&self.path, "a credential in it is not base64"))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("path", &self.path)
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

fn turn<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looked at before any work; `files::create` settles it for good.
fn unchosen(dir: &Path) -> Result<PathBuf, Error> {
    let path = dir.join(FILE);
    match path.try_exists() {
        Ok(false) => Ok(path),
        Ok(true) => Err(Error::AlreadyThere { path }),
        Err(error) => Err(Error::io("read", &path, error)),
    }
}

fn read(path: &Path) -> Result<Choice, Error> {
    let text = files::read(path)?.ok_or_else(|| Error::NotInitialised {
        dir: path.parent().unwrap_or(Path::new(".")).to_owned(),
    })?;
    files::expect_version(path, &text, VERSION)?;
    toml::from_str(&text)
        .map(|Document { version: _, choice }| choice)
        .map_err(|error| Error::damaged(path, error.message()))
}

fn written(path: &Path, choice: Choice) -> Result<String, Error> {
    toml::to_string(&Document {
        version: VERSION,
        choice,
    })
    .map_err(|error| Error::damaged(path, error))
}

fn sealed_text(
    path: &Path,
    verifier: Verifier,
    entries: &Entries,
    key: &DerivedKey,
    ids: &dyn IdSource,
) -> Result<String, Error> {
    let sealed = sealed::seal(entries, key, &verifier.associated_data(), ids).ok_or(
        Error::Refused("the credentials could not be sealed; nothing was changed"),
    )?;
    written(
        path,
        Choice::Passphrase {
            passphrase: verifier,
            sealed,
        },
    )
}
