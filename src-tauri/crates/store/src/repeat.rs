//! Asks that come twice: what an idempotency key means, and for how long.

use domain::submission::State;
use domain::{
    Address, AgentId, Decision, Digest, NextClass, Span, SubmissionId, Timestamp, Verdict,
};
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

    /// True if the key means an earlier ask, be it this one or another.
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

/// What a key that was seen before means for an ask.
pub(crate) enum Earlier {
    /// The answer, and nothing is judged.
    Stands(Admission),
    /// The same was blocked. It is judged again, and this is the answer while the same blocks it.
    Blocked(Answer),
}

impl Answer {
    /// True if the same still blocks it. What blocked may go (a suppression is lifted, a policy
    /// published), and nothing of a blocked message left that could leave twice.
    pub(crate) fn blocks_as(&self, now: &Decision) -> bool {
        fn cause(decision: &Decision) -> Option<(Verdict, &str, Option<&Address>)> {
            let finding = decision.primary()?;
            Some((decision.verdict, &finding.rule, finding.recipient.as_ref()))
        }
        cause(&self.decision.decision) == cause(now)
    }
}

/// What an ask's key means; none if it is free.
///
/// A blocked ask that was told to ask again later leaves its key free: the promise holds at every
/// door. A key that ends is free after any block, also for a mended message.
pub(crate) fn repeated(conn: &Connection, key: &Key, at: Timestamp) -> Done<Option<Earlier>> {
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
    let answer = Answer {
        decision: decision_row(conn, first_decision(conn, n)?)?,
        submission: by_number(conn, n)?.row,
    };
    let again = match answer.submission.state {
        State::Blocked => Again::after(answer.decision.decision.next.class),
        State::Observed
        | State::Held { .. }
        | State::Deferred { .. }
        | State::Queued { .. }
        | State::Sending { .. }
        | State::Sent { .. }
        | State::Uncertain { .. }
        | State::Bounced { .. }
        | State::Rejected { .. }
        | State::Failed { .. }
        | State::Expired
        | State::Cancelled => Again::Stands,
    };
    if key.lasts.is_some() && again != Again::Stands {
        return Ok(None);
    }
    if request != key.request {
        return Ok(Some(Earlier::Stands(Admission::Mismatch { first })));
    }
    Ok(match again {
        Again::Stands => Some(Earlier::Stands(Admission::Replayed(answer))),
        Again::Judged => Some(Earlier::Blocked(answer)),
        Again::Anew => None,
    })
}

/// What is done with a blocked ask that comes again.
#[derive(PartialEq, Eq)]
enum Again {
    Stands,
    Judged,
    Anew,
}

impl Again {
    fn after(told: NextClass) -> Self {
        match told {
            NextClass::RetryAfter => Again::Anew,
            NextClass::FixAndResubmit | NextClass::Never => Again::Judged,
            // A duplicate: the first one stands, however late this comes again.
            NextClass::Done | NextClass::Wait | NextClass::NeedsPerson => Again::Stands,
        }
    }
}
