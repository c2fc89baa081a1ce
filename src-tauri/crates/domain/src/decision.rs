//! A judgement: the strongest verdict, why, and what the agent should do next.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::digest::Digest;
use crate::finding::{Finding, FindingKey, FindingOutcome};
use crate::time::Timestamp;

/// What a judgement comes to, weakest first: `allow < defer < hold < block`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may leave now.
    Allow,
    /// It may leave later, by itself.
    Defer,
    /// A person decides.
    Hold,
    /// It does not leave.
    Block,
}

impl Verdict {
    /// The word for it: `allow`, `defer`, `hold`, `block`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Allow => "allow",
            Verdict::Defer => "defer",
            Verdict::Hold => "hold",
            Verdict::Block => "block",
        }
    }
}

impl From<FindingOutcome> for Verdict {
    fn from(outcome: FindingOutcome) -> Verdict {
        match outcome {
            FindingOutcome::Off | FindingOutcome::NotApplicable | FindingOutcome::Pass => {
                Verdict::Allow
            }
            FindingOutcome::Defer => Verdict::Defer,
            FindingOutcome::Hold => Verdict::Hold,
            FindingOutcome::Block => Verdict::Block,
        }
    }
}

/// A decision as recorded. Facts and policy reproduce it byte for byte.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// The strongest verdict among unanswered findings.
    pub verdict: Verdict,
    /// Index into `findings` of the strongest (ties by table order); absent on a plain allow.
    pub primary: Option<usize>,
    /// What every rule said, in table order.
    pub findings: Vec<Finding>,
    /// The policy version it was judged under; 0 if there was none to read.
    pub policy_version: u64,
    /// SHA-256 of that policy's text.
    pub policy_hash: Digest,
    /// The instant whose quota this send takes or keeps: now for an allow, the promised one for a
    /// defer. Absent when nothing is committed to leave (hold, block, observe).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Timestamp>,
    /// True for a level-0 agent: judged and recorded, never sent, whatever the verdict.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observed_only: bool,
    /// Risk points, item by item; what a committed send spends of its agent's daily budget.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risk: Vec<RiskItem>,
    /// What the agent should do.
    pub next: Next,
}

/// Why a message is risky, and by how much.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RiskItem {
    /// What it is: a key of the table of points, such as `first_mail`.
    pub item: String,
    /// How often it applies.
    pub times: u32,
    /// Points in all.
    pub points: u32,
}

/// What an agent should do after an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Next {
    /// The kind of step.
    pub class: NextClass,
    /// When it leaves or may be asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Where to wait for a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<String>,
    /// What to change before asking again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<Fix>,
    /// Recipients for whom alone it would have passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub would_pass: Vec<Address>,
    /// One sentence.
    pub message: String,
}

/// One thing to change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fix {
    /// The rule that asks for it.
    pub rule: String,
    /// What to change.
    pub what: String,
}

/// Kinds of next steps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextClass {
    /// Nothing to do.
    Done,
    /// It leaves by itself later.
    Wait,
    /// Ask again after `not_before`.
    RetryAfter,
    /// A person decides.
    NeedsPerson,
    /// Change the message and ask again.
    FixAndResubmit,
    /// Asking again does not help.
    Never,
}

impl Decision {
    /// The finding that decided, if anything stands against sending.
    pub fn primary(&self) -> Option<&Finding> {
        self.primary.and_then(|index| self.findings.get(index))
    }

    /// The finding to show a person: what decided, or the hold they have answered.
    pub fn shown(&self) -> Option<&Finding> {
        self.primary()
            .or_else(|| self.findings.iter().find(|finding| finding.answered))
    }

    /// True if both come to the same on the same grounds: verdict, what stands against sending with
    /// its figures, slot, risk and the agent's next step. Sentences, `would_pass` and what lets it
    /// go may differ: a later Sendoff may word things otherwise, and look at more.
    pub fn decides_as(&self, other: &Decision) -> bool {
        self.grounds() == other.grounds()
    }

    fn grounds(&self) -> Decision {
        let mut grounds = self.clone();
        grounds.primary = None;
        grounds.findings.retain(|finding| match finding.outcome {
            FindingOutcome::Off | FindingOutcome::NotApplicable | FindingOutcome::Pass => false,
            FindingOutcome::Defer | FindingOutcome::Hold | FindingOutcome::Block => true,
        });
        for finding in &mut grounds.findings {
            finding.sentence.clear();
        }
        grounds.next.message.clear();
        grounds.next.would_pass.clear();
        grounds
    }

    /// Keys of the holds a person is shown and answers.
    pub fn open_holds(&self) -> Vec<FindingKey> {
        self.findings
            .iter()
            .filter(|finding| finding.outcome == FindingOutcome::Hold)
            .map(Finding::key)
            .collect()
    }

    /// Risk points in all.
    pub fn risk_points(&self) -> u32 {
        self.risk
            .iter()
            .fold(0, |sum, item| sum.saturating_add(item.points))
    }

    /// Keys of the blocks that stand, for a person who may release them.
    pub fn blocks(&self) -> Vec<FindingKey> {
        self.findings
            .iter()
            .filter(|finding| finding.outcome == FindingOutcome::Block)
            .map(Finding::key)
            .collect()
    }

    /// The latest `not_before` among deferring findings.
    pub fn not_before(&self) -> Option<Timestamp> {
        self.findings
            .iter()
            .filter(|finding| finding.outcome == FindingOutcome::Defer)
            .filter_map(|finding| finding.not_before)
            .max()
    }
}
