//! What counters count in, over which windows, and how windows are cut into sub-buckets.

use serde::{Deserialize, Serialize};

use crate::time::{Span, Timestamp};

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
