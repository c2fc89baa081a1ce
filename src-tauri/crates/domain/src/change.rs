//! Committed changes, as the store announces them: numbered, after the commit, in order.

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, ConversationId, InboundId, SubmissionId};
use crate::state_name::StateName;
use crate::time::Timestamp;

/// One committed change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// Its number: rising, no two alike; survives restarts.
    pub seq: u64,
    /// Committed at.
    pub at: Timestamp,
    /// What changed.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// What changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeKind {
    /// A submission is new, or moved.
    Submission {
        /// Which.
        id: SubmissionId,
        /// Whose.
        agent: AgentId,
        /// Where it stands now.
        state: StateName,
    },
    /// A received message is new, or what is known or done about it changed.
    Inbound {
        /// Which.
        id: InboundId,
        /// In which conversation.
        conversation: ConversationId,
        /// The agent whose mail it answers, if it answers one's.
        agent: Option<AgentId>,
    },
    /// Agents, their levels or grants.
    Agents,
    /// Accounts or mailboxes.
    Mailboxes,
    /// Suppressions.
    Suppressions,
    /// What is known of contacts, besides suppressions.
    Contacts,
    /// The policy.
    Policy,
    /// A pause began or ended.
    Pause,
    /// A setting.
    Settings,
}
