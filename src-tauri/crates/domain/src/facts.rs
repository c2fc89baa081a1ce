//! Everything a rule may look at, gathered inside the writing transaction.
//!
//! Facts are recorded with the decision they led to, so that anyone can recompute it. Every fact
//! is an indexed point read or a bounded range: the same cost on day one and at ten million sends.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::agent::Level;
use crate::finding::FindingKey;
use crate::id::{AccountId, AgentId, MailboxId, SubmissionId};
use crate::message::Stream;
use crate::scan::Scan;
use crate::sealed::ApprovalHash;
use crate::submission::StateName;
use crate::suppression::Suppression;
use crate::time::{Span, Timestamp};

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
}

/// One envelope recipient.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecipientFacts {
    /// The address.
    pub address: Address,
    /// Suppressions whose pattern and scope cover it and which have not ended.
    pub suppressions: Vec<Suppression>,
    /// Why we know them, if we do (level 2 asks this).
    pub established: Option<Established>,
    /// The last send by anyone here to this contact, committed before this one.
    pub last_by_anyone: Option<LastSend>,
    /// The last send by this agent to this contact, committed before this one.
    pub last_by_agent: Option<LastSend>,
    /// When they last wrote to us, as far as inbound mail is read.
    pub last_inbound_at: Option<Timestamp>,
}

/// Why a contact counts as established.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Established {
    /// We delivered to them and it has not bounced.
    Delivered {
        /// When the relay took it.
        at: Timestamp,
    },
    /// They wrote to us, with aligned authentication.
    Wrote {
        /// When.
        at: Timestamp,
    },
}

/// A send committed to leave, or left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LastSend {
    /// Which one.
    pub submission: SubmissionId,
    /// When it left, or is due to.
    pub at: Timestamp,
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

/// What a counter counts in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountScope {
    /// Everything.
    Workspace,
    /// One mailbox.
    Mailbox,
    /// One agent.
    Agent,
}

/// The four sliding windows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// 60 seconds in sub-buckets of 1 s.
    Minute,
    /// 60 minutes in sub-buckets of 1 min.
    Hour,
    /// 24 hours in sub-buckets of 24 min.
    Day,
    /// 30 days in sub-buckets of 12 h.
    Month,
}

/// Slots taken and promised in one scope, by sub-bucket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UsageFacts {
    /// Counted in.
    pub scope: CountScope,
    /// Over.
    pub window: Window,
    /// `(sub-bucket number, slots)`, ascending, empty ones left out; from one window before `now`
    /// to the last promise.
    pub buckets: Vec<(i64, u32)>,
}

impl CountScope {
    /// All scopes, widest first.
    pub const ALL: [CountScope; 3] = [
        CountScope::Workspace,
        CountScope::Mailbox,
        CountScope::Agent,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            CountScope::Workspace => "workspace",
            CountScope::Mailbox => "mailbox",
            CountScope::Agent => "agent",
        }
    }
}

impl Window {
    /// All windows, shortest first.
    pub const ALL: [Window; 4] = [Window::Minute, Window::Hour, Window::Day, Window::Month];
    /// Sub-buckets in a window.
    pub const BUCKETS: i64 = 60;

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Window::Minute => "minute",
            Window::Hour => "hour",
            Window::Day => "day",
            Window::Month => "30 days",
        }
    }

    /// How long it is.
    pub const fn length(self) -> Span {
        match self {
            Window::Minute => Span::from_minutes(1),
            Window::Hour => Span::from_hours(1),
            Window::Day => Span::from_days(1),
            Window::Month => Span::from_days(30),
        }
    }

    /// How long one sub-bucket is.
    pub const fn bucket_length(self) -> Span {
        Span::from_micros(self.length().micros() / Self::BUCKETS)
    }

    /// The number of the sub-bucket an instant falls in.
    pub const fn bucket(self, at: Timestamp) -> i64 {
        at.micros().div_euclid(self.bucket_length().micros())
    }

    /// The first instant of a sub-bucket.
    pub const fn bucket_start(self, bucket: i64) -> Timestamp {
        Timestamp::from_micros(bucket.saturating_mul(self.bucket_length().micros()))
    }
}
