//! Held mails that are alike.

use serde::Serialize;
use ts_rs::TS;

/// Held mails by one agent that say the same, but for a few words.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Batch {
    pub agent: String,
    pub mailbox: String,
    /// Subject, an empty line, and text: what all share, and where they differ.
    pub parts: Vec<BatchPart>,
    pub rows: Vec<BatchRow>,
}

/// A run all share, or the place of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub(crate) struct BatchPart {
    pub text: String,
    /// Which of each row's `differs` stands here; null for a run all share.
    pub column: Option<u32>,
}

/// One mail of a batch.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct BatchRow {
    pub id: String,
    pub hash: String,
    pub decision: String,
    /// `to dana@acme.com`, `bcc …`.
    pub recipients: Vec<String>,
    pub why: String,
    /// Its own words, one entry per column.
    pub differs: Vec<String>,
}
