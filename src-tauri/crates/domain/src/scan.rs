//! What one look at a message finds, before the transaction: counts and digests, never values.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// The result of `policy::scan`: everything content rules may know. Heavy reading happens on the
/// caller's thread; rules see only this.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Scan {
    /// Digest of recipients, normalised subject, bodies and attachment digests: equal for two asks
    /// that would put the same mail in front of the same people.
    pub content: Digest,
    /// Octets of the composed message without `Date`.
    pub octets: u64,
    /// Number of attachments.
    pub attachments: u32,
}
