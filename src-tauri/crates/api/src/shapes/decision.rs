//! A decision as an agent reads it: what it came to, why, and what to do next.

use domain::decision::Fix;
use domain::{
    Address, Decision, DecisionId, Digest, Finding, FindingOutcome, Moment, Next, NextClass,
    SubmissionId, Timestamp, Verdict,
};
use engine::{DecisionRow, told_code};
use serde::Serialize;
use utoipa::ToSchema;

use super::words;

/// Why it was decided so.
#[derive(Serialize, ToSchema)]
#[schema(as = Decision)]
pub struct DecisionShape {
    /// Its id; absent in a check, which records nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "dec_0198c0ffee0070008000000000000002")]
    pub id: Option<DecisionId>,
    /// The policy version it was judged under.
    pub policy_version: u64,
    /// The finding that decided; absent if nothing stands against sending.
    pub primary: Option<PrimaryShape>,
    /// What every rule said, in table order.
    pub findings: Vec<FindingShape>,
}

/// The finding that decided, in short.
#[derive(Serialize, ToSchema)]
#[schema(as = PrimaryFinding)]
pub struct PrimaryShape {
    /// The rule's code.
    #[schema(example = "autonomy")]
    pub rule: String,
    /// What it concluded.
    #[schema(value_type = words::OutcomeWord)]
    pub outcome: FindingOutcome,
    /// One plain sentence.
    pub sentence: String,
}

/// What one rule said, with its evidence.
#[derive(Serialize, ToSchema)]
#[schema(as = Finding)]
pub struct FindingShape {
    /// The rule's code.
    pub rule: String,
    /// What it concluded.
    #[schema(value_type = words::OutcomeWord)]
    pub outcome: FindingOutcome,
    /// The recipient it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub recipient: Option<Address>,
    /// What was counted in: `workspace`, `mailbox`, `agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The window counted over: `minute`, `hour`, `day`, `30 days`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// What was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<i64>,
    /// What it was held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// The row that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched: Option<String>,
    /// When it could pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    pub not_before: Option<Timestamp>,
    /// True if a person has answered this hold for these exact bytes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
    /// One plain sentence.
    pub sentence: String,
}

/// What to do next.
#[derive(Serialize, ToSchema)]
#[schema(as = Next)]
pub struct NextShape {
    /// The kind of step.
    #[schema(value_type = words::NextClassWord)]
    pub class: NextClass,
    /// When it leaves or may be asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    pub not_before: Option<Timestamp>,
    /// Where to wait for a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<String>,
    /// What to change before asking again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<FixShape>,
    /// Recipients for whom alone it would have passed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub would_pass: Vec<Address>,
    /// One sentence.
    pub message: String,
}

/// One thing to change.
#[derive(Serialize, ToSchema)]
#[schema(as = Fix)]
pub struct FixShape {
    /// The rule that asks for it.
    pub rule: String,
    /// What to change.
    pub what: String,
}

/// A recorded decision, whole: `GET /v1/decisions/{id}`.
#[derive(Serialize, ToSchema)]
pub struct DecisionTrace {
    /// Its id.
    #[schema(value_type = String)]
    pub id: DecisionId,
    /// About which submission.
    #[schema(value_type = String)]
    pub submission: SubmissionId,
    /// When.
    #[schema(value_type = words::Instant)]
    pub at: Timestamp,
    /// On which occasion.
    #[schema(value_type = words::MomentWord)]
    pub moment: Moment,
    /// What it came to.
    #[schema(value_type = words::VerdictWord)]
    pub verdict: Verdict,
    /// True if the agent only observes: judged, recorded, never sent.
    pub observed_only: bool,
    /// The policy version it was judged under.
    pub policy_version: u64,
    /// SHA-256 of that policy's text.
    #[schema(value_type = String)]
    pub policy_hash: Digest,
    /// The finding that decided.
    pub primary: Option<PrimaryShape>,
    /// What every rule said, in table order.
    pub findings: Vec<FindingShape>,
    /// The instant whose quota it took; absent where nothing was committed to leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    pub slot: Option<Timestamp>,
    /// What to do next, as said then.
    pub next: NextShape,
}

impl DecisionShape {
    /// A decision with its id, if it was recorded.
    pub fn of(id: Option<DecisionId>, decision: &Decision) -> Self {
        DecisionShape {
            id,
            policy_version: decision.policy_version,
            primary: decision.primary().map(PrimaryShape::of),
            findings: decision.findings.iter().map(FindingShape::of).collect(),
        }
    }
}

impl DecisionTrace {
    /// A recorded decision. The facts it was made on stay with the operator: they tell of other
    /// agents too.
    pub fn of(row: &DecisionRow) -> Self {
        let decision = &row.decision;
        DecisionTrace {
            id: row.id,
            submission: row.submission,
            at: row.at,
            moment: row.moment,
            verdict: decision.verdict,
            observed_only: decision.observed_only,
            policy_version: decision.policy_version,
            policy_hash: decision.policy_hash,
            primary: decision.primary().map(PrimaryShape::of),
            findings: decision.findings.iter().map(FindingShape::of).collect(),
            slot: decision.slot,
            next: NextShape::of(&decision.next),
        }
    }
}

impl PrimaryShape {
    fn of(finding: &Finding) -> Self {
        PrimaryShape {
            rule: told_code(&finding.rule).to_owned(),
            outcome: finding.outcome,
            sentence: finding.sentence.clone(),
        }
    }
}

impl FindingShape {
    pub fn of(finding: &Finding) -> Self {
        let finding = finding.clone();
        FindingShape {
            rule: told_code(&finding.rule).to_owned(),
            outcome: finding.outcome,
            recipient: finding.recipient,
            scope: finding.scope,
            window: finding.window,
            observed: finding.observed,
            limit: finding.limit,
            matched: finding.matched,
            not_before: finding.not_before,
            answered: finding.answered,
            sentence: finding.sentence,
        }
    }
}

impl NextShape {
    /// What to do next.
    pub fn of(next: &Next) -> Self {
        let next = next.clone();
        let fix = |Fix { rule, what }| FixShape {
            rule: told_code(&rule).to_owned(),
            what,
        };
        NextShape {
            class: next.class,
            not_before: next.not_before,
            poll: next.poll,
            fix: next.fix.into_iter().map(fix).collect(),
            would_pass: next.would_pass,
            message: next.message,
        }
    }

    /// The same without a place to wait at: a check has none.
    pub fn without_poll(next: &Next) -> Self {
        NextShape {
            poll: None,
            ..NextShape::of(next)
        }
    }
}
