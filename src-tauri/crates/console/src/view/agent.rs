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
    /// Why Sendoff paused it by itself, where it did.
    pub stopped: Option<String>,
    pub revoked_at: Option<String>,
    pub expires_at: Option<String>,
    pub created_at: String,
    /// Submissions that wait for a person.
    pub held: u64,
    /// Submissions that left.
    pub sent: u64,
    /// How it fared since its level was last set.
    pub receipts: ReceiptsView,
    /// Why it might be raised, if anything speaks for it.
    pub suggestion: Option<String>,
    /// Whom it may write to, in words: `anyone`, `no one`, or how many rows say so.
    pub writes_to: String,
}

/// What an agent has used of what it may: the figures it is told itself.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "AgentBudget")]
pub(crate) struct BudgetView {
    /// Risk points of the last 24 hours; absent where nothing bounds them.
    pub risk: Option<RiskView>,
    /// Its mails that wait for a person.
    pub held: u32,
    /// At most so many may; absent where nothing bounds them.
    pub held_max: Option<u32>,
    /// Every limited window, its own first, then those it shares.
    pub windows: Vec<BudgetWindow>,
}

/// Risk points.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "RiskBudget")]
pub(crate) struct RiskView {
    pub spent: u32,
    pub limit: u32,
}

/// One limited window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub(crate) struct BudgetWindow {
    /// `agent`, `mailbox` or `workspace`: who shares it.
    pub scope: String,
    /// The mailbox's address, where it is a mailbox's.
    pub mailbox: Option<String>,
    /// `minute`, `hour`, `day` or `month`.
    pub window: String,
    pub used: u32,
    pub limit: u32,
    /// When the next mail would leave, where there is no room now.
    pub next_at: Option<String>,
}

/// What became of an agent's asks.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "Receipts")]
pub(crate) struct ReceiptsView {
    /// Approved as written.
    pub approved: u32,
    /// Approved after an edit.
    pub edited: u32,
    pub rejected: u32,
    /// Came back for good.
    pub bounced: u32,
    /// Came back for now.
    pub bounced_soft: u32,
    pub complained: u32,
    /// Said no, or asked for no more mail.
    pub declined: u32,
}

/// Whom an agent may write to.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct RecipientsView {
    /// In words: `anyone`, `no one`, or how many rows say so.
    pub writes_to: String,
    /// True if it may write to nobody but those the rows allow.
    pub listed_only: bool,
    pub rows: Vec<RecipientRuleView>,
}

/// An address or `@domain` an agent may write to, or must not.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "RecipientRule")]
pub(crate) struct RecipientRuleView {
    pub id: i64,
    pub pattern: String,
    pub allowed: bool,
    pub added_at: String,
    pub expires_at: Option<String>,
}

/// How many there are in each list of people.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct PeopleCounts {
    /// Addresses and domains nobody writes to.
    pub suppressed: u32,
    /// Who agreed to marketing.
    pub agreed: u32,
    /// In the operator's own hands.
    pub in_hand: u32,
    /// With a time zone of their own.
    pub zones: u32,
}

/// That somebody agreed to marketing.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "Consent")]
pub(crate) struct ConsentView {
    pub id: i64,
    /// Who, as a folded address.
    pub address: String,
    /// Where and how they agreed.
    pub source: String,
    pub at: String,
    pub expires_at: Option<String>,
}

/// In which time zone somebody's day runs.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "ContactZone")]
pub(crate) struct ContactZoneView {
    pub id: i64,
    /// Who, as a folded address.
    pub address: String,
    /// An IANA name.
    pub zone: String,
    pub at: String,
}

/// How many rows an act ended.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Ended {
    pub ended: u32,
}

/// A contact a person holds in their own hands.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "InHand")]
pub(crate) struct InHandView {
    pub id: i64,
    /// The mailbox they hold it for.
    pub mailbox: String,
    pub address: String,
    pub at: String,
    pub note: Option<String>,
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
