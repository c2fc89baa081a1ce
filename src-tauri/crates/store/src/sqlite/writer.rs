//! The one thread that writes: group commit with a savepoint per operation.
//!
//! It takes the first job, then whatever arrived meanwhile, runs each in a savepoint of its own,
//! commits once, replies, and only then announces. Batching appears under load and vanishes when
//! idle: no timers, nothing to tune. A job that fails or panics takes back its own savepoint; a
//! commit that fails is the answer of everybody in the batch, and nothing is announced.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use domain::{Change, IdSource};
use rusqlite::Connection;

use crate::error::StoreError;
use crate::reply::Reply;
use crate::sqlite::directory::Directory;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::ledger::Ledger;
use crate::sqlite::tx::{Head, Memory, Tx};

/// Jobs of one batch.
pub(crate) const BATCH_JOBS_MAX: usize = 256;
/// Jobs that may wait; one more is refused.
const QUEUE_JOBS_MAX: usize = 16_384;

/// Where committed changes are told.
pub(crate) type Listener = Box<dyn Fn(&[Change]) + Send + Sync>;

/// A connection that the writer shares with nobody (a file) or with the readers (memory).
pub(crate) type Shared = Arc<Mutex<Connection>>;

/// Locks a mutex whose holder may have panicked: what it guards is a connection or a list, and
/// both are in order between two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One operation on its way to the writer, and its answer on the way back.
trait Work: Send {
    /// Runs inside a savepoint; false if it must be taken back.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Replies: its own result, or why the batch failed.
    fn answer(self: Box<Self>, failure: Option<&StoreError>);
}

struct Operation<T, F> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnOnce(&mut Tx<'_>) -> Done<T> + Send> Work for Operation<T, F> {
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        let result = work(tx).map_err(|Fault(error)| error);
        let stands = result.is_ok();
        self.result = Some(result);
        stands
    }

    fn answer(self: Box<Self>, failure: Option<&StoreError>) {
        let result = match (self.result, failure) {
            (Some(Err(own)), _) => Err(own),
            (Some(Ok(_)) | None, Some(failure)) => Err(failure.clone()),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(StoreError::Unavailable {
                reason: "an error of ours stopped this operation, nothing of it was written"
                    .to_owned(),
            }),
        };
        // Whoever asked may be gone; the write stands all the same.
        let _ = self.reply.send(result);
    }
}

enum Message {
    Work(Box<dyn Work>),
    Close,
}

/// The way to the writer's thread.
pub(crate) struct Writer {
    queue: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    listeners: Arc<Mutex<Vec<Listener>>>,
}

impl Writer {
    /// Starts the thread on a connection that is open, migrated and has its first entry.
    pub fn start(conn: Shared, head: Head, ids: Arc<dyn IdSource>) -> Result<Writer, StoreError> {
        let (queue, jobs) = sync_channel(QUEUE_JOBS_MAX);
        let listeners: Arc<Mutex<Vec<Listener>>> = Arc::default();
        let desk = Desk {
            conn,
            ids,
            listeners: Arc::clone(&listeners),
            memory: Memory {
                head,
                directory: Directory::default(),
                directory_touched: false,
                ledger: Ledger::default(),
                changes: Vec::new(),
            },
        };
        let thread = thread::Builder::new()
            .name("sendoff-writer".to_owned())
            .spawn(move || desk.work(&jobs))
            .map_err(|error| StoreError::Unavailable {
                reason: format!("the writer's thread did not start: {error}"),
            })?;
        Ok(Writer {
            queue,
            thread: Mutex::new(Some(thread)),
            listeners,
        })
    }

    /// Hands an operation over.
    pub fn submit<T, F>(&self, work: F) -> Reply<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let operation = Operation {
            work: Some(work),
            result: None,
            reply: sender,
        };
        match self.queue.try_send(Message::Work(Box::new(operation))) {
            Ok(()) => Reply::coming(receiver),
            Err(TrySendError::Full(_)) => Reply::ready(Err(StoreError::Unavailable {
                reason: format!(
                    "{QUEUE_JOBS_MAX} writes are waiting already, try again in a moment"
                ),
            })),
            Err(TrySendError::Disconnected(_)) => Reply::ready(Err(StoreError::Closed)),
        }
    }

    /// Tells committed changes to `listener` from now on, in commit order.
    pub fn listen(&self, listener: Listener) {
        lock(&self.listeners).push(listener);
    }

    /// Finishes the batch under way and ends the thread.
    pub fn close(&self) {
        // Listeners may hold the store itself; letting go of them breaks the circle.
        let Some(thread) = lock(&self.thread).take() else {
            return;
        };
        let _ = self.queue.send(Message::Close);
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
        lock(&self.listeners).clear();
    }
}

/// The thread's own desk.
struct Desk {
    conn: Shared,
    ids: Arc<dyn IdSource>,
    listeners: Arc<Mutex<Vec<Listener>>>,
    memory: Memory,
}

impl Desk {
    fn work(mut self, jobs: &Receiver<Message>) {
        let mut open = true;
        while open {
            let mut batch = Vec::new();
            match jobs.recv() {
                Ok(Message::Work(job)) => batch.push(job),
                Ok(Message::Close) | Err(_) => break,
            }
            while batch.len() < BATCH_JOBS_MAX {
                match jobs.try_recv() {
                    Ok(Message::Work(job)) => batch.push(job),
                    Ok(Message::Close) => {
                        open = false;
                        break;
                    }
                    Err(_) => break,
                }
            }
            self.batch(batch);
        }
        let conn = lock(&self.conn);
        if let Err(error) = conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the write-ahead log could not be folded in at close");
        }
    }

    fn batch(&mut self, mut batch: Vec<Box<dyn Work>>) {
        let failure = {
            let conn = Arc::clone(&self.conn);
            let conn = lock(&conn);
            self.run_all(&conn, &mut batch).err()
        };
        if let Some(error) = &failure {
            tracing::error!(%error, jobs = batch.len(), "a batch could not be committed");
        }
        for job in batch {
            job.answer(failure.as_ref());
        }
        self.announce();
    }

    /// One transaction around the whole batch. An error is everybody's.
    fn run_all(
        &mut self,
        conn: &Connection,
        batch: &mut [Box<dyn Work>],
    ) -> Result<(), StoreError> {
        let start = self.memory.head;
        let done = (|| -> Done<()> {
            conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            for job in batch.iter_mut() {
                self.run_one(conn, job.as_mut())?;
            }
            self.memory.ledger.flush(conn, self.memory.head.at)?;
            conn.prepare_cached("COMMIT")?.execute([])?;
            Ok(())
        })();
        done.map_err(|Fault(error)| {
            if !conn.is_autocommit()
                && let Err(error) = conn.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "a failed batch could not be rolled back");
            }
            self.memory.head = start;
            self.memory.ledger.forget();
            self.memory.directory = Directory::default();
            self.memory.changes.clear();
            // A full disk and a damaged page look alike from here on: nothing was written.
            if matches!(error, StoreError::Unavailable { .. }) {
                return error;
            }
            StoreError::Unavailable {
                reason: error.to_string(),
            }
        })?;
        self.memory.directory_touched = false;
        Ok(())
    }

    /// One job in its savepoint. An error means that the whole transaction is gone.
    fn run_one(&mut self, conn: &Connection, job: &mut dyn Work) -> Done<()> {
        let head = self.memory.head;
        let changes = self.memory.changes.len();
        conn.prepare_cached("SAVEPOINT job")?.execute([])?;
        let mut tx = Tx {
            conn,
            memory: &mut self.memory,
            ids: self.ids.as_ref(),
        };
        let stands = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx))).unwrap_or_else(|_| {
            tracing::error!("an operation of the store panicked and was taken back");
            false
        });
        if conn.is_autocommit() {
            // Disk full and i/o errors end the transaction, not only the statement.
            return Err(Fault(StoreError::Unavailable {
                reason: "the transaction was ended by the database".to_owned(),
            }));
        }
        if stands {
            self.memory.ledger.keep();
        } else {
            conn.prepare_cached("ROLLBACK TO job")?.execute([])?;
            self.memory.head = head;
            self.memory.changes.truncate(changes);
            self.memory.ledger.take_back();
            if self.memory.directory_touched {
                self.memory.directory = Directory::default();
            }
        }
        conn.prepare_cached("RELEASE job")?.execute([])?;
        Ok(())
    }

    fn announce(&mut self) {
        let changes = std::mem::take(&mut self.memory.changes);
        if changes.is_empty() {
            return;
        }
        for listener in lock(&self.listeners).iter() {
            if catch_unwind(AssertUnwindSafe(|| listener(&changes))).is_err() {
                tracing::error!("a listener for changes panicked");
            }
        }
    }
}
