//! The key that signs the record, and checking what it signed.
//!
//! Ed25519 (RFC 8032). The 32-byte seed lives in the vault as [`Key::signing`] and is taken out for
//! each signature only; the public half is no secret and is written as 64 hexadecimal digits.
//! Checking a signature needs the public half alone: no vault, no passphrase, no Sendoff.

use std::fmt;

use domain::IdSource;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::key::Key;
use crate::secret::Secret;
use crate::vault::Vault;

/// Octets of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = ed25519_dalek::SIGNATURE_LENGTH;

/// The signing key in hand, wiped when dropped. Keep it no longer than the signature takes.
pub struct Signer(SigningKey);

/// The public half of a [`Signer`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublicKey(VerifyingKey);

impl Signer {
    /// Takes the key out of the vault; `None` if none was made yet.
    ///
    /// # Errors
    /// Those of [`Vault::get`], [`Error::Locked`] among them; [`Error::Damaged`] for a seed that is
    /// not 32 octets.
    pub fn take(vault: &Vault) -> Result<Option<Signer>, Error> {
        let Some(secret) = vault.get(&Key::signing())? else {
            return Ok(None);
        };
        let seed: &[u8; 32] = secret
            .expose()
            .try_into()
            .map_err(|_| vault.damaged("the signing key is not 32 octets"))?;
        Ok(Some(Signer(SigningKey::from_bytes(seed))))
    }

    /// Makes a key and keeps it in the vault, in place of one that is there. Durable when it
    /// returns.
    ///
    /// # Errors
    /// Those of [`Vault::put`].
    pub fn make(vault: &Vault, ids: &dyn IdSource) -> Result<Signer, Error> {
        let seed = Zeroizing::new(ids.secret());
        vault.put(&Key::signing(), &Secret::new(seed.to_vec()), ids)?;
        Ok(Signer(SigningKey::from_bytes(&seed)))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs; the same message always gives the same signature.
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(message).to_bytes()
    }
}

impl PublicKey {
    /// From 64 hexadecimal digits; `None` if they are no key.
    pub fn from_hex(text: &str) -> Option<PublicKey> {
        let bytes: domain::Digest = text.parse().ok()?;
        VerifyingKey::from_bytes(&bytes.0).ok().map(PublicKey)
    }

    /// Whether the owner of the key signed exactly this. Strict: a weak key or a second encoding of
    /// a signature never holds.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public())
    }
}
