//! The workers and their end: the only place that spawns.

use std::collections::HashMap;
use std::future::Future;

use domain::{Account, AccountId, Code, ImapSettings, Problem, Span};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::dispatch::{FLIGHTS_MAX, Round};
use crate::ingest::watch;
use crate::moved;
use crate::open::Engine;
use crate::rehearse::replies;

/// How long deliveries under way may take to end when the process is asked to stop. What is not
/// done by then is abandoned: before its last dot it is sent at the next start, after it, uncertain.
const GRACE: Span = Span::from_seconds(15);
/// How long a worker rests after the store failed it.
const AFTER_TROUBLE: Span = Span::from_seconds(1);
/// How often holds and waits are looked through for ones that have lapsed.
const EXPIRY_ROUND: Span = Span::from_seconds(10);
/// Rows one round of expiry settles.
const EXPIRY_ROWS_MAX: usize = 500;
/// Rounds of indexing for search that follow one of expiry.
const INDEX_ROUNDS: u32 = 4;
/// How often the head of the record is signed, if it moved.
const CHECKPOINT_ROUND: Span = Span::from_minutes(1);
/// How often what has grown old is looked for.
const RETENTION_ROUND: Span = Span::from_minutes(10);

/// The workers of one engine.
pub struct Supervisor {
    engine: Engine,
    stop: CancellationToken,
    workers: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Settles what the last process left open, then starts the workers: dispatch, expiry,
    /// checkpoints, the rehearsal's repliers, what moves by time alone, retention, and a watcher
    /// per account whose mail is read. Call it once, inside a Tokio runtime.
    ///
    /// # Errors
    /// If what was left open could not be settled: nothing is sent then.
    pub async fn start(&self) -> Result<Supervisor, Problem> {
        self.recover().await?;
        let stop = CancellationToken::new();
        let workers = vec![
            spawn(dispatch(self.clone(), stop.clone())),
            spawn(expire(self.clone(), stop.clone())),
            spawn(checkpoints(self.clone(), stop.clone())),
            spawn(replies::reply(self.clone(), stop.clone())),
            spawn(moved::follow(self.clone(), stop.clone(), self.now())),
            spawn(retention(self.clone(), stop.clone())),
            spawn(watch::watch_all(self.clone(), stop.clone(), watcher)),
        ];
        Ok(Supervisor {
            engine: self.clone(),
            stop,
            workers,
        })
    }
}

impl Supervisor {
    /// Ends the workers: no new claim, deliveries under way finish or are safely abandoned, the
    /// record's head is signed, the store is closed.
    pub async fn stop(self) {
        self.stop.cancel();
        for worker in self.workers {
            if let Err(error) = worker.await {
                tracing::error!(%error, "a worker did not end well");
            }
        }
        let settled = tokio::time::timeout(GRACE.to_std(), self.engine.settle_sessions());
        if settled.await.is_err() {
            tracing::warn!("an access token was being renewed at the end");
        }
        if let Err(problem) = self.engine.checkpoint().await {
            tracing::warn!(%problem, "the record's head was not signed at the end");
        }
        let store = self.engine.inner.store.clone();
        let closed = self.engine.blocking(move || {
            store.close();
            Ok(())
        });
        if let Err(problem) = closed.await {
            tracing::error!(%problem, "the store did not close well");
        }
    }
}

/// Does a piece of work to its end, though whoever asked may stop waiting for it in the middle.
/// [`Supervisor::stop`] waits for it.
///
/// # Errors
/// The work's own; `internal` if it panicked.
#[expect(
    clippy::disallowed_methods,
    reason = "work that outlives its caller starts here and nowhere else"
)]
pub(crate) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    tokio::spawn(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a piece of work did not end well");
        let detail = "something failed inside Sendoff; try again";
        Err(Problem::new(Code::Internal, detail))
    })
}

/// Lets a piece of work go on that nobody waits for, and that ends with the process at the latest.
pub(crate) fn on_its_own(work: impl Future<Output = ()> + Send + 'static) {
    drop(spawn(work));
}

#[expect(
    clippy::disallowed_methods,
    reason = "workers start here and nowhere else"
)]
fn spawn(worker: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(worker)
}

fn watcher(
    engine: Engine,
    account: Account,
    settings: ImapSettings,
    stop: CancellationToken,
) -> JoinHandle<()> {
    spawn(watch::watch(engine, account, settings, stop))
}

async fn dispatch(engine: Engine, stop: CancellationToken) {
    let mut flights: JoinSet<AccountId> = JoinSet::new();
    let mut in_flight: HashMap<AccountId, usize> = HashMap::new();
    while !stop.is_cancelled() {
        let wake = if flights.len() >= FLIGHTS_MAX {
            None
        } else {
            match engine.round(&in_flight).await {
                Ok(Round::Deliver(departure)) => {
                    let account = departure.account.id;
                    *in_flight.entry(account).or_default() += 1;
                    let engine = engine.clone();
                    flights.spawn(async move {
                        engine.deliver(*departure).await;
                        account
                    });
                    continue;
                }
                Ok(Round::Again) => continue,
                Ok(Round::Idle(wake)) => wake,
                Err(problem) => {
                    tracing::error!(%problem, "dispatch could not claim");
                    Some(engine.now() + AFTER_TROUBLE)
                }
            }
        };
        let sleep = async {
            match wake {
                Some(at) => engine.inner.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep => {}
            () = engine.inner.announcer.woken() => {}
            Some(landed) = flights.join_next() => land(&mut in_flight, landed),
        }
        while let Some(landed) = flights.try_join_next() {
            land(&mut in_flight, landed);
        }
    }
    let drained = tokio::time::timeout(GRACE.to_std(), async {
        while flights.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        tracing::warn!(
            abandoned = flights.len(),
            "deliveries were abandoned at the end"
        );
        flights.shutdown().await;
    }
}

fn land(
    in_flight: &mut HashMap<AccountId, usize>,
    landed: Result<AccountId, tokio::task::JoinError>,
) {
    match landed {
        Ok(account) => {
            if let Some(count) = in_flight.get_mut(&account) {
                *count = count.saturating_sub(1);
            }
        }
        // Its account cannot be told: forget all counts rather than starve one for good.
        Err(error) => {
            tracing::error!(%error, "a delivery did not end well");
            in_flight.clear();
        }
    }
}

async fn expire(engine: Engine, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let now = engine.now();
        let mut wake = now + EXPIRY_ROUND;
        match engine.inner.store.expire_due(now, EXPIRY_ROWS_MAX).await {
            Ok(expired) => {
                if let Some(next) = expired.next {
                    wake = wake.min(next.max(now));
                }
            }
            Err(error) => {
                tracing::error!(%error, "expiry failed");
            }
        }
        // So that the first search of a long day has little left to read.
        if let Err(problem) = engine.index_finds(INDEX_ROUNDS).await {
            tracing::error!(%problem, "the index of everything is not up to date");
        }
        wake = wake.max(now + AFTER_TROUBLE);
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.inner.clock.sleep_until(wake) => {}
        }
    }
}

async fn checkpoints(engine: Engine, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(problem) = engine.checkpoint().await {
            tracing::debug!(%problem, "the record's head is not signed yet");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.inner.announcer.time_to_sign() => {}
            () = engine.inner.clock.sleep_until(engine.now() + CHECKPOINT_ROUND) => {}
        }
    }
}

async fn retention(engine: Engine, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = engine.inner.clock.sleep_until(engine.now() + RETENTION_ROUND) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            done = engine.retain() => match done {
                Ok(0) => {}
                Ok(taken) => tracing::info!(taken, "content that had grown old was taken out"),
                Err(problem) => tracing::error!(%problem, "retention failed"),
            },
        }
    }
}
