//! One engine with one mailbox and one agent, and short words for what happens to it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::message::Stream;
use domain::{
    AccountKind, Actor, Address, Agent, Digest, Draft, IdSource, Level, NamedAddress, Span,
    StateName, SubmissionId, Timestamp,
};
use engine::{Ask, Engine, ManualClock, SeededIds, Story, Submitted, Supervisor};
use tempfile::TempDir;

/// When every story begins: 2026-11-22 10:00:00 UTC.
pub const START: Timestamp = Timestamp::from_seconds(1_795_341_600);
/// Real time after which a story that waits has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The mailbox of every story.
pub const MAILBOX: &str = "me@here.example";

pub struct World {
    pub engine: Engine,
    pub clock: ManualClock,
    pub agent: Agent,
    supervisor: Option<Supervisor>,
    _dir: Option<TempDir>,
}

impl World {
    /// In memory, the agent at `level`, workers running.
    pub async fn at(level: Level) -> World {
        let clock = ManualClock::at(START);
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(7));
        let engine = Engine::memory(Arc::new(clock.clone()), ids).unwrap();
        World::with(engine, clock, level, None).await
    }

    /// As [`World::at`], with mail leaving this way.
    pub async fn through(level: Level, kind: AccountKind) -> World {
        World::through_with(level, kind, None).await
    }

    /// As [`World::through`], with this password.
    pub async fn through_with(level: Level, kind: AccountKind, secret: Option<&str>) -> World {
        let clock = ManualClock::at(START);
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(7));
        let engine = Engine::memory(Arc::new(clock.clone()), ids).unwrap();
        World::opened(engine, clock, level, (kind, secret), None).await
    }

    /// As [`World::on_disk`], with mail leaving this way.
    pub async fn on_disk_through(level: Level, kind: AccountKind) -> World {
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(START);
        let engine = open_new(dir.path(), &clock).await;
        World::opened(engine, clock, level, (kind, None), Some(dir)).await
    }

    /// Stops, and starts again from the folder, unlocked; `seed` differs from those before.
    pub async fn restart(&mut self, seed: u64) {
        let dir = self.dir().to_owned();
        self.stop().await;
        self.engine = reopen(&dir, &self.clock, seed);
        self.engine.unlock(PASSPHRASE.to_owned()).await.unwrap();
        self.supervisor = Some(self.engine.start().await.unwrap());
    }

    /// In a folder of its own, under the passphrase [`PASSPHRASE`], unlocked.
    pub async fn on_disk(level: Level) -> World {
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(START);
        let engine = open_new(dir.path(), &clock).await;
        World::with(engine, clock, level, Some(dir)).await
    }

    async fn with(engine: Engine, clock: ManualClock, level: Level, dir: Option<TempDir>) -> World {
        World::opened(engine, clock, level, (AccountKind::Rehearsal, None), dir).await
    }

    async fn opened(
        engine: Engine,
        clock: ManualClock,
        level: Level,
        (kind, secret): (AccountKind, Option<&str>),
        dir: Option<TempDir>,
    ) -> World {
        let address: Address = MAILBOX.parse().unwrap();
        engine
            .add_mailbox(address.clone(), None, kind, secret.map(str::to_owned))
            .await
            .unwrap();
        let (agent, _) = engine
            .add_agent("scout", &address, level, None)
            .await
            .unwrap();
        let supervisor = engine.start().await.unwrap();
        World {
            engine,
            clock,
            agent,
            supervisor: Some(supervisor),
            _dir: dir,
        }
    }

    pub fn dir(&self) -> &Path {
        self.engine.data_dir().unwrap()
    }

    /// Stops the workers and closes the store; the folder stays.
    pub async fn stop(&mut self) {
        self.supervisor.take().unwrap().stop().await;
    }

    pub async fn submit(&self, ask: Ask) -> Submitted {
        self.engine.submit(&self.agent, ask).await.unwrap()
    }

    /// Asks and is let go or held, as the level says.
    pub async fn ask(&self, to: &str) -> Submitted {
        self.submit(ask(to)).await
    }

    /// Approves what is on screen.
    pub async fn approve(&self, id: SubmissionId) -> engine::Answer {
        let hash = self.story(id).await.row.hash;
        self.engine.approve(id, hash).await.unwrap()
    }

    pub async fn story(&self, id: SubmissionId) -> Story {
        self.engine.story(Actor::Operator, id).await.unwrap()
    }

    pub async fn state(&self, id: SubmissionId) -> StateName {
        self.story(id).await.row.state.name()
    }

    pub fn pass(&self, by: Span) {
        self.clock.advance(by);
    }

    /// The story once it has come to `state`.
    pub async fn until(&self, id: SubmissionId, state: StateName) -> Story {
        let mut changes = self.engine.subscribe();
        let arrives = async {
            loop {
                let story = self.story(id).await;
                if story.row.state.name() == state {
                    return story;
                }
                changes.recv().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, arrives).await {
            Ok(story) => story,
            Err(_) => panic!(
                "{id} did not become {state}; it is {:?}, attempts {:?}",
                self.story(id).await.row.state,
                self.story(id).await.attempts
            ),
        }
    }

    pub async fn publish(&self, text: &str) {
        self.engine.publish_policy(text.to_owned()).await.unwrap();
    }

    /// How often the relay was given the message.
    pub async fn deliveries(&self, id: SubmissionId) -> usize {
        let message_id = self.story(id).await.row.message_id;
        self.engine
            .rehearsal_delivered()
            .iter()
            .filter(|mail| mail.message_id == message_id)
            .count()
    }

    /// Walks the record; it must be clean.
    pub async fn verify(&self) -> engine::VerifyReport {
        let report = self.engine.verify(|_, _| {}).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.divergences);
        assert_eq!(report.decisions_reworded, 0, "to the byte");
        report
    }

    /// The kinds of the journal entries about a submission.
    pub async fn recorded(&self, id: SubmissionId) -> Vec<String> {
        let entries = self.engine.journal_of(&id.to_string()).await.unwrap();
        entries.into_iter().map(|entry| entry.kind).collect()
    }
}

pub const PASSPHRASE: &str = "correct horse";

/// A new folder, opened and unlocked.
pub async fn open_new(dir: &Path, clock: &ManualClock) -> Engine {
    let ids = Arc::new(SeededIds::new(7));
    let choice = engine::VaultChoice::Passphrase(PASSPHRASE);
    Engine::init(dir, choice, clock, ids).unwrap();
    let engine = reopen(dir, clock, 8);
    engine.unlock(PASSPHRASE.to_owned()).await.unwrap();
    engine
}

/// The folder again, locked, as after a restart; `seed` differs from the one before.
pub fn reopen(dir: &Path, clock: &ManualClock, seed: u64) -> Engine {
    let ids = Arc::new(SeededIds::new(seed));
    Engine::open(dir, Arc::new(clock.clone()), ids).unwrap()
}

/// Somebody at a domain that looks like no other's.
pub fn stranger(n: usize) -> String {
    let far = Digest::of(&n.to_be_bytes()).to_string();
    format!("person{n}@{}.example", &far[..12])
}

/// A message to one person, unlike any other to another.
pub fn ask(to: &str) -> Ask {
    ask_about(to, &format!("hello {to}"))
}

pub fn ask_about(to: &str, subject: &str) -> Ask {
    let draft = draft(&[to], subject);
    Ask {
        mailbox: MAILBOX.parse().unwrap(),
        dedupe_key: None,
        key_lasts: None,
        request: Digest::of(format!("{to} {subject}").as_bytes()),
        draft,
    }
}

pub fn draft(to: &[&str], subject: &str) -> Draft {
    Draft {
        to: to.iter().map(|to| named(to)).collect(),
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: Vec::new(),
        subject: subject.to_owned(),
        text: Some(format!("About {subject}.\n")),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        references: Vec::new(),
        conversation: None,
        if_latest: None,
        stream: Stream::Personal,
        reason: None,
        tags: Default::default(),
        send_at: None,
        send_by: None,
        composed: None,
    }
}

pub fn named(address: &str) -> NamedAddress {
    NamedAddress {
        name: None,
        address: address.parse().unwrap(),
    }
}
