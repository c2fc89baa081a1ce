//! Agents and how they are let in.

use serde::Serialize;
use ts_rs::TS;

use super::Level;

/// An agent by name.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct AgentRef {
    pub id: String,
    pub name: String,
}

/// An agent and what it may do.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct AgentView {
    pub id: String,
    pub name: String,
    pub level: Level,
    pub level_name: String,
    pub mailboxes: Vec<AgentGranted>,
    pub paused_at: Option<String>,
    pub revoked_at: Option<String>,
    pub expires_at: Option<String>,
    pub created_at: String,
    /// Submissions that wait for a person.
    pub held: u32,
    /// Submissions that left.
    pub sent: u32,
}

/// A mailbox an agent may send as.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct AgentGranted {
    pub id: String,
    pub address: String,
    /// The level for this mailbox, where one is set.
    pub level: Option<Level>,
}

/// A new agent, or a new token of one; the token is shown this once.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "NewToken")]
pub(crate) struct AgentMade {
    pub agent: AgentView,
    pub token: String,
    pub snippets: Vec<Snippet>,
}

/// A first call to copy.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Snippet {
    pub title: String,
    pub language: SnippetLanguage,
    pub code: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SnippetLanguage {
    Sh,
    Python,
    Node,
}
