//! A door's places for long bodies in memory: few in all, and of these one agent has the first it
//! finds and may take more only out of a few spare ones. So agents that send slowly keep the next
//! agent out only once [`SLOW_AGENTS_MAX`] of them send at once, however many bodies each sends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{AgentId, Code, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Long bodies in memory at once, whoever sends them; more wait their turn to be read.
pub const LONG_BODIES_MAX: usize = 8;
/// Of these, those that agents share beyond the one each has.
const SPARE: usize = 3;
/// One agent's at most: the one it has, and every spare one.
pub const LONG_BODIES_PER_AGENT_MAX: usize = 1 + SPARE;
/// Agents that can each have one though the spare ones are taken: one more waits for one of theirs.
pub const SLOW_AGENTS_MAX: usize = LONG_BODIES_MAX - SPARE;
/// How long a long body waits for its place before its visitor is told to come back.
pub const PLACE_TIME_MAX: Duration = Duration::from_secs(30);
/// Seconds after which such a visitor may come back.
const RETRY_AFTER: u64 = 5;

/// Every place of one door.
pub struct LongBodies {
    all: Arc<Semaphore>,
    spare: Arc<Semaphore>,
    /// The one each agent has.
    firsts: Mutex<HashMap<AgentId, Arc<Semaphore>>>,
}

/// One place; free again once it is dropped.
pub struct LongPlace {
    _share: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Default for LongBodies {
    /// All of them free.
    fn default() -> Self {
        LongBodies {
            all: Arc::new(Semaphore::new(LONG_BODIES_MAX)),
            spare: Arc::new(Semaphore::new(SPARE)),
            firsts: Mutex::default(),
        }
    }
}

impl LongBodies {
    /// A place for one of this agent's bodies.
    ///
    /// # Errors
    /// `too_many_requests` if none is free within [`PLACE_TIME_MAX`].
    pub async fn place(&self, agent: AgentId) -> Result<LongPlace, Problem> {
        let (first, spare) = (self.first_of(agent), Arc::clone(&self.spare));
        let all = Arc::clone(&self.all);
        let taking = async {
            // Its share before a place: who waits for its own share keeps no place from others.
            let share = tokio::select! {
                biased;
                share = first.acquire_owned() => share.ok()?,
                share = spare.acquire_owned() => share.ok()?,
            };
            let place = all.acquire_owned().await.ok()?;
            Some(LongPlace {
                _share: share,
                _place: place,
            })
        };
        let taken = tokio::time::timeout(PLACE_TIME_MAX, taking).await;
        taken.ok().flatten().ok_or_else(|| {
            let detail = "too many long bodies are on their way at once; send this one again later";
            Problem::new(Code::TooManyRequests, detail).retry_after(RETRY_AFTER)
        })
    }

    fn first_of(&self, agent: AgentId) -> Arc<Semaphore> {
        let mut firsts = self.firsts.lock().unwrap_or_else(PoisonError::into_inner);
        let first = firsts
            .entry(agent)
            .or_insert_with(|| Arc::new(Semaphore::new(1)));
        Arc::clone(first)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn agent(n: u128) -> AgentId {
        AgentId::from_uuid(Uuid::from_u128(n))
    }

    /// Everything an agent that sends slowly can take.
    async fn slow(places: &LongBodies, agent: AgentId) -> Vec<LongPlace> {
        let mut taken = Vec::new();
        while let Ok(place) = places.place(agent).await {
            taken.push(place);
        }
        taken
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
    async fn slow_agents_leave_a_place_for_the_next_and_only_so_many_of_them_fill_the_door() {
        let places = LongBodies::default();
        let mut taken = Vec::new();
        for n in 0..SLOW_AGENTS_MAX {
            let begun = tokio::time::Instant::now();
            let first = places.place(agent(n as u128)).await.unwrap();
            assert!(begun.elapsed().is_zero(), "agent {n} waits for others");
            taken.push(first);
            taken.extend(slow(&places, agent(n as u128)).await);
        }
        assert_eq!(taken.len(), LONG_BODIES_MAX);
        assert!(places.place(agent(99)).await.is_err());
        // One of anybody's that ends is the next one's.
        taken.pop();
        assert!(places.place(agent(99)).await.is_ok());
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
