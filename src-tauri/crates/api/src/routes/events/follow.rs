//! Following committed changes without missing or repeating one.
//!
//! Listen first, then read what was missed from the record, then tell what is heard; whoever falls
//! behind reads from the record again. Numbers only rise, so what comes twice is told once.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{
    Change, ChangeKind, ConversationId, InboundId, StateName, SubmissionId, Timestamp, Verdict,
    limits,
};
use engine::Changes;
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::shapes::NextShape;

/// How long a stream may be silent: proxies and clients give up on longer silence.
pub const SILENCE_MAX: Duration = Duration::from_secs(15);

/// One thing to tell, with the number of the change it stands at.
pub enum Told {
    /// A submission is new, or moved.
    Changed(u64, Box<Changed>),
    /// Received mail is new, or was worked on.
    Mail(u64, MailEvent),
    /// Changes are missing.
    Gap(u64, Gap),
    /// Nothing happened for [`SILENCE_MAX`], or a newcomer starts here.
    Nothing(u64),
}

/// A submission is new, or moved.
#[derive(Serialize)]
pub struct Changed {
    id: SubmissionId,
    state: StateName,
    at: Timestamp,
    /// What its latest decision came to.
    verdict: Verdict,
    /// What to do next; absent if it has moved on since, because a later event says.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextShape>,
}

/// A received message is new, or what is done about it changed.
#[derive(Serialize)]
pub struct MailEvent {
    /// Which; absent while it is with a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<InboundId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<ConversationId>,
    at: Timestamp,
    /// Where work on it stands: `waiting`, `leased`, `done`, `person`.
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<&'static str>,
    with_a_person: bool,
}

/// Changes after `after` are no longer kept, or `after` is none of ours.
#[derive(PartialEq, Debug, Serialize)]
pub struct Gap {
    after: u64,
    oldest_kept: u64,
    message: &'static str,
}

impl Gap {
    /// The gap behind `after`, if there is one, and where to go on.
    fn find(after: u64, changes: &Changes) -> Option<(u64, Gap)> {
        let gap = |message| Gap {
            after,
            oldest_kept: changes.oldest_kept,
            message,
        };
        if after > changes.newest {
            let message = "this number is not from this record; look at GET /v1/submissions";
            return Some((changes.newest, gap(message)));
        }
        if after.saturating_add(1) < changes.oldest_kept {
            let message = "changes in between are no longer kept; look at GET /v1/submissions";
            return Some((changes.oldest_kept.saturating_sub(1), gap(message)));
        }
        None
    }
}

/// One listener's place in the changes.
pub struct Follower {
    door: Door,
    caller: Caller,
    live: Receiver<Change>,
    /// Everything up to here was told, or was not ours.
    seen: u64,
    /// Read from the record, not yet told.
    read: VecDeque<Change>,
    /// True while the record may hold changes that were not heard.
    behind: bool,
    /// Ticks when nothing was told for [`SILENCE_MAX`], however much others do meanwhile. Its first
    /// tick is at once: a newcomer is given the number it starts at, so that whoever loses the
    /// connection before the first event can resume as well.
    silence: Interval,
}

impl Follower {
    /// Begins behind change `after`, or with what happens from now on.
    pub async fn start(door: Door, caller: Caller, after: Option<u64>) -> Result<Self, Refusal> {
        let live = door.engine().subscribe();
        let seen = match after {
            Some(after) => after,
            None => door.engine().changes_since(0, 1).await?.newest,
        };
        let behind = after.is_some();
        let mut silence = interval(SILENCE_MAX);
        silence.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Follower {
            door,
            caller,
            live,
            seen,
            read: VecDeque::new(),
            behind,
            silence,
        })
    }

    /// The next thing to tell. `None` ends the stream: the door closes, the token has ended, or the
    /// record cannot be read; the visitor comes back with the last number it has.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            // No change says that a token has run out, and a busy stream is never silent.
            let now = self.door.engine().now();
            if self.caller.agent.expires_at.is_some_and(|end| end <= now) {
                return None;
            }
            if let Some(change) = self.read.pop_front() {
                if change.seq <= self.seen {
                    continue;
                }
                self.seen = change.seq;
                match self.tell(change).await {
                    Ok(Some(told)) => {
                        self.silence.reset();
                        return Some(told);
                    }
                    Ok(None) => continue,
                    Err(_) => return None,
                }
            }
            if self.behind {
                match self.catch_up().await {
                    Ok(Some(gap)) => return Some(Told::Gap(self.seen, gap)),
                    Ok(None) => continue,
                    Err(_) => return None,
                }
            }
            tokio::select! {
                heard = self.live.recv() => match heard {
                    Ok(change) => self.read.push_back(change),
                    Err(RecvError::Lagged(_)) => self.behind = true,
                    Err(RecvError::Closed) => return None,
                },
                _ = self.silence.tick() => {
                    self.caller.again(&self.door).await.ok()?;
                    return Some(Told::Nothing(self.seen));
                }
                () = self.door.closing() => return None,
            }
        }
    }

    /// Reads the next page of what was missed.
    async fn catch_up(&mut self) -> Result<Option<Gap>, Refusal> {
        let changes = self
            .door
            .engine()
            .changes_since(self.seen, limits::PAGE_MAX)
            .await?;
        if let Some((seen, gap)) = Gap::find(self.seen, &changes) {
            self.seen = seen;
            return Ok(Some(gap));
        }
        self.behind = !changes.rows.is_empty();
        self.read.extend(changes.rows);
        Ok(None)
    }

    /// What a change means to this agent: nothing, unless it is about its own submission.
    async fn tell(&mut self, change: Change) -> Result<Option<Told>, Refusal> {
        match change.kind {
            ChangeKind::Submission { id, agent, state } if agent == self.caller.agent.id => {
                let story = self.door.engine().story(self.caller.actor(), id).await?;
                let still = story.row.state.name() == state;
                let changed = Changed {
                    id,
                    state,
                    at: change.at,
                    verdict: story.row.verdict,
                    next: still.then(|| NextShape::of(&story.next)),
                };
                Ok(Some(Told::Changed(self.seen, Box::new(changed))))
            }
            // The token may have been revoked: a stream must not outlive it. Or what it may see is
            // another from here on.
            ChangeKind::Agents => {
                self.caller.agent = self.caller.again(&self.door).await?;
                Ok(None)
            }
            ChangeKind::Inbound { id, agent, .. }
                if agent.is_none_or(|agent| agent == self.caller.agent.id) =>
            {
                let row = self.door.engine().inbound(id).await?;
                let grants = &self.caller.agent.grants;
                if !grants.iter().any(|grant| grant.mailbox == row.mailbox) {
                    return Ok(None);
                }
                // What is with a person is told of, and nothing of what it is.
                let open = row.is_open_to_agents();
                let mail = MailEvent {
                    id: open.then_some(id),
                    conversation: open.then_some(row.conversation),
                    at: change.at,
                    work: row.reply.map(|reply| reply.state.as_str()),
                    with_a_person: !open,
                };
                Ok(Some(Told::Mail(self.seen, mail)))
            }
            ChangeKind::Submission { .. }
            | ChangeKind::Inbound { .. }
            | ChangeKind::Mailboxes
            | ChangeKind::Suppressions
            | ChangeKind::Contacts
            | ChangeKind::Policy
            | ChangeKind::Pause
            | ChangeKind::Settings => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{AccountKind, Address, Draft, Level, Span};
    use engine::{Ask, Engine, ManualClock, SeededIds};

    use super::*;
    use crate::Options;
    use crate::guard::HostRule;

    #[tokio::test(start_paused = true)]
    async fn an_open_stream_sees_by_the_grants_of_today() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000_000)));
        let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
        let (old, new) = ("old@example.com", "new@example.com");
        let [old, new] = [old, new].map(|address| address.parse().unwrap());
        for address in [&old, &new] {
            let rehearsal = AccountKind::Rehearsal;
            let added = engine.add_mailbox(Address::clone(address), None, rehearsal, None);
            added.await.unwrap();
        }
        let added = engine.add_agent("helper", &old, Level::AskAlways, None);
        let (agent, token) = added.await.unwrap();
        let (_close, closing) = tokio::sync::watch::channel(false);
        let door = Door::new(engine.clone(), Options::default(), HostRule::Any, closing);
        let caller = Caller::of(&door, &token).await.unwrap();
        let mut follower = Follower::start(door, caller, None).await.unwrap();
        assert_eq!(follower.caller.agent.grants.len(), 1);
        let now = engine.grant(agent.id, &new, None).await.unwrap();
        assert_eq!(now.grants.len(), 2);
        for _ in 0..100 {
            // Nothing of it is told: it is no change of a submission or a message.
            assert!(matches!(follower.next().await, Some(Told::Nothing(_))));
            if follower.caller.agent.grants == now.grants {
                return;
            }
        }
        panic!("it still goes by {:?}", follower.caller.agent.grants);
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_stream_ends_with_the_token() {
        let start = Timestamp::from_seconds(1_000_000);
        let clock = Arc::new(ManualClock::at(start));
        let engine = Engine::memory(clock.clone(), Arc::new(SeededIds::new(7))).unwrap();
        let mailbox: Address = "team@example.com".parse().unwrap();
        let rehearsal = AccountKind::Rehearsal;
        let added = engine.add_mailbox(mailbox.clone(), None, rehearsal, None);
        added.await.unwrap();
        let end = start + Span::from_seconds(60);
        let added = engine.add_agent("helper", &mailbox, Level::AskAlways, Some(end));
        let (agent, token) = added.await.unwrap();
        let (_close, closing) = tokio::sync::watch::channel(false);
        let door = Door::new(engine.clone(), Options::default(), HostRule::Any, closing);
        let caller = Caller::of(&door, &token).await.unwrap();
        let mut follower = Follower::start(door, caller, None).await.unwrap();
        let mut told = 0;
        for second in [0, 59, 60] {
            clock.set(start + Span::from_seconds(second));
            let draft: Draft = serde_json::from_value(serde_json::json!({
                "to": [{"name": null, "address": "dana@acme.com"}], "subject": "Hello", "text": format!("at {second}"),
            }))
            .unwrap();
            let ask = Ask {
                mailbox: mailbox.clone(),
                dedupe_key: None,
                key_lasts: None,
                request: domain::Digest::of(&second.to_be_bytes()),
                draft,
            };
            engine.submit(&agent, ask).await.unwrap();
            // Numbers for the silent come in between.
            while let Some(next) = follower.next().await {
                if matches!(next, Told::Changed(..)) {
                    told += 1;
                    break;
                }
            }
        }
        assert_eq!(told, 2, "nothing from the second on in which it ends");
    }

    #[test]
    fn only_missing_changes_are_a_gap() {
        let kept = |oldest_kept, newest| Changes {
            oldest_kept,
            newest,
            rows: Vec::new(),
        };
        let resumes_at = |after, changes| Gap::find(after, &changes).map(|(seen, _)| seen);
        assert_eq!(resumes_at(0, kept(0, 0)), None, "an empty record");
        assert_eq!(resumes_at(0, kept(1, 9)), None, "from the very first");
        assert_eq!(resumes_at(9, kept(1, 9)), None, "nothing new");
        assert_eq!(
            resumes_at(4, kept(5, 9)),
            None,
            "the next one is the oldest kept"
        );
        assert_eq!(resumes_at(3, kept(5, 9)), Some(4), "change 4 is gone");
        assert_eq!(
            resumes_at(10, kept(5, 9)),
            Some(9),
            "a number of another record"
        );
    }
}
