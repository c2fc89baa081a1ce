//! Reviewing: what a person does with what was held, and with what nobody knows the end of.

use domain::facts::Moment;
use domain::journal::JournalKind;
use domain::{
    Actor, ApprovalHash, Decision, DecisionId, Facts, FindingKey, Span, SubmissionId, Timestamp,
    Verdict,
};
use domain::{StateName, WrongState};
use rusqlite::params;
use serde_json::{Map, Value, json};

use crate::admission::slot_of;
use crate::again::Again;
use crate::asks::{Approve, Revise};
use crate::erasure::must_have_bytes;
use crate::error::StoreError;
use crate::handle::Store;
use crate::message::{Prepared, open_rows};
use crate::reads::decision_row;
use crate::receipts::Receipt;
use crate::reply::Reply;
use crate::rows::{
    Answer, Approval, DecisionRow, Note, PublishedPolicy, Review, ReviewRow, SubmissionRow,
};
use crate::sqlite::codec::short;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::known::conversation_of;
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

    /// A person releases what a rule blocked, in writing: what was on screen is approved, its holds
    /// answered and its blocks released, as far as the judge lets them be.
    ///
    /// Errors: as [`Store::approve`]; [`StoreError::StillBlocked`] if a block stands, and then
    /// nothing is written.
    pub fn release(
        &self,
        ask: Approve,
        reason: String,
        hold_for: Span,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static,
    ) -> Reply<Answer> {
        self.write(move |tx| tx.release(&ask, &reason, hold_for, &judge))
    }

    /// A new version of a held ask: stored beside the old ones, judged again by all rules.
    ///
    /// Errors: as [`Store::approve`]; and [`StoreError::WrongState`] if part of it has left.
    pub fn revise(
        &self,
        ask: Revise,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static,
    ) -> Reply<Answer> {
        let (id, expected, by) = (ask.id, ask.expected, ask.by);
        self.new_version(ask, judge, move |tx, _| {
            let before = tx.held(id, expected, "edit")?;
            tx.may_touch(&before, by)?;
            Ok(before)
        })
    }

    /// A new version of one that waits for its time, or for a person: what was committed to leave
    /// is taken back first, with its slot and its approval, so that it is judged as asked for now.
    ///
    /// Errors: as [`Store::revise`]; [`StoreError::WrongState`] once a relay was tried.
    pub fn reschedule(
        &self,
        ask: Revise,
        hold_for: Span,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static,
    ) -> Reply<Answer> {
        let (id, expected, by) = (ask.id, ask.expected, ask.by);
        self.new_version(ask, judge, move |tx, at| {
            let before = need(tx.conn, id)?;
            tx.may_touch(&before, by)?;
            must_show(&before, expected)?;
            if before.attempts > 0 {
                return Err(wrong("reschedule", &before));
            }
            let mut after = before.clone();
            after.row.state = before.row.state.clone().rescheduled(at + hold_for)?;
            if after.row.state == before.row.state {
                return Ok(before);
            }
            after.release();
            let kind = JournalKind::Rescheduled;
            tx.moved(&before, after, at, by, kind, Map::new())?;
            need(tx.conn, id)
        })
    }

    /// Stores a new version of what `find` gives at its time.
    fn new_version(
        &self,
        ask: Revise,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static,
        find: impl FnOnce(&mut Tx<'_>, Timestamp) -> Done<Loaded> + Send + 'static,
    ) -> Reply<Answer> {
        let prepared = self.account_of_submission(ask.id).and_then(|account| {
            Prepared::new(ask.draft, ask.sealed, ask.scan, account).map_err(|Fault(error)| error)
        });
        match prepared {
            Ok(prepared) => {
                let (decision, by, now) = (ask.decision, ask.by, ask.now);
                self.write(move |tx| {
                    let at = tx.at(now);
                    let before = find(tx, at)?;
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
            after.ended(before.row.state.clone().rejected(reason.clone())?, at)?;
            after.release();
            after.row.review = Some(ReviewRow {
                outcome: Review::Rejected,
                reason: Some(reason),
                question: None,
                at,
            });
            tx.receipt(before.agent_n, Receipt::Rejected, 1)?;
            let body = shown(hash);
            tx.moved(
                &before,
                after,
                at,
                Actor::Operator,
                JournalKind::Rejected,
                body,
            )
        })
    }

    /// A person takes an approval back before it has left: held again, slot given back.
    pub fn undo(&self, id: SubmissionId, now: Timestamp, hold_for: Span) -> Reply<SubmissionRow> {
        self.write(move |tx| {
            let before = need(tx.conn, id)?;
            let at = tx.at(now);
            if !before.row.may_be_undone() {
                return Err(wrong("undo the approval of", &before));
            }
            let mut after = before.clone();
            after.row.state = before
                .row
                .state
                .clone()
                .undone(before.hold_ends(at, hold_for))?;
            match before.row.review.as_ref().map(|review| review.outcome) {
                Some(Review::Approved) => {
                    tx.receipt(before.agent_n, Receipt::Approved, -1)?;
                    tx.forget_approved(before.agent_n, before.n)?;
                }
                Some(Review::Edited) => {
                    tx.receipt(before.agent_n, Receipt::Edited, -1)?;
                    tx.forget_approved(before.agent_n, before.n)?;
                }
                Some(
                    Review::Rejected
                    | Review::Undone
                    | Review::Settled
                    | Review::Asked
                    | Review::Answered
                    | Review::Released,
                )
                | None => {}
            }
            after.release();
            after.row.review = Some(ReviewRow {
                outcome: Review::Undone,
                reason: None,
                question: None,
                at,
            });
            let body = Map::new();
            tx.moved(
                &before,
                after,
                at,
                Actor::Operator,
                JournalKind::Undone,
                body,
            )
        })
    }

    /// A person puts a held one out of sight until then, at most until it expires. With a hash,
    /// only what was on screen.
    pub fn snooze(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        until: Timestamp,
        now: Timestamp,
    ) -> Reply<SubmissionRow> {
        self.write(move |tx| {
            let before = need(tx.conn, id)?;
            must_show(&before, hash)?;
            let at = tx.at(now);
            let mut after = before.clone();
            after.row.state = before.row.state.clone().snoozed(until)?;
            let mut body = shown(hash);
            body.insert("until".to_owned(), json!(until.micros()));
            tx.moved(
                &before,
                after,
                at,
                Actor::Operator,
                JournalKind::Snoozed,
                body,
            )
        })
    }
}

pub(crate) fn wrong(step: &'static str, loaded: &Loaded) -> Fault {
    Fault(StoreError::WrongState(WrongState {
        step,
        state: loaded.row.state.name(),
    }))
}

/// What was on screen, if anything was, is what would leave.
pub(crate) fn must_show(loaded: &Loaded, hash: Option<ApprovalHash>) -> Done<()> {
    match hash {
        Some(hash) if hash != loaded.row.hash => Err(Fault(StoreError::Stale {
            current: loaded.row.hash,
        })),
        Some(_) | None => Ok(()),
    }
}

/// What a person's approval covers besides the exact bytes.
struct Approving {
    /// Holds that were on screen.
    answered: Vec<FindingKey>,
    /// Blocks they released in writing.
    released: Vec<FindingKey>,
}

pub(crate) fn shown(hash: Option<ApprovalHash>) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("shown".to_owned(), json!(hash));
    body
}

impl Tx<'_> {
    /// A held submission whose hash is the one that was on screen, if one was.
    pub fn held(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        step: &'static str,
    ) -> Done<Loaded> {
        let loaded = need(self.conn, id)?;
        if loaded.row.state.name() != StateName::Held {
            return Err(wrong(step, &loaded));
        }
        must_show(&loaded, hash)?;
        Ok(loaded)
    }

    fn approve(
        &mut self,
        ask: &Approve,
        judge: &impl Fn(&PublishedPolicy, &Facts) -> Decision,
    ) -> Done<Answer> {
        let before = self.held(ask.id, Some(ask.hash), "approve")?;
        let shown = self.decision_shown(&before, ask)?;
        let approving = Approving {
            answered: shown.open_holds(),
            released: before.released.clone(),
        };
        let (at, due, judged) = self.approving(&before, ask, &approving, judge)?;
        let mut after = before.clone();
        after.row.state = before
            .row
            .state
            .clone()
            .judged_again(&judged.decision, due)?;
        let body = self.approved_body(ask, &approving);
        if after.row.state.name().is_committed() {
            let edited = self.edited_by_person(before.n)?;
            let (outcome, receipt) = match edited {
                true => (Review::Edited, Receipt::Edited),
                false => (Review::Approved, Receipt::Approved),
            };
            self.commit(&mut after, ask, approving, &judged, (at, due), outcome);
            self.receipt(after.agent_n, receipt, 1)?;
            self.keep_approved(after.agent_n, after.n)?;
        }
        let (actor, kind) = (Actor::Operator, JournalKind::Approved);
        let step = Step {
            at,
            actor,
            kind,
            body,
            judged: Some(&judged),
        };
        self.step(&before, &mut after, step)?;
        if after.slot.is_some() {
            self.note_hosts(&after, &judged.facts.scan)?;
            self.answered_by_hand(&after, at)?;
        }
        Ok(answer(after, judged, at))
    }

    fn release(
        &mut self,
        ask: &Approve,
        reason: &str,
        hold_for: Span,
        judge: &impl Fn(&PublishedPolicy, &Facts) -> Decision,
    ) -> Done<Answer> {
        let before = need(self.conn, ask.id)?;
        must_show(&before, Some(ask.hash))?;
        must_have_bytes(self, before.version_n, "released")?;
        let shown = self.decision_shown(&before, ask)?;
        let approving = Approving {
            answered: shown.open_holds(),
            released: shown.blocks(),
        };
        if before.any_accepted() || approving.released.is_empty() {
            return Err(wrong("release", &before));
        }
        let (at, due, judged) = self.approving(&before, ask, &approving, judge)?;
        if judged.decision.verdict == Verdict::Block {
            let sentence = judged
                .decision
                .primary()
                .map(|block| block.sentence.clone());
            return Err(Fault(StoreError::StillBlocked {
                sentence: sentence.unwrap_or_default(),
            }));
        }
        let mut after = before.clone();
        let state = before.row.state.clone();
        let hold_until = before.hold_ends(at, hold_for);
        after.row.state = state.released(&judged.decision, due, hold_until)?;
        let mut body = self.approved_body(ask, &approving);
        let note = self.put_note(before.n, at, Actor::Operator, Note::Override, reason)?;
        body.insert("note".to_owned(), json!(note));
        let rules: Vec<&str> = approving
            .released
            .iter()
            .map(|key| key.rule.as_str())
            .collect();
        body.insert("released".to_owned(), json!(rules));
        let outcome = Review::Released;
        match after.row.state.name().is_committed() {
            true => {
                self.commit(&mut after, ask, approving, &judged, (at, due), outcome);
                if let Some(review) = &mut after.row.review {
                    review.reason = Some(reason.to_owned());
                }
            }
            // Held for something else: the release stands for when that is approved, and a question
            // that was asked stays asked.
            false => after.released = approving.released,
        }
        let (actor, kind) = (Actor::Operator, JournalKind::Override);
        let step = Step {
            at,
            actor,
            kind,
            body,
            judged: Some(&judged),
        };
        self.step(&before, &mut after, step)?;
        if after.slot.is_some() {
            self.note_hosts(&after, &judged.facts.scan)?;
            self.answered_by_hand(&after, at)?;
        }
        Ok(answer(after, judged, at))
    }

    /// The decision that was on screen, if it still is the latest.
    fn decision_shown(&self, before: &Loaded, ask: &Approve) -> Done<Decision> {
        if ask.shown.is_some_and(|shown| shown != before.row.decision) {
            return Err(Fault(StoreError::JudgedAgain));
        }
        Ok(decision_row(self.conn, before.decision_n)?.decision)
    }

    /// Judges what a person lets go: when, when it would leave, and what the rules say.
    fn approving(
        &mut self,
        before: &Loaded,
        ask: &Approve,
        approving: &Approving,
        judge: &impl Fn(&PublishedPolicy, &Facts) -> Decision,
    ) -> Done<(Timestamp, Timestamp, Judged)> {
        let at = self.at(ask.now);
        // As long after the instant judged for as it was after the clock: a clock set back does not
        // take the time to undo away.
        let due = (at + ask.due.since(ask.now)).max(before.row.send_at.unwrap_or(at));
        let again = Again {
            moment: Moment::Approval,
            at,
            due,
            approved: Some(ask.hash),
            answered: &approving.answered,
            released: &approving.released,
            scan: &self.scan(before)?,
        };
        let facts = self.facts_again(before, &again)?;
        let decision = judge(&self.policy()?, &facts);
        Ok((at, due, self.judged(ask.decision, decision, facts)?))
    }

    fn approved_body(&self, ask: &Approve, approving: &Approving) -> Map<String, Value> {
        let mut body = shown(Some(ask.hash));
        let rules: Vec<&str> = approving
            .answered
            .iter()
            .map(|key| key.rule.as_str())
            .collect();
        body.insert("answered".to_owned(), json!(rules));
        body
    }

    /// What a person let go is committed to leave.
    fn commit(
        &self,
        after: &mut Loaded,
        ask: &Approve,
        approving: Approving,
        judged: &Judged,
        (at, due): (Timestamp, Timestamp),
        outcome: Review,
    ) {
        after.slot = slot_of(&judged.decision, due);
        after.points = judged.decision.risk_points();
        after.row.points = after.points;
        after.row.approved = Some(Approval {
            hash: ask.hash,
            at,
            decision: judged.id,
            tried: false,
        });
        after.answered = approving.answered;
        after.released = approving.released;
        after.row.review = Some(ReviewRow {
            outcome,
            reason: None,
            question: None,
            at,
        });
    }

    /// True if a person wrote it anew. What they wrote in the first place is no edit.
    fn edited_by_person(&self, submission: i64) -> Done<bool> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT 1 FROM versions WHERE submission = ?1 AND by = 'operator' AND number > 1",
            )?
            .exists([submission])?)
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
        after.conversation = conversation_of(self.conn, draft)?.or(before.conversation);
        self.conn
            .prepare_cached("UPDATE submissions SET conversation = ?2 WHERE n = ?1")?
            .execute(params![before.n, after.conversation])?;
        let row = &mut after.row;
        row.version += 1;
        row.hash = prepared.hash;
        row.message_id.clone_from(&prepared.sealed.message_id);
        row.subject.clone_from(&draft.subject);
        row.reason.clone_from(&draft.reason);
        row.tags.clone_from(&draft.tags);
        row.stream = draft.stream;
        row.send_at = draft.send_at;
        row.if_latest.clone_from(&draft.if_latest);
        row.send_by = draft.send_by.unwrap_or(row.send_by);
        row.recipients = open_rows(&prepared.recipients);
        let (version_n, told) = self.put_version(before.n, after.row.version, at, by, prepared)?;
        after.version_n = version_n;
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
            released: &[],
            scan: &prepared.scan,
        };
        let facts = self.facts_again(&after, &again)?;
        let decided = judge(&self.policy()?, &facts);
        let judged = self.judged(decision, decided, facts)?;
        after.row.state = before
            .row
            .state
            .clone()
            .judged_again(&judged.decision, due)?
            .lapsing_by(after.hold_lasts());
        if after.row.state.name().is_committed() {
            after.slot = slot_of(&judged.decision, due);
            after.points = judged.decision.risk_points();
            after.row.points = after.points;
        }
        match by {
            Actor::Operator => {
                after.row.review = Some(ReviewRow {
                    outcome: Review::Edited,
                    reason: None,
                    question: None,
                    at,
                });
            }
            // A new version is an answer too.
            Actor::Agent(_) | Actor::System => {
                after.row.answered();
            }
        }
        let mut body = shown(Some(before.row.hash));
        body.insert("told".to_owned(), json!(told));
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
        if after.slot.is_some() {
            self.note_hosts(&after, &prepared.scan)?;
        }
        Ok(answer(after, judged, at))
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
