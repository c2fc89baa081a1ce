//! The database as callers hold it: open, listen, close, and the two ways in.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use domain::{AccountId, Change, IdSource, MailboxId, Timestamp};
use rusqlite::Connection;

use crate::error::StoreError;
use crate::reply::Reply;
use crate::sqlite::directory::need_mailbox;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::open::{DATABASE, FolderLock, Opened, open_file, open_memory, take_folder};
use crate::sqlite::readers::Readers;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer::{Writer, lock};

/// The database of one data folder. Cheap to clone; closed when the last clone is dropped.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    writer: Writer,
    readers: Readers,
    /// What idempotency keys are digested with.
    pub secret: [u8; 32],
    /// Accounts of mailboxes, which never change hands; read once each.
    accounts: Mutex<HashMap<MailboxId, AccountId>>,
    folder: Mutex<Option<FolderLock>>,
    closed: AtomicBool,
}

impl Store {
    /// Opens `dir/sendoff.db` (mode 0600), making folder and file if they are missing, and brings
    /// it to the present format after a backup.
    ///
    /// Errors: [`StoreError::InUse`] if another process holds the folder, [`StoreError::Newer`]
    /// if a newer version wrote the file, [`StoreError::Unavailable`] if the folder cannot be
    /// written, [`StoreError::Damaged`] if the file is no database of ours.
    pub fn open(dir: &Path, now: Timestamp, ids: Arc<dyn IdSource>) -> Result<Store, StoreError> {
        let folder = take_folder(dir)?;
        let Opened { conn, head, secret } =
            open_file(dir, now, ids.as_ref()).map_err(|Fault(error)| error)?;
        let conn = Arc::new(Mutex::new(conn));
        let writer = Writer::start(conn, head, ids)?;
        let readers = Readers::pool(dir.join(DATABASE));
        Ok(Store::of(writer, readers, secret, Some(folder)))
    }

    /// A database in memory, gone with the last clone. For tests.
    pub fn memory(now: Timestamp, ids: Arc<dyn IdSource>) -> Result<Store, StoreError> {
        let Opened { conn, head, secret } =
            open_memory(now, ids.as_ref()).map_err(|Fault(error)| error)?;
        let conn = Arc::new(Mutex::new(conn));
        let writer = Writer::start(Arc::clone(&conn), head, ids)?;
        Ok(Store::of(writer, Readers::Shared(conn), secret, None))
    }

    fn of(writer: Writer, readers: Readers, secret: [u8; 32], folder: Option<FolderLock>) -> Store {
        Store {
            inner: Arc::new(Inner {
                writer,
                readers,
                secret,
                accounts: Mutex::default(),
                folder: Mutex::new(folder),
                closed: AtomicBool::new(false),
            }),
        }
    }

    /// Tells committed changes to `listener` from now on: after COMMIT and after the reply, in
    /// commit order, on the writer's thread. It must be quick and must not wait for a write.
    pub fn on_change(&self, listener: impl Fn(&[Change]) + Send + Sync + 'static) {
        self.inner.writer.listen(Box::new(listener));
    }

    /// Finishes the batch under way, folds the write-ahead log in and lets go of the folder.
    /// Everything after that is [`StoreError::Closed`].
    pub fn close(&self) {
        self.inner.close();
    }

    /// Hands an operation to the writer.
    pub(crate) fn write<T, F>(&self, work: F) -> Reply<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    {
        self.inner.writer.submit(work)
    }

    /// Hands over an operation that may run again ([`Writer::submit_repeatable`]).
    pub(crate) fn write_repeatable<T, F>(&self, work: F) -> Reply<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Done<T> + Send + 'static,
    {
        self.inner.writer.submit_repeatable(work)
    }

    /// Hands the writer what must run outside any transaction.
    pub(crate) fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Done<T> + Send + 'static,
    ) -> Reply<T> {
        self.inner.writer.submit_alone(work)
    }

    /// Runs a read on one snapshot.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Done<T>,
    ) -> Result<T, StoreError> {
        if self.inner.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        self.inner.readers.read(read)
    }

    /// The account a mailbox's mail leaves through.
    pub(crate) fn account_of(&self, mailbox: MailboxId) -> Result<AccountId, StoreError> {
        if let Some(account) = lock(&self.inner.accounts).get(&mailbox) {
            return Ok(*account);
        }
        let account = self.read(|conn| Ok(need_mailbox(conn, mailbox)?.mailbox.account))?;
        lock(&self.inner.accounts).insert(mailbox, account);
        Ok(account)
    }
}

impl Inner {
    fn close(&self) {
        // The last changes are still announced, and whoever hears of them may read.
        self.writer.close();
        self.closed.store(true, Ordering::Release);
        self.readers.close();
        lock(&self.folder).take();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
