//! What can be set, and what a person may want to know about this desk.

use serde::Serialize;
use ts_rs::TS;

/// The settings.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Settings {
    pub data_dir: String,
    /// Where agents reach us.
    pub api: String,
    /// The port where this window takes mail over SMTP, if it is to.
    pub smtp_port: Option<u16>,
    /// Where agents that speak SMTP reach us now: `127.0.0.1:2525`.
    pub smtp: Option<String>,
    /// Why they do not, though they should, in one sentence.
    pub smtp_trouble: Option<String>,
    /// Asks one agent may make a second over time, at all doors together.
    pub asks_per_second: u32,
    /// Asks it may make at once after a rest.
    pub asks_burst: u32,
    /// Where credentials live, in words.
    pub vault: String,
    pub operator_passphrase_set: bool,
    pub notifications: bool,
    /// No toasts from the first to the second time of day, local: `22:00-07:00`.
    pub quiet_hours: Option<String>,
    /// Ids of agents nobody is told of by a toast.
    pub muted_agents: Vec<String>,
    /// `system`, `light` or `dark`.
    pub theme: String,
    /// Whether the window starts with the session; only the window knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub autostart: Option<bool>,
}
