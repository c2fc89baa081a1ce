//! The office: draws the next operation, lets it happen, and holds the engine against the model.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use domain::message::Stream;
use domain::submission::Settlement;
use domain::{
    Actor, Code, Digest, Draft, Level, NamedAddress, Span, State, StateName, SubmissionId,
    SuppressionReason, Timestamp, Verdict,
};
use engine::{Ask, Edit, Engine, ListFilter, ManualClock, PauseScope, SubmissionRow, Submitted};
use tempfile::TempDir;
use tests::UNWORRIED;

use crate::check::{self, Looked};
use crate::life::{AGENTS, Life, MAILBOXES, START, folder};
use crate::model::{Limits, Model, Stopped, Told};
use crate::rng::Rng;

/// Real time after which something due that does not move is a failure.
const PATIENCE: Duration = Duration::from_secs(20);
/// Operations told when a promise is broken.
const TOLD: usize = 25;
/// Operations between two looks at everything, not only at what moved.
const WHOLE_EVERY: usize = 10;
/// Operations between two walks through the whole record.
const WALK_EVERY: usize = 100;

const POLICIES: [(&str, Limits); 3] = [
    (
        "",
        Limits {
            minute: Some(10),
            hour: Some(100),
        },
    ),
    (
        "[rules.rate_limit]\nmailbox = { minute = 2, hour = 6 }\n[rules.cooldown]\nenabled = false\n",
        Limits {
            minute: Some(2),
            hour: Some(6),
        },
    ),
    (
        "[rules.rate_limit]\nenabled = false\n[rules.cooldown]\nanyone_minutes = 1\nagent_minutes = 1\n\
         [review]\nundo_window_seconds = 0\n",
        Limits {
            minute: None,
            hour: None,
        },
    ),
];

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

    fn draw_ask(&mut self) -> (&'static str, Ask) {
        self.asks += 1;
        let agent = match self.rng.below(10) {
            0 => AGENTS[0].0,
            1..5 => AGENTS[1].0,
            5..7 => AGENTS[2].0,
            _ => AGENTS[3].0,
        };
        let mut to = vec![self.draw_recipient()];
        while self.rng.one_in(4) {
            to.push(self.draw_recipient());
        }
        // Now and then the same words again: a duplicate.
        let words = if self.rng.one_in(12) { 0 } else { self.asks };
        let draft = Draft {
            to: to.iter().map(|to| named(to)).collect(),
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: Vec::new(),
            subject: format!("About {words}"),
            text: Some(format!("Words number {words}.\n.\nand a dot\n")),
            html: None,
            attachments: Vec::new(),
            in_reply_to: None,
            references: Vec::new(),
            conversation: None,
            if_latest: None,
            stream: Stream::Personal,
            reason: None,
            tags: BTreeMap::new(),
            send_at: None,
            send_by: None,
            composed: None,
        };
        let ask = Ask {
            mailbox: MAILBOXES[self.rng.below(2)].parse().unwrap(),
            dedupe_key: self.rng.one_in(3).then(|| format!("key-{}", self.asks)),
            key_lasts: None,
            request: Digest::of(format!("{words} {to:?}").as_bytes()),
            draft,
        };
        (agent, ask)
    }

    fn draw_recipient(&mut self) -> String {
        match self.rng.below(20) {
            0 => "refuse@there.example".to_owned(),
            1 | 2 => format!("later@slow{}.example", self.rng.below(4)),
            3 => format!("drop@bad{}.example", self.rng.below(3)),
            4 => format!("vanish@odd{}.example", self.rng.below(4)),
            _ => format!("person{}@there.example", self.rng.below(14)),
        }
    }

    fn submit(&mut self) {
        let (agent, ask) = self.draw_ask();
        let engine = self.engine();
        let level = self.life().run(check::level(&engine, agent));
        let submitted = self.life().run(submit(&engine, agent, &ask));
        self.tell(format!(
            "{agent} asks {:?}: {} {}",
            ask.draft.recipients(),
            submitted.row.id,
            submitted.row.state.name()
        ));
        assert!(!submitted.replayed);
        self.expect(agent, level, &ask, &submitted);
        self.remember(agent, ask, submitted.row.id);
    }

    fn remember(&mut self, agent: &'static str, ask: Ask, id: SubmissionId) {
        let told = Told {
            agent,
            ask,
            approved: Default::default(),
            resent: 0,
            settled_as_sent: false,
        };
        self.model.told.entry(id).or_insert(told);
    }

    /// What the first verdict may be, as far as a plain reading of the rules goes.
    fn expect(&self, agent: &str, level: Level, ask: &Ask, submitted: &Submitted) {
        let decision = &submitted.decision.decision;
        let rule = decision.primary().map(|finding| finding.rule.as_str());
        let model = &self.model;
        let stopped = model.workspace_paused
            || model.agents_paused.contains(agent)
            || model.mailboxes_paused.contains(ask.mailbox.as_str())
            || model.stops(ask);
        let (verdict, id) = (decision.verdict, submitted.row.id);
        if stopped {
            assert_eq!(verdict, Verdict::Block, "{id} {rule:?}");
            return;
        }
        match (verdict, rule) {
            (Verdict::Block, Some("duplicate" | "send_by" | "queue_full")) => {}
            (Verdict::Hold, Some("duplicate")) => assert!(ask.dedupe_key.is_some(), "{id}"),
            (Verdict::Hold, Some("autonomy")) => assert!(level < Level::AskOnException, "{id}"),
            (Verdict::Defer, Some("rate_limit" | "cooldown")) | (Verdict::Allow, None) => {
                assert_ne!(level, Level::AskAlways, "{id}");
            }
            other => panic!("{id} of {agent} at {level:?}: {other:?}"),
        }
        if level == Level::Observe {
            assert_eq!(
                submitted.row.state.name() == StateName::Observed,
                verdict != Verdict::Block || decision.observed_only,
                "{id}"
            );
        }
    }

    fn replay(&mut self) {
        let keyed: Vec<SubmissionId> = self
            .model
            .told
            .iter()
            .filter(|(_, told)| told.ask.dedupe_key.is_some())
            .map(|(id, _)| *id)
            .collect();
        let Some(id) = self.rng.pick(&keyed).copied() else {
            return;
        };
        self.tell(format!("asks {id} again with its key"));
        let told = &self.model.told[&id];
        let engine = self.engine();
        let again = self.life().run(submit(&engine, told.agent, &told.ask));
        assert!(again.replayed);
        assert_eq!(again.row.id, id);
        let first = self
            .life()
            .run(engine.story(Actor::Operator, id))
            .unwrap()
            .decisions[0]
            .clone();
        assert_eq!(again.decision, first);
    }

    /// One row in one of these states, if there is one.
    fn draw_row(&mut self, states: &[StateName]) -> Option<SubmissionRow> {
        let engine = self.engine();
        let rows = self.life().run(check::rows(&engine, states));
        self.rng.pick(&rows).cloned()
    }

    fn approve(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Held]) else {
            return;
        };
        self.approving(&row);
        let engine = self.engine();
        let answer = self.life().run(engine.approve(row.id, row.hash)).unwrap();
        let name = answer.submission.state.name();
        self.tell(format!("approves {}: {name}", row.id));
        match name {
            StateName::Queued | StateName::Deferred => {}
            StateName::Held => assert_ne!(answer.decision.decision.verdict, Verdict::Allow),
            other => panic!("approved and {other}"),
        }
    }

    fn approving(&mut self, row: &SubmissionRow) {
        let told = self.model.told.get_mut(&row.id).unwrap();
        told.approved.insert(row.hash);
    }

    fn approve_what_is_stale(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Held]) else {
            return;
        };
        let wrong = domain::ApprovalHash(Digest::of(b"another message"));
        self.tell(format!("approves {} by another hash", row.id));
        let engine = self.engine();
        let refused = self.life().run(engine.approve(row.id, wrong)).unwrap_err();
        assert_eq!(refused.code, Code::StaleHash);
    }

    fn edit(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Held]) else {
            return;
        };
        self.asks += 1;
        let change = Edit {
            to: vec![named(&self.draw_recipient())],
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: Vec::new(),
            subject: format!("Edited {}", self.asks),
            text: Some("Other words.\n".to_owned()),
            html: None,
            keep_attachments: Vec::new(),
        };
        let engine = self.engine();
        let edited = self.life().run(engine.edit(row.id, row.hash, change));
        let said = match &edited {
            Ok(answer) => {
                assert_ne!(answer.submission.hash, row.hash);
                answer.submission.state.name().to_string()
            }
            // What has reached somebody already is no longer changed.
            Err(problem) => {
                assert_eq!(problem.code, Code::WrongState);
                problem.detail.clone()
            }
        };
        self.tell(format!("edits {}: {said}", row.id));
    }

    fn reject(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Held]) else {
            return;
        };
        self.tell(format!("rejects {}", row.id));
        let reason = "no, thank you".to_owned();
        let engine = self.engine();
        let row = self
            .life()
            .run(engine.reject(row.id, Some(row.hash), reason))
            .unwrap();
        assert_eq!(row.state.name(), StateName::Rejected);
    }

    fn undo(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Queued, StateName::Deferred]) else {
            return;
        };
        let engine = self.engine();
        let undone = self.life().run(engine.undo(row.id));
        let said = match undone {
            Ok(after) => {
                assert!(row.approved.is_some());
                assert_eq!(after.state.name(), StateName::Held);
                "held again".to_owned()
            }
            Err(problem) => {
                assert_eq!(problem.code, Code::WrongState);
                problem.detail
            }
        };
        self.tell(format!("undoes {}: {said}", row.id));
    }

    fn snooze(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Held]) else {
            return;
        };
        let engine = self.engine();
        let until = engine.now() + Span::from_hours(self.rng.between(1, 40));
        self.tell(format!("snoozes {} until {until}", row.id));
        let row = self.life().run(engine.snooze(row.id, until)).unwrap();
        let State::Held {
            expires_at,
            snoozed_until,
        } = row.state
        else {
            panic!("snoozed and {:?}", row.state);
        };
        assert!(snoozed_until.unwrap() <= expires_at);
    }

    fn settle(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Uncertain, StateName::Failed]) else {
            return;
        };
        let how = [Settlement::Sent, Settlement::Resend, Settlement::GiveUp][self.rng.below(3)];
        let engine = self.engine();
        let told = self.model.told.get_mut(&row.id).unwrap();
        match how {
            Settlement::Resend => told.resent += 1,
            Settlement::Sent => told.settled_as_sent = true,
            Settlement::GiveUp => {}
        }
        let settled = self.life().run(engine.settle(row.id, how));
        let said = match settled {
            Ok(after) => after.state.name().to_string(),
            Err(problem) => {
                assert_eq!((problem.code, how), (Code::WrongState, Settlement::Sent));
                assert_eq!(row.state.name(), StateName::Failed);
                problem.detail
            }
        };
        self.tell(format!("settles {} as {how:?}: {said}", row.id));
    }

    fn cancel(&mut self) {
        let states = [StateName::Held, StateName::Queued, StateName::Deferred];
        let Some(row) = self.draw_row(&states) else {
            return;
        };
        let engine = self.engine();
        let by = Actor::Agent(row.agent);
        let said = match self.life().run(engine.cancel(by, row.id)) {
            Ok(after) => {
                assert_eq!(after.state.name(), StateName::Cancelled);
                "cancelled".to_owned()
            }
            // Where the clock was set back, what it calls later may be leaving already.
            Err(problem) => {
                assert_eq!(problem.code, Code::WrongState);
                assert_ne!(row.state.name(), StateName::Held);
                problem.detail
            }
        };
        self.tell(format!("{} takes {} back: {said}", row.agent_name, row.id));
    }

    fn pause_or_resume(&mut self) {
        let engine = self.engine();
        let (name, mailbox) = (AGENTS[self.rng.below(4)].0, MAILBOXES[self.rng.below(2)]);
        let stop = self.rng.one_in(3);
        let scope = match self.rng.below(3) {
            0 => {
                self.model.workspace_paused = stop;
                PauseScope::Workspace
            }
            1 => {
                set(&mut self.model.agents_paused, name, stop);
                let agent = self.life().run(engine.agent_named(name)).unwrap();
                PauseScope::Agent(agent.id)
            }
            _ => {
                set(&mut self.model.mailboxes_paused, mailbox, stop);
                let address = mailbox.parse().unwrap();
                let mailbox = self.life().run(engine.mailbox_at(&address)).unwrap();
                PauseScope::Mailbox(mailbox.id)
            }
        };
        let word = if stop { "pauses" } else { "resumes" };
        self.tell(format!("{word} {scope:?}"));
        self.life().run(async {
            match stop {
                true => engine.pause(scope, Actor::Operator).await.unwrap(),
                false => engine.resume(scope).await.unwrap(),
            }
        });
    }

    fn suppress_or_lift(&mut self) {
        let engine = self.engine();
        if !self.model.suppressed.is_empty() && self.rng.one_in(2) {
            let one = self.rng.below(self.model.suppressed.len());
            let pattern = self.model.suppressed.remove(one).pattern;
            self.tell(format!("lifts {pattern}"));
            let lifted = self.life().run(engine.lift(pattern, None)).unwrap();
            assert_eq!(lifted, 1);
            return;
        }
        let who = self.draw_recipient();
        if self.model.suppressed.iter().any(|one| one.pattern == who) {
            return;
        }
        self.tell(format!("suppresses {who}"));
        let reason = SuppressionReason::Unsubscribe;
        let operator = Actor::Operator;
        let attempts = self.life().run(async {
            engine
                .suppress(operator, who.clone(), None, reason, None)
                .await
                .unwrap();
            check::attempts_to(&engine, &who).await
        });
        self.model.suppressed.push(Stopped {
            pattern: who,
            attempts,
        });
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

    fn publish(&mut self) {
        let (text, limits) = POLICIES[self.rng.below(POLICIES.len())];
        self.tell(format!("publishes {limits:?}"));
        let engine = self.engine();
        self.life()
            .run(engine.publish_policy(format!("{UNWORRIED}{text}")))
            .unwrap();
        let policy = self.life().run(engine.policy()).unwrap();
        self.model.limits.push((policy.published_at, limits));
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

fn set(names: &mut std::collections::BTreeSet<&'static str>, name: &'static str, there: bool) {
    match there {
        true => names.insert(name),
        false => names.remove(name),
    };
}

async fn submit(engine: &Engine, agent: &str, ask: &Ask) -> Submitted {
    let agent = engine.agent_named(agent).await.unwrap();
    engine.submit(&agent, ask.clone()).await.unwrap()
}

fn named(address: &str) -> NamedAddress {
    NamedAddress {
        name: None,
        address: address.parse().unwrap(),
    }
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
