//! Who may stand in a door: whoever is not logged in takes a place of the strangers', and makes way
//! for the next when these are full. So neither silent connections nor one agent's keep anybody
//! else out, and all of them together leave the house the file handles it needs.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Code, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Connections of a door that are not logged in; for one more, the longest-standing is hung up on.
pub const STRANGERS_MAX: usize = 1_024;
/// Connections of a door that are logged in, all agents together; one agent's are
/// [`domain::limits::OPEN_REQUESTS_PER_AGENT_MAX`] at most.
pub const AGENT_CONNECTIONS_MAX: usize = 1_024;
/// Connections on their way out, beside those; with more of them the next waits in the system's
/// queue.
pub const LEAVING_MAX: usize = 64;
/// File handles that are no door's: database, mail servers, sockets of the operator.
const OTHER_FILES: u64 = 128;
/// Doors that keep connections: HTTP and SMTP.
const DOORS: u64 = 2;

/// How many connections a door keeps open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shares {
    /// Not logged in, at least 1: for the next one the longest-standing of them is hung up on.
    pub strangers: usize,
    /// Logged in, all agents together; of these, one agent's are what its budget lets it open.
    pub agents: usize,
}

impl Shares {
    /// What one of the house's doors may keep where the process may have so many files open.
    pub fn within(files: u64) -> Self {
        let door = usize::try_from(files.saturating_sub(OTHER_FILES) / DOORS).unwrap_or(usize::MAX);
        // Two shares, and on their way out as many as one of them at most.
        let share = (door / 3).max(door.saturating_sub(LEAVING_MAX) / 2);
        Shares {
            strangers: share.clamp(1, STRANGERS_MAX),
            agents: share.clamp(1, AGENT_CONNECTIONS_MAX),
        }
    }

    /// Connections there are at once at most, those on their way out among them.
    pub fn all(self) -> usize {
        let strangers = self.strangers.max(1);
        strangers + self.agents + strangers.min(LEAVING_MAX)
    }
}

impl Default for Shares {
    /// As many as this process may have, see [`crate::raise_open_files`].
    fn default() -> Self {
        Shares::within(crate::open_files::limit())
    }
}

/// Every place of one door.
pub struct Places {
    strangers_max: usize,
    strangers: Mutex<Strangers>,
    agents: Arc<Semaphore>,
}

/// Those not logged in, the longest-standing first.
#[derive(Default)]
struct Strangers {
    next: u64,
    /// True once one of them had to make way: it is told once, or a flood would fill the log.
    told: bool,
    standing: BTreeMap<u64, oneshot::Sender<()>>,
}

/// One connection's place; free again once it is dropped.
pub struct DoorPlace {
    places: Arc<Places>,
    number: u64,
    agents: Option<OwnedSemaphorePermit>,
}

impl Places {
    /// All of them free.
    pub fn new(shares: Shares) -> Arc<Self> {
        Arc::new(Places {
            strangers_max: shares.strangers.max(1),
            strangers: Mutex::default(),
            agents: Arc::new(Semaphore::new(shares.agents)),
        })
    }

    /// A place for a new connection, and what ends when it has to make way.
    pub fn enter(self: &Arc<Self>) -> (DoorPlace, impl Future<Output = ()> + Send + use<>) {
        let (tell, told) = oneshot::channel();
        let mut strangers = self.strangers();
        while strangers.standing.len() >= self.strangers_max
            && let Some((_, eldest)) = strangers.standing.pop_first()
        {
            // One that ended by itself meanwhile is as good.
            let _gone_is_gone = eldest.send(());
            if !std::mem::replace(&mut strangers.told, true) {
                let most = self.strangers_max;
                tracing::warn!(
                    "more than {most} connections are not logged in; from now on the \
                     longest-standing of them makes way for each new one"
                );
            }
        }
        let number = strangers.next;
        strangers.next += 1;
        strangers.standing.insert(number, tell);
        let standing = DoorPlace {
            places: Arc::clone(self),
            number,
            agents: None,
        };
        let sent_away = async move {
            // Who logged in is forgotten here, and sent away by nobody.
            if told.await.is_err() {
                pending::<()>().await;
            }
        };
        (standing, sent_away)
    }

    fn strangers(&self) -> MutexGuard<'_, Strangers> {
        // Nothing under this lock can panic halfway: what is there is whole.
        self.strangers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl DoorPlace {
    /// From among the strangers to the agents, for as long as the connection lasts.
    ///
    /// # Errors
    /// `too_many_requests` if there are too many of them, or it is being sent away already.
    pub fn come_in(&mut self) -> Result<(), Problem> {
        if self.agents.is_some() {
            return Ok(());
        }
        let full = || {
            let detail = "too many connections are open; let some of them end, or come back later";
            Problem::new(Code::TooManyRequests, detail)
        };
        let place = Arc::clone(&self.places.agents).try_acquire_owned();
        let place = place.map_err(|_| full())?;
        // One that is being sent away gives the place back at once.
        let stood = self.places.strangers().standing.remove(&self.number);
        stood.ok_or_else(full)?;
        self.agents = Some(place);
        Ok(())
    }
}

impl Drop for DoorPlace {
    fn drop(&mut self) {
        self.places.strangers().standing.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Duration, timeout};

    use super::*;

    #[test]
    fn two_doors_and_the_house_fit_into_the_files_there_are() {
        for files in [256, 300, 512, 1_024, 4_096] {
            let all = 2 * Shares::within(files).all() as u64 + OTHER_FILES;
            assert!(all <= files, "{all} of {files}");
        }
        assert_eq!(Shares::within(1_024).strangers, 192);
        let most = Shares {
            strangers: STRANGERS_MAX,
            agents: AGENT_CONNECTIONS_MAX,
        };
        assert_eq!(
            (Shares::within(8_192), Shares::within(u64::MAX)),
            (most, most)
        );
        assert_eq!(Shares::within(0).strangers, 1);
    }

    #[test]
    fn whoever_is_sent_away_takes_no_place_of_the_agents_however_often_they_try() {
        let places = Places::new(Shares {
            strangers: 1,
            agents: 1,
        });
        let (mut first, _away) = places.enter();
        let (mut second, _away) = places.enter();
        for _ in 0..2 {
            let problem = first.come_in().unwrap_err();
            assert_eq!(problem.code, Code::TooManyRequests);
        }
        second.come_in().unwrap();
        let (mut third, _away) = places.enter();
        assert!(third.come_in().is_err(), "the one place is taken");
        drop(second);
        third.come_in().unwrap();
        third.come_in().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_standing_stranger_makes_way_and_whoever_is_in_stays() {
        let shares = Shares {
            strangers: 2,
            agents: 1,
        };
        let places = Places::new(shares);
        let (mut agent, agent_away) = places.enter();
        agent.come_in().unwrap();
        let (_first, first_away) = places.enter();
        let (second, second_away) = places.enter();
        let (mut third, third_away) = places.enter();
        first_away.await;
        assert!(third.come_in().is_err(), "the agents' place is taken");
        drop(agent);
        third.come_in().unwrap();
        drop(second);
        let (_others, _away): (Vec<_>, Vec<_>) = (0..9).map(|_| places.enter()).unzip();
        let nobody = async {
            tokio::select! {
                () = agent_away => {}
                () = second_away => {}
                () = third_away => {}
            }
        };
        assert!(timeout(Duration::from_secs(9), nobody).await.is_err());
    }
}
