//! The relay for trying things out: in this process, takes everything, sends nothing, and keeps
//! what it was given for inspection.
//!
//! Some local parts make it misbehave, so that every outcome can be seen on purpose (a `+tag`
//! behind them is fine):
//!
//! | recipient | what happens |
//! |---|---|
//! | `refuse@…` | refused for good, `550 5.1.1` |
//! | `later@…` | refused for now, `451 4.7.1` |
//! | `drop@…` | the connection breaks before the last dot: nobody gets it |
//! | `vanish@…` | the last dot is never answered: nobody knows |
//!
//! [`Chaos`] makes it misbehave whoever is written to. [`repliers`] are people and machines that
//! answer what it took.

pub mod repliers;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::delivery::Phase;
use domain::{Address, Outcome, RecipientOutcome, RecipientState, SmtpReply};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::Outgoing;

/// Messages kept; the oldest goes first.
pub const MESSAGES_KEPT: usize = 1_000;
/// Octets of messages kept.
pub const OCTETS_KEPT: usize = 64 * 1024 * 1024;

/// How the relay misbehaves on purpose, whoever is written to. All off by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Chaos {
    /// Everybody is refused for now, `451 4.7.1`.
    pub refuse_for_now: bool,
    /// The connection breaks after the last dot: nobody knows whether it was taken.
    pub drop_after_data: bool,
    /// The last dot is answered late. Waiting is the sender's, who has the clock.
    pub slow_accept: bool,
    /// It is taken, and a report comes later that nobody got it.
    pub bounce_later: bool,
}

/// The in-process relay. Clones are the same relay; each may misbehave in its own way.
#[derive(Clone, Default)]
pub struct RehearsalRelay {
    kept: Arc<Mutex<Kept>>,
    taken: Arc<Notify>,
    chaos: Chaos,
}

#[derive(Default)]
struct Kept {
    messages: VecDeque<Rehearsed>,
    /// How many were ever kept.
    count: u64,
}

/// A message the relay took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rehearsed {
    /// MAIL FROM.
    pub mail_from: Address,
    /// The recipients it was taken for.
    pub rcpt_to: Vec<Address>,
    /// With angle brackets.
    pub message_id: String,
    /// The message as it would have gone over the wire, `Date` included.
    pub bytes: Arc<[u8]>,
    /// True if a report is to follow that nobody got it.
    pub bounces_later: bool,
}

impl RehearsalRelay {
    /// A relay that has taken nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What it keeps, oldest first: at most [`MESSAGES_KEPT`] messages and [`OCTETS_KEPT`] octets.
    pub fn delivered(&self) -> Vec<Rehearsed> {
        self.kept().messages.iter().cloned().collect()
    }

    /// The same relay, misbehaving like this.
    #[must_use]
    pub fn under(&self, chaos: Chaos) -> Self {
        RehearsalRelay {
            chaos,
            ..self.clone()
        }
    }

    /// What it took after the first `count` messages, oldest first, and how many it took in all.
    pub fn after(&self, count: u64) -> (u64, Vec<Rehearsed>) {
        let kept = self.kept();
        let fresh = usize::try_from(kept.count.saturating_sub(count)).unwrap_or(usize::MAX);
        let known = kept.messages.len().saturating_sub(fresh);
        let fresh = kept.messages.iter().skip(known).cloned().collect();
        (kept.count, fresh)
    }

    /// Returns once it took something, or at once if it did since the last call.
    pub async fn taken(&self) {
        self.taken.notified().await;
    }

    /// The newest message of this Message-ID it still keeps.
    pub fn find(&self, message_id: &str) -> Option<Rehearsed> {
        let kept = self.kept();
        kept.messages
            .iter()
            .rev()
            .find(|one| one.message_id == message_id)
            .cloned()
    }

    pub(super) async fn send<F, Fut>(&self, message: &Outgoing<'_>, final_dot: F) -> Outcome
    where
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = bool> + Send,
    {
        let mut rows = Vec::new();
        let mut taken = Vec::new();
        let (mut drops, mut vanishes) = (false, self.chaos.drop_after_data);
        for address in message.recipients {
            let local = address.local().split('+').next().unwrap_or_default();
            let (state, answer) = match local.to_ascii_lowercase().as_str() {
                "refuse" => (
                    RecipientState::Refused,
                    (550, "5.1.1", "no such person here"),
                ),
                "later" => (RecipientState::Deferred, (451, "4.7.1", "come back later")),
                _ if self.chaos.refuse_for_now => {
                    (RecipientState::Deferred, (451, "4.7.1", "come back later"))
                }
                other => {
                    drops |= other == "drop";
                    vanishes |= other == "vanish";
                    taken.push(address.clone());
                    (
                        RecipientState::Accepted,
                        (250, "2.0.0", "kept in rehearsal"),
                    )
                }
            };
            rows.push(RecipientOutcome {
                address: address.clone(),
                state,
                reply: Some(reply(answer)),
            });
        }
        if taken.is_empty() {
            return Outcome::Answered { recipients: rows };
        }
        if drops {
            return not_accepted("the rehearsal relay broke the connection before the last dot");
        }
        if !final_dot().await {
            return not_accepted("stopped before the last dot; nothing was accepted");
        }
        if vanishes {
            rows.retain(|row| row.state != RecipientState::Accepted);
            return Outcome::Unanswered {
                reason: "the rehearsal relay did not answer the last dot".to_owned(),
                maybe: taken,
                refused: rows,
            };
        }
        self.keep(Rehearsed {
            mail_from: message.sealed.envelope.mail_from.clone(),
            rcpt_to: taken,
            message_id: message.sealed.message_id.clone(),
            bytes: message.sealed.with_date(message.date).into(),
            bounces_later: self.chaos.bounce_later,
        });
        Outcome::Answered { recipients: rows }
    }

    fn keep(&self, message: Rehearsed) {
        let mut kept = self.kept();
        kept.count += 1;
        let kept = &mut kept.messages;
        kept.push_back(message);
        let mut octets: usize = kept.iter().map(|one| one.bytes.len()).sum();
        while kept.len() > MESSAGES_KEPT || (octets > OCTETS_KEPT && kept.len() > 1) {
            octets -= kept.pop_front().map_or(0, |one| one.bytes.len());
        }
        self.taken.notify_one();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A holder that panicked left whole messages behind: there is nothing half-written to fear.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RehearsalRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RehearsalRelay({} kept)", self.kept().messages.len())
    }
}

fn reply((code, enhanced, text): (u16, &str, &str)) -> SmtpReply {
    SmtpReply {
        code,
        enhanced: Some(enhanced.to_owned()),
        text: text.to_owned(),
    }
}

fn not_accepted(reason: &str) -> Outcome {
    Outcome::NotAccepted {
        phase: Phase::Data,
        reply: None,
        reason: reason.to_owned(),
    }
}
