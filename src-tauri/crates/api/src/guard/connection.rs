//! The connection a request came over, and whether somebody known speaks on it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::Request;
use engine::DoorPlace;
use hyper::body::Incoming;

/// A connection's place in the door, in the extensions of each request that comes over it.
#[derive(Clone)]
pub(crate) struct Connection(Arc<Mutex<DoorPlace>>, Arc<AtomicUsize>);

/// A request that is being answered, until this is dropped.
pub(crate) struct Answering(Arc<AtomicUsize>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connection {
    /// Nobody's yet.
    pub(crate) fn new(standing: DoorPlace) -> Self {
        Connection(Arc::new(Mutex::new(standing)), Arc::default())
    }

    /// Counts a request that is being answered.
    pub(crate) fn answering(&self) -> Answering {
        self.1.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(&self.1))
    }

    /// True while a request is being answered.
    pub(crate) fn is_answering(&self) -> bool {
        self.1.load(Ordering::Relaxed) > 0
    }

    /// From now on no stranger's: it makes way for nobody. Where the agents' places are all taken
    /// it is served all the same, and stays among the strangers.
    pub(crate) fn is_an_agents(&self) {
        let mut standing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(problem) = standing.come_in() {
            tracing::debug!(%problem, "a connection stays among the strangers");
        }
    }

    /// A request that came over it.
    pub(crate) fn of(&self, request: Request<Incoming>) -> Request<Body> {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.clone());
        request
    }
}
