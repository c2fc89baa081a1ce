//! Errors inside the room: SQLite's own are turned into the room's at the door.

use domain::submission::WrongState;
use rusqlite::ErrorCode;

use crate::error::StoreError;

/// What operations return inside; its content leaves as [`StoreError`].
#[derive(Debug)]
pub(crate) struct Fault(pub StoreError);

/// The result of a step inside the room.
pub(crate) type Done<T> = Result<T, Fault>;

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault(error)
    }
}

impl From<WrongState> for Fault {
    fn from(error: WrongState) -> Self {
        Fault(StoreError::WrongState(error))
    }
}

impl From<rusqlite::Error> for Fault {
    /// Disk and permission troubles may pass (`Unavailable`); rows that do not read back do not
    /// (`Damaged`).
    fn from(error: rusqlite::Error) -> Self {
        let reason = error.to_string();
        let unavailable = match error.sqlite_error_code() {
            Some(
                ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
                | ErrorCode::OperationAborted
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport,
            ) => true,
            Some(_) | None => false,
        };
        Fault(if unavailable {
            StoreError::Unavailable { reason }
        } else {
            StoreError::Damaged { reason }
        })
    }
}
