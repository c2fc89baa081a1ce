//! Walks the whole record: the chain, then every row against it.
//!
//! The journal is believed as far as its chain holds (and, outside this room, as far as its signed
//! checkpoints do); everything else in the database is held against it. Decisions are recomputed
//! from their recorded facts and the recorded policy, byte for byte; where only words differ, that
//! is counted and no damage.

mod again;
mod counters;
mod report;
mod rows;
mod setup;
mod shown;

use std::path::Path;

use domain::canonical::canonical_value;
use domain::journal::{JournalEntry, JournalKind};
use domain::{Decision, Digest, Facts};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::error::StoreError;
use crate::handle::Store;
use crate::reads_setup::checkpoints;
use crate::rows::PublishedPolicy;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::open::{DATABASE, FORMAT, format};
use crate::sqlite::readers::open_reader;
use crate::sqlite::submissions::{JOURNAL, journal_row};

pub use again::Again;
pub(crate) use again::again;
pub use report::{Divergence, GoneCount, VerifyReport};

impl Store {
    /// Walks everything and says what does not agree: the chain and its gaps, submissions,
    /// versions, attempts, policies, agents, suppressions and counters against the journal, and
    /// every decision recomputed with `judge`. `progress(done, total)` counts rows.
    pub fn verify(
        &self,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision,
        progress: impl FnMut(u64, u64),
    ) -> Result<VerifyReport, StoreError> {
        self.read(|conn| walk(conn, judge, progress))
    }

    /// The same for a data folder that nobody has open, or another process has: reads only, takes
    /// no lock.
    ///
    /// Errors: [`StoreError::NotFound`] if there is no database in `dir`, [`StoreError::Newer`] if
    /// a newer version wrote it.
    pub fn verify_dir(
        dir: &Path,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision,
        progress: impl FnMut(u64, u64),
    ) -> Result<VerifyReport, StoreError> {
        let run = || -> Done<VerifyReport> {
            let mut conn = look_into(dir)?;
            let tx = conn.transaction()?;
            walk(&tx, judge, progress)
        };
        run().map_err(|Fault(error)| error)
    }
}

/// Opens the database of a folder for reading only, without its lock.
pub(crate) fn look_into(dir: &Path) -> Done<Connection> {
    let path = dir.join(DATABASE);
    if !path.is_file() {
        return Err(Fault(StoreError::NotFound {
            what: format!("database in `{}`", dir.display()),
        }));
    }
    let conn = match open_reader(&path) {
        Ok(conn) => conn,
        // A folder that cannot be written: nobody else can be writing there either.
        Err(_) => Connection::open_with_flags(
            format!("file:{}?immutable=1", path.display()),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
        )?,
    };
    let found = format(&conn)?;
    if found > FORMAT {
        return Err(Fault(StoreError::Newer {
            found,
            known: FORMAT,
        }));
    }
    if found < FORMAT {
        let reason = format!("it is of format {found}, open it once with this version");
        return Err(Fault(StoreError::Unavailable { reason }));
    }
    Ok(conn)
}

/// The report as it grows.
pub(crate) struct Walk<P> {
    report: VerifyReport,
    progress: P,
    done: u64,
    total: u64,
}

/// How often progress is told, in rows.
const PROGRESS_EVERY: u64 = 256;

impl<P: FnMut(u64, u64)> Walk<P> {
    /// Notes what does not agree.
    fn diverges(&mut self, seq: Option<u64>, subject: &str, what: impl Into<String>) {
        if self.report.divergences.len() < VerifyReport::DIVERGENCES_MAX {
            self.report.divergences.push(Divergence {
                seq,
                subject: subject.to_owned(),
                what: what.into(),
            });
        } else {
            self.report.more = true;
        }
    }

    /// One more row is behind us.
    fn step(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(PROGRESS_EVERY) {
            (self.progress)(self.done, self.total);
        }
    }

    /// Runs one part; a row of it that does not read back is a divergence, not the end.
    fn part(&mut self, name: &str, run: impl FnOnce(&mut Self) -> Done<()>) -> Done<()> {
        match run(self) {
            Err(Fault(StoreError::Damaged { reason })) => {
                self.diverges(
                    None,
                    name,
                    format!("could not be read to its end: {reason}"),
                );
                Ok(())
            }
            other => other,
        }
    }
}

fn walk(
    conn: &Connection,
    judge: impl Fn(&PublishedPolicy, &Facts) -> Decision,
    progress: impl FnMut(u64, u64),
) -> Done<VerifyReport> {
    let count = |table: &str| -> Done<u64> {
        let n: i64 = conn.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |r| r.get(0))?;
        Ok(n.cast_unsigned())
    };
    let total = count("journal")? + count("submissions")? + count("decisions")? + count("inbound")?;
    let mut walk = Walk {
        report: VerifyReport::default(),
        progress,
        done: 0,
        total,
    };
    let mut setup = setup::Setup::default();
    walk.part("journal", |walk| chain(conn, walk, &mut setup))?;
    walk.part("checkpoints", |walk| held_against_checkpoints(conn, walk))?;
    walk.part("set-up", |walk| setup.compare(conn, walk))?;
    walk.part("submissions", |walk| rows::submissions(conn, walk))?;
    walk.part("decisions", |walk| rows::decisions(conn, walk, &judge))?;
    walk.part("received", |walk| rows::received(conn, walk))?;
    walk.part("counters", |walk| counters::compare(conn, walk))?;
    (walk.progress)(walk.total, walk.total);
    // First things first, whichever part found them.
    walk.report
        .divergences
        .sort_by_key(|divergence| divergence.seq.unwrap_or(u64::MAX));
    Ok(walk.report)
}

/// Entry after entry: number, link, hash; and what each says about the rows.
fn chain<P: FnMut(u64, u64)>(
    conn: &Connection,
    walk: &mut Walk<P>,
    setup: &mut setup::Setup,
) -> Done<()> {
    let mut statement = conn.prepare(&format!("{JOURNAL} ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    let mut expected = 1;
    let mut prev = JournalEntry::GENESIS;
    let mut last_at = None;
    while let Some(row) = rows.next()? {
        let (mut entry, text) = journal_row(row)?;
        let seq = entry.seq;
        walk.step();
        walk.report.entries += 1;
        if seq != expected {
            let what = format!(
                "entries {expected} to {} are missing",
                seq.saturating_sub(1)
            );
            walk.diverges(Some(expected), "journal", what);
        } else if entry.prev != prev {
            walk.diverges(
                Some(seq),
                "journal",
                "does not follow from the entry before it",
            );
        }
        expected = seq + 1;
        prev = entry.hash;
        walk.report.head = Some((seq, entry.hash));
        if last_at.is_some_and(|last| entry.at < last) {
            walk.diverges(Some(seq), "journal", "is dated before the entry before it");
        }
        last_at = Some(entry.at);
        entry.body = match serde_json::from_str(&text) {
            Ok(body) if canonical_value(&body) == text.as_bytes() => body,
            Ok(_) | Err(_) => {
                walk.diverges(Some(seq), "journal", "its body is not what was written");
                continue;
            }
        };
        if !entry.holds() {
            walk.diverges(Some(seq), "journal", "its hash is not that of its content");
            continue;
        }
        let kind = JournalKind::ALL
            .iter()
            .find(|kind| kind.as_str() == entry.kind);
        match kind {
            Some(kind) => {
                setup.learn(*kind, &entry);
                rows::entry(conn, walk, *kind, &entry)?;
            }
            None => {
                let what = format!("records `{}`, which this version does not know", entry.kind);
                walk.diverges(Some(seq), "journal", what);
            }
        }
    }
    Ok(())
}

/// The chain must contain every entry a checkpoint names. (Signatures are the engine's to check.)
fn held_against_checkpoints<P: FnMut(u64, u64)>(conn: &Connection, walk: &mut Walk<P>) -> Done<()> {
    for checkpoint in checkpoints(conn)? {
        let hash: Option<[u8; 32]> = {
            use rusqlite::OptionalExtension as _;
            conn.prepare_cached("SELECT hash FROM journal WHERE seq = ?1")?
                .query_row([checkpoint.seq.cast_signed()], |row| row.get(0))
                .optional()?
        };
        match hash {
            Some(hash) if Digest(hash) == checkpoint.hash => {}
            Some(_) => {
                let what = "is not the entry its checkpoint names";
                walk.diverges(Some(checkpoint.seq), "checkpoints", what);
            }
            None => {
                let what = "a checkpoint names this entry and it is gone";
                walk.diverges(Some(checkpoint.seq), "checkpoints", what);
            }
        }
    }
    Ok(())
}

/// A text field of a body.
fn text<'a>(body: &'a Value, key: &str) -> &'a str {
    body.get(key).and_then(Value::as_str).unwrap_or_default()
}
