//! Everything a rule may look at, gathered inside the writing transaction.
//!
//! Facts are recorded with the decision they led to, so that anyone can recompute it. Every fact
//! is an indexed point read or a bounded range: the same cost on day one and at ten million sends.

//!
//! What is neutral (nobody known, nothing counted, nothing against it) is left out of the record.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::agent::Level;
use crate::finding::FindingKey;
use crate::id::{AccountId, AgentId, MailboxId, SubmissionId};
use crate::message::Stream;
use crate::scan::Scan;
use crate::sealed::ApprovalHash;
use crate::state_name::StateName;
use crate::time::Timestamp;

mod people;
mod window;

pub use people::{
    Consent, ConversationFacts, DomainFacts, Established, HostFacts, InboundMark, LastSend,
    Nearest, OtherSend, PersonSend, RecipientFacts, Taint, TakenOver,
};
pub use window::{CountScope, UsageFacts, Window};

/// On which occasion a judgement is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// A dry run: nothing is written.
    Check,
    /// A new ask.
    Admission,
    /// A new version of a held ask.
    Revision,
    /// A person approves.
    Approval,
    /// Just before the wire.
    Dispatch,
}

/// What the rules see.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// The instant judged for: `max(clock, last committed)`, so a clock set back admits nothing.
    pub now: Timestamp,
    /// The occasion.
    pub moment: Moment,
    /// The workspace as a whole.
    pub workspace: WorkspaceFacts,
    /// The agent that asks.
    pub agent: AgentFacts,
    /// The mailbox it asks to send as.
    pub mailbox: MailboxFacts,
    /// The ask itself.
    pub submission: SubmissionFacts,
    /// What reading the message found.
    pub scan: Scan,
    /// Each envelope recipient (to, cc and bcc), in order.
    pub recipients: Vec<RecipientFacts>,
    /// The first live ask with the same content, if there is one (own and later ones excluded).
    pub duplicate: Option<DuplicateFacts>,
    /// Slots taken and promised, per scope and window; own slots excluded.
    pub usage: Vec<UsageFacts>,
    /// Each recipient's domain once, in order of first appearance. A domain without a row counts as
    /// one nobody here knows and nothing is counted for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<DomainFacts>,
    /// Link hosts of the message that need a word: new ones, and those a stranger brought. At most
    /// as many as the scan names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostFacts>,
    /// The conversation it is part of, if it is part of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationFacts>,
}

impl Facts {
    /// True if a person wrote it by hand: what is said of agents does not apply.
    pub fn by_hand(&self) -> bool {
        self.agent.id == AgentId::BY_HAND
    }
}

/// The workspace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkspaceFacts {
    /// Paused since, if it is.
    pub paused_at: Option<Timestamp>,
}

/// The agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AgentFacts {
    /// Its id.
    pub id: AgentId,
    /// Its name, for sentences.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// Paused since, if it is.
    pub paused_at: Option<Timestamp>,
    /// Revoked at, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Ends at, if it does.
    pub expires_at: Option<Timestamp>,
    /// How many of its submissions wait for a person, this one not counted.
    pub held: u32,
    /// Rows of its allow list, if it has one: `None` is anyone, 0 is no one. Which recipient a row
    /// covers is in [`RecipientFacts::allowed_by`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_rows: Option<u32>,
    /// Risk points of its sends committed to leave in the 24 hours before `now`, this one not
    /// counted (`Decision::risk` says how many each has). One bounded read of hourly sums.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub risk_spent: u32,
    /// What came back for its mail in the last seven days.
    #[serde(default, skip_serializing_if = "Signals::are_none")]
    pub signals: Signals,
    /// Share of this body, in basis points, that also stands in one of the agent's last 20
    /// approved bodies (`domain::sketch::Sketch::share_in`); `None` if none was approved yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub familiar_bp: Option<u16>,
}

/// What came back for mail that left in the seven days before `now`: a bounded read of daily sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Signals {
    /// Messages a relay took, per recipient.
    pub delivered: u32,
    /// Recipients that bounced for good (RFC 3464, status 5).
    pub hard_bounces: u32,
    /// Complaints (RFC 5965).
    pub complaints: u32,
}

impl Signals {
    /// True if nothing left and nothing came back.
    pub fn are_none(&self) -> bool {
        *self == Signals::default()
    }
}

/// The mailbox.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MailboxFacts {
    /// Its id.
    pub id: MailboxId,
    /// Its address, for sentences.
    pub address: Address,
    /// The account its mail leaves through.
    pub account: AccountId,
    /// True if the agent may send as it.
    pub granted: bool,
    /// A lower level for this agent and mailbox, if set.
    pub level: Option<Level>,
    /// Paused since, if it is.
    pub paused_at: Option<Timestamp>,
    /// The name shown beside its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Those of the message's `Reply-To` addresses that are mailboxes this agent is granted; the
    /// mailbox itself need not be named. Point reads, at most `Found::EACH_MAX`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reply_to_granted: Vec<Address>,
    /// What came back for its mail in the last seven days.
    #[serde(default, skip_serializing_if = "Signals::are_none")]
    pub signals: Signals,
    /// How warm its sending domain is; `None` where warm-up is not counted for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<WarmupFacts>,
}

/// How warm a sending domain is. Counts recipients, of every mailbox of that domain together.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WarmupFacts {
    /// When its first mail left; `None` before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_send_at: Option<Timestamp>,
    /// `(UTC day, recipients)` taken and promised, ascending, empty ones left out, from the day of
    /// `now` to the last promise; own excluded. The UTC day is [`WarmupFacts::day`]. At most as
    /// many rows as warm-up has days ahead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<(i64, u32)>,
}

impl WarmupFacts {
    /// The UTC day an instant falls on, in days since 1970.
    pub const fn day(at: Timestamp) -> i64 {
        at.seconds().div_euclid(86_400)
    }

    /// The first instant of a UTC day.
    pub const fn day_start(day: i64) -> Timestamp {
        Timestamp::from_seconds(day.saturating_mul(86_400))
    }
}

/// The ask.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubmissionFacts {
    /// Its id; absent in a check.
    pub id: Option<SubmissionId>,
    /// The hash of the exact message.
    pub hash: ApprovalHash,
    /// Kind of mail.
    pub stream: Stream,
    /// True if the agent gave an idempotency key.
    pub keyed: bool,
    /// Asked at.
    pub asked_at: Timestamp,
    /// Not before, if asked for.
    pub send_at: Option<Timestamp>,
    /// Not after.
    pub send_by: Timestamp,
    /// The hash a person approved, if one did.
    pub approved: Option<ApprovalHash>,
    /// Holds that were on screen when they approved it.
    pub answered: Vec<FindingKey>,
    /// When it is due to leave if it may: now, or the end of the undo window, or `send_at`.
    pub due: Timestamp,
    /// The slot it already holds, if any; judged again it counts as passed.
    pub slot: Option<Timestamp>,
    /// The inbound message the agent says is the latest it has read (`if_latest`), if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_latest: Option<String>,
    /// The released block, if the operator let an overridable block go with a typed reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<FindingKey>,
    /// True where an exception of the policy counts only if it lasts until the ask is due. Records
    /// from before that was asked leave it out: they were judged by the exceptions of their instant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exceptions_until_due: bool,
}

/// A first ask with the same content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DuplicateFacts {
    /// Which one.
    pub submission: SubmissionId,
    /// Asked at.
    pub at: Timestamp,
    /// Its state now; only held, deferred, queued, sending, sent and uncertain ones count.
    pub state: StateName,
    /// True if the same agent asked it.
    pub same_agent: bool,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
