//! Time and chance: the only places in the tree that ask the machine for them.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{IdSource, Span, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

/// What time it is, and waiting for a later one.
pub trait Clock: Send + Sync {
    /// The instant now.
    fn now(&self) -> Timestamp;
    /// Returns once it is `at` or later.
    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let wait = at.since(self.now()).to_std();
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock that moves when a test says so.
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl ManualClock {
    /// A clock that stands at `at`.
    pub fn at(at: Timestamp) -> Self {
        ManualClock {
            now: watch::Sender::new(at),
        }
    }

    /// Sets it, backwards too.
    pub fn set(&self, at: Timestamp) {
        self.now.send_replace(at);
    }

    /// Moves it forward.
    pub fn advance(&self, by: Span) {
        self.now.send_modify(|now| *now = *now + by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // The sender lives as long as the engine; when it is gone there is nobody to wake.
            if now.wait_for(|now| *now >= at).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

/// Ids and secrets from the operating system.
#[derive(Debug, Default)]
pub struct SystemIds {
    last_millis: AtomicU64,
}

impl IdSource for SystemIds {
    fn uuid(&self, now: Timestamp) -> Uuid {
        // UUIDv7 sorts by its milliseconds; a clock set back must not make new ids sort first.
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
        let millis = self
            .last_millis
            .fetch_max(millis, Ordering::Relaxed)
            .max(millis);
        let secret = self.secret();
        let mut random = [0_u8; 10];
        random
            .iter_mut()
            .zip(secret)
            .for_each(|(to, from)| *to = from);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0_u8; 32];
        // Without randomness no token is safe to hand out: stopping is the only right answer.
        #[expect(
            clippy::expect_used,
            reason = "an operating system without randomness is the end"
        )]
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}

/// Ids and secrets that repeat with their seed, for tests and simulation.
#[derive(Debug)]
pub struct SeededIds {
    state: AtomicU64,
}

impl SeededIds {
    /// The same seed gives the same ids in the same order.
    pub fn new(seed: u64) -> Self {
        SeededIds {
            state: AtomicU64::new(seed),
        }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn next(&self) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let mut z = self
            .state
            .fetch_add(step, Ordering::Relaxed)
            .wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl IdSource for SeededIds {
    fn uuid(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
        let mut random = [0_u8; 10];
        let bytes = self
            .next()
            .to_be_bytes()
            .into_iter()
            .chain(self.next().to_be_bytes());
        random
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = from);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0_u8; 32];
        for chunk in bytes.chunks_mut(8) {
            chunk
                .iter_mut()
                .zip(self.next().to_be_bytes())
                .for_each(|(to, from)| *to = from);
        }
        bytes
    }
}
