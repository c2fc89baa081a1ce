//! The bytes of what was taken: overwritten where they stood, and out of index, file and log.
//!
//! Rows that are deleted leave their text in the gaps of pages, in the index until it is merged, and
//! in the log until it is folded in. After an erasure the whole file is written anew; what grew old
//! is overwritten as it goes, and its room is used again.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreError;
use crate::handle::Store;
use crate::reply::Reply;
use crate::sqlite::fault::{Done, Fault};

/// Stands in `meta` until the bytes are gone too.
const DUE: &str = "sweep_due";
/// What is due: that the file is written anew and the log folded in.
const FILE: [u8; 1] = [1];
/// That the log is.
const LOG: [u8; 1] = [2];
/// That older backups are removed, and the log is folded in; the file is written.
const BACKUPS: [u8; 1] = [3];

impl Store {
    /// Gets rid of the bytes of what was erased: merges the text indexes, writes the file anew where
    /// an erasure is behind it, folds the log in. Writes wait meanwhile.
    ///
    /// Errors: [`StoreError::Unavailable`] while somebody reads the record or an older backup cannot
    /// be removed; then it stays due.
    pub fn sweep(&self) -> Reply<()> {
        self.alone(sweep)
    }

    /// True if not all bytes of what was taken out could be overwritten yet.
    pub fn is_sweep_due(&self) -> Result<bool, StoreError> {
        self.read(|conn| Ok(owed(conn)?.is_some()))
    }
}

/// What SQLite frees from now on, it overwrites; or no longer.
pub(crate) fn overwrite_freed(conn: &Connection, on: bool) -> Done<()> {
    conn.pragma_update_and_check(None, "secure_delete", on, |_| Ok(()))?;
    Ok(())
}

/// A whole sweep is owed from now on, also to the next start.
pub(super) fn set_due(conn: &Connection) -> Done<()> {
    owe(conn, FILE)
}

fn owe(conn: &Connection, what: [u8; 1]) -> Done<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
        .execute(params![DUE, what])?;
    Ok(())
}

/// What is owed, maybe by an earlier process.
fn owed(conn: &Connection) -> Done<Option<[u8; 1]>> {
    Ok(conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([DUE], |row| row.get(0))
        .optional()?)
}

/// Outside any transaction. What could not be done stays due.
pub(crate) fn sweep(conn: &Connection) -> Done<()> {
    overwrite_freed(conn, true)?;
    let done = bytes(conn);
    overwrite_freed(conn, false)?;
    done
}

/// The same at the start. Sendoff runs without it, and comes back to it: somebody may read the
/// record for as long as they like, or the disk be too full for a second file.
pub(crate) fn sweep_at_start(conn: &Connection) -> Done<()> {
    if owed(conn)?.is_some()
        && let Err(Fault(error)) = sweep(conn)
    {
        tracing::warn!(%error, "what was erased is not overwritten yet");
    }
    Ok(())
}

fn bytes(conn: &Connection) -> Done<()> {
    conn.execute_batch("INSERT INTO finds (finds) VALUES ('optimize')")?;
    if owed(conn)? == Some(FILE) {
        // In memory, its copy of the whole file might not fit.
        conn.execute_batch("PRAGMA temp_store = FILE")?;
        let rewritten = conn.execute_batch("VACUUM");
        conn.execute_batch("PRAGMA temp_store = MEMORY")?;
        rewritten?;
        // Whatever is in the way of the rest, once is enough.
        owe(conn, BACKUPS)?;
    }
    let removed = match owed(conn)? {
        Some(BACKUPS) => drop_old_backups(conn),
        Some(_) | None => Ok(()),
    };
    if removed.is_ok() {
        owe(conn, LOG)?;
    }
    let folded = fold_in(conn);
    removed?;
    folded?;
    conn.execute("DELETE FROM meta WHERE key = ?1", [DUE])?;
    Ok(())
}

/// Everything in the log goes to the file and the log to nothing.
fn fold_in(conn: &Connection) -> Done<()> {
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    match busy {
        0 => Ok(()),
        _ => Err(unavailable(
            "the last bytes of what was taken out are still in the log, because a copy or a check \
             reads the record: end it; they go within minutes of its end, or when Sendoff starts \
             again"
                .to_owned(),
        )),
    }
}

/// Copies from before a change of format hold what has just been erased.
fn drop_old_backups(conn: &Connection) -> Done<()> {
    let Some(dir) = conn.path().and_then(|path| Path::new(path).parent()) else {
        return Ok(());
    };
    let trouble = |path: &Path, error: std::io::Error| {
        unavailable(format!(
            "what was taken out still stands in a copy from before an update, and `{}` cannot be \
             removed: {error}; remove it yourself",
            path.display()
        ))
    };
    for entry in dir.read_dir().map_err(|error| trouble(dir, error))? {
        let entry = entry.map_err(|error| trouble(dir, error))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("sendoff.v") && name.ends_with(".backup.db") {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(|error| trouble(&path, error))?;
        }
    }
    Ok(())
}

fn unavailable(reason: String) -> Fault {
    Fault(StoreError::Unavailable { reason })
}
