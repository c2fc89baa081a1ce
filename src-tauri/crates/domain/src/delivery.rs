//! Attempts at delivery and how far each one got.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::id::{AttemptId, SubmissionId};
use crate::time::Timestamp;

/// One try at delivering one submission.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// Of which submission.
    pub submission: SubmissionId,
    /// 1 for the first.
    pub number: u32,
    /// Begun at.
    pub started_at: Timestamp,
    /// The last dot was about to be sent at, if it came so far.
    pub final_dot_at: Option<Timestamp>,
    /// Ended at, if it has.
    pub ended_at: Option<Timestamp>,
    /// How it ended, if it has.
    pub outcome: Option<Outcome>,
}

/// A reply of an SMTP server (RFC 5321, section 4.2; RFC 3463).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SmtpReply {
    /// Three digits.
    pub code: u16,
    /// Enhanced status code such as `5.1.1`, if the server gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enhanced: Option<String>,
    /// Its text, cut to [`crate::limits::REPLY_CHARS_MAX`] characters, lines joined by spaces.
    pub text: String,
}

/// How far an attempt got.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The server answered for the message: each recipient's own result.
    Answered {
        /// One row per recipient tried.
        recipients: Vec<RecipientOutcome>,
    },
    /// Nothing was accepted: no connection, TLS or login failed, MAIL refused, or the wire broke
    /// before the last dot.
    NotAccepted {
        /// Where it stopped.
        phase: Phase,
        /// What the server said, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply: Option<SmtpReply>,
        /// One sentence with what to do.
        reason: String,
    },
    /// The last dot was sent and no answer came.
    Unanswered {
        /// One sentence.
        reason: String,
        /// Who may or may not have been accepted: the recipients whose RCPT was.
        maybe: Vec<Address>,
        /// Who certainly was not.
        refused: Vec<RecipientOutcome>,
    },
}

/// Where an attempt stopped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// TCP, TLS, greeting or EHLO.
    Connect,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    MailFrom,
    /// RCPT TO, all of them refused.
    RcptTo,
    /// DATA or the message before its last dot.
    Data,
}

impl Phase {
    /// As a word in a record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Connect => "connect",
            Phase::Auth => "auth",
            Phase::MailFrom => "mail_from",
            Phase::RcptTo => "rcpt_to",
            Phase::Data => "data",
        }
    }
}

/// What the server said about one recipient.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecipientOutcome {
    /// Who.
    pub address: Address,
    /// What became of it.
    pub state: RecipientState,
    /// The reply that settled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<SmtpReply>,
}

/// Where one recipient of a submission stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientState {
    /// Not tried, or to be tried again.
    Open,
    /// Taken by the relay.
    Accepted,
    /// Refused for now (4xx): tried again alone.
    Deferred,
    /// Refused for good (5xx).
    Refused,
    /// Unknown.
    Uncertain,
    /// Returned later.
    Bounced,
}

impl RecipientState {
    /// True for a recipient who is still to be written to.
    pub const fn is_open(self) -> bool {
        match self {
            RecipientState::Open | RecipientState::Deferred => true,
            RecipientState::Accepted
            | RecipientState::Refused
            | RecipientState::Uncertain
            | RecipientState::Bounced => false,
        }
    }

    /// As written in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            RecipientState::Open => "open",
            RecipientState::Accepted => "accepted",
            RecipientState::Deferred => "deferred",
            RecipientState::Refused => "refused",
            RecipientState::Uncertain => "uncertain",
            RecipientState::Bounced => "bounced",
        }
    }
}
