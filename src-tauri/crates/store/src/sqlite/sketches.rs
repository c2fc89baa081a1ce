//! What submissions read like: kept beside them, to compare the next with.

use domain::{Sketch, Span, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreError;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::tx::Tx;

/// How many of an agent's last approved texts are kept.
const APPROVED_KEPT: i64 = 20;

/// How long after it was asked a submission's sketch may matter: held and deferred it can take two
/// months to leave, and a month later it is still what the next is compared with.
const SKETCH_KEPT: Span = Span::from_days(100);
/// How often the oldest sketches are dropped, in submissions.
const SKETCHES_PRUNED_EVERY: i64 = 64;
/// The most that are dropped at once: more than come in between.
const SKETCHES_PRUNED_MAX: i64 = 2 * SKETCHES_PRUNED_EVERY;

/// The sketch of a submission's current version, if it has one.
pub(crate) fn sketch(conn: &Connection, submission: i64) -> Done<Option<Sketch>> {
    let bytes: Option<Vec<u8>> = conn
        .prepare_cached("SELECT sketch FROM sketches WHERE submission = ?1")?
        .query_row([submission], |row| row.get(0))
        .optional()?;
    bytes.map(|bytes| read(&bytes)).transpose()
}

/// The last texts of an agent that a person approved, at most twenty.
pub(crate) fn approved(conn: &Connection, agent: i64) -> Done<Vec<Sketch>> {
    let rows: Vec<Vec<u8>> = conn
        .prepare_cached("SELECT sketch FROM approved_sketches WHERE agent = ?1")?
        .query_map([agent], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    rows.iter().map(|bytes| read(bytes)).collect()
}

/// A sketch back from its bytes.
pub(crate) fn read(bytes: &[u8]) -> Done<Sketch> {
    Sketch::from_bytes(bytes).ok_or_else(|| {
        Fault(StoreError::damaged(
            "a sketch",
            "its bytes do not read back",
        ))
    })
}

impl Tx<'_> {
    /// Keeps the sketch of a submission's current version, in place of an earlier one's.
    pub fn put_sketch(&self, submission: i64, sketch: &Sketch, at: Timestamp) -> Done<()> {
        if submission % SKETCHES_PRUNED_EVERY == 0 {
            self.prune_sketches(at)?;
        }
        if sketch.is_empty() {
            self.conn
                .prepare_cached("DELETE FROM sketches WHERE submission = ?1")?
                .execute([submission])?;
            return Ok(());
        }
        self.conn
            .prepare_cached(
                "INSERT INTO sketches (submission, sketch) VALUES (?1, ?2)
                 ON CONFLICT (submission) DO UPDATE SET sketch = excluded.sketch",
            )?
            .execute(params![submission, sketch.to_bytes()])?;
        Ok(())
    }

    /// Drops sketches too old to matter, oldest first; submissions are numbered as they are asked.
    fn prune_sketches(&self, at: Timestamp) -> Done<()> {
        self.conn
            .prepare_cached(
                "DELETE FROM sketches WHERE submission IN (
                     SELECT submission FROM (
                         SELECT k.submission, s.asked_at FROM sketches k
                         JOIN submissions s ON s.n = k.submission
                         ORDER BY k.submission LIMIT ?2)
                     WHERE asked_at < ?1)",
            )?
            .execute(params![(at - SKETCH_KEPT).micros(), SKETCHES_PRUNED_MAX])?;
        Ok(())
    }

    /// A person approved it: one of the agent's last twenty from now on.
    pub fn keep_approved(&self, agent: i64, submission: i64) -> Done<()> {
        self.conn
            .prepare_cached(
                "WITH next (n) AS (SELECT COALESCE(MAX(n), 0) + 1 FROM approved_sketches
                                   WHERE agent = ?1)
                 INSERT INTO approved_sketches (agent, place, n, sketch)
                 SELECT ?1, next.n % ?3, next.n, s.sketch FROM next, sketches s
                 WHERE s.submission = ?2
                 ON CONFLICT (agent, place) DO UPDATE SET n = excluded.n, sketch = excluded.sketch",
            )?
            .execute(params![agent, submission, APPROVED_KEPT])?;
        Ok(())
    }

    /// They took the approval back: what it reads like counts as approved no more.
    pub fn forget_approved(&self, agent: i64, submission: i64) -> Done<()> {
        self.conn
            .prepare_cached(
                "DELETE FROM approved_sketches WHERE agent = ?1 AND n = (
                     SELECT MAX(a.n) FROM approved_sketches a, sketches s
                     WHERE a.agent = ?1 AND s.submission = ?2 AND a.sketch = s.sketch)",
            )?
            .execute(params![agent, submission])?;
        Ok(())
    }
}
