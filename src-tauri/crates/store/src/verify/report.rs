//! What a walk through the record, or through an export of it, comes to.

use domain::Digest;

use crate::erasure::Gone;

/// What a walk through the whole record found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VerifyReport {
    /// Journal entries walked.
    pub entries: u64,
    /// Decisions recomputed.
    pub decisions: u64,
    /// Submissions held against the journal.
    pub submissions: u64,
    /// Received messages held against the journal.
    pub received: u64,
    /// Of both, those whose content was taken out under an entry of the journal: that it is the one
    /// that was judged, or that came in, can no longer be shown.
    pub contents_gone: GoneCount,
    /// Decisions that were erased under an entry of the journal: they can no longer be recomputed.
    pub decisions_gone: u64,
    /// Decisions that come out the same in other words than were recorded.
    pub decisions_reworded: u64,
    /// The last entry's number and hash, if there is one.
    pub head: Option<(u64, Digest)>,
    /// Public keys that a signature of it holds with, each once, in the order they signed.
    pub keys: Vec<String>,
    /// What does not agree, first things first, at most [`VerifyReport::DIVERGENCES_MAX`].
    pub divergences: Vec<Divergence>,
    /// True if there were more than are listed.
    pub more: bool,
}

/// Messages from which something was taken on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GoneCount {
    /// Emptied because a contact they named was erased.
    pub by_order: u64,
    /// Emptied of one kind of content, because it had grown old.
    pub by_age: u64,
}

impl GoneCount {
    /// Counts one more.
    pub fn add(&mut self, what: Gone) {
        match what {
            Gone::Erased => self.by_order += 1,
            Gone::Aged(_) => self.by_age += 1,
        }
    }

    /// Of both.
    pub const fn total(self) -> u64 {
        self.by_order + self.by_age
    }
}

impl VerifyReport {
    /// Notes that a signature with this key holds.
    pub fn signed_with(&mut self, key: &str) {
        if !self.keys.iter().any(|known| known == key) {
            self.keys.push(key.to_owned());
        }
    }

    /// Divergences listed; a broken record is broken after a few.
    pub const DIVERGENCES_MAX: usize = 100;

    /// True if everything agrees.
    pub fn is_clean(&self) -> bool {
        self.divergences.is_empty()
    }
}

/// One thing that does not agree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// The journal entry it is about, if it is about one.
    pub seq: Option<u64>,
    /// The thing it is about: an id, or a table's name.
    pub subject: String,
    /// One sentence.
    pub what: String,
}
