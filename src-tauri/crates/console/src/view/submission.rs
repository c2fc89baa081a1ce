//! One submission: its row in a list, and all that is known of it.

use serde::Serialize;
use ts_rs::TS;

use super::{
    AgentRef, DecisionView, DialogueLine, DraftEdit, Level, MailboxRef, MessageShown, StateName,
    Verdict,
};

/// A row of the queue.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct QueueRow {
    pub id: String,
    pub agent: AgentRef,
    /// The address it would leave as.
    pub mailbox: String,
    /// The first recipient, and how many more: `dana@acme.com +5`.
    pub to: String,
    pub subject: String,
    /// Why it is here, in one phrase.
    pub why: String,
    pub state: StateName,
    pub asked_at: String,
    pub expires_at: Option<String>,
    pub snoozed_until: Option<String>,
    /// What an approval of this row binds to.
    pub hash: String,
    pub version: u32,
    /// Risk points, if it has any.
    pub risk: Option<u32>,
    pub rehearsal: bool,
    /// What is wrong, for one that is uncertain or failed.
    pub attention: Option<String>,
}

/// A row of the activity list.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct ActivityRow {
    pub id: String,
    /// When it last changed.
    pub at: String,
    pub agent: AgentRef,
    pub mailbox: String,
    pub to: String,
    pub subject: String,
    pub state: StateName,
    pub verdict: Verdict,
    pub rule: Option<String>,
    pub sentence: String,
}

/// Something that was found: an ask or a received message.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct FoundRow {
    pub id: String,
    pub at: String,
    pub asked: Option<ActivityRow>,
    pub received: Option<FoundMail>,
}

/// A received message that was found.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct FoundMail {
    pub conversation: String,
    pub at: String,
    pub from: String,
    pub mailbox: String,
    pub subject: String,
    pub intent: super::IntentWord,
    pub kind_text: String,
    pub quarantined: bool,
    /// How it begins.
    pub preview: String,
}

/// What an act came to.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Decided {
    pub id: String,
    /// Where it stands now; unknown if the act failed before it could be read.
    pub state: Option<StateName>,
    pub state_text: String,
    /// It leaves then.
    pub due: Option<String>,
    /// The act can be taken back until then.
    pub undo_until: Option<String>,
    /// The judgement the act led to.
    pub decision: Option<DecisionView>,
    /// Why nothing was done; only in answers to many.
    pub error: Option<DecidedError>,
}

/// Why one of many was not done.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct DecidedError {
    pub code: String,
    pub detail: String,
}

/// Everything about one submission.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct SubmissionDetail {
    pub id: String,
    /// What was taken out of it on purpose, in one sentence.
    pub gone: Option<String>,
    pub state: StateName,
    /// Where it stands, in one sentence.
    pub state_text: String,
    pub agent: AgentStanding,
    pub mailbox: MailboxRef,
    /// The first line: why it is where it is.
    pub why: String,
    pub hash: String,
    pub version: u32,
    pub rehearsal: bool,
    /// The latest decision.
    pub decision: DecisionView,
    pub message: MessageShown,
    pub draft: DraftEdit,
    /// The agent's own reason.
    pub reason: Option<String>,
    pub tags: Vec<(String, String)>,
    pub asked_at: String,
    pub changed_at: String,
    pub expires_at: Option<String>,
    pub snoozed_until: Option<String>,
    pub due: Option<String>,
    pub undo_until: Option<String>,
    pub send_at: Option<String>,
    pub send_by: String,
    pub versions: Vec<VersionView>,
    pub decisions: Vec<DecisionView>,
    pub attempts: Vec<AttemptView>,
    pub recipients: Vec<RecipientStanding>,
    pub review: Option<ReviewView>,
    /// What was asked, answered and overridden, oldest first.
    pub notes: Vec<NoteView>,
    pub journal: Vec<JournalLine>,
    /// What may be done now.
    pub verbs: Vec<Verb>,
    pub contact: Vec<ContactCard>,
    /// The conversation it is part of.
    pub conversation: Option<String>,
}

/// The agent that asks, and how much it may decide.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct AgentStanding {
    pub id: String,
    pub name: String,
    pub level: Level,
}

/// What a person may do with a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verb {
    Approve,
    Edit,
    Reject,
    Ask,
    Release,
    Snooze,
    Cancel,
    Undo,
    Settle,
}

/// One version of the message.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct VersionView {
    pub number: u32,
    pub at: String,
    /// Who wrote it.
    pub by: String,
    pub hash: String,
    pub subject: String,
    /// Subject and text, word by word against the version before; empty for the first.
    pub changes: Vec<DiffPart>,
    /// Who was added or taken out, one sentence each.
    pub recipient_changes: Vec<String>,
}

/// A run of words that stayed, came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub(crate) struct DiffPart {
    pub kind: DiffKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DiffKind {
    Same,
    Added,
    Removed,
}

/// One try at delivering it.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct AttemptView {
    pub number: u32,
    pub started_at: String,
    pub final_dot_at: Option<String>,
    pub ended_at: Option<String>,
    /// How it went, in one sentence.
    pub text: String,
    /// What was said on the wire, as far as it was kept.
    pub dialogue: Vec<DialogueLine>,
}

/// Where one recipient stands.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct RecipientStanding {
    pub address: String,
    /// `to`, `cc` or `bcc`.
    pub role: String,
    pub state: String,
    /// What the server said.
    pub reply: Option<String>,
}

/// What a person decided.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct ReviewView {
    pub outcome: String,
    pub reason: Option<String>,
    /// What its agent was asked.
    pub question: Option<String>,
    pub at: String,
}

/// One thing that was said about it.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct NoteView {
    /// `question`, `answer` or `override`.
    pub kind: String,
    /// Who said it.
    pub by: String,
    pub at: String,
    pub text: String,
}

/// One entry of the record.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct JournalLine {
    pub seq: u64,
    pub at: String,
    pub actor: String,
    pub kind: String,
    pub hash: String,
    pub sentence: String,
}

/// What is known of one recipient.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct ContactCard {
    pub address: String,
    pub domain: String,
    /// Why we know them, in one sentence.
    pub established: Option<String>,
    /// When we last wrote to them.
    pub last_send: Option<String>,
    /// Why we must not write to them.
    pub suppressed: Option<String>,
    /// In which time zone their day runs (IANA), if a person set it.
    pub zone: Option<String>,
    /// Everything that passed, both ways, newest first.
    pub history: Vec<ContactEvent>,
    /// Where they asked to be left out, in their own words, newest first.
    pub opt_outs: Vec<ContactEvent>,
    /// What a person last decided about mail to them.
    pub last_decision: Option<ContactEvent>,
}

/// One thing that happened with a contact.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct ContactEvent {
    pub at: String,
    pub text: String,
    /// True if it came from them.
    pub received: bool,
    /// The submission it is about.
    pub id: Option<String>,
    /// The conversation it is part of.
    pub conversation: Option<String>,
}
