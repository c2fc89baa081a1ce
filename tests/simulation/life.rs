//! One process's life on a data folder: a runtime of its own, the engine and its workers. It ends
//! well or by a crash, and the folder is there for the next.

use std::fs;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use domain::{AccountKind, Level, Timestamp};
use engine::{Engine, ManualClock, RehearsedMail, SeededIds, Supervisor, VaultChoice};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// When every life begins: 2026-11-22 10:00:00 UTC.
pub const START: Timestamp = Timestamp::from_seconds(1_795_341_600);
pub const MAILBOXES: [&str; 2] = ["sales@here.example", "help@here.example"];
/// Agents of every office, with their levels.
pub const AGENTS: [(&str, Level); 4] = [
    ("watched", Level::Observe),
    ("asking", Level::AskAlways),
    ("careful", Level::AskForStrangers),
    ("trusted", Level::AskOnException),
];

pub struct Life {
    pub engine: Engine,
    supervisor: Option<Supervisor>,
    runtime: Option<Runtime>,
}

impl Life {
    /// Starts on the folder, as a process would.
    pub fn start(dir: &Path, clock: &ManualClock, seed: u64) -> Life {
        let runtime = runtime();
        let ids = Arc::new(SeededIds::new(seed));
        let engine = Engine::open(dir, Arc::new(clock.clone()), ids).unwrap();
        let supervisor = runtime.block_on(engine.start()).unwrap();
        Life {
            engine,
            supervisor: Some(supervisor),
            runtime: Some(runtime),
        }
    }

    /// Runs while the workers run too.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().unwrap().block_on(work)
    }

    /// Asked to stop, it finishes what is under way.
    pub fn stop(mut self) -> Vec<RehearsedMail> {
        let supervisor = self.supervisor.take().unwrap();
        self.run(supervisor.stop());
        self.engine.rehearsal_delivered()
    }

    /// Everything under way ends where it stands: what was committed is there, nothing else.
    pub fn crash(mut self) -> Vec<RehearsedMail> {
        drop(self.runtime.take());
        self.engine.rehearsal_delivered()
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A folder with two rehearsal mailboxes and the four agents. Made once, copied for each life: its
/// passphrase takes its time on purpose.
pub fn folder() -> TempDir {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(START);
        let ids = Arc::new(SeededIds::new(0));
        let choice = VaultChoice::Passphrase("correct horse");
        Engine::init(dir.path(), choice, &clock, ids.clone()).unwrap();
        let engine = Engine::open(dir.path(), Arc::new(clock), ids).unwrap();
        runtime().block_on(async {
            engine.unlock("correct horse".to_owned()).await.unwrap();
            for mailbox in MAILBOXES {
                let address = mailbox.parse().unwrap();
                engine
                    .add_mailbox(address, None, AccountKind::Rehearsal, None)
                    .await
                    .unwrap();
            }
            for (name, level) in AGENTS {
                let first = MAILBOXES[0].parse().unwrap();
                let (agent, _) = engine.add_agent(name, &first, level, None).await.unwrap();
                let second = MAILBOXES[1].parse().unwrap();
                engine.grant(agent.id, &second, None).await.unwrap();
            }
        });
        engine.close();
        dir
    });
    let dir = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(made.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
    }
    dir
}
