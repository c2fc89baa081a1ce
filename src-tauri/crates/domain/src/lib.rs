//! The nouns of Sendoff: what every other room talks about.
//!
//! Owns ids, times, addresses, the message an agent asks to send, the states a submission walks
//! through, the facts a rule may look at, findings and decisions, delivery outcomes, and the
//! canonical bytes that journal and approval hash over. Pure: no IO, no clock, no async, no SQL,
//! no HTTP.
//!
//! To let rules see something new: add a field in [`facts`], read it in `store`'s `facts.rs`.

pub mod account;
pub mod actor;
pub mod address;
pub mod agent;
pub mod canonical;
pub mod change;
pub mod decision;
pub mod delivery;
pub mod digest;
pub mod facts;
pub mod finding;
pub mod hours;
pub mod id;
pub mod inbound;
pub mod journal;
pub mod limits;
pub mod lookalike;
pub mod meaning;
pub mod message;
pub mod problem;
pub mod received;
pub mod reply_token;
pub mod scan;
pub mod sealed;
pub mod sight;
pub mod sketch;
pub mod state_name;
pub mod submission;
pub mod suppression;
pub mod time;

pub use account::{
    Account, AccountKind, ImapAuth, ImapSettings, Mailbox, SentCopy, SmtpAuth, SmtpSettings,
    TlsMode,
};
pub use actor::Actor;
pub use address::{Address, AddressError, NamedAddress};
pub use agent::{Agent, AgentGrant, Level, TokenDigest};
pub use change::{Change, ChangeKind};
pub use decision::{Decision, Next, NextClass, Verdict};
pub use delivery::{Attempt, Outcome, RecipientOutcome, RecipientState, SmtpReply};
pub use digest::Digest;
pub use facts::{Facts, Moment};
pub use finding::{Finding, FindingKey, FindingOutcome};
pub use hours::{DayHours, HoursError};
pub use id::{
    AccountId, AgentId, AttemptId, ConversationId, DecisionId, IdSource, InboundId, MailboxId,
    SubmissionId,
};
pub use journal::{JournalEntry, JournalKind};
pub use meaning::{Intent, LinkStrength, MailClass, Step, ThreatClass};
pub use message::{Attachment, Composed, Draft, Stream};
pub use problem::{Code, Problem};
pub use received::{Received, ReceivedKind};
pub use reply_token::ReplyTokens;
pub use scan::{Found, Scan};
pub use sealed::{ApprovalHash, Envelope, OWN_ID_FIELD, Sealed};
pub use sketch::Sketch;
pub use state_name::StateName;
pub use submission::{NewSubmission, State, WrongState};
pub use suppression::{Suppression, SuppressionReason, SuppressionScope};
pub use time::{Span, Timestamp};
