//! What one rule says about one ask.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::time::Timestamp;

/// What a rule concludes, weakest first; the first two never stop a send.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingOutcome {
    /// Switched off in the policy.
    Off,
    /// Nothing here it could be about.
    NotApplicable,
    /// Looked, and lets it go.
    Pass,
    /// Later.
    Defer,
    /// Ask a person.
    Hold,
    /// No.
    Block,
}

/// One rule's conclusion, with its evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's code, such as `rate_limit`.
    pub rule: String,
    /// What it concludes.
    pub outcome: FindingOutcome,
    /// The envelope recipient it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Address>,
    /// What was counted in: `workspace`, `mailbox`, `agent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The window counted over: `minute`, `hour`, `day`, `30 days`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// What was seen, in the rule's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<i64>,
    /// What it was held against, in the same unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// The row that matched: an id or key a person can look up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<String>,
    /// When it could pass, for outcomes that time can change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// True if a person has already answered this hold, or released this block, for these exact
    /// bytes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
    /// True for a block the operator may release with a typed reason.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overridable: bool,
    /// One plain sentence.
    pub sentence: String,
}

/// What makes two findings the same: rule, recipient and matched row. Numbers may move.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct FindingKey {
    /// The rule's code.
    pub rule: String,
    /// The recipient it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Address>,
    /// The row or evidence that matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<String>,
}

impl Finding {
    /// A finding with nothing but its sentence.
    pub fn new(rule: &str, outcome: FindingOutcome, sentence: impl Into<String>) -> Self {
        Finding {
            rule: rule.to_owned(),
            outcome,
            recipient: None,
            scope: None,
            window: None,
            observed: None,
            limit: None,
            matched: None,
            not_before: None,
            answered: false,
            overridable: false,
            sentence: sentence.into(),
        }
    }

    /// About one recipient.
    pub fn about(mut self, recipient: &Address) -> Self {
        self.recipient = Some(recipient.clone());
        self
    }

    /// What was seen against what limit.
    pub fn measured(mut self, observed: i64, limit: i64) -> Self {
        self.observed = Some(observed);
        self.limit = Some(limit);
        self
    }

    /// Counted in this scope over this window.
    pub fn within(mut self, scope: &str, window: &str) -> Self {
        self.scope = Some(scope.to_owned());
        self.window = Some(window.to_owned());
        self
    }

    /// The row that matched.
    pub fn matching(mut self, row: impl Into<String>) -> Self {
        self.matched = Some(row.into());
        self
    }

    /// It could pass then.
    pub fn until(mut self, not_before: Timestamp) -> Self {
        self.not_before = Some(not_before);
        self
    }

    /// What makes it the same finding next time.
    pub fn key(&self) -> FindingKey {
        FindingKey {
            rule: self.rule.clone(),
            recipient: self.recipient.clone(),
            matched: self.matched.clone(),
        }
    }
}
