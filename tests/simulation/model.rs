//! What was asked of the engine, in plain collections: the reference the engine is held against.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::{ApprovalHash, SubmissionId, Timestamp};
use engine::{Ask, RehearsedMail};

/// Limits of a policy, per mailbox; `None` for no limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub minute: Option<usize>,
    pub hour: Option<usize>,
}

/// One submission as whoever asked and answered knows it.
pub struct Told {
    pub agent: &'static str,
    pub ask: Ask,
    /// Hashes a person approved, or was approving when the process died.
    pub approved: HashSet<ApprovalHash>,
    /// How often a person had it sent again.
    pub resent: usize,
    /// A person said it had arrived.
    pub settled_as_sent: bool,
}

/// A suppression in force, and how many attempts those it names had when it was committed.
pub struct Stopped {
    pub pattern: String,
    pub attempts: BTreeMap<SubmissionId, usize>,
}

pub struct Model {
    pub told: BTreeMap<SubmissionId, Told>,
    pub suppressed: Vec<Stopped>,
    pub workspace_paused: bool,
    pub agents_paused: BTreeSet<&'static str>,
    pub mailboxes_paused: BTreeSet<&'static str>,
    /// What limits came into force when.
    pub limits: Vec<(Timestamp, Limits)>,
    /// What relays of earlier processes took.
    pub delivered: Vec<RehearsedMail>,
    pub crashes: usize,
}

impl Model {
    /// Under the default policy.
    pub fn new(start: Timestamp) -> Model {
        let limits = Limits {
            minute: Some(10),
            hour: Some(100),
        };
        Model {
            told: BTreeMap::new(),
            suppressed: Vec::new(),
            workspace_paused: false,
            agents_paused: BTreeSet::new(),
            mailboxes_paused: BTreeSet::new(),
            limits: vec![(start, limits)],
            delivered: Vec::new(),
            crashes: 0,
        }
    }

    /// True if someone this goes to is suppressed.
    pub fn stops(&self, ask: &Ask) -> bool {
        ask.draft.recipients().iter().any(|address| {
            let folded = address.folded();
            self.suppressed.iter().any(|one| one.pattern == folded)
        })
    }

    /// The loosest limit in force at any time between two instants.
    pub fn loosest(
        &self,
        from: Timestamp,
        to: Timestamp,
        of: impl Fn(&Limits) -> Option<usize>,
    ) -> Option<usize> {
        let mut loosest = Some(0);
        for (index, (since, limits)) in self.limits.iter().enumerate() {
            let until = self.limits.get(index + 1).map(|(next, _)| *next);
            if *since <= to && until.is_none_or(|until| until >= from) {
                loosest = match (loosest, of(limits)) {
                    (Some(a), Some(b)) => Some(a.max(b)),
                    _ => None,
                };
            }
        }
        loosest
    }
}
