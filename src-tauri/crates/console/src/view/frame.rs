//! What stands around every view: counts, pause, health.

use serde::Serialize;
use ts_rs::TS;

/// The frame around every view.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Frame {
    pub version: String,
    pub counts: Counts,
    /// The workspace is paused since then.
    pub paused_at: Option<String>,
    /// True if some mailbox is the rehearsal's.
    pub rehearsal: bool,
    /// True until there is a mailbox.
    pub first_run: bool,
    /// The engine's clock, to count ages and expiries from.
    pub now: String,
    pub oldest_held_at: Option<String>,
    pub next_expiry_at: Option<String>,
    /// True while the credentials wait for the passphrase: everything is admitted, nothing leaves.
    pub locked: bool,
    pub health: HealthSummary,
    pub policy_version: u64,
    /// The level a new agent starts at.
    pub default_level: u8,
    /// How long an approval can be taken back.
    pub undo_window_seconds: i64,
}

/// What the rail counts.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Counts {
    /// Held, snoozed ones left out.
    pub queue: u32,
    /// Uncertain and failed.
    pub attention: u32,
    /// Held and about to lapse.
    pub expiring: u32,
    pub snoozed: u32,
    /// On their way out, or waiting for their time to go.
    pub leaving: u32,
    pub agents: u32,
    pub mailboxes: u32,
}

/// How the connections to the world do.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct HealthSummary {
    pub smtp: Health,
    /// `off` where no mailbox is read.
    pub imap: Health,
    pub api: Health,
    pub record: Health,
}

/// How one thing does.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Health {
    pub state: HealthState,
    pub text: String,
}

/// Never told by colour alone: `text` says it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HealthState {
    Ok,
    Warn,
    Bad,
    Off,
}

impl Health {
    pub(crate) fn new(state: HealthState, text: impl Into<String>) -> Self {
        Health {
            state,
            text: text.into(),
        }
    }
}
