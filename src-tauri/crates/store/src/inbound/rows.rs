//! Received mail as callers get it back.

use domain::received::{LinkKind, Next, Received, Shelf};
use domain::{
    AccountId, Address, AgentId, ConversationId, InboundId, Intent, MailboxId, Sealed,
    SubmissionId, Timestamp,
};

/// One received message as it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct InboundRow {
    /// Its id.
    pub id: InboundId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// The account it arrived in.
    pub account: AccountId,
    /// The mailbox it was sent to.
    pub mailbox: MailboxId,
    /// That mailbox's address.
    pub mailbox_address: Address,
    /// The submission it answers or reports.
    pub submission: Option<SubmissionId>,
    /// How that was found.
    pub link: Option<LinkKind>,
    /// The folder it stands in.
    pub folder: String,
    /// When it was taken in.
    pub arrived_at: Timestamp,
    /// Where it stands between its arrival and the agents.
    pub shelf: Shelf,
    /// What a person says it wants, where they read it otherwise.
    pub corrected: Option<Intent>,
    /// True while a person should confirm that it asks to be left out.
    pub opt_out_open: bool,
    /// When a person looked at it.
    pub seen_at: Option<Timestamp>,
    /// What was read in it.
    pub read: Received,
    /// What to do next.
    pub next: Next,
    /// What Sendoff has done by itself, one sentence each.
    pub done: Vec<String>,
    /// Who works on it, if somebody is to.
    pub reply: Option<ReplyRow>,
    /// True while a person has its conversation, whom that is with or its sender in hand.
    pub in_hand: bool,
}

impl InboundRow {
    /// What it wants: a person's word before the model's.
    pub fn intent(&self) -> Intent {
        self.corrected.unwrap_or(self.read.intent)
    }

    /// True if agents may see it: nothing is against it, and no person has it, or
    /// what it belongs to, in hand.
    pub fn is_open_to_agents(&self) -> bool {
        let with_person = self
            .reply
            .as_ref()
            .is_some_and(|reply| reply.state == ReplyState::Person);
        match self.shelf {
            Shelf::Clear | Shelf::Released => !with_person && !self.in_hand,
            Shelf::Quarantined | Shelf::Kept => false,
        }
    }
}

/// Work on a received message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplyRow {
    /// Where it stands.
    pub state: ReplyState,
    /// The only agent it may go to, if there is one.
    pub agent: Option<AgentId>,
    /// The agent that has it.
    pub leased_by: Option<AgentId>,
    /// Until then.
    pub leased_until: Option<Timestamp>,
    /// What was said when it was given back.
    pub note: Option<String>,
}

/// Where work on a received message stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyState {
    /// For the next agent that asks.
    Waiting,
    /// An agent has it.
    Leased,
    /// Done.
    Done,
    /// With a person.
    Person,
}

impl ReplyState {
    /// As in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            ReplyState::Waiting => "waiting",
            ReplyState::Leased => "leased",
            ReplyState::Done => "done",
            ReplyState::Person => "person",
        }
    }
}

/// One conversation as it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct ConversationRow {
    /// Its id.
    pub id: ConversationId,
    /// In which mailbox.
    pub mailbox: MailboxId,
    /// That mailbox's address.
    pub mailbox_address: Address,
    /// Who is on the other side, folded.
    pub contact: Option<String>,
    /// The agent whose it is.
    pub agent: Option<(AgentId, String)>,
    /// Its first subject; in a list for an agent, the first it may see.
    pub subject: String,
    /// Messages received.
    pub received: u32,
    /// Of those, looked at by nobody.
    pub unread: u32,
    /// Since when it is tainted, if it is.
    pub tainted_at: Option<Timestamp>,
    /// Since when a person has it in hand, if one has.
    pub taken_over_at: Option<Timestamp>,
    /// Messages kept from agents.
    pub quarantined: u32,
    /// True if a person should confirm a request to be left out.
    pub opt_out_open: bool,
    /// The newest received message.
    pub last: Option<InboundRow>,
}

/// A place in a conversation, between its messages: before the named ones. What names none is at
/// the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ThreadPlace {
    /// The received message it is before.
    pub received: Option<InboundId>,
    /// The sent one.
    pub sent: Option<SubmissionId>,
}

/// A conversation with its messages, oldest first.
#[derive(Clone, PartialEq, Debug)]
pub struct ConversationStory {
    /// As it stands.
    pub row: ConversationRow,
    /// What was received.
    pub inbound: Vec<InboundRow>,
    /// What was asked to be sent.
    pub outbound: Vec<SubmissionId>,
}

/// What became of a message that arrived.
#[derive(Clone, PartialEq, Debug)]
pub enum Ingested {
    /// It is new.
    New(Box<InboundRow>),
    /// It was taken in before; nothing happened.
    Known(InboundId),
}

/// How many conversations stand where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InboxCounts {
    /// With a received message.
    pub all: u64,
    /// With unread messages.
    pub unread: u64,
    /// With something to decide: quarantined, asking to be left out, or with a person for another
    /// reason than that they took it.
    pub decide: u64,
}

/// What became of a message seen in Sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SentJudged {
    /// It was seen before.
    Known,
    /// A submission explains it.
    Ours(SubmissionId),
    /// A submission explains it, and its uncertain delivery is settled by it.
    Settled(SubmissionId),
    /// A person wrote it, or it is older than the mailbox.
    Theirs,
    /// It left around the gate.
    Alarm,
}

/// How far a folder was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MailCursor {
    /// The folder's UIDVALIDITY then.
    pub uid_validity: u32,
    /// The last UID handed in.
    pub uid: u32,
    /// HIGHESTMODSEQ then, where the server has it.
    pub modseq: Option<u64>,
}

/// A copy to file in a Sent folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filing {
    /// What left.
    pub submission: SubmissionId,
    /// Its bytes without `Date`.
    pub sealed: Sealed,
    /// What its `Date` says.
    pub dated_at: Timestamp,
}

/// How filing copies goes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FilingStanding {
    /// Copies that were tried and are to be tried again.
    pub waiting: u64,
    /// Copies that were given up lately.
    pub given_up: u64,
    /// What the last of them failed for.
    pub why: Option<String>,
}

/// A message a folder went on without.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AsideRow {
    /// Its folder.
    pub folder: String,
    /// Its UID there.
    pub uid: u32,
    /// Its size as the server tells it.
    pub octets: u32,
    /// Since when it is missed.
    pub first_at: Timestamp,
    /// What happened instead, in one sentence.
    pub why: String,
}

/// Mail that left around the gate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlarmRow {
    /// Its number.
    pub n: i64,
    /// When it was noticed.
    pub at: Timestamp,
    /// From which mailbox.
    pub mailbox: MailboxId,
    /// That mailbox's address.
    pub mailbox_address: Address,
    /// Its subject.
    pub subject: String,
    /// Whom it went to.
    pub recipients: Vec<String>,
    /// When it was written, as it says.
    pub written_at: Option<Timestamp>,
    /// When a person saw the alarm.
    pub seen_at: Option<Timestamp>,
}
