//! A judgement with everything every rule said.

use serde::Serialize;
use ts_rs::TS;

use super::{FindingOutcome, Moment, NextClass, Verdict};
use crate::words;

/// One judgement.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct DecisionView {
    pub id: String,
    pub at: String,
    pub moment: Moment,
    pub verdict: Verdict,
    /// The finding that decided, in one sentence.
    pub sentence: String,
    pub policy_version: u64,
    /// What every rule said, in the table's order.
    pub findings: Vec<FindingView>,
    pub next: NextView,
}

/// What one rule said.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct FindingView {
    pub rule: String,
    pub title: String,
    pub outcome: FindingOutcome,
    pub recipient: Option<String>,
    pub scope: Option<String>,
    pub window: Option<String>,
    pub observed: Option<i64>,
    pub limit: Option<i64>,
    pub matched: Option<String>,
    pub not_before: Option<String>,
    /// True if a person has already answered this hold.
    pub answered: bool,
    pub sentence: String,
}

/// What the agent was told to do.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct NextView {
    pub class: NextClass,
    pub message: String,
    pub not_before: Option<String>,
}

impl DecisionView {
    /// A recorded decision, for the screen.
    pub(crate) fn of(row: &engine::DecisionRow) -> Self {
        let decision = &row.decision;
        DecisionView {
            id: row.id.to_string(),
            at: row.at.to_string(),
            moment: row.moment.into(),
            verdict: decision.verdict.into(),
            sentence: words::decision(decision),
            policy_version: decision.policy_version,
            findings: decision.findings.iter().map(FindingView::of).collect(),
            next: NextView {
                class: decision.next.class.into(),
                message: decision.next.message.clone(),
                not_before: decision.next.not_before.map(|at| at.to_string()),
            },
        }
    }
}

impl FindingView {
    fn of(finding: &domain::Finding) -> Self {
        FindingView {
            rule: finding.rule.clone(),
            title: words::rule_title(&finding.rule),
            outcome: finding.outcome.into(),
            recipient: finding.recipient.as_ref().map(ToString::to_string),
            scope: finding.scope.clone(),
            window: finding.window.clone(),
            observed: finding.observed,
            limit: finding.limit,
            matched: finding.matched.clone(),
            not_before: finding.not_before.map(|at| at.to_string()),
            answered: finding.answered,
            sentence: finding.sentence.clone(),
        }
    }
}
