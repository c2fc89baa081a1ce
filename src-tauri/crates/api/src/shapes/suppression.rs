//! Adding an address to those nobody here writes to.

use domain::{Suppression, SuppressionReason, SuppressionScope, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;

/// The body of `POST /v1/suppressions`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressionAsk {
    /// One address; `+tag` and case do not matter.
    pub address: String,
    /// For one of your mailboxes; without it, for everything you send.
    #[serde(default)]
    pub mailbox: Option<String>,
    /// Why; `manual` unless said otherwise.
    #[serde(default)]
    #[schema(value_type = Option<words::SuppressionReasonWord>)]
    pub reason: Option<SuppressionReason>,
    /// In your words.
    #[serde(default)]
    pub note: Option<String>,
}

/// The row that now stands against sending.
#[derive(Serialize, ToSchema)]
#[schema(as = Suppression)]
pub struct SuppressionAnswer {
    /// Row number: what a finding's `matched` names.
    pub id: i64,
    /// What it matches.
    pub address: String,
    /// `workspace`, `mailbox` or `agent`.
    pub scope: &'static str,
    /// Why.
    #[schema(value_type = words::SuppressionReasonWord)]
    pub reason: SuppressionReason,
    /// In the words of whoever added it.
    pub note: Option<String>,
    /// `operator`, `system` or `agent:agt_…`.
    pub added_by: String,
    /// When.
    #[schema(value_type = words::Instant)]
    pub added_at: Timestamp,
}

impl From<Suppression> for SuppressionAnswer {
    fn from(row: Suppression) -> Self {
        SuppressionAnswer {
            id: row.id,
            address: row.pattern,
            scope: match row.scope {
                SuppressionScope::Workspace => "workspace",
                SuppressionScope::Mailbox(_) => "mailbox",
                SuppressionScope::Agent(_) => "agent",
            },
            reason: row.reason,
            note: row.note,
            added_by: row.added_by.to_string(),
            added_at: row.added_at,
        }
    }
}
