//! The kill switch, scoped: while it is on, nothing is claimed and the queue keeps its state.

use domain::{Actor, Problem, Timestamp};
use store::{PauseScope, Store};

use crate::open::Engine;

impl Engine {
    /// Pauses. Anyone may; asked again, nothing changes.
    ///
    /// # Errors
    /// If there is no such agent or mailbox, or the store cannot write.
    pub async fn pause(&self, scope: PauseScope, by: Actor) -> Result<(), Problem> {
        self.act(self.inner.store.pause(scope, by, self.now()))
            .await
    }

    /// Resumes: a person's act. Everything due is judged again.
    ///
    /// # Errors
    /// As [`Engine::pause`].
    pub async fn resume(&self, scope: PauseScope) -> Result<(), Problem> {
        self.act(self.inner.store.resume(scope, self.now())).await
    }

    /// Since when everything is paused, if it is.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn paused_at(&self) -> Result<Option<Timestamp>, Problem> {
        self.read(Store::paused_at).await
    }
}
