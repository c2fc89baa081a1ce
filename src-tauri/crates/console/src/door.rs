//! What the building tells the console: where the agents' doors stand, and what is odd about the
//! place credentials are kept.
//!
//! One process opens one door of a kind, so this is one place in the process and not part of the
//! engine, which knows no doors.

use std::sync::{PoisonError, RwLock};

/// How the agents' door is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorState {
    /// Not opened by this process.
    Closed,
    /// Answers at this address: `http://127.0.0.1:7411` or `unix:/path`.
    Open(String),
    /// Could not be opened, for this reason in one sentence.
    Failed(String),
}

static DOOR: RwLock<DoorState> = RwLock::new(DoorState::Closed);

/// Tells the console where the agents' door of this process stands.
pub fn agents_door(state: DoorState) {
    *DOOR.write().unwrap_or_else(PoisonError::into_inner) = state;
}

static SMTP_DOOR: RwLock<DoorState> = RwLock::new(DoorState::Closed);

/// Tells the console where the door for SMTP stands: open at `127.0.0.1:2525`, say. The other door
/// is as it is.
pub fn smtp_door(state: DoorState) {
    *SMTP_DOOR.write().unwrap_or_else(PoisonError::into_inner) = state;
}

pub(crate) fn smtp_state() -> DoorState {
    SMTP_DOOR
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

static VAULT_NOTE: RwLock<Option<String>> = RwLock::new(None);

/// Tells the console what a person must know about where credentials are, beyond what the engine
/// knows; none takes it back.
pub fn vault_note(note: Option<String>) {
    *VAULT_NOTE.write().unwrap_or_else(PoisonError::into_inner) = note;
}

pub(crate) fn noted() -> Option<String> {
    VAULT_NOTE
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

pub(crate) fn state() -> DoorState {
    DOOR.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Where agents are told to knock; the usual place while the door is shut.
pub(crate) fn base_url() -> String {
    match state() {
        DoorState::Open(address) => address,
        DoorState::Closed | DoorState::Failed(_) => "http://127.0.0.1:7411".to_owned(),
    }
}
