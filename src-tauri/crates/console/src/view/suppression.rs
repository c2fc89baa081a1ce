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
