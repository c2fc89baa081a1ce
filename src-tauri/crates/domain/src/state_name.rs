//! Where a submission stands, in one word: for lists, filters, records and whatever goes by the state
//! alone. Each question about a state is answered here once.

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::submission::State;

/// A state without its data, for lists, filters and records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateName {
    /// See [`State::Observed`].
    Observed,
    /// See [`State::Held`].
    Held,
    /// See [`State::Deferred`].
    Deferred,
    /// See [`State::Queued`].
    Queued,
    /// See [`State::Sending`].
    Sending,
    /// See [`State::Sent`].
    Sent,
    /// See [`State::Uncertain`].
    Uncertain,
    /// See [`State::Bounced`].
    Bounced,
    /// See [`State::Blocked`].
    Blocked,
    /// See [`State::Rejected`].
    Rejected,
    /// See [`State::Expired`].
    Expired,
    /// See [`State::Cancelled`].
    Cancelled,
    /// See [`State::Failed`].
    Failed,
}

impl StateName {
    /// All names.
    pub const ALL: [StateName; 13] = [
        StateName::Observed,
        StateName::Held,
        StateName::Deferred,
        StateName::Queued,
        StateName::Sending,
        StateName::Sent,
        StateName::Uncertain,
        StateName::Bounced,
        StateName::Blocked,
        StateName::Rejected,
        StateName::Expired,
        StateName::Cancelled,
        StateName::Failed,
    ];

    /// As written in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            StateName::Observed => "observed",
            StateName::Held => "held",
            StateName::Deferred => "deferred",
            StateName::Queued => "queued",
            StateName::Sending => "sending",
            StateName::Sent => "sent",
            StateName::Uncertain => "uncertain",
            StateName::Bounced => "bounced",
            StateName::Blocked => "blocked",
            StateName::Rejected => "rejected",
            StateName::Expired => "expired",
            StateName::Cancelled => "cancelled",
            StateName::Failed => "failed",
        }
    }

    /// True while it is committed to leave and nothing of it is on the wire.
    pub const fn is_committed(self) -> bool {
        match self {
            StateName::Deferred | StateName::Queued => true,
            StateName::Observed
            | StateName::Held
            | StateName::Sending
            | StateName::Sent
            | StateName::Uncertain
            | StateName::Bounced
            | StateName::Blocked
            | StateName::Rejected
            | StateName::Expired
            | StateName::Cancelled
            | StateName::Failed => false,
        }
    }

    /// True if it counts as a first for duplicates: it may leave yet, or left and did not bounce.
    pub const fn is_live(self) -> bool {
        match self {
            StateName::Held
            | StateName::Deferred
            | StateName::Queued
            | StateName::Sending
            | StateName::Sent
            | StateName::Uncertain => true,
            StateName::Observed
            | StateName::Bounced
            | StateName::Blocked
            | StateName::Rejected
            | StateName::Expired
            | StateName::Cancelled
            | StateName::Failed => false,
        }
    }

    /// True if an agent's submissions in this state are tallied, for rails, lists and limits.
    pub const fn is_tallied(self) -> bool {
        match self {
            StateName::Held
            | StateName::Deferred
            | StateName::Queued
            | StateName::Sending
            | StateName::Sent
            | StateName::Uncertain
            | StateName::Failed => true,
            StateName::Observed
            | StateName::Bounced
            | StateName::Blocked
            | StateName::Rejected
            | StateName::Expired
            | StateName::Cancelled => false,
        }
    }

    /// True if all of it has left as far as anyone knows: a bounce can still come.
    pub const fn may_bounce(self) -> bool {
        match self {
            StateName::Sent | StateName::Uncertain => true,
            StateName::Observed
            | StateName::Held
            | StateName::Deferred
            | StateName::Queued
            | StateName::Sending
            | StateName::Bounced
            | StateName::Blocked
            | StateName::Rejected
            | StateName::Expired
            | StateName::Cancelled
            | StateName::Failed => false,
        }
    }

    /// True if nothing more can happen to it by itself or by a person.
    pub const fn is_end(self) -> bool {
        match self {
            StateName::Observed
            | StateName::Sent
            | StateName::Bounced
            | StateName::Blocked
            | StateName::Rejected
            | StateName::Expired
            | StateName::Cancelled
            | StateName::Failed => true,
            StateName::Held
            | StateName::Deferred
            | StateName::Queued
            | StateName::Sending
            | StateName::Uncertain => false,
        }
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for StateName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        StateName::ALL
            .into_iter()
            .find(|name| name.as_str() == text)
            .ok_or_else(|| {
                let said: String = text.chars().take(40).collect();
                format!("`{said}` is not a state of a submission")
            })
    }
}
