//! What submissions read like: kept beside them, to compare the next with.

use domain::Sketch;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreError;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::tx::Tx;

/// How many of an agent's last approved texts are kept.
const APPROVED_KEPT: i64 = 20;

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
    pub fn put_sketch(&self, submission: i64, sketch: &Sketch) -> Done<()> {
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
}
