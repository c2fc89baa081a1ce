//! Reads: a few connections that see committed snapshots, beside the writer and never in its way.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::StoreError;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::writer::{Shared, lock};

/// Connections open for reading at the most; one more reader waits for one to come back.
const READERS_MAX: usize = 4;
/// Statements each connection keeps prepared.
pub(crate) const STATEMENTS_KEPT: usize = 128;

/// Where reads go.
pub(crate) enum Readers {
    /// A file: connections of their own.
    Pool(Pool),
    /// Memory: the writer's connection, between two batches.
    Shared(Shared),
}

/// A few read-only connections to one file.
pub(crate) struct Pool {
    path: PathBuf,
    state: Mutex<PoolState>,
    back: Condvar,
}

#[derive(Default)]
struct PoolState {
    idle: Vec<Connection>,
    open: usize,
    closed: bool,
}

impl Readers {
    /// A pool on a database file; connections are opened when they are needed.
    pub fn pool(path: PathBuf) -> Readers {
        Readers::Pool(Pool {
            path,
            state: Mutex::default(),
            back: Condvar::new(),
        })
    }

    /// Runs `read` on one snapshot.
    pub fn read<T>(&self, read: impl FnOnce(&Connection) -> Done<T>) -> Result<T, StoreError> {
        match self {
            Readers::Shared(conn) => snapshot(&mut lock(conn), read),
            Readers::Pool(pool) => {
                let mut borrowed = pool.borrow()?;
                match &mut borrowed.conn {
                    Some(conn) => snapshot(conn, read),
                    None => Err(StoreError::Closed),
                }
            }
        }
    }

    /// Lets go of idle connections and refuses new reads; those under way finish.
    pub fn close(&self) {
        match self {
            Readers::Pool(pool) => {
                let mut state = lock(&pool.state);
                state.closed = true;
                state.idle.clear();
                pool.back.notify_all();
            }
            Readers::Shared(_) => {}
        }
    }
}

fn snapshot<T>(
    conn: &mut Connection,
    read: impl FnOnce(&Connection) -> Done<T>,
) -> Result<T, StoreError> {
    let run = || -> Done<T> {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let value = read(&tx)?;
        tx.finish()?;
        Ok(value)
    };
    run().map_err(|Fault(error)| error)
}

/// A connection that goes back to its pool when dropped, panic or not.
struct Borrowed<'a> {
    pool: &'a Pool,
    conn: Option<Connection>,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.pool.state);
        match self.conn.take() {
            Some(conn) if !state.closed => state.idle.push(conn),
            Some(_) | None => state.open -= 1,
        }
        self.pool.back.notify_one();
    }
}

impl Pool {
    fn borrow(&self) -> Result<Borrowed<'_>, StoreError> {
        let mut state = lock(&self.state);
        loop {
            if state.closed {
                return Err(StoreError::Closed);
            }
            if let Some(conn) = state.idle.pop() {
                return Ok(Borrowed {
                    pool: self,
                    conn: Some(conn),
                });
            }
            if state.open < READERS_MAX {
                state.open += 1;
                drop(state);
                // If opening fails, dropping it gives the place back.
                let mut borrowed = Borrowed {
                    pool: self,
                    conn: None,
                };
                borrowed.conn = Some(open_reader(&self.path).map_err(|Fault(error)| error)?);
                return Ok(borrowed);
            }
            state = self
                .back
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A connection that can read and nothing else.
pub(crate) fn open_reader(path: &Path) -> Done<Connection> {
    // Opened read-write so that it can take part in the write-ahead log's index after a crash.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -2_000)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(conn)
}
