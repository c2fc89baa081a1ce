//! What one agent may take of the doors: asks per second, and requests open at once.
//!
//! Before judging, and apart from it: the policy's limits are about mail, these are about the door.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{AgentId, ChangeKind, Code, Problem, Timestamp, limits};
use tokio::sync::broadcast::error::RecvError;

use crate::open::Engine;

/// The setting that says how many asks an agent may make a second, over time.
pub const ASKS_PER_SECOND_SETTING: &str = "asks_per_second";
/// The setting that says how many it may make at once after a rest.
pub const ASKS_BURST_SETTING: &str = "asks_burst";
/// The most either may be set to.
pub const ASKS_MAX: u32 = 1_000_000;

/// How much an agent may ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AskRate {
    /// Asks per second over time; at least 1.
    pub per_second: u32,
    /// Asks at once after a rest; at least 1.
    pub burst: u32,
}

impl Default for AskRate {
    fn default() -> Self {
        AskRate {
            per_second: limits::ASKS_PER_SECOND,
            burst: limits::ASKS_BURST,
        }
    }
}

impl AskRate {
    /// Microseconds one ask takes out of the bucket.
    fn cost_micros(self) -> i64 {
        1_000_000 / i64::from(self.per_second.max(1))
    }

    /// Microseconds a full bucket holds.
    fn full_micros(self) -> i64 {
        self.cost_micros()
            .saturating_mul(i64::from(self.burst.max(1)))
    }
}

/// Every agent's bucket and open requests. One per house: every door takes from the same.
pub struct Budget {
    rate: Mutex<AskRate>,
    open_max: usize,
    agents: Mutex<HashMap<AgentId, Spent>>,
}

#[derive(Default)]
struct Spent {
    /// The instant at which the bucket is full again (the generic cell rate algorithm): one
    /// number says how much is left, and nothing has to refill it.
    full_at: Timestamp,
    open: usize,
}

/// One open request; gives its place back when it is dropped.
pub struct Place {
    budget: Arc<Budget>,
    agent: AgentId,
}

impl Budget {
    /// Everyone starts with a full bucket and nothing open.
    pub fn new(rate: AskRate) -> Arc<Self> {
        let open_max = limits::OPEN_REQUESTS_PER_AGENT_MAX;
        Arc::new(Budget {
            rate: Mutex::new(rate),
            open_max,
            agents: Mutex::default(),
        })
    }

    /// What an agent may ask now.
    pub fn rate(&self) -> AskRate {
        *self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on an agent may ask so much. What a bucket lacks stays lacking for as long as it
    /// would have: nobody gains an ask by the change.
    pub fn set_rate(&self, rate: AskRate) {
        *self.rate.lock().unwrap_or_else(PoisonError::into_inner) = rate;
    }

    /// Takes a place for one request, held until its answer has been read to the end.
    pub fn open(self: &Arc<Self>, agent: AgentId) -> Result<Place, Problem> {
        let mut agents = self.agents();
        let spent = agents.entry(agent).or_default();
        if spent.open >= self.open_max {
            let detail = format!(
                "this agent already has {} requests open; let some of them end first",
                self.open_max
            );
            return Err(Problem::new(Code::TooManyRequests, detail).retry_after(1));
        }
        spent.open += 1;
        Ok(Place {
            budget: Arc::clone(self),
            agent,
        })
    }

    /// Takes `asks` out of the agent's bucket, all or none. A batch row counts one.
    pub fn ask(&self, agent: AgentId, asks: usize, now: Timestamp) -> Result<(), Problem> {
        let rate = self.rate();
        let burst = usize::try_from(rate.burst.max(1)).unwrap_or(usize::MAX);
        if asks > burst {
            let detail = format!("{asks} asks at once are more than the {burst} of the door");
            return Err(
                Problem::new(Code::TooManyRequests, format!("{detail}; send fewer")).retry_after(1),
            );
        }
        let cost = rate
            .cost_micros()
            .saturating_mul(i64::try_from(asks).unwrap_or(i64::MAX));
        let full = domain::Span::from_micros(rate.full_micros());
        let mut agents = self.agents();
        let spent = agents.entry(agent).or_default();
        // A clock set back leaves an empty bucket, never one that stays empty for hours.
        spent.full_at = spent.full_at.min(now + full);
        let full_at = spent.full_at.max(now) + domain::Span::from_micros(cost);
        let over_micros = full_at.since(now + full).micros();
        if over_micros > 0 {
            let seconds = u64::try_from(over_micros).unwrap_or(0).div_ceil(1_000_000);
            let detail = format!(
                "this agent asks faster than {} a second; wait {seconds} s",
                rate.per_second
            );
            return Err(Problem::new(Code::TooManyRequests, detail).retry_after(seconds));
        }
        spent.full_at = full_at;
        Ok(())
    }

    fn agents(&self) -> MutexGuard<'_, HashMap<AgentId, Spent>> {
        // Nothing under this lock can panic halfway: what is there is whole.
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What whoever started the house said an agent may ask: it wins over the settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SaidRate {
    /// Asks a second, if said.
    pub per_second: Option<u32>,
    /// Asks at once, if said.
    pub burst: Option<u32>,
}

impl Engine {
    /// Says for as long as this engine is open how much an agent may ask; the first word stands.
    pub fn say_rate(&self, said: SaidRate) {
        self.inner.said_rate.get_or_init(|| said);
    }

    /// How much an agent may ask as far as whoever started the house said it.
    pub fn said_rate(&self) -> SaidRate {
        self.inner.said_rate.get().copied().unwrap_or_default()
    }

    /// What an agent may ask: as said, else as set, else the defaults.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn ask_rate(&self) -> Result<AskRate, Problem> {
        let said = self.said_rate();
        let usual = AskRate::default();
        let set = |text: Option<String>, usual: u32| {
            let number = text.and_then(|text| text.parse::<u32>().ok());
            number.map_or(usual, |number| number.clamp(1, ASKS_MAX))
        };
        Ok(AskRate {
            per_second: match said.per_second {
                Some(number) => number,
                None => set(
                    self.setting(ASKS_PER_SECOND_SETTING).await?,
                    usual.per_second,
                ),
            },
            burst: match said.burst {
                Some(number) => number,
                None => set(self.setting(ASKS_BURST_SETTING).await?, usual.burst),
            },
        })
    }

    /// Keeps a budget at [`Engine::ask_rate`], whoever changes the settings. The engine it is
    /// called on keeps the store open, so it goes on until its caller drops it.
    pub async fn keep_rate(&self, budget: &Budget) {
        let mut heard = self.subscribe();
        loop {
            match self.ask_rate().await {
                Ok(rate) => budget.set_rate(rate),
                Err(problem) => tracing::error!(%problem, "how much agents may ask is not known"),
            }
            loop {
                match heard.recv().await {
                    Ok(change) if change.kind == ChangeKind::Settings => break,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return,
                }
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(spent) = self.budget.agents().get_mut(&self.agent) {
            spent.open = spent.open.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Span;
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn agent(n: u128) -> AgentId {
        AgentId::from_uuid(Uuid::from_u128(n))
    }

    fn asks_that_pass(budget: &Budget, at: Timestamp) -> usize {
        (0..5_000)
            .take_while(|_| budget.ask(agent(1), 1, at).is_ok())
            .count()
    }

    #[test]
    fn a_burst_passes_whole_and_then_fifty_a_second() {
        let budget = Budget::new(AskRate::default());
        assert_eq!(asks_that_pass(&budget, NOW), 1_000);
        let refused = budget.ask(agent(1), 1, NOW).unwrap_err();
        assert_eq!(
            (refused.code, refused.retry_after),
            (Code::TooManyRequests, Some(1))
        );
        assert_eq!(asks_that_pass(&budget, NOW + Span::from_seconds(1)), 50);
        assert_eq!(asks_that_pass(&budget, NOW + Span::from_seconds(3)), 100);
        assert_eq!(asks_that_pass(&budget, NOW + Span::from_hours(1)), 1_000);
    }

    #[test]
    fn retry_after_is_long_enough_and_no_longer() {
        let budget = Budget::new(AskRate::default());
        budget.ask(agent(1), 1_000, NOW).unwrap();
        let seconds = budget
            .ask(agent(1), 500, NOW)
            .unwrap_err()
            .retry_after
            .unwrap();
        assert_eq!(seconds, 10);
        let then = NOW + Span::from_seconds(10);
        assert!(
            budget
                .ask(agent(1), 500, then - Span::from_micros(1))
                .is_err()
        );
        assert!(budget.ask(agent(1), 500, then).is_ok());
    }

    #[test]
    fn a_refusal_takes_nothing_and_agents_do_not_share() {
        let budget = Budget::new(AskRate {
            per_second: 1,
            burst: 10,
        });
        budget.ask(agent(1), 6, NOW).unwrap();
        assert!(budget.ask(agent(1), 5, NOW).is_err());
        assert!(budget.ask(agent(1), 4, NOW).is_ok());
        assert!(budget.ask(agent(2), 10, NOW).is_ok());
        assert!(
            budget.ask(agent(3), 11, NOW).is_err(),
            "more than any bucket holds"
        );
    }

    #[test]
    fn another_rate_counts_from_the_next_ask_and_gives_nobody_an_ask_more() {
        let budget = Budget::new(AskRate::default());
        assert_eq!(asks_that_pass(&budget, NOW), 1_000);
        let slow = AskRate {
            per_second: 1,
            burst: 5,
        };
        budget.set_rate(slow);
        assert_eq!(budget.rate(), slow);
        assert_eq!(asks_that_pass(&budget, NOW), 0);
        assert_eq!(asks_that_pass(&budget, NOW + Span::from_seconds(1)), 1);
        assert_eq!(asks_that_pass(&budget, NOW + Span::from_hours(1)), 5);
        budget.set_rate(AskRate::default());
        let refused = budget.ask(agent(1), 1_000, NOW + Span::from_hours(1));
        assert!(refused.is_err(), "five of them were just taken");
        assert_eq!(asks_that_pass(&budget, NOW + Span::from_hours(2)), 1_000);
    }

    #[test]
    fn a_clock_set_back_admits_nothing_extra_and_locks_nobody_out() {
        let budget = Budget::new(AskRate::default());
        budget.ask(agent(1), 1_000, NOW).unwrap();
        let earlier = NOW - Span::from_days(30);
        assert!(budget.ask(agent(1), 1, earlier).is_err());
        assert!(
            budget
                .ask(agent(1), 1, earlier + Span::from_seconds(1))
                .is_ok()
        );
    }

    #[test]
    fn two_hundred_requests_are_open_at_once_and_a_place_comes_back() {
        let budget = Budget::new(AskRate::default());
        let mut places: Vec<Place> = (0..200).map(|_| budget.open(agent(1)).unwrap()).collect();
        assert_eq!(
            budget.open(agent(1)).err().unwrap().code,
            Code::TooManyRequests
        );
        assert!(budget.open(agent(2)).is_ok());
        places.pop();
        assert!(budget.open(agent(1)).is_ok());
    }
}
