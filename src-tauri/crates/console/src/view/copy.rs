//! Copies of the record: those that were taken, and one that just was.

use serde::Serialize;
use ts_rs::TS;

/// A backup or an export that was taken of the record.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct CopyView {
    /// `backup` or `export`.
    pub form: String,
    pub at: String,
    /// The folder it was put into.
    pub to: String,
    /// False if nothing is there any more.
    pub is_there: bool,
}

/// A copy that was just taken.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct CopiedView {
    /// Where it is, and what it holds.
    pub text: String,
    /// The command that checks it, on any machine.
    pub check: String,
}

/// The copies of this record.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct CopiesView {
    /// Where a backup might go.
    pub backup_to: String,
    /// Where an export might go.
    pub export_to: String,
    /// Those that were taken, newest first.
    pub copies: Vec<CopyView>,
}

/// The key that signs the record.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct RecordKeyView {
    /// Its public half, 64 hexadecimal digits; none until one is made.
    pub key: Option<String>,
    /// Since when it signs.
    pub since: Option<String>,
    /// The last entry it signed.
    pub signed_seq: Option<u64>,
    /// When that was.
    pub signed_at: Option<String>,
    /// Those before it, newest first.
    pub earlier: Vec<EarlierKeyView>,
    /// The file outside the database that has the signatures, too.
    pub file: Option<String>,
    /// The command that checks the record here and says which key signed it.
    pub check: String,
}

/// A key that signed the record once.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct EarlierKeyView {
    pub key: String,
    /// Since when it signed.
    pub since: String,
}
