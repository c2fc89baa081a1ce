//! Addresses and domains we do not write to.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::id::{AgentId, MailboxId};
use crate::time::Timestamp;

/// Why we do not write to someone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// They asked to stop.
    Unsubscribe,
    /// They reported us (RFC 5965).
    Complaint,
    /// The address is dead (RFC 3464, permanent).
    HardBounce,
    /// Three soft bounces in 14 days.
    SoftBounces,
    /// Added by hand.
    Manual,
    /// A legal demand.
    Legal,
    /// A role address (`abuse@`, `postmaster@`).
    RoleAccount,
    /// They said no.
    NotInterested,
}

impl SuppressionReason {
    /// True where no policy can loosen it and no operator override releases it.
    pub const fn is_final(self) -> bool {
        match self {
            SuppressionReason::Complaint | SuppressionReason::Legal => true,
            SuppressionReason::Unsubscribe
            | SuppressionReason::HardBounce
            | SuppressionReason::SoftBounces
            | SuppressionReason::Manual
            | SuppressionReason::RoleAccount
            | SuppressionReason::NotInterested => false,
        }
    }

    /// As words in a sentence: "they …".
    pub const fn words(self) -> &'static str {
        match self {
            SuppressionReason::Unsubscribe => "unsubscribed",
            SuppressionReason::Complaint => "complained",
            SuppressionReason::HardBounce => "address bounced for good",
            SuppressionReason::SoftBounces => "address bounced three times",
            SuppressionReason::Manual => "suppressed by hand",
            SuppressionReason::Legal => "suppressed for legal reasons",
            SuppressionReason::RoleAccount => "role address",
            SuppressionReason::NotInterested => "not interested",
        }
    }
}

/// How far a suppression reaches.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionScope {
    /// Everybody here.
    Workspace,
    /// One mailbox.
    Mailbox(MailboxId),
    /// One agent.
    Agent(AgentId),
}

/// One suppression row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Suppression {
    /// Row number, the matched row of a finding.
    pub id: i64,
    /// A folded address ([`crate::Address::folded`]), or `@domain`.
    pub pattern: String,
    /// How far it reaches.
    pub scope: SuppressionScope,
    /// Why.
    pub reason: SuppressionReason,
    /// In words, by whoever added it.
    pub note: Option<String>,
    /// Who added it.
    pub added_by: Actor,
    /// When.
    pub added_at: Timestamp,
    /// Ends at, if it does.
    pub expires_at: Option<Timestamp>,
}
