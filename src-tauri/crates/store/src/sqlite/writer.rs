//! The one thread that writes: group commit, in which a job that fails takes back its own.
//!
//! It takes the first job, then whatever arrived meanwhile, runs them, commits once, replies, and
//! only then announces. Batching appears under load and vanishes when idle: no timers, nothing to
//! tune. A job that fails or panics is taken back alone; a commit that fails is the answer of
//! everybody in the batch, and nothing is announced.
//!
//! A savepoint costs a copy of every page written under it, and hardly any job fails. So jobs that
//! can run again, which asks are, run together first; if one of them fails, all of them are taken
//! back and run once more, each in a savepoint of its own, as any other job is from the start.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use domain::{Change, IdSource};
use rusqlite::Connection;

use crate::error::StoreError;
use crate::reply::{Left, Reply};
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
    /// True if it may run again after it was taken back.
    fn is_repeatable(&self) -> bool;
    /// Runs; false if it must be taken back.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Replies: its own result, or why the batch failed.
    fn answer(self: Box<Self>, failure: Option<&StoreError>);
}

type Once<T> = Box<dyn FnOnce(&mut Tx<'_>) -> Done<T> + Send>;
type Repeatable<T> = Box<dyn Fn(&mut Tx<'_>) -> Done<T> + Send>;

/// What an operation does.
enum Deed<T> {
    Once(Option<Once<T>>),
    Repeatable(Repeatable<T>),
}

struct Operation<T> {
    deed: Deed<T>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Left<T>>,
}

impl<T: Send + 'static> Work for Operation<T> {
    fn is_repeatable(&self) -> bool {
        match self.deed {
            Deed::Once(_) => false,
            Deed::Repeatable(_) => true,
        }
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        // What an earlier run came to was taken back with it.
        self.result = None;
        let done = match &mut self.deed {
            Deed::Once(work) => match work.take() {
                Some(work) => work(tx),
                None => return false,
            },
            Deed::Repeatable(work) => work(tx),
        };
        let result = done.map_err(|Fault(error)| error);
        let stands = result.is_ok();
        self.result = Some(result);
        stands
    }

    fn answer(self: Box<Self>, failure: Option<&StoreError>) {
        let answer = match (self.result, failure) {
            (Some(Err(own)), _) => Err(own),
            (Some(Ok(_)) | None, Some(failure)) => Err(failure.clone()),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(StoreError::Unavailable {
                reason: "an error of ours stopped this operation, nothing of it was written"
                    .to_owned(),
            }),
        };
        let left = Left {
            answer,
            spent: Box::new(self.deed),
        };
        // Whoever asked may be gone; the write stands all the same.
        let _ = self.reply.send(left);
    }
}

/// Something that is no part of any transaction.
type Alone = Box<dyn FnOnce(&Connection) + Send>;

enum Message {
    Work(Box<dyn Work>),
    Alone(Alone),
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
        self.queue(Deed::Once(Some(Box::new(work))))
    }

    /// Hands over an operation that leaves nothing behind but rows and the writer's memory, so that
    /// it may run again once those are taken back.
    pub fn submit_repeatable<T, F>(&self, work: F) -> Reply<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Done<T> + Send + 'static,
    {
        self.queue(Deed::Repeatable(Box::new(work)))
    }

    fn queue<T: Send + 'static>(&self, deed: Deed<T>) -> Reply<T> {
        let (sender, receiver) = oneshot::channel();
        let operation = Operation {
            deed,
            result: None,
            reply: sender,
        };
        self.hand_over(Message::Work(Box::new(operation)), receiver)
    }

    /// Hands over what must run outside any transaction, between two batches.
    pub fn submit_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Done<T> + Send + 'static,
    ) -> Reply<T> {
        let (sender, receiver) = oneshot::channel();
        let alone = Box::new(move |conn: &Connection| {
            // Whoever asked may be gone; it is done all the same.
            let _ = sender.send(Left {
                answer: work(conn).map_err(|Fault(error)| error),
                spent: Box::new(()),
            });
        });
        self.hand_over(Message::Alone(alone), receiver)
    }

    fn hand_over<T>(&self, message: Message, receiver: oneshot::Receiver<Left<T>>) -> Reply<T> {
        match self.queue.try_send(message) {
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
            let mut alone = None;
            match jobs.recv() {
                Ok(Message::Work(job)) => batch.push(job),
                Ok(Message::Alone(job)) => {
                    job(&lock(&self.conn));
                    continue;
                }
                Ok(Message::Close) | Err(_) => break,
            }
            while batch.len() < BATCH_JOBS_MAX {
                match jobs.try_recv() {
                    Ok(Message::Work(job)) => batch.push(job),
                    Ok(Message::Alone(job)) => {
                        alone = Some(job);
                        break;
                    }
                    Ok(Message::Close) => {
                        open = false;
                        break;
                    }
                    Err(_) => break,
                }
            }
            self.batch(batch);
            if let Some(job) = alone {
                job(&lock(&self.conn));
            }
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
            let jobs = batch.len();
            for run in batch.chunk_by_mut(|one, next| one.is_repeatable() && next.is_repeatable()) {
                let is_whole = run.len() == jobs;
                if !self.run_together(conn, run, is_whole)? {
                    for job in run {
                        self.run_alone(conn, job.as_mut())?;
                    }
                }
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

    /// Jobs that can run again, without a savepoint each; false if they were not run or one of them
    /// failed, and nothing of them is left. `is_whole` where the transaction has no other jobs. An
    /// error means that the whole transaction is gone.
    fn run_together(
        &mut self,
        conn: &Connection,
        jobs: &mut [Box<dyn Work>],
        is_whole: bool,
    ) -> Done<bool> {
        if !jobs.iter().all(|job| job.is_repeatable()) {
            return Ok(false);
        }
        let mark = self.mark();
        if !is_whole {
            conn.prepare_cached("SAVEPOINT jobs")?.execute([])?;
        }
        let mut stand = true;
        for job in jobs {
            stand = self.run_one(conn, job.as_mut())?;
            if !stand {
                break;
            }
        }
        match (stand, is_whole) {
            (true, true) => {}
            (true, false) => {
                conn.prepare_cached("RELEASE jobs")?.execute([])?;
            }
            (false, true) => {
                conn.prepare_cached("ROLLBACK")?.execute([])?;
                conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            }
            (false, false) => {
                conn.prepare_cached("ROLLBACK TO jobs")?.execute([])?;
                conn.prepare_cached("RELEASE jobs")?.execute([])?;
            }
        }
        self.keep_or_take_back(stand, mark);
        Ok(stand)
    }

    /// One job in its savepoint. An error means that the whole transaction is gone.
    fn run_alone(&mut self, conn: &Connection, job: &mut dyn Work) -> Done<()> {
        let mark = self.mark();
        conn.prepare_cached("SAVEPOINT job")?.execute([])?;
        let stands = self.run_one(conn, job)?;
        if !stands {
            conn.prepare_cached("ROLLBACK TO job")?.execute([])?;
        }
        conn.prepare_cached("RELEASE job")?.execute([])?;
        self.keep_or_take_back(stands, mark);
        Ok(())
    }

    /// Runs a job; false if it failed or panicked, and has to be taken back.
    fn run_one(&mut self, conn: &Connection, job: &mut dyn Work) -> Done<bool> {
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
        Ok(stands)
    }

    /// Where the memory stands, to come back to.
    fn mark(&self) -> (Head, usize) {
        (self.memory.head, self.memory.changes.len())
    }

    fn keep_or_take_back(&mut self, stands: bool, (head, changes): (Head, usize)) {
        if stands {
            self.memory.ledger.keep();
            return;
        }
        self.memory.head = head;
        self.memory.changes.truncate(changes);
        self.memory.ledger.take_back();
        if self.memory.directory_touched {
            self.memory.directory = Directory::default();
        }
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
