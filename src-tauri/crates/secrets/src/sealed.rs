//! The credentials of a passphrase folder, as they lie on disk: one map, sealed whole.
//!
//! XChaCha20-Poly1305 over the JSON `{"smtp:acc_…": "<base64>", …}`, a fresh random 24-byte nonce
//! at every write, and everything that is legible beside it (format, Argon2id parameters, salt,
//! check) as associated data: changing any of it breaks the seal.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key as AeadKey, XChaCha20Poly1305, XNonce};
use domain::IdSource;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::passphrase::DerivedKey;

const NONCE_BYTES: usize = 24;

/// Credentials by key text; values in base64, wiped when dropped.
pub(crate) type Entries = BTreeMap<String, Zeroizing<String>>;

/// The sealed half of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealed {
    algorithm: Name,
    nonce: String,
    data: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Name {
    #[serde(rename = "xchacha20poly1305")]
    XChaCha20Poly1305,
}

/// Seals `entries` under `key`; `None` only if they cannot be written as JSON or are beyond sealing.
pub(crate) fn seal(
    entries: &Entries,
    key: &DerivedKey,
    associated: &str,
    ids: &dyn IdSource,
) -> Option<Sealed> {
    let borrowed: BTreeMap<&str, &str> = entries
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let plain = Zeroizing::new(serde_json::to_vec(&borrowed).ok()?);
    let drawn = ids.secret();
    let nonce = drawn.first_chunk::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: &plain,
        aad: associated.as_bytes(),
    };
    let data = cipher(key).encrypt(&XNonce::from(*nonce), payload).ok()?;
    Some(Sealed {
        algorithm: Name::XChaCha20Poly1305,
        nonce: BASE64.encode(nonce),
        data: BASE64.encode(data),
    })
}

/// Opens what [`seal`] made; `Err` says in words what does not fit.
pub(crate) fn open(
    sealed: &Sealed,
    key: &DerivedKey,
    associated: &str,
) -> Result<Entries, &'static str> {
    let Sealed {
        algorithm: Name::XChaCha20Poly1305,
        nonce,
        data,
    } = sealed;
    let nonce = BASE64
        .decode(nonce)
        .map_err(|_| "its nonce is not base64")?;
    let nonce: [u8; NONCE_BYTES] = nonce
        .try_into()
        .map_err(|_| "its nonce has the wrong length")?;
    let data = BASE64
        .decode(data)
        .map_err(|_| "its sealed part is not base64")?;
    let payload = Payload {
        msg: &data,
        aad: associated.as_bytes(),
    };
    let plain = cipher(key)
        .decrypt(&XNonce::from(nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| "the seal is broken")?;
    let texts: BTreeMap<String, String> = serde_json::from_slice(&plain)
        .map_err(|_| "what was sealed is not a map of credentials")?;
    Ok(texts
        .into_iter()
        .map(|(key, value)| (key, Zeroizing::new(value)))
        .collect())
}

fn cipher(key: &DerivedKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&AeadKey::from(**key))
}
