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
