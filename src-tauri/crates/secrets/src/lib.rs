//! Where credentials live, and who may loosen.
//!
//! Owns these things of a data folder, and the OS keychain:
//! - the [`Vault`]: SMTP passwords and the checkpoint-signing key, kept either in the OS keychain
//!   or in a file sealed under the operator's passphrase. One choice per folder, made at init and
//!   written in `secrets.toml` (formats: [`vault`]);
//! - where nobody was asked for a passphrase, the one that was made instead
//!   ([`make_passphrase`]);
//! - the [`Operator`]: the passphrase that loosening commands ask for, wherever the credentials
//!   live. Proving it gives a [`Proof`], which nothing outside this crate can make.
//!
//! Knows nothing of SQL, SMTP or the doors. Time and randomness are arguments ([`domain::Timestamp`],
//! [`domain::IdSource`]). Everything blocks: Argon2id takes a few hundred milliseconds and 64 MiB
//! (given back afterwards), and a locked desktop keyring may wait for a person at its prompt. Call
//! it from a thread that may block, never from an async task. Processes are kept apart by the data
//! folder's own lock, which the caller holds.
//!
//! The key that signs the record is used through [`Signer`]; [`PublicKey`] checks what it signed
//! without any of the above.
//!
//! To keep another kind of credential: add a constructor to [`Key`].

pub mod error;
mod files;
pub mod key;
mod keychain;
mod made;
pub mod operator;
mod passphrase;
mod sealed;
pub mod secret;
pub mod signer;
mod tries;
pub mod vault;

pub use error::Error;
pub use key::Key;
pub use keychain::{Probe, probe};
pub use made::{kept_passphrase, make_passphrase};
pub use operator::{Operator, Proof};
pub use passphrase::{Cost, PASSPHRASE_BYTES_MAX};
pub use secret::{SECRET_BYTES_MAX, Secret};
pub use signer::{PublicKey, SIGNATURE_BYTES, Signer};
pub use tries::{TRIES_FREE, WAIT_FIRST, WAIT_MAX};
pub use vault::{Kind, Vault};
