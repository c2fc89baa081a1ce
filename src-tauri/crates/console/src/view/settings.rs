//! What can be set, and what a person may want to know about this desk.

use serde::Serialize;
use ts_rs::TS;

/// The settings.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Settings {
    pub data_dir: String,
    /// Where agents reach us.
    pub api: String,
    /// Where credentials live, in words.
    pub vault: String,
    pub operator_passphrase_set: bool,
    pub notifications: bool,
}
