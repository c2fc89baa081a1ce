//! What every handler of a door shares.

use std::sync::Arc;

use engine::{Budget, Engine, LongBodies};
use tokio::sync::watch;

use crate::Options;
use crate::guard::HostRule;

/// The state behind the router. Cheap to clone.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    engine: Engine,
    host: HostRule,
    allowed_origins: Vec<String>,
    budget: Arc<Budget>,
    long_bodies: LongBodies,
    closing: watch::Receiver<bool>,
}

impl Door {
    /// A door to `engine`. Once `closing` says true, long answers end.
    pub fn new(
        engine: Engine,
        options: Options,
        host: HostRule,
        closing: watch::Receiver<bool>,
    ) -> Self {
        Door(Arc::new(Inner {
            engine,
            host,
            allowed_origins: options.allowed_origins,
            budget: options.budget,
            long_bodies: LongBodies::default(),
            closing,
        }))
    }

    /// The verbs.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Which `Host` it answers to.
    pub fn host(&self) -> HostRule {
        self.0.host
    }

    /// Origins whose pages may use it.
    pub fn allowed_origins(&self) -> &[String] {
        &self.0.allowed_origins
    }

    /// What each agent has taken of it.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.0.budget
    }

    /// Places for long bodies in memory.
    pub fn long_bodies(&self) -> &LongBodies {
        &self.0.long_bodies
    }

    /// Returns once the door is closing; waits for good if nobody will ever close it.
    pub async fn closing(&self) {
        let mut closing = self.0.closing.clone();
        if closing.wait_for(|closing| *closing).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
