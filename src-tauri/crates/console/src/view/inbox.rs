//! Received mail: conversations, messages as a person and as the model reads them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{AgentRef, LinkView, Mark, StateName};

/// One conversation in the list.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "ConversationRow")]
pub(crate) struct ConversationView {
    pub id: String,
    /// Our address in it.
    pub mailbox: String,
    /// Who is on the other side.
    pub contact: Option<String>,
    /// Whose it is.
    pub agent: Option<AgentRef>,
    pub subject: String,
    pub received: u32,
    pub unread: u32,
    /// When the newest message arrived.
    pub last_at: Option<String>,
    /// Who wrote it, as shown in its `From`.
    pub from: Option<String>,
    /// Its first words.
    pub preview: String,
    /// `person`, `bounce`, `out_of_office`, …
    pub kind: Option<String>,
    /// What it is, in words.
    pub kind_text: String,
    /// What it wants: a person's word before the model's. For mail of persons only.
    pub intent: Option<IntentWord>,
    /// In percent; none where a person said it.
    pub confidence: Option<u8>,
    /// Messages kept from agents.
    pub quarantined: u32,
    /// A person should confirm a request to be left out.
    pub opt_out_open: bool,
    /// An earlier message looked like an attack: what agents answer here is looked at.
    pub tainted: bool,
    /// A person has it in hand since.
    pub taken_over_at: Option<String>,
    /// What to do next.
    pub next: Option<NextView>,
    /// Who works on the newest message.
    pub work: Option<String>,
}

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "Intent")]
pub(crate) enum IntentWord {
    Interested,
    Meeting,
    Question,
    NotNow,
    NotInterested,
    Unsubscribe,
    WrongPerson,
    Referral,
    Objection,
    Support,
    Billing,
    Legal,
    Security,
    OutOfOffice,
    Thanks,
    Unclear,
}

/// What to do next.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "InboxNext")]
pub(crate) struct NextView {
    /// `reply`, `schedule`, `escalate_to_person`, …
    pub action: String,
    pub reason: String,
    pub sla_minutes: Option<u32>,
    pub until: Option<String>,
}

/// A conversation with the newest of its messages, oldest first.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct ConversationDetail {
    pub row: ConversationView,
    pub messages: Vec<ThreadItem>,
    /// There are messages before these.
    pub has_earlier: bool,
}

/// One message of a conversation: received, or asked to be sent. One of the two is there.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct ThreadItem {
    pub at: String,
    pub inbound: Option<InboundView>,
    pub outbound: Option<OutboundView>,
}

/// A message somebody asked to send; the whole of it is in `submission.show`.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct OutboundView {
    /// The submission.
    pub id: String,
    pub agent: AgentRef,
    pub to: Vec<String>,
    pub subject: String,
    pub text: Option<String>,
    pub state: StateName,
    pub state_text: String,
}

/// A received message.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct InboundView {
    pub id: String,
    pub conversation: String,
    pub arrived_at: String,
    /// When it says it was written.
    pub written_at: Option<String>,
    pub from: Option<String>,
    /// The address alone, with its domain in its own script.
    pub from_address: Option<String>,
    pub to: Vec<String>,
    pub subject: String,
    pub folder: String,
    pub kind: String,
    pub kind_text: String,
    pub intent: IntentWord,
    /// True if a person said what it wants.
    pub corrected: bool,
    /// In percent.
    pub confidence: u8,
    /// `aligned`, `unaligned`, `failed`, `unknown`.
    pub sender: String,
    pub sender_text: String,
    /// `clear`, `quarantined`, `released`, `kept`.
    pub shelf: String,
    /// How much it looks like instructions to the reader's assistant, in percent.
    pub injection: u8,
    /// How much it looks like spam or phishing, in percent.
    pub spam: u8,
    pub seen_at: Option<String>,
    pub opt_out_open: bool,
    pub link: Option<MailLink>,
    pub next: NextView,
    /// What Sendoff has done by itself, one sentence each.
    pub done: Vec<String>,
    /// Who works on it, in words.
    pub work: Option<String>,
    /// True if you are to work on it: answer by hand, or say that you are done.
    pub with_you: bool,
    pub new_text: String,
    pub quoted_text: String,
    pub forwarded_text: String,
    pub signature: String,
    /// What an agent is given: the new text between its fence.
    pub as_model: String,
    pub attachments: Vec<InboundFile>,
    /// Why it was read so.
    pub evidence: Vec<EvidenceView>,
    /// What was odd about reading it; one sentence each. Its parts have more.
    pub warnings: Vec<String>,
    pub octets: u32,
}

/// What a received message looks like: taken from its bytes when somebody looks at it.
#[derive(Debug, Clone, Default, Serialize, TS)]
pub(crate) struct InboundParts {
    /// Sanitised, without anything remote; for a sandboxed frame all the same.
    pub html: Option<String>,
    /// Places in its new text that read like orders to an assistant.
    pub marks: Vec<Mark>,
    pub links: Vec<LinkView>,
    pub headers: Vec<HeaderView>,
    /// To whom an answer goes unless a person says otherwise.
    pub answer_to: Vec<String>,
    /// What a person should know before they trust what they see; one sentence each.
    pub warnings: Vec<String>,
    /// Pictures on other people's servers, not asked for; none where there are none.
    pub elsewhere: Option<Elsewhere>,
}

/// Pictures a message keeps on other people's servers.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Elsewhere {
    /// How many can be loaded.
    pub count: u32,
    /// How many there are, where not all can be.
    pub all: u32,
    /// The servers that would be asked, and no others.
    pub hosts: Vec<String>,
}

/// A message with the pictures that were fetched for it.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct InboundPictures {
    /// Sanitised, the pictures in it as data; for a sandboxed frame all the same.
    pub html: String,
    pub loaded: u32,
    /// Why others did not come; one sentence each.
    pub missing: Vec<String>,
}

/// What of ours a message is tied to.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct MailLink {
    /// `message_id`, `token`, `report`, `guess`, `domain`.
    pub kind: String,
    /// In percent.
    pub strength: u8,
    /// One sentence.
    pub text: String,
    /// The submission, if one is meant.
    pub submission: Option<String>,
}

/// A file in a received message.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct InboundFile {
    pub index: u32,
    pub filename: String,
    /// As claimed.
    pub content_type: String,
    /// What its first bytes are, where that differs or tells.
    pub sniffed: Option<String>,
    pub octets: u32,
    /// It could run: kept from agents.
    pub quarantined: bool,
}

/// One header.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct HeaderView {
    pub name: String,
    pub value: String,
}

/// One reason for how a message was read.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct EvidenceView {
    pub about: String,
    pub place: String,
    pub said: String,
}

/// Mail that left around the gate.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct AlarmView {
    pub n: i64,
    pub at: String,
    pub mailbox: String,
    pub subject: String,
    pub recipients: Vec<String>,
    pub written_at: Option<String>,
    /// One sentence.
    pub text: String,
    pub seen_at: Option<String>,
}

/// What waits in the inbox.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct InboxCounts {
    /// Conversations with messages nobody has looked at.
    pub unread: u32,
    /// Conversations where a person should decide: quarantined, or asking to be left out.
    pub decide: u32,
    /// Alarms nobody has seen.
    pub alarms: u32,
}
