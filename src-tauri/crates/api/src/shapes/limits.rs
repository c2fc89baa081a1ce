//! What is left for an agent, and what is known of one recipient.

use domain::{Address, Level, Timestamp};
use engine::{LimitRow, Limits, LimitsTo};
use serde::Serialize;
use utoipa::ToSchema;

use super::decision::FindingShape;
use super::words;

/// `GET /v1/limits`.
#[derive(Serialize, ToSchema)]
pub struct LimitsAnswer {
    /// Your level.
    #[schema(value_type = words::LevelNumber)]
    pub level: Level,
    /// True if everything or you are paused.
    pub paused: bool,
    /// Every limited window of every mailbox you may send as.
    pub windows: Vec<WindowShape>,
    /// Yours that wait for a person.
    pub held: u32,
    /// At most so many may wait; more asks are blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_max: Option<u32>,
    /// What the rules that need no message say now, mailbox by mailbox: the warm-up day and its cap,
    /// cooldowns and throttles with their end, lists, pauses.
    pub rules: Vec<RuleShape>,
    /// About the recipient named by `?to=`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<ContactShape>,
}

/// What one rule says before a message is written.
#[derive(Serialize, ToSchema)]
#[schema(as = LimitRule)]
pub struct RuleShape {
    /// For which mailbox.
    #[schema(value_type = String)]
    pub mailbox: Address,
    /// What it says.
    #[serde(flatten)]
    pub finding: FindingShape,
}

/// One limited window.
#[derive(Serialize, ToSchema)]
#[schema(as = LimitWindow)]
pub struct WindowShape {
    /// Of which mailbox.
    #[schema(value_type = String)]
    pub mailbox: Address,
    /// Counted in.
    #[schema(value_type = words::ScopeWord)]
    pub scope: &'static str,
    /// Counted over, sliding.
    #[schema(value_type = words::WindowWord)]
    pub window: &'static str,
    /// Taken in the window that ends now.
    pub used: u32,
    /// At most.
    pub limit: u32,
    /// What is left now.
    pub left: u32,
    /// When the next ask would leave: now, if there is room.
    #[schema(value_type = words::Instant)]
    pub next_slot: Timestamp,
}

/// What is known of one recipient.
#[derive(Serialize, ToSchema)]
#[schema(as = LimitsTo)]
pub struct ContactShape {
    /// Who.
    #[schema(value_type = String)]
    pub address: Address,
    /// True if mail was delivered to them, or they wrote to us.
    pub established: bool,
    /// Why they may not be written to, if so.
    pub suppressed: Option<String>,
    /// The last send to them by anyone here.
    #[schema(value_type = Option<words::Instant>)]
    pub last_send_at: Option<Timestamp>,
    /// An ask before then waits; null if none would.
    #[schema(value_type = Option<words::Instant>)]
    pub cooldown_until: Option<Timestamp>,
}

impl From<Limits> for LimitsAnswer {
    fn from(limits: Limits) -> Self {
        LimitsAnswer {
            level: limits.level,
            paused: limits.paused,
            windows: limits.windows.into_iter().map(WindowShape::from).collect(),
            held: limits.held,
            held_max: limits.held_max,
            rules: limits
                .rules
                .into_iter()
                .map(|rule| RuleShape {
                    finding: FindingShape::of(&rule.finding),
                    mailbox: rule.mailbox,
                })
                .collect(),
            to: limits.to.map(ContactShape::from),
        }
    }
}

impl From<LimitRow> for WindowShape {
    fn from(row: LimitRow) -> Self {
        WindowShape {
            mailbox: row.mailbox,
            scope: row.scope.as_str(),
            window: row.window.as_str(),
            used: row.used,
            limit: row.limit,
            left: row.limit.saturating_sub(row.used),
            next_slot: row.next_slot,
        }
    }
}

impl From<LimitsTo> for ContactShape {
    fn from(to: LimitsTo) -> Self {
        ContactShape {
            address: to.address,
            established: to.established,
            suppressed: to.suppressed,
            last_send_at: to.last_send_at,
            cooldown_until: to.cooldown_until,
        }
    }
}
