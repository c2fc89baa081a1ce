//! A submission's life. The state carries its data; a transition consumes the old state and says
//! [`WrongState`] where the step does not exist.
//!
//! ```text
//! asked ─► observed | blocked | held | deferred | queued
//! held ─► queued | deferred | held (a new finding) | rejected | expired | cancelled
//! deferred, queued ─► sending | deferred | held | blocked | expired | cancelled
//! queued (undo) ─► held ;  deferred, queued (another time) ─► held, judged again
//! sending ─► sent | queued (retry) | failed | uncertain
//! uncertain ─► sent | queued (resend, by a person) | failed (given up) ;  sent ─► bounced
//! failed ─► queued (resend, by a person)
//! ```

use serde::{Deserialize, Serialize};

use crate::decision::{Decision, Verdict};
use crate::digest::Digest;
use crate::id::{AgentId, AttemptId, MailboxId};
use crate::message::Draft;
use crate::state_name::StateName;
use crate::time::{Span, Timestamp};

/// A well-formed ask, whichever door it came through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSubmission {
    /// Who asks.
    pub agent: AgentId,
    /// As which mailbox.
    pub mailbox: MailboxId,
    /// The agent's idempotency key, 1 to [`crate::limits::DEDUPE_KEY_OCTETS_MAX`] octets.
    pub dedupe_key: Option<String>,
    /// True if the agent made that key for this ask, and so means another one with the same content.
    /// A key read off a message that carries one anyway says nothing of the kind.
    pub keyed: bool,
    /// How long the key means this ask, from when it was asked; for good if absent. Afterwards the
    /// same key is a new ask.
    pub key_lasts: Option<Span>,
    /// Digest of the request as the agent made it: same key and same digest is a repeat, same key
    /// and another digest is a mismatch.
    pub request: Digest,
    /// What to send.
    pub draft: Draft,
}

/// Where a submission stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Judged and recorded for a level-0 agent; nothing is ever sent.
    Observed,
    /// Waits for a person.
    Held {
        /// Silence is no: it expires then.
        expires_at: Timestamp,
        /// Out of sight until then, at most until it expires.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        snoozed_until: Option<Timestamp>,
    },
    /// Leaves by itself at the slot it was promised.
    Deferred {
        /// Never earlier.
        not_before: Timestamp,
    },
    /// Committed to leave.
    Queued {
        /// Leaves from then on: after the undo window, or at the next try.
        due: Timestamp,
    },
    /// On the wire.
    Sending {
        /// The try that is under way.
        attempt: AttemptId,
    },
    /// The relay has taken it for at least one recipient and no recipient is still open.
    Sent {
        /// When the last recipient was settled.
        at: Timestamp,
    },
    /// The last dot was sent and no answer came: taken or not, only evidence or a person can say.
    Uncertain {
        /// Since.
        since: Timestamp,
    },
    /// Taken, then returned (RFC 3464).
    Bounced {
        /// When we read of it.
        at: Timestamp,
    },
    /// Refused by the policy.
    Blocked,
    /// Refused by a person.
    Rejected {
        /// What the agent is told.
        reason: String,
    },
    /// Nobody decided, or no slot came, in time.
    Expired,
    /// Taken back before it left.
    Cancelled,
    /// The relay refused it for good, or we gave up.
    Failed {
        /// Why, in one sentence.
        reason: String,
    },
}

/// A step that does not exist from where the submission stands.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot {step} a submission that is {state}")]
pub struct WrongState {
    /// The step asked for.
    pub step: &'static str,
    /// Where it stands.
    pub state: StateName,
}

/// How a person settles an uncertain delivery.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// It arrived.
    Sent,
    /// It did not; send it again.
    Resend,
    /// Leave it.
    GiveUp,
}

impl State {
    /// Where an ask stands after its first judgement, or a held one after a revision or approval.
    ///
    /// `due` is when it would leave if allowed; `expires_at` when a hold lapses.
    pub fn judged(decision: &Decision, due: Timestamp, expires_at: Timestamp) -> State {
        if decision.observed_only {
            return State::Observed;
        }
        match decision.verdict {
            Verdict::Allow => State::Queued { due },
            Verdict::Defer => State::Deferred {
                not_before: decision
                    .slot
                    .or(decision.not_before())
                    .unwrap_or(due)
                    .max(due),
            },
            Verdict::Hold => State::Held {
                expires_at,
                snoozed_until: None,
            },
            Verdict::Block => State::Blocked,
        }
    }

    /// A held submission, approved or revised and judged again. A block leaves it held with its
    /// cause, and so does an agent that only watches by now: a person is looking at it.
    pub fn judged_again(self, decision: &Decision, due: Timestamp) -> Result<State, WrongState> {
        let State::Held { expires_at, .. } = self else {
            return Err(self.wrong("approve or edit"));
        };
        let state = State::judged(decision, due, expires_at);
        Ok(if state == State::Blocked || state == State::Observed {
            State::Held {
                expires_at,
                snoozed_until: None,
            }
        } else {
            state
        })
    }

    /// Refused by a person.
    pub fn rejected(self, reason: String) -> Result<State, WrongState> {
        let State::Held { .. } = self else {
            return Err(self.wrong("reject"));
        };
        Ok(State::Rejected { reason })
    }

    /// Out of sight for a while, never beyond its expiry.
    pub fn snoozed(self, until: Timestamp) -> Result<State, WrongState> {
        let State::Held { expires_at, .. } = self else {
            return Err(self.wrong("snooze"));
        };
        Ok(State::Held {
            expires_at,
            snoozed_until: Some(until.min(expires_at)),
        })
    }

    /// Its agent is asked something about it: it goes on waiting.
    pub fn asked(self) -> Result<State, WrongState> {
        let State::Held { .. } = self else {
            return Err(self.wrong("ask about"));
        };
        Ok(self)
    }

    /// Its agent answered: it is in sight again.
    pub fn replied(self) -> Result<State, WrongState> {
        let State::Held { expires_at, .. } = self else {
            return Err(self.wrong("answer for"));
        };
        Ok(State::Held {
            expires_at,
            snoozed_until: None,
        })
    }

    /// A person has released a block: judged again with it answered. Still blocked, it stays as it
    /// was; of an agent that only watches by now, it waits for a person.
    pub fn released(
        self,
        decision: &Decision,
        due: Timestamp,
        hold_until: Timestamp,
    ) -> Result<State, WrongState> {
        let (State::Held { .. } | State::Blocked) = self else {
            return Err(self.wrong("release"));
        };
        let expires_at = self.expires_at().unwrap_or(hold_until);
        let judged = State::judged(decision, due, expires_at);
        Ok(if judged == State::Blocked {
            self
        } else if judged == State::Observed {
            State::Held {
                expires_at,
                snoozed_until: None,
            }
        } else {
            judged
        })
    }

    /// An approval taken back before it was due.
    pub fn undone(self, expires_at: Timestamp) -> Result<State, WrongState> {
        let (State::Queued { .. } | State::Deferred { .. }) = self else {
            return Err(self.wrong("undo the approval of"));
        };
        Ok(State::Held {
            expires_at,
            snoozed_until: None,
        })
    }

    /// Taken back by its agent, to be given another time. A held one waits on.
    pub fn rescheduled(self, expires_at: Timestamp) -> Result<State, WrongState> {
        match self {
            State::Held { .. } => Ok(self),
            State::Queued { .. } | State::Deferred { .. } => Ok(State::Held {
                expires_at,
                snoozed_until: None,
            }),
            State::Observed
            | State::Sending { .. }
            | State::Sent { .. }
            | State::Uncertain { .. }
            | State::Bounced { .. }
            | State::Blocked
            | State::Rejected { .. }
            | State::Expired
            | State::Cancelled
            | State::Failed { .. } => Err(self.wrong("reschedule")),
        }
    }

    /// Time ran out while it waited.
    pub fn expired(self) -> Result<State, WrongState> {
        let (State::Held { .. } | State::Deferred { .. } | State::Queued { .. }) = self else {
            return Err(self.wrong("expire"));
        };
        Ok(State::Expired)
    }

    /// Taken back by its agent or a person.
    pub fn cancelled(self) -> Result<State, WrongState> {
        let (State::Held { .. } | State::Deferred { .. } | State::Queued { .. }) = self else {
            return Err(self.wrong("cancel"));
        };
        Ok(State::Cancelled)
    }

    /// Judged just before the wire and let go.
    pub fn claimed(self, attempt: AttemptId) -> Result<State, WrongState> {
        let (State::Queued { .. } | State::Deferred { .. }) = self else {
            return Err(self.wrong("send"));
        };
        Ok(State::Sending { attempt })
    }

    /// Judged just before the wire and not let go. `final_block` is true for the rules whose block
    /// a person cannot answer (suppression, grant, scope, canary).
    pub fn held_back(
        self,
        decision: &Decision,
        expires_at: Timestamp,
        final_block: bool,
    ) -> Result<State, WrongState> {
        let (State::Queued { .. } | State::Deferred { .. }) = self else {
            return Err(self.wrong("hold back"));
        };
        Ok(match decision.verdict {
            // Its agent only watches by now: nothing of it leaves without a person.
            Verdict::Allow if decision.observed_only => State::Held {
                expires_at,
                snoozed_until: None,
            },
            Verdict::Allow => self,
            Verdict::Defer => State::Deferred {
                not_before: decision
                    .slot
                    .or(decision.not_before())
                    .unwrap_or(Timestamp::MAX),
            },
            Verdict::Hold => State::Held {
                expires_at,
                snoozed_until: None,
            },
            Verdict::Block if final_block => State::Blocked,
            Verdict::Block => State::Held {
                expires_at,
                snoozed_until: None,
            },
        })
    }

    /// Committed to leave, and not before `until`: its only recipient is away.
    pub fn postponed(self, until: Timestamp) -> Result<State, WrongState> {
        let (State::Queued { .. } | State::Deferred { .. }) = self else {
            return Err(self.wrong("postpone"));
        };
        Ok(State::Deferred { not_before: until })
    }

    /// Every recipient is settled and at least one was accepted.
    pub fn sent(self, at: Timestamp) -> Result<State, WrongState> {
        let (State::Sending { .. } | State::Uncertain { .. }) = self else {
            return Err(self.wrong("mark as sent"));
        };
        Ok(State::Sent { at })
    }

    /// It ends before all of it has left, and some of it has: that much is sent.
    pub fn cut_short(self, at: Timestamp) -> Result<State, WrongState> {
        let (State::Held { .. }
        | State::Deferred { .. }
        | State::Queued { .. }
        | State::Uncertain { .. }) = self
        else {
            return Err(self.wrong("cut short"));
        };
        Ok(State::Sent { at })
    }

    /// Some recipients are still open: again at `due`.
    pub fn retried(self, due: Timestamp) -> Result<State, WrongState> {
        let (State::Sending { .. } | State::Uncertain { .. }) = self else {
            return Err(self.wrong("retry"));
        };
        Ok(State::Queued { due })
    }

    /// A person has it sent again: uncertain, or failed.
    pub fn resent(self, due: Timestamp) -> Result<State, WrongState> {
        let (State::Uncertain { .. } | State::Failed { .. }) = self else {
            return Err(self.wrong("resend"));
        };
        Ok(State::Queued { due })
    }

    /// The last dot went out and no answer came.
    pub fn uncertain(self, since: Timestamp) -> Result<State, WrongState> {
        let State::Sending { .. } = self else {
            return Err(self.wrong("mark as uncertain"));
        };
        Ok(State::Uncertain { since })
    }

    /// The record turned out to be an old copy: what was to leave may have left already.
    pub fn doubted(self, since: Timestamp) -> Result<State, WrongState> {
        let (State::Queued { .. } | State::Deferred { .. } | State::Sending { .. }) = self else {
            return Err(self.wrong("doubt"));
        };
        Ok(State::Uncertain { since })
    }

    /// Refused for good, given up, or settled as not sent.
    pub fn failed(self, reason: String) -> Result<State, WrongState> {
        let (State::Sending { .. } | State::Uncertain { .. } | State::Queued { .. }) = self else {
            return Err(self.wrong("give up on"));
        };
        Ok(State::Failed { reason })
    }

    /// Returned after it was taken.
    pub fn bounced(self, at: Timestamp) -> Result<State, WrongState> {
        let (State::Sent { .. } | State::Uncertain { .. }) = self else {
            return Err(self.wrong("bounce"));
        };
        Ok(State::Bounced { at })
    }

    /// A hold lapses at `end` at the latest; any other state is what it was.
    pub fn lapsing_by(mut self, end: Timestamp) -> State {
        if let State::Held {
            expires_at,
            snoozed_until,
        } = &mut self
        {
            *expires_at = (*expires_at).min(end);
            *snoozed_until = snoozed_until.map(|until| until.min(end));
        }
        self
    }

    /// When a hold lapses, if it is one.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        match self {
            State::Held { expires_at, .. } => Some(*expires_at),
            State::Observed
            | State::Deferred { .. }
            | State::Queued { .. }
            | State::Sending { .. }
            | State::Sent { .. }
            | State::Uncertain { .. }
            | State::Bounced { .. }
            | State::Blocked
            | State::Rejected { .. }
            | State::Expired
            | State::Cancelled
            | State::Failed { .. } => None,
        }
    }

    /// The name without the data.
    pub const fn name(&self) -> StateName {
        match self {
            State::Observed => StateName::Observed,
            State::Held { .. } => StateName::Held,
            State::Deferred { .. } => StateName::Deferred,
            State::Queued { .. } => StateName::Queued,
            State::Sending { .. } => StateName::Sending,
            State::Sent { .. } => StateName::Sent,
            State::Uncertain { .. } => StateName::Uncertain,
            State::Bounced { .. } => StateName::Bounced,
            State::Blocked => StateName::Blocked,
            State::Rejected { .. } => StateName::Rejected,
            State::Expired => StateName::Expired,
            State::Cancelled => StateName::Cancelled,
            State::Failed { .. } => StateName::Failed,
        }
    }

    fn wrong(&self, step: &'static str) -> WrongState {
        WrongState {
            step,
            state: self.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Timestamp = Timestamp::from_seconds(1_000);

    fn every_state() -> Vec<State> {
        vec![
            State::Observed,
            State::Held {
                expires_at: T,
                snoozed_until: None,
            },
            State::Deferred { not_before: T },
            State::Queued { due: T },
            State::Sending {
                attempt: AttemptId::from_uuid(uuid::Uuid::nil()),
            },
            State::Sent { at: T },
            State::Uncertain { since: T },
            State::Bounced { at: T },
            State::Blocked,
            State::Rejected {
                reason: "no".into(),
            },
            State::Expired,
            State::Cancelled,
            State::Failed {
                reason: "no".into(),
            },
        ]
    }

    /// The states from which a step exists.
    fn from(step: impl Fn(State) -> Result<State, WrongState>) -> Vec<&'static str> {
        every_state()
            .into_iter()
            .filter_map(|state| {
                let name = state.name().as_str();
                step(state).is_ok().then_some(name)
            })
            .collect()
    }

    #[test]
    fn each_step_exists_from_these_states_and_no_other() {
        let attempt = AttemptId::from_uuid(uuid::Uuid::nil());
        let waiting = vec!["held", "deferred", "queued"];
        assert_eq!(from(|s| s.rejected("no".into())), ["held"]);
        assert_eq!(from(|s| s.snoozed(T)), ["held"]);
        assert_eq!(from(State::asked), ["held"]);
        assert_eq!(from(State::replied), ["held"]);
        assert_eq!(from(|s| s.rescheduled(T)), waiting);
        assert_eq!(from(|s| s.undone(T)), ["deferred", "queued"]);
        assert_eq!(from(State::expired), waiting);
        assert_eq!(from(State::cancelled), waiting);
        assert_eq!(from(|s| s.claimed(attempt)), ["deferred", "queued"]);
        assert_eq!(from(|s| s.sent(T)), ["sending", "uncertain"]);
        assert_eq!(
            from(|s| s.cut_short(T)),
            ["held", "deferred", "queued", "uncertain"]
        );
        assert_eq!(from(|s| s.retried(T)), ["sending", "uncertain"]);
        assert_eq!(from(|s| s.resent(T)), ["uncertain", "failed"]);
        assert_eq!(from(|s| s.uncertain(T)), ["sending"]);
        assert_eq!(from(|s| s.doubted(T)), ["deferred", "queued", "sending"]);
        assert_eq!(
            from(|s| s.failed("no".into())),
            ["queued", "sending", "uncertain"]
        );
        assert_eq!(from(|s| s.bounced(T)), ["sent", "uncertain"]);
    }

    #[test]
    fn a_snooze_never_outlasts_the_expiry() {
        let held = State::Held {
            expires_at: T,
            snoozed_until: None,
        };
        let later = T + crate::time::Span::from_days(1);
        let snoozed = held.snoozed(later);
        assert_eq!(
            snoozed,
            Ok(State::Held {
                expires_at: T,
                snoozed_until: Some(T)
            })
        );
    }

    #[test]
    fn a_hold_may_end_earlier_and_never_later() {
        let earlier = Timestamp::from_seconds(500);
        let held = |at| State::Held {
            expires_at: at,
            snoozed_until: Some(at),
        };
        assert_eq!(held(T).lapsing_by(earlier), held(earlier));
        assert_eq!(held(earlier).lapsing_by(T), held(earlier));
        let queued = State::Queued { due: T };
        assert_eq!(queued.clone().lapsing_by(earlier), queued);
    }

    #[test]
    fn states_are_read_back_from_json_and_by_name() {
        for state in every_state() {
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
            assert_eq!(state.name().as_str().parse(), Ok(state.name()));
        }
    }
}
