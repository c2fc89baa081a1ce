//! Copies of the record: the whole database while it is in use, and what is handed out of it.
//!
//! A copy of the database knows that it is one. Whatever it was about to send may have left from
//! the original since: who opens it doubts its outbox first ([`Store::is_copy`], [`Store::doubt`]).

mod export;

use std::fs::OpenOptions;
use std::ops::ControlFlow;
use std::path::Path;

use domain::journal::JournalKind;
use domain::{Actor, Timestamp};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;
use serde_json::json;

use crate::error::StoreError;
use crate::handle::Store;
use crate::reply::Reply;
use crate::sqlite::codec::from_json;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::open::{DATABASE, private};
use crate::verify::look_into;

pub use export::{
    ExportItem, ExportScope, ExportedDecision, ExportedGone, ExportedMessage, ExportedReceived,
    Exporting,
};

/// What entries about the record itself are about.
const RECORD: &str = "record";
/// Where a copy says so, in `meta`.
pub(crate) const COPY: &str = "copy_made_at";
/// Pages copied at a time.
const PAGES: i32 = 1_000;
/// A copy's name until it is whole.
const PARTIAL: &str = "sendoff.db.partial";

/// A copy that was taken, as the record tells of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyRow {
    /// When.
    pub at: Timestamp,
    /// `backup` or `export`.
    pub form: String,
    /// The folder it went to.
    pub to: String,
}

/// What the entry of a copy holds.
#[derive(Deserialize)]
struct CopyBody {
    form: String,
    to: String,
}

impl Store {
    /// Writes into the record that the operator takes a copy of it: in which form, and where to.
    /// Gives the entry's number.
    pub fn note_copy(&self, form: &'static str, to: String, now: Timestamp) -> Reply<u64> {
        self.write(move |tx| {
            let at = tx.at(now);
            let body = json!({ "form": form, "to": to });
            tx.operated(at, Actor::Operator, JournalKind::Copied, RECORD, &body)
        })
    }

    /// The copies that were taken of this record, newest first, at most `limit`.
    pub fn copies(&self, limit: usize) -> Result<Vec<CopyRow>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare(
                "SELECT at, body FROM journal WHERE subject = ?1 AND kind = ?2
                 ORDER BY seq DESC LIMIT ?3",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let kind = JournalKind::Copied.as_str();
            let rows: Vec<(i64, String)> = statement
                .query_map(rusqlite::params![RECORD, kind, limit], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<Result<_, _>>()?;
            rows.into_iter()
                .map(|(at, body)| {
                    let body: CopyBody = from_json(RECORD, &body)?;
                    Ok(CopyRow {
                        at: Timestamp::from_micros(at),
                        form: body.form,
                        to: body.to,
                    })
                })
                .collect()
        })
    }

    /// True if this database is a copy that nobody has opened since it was made.
    pub fn is_copy(&self) -> Result<bool, StoreError> {
        self.read(|conn| {
            let found: i64 =
                conn.query_row("SELECT COUNT(*) FROM meta WHERE key = ?1", [COPY], |row| {
                    row.get(0)
                })?;
            Ok(found > 0)
        })
    }

    /// Copies the database of the folder `dir` into the folder `to`, as it stands at this moment;
    /// takes no lock, another process may be writing. `progress(done, total)` counts pages and may
    /// end it.
    ///
    /// Errors: as [`Store::verify_dir`]; [`StoreError::Unavailable`] if `to` cannot be written.
    pub fn copy_dir(
        dir: &Path,
        to: &Path,
        now: Timestamp,
        progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        copy(dir, to, now, progress).map_err(|Fault(error)| error)
    }
}

/// Whoever was told how far it was wanted no more of it.
fn ended_early() -> Fault {
    let reason = "it was ended before it was whole".to_owned();
    Fault(StoreError::Unavailable { reason })
}

fn copy(
    dir: &Path,
    to: &Path,
    now: Timestamp,
    mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Done<()> {
    let from = look_into(dir)?;
    let (partial, whole) = (to.join(PARTIAL), to.join(DATABASE));
    let trouble = |error: std::io::Error| {
        let reason = format!("cannot write `{}`: {error}", whole.display());
        Fault(StoreError::Unavailable { reason })
    };
    private(OpenOptions::new().write(true).create_new(true))
        .open(&partial)
        .map_err(trouble)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut into = Connection::open_with_flags(&partial, flags)?;
    // One snapshot from the first page to the last: without it, every commit meanwhile would
    // begin the copy anew.
    let snapshot = from.unchecked_transaction()?;
    let _: i64 = snapshot.query_row("SELECT COUNT(*) FROM meta", [], |row| row.get(0))?;
    {
        let backup = Backup::new(&snapshot, &mut into)?;
        loop {
            let step = backup.step(PAGES)?;
            let pages = backup.progress();
            let count = |pages: i32| u64::from(pages.max(0).cast_unsigned());
            let goes_on = progress(
                count(pages.pagecount - pages.remaining),
                count(pages.pagecount),
            );
            if goes_on.is_break() {
                return Err(ended_early());
            }
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                // Nobody else has either end of it: a lock that does not go is no copy.
                StepResult::Busy | StepResult::Locked | _ => {
                    let reason = "the copy is locked by another program; try again".to_owned();
                    return Err(Fault(StoreError::Unavailable { reason }));
                }
            }
        }
    }
    drop(snapshot);
    into.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    into.pragma_update(None, "synchronous", "FULL")?;
    into.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        rusqlite::params![COPY, now.micros().to_be_bytes()],
    )?;
    into.close().map_err(|(_, error)| Fault::from(error))?;
    std::fs::rename(&partial, &whole).map_err(trouble)
}
