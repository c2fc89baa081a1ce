//! Reviewing: what a person does with what was held, and with what nobody knows the end of.

use domain::facts::{Moment, SubmissionFacts};
use domain::journal::JournalKind;
use domain::submission::{Settlement, State, StateName, WrongState};
use domain::{
    Actor, ApprovalHash, Decision, DecisionId, Facts, FindingKey, RecipientState, Scan, Span,
    SubmissionId, Timestamp, limits,
};
use serde_json::{Map, Value, json};

use crate::admission::slot_of;
use crate::asks::{Approve, Revise};
use crate::error::StoreError;
use crate::handle::Store;
use crate::message::{Prepared, open_rows};
use crate::reads::open_holds;
use crate::reply::Reply;
use crate::rows::{
    Answer, Approval, DecisionRow, PublishedPolicy, Review, ReviewRow, SubmissionRow,
};
use crate::sqlite::codec::{from_json, short};
use crate::sqlite::facts::{Asked, Own, gather};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::ledger::Keys;
use crate::sqlite::submissions::{Loaded, need};
use crate::sqlite::tx::{Judged, Step, Tx};

impl Store {
    /// A person approves what was on screen: all rules run again, and it is queued, deferred, or
    /// still held with the new finding.
    ///
    /// Errors: [`StoreError::WrongState`] if it is not held, [`StoreError::Stale`] if it was
    /// changed since it was shown.
    pub fn approve(
        &self,
        ask: Approve,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static,
    ) -> Reply<Answer> {
        self.write(move |tx| tx.approve(&ask, &judge))
    }

    /// A new version of a held ask: stored beside the old ones, judged again by all rules.
    ///
    /// Errors: as [`Store::approve`]; and [`StoreError::WrongState`] if part of it has left.
    pub fn revise(
        &self,
        ask: Revise,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static,
    ) -> Reply<Answer> {
        let prepared = self.account_of_submission(ask.id).and_then(|account| {
            Prepared::new(ask.draft, ask.sealed, ask.scan, account).map_err(|Fault(error)| error)
        });
        match prepared {
            Ok(prepared) => {
                let (id, expected, decision) = (ask.id, ask.expected, ask.decision);
                let (by, now) = (ask.by, ask.now);
                self.write(move |tx| {
                    let before = tx.held(id, expected, "edit")?;
                    tx.may_touch(&before, by)?;
                    let at = tx.at(now);
                    tx.revise(&before, &prepared, decision, by, at, &judge)
                })
            }
            Err(error) => Reply::ready(Err(error)),
        }
    }

    fn account_of_submission(&self, id: SubmissionId) -> Result<domain::AccountId, StoreError> {
        self.read(|conn| Ok(need(conn, id)?.row.account))
    }

    /// A person refuses; the agent is told `reason`. With a hash, only what was on screen.
    pub fn reject(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        reason: String,
        now: Timestamp,
    ) -> Reply<SubmissionRow> {
        self.write(move |tx| {
            let before = tx.held(id, hash, "reject")?;
            let at = tx.at(now);
            let mut after = before.clone();
            after.row.state = before.row.state.clone().rejected(reason.clone())?;
            after.release();
            after.row.review = Some(ReviewRow {
                outcome: Review::Rejected,
                reason: Some(reason),
                at,
            });
            let body = shown(hash);
            tx.step(
                &before,
                &mut after,
                Step {
                    at,
                    actor: Actor::Operator,
                    kind: JournalKind::Rejected,
                    body,
                    judged: None,
                },
            )?;
            Ok(after.row)
        })
    }

    /// A person takes an approval back before it has left: held again, slot given back.
    pub fn undo(&self, id: SubmissionId, now: Timestamp, hold_for: Span) -> Reply<SubmissionRow> {
        self.write(move |tx| {
            let before = need(tx.conn, id)?;
            let at = tx.at(now);
            if before.row.approved.is_none() || before.attempts > 0 {
                return Err(wrong("undo the approval of", &before));
            }
            let mut after = before.clone();
            after.row.state = before.row.state.clone().undone(at + hold_for)?;
            after.release();
            after.row.review = Some(ReviewRow {
                outcome: Review::Undone,
                reason: None,
                at,
            });
            let (by, body) = (Actor::Operator, Map::new());
            tx.step(
                &before,
                &mut after,
                Step {
                    at,
                    actor: by,
                    kind: JournalKind::Undone,
                    body,
                    judged: None,
                },
            )?;
            Ok(after.row)
        })
    }

    /// A person puts a held one out of sight until then, at most until it expires.
    pub fn snooze(
        &self,
        id: SubmissionId,
        until: Timestamp,
        now: Timestamp,
    ) -> Reply<SubmissionRow> {
        self.write(move |tx| {
            let before = need(tx.conn, id)?;
            let at = tx.at(now);
            let mut after = before.clone();
            after.row.state = before.row.state.clone().snoozed(until)?;
            let mut body = Map::new();
            body.insert("until".to_owned(), json!(until.micros()));
            tx.step(
                &before,
                &mut after,
                Step {
                    at,
                    actor: Actor::Operator,
                    kind: JournalKind::Snoozed,
                    body,
                    judged: None,
                },
            )?;
            Ok(after.row)
        })
    }

    /// A person settles an uncertain delivery; or has a failed one sent again, or sees it off
    /// ([`Settlement::GiveUp`] leaves it failed and takes it from the counts).
    pub fn settle(
        &self,
        id: SubmissionId,
        how: Settlement,
        now: Timestamp,
    ) -> Reply<SubmissionRow> {
        self.write(move |tx| {
            let before = need(tx.conn, id)?;
            match before.row.state.name() {
                StateName::Uncertain | StateName::Failed => {}
                // What is on the wire settles itself; the domain's steps from there are not a
                // person's to take.
                StateName::Sending
                | StateName::Observed
                | StateName::Held
                | StateName::Deferred
                | StateName::Queued
                | StateName::Sent
                | StateName::Bounced
                | StateName::Blocked
                | StateName::Rejected
                | StateName::Expired
                | StateName::Cancelled => return Err(wrong("settle", &before)),
            }
            let at = tx.at(now);
            let mut after = before.clone();
            settled(&mut after, how, at)?;
            after.row.review = Some(ReviewRow {
                outcome: Review::Settled,
                reason: None,
                at,
            });
            let mut body = Map::new();
            body.insert("how".to_owned(), json!(how));
            tx.delivered(&before, &after, at)?;
            tx.step(
                &before,
                &mut after,
                Step {
                    at,
                    actor: Actor::Operator,
                    kind: JournalKind::Settled,
                    body,
                    judged: None,
                },
            )?;
            Ok(after.row)
        })
    }
}

fn wrong(step: &'static str, loaded: &Loaded) -> Fault {
    Fault(StoreError::WrongState(WrongState {
        step,
        state: loaded.row.state.name(),
    }))
}

fn shown(hash: Option<ApprovalHash>) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("shown".to_owned(), json!(hash));
    body
}

/// The step a settlement is, recipient by recipient.
fn settled(loaded: &mut Loaded, how: Settlement, at: Timestamp) -> Done<()> {
    let state = loaded.row.state.clone();
    let failed = state.name() == StateName::Failed;
    match how {
        Settlement::Sent => {
            loaded.set_recipients(RecipientState::Uncertain, RecipientState::Accepted);
            let settled = state.clone().sent(at)?;
            // Some were refused for now before the wire broke: they are still to be written to.
            loaded.row.state = if loaded.any_open() {
                state.retried(at)?
            } else {
                settled
            };
        }
        Settlement::Resend => {
            loaded.set_recipients(RecipientState::Uncertain, RecipientState::Open);
            if failed {
                loaded.set_recipients(RecipientState::Refused, RecipientState::Open);
            }
            loaded.row.state = state.resent(at)?;
            loaded.slot = loaded.slot.or(Some(at));
            loaded.seen = false;
        }
        Settlement::GiveUp if failed => loaded.seen = true,
        Settlement::GiveUp => {
            loaded.row.state = state.failed("given up by a person".to_owned())?;
            loaded.seen = true;
        }
    }
    Ok(())
}

impl Loaded {
    /// Moves every recipient that stands at `from`.
    pub fn set_recipients(&mut self, from: RecipientState, to: RecipientState) {
        for recipient in &mut self.row.recipients {
            if recipient.state == from {
                recipient.state = to;
            }
        }
    }

    /// Until when it may still leave. `send_by` bounds the wait for a slot; once a relay was tried,
    /// it is tried until delivery is given up.
    fn patience(&self) -> Timestamp {
        let given_up = |first| first + limits::DELIVERY_GIVE_UP;
        let end = self.first_attempt_at.map_or(self.row.send_by, given_up);
        end.max(self.row.send_by)
    }

    /// True if someone is still to be written to.
    pub fn any_open(&self) -> bool {
        self.row
            .recipients
            .iter()
            .any(|recipient| is_open(recipient.state))
    }
}

/// True for a recipient who is still to be written to.
pub(crate) const fn is_open(state: RecipientState) -> bool {
    match state {
        RecipientState::Open | RecipientState::Deferred => true,
        RecipientState::Accepted
        | RecipientState::Refused
        | RecipientState::Uncertain
        | RecipientState::Bounced => false,
    }
}

/// On which occasion a stored submission is judged again, and with what of it.
pub(crate) struct Again<'a> {
    pub moment: Moment,
    pub at: Timestamp,
    pub due: Timestamp,
    /// The approval it is judged under.
    pub approved: Option<ApprovalHash>,
    /// Holds that were on screen with it.
    pub answered: &'a [FindingKey],
    /// What reading the current version found.
    pub scan: &'a Scan,
}

impl Tx<'_> {
    /// A held submission whose hash is the one that was on screen, if one was.
    fn held(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        step: &'static str,
    ) -> Done<Loaded> {
        let loaded = need(self.conn, id)?;
        if loaded.row.state.name() != StateName::Held {
            return Err(wrong(step, &loaded));
        }
        match hash {
            Some(hash) if hash != loaded.row.hash => Err(Fault(StoreError::Stale {
                current: loaded.row.hash,
            })),
            Some(_) | None => Ok(loaded),
        }
    }

    fn approve(
        &mut self,
        ask: &Approve,
        judge: &impl Fn(&PublishedPolicy, &Facts) -> Decision,
    ) -> Done<Answer> {
        let before = self.held(ask.id, Some(ask.hash), "approve")?;
        let at = self.at(ask.now);
        // As long after the instant judged for as it was after the clock: a clock set back does not
        // take the time to undo away.
        let due = (at + ask.due.since(ask.now)).max(before.row.send_at.unwrap_or(at));
        let answered = open_holds(self.conn, before.decision_n)?;
        let again = Again {
            moment: Moment::Approval,
            at,
            due,
            approved: Some(ask.hash),
            answered: &answered,
            scan: &self.scan(before.version_n)?,
        };
        let facts = self.facts_again(&before, &again)?;
        let decision = judge(&self.policy()?, &facts);
        let judged = self.judged(ask.decision, decision, facts)?;

        let mut after = before.clone();
        after.row.state = before
            .row
            .state
            .clone()
            .judged_again(&judged.decision, due)?;
        let mut body = shown(Some(ask.hash));
        let rules: Vec<&str> = answered.iter().map(|key| key.rule.as_str()).collect();
        body.insert("answered".to_owned(), json!(rules));
        if is_committed(&after.row.state) {
            let outcome = match before.row.review.as_ref().map(|review| review.outcome) {
                Some(Review::Edited) => Review::Edited,
                Some(Review::Approved | Review::Rejected | Review::Undone | Review::Settled)
                | None => Review::Approved,
            };
            after.slot = slot_of(&judged.decision, due);
            after.row.approved = Some(Approval {
                hash: ask.hash,
                at,
                decision: judged.id,
            });
            after.answered = answered;
            after.row.review = Some(ReviewRow {
                outcome,
                reason: None,
                at,
            });
        }
        let (by, kind) = (Actor::Operator, JournalKind::Approved);
        self.step(
            &before,
            &mut after,
            Step {
                at,
                actor: by,
                kind,
                body,
                judged: Some(&judged),
            },
        )?;
        Ok(answer(after, judged, at))
    }

    fn revise(
        &mut self,
        before: &Loaded,
        prepared: &Prepared,
        decision: DecisionId,
        by: Actor,
        at: Timestamp,
        judge: &impl Fn(&PublishedPolicy, &Facts) -> Decision,
    ) -> Done<Answer> {
        if before.any_accepted() {
            return Err(wrong("edit", before));
        }
        let draft = &prepared.draft;
        let mut after = before.clone();
        after.release();
        after.content = short(&prepared.scan.content);
        let row = &mut after.row;
        row.version += 1;
        row.hash = prepared.hash;
        row.message_id.clone_from(&prepared.sealed.message_id);
        row.subject.clone_from(&draft.subject);
        row.reason.clone_from(&draft.reason);
        row.tags.clone_from(&draft.tags);
        row.stream = draft.stream;
        row.send_at = draft.send_at;
        row.send_by = draft.send_by.unwrap_or(row.send_by);
        row.recipients = open_rows(&prepared.recipients);
        after.version_n = self.put_version(before.n, after.row.version, at, by, prepared)?;
        self.conn
            .prepare_cached("DELETE FROM recipients WHERE submission = ?1")?
            .execute([before.n])?;
        after.contacts = self.put_recipients(before.n, prepared)?;

        let due = draft.send_at.unwrap_or(at).max(at);
        let again = Again {
            moment: Moment::Revision,
            at,
            due,
            approved: None,
            answered: &[],
            scan: &prepared.scan,
        };
        let facts = self.facts_again(&after, &again)?;
        let decided = judge(&self.policy()?, &facts);
        let judged = self.judged(decision, decided, facts)?;
        after.row.state = before
            .row
            .state
            .clone()
            .judged_again(&judged.decision, due)?;
        if is_committed(&after.row.state) {
            after.slot = slot_of(&judged.decision, due);
        }
        if by == Actor::Operator {
            after.row.review = Some(ReviewRow {
                outcome: Review::Edited,
                reason: None,
                at,
            });
        }
        let body = shown(Some(before.row.hash));
        self.step(
            before,
            &mut after,
            Step {
                at,
                actor: by,
                kind: JournalKind::Revised,
                body,
                judged: Some(&judged),
            },
        )?;
        Ok(answer(after, judged, at))
    }

    /// What reading a stored version found.
    pub fn scan(&self, version_n: i64) -> Done<Scan> {
        let text: String = self
            .conn
            .prepare_cached("SELECT scan FROM versions WHERE n = ?1")?
            .query_row([version_n], |row| row.get(0))?;
        from_json("a version", &text)
    }

    /// The facts for judging a stored submission again: it sees neither itself nor what was
    /// committed after it.
    pub fn facts_again(&mut self, loaded: &Loaded, again: &Again<'_>) -> Done<Facts> {
        let conn = self.conn;
        let row = &loaded.row;
        let agent = self.memory.directory.agent(conn, row.agent)?;
        let mailbox = self.memory.directory.mailbox(conn, row.mailbox)?;
        let keys = Keys {
            mailbox: loaded.mailbox_n,
            agent: loaded.agent_n,
        };
        let held = self
            .memory
            .ledger
            .tally(conn, loaded.agent_n, StateName::Held)?;
        let own_held = u32::from(row.state.name() == StateName::Held);
        let folded: Vec<String> = row.recipients.iter().map(|r| r.address.folded()).collect();
        // Whoever has it already is no longer asked about.
        let recipients = row
            .recipients
            .iter()
            .zip(&folded)
            .filter(|(recipient, _)| is_open(recipient.state))
            .map(|(recipient, folded)| (&recipient.address, folded.as_str()))
            .collect();
        gather(
            conn,
            Asked {
                at: again.at,
                moment: again.moment,
                paused_at: self.memory.directory.paused_at(conn)?,
                agent: &agent,
                held: held.saturating_sub(own_held),
                mailbox: &mailbox,
                submission: SubmissionFacts {
                    id: Some(row.id),
                    hash: row.hash,
                    stream: row.stream,
                    keyed: row.keyed,
                    asked_at: row.asked_at,
                    send_at: row.send_at,
                    send_by: loaded.patience(),
                    approved: again.approved,
                    answered: again.answered.to_vec(),
                    due: again.due,
                    slot: loaded.slot,
                    if_latest: None,
                    released: Vec::new(),
                },
                scan: again.scan,
                recipients,
                usage: self
                    .memory
                    .ledger
                    .usage(conn, keys, again.at, loaded.slot)?,
                own: Own {
                    n: loaded.n,
                    commit_seq: loaded.commit_seq,
                },
            },
        )
    }
}

const fn is_committed(state: &State) -> bool {
    match state {
        State::Queued { .. } | State::Deferred { .. } => true,
        State::Observed
        | State::Held { .. }
        | State::Sending { .. }
        | State::Sent { .. }
        | State::Uncertain { .. }
        | State::Bounced { .. }
        | State::Blocked
        | State::Rejected { .. }
        | State::Expired
        | State::Cancelled
        | State::Failed { .. } => false,
    }
}

fn answer(after: Loaded, judged: Judged, at: Timestamp) -> Answer {
    Answer {
        decision: DecisionRow {
            id: judged.id,
            submission: after.row.id,
            at,
            moment: judged.facts.moment,
            decision: judged.decision,
            facts: judged.facts,
        },
        submission: after.row,
    }
}
