//! The one thing that opens the wire.

use domain::{ApprovalHash, Facts, Moment};

use crate::edition::Edition;
use domain::{Decision, Verdict};

/// Proof that one exact message was judged a moment ago and may leave.
///
/// Its field is private, it is neither `Clone` nor `Serialize`, and [`Edition::release`] is its
/// only maker; whoever sends takes it by value, so one judgement is one attempt.
#[derive(Debug)]
#[must_use = "a clearance is spent by sending"]
pub struct Clearance {
    hash: ApprovalHash,
}

impl Clearance {
    /// The message it is for; no other may leave with it.
    pub fn hash(&self) -> ApprovalHash {
        self.hash
    }
}

impl Edition {
    /// Judges at the wire. There is a clearance exactly if the occasion is dispatch, the verdict is
    /// allow, the agent does more than observe, and whatever a person approved is this very hash.
    pub fn release(&self, facts: &Facts) -> (Decision, Option<Clearance>) {
        let decision = self.evaluate(facts);
        let hash = facts.submission.hash;
        let cleared = facts.moment == Moment::Dispatch
            && decision.verdict == Verdict::Allow
            && !decision.observed_only
            && facts
                .submission
                .approved
                .is_none_or(|approved| approved == hash);
        (decision, cleared.then_some(Clearance { hash }))
    }
}
