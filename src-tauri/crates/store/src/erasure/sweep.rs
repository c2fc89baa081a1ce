//! The bytes of what was taken: overwritten where they stood, and out of index, file and log.
//!
//! Rows that are deleted leave their text in the gaps of pages, in the index until it is merged, and
//! in the log until it is folded in. After an erasure the whole file is written anew; what grew old
//! is overwritten as it goes, and its room is used again.

use rusqlite::Connection;

use crate::error::StoreError;
use crate::handle::Store;
use crate::reply::Reply;
use crate::sqlite::fault::{Done, Fault};

/// Stands in `meta` until the bytes are gone too.
const DUE: &str = "sweep_due";

impl Store {
    /// Gets rid of the bytes of what was erased: merges the text indexes, writes the file anew where
    /// an erasure is behind it, folds the log in. Writes wait meanwhile.
    pub fn sweep(&self) -> Reply<()> {
        self.alone(sweep)
    }
}

/// What SQLite frees from now on, it overwrites; or no longer.
pub(crate) fn overwrite_freed(conn: &Connection, on: bool) -> Done<()> {
    conn.pragma_update_and_check(None, "secure_delete", on, |_| Ok(()))?;
    Ok(())
}

/// A sweep is owed from now on, also to the next start.
pub(super) fn set_due(conn: &Connection) -> Done<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, x'01')")?
        .execute([DUE])?;
    Ok(())
}

/// True if one is owed: an erasure was the last thing an earlier process did.
pub(crate) fn is_due(conn: &Connection) -> Done<bool> {
    Ok(conn
        .prepare("SELECT 1 FROM meta WHERE key = ?1")?
        .exists([DUE])?)
}

/// Outside any transaction.
pub(crate) fn sweep(conn: &Connection) -> Done<()> {
    overwrite_freed(conn, true)?;
    let done = bytes(conn);
    overwrite_freed(conn, false)?;
    done
}

fn bytes(conn: &Connection) -> Done<()> {
    conn.execute_batch("INSERT INTO texts (texts) VALUES ('optimize')")?;
    conn.execute_batch("INSERT INTO finds (finds) VALUES ('optimize')")?;
    if is_due(conn)? {
        // In memory, its copy of the whole file might not fit.
        conn.execute_batch("PRAGMA temp_store = FILE")?;
        let rewritten = conn.execute_batch("VACUUM");
        conn.execute_batch("PRAGMA temp_store = MEMORY")?;
        rewritten?;
        drop_old_backups(conn);
    }
    fold_in(conn)?;
    conn.execute("DELETE FROM meta WHERE key = ?1", [DUE])?;
    Ok(())
}

/// Everything in the log goes to the file and the log to nothing.
fn fold_in(conn: &Connection) -> Done<()> {
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    match busy {
        0 => Ok(()),
        _ => Err(Fault(StoreError::Unavailable {
            reason: "somebody reads the database, so what was erased is still in its log; it goes \
                     with the next sweep"
                .to_owned(),
        })),
    }
}

/// Copies from before a change of format hold what has just been erased.
fn drop_old_backups(conn: &Connection) {
    let Some(dir) = conn
        .path()
        .and_then(|path| std::path::Path::new(path).parent())
    else {
        return;
    };
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("sendoff.v")
            && name.ends_with(".backup.db")
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(%error, file = %name, "an old backup could not be removed");
        }
    }
}
