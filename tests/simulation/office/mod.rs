//! The office: draws the next operation, lets it happen, and holds the engine against the model.

mod agents;
mod people;

use std::collections::VecDeque;
use std::time::Duration;

use domain::{NamedAddress, Span, State, StateName, Timestamp};
use engine::{Ask, Engine, ListFilter, ManualClock, PauseScope, SubmissionRow, Submitted};
use tempfile::TempDir;
use tests::UNWORRIED;

use crate::check::{self, Looked};
use crate::life::{Life, START, folder};
use crate::model::Model;
use crate::rng::Rng;

/// Real time after which something due that does not move is a failure.
const PATIENCE: Duration = Duration::from_secs(20);
/// Operations told when a promise is broken.
const TOLD: usize = 25;
/// Operations between two looks at everything, not only at what moved.
const WHOLE_EVERY: usize = 10;
/// Operations between two walks through the whole record.
const WALK_EVERY: usize = 100;

pub struct Office {
    dir: TempDir,
    clock: ManualClock,
    seed: u64,
    lives: u64,
    asks: usize,
    steps: usize,
    life: Option<Life>,
    rng: Rng,
    model: Model,
    looked: Looked,
    last: VecDeque<String>,
}

impl Drop for Office {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, after step {}:", self.seed, self.steps);
            for told in &self.last {
                eprintln!("  {told}");
            }
        }
    }
}

impl Office {
    pub fn open(seed: u64) -> Office {
        let dir = folder();
        let clock = ManualClock::at(START);
        let life = Life::start(dir.path(), &clock, seed * 1_000);
        life.run(life.engine.publish_policy(UNWORRIED.to_owned()))
            .unwrap();
        Office {
            dir,
            clock,
            seed,
            lives: 1,
            asks: 0,
            steps: 0,
            life: Some(life),
            rng: Rng::new(seed),
            model: Model::new(START),
            looked: Looked::default(),
            last: VecDeque::new(),
        }
    }

    fn life(&self) -> &Life {
        self.life.as_ref().unwrap()
    }

    fn engine(&self) -> Engine {
        self.life().engine.clone()
    }

    fn tell(&mut self, what: String) {
        if self.last.len() == TOLD {
            self.last.pop_front();
        }
        let now = domain::Timestamp::to_string(&self.engine().now());
        self.last.push_back(format!("{} {now} {what}", self.steps));
    }

    /// One operation, then everything due has happened, then every promise is looked at.
    pub fn step(&mut self) {
        self.steps += 1;
        match self.rng.below(100) {
            0..30 => self.submit(),
            30..34 => self.replay(),
            34..52 => self.approve(),
            52..54 => self.approve_what_is_stale(),
            54..59 => self.edit(),
            59..62 => self.reject(),
            62..66 => self.undo(),
            66..68 => self.snooze(),
            68..73 => self.settle(),
            73..76 => self.cancel(),
            76..81 => self.pause_or_resume(),
            81..83 => self.suppress_or_lift(),
            83..92 => self.time_passes(),
            92..93 => self.clock_set_back(),
            93..95 => self.publish(),
            95..98 => self.crash(),
            _ => self.restart(),
        }
        self.quiet();
        self.look(false);
    }

    fn look(&mut self, again: bool) {
        let whole = again || self.steps.is_multiple_of(WHOLE_EVERY);
        let walk = self.steps.is_multiple_of(WALK_EVERY);
        let engine = self.engine();
        let (model, looked) = (&self.model, &mut self.looked);
        self.life.as_ref().unwrap().run(async {
            check::promises(&engine, model, looked, whole).await;
            if walk {
                check::record(&engine).await;
            }
        });
    }

    /// Everybody is let go and time passes until nothing waits any more.
    pub fn end(mut self) {
        self.tell("the end".to_owned());
        let engine = self.engine();
        self.life().run(async {
            let resume = |scope| engine.resume(scope);
            resume(PauseScope::Workspace).await.unwrap();
            for agent in engine.agents().await.unwrap() {
                resume(PauseScope::Agent(agent.id)).await.unwrap();
            }
            for (mailbox, _) in engine.mailboxes().await.unwrap() {
                resume(PauseScope::Mailbox(mailbox.id)).await.unwrap();
            }
        });
        for hours in [3; 40].into_iter().chain([24; 45]) {
            self.clock.advance(Span::from_hours(hours));
            self.quiet();
        }
        self.look(true);
        let waiting = self.life().run(check::rows(
            &engine,
            &[
                StateName::Held,
                StateName::Queued,
                StateName::Deferred,
                StateName::Sending,
            ],
        ));
        assert!(waiting.is_empty(), "still waiting: {waiting:#?}");
        drop(engine);
        self.life.take().unwrap().stop();
        let report = Engine::verify_dir(self.dir.path(), |_, _| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.divergences);
    }

    /// Waits until everything that is due has happened.
    fn quiet(&self) {
        let (engine, model) = (self.engine(), &self.model);
        self.life().run(async {
            let settled = async {
                loop {
                    if check::due(&engine, model).await.is_empty() {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
            };
            if tokio::time::timeout(PATIENCE, settled).await.is_err() {
                let due = check::due(&engine, model).await;
                panic!("due and not done at {}: {due:#?}", engine.now());
            }
        });
    }

    /// One row in one of these states, if there is one.
    fn draw_row(&mut self, states: &[StateName]) -> Option<SubmissionRow> {
        let engine = self.engine();
        let rows = self.life().run(check::rows(&engine, states));
        self.rng.pick(&rows).cloned()
    }

    fn time_passes(&mut self) {
        let by = match self.rng.below(10) {
            0..5 => Span::from_seconds(self.rng.between(1, 40)),
            5..8 => Span::from_seconds(self.rng.between(60, 3_700)),
            8 => Span::from_hours(self.rng.between(1, 8)),
            _ => Span::from_hours(self.rng.between(8, 40)),
        };
        self.tell(format!("{by} pass"));
        self.clock.advance(by);
    }

    fn clock_set_back(&mut self) {
        let by = Span::from_seconds(self.rng.between(1, 7_200));
        self.tell(format!("the clock is set back by {by}"));
        self.clock.set(self.engine().now() - by);
    }

    /// The process dies in the middle of something.
    fn crash(&mut self) {
        let (agent, mut ask) = self.draw_ask();
        ask.dedupe_key = Some(format!("crash-{}", self.asks));
        let held = self.draw_row(&[StateName::Held]);
        let approve = held.filter(|_| self.rng.one_in(2));
        if let Some(row) = &approve {
            self.approving(row);
        }
        let micros = self.rng.between(0, 4_000).unsigned_abs();
        self.tell(format!("crashes after {micros} µs"));
        self.clock
            .advance(Span::from_seconds(self.rng.between(0, 12)));
        let engine = self.engine();
        self.life().run(async {
            let work = async {
                if let Some(row) = &approve {
                    let _ = engine.approve(row.id, row.hash).await;
                }
                submit(&engine, agent, &ask).await;
                std::future::pending::<()>().await;
            };
            let _ = tokio::time::timeout(Duration::from_micros(micros), work).await;
        });
        drop(engine);
        let life = self.life.take().unwrap();
        self.model.delivered.extend(life.crash());
        self.model.crashes += 1;
        self.begin_again();
        // Whoever asked never heard: the key finds the first, or makes it now.
        let engine = self.engine();
        // A first that was blocked may have left the key free: it stands beside the second.
        let blocked = self.life().run(check::rows(&engine, &[StateName::Blocked]));
        for row in blocked {
            let dedupe_key = None;
            let unheard = Ask {
                dedupe_key,
                ..ask.clone()
            };
            self.remember(agent, unheard, row.id);
        }
        let submitted = self.life().run(submit(&engine, agent, &ask));
        self.tell(format!("asked again: {}", submitted.row.id));
        self.remember(agent, ask, submitted.row.id);
    }

    fn restart(&mut self) {
        self.tell("restarts".to_owned());
        let delivered = self.life.take().unwrap().stop();
        self.model.delivered.extend(delivered);
        self.begin_again();
    }

    fn begin_again(&mut self) {
        let seed = self.seed * 1_000 + self.lives;
        self.lives += 1;
        self.life = Some(Life::start(self.dir.path(), &self.clock, seed));
    }
}

async fn submit(engine: &Engine, agent: &str, ask: &Ask) -> Submitted {
    let agent = engine.agent_named(agent).await.unwrap();
    engine.submit(&agent, ask.clone()).await.unwrap()
}

/// A list of everything in some states.
pub fn in_states(states: &[StateName]) -> ListFilter {
    ListFilter {
        states: states.to_vec(),
        ..ListFilter::default()
    }
}

/// The instant a row waits for, if it leaves by itself.
pub fn waits_for(row: &SubmissionRow) -> Option<Timestamp> {
    match row.state {
        State::Queued { due } => Some(due),
        State::Deferred { not_before } => Some(not_before),
        State::Held { expires_at, .. } => Some(expires_at),
        _ => None,
    }
}

fn named(address: &str) -> NamedAddress {
    NamedAddress {
        name: None,
        address: address.parse().unwrap(),
    }
}
