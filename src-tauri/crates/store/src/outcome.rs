//! How attempts end: the mark of the last dot, outcomes recipient by recipient, and what a crash
//! left open.

use domain::delivery::Phase;
use domain::journal::JournalKind;
use domain::{Actor, AttemptId, Digest, Outcome, RecipientOutcome, RecipientState, Timestamp};
use domain::{StateName, WrongState};
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, json};

use crate::asks::{Finish, Retry};
use crate::error::StoreError;
use crate::handle::Store;
use crate::reads::{attempt_columns, attempt_row};
use crate::reply::Reply;
use crate::rows::{Recovered, SubmissionRow};
use crate::sqlite::codec::{id, json as to_json, time_maybe};
use crate::sqlite::directory::need_mailbox;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::{Loaded, by_number};
use crate::sqlite::tx::{Entry, Step, Tx};

impl Store {
    /// Commits that the last dot is about to be sent. False if the attempt is no longer open: the
    /// dot must not be sent.
    pub fn final_dot(&self, attempt: AttemptId, now: Timestamp) -> Reply<bool> {
        self.write(move |tx| {
            let at = tx.at(now);
            let Some(open) = tx.open_attempt(attempt)? else {
                return Ok(false);
            };
            tx.conn
                .prepare_cached("UPDATE attempts SET final_dot_at = ?2 WHERE n = ?1")?
                .execute(params![open.n, at.micros()])?;
            let loaded = by_number(tx.conn, open.submission)?;
            let entry = Entry {
                at,
                actor: Actor::System,
                kind: JournalKind::FinalDot,
                subject: &loaded.row.id.to_string(),
            };
            tx.journal(entry, &json!({ "attempt": attempt }))?;
            Ok(true)
        })
    }

    /// Records how an attempt ended, recipient by recipient.
    ///
    /// Errors: [`StoreError::NotFound`] for an unknown attempt, [`StoreError::WrongState`] if it
    /// has ended already. One exception: an attempt given up as uncertain whose answer arrives
    /// after all is settled by that answer.
    pub fn finish(&self, ask: Finish) -> Reply<SubmissionRow> {
        self.write(move |tx| tx.finish(&ask))
    }

    /// Settles what an earlier process left on the wire: without the mark of the last dot nothing
    /// was accepted and it is queued again; with it, it is openly uncertain.
    pub fn recover(&self, now: Timestamp) -> Reply<Recovered> {
        self.write(move |tx| {
            let at = tx.at(now);
            let recovered = tx.abandon(at, None)?;
            let entry = Entry {
                at,
                actor: Actor::System,
                kind: JournalKind::Recovered,
                subject: "workspace",
            };
            let body = json!({
                "requeued": recovered.requeued.len(),
                "uncertain": recovered.uncertain.len(),
            });
            tx.journal(entry, &body)?;
            Ok(recovered)
        })
    }
}

/// An attempt that has not ended.
struct Open {
    n: i64,
    submission: i64,
    final_dot_at: Option<Timestamp>,
}

impl Tx<'_> {
    fn open_attempt(&self, id: AttemptId) -> Done<Option<Open>> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT n, submission, final_dot_at FROM attempts
                 WHERE id = ?1 AND ended_at IS NULL",
            )?
            .query_row([id.uuid().as_bytes()], |row| {
                Ok(Open {
                    n: row.get(0)?,
                    submission: row.get(1)?,
                    final_dot_at: time_maybe(row, 2)?,
                })
            })
            .optional()?)
    }

    fn finish(&mut self, ask: &Finish) -> Done<SubmissionRow> {
        let known = self
            .conn
            .prepare_cached(&format!("{} WHERE t.id = ?1", attempt_columns()))?
            .query_row([ask.attempt.uuid().as_bytes()], attempt_row)
            .optional()?;
        let (n, submission_n, attempt) = match known {
            Some((n, submission, attempt)) => (n, submission, attempt.read()?),
            None => return Err(Fault(StoreError::not_found("attempt", ask.attempt))),
        };
        let before = by_number(self.conn, submission_n)?;
        let late = attempt.ended_at.is_some();
        let evidence = late
            && attempt.number == before.attempts
            && before.row.state.name() == StateName::Uncertain;
        if late && !evidence {
            return Err(Fault(StoreError::WrongState(WrongState {
                step: "finish an attempt of",
                state: before.row.state.name(),
            })));
        }
        let at = self.at(ask.now);
        let mut after = before.clone();
        if evidence {
            after.set_recipients(RecipientState::Uncertain, RecipientState::Open);
        }
        finished(&mut after, &ask.outcome, &ask.retry, at)?;
        self.end_attempt(n, &before, &mut after, ask.attempt, &ask.outcome, at)?;
        Ok(by_number(self.conn, submission_n)?.row)
    }

    /// Ends an attempt and takes its submission to where the outcome leads, and what came in about
    /// it meanwhile.
    fn end_attempt(
        &mut self,
        n: i64,
        before: &Loaded,
        after: &mut Loaded,
        attempt: AttemptId,
        outcome: &Outcome,
        at: Timestamp,
    ) -> Done<()> {
        after.leased_until = None;
        let outcome_json = to_json(outcome)?;
        let salt: [u8; 16] = self
            .conn
            .prepare_cached("SELECT salt FROM attempts WHERE n = ?1")?
            .query_row([n], |row| row.get(0))?;
        self.conn
            .prepare_cached("UPDATE attempts SET ended_at = ?2, outcome = ?3 WHERE n = ?1")?
            .execute(params![n, at.micros(), outcome_json])?;
        let mut body = Map::new();
        body.insert("attempt".to_owned(), json!(attempt));
        body.insert("outcome".to_owned(), json!(outcome_word(outcome)));
        body.insert(
            "digest".to_owned(),
            json!(outcome_digest(&salt, &outcome_json)),
        );
        self.delivered(before, after, at)?;
        self.owe_copy(before, after, at)?;
        let (by, kind) = (Actor::System, JournalKind::Outcome);
        self.step(
            before,
            after,
            Step {
                at,
                actor: by,
                kind,
                body,
                judged: None,
            },
        )?;
        self.heard_meanwhile(after.n, n, at)
    }

    /// Notes contacts that the relay has just taken mail for. What a rehearsal delivered makes
    /// nobody known to other mailboxes: it went nowhere.
    pub fn delivered(&mut self, before: &Loaded, after: &Loaded, at: Timestamp) -> Done<()> {
        let mut put = self
            .conn
            .prepare_cached("UPDATE contacts SET delivered_at = ?2 WHERE n = ?1")?;
        let pairs = before.row.recipients.iter().zip(&after.row.recipients);
        let is_rehearsal = need_mailbox(self.conn, after.row.mailbox)?.rehearsal;
        let mut taken = 0;
        for ((was, is), contact) in pairs.zip(&after.contacts) {
            if is.state == RecipientState::Accepted && was.state != RecipientState::Accepted {
                if !is_rehearsal {
                    put.execute(params![contact, at.micros()])?;
                    self.know_domain(is.address.domain(), at)?;
                }
                taken += 1;
            }
        }
        if taken > 0 {
            self.note_sent(after, taken, at)?;
        }
        Ok(())
    }

    /// Ends open attempts nobody will hear of again: all of them, or those whose lease has ended.
    pub fn abandon(&mut self, at: Timestamp, leased_until: Option<Timestamp>) -> Done<Recovered> {
        let end = leased_until.map_or(i64::MAX, Timestamp::micros);
        let open: Vec<(Open, AttemptId)> = self
            .conn
            .prepare_cached(
                "SELECT n, submission, final_dot_at, id FROM attempts
                 WHERE ended_at IS NULL AND leased_until <= ?1 ORDER BY leased_until, n",
            )?
            .query_map([end], |row| {
                let open = Open {
                    n: row.get(0)?,
                    submission: row.get(1)?,
                    final_dot_at: time_maybe(row, 2)?,
                };
                Ok((open, id(row, 3, AttemptId::from_uuid)?))
            })?
            .collect::<Result<_, _>>()?;
        let mut recovered = Recovered::default();
        for (attempt, id) in open {
            let before = by_number(self.conn, attempt.submission)?;
            let mut after = before.clone();
            let outcome = match attempt.final_dot_at {
                None => Outcome::NotAccepted {
                    phase: Phase::Data,
                    reply: None,
                    reason: "the attempt was cut off before the message was complete".to_owned(),
                },
                Some(_) => Outcome::Unanswered {
                    reason: "the attempt was cut off between the last dot and the answer"
                        .to_owned(),
                    maybe: open_addresses(&before),
                    refused: Vec::new(),
                },
            };
            finished(&mut after, &outcome, &Retry::At(at), at)?;
            self.end_attempt(attempt.n, &before, &mut after, id, &outcome, at)?;
            let ended = by_number(self.conn, attempt.submission)?.row;
            match attempt.final_dot_at {
                None => recovered.requeued.push(ended.id),
                Some(_) if ended.state.name() == StateName::Uncertain => {
                    recovered.uncertain.push(ended.id);
                }
                Some(_) => {}
            }
        }
        Ok(recovered)
    }
}

fn open_addresses(loaded: &Loaded) -> Vec<domain::Address> {
    loaded
        .row
        .recipients
        .iter()
        .filter(|recipient| recipient.state.is_open())
        .map(|recipient| recipient.address.clone())
        .collect()
}

/// The salted digest of an outcome that the journal keeps.
pub(crate) fn outcome_digest(salt: &[u8], outcome: &str) -> Digest {
    Digest::of_parts([salt, outcome.as_bytes()])
}

const fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answered { .. } => "answered",
        Outcome::NotAccepted { .. } => "not_accepted",
        Outcome::Unanswered { .. } => "unanswered",
    }
}

/// Where an outcome leads: each recipient, then the submission.
fn finished(loaded: &mut Loaded, outcome: &Outcome, retry: &Retry, at: Timestamp) -> Done<()> {
    match outcome {
        Outcome::Answered { recipients } => {
            settle_recipients(loaded, recipients);
            rest(loaded, retry, at, || refusal(recipients))
        }
        Outcome::NotAccepted { reason, .. } => rest(loaded, retry, at, || reason.clone()),
        Outcome::Unanswered { maybe, refused, .. } => {
            settle_recipients(loaded, refused);
            for recipient in &mut loaded.row.recipients {
                if maybe.contains(&recipient.address) && recipient.state.is_open() {
                    recipient.state = RecipientState::Uncertain;
                    recipient.reply = None;
                }
            }
            // Evidence that says no more than was known leaves it as it is.
            if loaded.row.state.name() != StateName::Uncertain {
                loaded.row.state = loaded.row.state.clone().uncertain(at)?;
            }
            Ok(())
        }
    }
}

fn settle_recipients(loaded: &mut Loaded, outcomes: &[RecipientOutcome]) {
    for outcome in outcomes {
        for recipient in &mut loaded.row.recipients {
            if recipient.address == outcome.address {
                recipient.state = outcome.state;
                recipient.reply.clone_from(&outcome.reply);
            }
        }
    }
}

/// What becomes of a submission once an attempt's own recipients are settled: again for those
/// still open, or the end.
fn rest(
    loaded: &mut Loaded,
    retry: &Retry,
    at: Timestamp,
    refusal: impl FnOnce() -> String,
) -> Done<()> {
    let state = loaded.row.state.clone();
    let reason = match (loaded.any_open(), retry) {
        (true, Retry::At(due)) => {
            loaded.row.state = state.retried((*due).max(at))?;
            return Ok(());
        }
        (true, Retry::GiveUp(reason)) => {
            loaded.set_recipients(RecipientState::Open, RecipientState::Refused);
            loaded.set_recipients(RecipientState::Deferred, RecipientState::Refused);
            reason.clone()
        }
        (false, Retry::At(_) | Retry::GiveUp(_)) => refusal(),
    };
    if loaded.all_bounced() {
        loaded.row.state = state.sent(at)?.bounced(at)?;
    } else if loaded.any_accepted() {
        loaded.row.state = state.sent(at)?;
    } else {
        loaded.row.state = state.failed(reason)?;
        loaded.slot = None;
    }
    Ok(())
}

/// Why everybody was refused, in one sentence.
fn refusal(recipients: &[RecipientOutcome]) -> String {
    let first = recipients
        .iter()
        .find_map(|recipient| recipient.reply.as_ref());
    match first {
        Some(reply) => {
            let enhanced = reply.enhanced.as_deref().unwrap_or_default();
            format!(
                "the relay refused every recipient: {} {enhanced} {}",
                reply.code, reply.text
            )
        }
        None => "the relay refused every recipient".to_owned(),
    }
}
