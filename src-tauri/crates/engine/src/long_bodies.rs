//! A door's places for long bodies in memory: few in all, and half of them at most one agent's, so
//! that one that sends slowly keeps nobody else waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{AgentId, Code, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Long bodies in memory at once, whoever sends them; more wait their turn to be read.
pub const LONG_BODIES_MAX: usize = 8;
/// Of these, one agent's at most.
pub const LONG_BODIES_PER_AGENT_MAX: usize = LONG_BODIES_MAX / 2;
/// How long a long body waits for its place before its visitor is told to come back.
pub const PLACE_TIME_MAX: Duration = Duration::from_secs(30);
/// Seconds after which such a visitor may come back.
const RETRY_AFTER: u64 = 5;

/// Every place of one door.
pub struct LongBodies {
    all: Arc<Semaphore>,
    agents: Mutex<HashMap<AgentId, Arc<Semaphore>>>,
}

/// One place; free again once it is dropped.
pub struct LongPlace {
    _own: OwnedSemaphorePermit,
    _shared: OwnedSemaphorePermit,
}

impl Default for LongBodies {
    /// All of them free.
    fn default() -> Self {
        LongBodies {
            all: Arc::new(Semaphore::new(LONG_BODIES_MAX)),
            agents: Mutex::default(),
        }
    }
}

impl LongBodies {
    /// A place for one of this agent's bodies.
    ///
    /// # Errors
    /// `too_many_requests` if none is free within [`PLACE_TIME_MAX`].
    pub async fn place(&self, agent: AgentId) -> Result<LongPlace, Problem> {
        let (own, all) = (self.of(agent), Arc::clone(&self.all));
        let taking = async {
            // Its own first: who waits for another of its own keeps none of the others' places.
            let own = own.acquire_owned().await.ok()?;
            let shared = all.acquire_owned().await.ok()?;
            Some(LongPlace {
                _own: own,
                _shared: shared,
            })
        };
        let taken = tokio::time::timeout(PLACE_TIME_MAX, taking).await;
        taken.ok().flatten().ok_or_else(|| {
            let detail = "too many long bodies are on their way at once; send this one again later";
            Problem::new(Code::TooManyRequests, detail).retry_after(RETRY_AFTER)
        })
    }

    fn of(&self, agent: AgentId) -> Arc<Semaphore> {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        let own = agents
            .entry(agent)
            .or_insert_with(|| Arc::new(Semaphore::new(LONG_BODIES_PER_AGENT_MAX)));
        Arc::clone(own)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn agent(n: u128) -> AgentId {
        AgentId::from_uuid(Uuid::from_u128(n))
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_the_places_are_one_agents_and_a_place_comes_back() {
        let places = LongBodies::default();
        let mut mine = Vec::new();
        for _ in 0..LONG_BODIES_PER_AGENT_MAX {
            mine.push(places.place(agent(1)).await.unwrap());
        }
        let refused = places.place(agent(1)).await.err().unwrap();
        assert_eq!(refused.code, Code::TooManyRequests);
        assert!(refused.retry_after.is_some());
        assert!(places.place(agent(2)).await.is_ok());
        mine.pop();
        assert!(places.place(agent(1)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_no_more_places_than_there_are_whoever_asks() {
        let places = LongBodies::default();
        let mut taken = Vec::new();
        for n in 0..LONG_BODIES_MAX {
            taken.push(places.place(agent(n as u128)).await.unwrap());
        }
        assert!(places.place(agent(99)).await.is_err());
    }
}
