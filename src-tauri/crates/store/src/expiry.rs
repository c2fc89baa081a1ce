//! Silence is no: holds nobody answered and sends no slot came for lapse.

use domain::journal::JournalKind;
use domain::{Actor, Timestamp};
use rusqlite::{Connection, params};
use serde_json::Map;

use crate::handle::Store;
use crate::reply::Reply;
use crate::rows::{Expired, SubmissionRow};
use crate::sqlite::codec::int;
use crate::sqlite::fault::Done;
use crate::sqlite::submissions::{Loaded, by_number};
use crate::sqlite::tx::{Step, Tx};

impl Store {
    /// Expires held submissions past their expiry, and deferred or queued ones past their
    /// `send_by`, at most `limit`, and says when the next one lapses. What was tried already is
    /// retried past its `send_by`: some of it may have arrived.
    pub fn expire_due(&self, now: Timestamp, limit: usize) -> Reply<Expired> {
        self.write(move |tx| {
            let at = tx.at(now);
            let lapsed: Vec<i64> = tx
                .conn
                .prepare_cached(
                    "SELECT n FROM submissions INDEXED BY submissions_held
                     WHERE state = 'held' AND state_at <= ?1
                     UNION ALL
                     SELECT n FROM submissions INDEXED BY submissions_send_by
                     WHERE state IN ('queued', 'deferred') AND attempts = 0 AND send_by < ?1
                     LIMIT ?2",
                )?
                .query_map(params![at.micros(), int(limit)], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut expired = Expired::default();
            for n in lapsed {
                let before = by_number(tx.conn, n)?;
                expired.ids.push(tx.expire(&before, at)?.id);
            }
            expired.next = next_expiry(tx.conn)?;
            Ok(expired)
        })
    }
}

/// When the next submission lapses if nothing happens to it.
fn next_expiry(conn: &Connection) -> Done<Option<Timestamp>> {
    let mut next: Option<i64> = None;
    for sql in [
        "SELECT MIN(state_at) FROM submissions INDEXED BY submissions_held WHERE state = 'held'",
        "SELECT MIN(send_by) + 1 FROM submissions INDEXED BY submissions_send_by
         WHERE state IN ('queued', 'deferred') AND attempts = 0",
    ] {
        let found: Option<i64> = conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        next = [next, found].into_iter().flatten().min();
    }
    Ok(next.map(Timestamp::from_micros))
}

impl Tx<'_> {
    /// One submission lapses.
    pub fn expire(&mut self, before: &Loaded, at: Timestamp) -> Done<SubmissionRow> {
        let mut after = before.clone();
        after.ended(before.row.state.clone().expired()?, at)?;
        after.release();
        let (by, kind) = (Actor::System, JournalKind::Expired);
        self.step(
            before,
            &mut after,
            Step {
                at,
                actor: by,
                kind,
                body: Map::new(),
                judged: None,
            },
        )?;
        Ok(after.row)
    }
}
