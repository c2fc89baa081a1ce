//! From a passphrase to a key, and to a way of telling whether a passphrase is the right one.
//!
//! Argon2id version 0x13 (RFC 9106) gives 64 bytes: the first 32 are a key, the last 32 are kept
//! in the file as the check. Knowing the check tells nothing about the key.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::IdSource;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::error::Error;

/// The longest passphrase taken, in bytes.
pub const PASSPHRASE_BYTES_MAX: usize = 1024;

/// The most a file may ask of us: 1 GiB, 16 passes, 4 lanes. More is damage or malice.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 4;

const SALT_BYTES: usize = 16;
const HALF_BYTES: usize = 32;

/// What a guess costs. Recorded in the file, so that it can rise without breaking old folders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// 64 MiB, three passes, one lane: RFC 9106's second choice. A few hundred milliseconds.
    pub const STANDARD: Cost = Cost {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };

    /// Next to nothing, for tests. A passphrase behind it is as good as written down.
    pub const FOR_TESTS: Cost = Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
}

/// How a passphrase was turned into a key, and the check that tells a right one from a wrong one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verifier {
    algorithm: Name,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    check: String,
}

/// The one function understood so far.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Argon2id,
}

/// 32 bytes only the passphrase gives; wiped when dropped.
pub(crate) type DerivedKey = Zeroizing<[u8; HALF_BYTES]>;

impl Verifier {
    /// A new salt from `ids`; the verifier to keep and the key it guards.
    pub(crate) fn make(
        passphrase: &str,
        cost: Cost,
        ids: &dyn IdSource,
    ) -> Result<(Self, DerivedKey), Error> {
        acceptable(passphrase)?;
        let drawn = ids.secret();
        let salt = drawn.first_chunk::<SALT_BYTES>().ok_or(IMPOSSIBLE)?;
        let (key, check) = derive(passphrase, cost, salt)?;
        let verifier = Verifier {
            algorithm: Name::Argon2id,
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            lanes: cost.lanes,
            salt: BASE64.encode(salt),
            check: BASE64.encode(check),
        };
        Ok((verifier, key))
    }

    /// The key, if `passphrase` is the right one; `None` if it is not.
    ///
    /// # Errors
    /// `Err(what)` in words if this verifier cannot have been made by us.
    pub(crate) fn test(&self, passphrase: &str) -> Result<Option<DerivedKey>, String> {
        let cost = Cost {
            memory_kib: self.memory_kib,
            passes: self.passes,
            lanes: self.lanes,
        };
        if cost.memory_kib > MEMORY_KIB_MAX || cost.passes > PASSES_MAX || cost.lanes > LANES_MAX {
            return Err("it asks for more work than any Sendoff does".to_owned());
        }
        let salt = BASE64
            .decode(&self.salt)
            .map_err(|_| "its salt is not base64")?;
        let expected = BASE64
            .decode(&self.check)
            .map_err(|_| "its check is not base64")?;
        if salt.len() != SALT_BYTES || expected.len() != HALF_BYTES {
            return Err("its salt or check has the wrong length".to_owned());
        }
        let (key, check) = derive(passphrase, cost, &salt).map_err(|error| error.to_string())?;
        let right = bool::from(check.as_slice().ct_eq(&expected));
        Ok(right.then_some(key))
    }

    /// Every parameter as one line, bound into what the key seals.
    pub(crate) fn associated_data(&self) -> String {
        let Verifier {
            algorithm: Name::Argon2id,
            memory_kib,
            passes,
            lanes,
            salt,
            check,
        } = self;
        format!("argon2id {memory_kib} {passes} {lanes} {salt} {check}")
    }
}

const IMPOSSIBLE: Error = Error::Refused("the passphrase could not be turned into a key");

/// Empty protects nothing, and something endless is not typed by a person.
fn acceptable(passphrase: &str) -> Result<(), Error> {
    match passphrase.len() {
        0 => Err(Error::Refused("the passphrase is empty; give one")),
        1..=PASSPHRASE_BYTES_MAX => Ok(()),
        _ => Err(Error::Refused(
            "the passphrase is longer than 1024 bytes; give a shorter one",
        )),
    }
}

fn derive(
    passphrase: &str,
    cost: Cost,
    salt: &[u8],
) -> Result<(DerivedKey, Zeroizing<[u8; HALF_BYTES]>), Error> {
    let mut out = Zeroizing::new([0u8; 2 * HALF_BYTES]);
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(out.len()));
    params
        .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        .and_then(|argon2| argon2.hash_password_into(passphrase.as_bytes(), salt, out.as_mut()))
        .map_err(|_| IMPOSSIBLE)?;
    let key = out.first_chunk().ok_or(IMPOSSIBLE)?;
    let check = out.last_chunk().ok_or(IMPOSSIBLE)?;
    Ok((Zeroizing::new(*key), Zeroizing::new(*check)))
}
