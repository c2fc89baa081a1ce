//! How domain values stand in columns: enums as their words, ids as 16 bytes, structs as JSON.

use domain::{Actor, AgentId, ApprovalHash, Digest, State, StateName, Timestamp};
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::StoreError;
use crate::sqlite::fault::{Done, Fault};

/// The JSON of a domain value. Ours cannot fail: no maps with odd keys, no floats.
pub(crate) fn json<T: Serialize>(value: &T) -> Done<String> {
    serde_json::to_string(value).map_err(|error| Fault(StoreError::damaged("a value", error)))
}

/// A domain value back from its JSON.
pub(crate) fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Done<T> {
    serde_json::from_str(text).map_err(|error| Fault(StoreError::damaged(what, error)))
}

/// The word of a unit enum, as its JSON has it.
pub(crate) fn word<T: Serialize>(value: &T) -> Done<String> {
    Ok(json(value)?.trim_matches('"').to_owned())
}

/// A unit enum back from its word.
pub(crate) fn from_word<T: DeserializeOwned>(what: &str, word: &str) -> Done<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|error| Fault(StoreError::damaged(what, error)))
}

/// The first half of a digest: 128 bits tell any two apart, and indices over random keys cost by
/// their size.
pub(crate) fn short(digest: &Digest) -> [u8; 16] {
    let mut short = [0; 16];
    for (byte, from) in short.iter_mut().zip(digest.0) {
        *byte = from;
    }
    short
}

/// A count or position as SQLite holds it.
pub(crate) fn int(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A time column.
pub(crate) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_micros)
}

/// A time column that may be empty.
pub(crate) fn time_maybe(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let micros: Option<i64> = row.get(column)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// An id column.
pub(crate) fn id<T>(row: &Row<'_>, column: usize, make: fn(Uuid) -> T) -> rusqlite::Result<T> {
    row.get(column).map(|bytes| make(Uuid::from_bytes(bytes)))
}

/// An id column that may be empty.
pub(crate) fn id_maybe<T>(
    row: &Row<'_>,
    column: usize,
    make: fn(Uuid) -> T,
) -> rusqlite::Result<Option<T>> {
    let bytes: Option<[u8; 16]> = row.get(column)?;
    Ok(bytes.map(|bytes| make(Uuid::from_bytes(bytes))))
}

/// A digest column.
pub(crate) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    row.get(column).map(Digest)
}

/// An approval hash column that may be empty.
pub(crate) fn hash_maybe(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<ApprovalHash>> {
    let bytes: Option<[u8; 32]> = row.get(column)?;
    Ok(bytes.map(|bytes| ApprovalHash(Digest(bytes))))
}

/// An actor back from what it displays as.
pub(crate) fn actor(text: &str) -> Done<Actor> {
    match text {
        "operator" => Ok(Actor::Operator),
        "system" => Ok(Actor::System),
        other => other
            .strip_prefix("agent:")
            .and_then(|id| id.parse::<AgentId>().ok())
            .map(Actor::Agent)
            .ok_or_else(|| Fault(StoreError::damaged("an actor", other))),
    }
}

/// A state spread over its columns.
pub(crate) struct StateColumns {
    pub name: StateName,
    pub at: Timestamp,
    pub snoozed_until: Option<Timestamp>,
    pub attempt: Option<[u8; 16]>,
    pub reason: Option<String>,
}

/// Spreads a state over its columns; `changed_at` stands in where the state has no time.
pub(crate) fn spread(state: &State, changed_at: Timestamp) -> StateColumns {
    let mut columns = StateColumns {
        name: state.name(),
        at: changed_at,
        snoozed_until: None,
        attempt: None,
        reason: None,
    };
    match state {
        State::Held {
            expires_at,
            snoozed_until,
        } => {
            columns.at = *expires_at;
            columns.snoozed_until = *snoozed_until;
        }
        State::Deferred { not_before } => columns.at = *not_before,
        State::Queued { due } => columns.at = *due,
        State::Sending { attempt } => columns.attempt = Some(*attempt.uuid().as_bytes()),
        State::Sent { at } | State::Bounced { at } => columns.at = *at,
        State::Uncertain { since } => columns.at = *since,
        State::Rejected { reason } | State::Failed { reason } => {
            columns.reason = Some(reason.clone());
        }
        State::Observed | State::Blocked | State::Expired | State::Cancelled => {}
    }
    columns
}

/// A state back from its columns.
pub(crate) fn gather(columns: StateColumns) -> Done<State> {
    let StateColumns {
        name,
        at,
        snoozed_until,
        attempt,
        reason,
    } = columns;
    let reason = reason.unwrap_or_default();
    Ok(match name {
        StateName::Observed => State::Observed,
        StateName::Held => State::Held {
            expires_at: at,
            snoozed_until,
        },
        StateName::Deferred => State::Deferred { not_before: at },
        StateName::Queued => State::Queued { due: at },
        StateName::Sending => State::Sending {
            attempt: attempt
                .map(|bytes| domain::AttemptId::from_uuid(Uuid::from_bytes(bytes)))
                .ok_or_else(|| Fault(StoreError::damaged("a submission", "sending, no attempt")))?,
        },
        StateName::Sent => State::Sent { at },
        StateName::Uncertain => State::Uncertain { since: at },
        StateName::Bounced => State::Bounced { at },
        StateName::Blocked => State::Blocked,
        StateName::Rejected => State::Rejected { reason },
        StateName::Expired => State::Expired,
        StateName::Cancelled => State::Cancelled,
        StateName::Failed => State::Failed { reason },
    })
}
