//! One published policy, as read: parsed, or damaged.

use std::sync::Arc;

use domain::{Decision, Digest, Facts};

use crate::document::{PolicyProblem, parse};
use crate::judge::{Reading, judge};
use crate::rule::RULES;
use crate::settings::Policy;

/// One version of the policy document. Reading never fails: a damaged text is an edition that
/// holds everything, loudly.
#[derive(Clone, Debug)]
pub struct Edition {
    version: u64,
    hash: Digest,
    reading: Result<Arc<Policy>, Arc<Vec<PolicyProblem>>>,
}

impl Edition {
    /// Reads a stored version. Its hash is over the bytes of `text` as they are.
    pub fn read(version: u64, text: &str) -> Edition {
        Edition {
            version,
            hash: Digest::of(text.as_bytes()),
            reading: parse(text).map(Arc::new).map_err(Arc::new),
        }
    }

    /// There is no policy at all: version 0, the hash of nothing, and everything is held.
    pub fn missing() -> Edition {
        Edition {
            version: 0,
            hash: Digest::of(b""),
            reading: Err(Arc::new(Vec::new())),
        }
    }

    /// Its number; 0 if there is none.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// SHA-256 of its text.
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// The policy, unless it is missing or damaged.
    pub fn policy(&self) -> Option<&Policy> {
        self.reading.as_deref().ok()
    }

    /// What is wrong with a damaged one; empty for a good one and for none at all.
    pub fn problems(&self) -> &[PolicyProblem] {
        match &self.reading {
            Ok(_) => &[],
            Err(problems) => problems,
        }
    }

    /// Runs every rule; the strongest verdict wins. Pure: the same facts give the same bytes.
    pub fn evaluate(&self, facts: &Facts) -> Decision {
        let reading = match &self.reading {
            Ok(policy) => Reading::Policy(policy),
            Err(problems) => Reading::Unreadable(problems),
        };
        judge(RULES, reading, self.version, self.hash, facts)
    }
}
