//! What went wrong below, as the one closed list the doors speak.

use domain::{Code, Problem};
use store::StoreError;

/// Words for an error of the store.
pub(crate) fn from_store(error: StoreError) -> Problem {
    let said = error.to_string();
    match error {
        StoreError::NotFound { .. } => Problem::new(Code::NotFound, said),
        StoreError::WrongState(_)
        | StoreError::NothingAsked
        | StoreError::ContentGone { .. }
        | StoreError::StillBlocked { .. } => Problem::new(Code::WrongState, said),
        StoreError::Stale { .. } | StoreError::JudgedAgain | StoreError::PolicyMoved { .. } => {
            Problem::new(Code::StaleHash, said)
        }
        StoreError::AlreadyExists { .. } => Problem::new(Code::AlreadyExists, said),
        StoreError::HumanOnly { .. } => Problem::new(Code::HumanDecisionRequired, said),
        StoreError::Closed => Problem::new(Code::ShuttingDown, said),
        StoreError::InUse { .. }
        | StoreError::Newer { .. }
        | StoreError::Unavailable { .. }
        | StoreError::Damaged { .. } => Problem::new(Code::StoreUnavailable, said),
    }
}

/// Words for an error of the vault.
pub(crate) fn from_secrets(error: secrets::Error) -> Problem {
    let said = error.to_string();
    match error {
        secrets::Error::WrongPassphrase { .. }
        | secrets::Error::BackOff { .. }
        | secrets::Error::OldPassphraseNeeded
        | secrets::Error::NoOperator => Problem::new(Code::OperatorProofNeeded, said),
        secrets::Error::Refused(_) => Problem::new(Code::InvalidField, said),
        secrets::Error::NotInitialised { .. }
        | secrets::Error::AlreadyThere { .. }
        | secrets::Error::Locked
        | secrets::Error::NothingToUnlock
        | secrets::Error::NoKeychain { .. }
        | secrets::Error::Keychain { .. }
        | secrets::Error::Damaged { .. }
        | secrets::Error::Exposed { .. }
        | secrets::Error::Newer { .. }
        | secrets::Error::Io { .. } => Problem::new(Code::VaultUnavailable, said),
    }
}

/// Nothing of that id that the asker may see.
pub(crate) fn not_found(what: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::NotFound,
        format!("there is no {what} here that you may see"),
    )
}
