//! Who did it: the three actors of the journal.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::AgentId;

/// Who acts. Agents tighten, operators loosen, the system keeps time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// An agent, through one of its doors.
    Agent(AgentId),
    /// A person, at the window or with the passphrase at a terminal.
    Operator,
    /// Sendoff itself: expiry, dispatch, recovery.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Agent(id) => write!(f, "agent:{id}"),
            Actor::Operator => f.write_str("operator"),
            Actor::System => f.write_str("system"),
        }
    }
}
