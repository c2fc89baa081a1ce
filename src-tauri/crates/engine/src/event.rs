//! Committed changes on their way out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Change, Problem};
use store::Changes;
use tokio::sync::{Notify, broadcast, watch};

use crate::moved::{MOVED_MAX, Moved};
use crate::open::Engine;

/// Changes a slow listener may lag behind before it must ask the store for what it missed.
pub const ANNOUNCED_MAX: usize = 4_096;
/// Changes after which the record's head is signed. A change brings two entries at the most, so
/// that a signature covers a thousand.
const CHANGES_UNSIGNED_MAX: usize = 500;

/// Hands each change to everyone who listens, and wakes the workers.
#[derive(Clone)]
pub(crate) struct Announcer {
    changes: broadcast::Sender<Change>,
    moved: broadcast::Sender<Moved>,
    woken: Arc<Notify>,
    sign: Arc<Notify>,
    /// Counts how often rests were ended.
    rests: watch::Sender<u64>,
    unsigned: Arc<AtomicUsize>,
}

impl Default for Announcer {
    fn default() -> Self {
        Announcer {
            changes: broadcast::Sender::new(ANNOUNCED_MAX),
            moved: broadcast::Sender::new(MOVED_MAX),
            woken: Arc::default(),
            sign: Arc::default(),
            rests: watch::Sender::default(),
            unsigned: Arc::default(),
        }
    }
}

impl Announcer {
    /// Called by the store after each commit; must not block.
    pub(crate) fn announce(&self, changes: &[Change]) {
        for change in changes {
            // Nobody listening is no error.
            let _ = self.changes.send(change.clone());
        }
        self.woken.notify_one();
        let before = self.unsigned.fetch_add(changes.len(), Ordering::Relaxed);
        if before + changes.len() >= CHANGES_UNSIGNED_MAX {
            self.sign_soon();
        }
    }

    /// An operator acted: the record's head is signed without waiting for the minute.
    pub(crate) fn sign_soon(&self) {
        self.unsigned.store(0, Ordering::Relaxed);
        self.sign.notify_one();
    }

    /// Returns once the head should be signed, or at once if that was said since the last call.
    pub(crate) async fn time_to_sign(&self) {
        self.sign.notified().await;
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Something reads differently without a commit.
    pub(crate) fn moves(&self, what: Moved) {
        // Nobody listening is no error.
        let _ = self.moved.send(what);
    }

    pub(crate) fn moved(&self) -> broadcast::Receiver<Moved> {
        self.moved.subscribe()
    }

    /// Returns after the next commit, or at once if there was one since the last call.
    pub(crate) async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Has whoever rests after a failure try again at once.
    pub(crate) fn end_rests(&self) {
        self.rests
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes whenever rests are ended.
    pub(crate) fn rests(&self) -> watch::Receiver<u64> {
        self.rests.subscribe()
    }

    /// Wakes the dispatcher without a commit: a password came, a server may be back.
    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }
}

impl Engine {
    /// Committed changes after `seq`, at most `limit`, and how far back they are kept.
    pub async fn changes_since(&self, seq: u64, limit: usize) -> Result<Changes, Problem> {
        let limit = limit.min(domain::limits::PAGE_MAX);
        self.read(move |store| store.changes_since(seq, limit))
            .await
    }
}
