//! Replaying a draft policy over what was recorded: what would have come out otherwise.

use std::path::Path;

use domain::{Facts, Problem};
use policy::Edition;
use store::{Replay, ReplayAsk, Store};

use crate::open::Engine;
use crate::problems;
use crate::publish::PolicyRefused;
use crate::runs::Run;

/// Decisions replayed if nobody says otherwise.
pub const REPLAY_LAST: u64 = 100_000;

impl Engine {
    /// Judges recorded decisions under a draft from the facts they were made on, newest first;
    /// nothing is changed. `progress(done, total)`.
    ///
    /// # Errors
    /// [`PolicyRefused`] for a draft that could not be published, or if the store cannot read.
    pub async fn replay(
        &self,
        draft: &str,
        ask: ReplayAsk,
        progress: impl FnMut(u64, u64) + Send + 'static,
    ) -> Result<Replay, PolicyRefused> {
        let draft = readable(draft)?;
        self.read(move |store| store.replay(ask, |facts: &Facts| draft.evaluate(facts), progress))
            .await
            .map_err(PolicyRefused::Problem)
    }

    /// Begins something that takes a while under a name, so that [`Engine::progress`] can be asked.
    ///
    /// # Errors
    /// `invalid_field` for a name that is none or is taken, or while too much is under way.
    pub fn begin_run(&self, name: &str) -> Result<Run, Problem> {
        self.inner.runs.begin(name)
    }

    /// How far a run has come, and how far it goes; none if none of this name is under way.
    pub fn progress(&self, name: &str) -> Option<(u64, u64)> {
        self.inner.runs.progress(name)
    }

    /// Asks a run to end early, where it can; false if none of this name is under way.
    pub fn end_run(&self, name: &str) -> bool {
        self.inner.runs.end(name)
    }

    /// The same for a folder this process has not opened; another process may.
    ///
    /// # Errors
    /// As [`Engine::replay`]; also if there is no database.
    pub fn replay_dir(
        dir: &Path,
        draft: &str,
        ask: ReplayAsk,
        progress: impl FnMut(u64, u64),
    ) -> Result<Replay, PolicyRefused> {
        let draft = readable(draft)?;
        let judge = |facts: &Facts| draft.evaluate(facts);
        Store::replay_dir(dir, ask, judge, progress)
            .map_err(|error| PolicyRefused::Problem(problems::from_store(error)))
    }
}

/// A draft as an edition of its own; version 0 is nobody's.
fn readable(draft: &str) -> Result<Edition, PolicyRefused> {
    policy::parse(draft).map_err(PolicyRefused::Invalid)?;
    Ok(Edition::read(0, draft))
}
