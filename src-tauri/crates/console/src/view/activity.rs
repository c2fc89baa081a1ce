//! What the Activity view charts, and the facts of one judgement.

use serde::Serialize;
use ts_rs::TS;

/// How asks went, for charts.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "Traffic")]
pub(crate) struct TrafficView {
    /// Oldest first, empty ones included.
    pub columns: Vec<TrafficColumn>,
    /// How many decisions by a person took how long, shortest first.
    pub waits: Vec<WaitClass>,
    /// Half of the decisions by a person came within so many seconds.
    pub wait_median_seconds: Option<u32>,
    /// Nine of ten came within.
    pub wait_ninetieth_seconds: Option<u32>,
    pub sent: u32,
    pub bounced: u32,
    pub failed: u32,
    /// Reported as spam.
    pub complained: u32,
    /// What is missing, if there was too much to count.
    pub note: Option<String>,
}

/// Asks of one stretch of time, by the verdict of their first judgement.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct TrafficColumn {
    pub from: String,
    pub to: String,
    pub allowed: u32,
    pub deferred: u32,
    pub held: u32,
    pub blocked: u32,
}

/// One class of waiting times.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct WaitClass {
    /// `under 5 min`.
    pub title: String,
    pub count: u32,
}

/// What the rules saw on one occasion.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct FactsView {
    pub decision: String,
    pub groups: Vec<FactGroup>,
}

/// Facts of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub(crate) struct FactGroup {
    pub title: String,
    pub facts: Vec<FactLine>,
}

/// One fact, as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub(crate) struct FactLine {
    pub name: String,
    pub value: String,
}

/// One line of a conversation with a relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub(crate) struct DialogueLine {
    /// What was said to the relay, or what happened.
    pub step: String,
    /// What the relay said, where it was kept.
    pub reply: Option<String>,
    pub ok: bool,
}

/// A place in the text a rule looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
pub(crate) struct Mark {
    /// Where it begins in the text, in UTF-16 units, as the window counts.
    pub start: u32,
    pub end: u32,
    /// What is there, in words.
    pub what: String,
}
