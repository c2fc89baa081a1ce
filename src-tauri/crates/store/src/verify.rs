//! Verify follows.
use std::path::Path;

use domain::{Decision, Facts};

use crate::error::StoreError;
use crate::rows::{PublishedPolicy, VerifyReport};
use crate::store::Store;

impl Store {
    /// Walks the whole record.
    pub fn verify(
        &self,
        _judge: impl Fn(&PublishedPolicy, &Facts) -> Decision,
        _progress: impl FnMut(u64, u64),
    ) -> Result<VerifyReport, StoreError> {
        Err(StoreError::Closed)
    }
    /// The same for a data folder nobody has open here.
    pub fn verify_dir(
        _dir: &Path,
        _judge: impl Fn(&PublishedPolicy, &Facts) -> Decision,
        _progress: impl FnMut(u64, u64),
    ) -> Result<VerifyReport, StoreError> {
        Err(StoreError::Closed)
    }
}
