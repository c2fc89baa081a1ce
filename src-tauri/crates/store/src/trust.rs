//! What the record says of itself: the keys that sign it, and when it was found to be an old copy.

use std::path::Path;

use domain::{Digest, SubmissionId, Timestamp};

use crate::Store;
use crate::error::StoreError;
use crate::reply::Reply;

impl Store {
    /// Writes into the record that this public key (64 hexadecimal digits) signs it from now on.
    pub fn add_key(&self, key: String, now: Timestamp) -> Reply<()> {
        let _ = (key, now);
        Reply::ready(Err(StoreError::Closed))
    }

    /// The public keys that have signed the record, oldest first.
    pub fn keys(&self) -> Result<Vec<String>, StoreError> {
        Err(StoreError::Closed)
    }

    /// This database is older than what was signed outside it, up to entry `seq` with `hash`:
    /// pauses everything and makes whatever is queued, deferred or sending uncertain, for it may
    /// have left already. One transaction; answers what became uncertain.
    pub fn doubt(&self, seq: u64, hash: Digest, now: Timestamp) -> Reply<Vec<SubmissionId>> {
        let _ = (seq, hash, now);
        Reply::ready(Err(StoreError::Closed))
    }

    /// The entries that were signed and that this record lost when an old copy was put back, each
    /// as given to [`Store::doubt`].
    pub fn doubts(&self) -> Result<Vec<(u64, Digest)>, StoreError> {
        Err(StoreError::Closed)
    }

    /// The database of a folder this process does not hold, for reading; another process may have
    /// it open. Writes are answered with [`StoreError::Closed`].
    pub fn look(dir: &Path) -> Result<Store, StoreError> {
        let _ = dir;
        Err(StoreError::Closed)
    }
}
