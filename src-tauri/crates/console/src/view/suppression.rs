//! Whom we do not write to.

use serde::Serialize;
use ts_rs::TS;

/// One suppression.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct SuppressionView {
    pub id: i64,
    /// A folded address, or `@domain`.
    pub pattern: String,
    /// How far it reaches, in words.
    pub scope: String,
    pub reason: String,
    pub note: Option<String>,
    pub added_by: String,
    pub added_at: String,
    pub expires_at: Option<String>,
}

/// How many rows a lift ended.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Lifted {
    pub lifted: u32,
}

/// A list as a file.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct CsvFile {
    pub text: String,
    pub rows: u32,
    /// True if there are more than one file holds.
    pub truncated: bool,
}

/// How far an import is.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Imported {
    /// Rows done in all; the next call begins there. Done when it is `total`.
    pub done: u32,
    pub total: u32,
    /// Added by this call.
    pub added: u32,
    /// What this call could not add.
    pub problems: Vec<ImportProblem>,
}

/// A row that could not be added.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct ImportProblem {
    pub line: u32,
    pub text: String,
}
