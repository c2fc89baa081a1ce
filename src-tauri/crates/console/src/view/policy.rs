//! The policy document, its problems, and the proof of the record.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Moment, Verdict};
use crate::policy_form::FormValue;

/// How far something has come.
#[derive(Debug, Clone, Copy, Serialize, TS)]
#[ts(rename = "Progress")]
pub(crate) struct ProgressView {
    pub done: u64,
    /// 0 until it is known.
    pub total: u64,
}

/// The policy in force and those before it.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct PolicyView {
    pub version: u64,
    pub text: String,
    pub published_at: String,
    pub problems: Vec<PolicyProblem>,
    pub history: Vec<PolicyPublished>,
}

/// That a version was published.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct PolicyPublished {
    pub version: u64,
    pub published_at: String,
}

/// One published version in full.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct PolicyText {
    pub version: u64,
    pub text: String,
    pub published_at: String,
}

/// What is wrong with a policy document, and where. Lines and columns count from 1.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct PolicyProblem {
    pub line: u32,
    pub column: u32,
    pub key: String,
    pub message: String,
}

/// What a draft would have changed.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "Replay")]
pub(crate) struct ReplayView {
    /// Decisions judged again.
    pub judged: u64,
    /// Decisions whose facts do not read back.
    pub unreadable: u64,
    /// How many flipped.
    pub flipped: u64,
    /// By rule, most first.
    pub counts: Vec<FlipCountView>,
    /// The newest flips.
    pub flips: Vec<FlipView>,
    /// In one sentence.
    pub text: String,
}

/// Flips of one kind.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "FlipCount")]
pub(crate) struct FlipCountView {
    pub rule: String,
    pub title: String,
    pub was: Verdict,
    pub would: Verdict,
    pub times: u64,
}

/// One decision that would be another.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "Flip")]
pub(crate) struct FlipView {
    pub decision: String,
    pub submission: String,
    pub subject: String,
    pub at: String,
    pub moment: Moment,
    pub was: Verdict,
    pub was_rule: Option<String>,
    pub would: Verdict,
    pub would_rule: Option<String>,
    pub sentence: Option<String>,
}

/// What verifying the record found.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "VerifyReport")]
pub(crate) struct ReportView {
    pub ok: bool,
    pub entries: u64,
    pub decisions: u64,
    pub problems: Vec<VerifyProblem>,
    pub text: String,
}

/// One divergence.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct VerifyProblem {
    /// The journal entry it begins at, where there is one.
    pub seq: Option<u64>,
    pub text: String,
}

/// The policy as a form.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct PolicyForm {
    /// What is said of one agent, one mailbox or some recipients, in the order of the document.
    /// None while the draft has problems.
    pub lines: Vec<PolicyLine>,
    /// In the order of the document.
    pub tables: Vec<PolicyFormTable>,
}

/// One override of the document.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct PolicyLine {
    /// What it says, in a sentence.
    pub words: String,
    /// The agent it is about; any agent if absent.
    pub agent: Option<String>,
    /// Addresses and domains it is about; everyone if empty.
    pub to: Vec<String>,
    /// When it ends, if it loosens.
    pub until: Option<String>,
    /// Why, if the document says.
    pub reason: Option<String>,
}

/// What a person wants of mail like one they see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PolicyWish {
    /// To be asked, always.
    AlwaysAsk,
    /// That its agent's level asks nothing, for a while.
    LetWrite,
}

/// A draft of the policy with one line more.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct PolicyLineDraft {
    /// The version it was written from; publish it over that one.
    pub over: u64,
    /// The whole document.
    pub text: String,
    /// The document in force: publishing it again is how to go back.
    pub before: String,
    /// The line in words.
    pub words: String,
    /// The line as the document has it.
    pub line: String,
    /// Whom it names.
    pub to: Vec<String>,
    pub until: Option<String>,
    /// What else to know before.
    pub note: Option<String>,
    /// Exceptions it takes the place of, in words.
    pub takes_out: Vec<String>,
}

/// One table of the document.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct PolicyFormTable {
    /// `rules.rate_limit`.
    pub path: String,
    pub title: String,
    pub about: String,
    pub is_rule: bool,
    /// For rules only.
    pub enabled: Option<bool>,
    pub can_switch: bool,
    /// Part of it looks even when it is off.
    pub partly: bool,
    /// What a hit becomes.
    pub action: Option<String>,
    /// What it may become, the default first.
    pub actions: Vec<String>,
    pub fields: Vec<PolicyFormField>,
}

/// One field of a table.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct PolicyFormField {
    pub key: String,
    /// What it means, with its unit.
    pub help: String,
    pub kind: PolicyFormKind,
    pub value: FormValue,
    pub default: FormValue,
    /// True if the draft names it.
    pub is_set: bool,
}

/// What a field takes.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum PolicyFormKind {
    Number {
        min: i64,
        max: i64,
    },
    /// A number, or none, per window.
    Windows {
        keys: Vec<String>,
        max: i64,
    },
    Text {
        takes: String,
    },
    /// A number for each of some domains.
    Rows {
        min: i64,
        max: i64,
    },
    Days {
        days: Vec<String>,
    },
}
