//! The OS keychain: Secret Service, macOS Keychain, Windows Credential Manager.
//!
//! Each data folder has a namespace of its own (the keychain's *service*), so two folders never
//! read or overwrite each other's credentials. The connection is made at first use and made again
//! once if it broke: keyring daemons are restarted under running programs.
//!
//! On a desktop a locked keyring asks its person and the call waits. Without anybody to ask it
//! fails at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::IdSource;
use keyring_core::{CredentialStore, Entry, Error as Refusal};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::key::Key;
use crate::secret::Secret;

/// Whether the OS keychain can hold credentials, in words for a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// A value was written, read back and removed.
    pub usable: bool,
    /// The same as a sentence; if unusable, with what to do now.
    pub sentence: String,
}

/// Tries the OS keychain by writing, reading and removing a random value under a name of its own.
/// Nothing of Sendoff's is touched. May wait for a person to unlock a desktop keyring.
pub fn probe(ids: &dyn IdSource) -> Probe {
    match Keychain::new(new_namespace(ids)).check(ids) {
        Ok(()) => Probe {
            usable: true,
            sentence: "the OS keychain can be used".to_owned(),
        },
        Err(error) => Probe {
            usable: false,
            sentence: error.to_string(),
        },
    }
}

/// A name no other data folder has.
pub(crate) fn new_namespace(ids: &dyn IdSource) -> String {
    let drawn = ids.secret();
    let digits: String = drawn
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sendoff-{digits}")
}

pub(crate) struct Keychain {
    namespace: String,
    store: Mutex<Option<Arc<CredentialStore>>>,
}

impl Keychain {
    pub(crate) fn new(namespace: String) -> Self {
        Keychain {
            namespace,
            store: Mutex::new(None),
        }
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Option<Secret>, Error> {
        match self.with(key, Entry::get_secret) {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(Refusal::NoEntry) => Ok(None),
            Err(refusal) => Err(in_our_words(key, refusal)),
        }
    }

    pub(crate) fn put(&self, key: &Key, secret: &Secret) -> Result<(), Error> {
        self.with(key, |entry| entry.set_secret(secret.expose()))
            .map_err(|refusal| in_our_words(key, refusal))
    }

    pub(crate) fn delete(&self, key: &Key) -> Result<bool, Error> {
        match self.with(key, Entry::delete_credential) {
            Ok(()) => Ok(true),
            Err(Refusal::NoEntry) => Ok(false),
            Err(refusal) => Err(in_our_words(key, refusal)),
        }
    }

    /// Proves that what is written can be read back. Nothing of it stays, whatever it proves.
    pub(crate) fn check(&self, ids: &dyn IdSource) -> Result<(), Error> {
        let key = Key::probe();
        let written = Secret::new(ids.secret().to_vec());
        self.put(&key, &written)?;
        let read = self.get(&key);
        self.delete(&key)?;
        match read? {
            Some(read) if read.expose() == written.expose() => Ok(()),
            Some(_) | None => Err(Error::NoKeychain {
                why: "it does not give back what it took".to_owned(),
            }),
        }
    }

    fn with<T>(&self, key: &Key, act: impl Fn(&Entry) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let known = store.is_some();
        let first = act(&self.entry(&mut store, key)?);
        match first {
            // Reading, replacing and deleting may all be done twice; a fresh connection that
            // fails as well is the answer.
            Err(Refusal::PlatformFailure(_)) if known => {
                *store = None;
                act(&self.entry(&mut store, key)?)
            }
            Ok(_) | Err(_) => first,
        }
    }

    fn entry(&self, slot: &mut Option<Arc<CredentialStore>>, key: &Key) -> Result<Entry, Refusal> {
        let store = match slot {
            Some(store) => store,
            None => slot.insert(connect()?),
        };
        let label = format!("Sendoff {key}");
        store.build(&self.namespace, key.as_str(), Some(&modifiers(&label)))
    }
}

#[cfg(target_os = "macos")]
fn connect() -> Result<Arc<CredentialStore>, Refusal> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn connect() -> Result<Arc<CredentialStore>, Refusal> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn connect() -> Result<Arc<CredentialStore>, Refusal> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

/// What each keychain lets us say about an entry.
fn modifiers(label: &str) -> HashMap<&str, &str> {
    if cfg!(windows) {
        // The default roams with a domain account; credentials stay on this machine.
        HashMap::from([("persistence", "Local")])
    } else if cfg!(target_os = "macos") {
        HashMap::new()
    } else {
        HashMap::from([("label", label)])
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is non-exhaustive")]
fn in_our_words(key: &Key, refusal: Refusal) -> Error {
    match refusal {
        Refusal::PlatformFailure(why) => Error::NoKeychain {
            why: why.to_string(),
        },
        Refusal::NoStorageAccess(why) => Error::NoKeychain {
            why: format!("it is locked or empty: {why}"),
        },
        // These two carry what was read: it is wiped, and not printed.
        Refusal::BadEncoding(bytes) | Refusal::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            Error::Keychain {
                key: key.to_string(),
                why: "the entry is not ours".to_owned(),
            }
        }
        Refusal::Ambiguous(entries) => Error::Keychain {
            key: key.to_string(),
            why: format!("there are {} entries of that name", entries.len()),
        },
        other => Error::Keychain {
            key: key.to_string(),
            why: other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;

    use domain::Timestamp;
    use keyring_core::Credential;
    use keyring_core::api::{CredentialApi, CredentialStoreApi};

    use super::*;

    /// A keychain that takes a value and does not give it back.
    #[derive(Clone, Default)]
    struct Silent(Arc<Mutex<Option<Vec<u8>>>>);

    impl CredentialApi for Silent {
        fn set_secret(&self, secret: &[u8]) -> Result<(), Refusal> {
            *self.0.lock().unwrap() = Some(secret.to_vec());
            Ok(())
        }
        fn get_secret(&self) -> Result<Vec<u8>, Refusal> {
            Err(Refusal::NoStorageAccess("it is locked".into()))
        }
        fn delete_credential(&self) -> Result<(), Refusal> {
            let taken = self.0.lock().unwrap().take();
            taken.map(drop).ok_or(Refusal::NoEntry)
        }
        fn get_credential(&self) -> Result<Option<Arc<Credential>>, Refusal> {
            Ok(None)
        }
        fn get_specifiers(&self) -> Option<(String, String)> {
            None
        }
        fn as_any(&self) -> &dyn Any {
            self
        }
    }

    impl CredentialStoreApi for Silent {
        fn vendor(&self) -> String {
            "test".to_owned()
        }
        fn id(&self) -> String {
            "test".to_owned()
        }
        fn build(
            &self,
            _service: &str,
            _user: &str,
            _modifiers: Option<&HashMap<&str, &str>>,
        ) -> Result<Entry, Refusal> {
            Ok(Entry::new_with_credential(Arc::new(self.clone())))
        }
        fn as_any(&self) -> &dyn Any {
            self
        }
    }

    struct Ids;

    impl IdSource for Ids {
        fn uuid(&self, _now: Timestamp) -> uuid::Uuid {
            uuid::Uuid::nil()
        }
        fn secret(&self) -> [u8; 32] {
            [7; 32]
        }
    }

    #[test]
    fn a_keychain_that_cannot_be_read_keeps_nothing_of_the_proof() {
        let silent = Silent::default();
        let keychain = Keychain {
            namespace: "sendoff-test".to_owned(),
            store: Mutex::new(Some(Arc::new(silent.clone()))),
        };
        assert!(keychain.check(&Ids).is_err());
        assert_eq!(*silent.0.lock().unwrap(), None);
    }
}
