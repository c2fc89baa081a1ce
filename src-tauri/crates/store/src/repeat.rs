//! Asks that come twice: what an idempotency key means, and for how long.

use domain::submission::State;
use domain::{AgentId, Digest, Span, SubmissionId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::StoreError;
use crate::handle::Store;
use crate::reads::{decision_row, first_decision};
use crate::rows::{Admission, Answer};
use crate::sqlite::codec::{id, short, time};
use crate::sqlite::fault::Done;
use crate::sqlite::submissions::by_number;

/// A key with the ask it came with.
pub(crate) struct Key {
    /// The keyed digest of it and its agent.
    digest: [u8; 16],
    /// What was asked with it.
    request: [u8; 16],
    /// How long it means that ask; for good if absent.
    lasts: Option<Span>,
}

impl Store {
    /// A key as it is kept.
    pub(crate) fn key(
        &self,
        agent: AgentId,
        key: &str,
        lasts: Option<Span>,
        request: &Digest,
    ) -> Key {
        let agent = agent.uuid().as_bytes().as_slice();
        let secret = self.inner.secret.as_slice();
        // Keys that end are apart from those kept for good: neither takes the other's place.
        let digest = match lasts {
            None => Digest::of_parts([secret, agent, key.as_bytes()]),
            Some(_) => Digest::of_parts([secret, agent, b"ends", key.as_bytes()]),
        };
        Key {
            digest: short(&digest),
            request: short(request),
            lasts,
        }
    }

    /// True if [`Store::admit`] would judge nothing: the key means an earlier ask, be it this one
    /// or another.
    pub fn means_an_earlier_ask(
        &self,
        agent: AgentId,
        key: &str,
        lasts: Option<Span>,
        request: &Digest,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = self.key(agent, key, lasts, request);
        self.read(|conn| {
            let (_, _, last) = crate::sqlite::tx::read_chain_head(conn)?;
            Ok(repeated(conn, &key, now.max(last))?.is_some())
        })
    }
}

impl Key {
    /// Means the submission of this row number from now on.
    pub fn keep(&self, conn: &Connection, submission: i64) -> Done<()> {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO dedupe (digest, submission, request) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![self.digest, submission, self.request])?;
        Ok(())
    }
}

/// The answer to an ask whose key was seen before; none if the key is free.
///
/// A key that ends is free as well where its ask was blocked: nothing came of that one, and whoever
/// was told to try again, or what to mend, comes back with the same key.
pub(crate) fn repeated(conn: &Connection, key: &Key, at: Timestamp) -> Done<Option<Admission>> {
    let first: Option<(i64, [u8; 16], SubmissionId, Timestamp)> = conn
        .prepare_cached(
            "SELECT d.submission, d.request, s.id, s.asked_at FROM dedupe d
             JOIN submissions s ON s.n = d.submission WHERE d.digest = ?1",
        )?
        .query_row([key.digest], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                id(row, 2, SubmissionId::from_uuid)?,
                time(row, 3)?,
            ))
        })
        .optional()?;
    let Some((n, request, first, asked_at)) = first else {
        return Ok(None);
    };
    if key.lasts.is_some_and(|lasts| at >= asked_at + lasts) {
        return Ok(None);
    }
    let submission = by_number(conn, n)?.row;
    if key.lasts.is_some() && matches!(submission.state, State::Blocked) {
        return Ok(None);
    }
    if request != key.request {
        return Ok(Some(Admission::Mismatch { first }));
    }
    let decision = first_decision(conn, n)?;
    Ok(Some(Admission::Replayed(Answer {
        decision: decision_row(conn, decision)?,
        submission,
    })))
}
