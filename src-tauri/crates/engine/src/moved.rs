//! What reads differently though nothing was committed: a snooze ends, a hold is about to lapse, a
//! mailbox cannot be read any more.

use domain::{Span, Timestamp};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::open::Engine;
use crate::query::EXPIRING_WITHIN;

/// What a slow listener may lag behind before it must take everything as moved.
pub(crate) const MOVED_MAX: usize = 64;
/// How often what is held is looked through for what moved by time alone.
const ROUND: Span = Span::from_seconds(5);
/// How often what is told with an age counts as moved: `read 4 min ago` grows old by itself.
const AGES_ROUND: Span = Span::from_minutes(1);

/// What moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// The lists of what is held.
    Queue,
    /// How sending, reading and the record go.
    Health,
}

impl Engine {
    /// Everything from now on that moves without a commit.
    pub fn moved(&self) -> broadcast::Receiver<Moved> {
        self.inner.announcer.moved()
    }
}

/// Announces what moves by time alone, from `before` on.
pub(crate) async fn follow(engine: Engine, stop: CancellationToken, mut before: Timestamp) {
    let mut aged = before;
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = engine.inner.clock.sleep_until(before + ROUND) => {}
        }
        let now = engine.now();
        let held = engine.read(move |store| store.held_moved(before, now, EXPIRING_WITHIN));
        match held.await {
            Ok(true) => engine.inner.announcer.moves(Moved::Queue),
            Ok(false) => {}
            // Asked for too often rather than shown wrongly.
            Err(problem) => {
                tracing::error!(%problem, "what is held could not be looked through");
                engine.inner.announcer.moves(Moved::Queue);
            }
        }
        if now >= aged + AGES_ROUND {
            aged = now;
            engine.inner.announcer.moves(Moved::Health);
        }
        before = now;
    }
}
