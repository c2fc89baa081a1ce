//! What an erasure or a retention takes.

use serde::Serialize;
use ts_rs::TS;

use super::CopyView;

/// What names a contact: what an erasure takes, or took.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct ErasureView {
    pub address: String,
    pub is_nothing: bool,
    /// The counts in words.
    pub text: String,
    pub sent: u64,
    pub received: u64,
    pub conversations: u64,
    pub attachments: u64,
    /// Of the sent, those that wait and are cancelled first.
    pub waiting: u64,
    /// Of the sent, those on the wire or uncertain: to be settled before.
    pub under_way: u64,
    /// Of the sent, those that went to others too.
    pub shared: u64,
    /// True if they are suppressed: that goes on, without the address.
    pub suppressed: bool,
    /// Published policies that name them; the record keeps these word for word.
    pub policies: u64,
    /// Octets of the database file, which is written anew.
    pub octets: u64,
    /// Backups and exports that were taken before: nothing is taken out of these.
    pub copies: Vec<CopyView>,
    /// What to do about them, in one sentence; empty where there are none.
    pub copies_text: String,
    /// Received messages nobody could look into, in one sentence; empty where there are none.
    pub damaged_text: String,
    /// Once erased: why bytes of it are still on the disk, in one sentence, if any are.
    pub late: Option<String>,
}

/// How long a kind of content is kept, and what of it is older.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct RetentionView {
    /// `bodies`, `raw` or `attachments`.
    pub kind: String,
    /// The setting that holds the days.
    pub key: String,
    pub title: String,
    /// For good, if absent.
    pub days: Option<u32>,
    /// Sent messages that are older and would lose theirs.
    pub sent: u64,
    pub received: u64,
}
