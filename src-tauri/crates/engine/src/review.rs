//! A person decides: approve, edit, reject, undo, snooze, settle.

use std::sync::Arc;

use domain::submission::Settlement;
use domain::{
    Actor, Agent, ApprovalHash, Attachment, Code, DecisionId, Draft, NamedAddress, Problem, Span,
    SubmissionId, Timestamp, limits,
};
use store::{Answer, Approve, Revise, SubmissionRow};

use crate::guarded::Protected;
use crate::open::Engine;
use crate::outcome::next_step;
use crate::problems;
use crate::query::may_see;
use crate::submit::{Ask, Submitted, returning, send_by};
use crate::thread;

/// What a person changed about a message.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Visible recipients.
    pub to: Vec<NamedAddress>,
    /// Visible copies.
    pub cc: Vec<NamedAddress>,
    /// Hidden copies.
    pub bcc: Vec<NamedAddress>,
    /// Where answers go.
    pub reply_to: Vec<NamedAddress>,
    /// Subject.
    pub subject: String,
    /// Plain text body.
    pub text: Option<String>,
    /// HTML body.
    pub html: Option<String>,
    /// Which attachments of the version edited stay, by index.
    pub keep_attachments: Vec<usize>,
}

impl Engine {
    /// Approves exactly the message with this hash: all rules run again, the holds that were on
    /// screen are answered, and it leaves after the undo window, or waits for its slot, or stays
    /// held with a new finding.
    ///
    /// # Errors
    /// `stale_hash` if what would leave is no longer that, `wrong_state` if it is not held.
    pub async fn approve(&self, id: SubmissionId, hash: ApprovalHash) -> Result<Answer, Problem> {
        self.approve_shown(id, hash, None).await
    }

    /// The same, and only if `shown` is still the latest decision: the reasons on screen are the
    /// ones that are answered.
    ///
    /// # Errors
    /// As [`Engine::approve`]; `stale_hash` also if it was judged again since.
    pub async fn approve_shown(
        &self,
        id: SubmissionId,
        hash: ApprovalHash,
        shown: Option<DecisionId>,
    ) -> Result<Answer, Problem> {
        let (ask, _) = self.approval(id, hash, shown).await?;
        let judge = self.inner.judge.evaluate();
        self.act(self.inner.store.approve(ask, judge)).await
    }

    /// Releases what an overridable rule blocked, with the reason a person typed; it is recorded as
    /// an override, and everything else is judged again as for an approval.
    ///
    /// # Errors
    /// As [`Engine::approve_shown`]; `invalid_field` without a reason, `wrong_state` if nothing
    /// blocks it or the block is not one that can be released.
    pub async fn release(
        &self,
        id: SubmissionId,
        hash: ApprovalHash,
        shown: Option<DecisionId>,
        reason: String,
    ) -> Result<Answer, Problem> {
        said(&reason, "the reason for a release", "/reason")?;
        let (ask, hold_for) = self.approval(id, hash, shown).await?;
        let judge = self.inner.judge.evaluate();
        self.act(self.inner.store.release(ask, reason, hold_for, judge))
            .await
    }

    async fn approval(
        &self,
        id: SubmissionId,
        hash: ApprovalHash,
        shown: Option<DecisionId>,
    ) -> Result<(Approve, Span), Problem> {
        let now = self.now();
        let terms = self.terms().await?;
        let ask = Approve {
            id,
            hash,
            shown,
            decision: DecisionId::new(self.inner.ids.as_ref(), now),
            now,
            due: now + terms.undo_window,
        };
        Ok((ask, terms.hold_for))
    }

    /// Replaces a held message by a new version, composed, hashed and judged again.
    ///
    /// # Errors
    /// `stale_hash` if it was edited meanwhile, `wrong_state` if it is not held, and everything
    /// that can be wrong with a message.
    pub async fn edit(
        &self,
        id: SubmissionId,
        expected: ApprovalHash,
        change: Edit,
    ) -> Result<Answer, Problem> {
        let now = self.now();
        let write = move |_: &SubmissionRow, before: Draft| changed(before, change);
        let revise = self
            .new_version(id, Actor::Operator, Some(expected), now, write)
            .await?;
        let judge = self.inner.judge.evaluate();
        self.act(self.inner.store.revise(revise, judge)).await
    }

    /// An agent replaces a held message of its own by another that says it better; judged again by
    /// all rules. What a person asked about it is answered with that.
    ///
    /// # Errors
    /// `not_found` for one that is not its own, `wrong_state` if it is not held, `invalid_field`
    /// for another mailbox or an idempotency key of its own, and everything that can be wrong with
    /// a message.
    pub async fn revise(
        &self,
        agent: &Agent,
        id: SubmissionId,
        ask: Ask,
    ) -> Result<Submitted, Problem> {
        let now = self.now();
        let Ask {
            mailbox,
            dedupe_key,
            key_lasts: _,
            request: _,
            draft,
        } = ask;
        if dedupe_key.is_some() {
            let detail = "a revision goes with the submission it revises and has no key of its own";
            return Err(Problem::new(Code::InvalidField, detail).at("/dedupe_key"));
        }
        let terms = self.terms().await?;
        let draft = Draft {
            send_by: Some(send_by(&draft, now, terms.hold_for)?),
            ..draft
        };
        let (store, asker) = (self.inner.store.clone(), agent.clone());
        let write = move |row: &SubmissionRow, _: Draft| {
            if row.mailbox_address != mailbox {
                let detail = format!(
                    "a revision stays with its mailbox, `{}`; ask anew to send as another",
                    row.mailbox_address
                );
                return Err(Problem::new(Code::InvalidField, detail).at("/mailbox"));
            }
            let mailbox = store.mailbox(row.mailbox).map_err(problems::from_store)?;
            let mailbox = mailbox.ok_or_else(|| problems::not_found("mailbox"))?;
            thread::placed(&store, Some(&asker), &mailbox, draft)
        };
        let revise = self
            .new_version(id, Actor::Agent(agent.id), None, now, write)
            .await?;
        let judge = self.inner.judge.evaluate();
        let answer = self.act(self.inner.store.revise(revise, judge)).await?;
        self.revised(agent, answer).await
    }

    /// An agent gives a message of its own that has not left another time; judged again by all
    /// rules, as asked for now. What a person approved for the time before waits for them again.
    ///
    /// # Errors
    /// `not_found` for one that is not its own, `wrong_state` once it is on its way or at its end,
    /// `invalid_field` for a time that is too far ahead.
    pub async fn reschedule(
        &self,
        agent: &Agent,
        id: SubmissionId,
        send_at: Timestamp,
    ) -> Result<Submitted, Problem> {
        let now = self.now();
        let hold_for = self.terms().await?.hold_for;
        let write = move |_: &SubmissionRow, before: Draft| {
            let mut draft = Draft {
                send_at: Some(send_at),
                send_by: None,
                // Its bytes stand under another approval: composed here, whoever did before.
                composed: None,
                ..before
            };
            draft.send_by = Some(send_by(&draft, now, hold_for)?);
            Ok(draft)
        };
        let revise = self
            .new_version(id, Actor::Agent(agent.id), None, now, write)
            .await?;
        let judge = self.inner.judge.evaluate();
        let moved = self.inner.store.reschedule(revise, hold_for, judge);
        let answer = self.act(moved).await?;
        self.revised(agent, answer).await
    }

    async fn revised(&self, agent: &Agent, answer: Answer) -> Result<Submitted, Problem> {
        self.heed_canary(agent.id, &answer.decision.decision)
            .await?;
        Ok(Submitted {
            next: next_step(&answer.submission, &answer.decision.decision),
            row: answer.submission,
            decision: answer.decision,
            replayed: false,
        })
    }

    /// Composes and scans what `write` makes of the latest version.
    async fn new_version(
        &self,
        id: SubmissionId,
        by: Actor,
        expected: Option<ApprovalHash>,
        now: Timestamp,
        write: impl FnOnce(&SubmissionRow, Draft) -> Result<Draft, Problem> + Send + 'static,
    ) -> Result<Revise, Problem> {
        let (store, ids) = (self.inner.store.clone(), Arc::clone(&self.inner.ids));
        let vault = Arc::clone(&self.inner.vault);
        let terms = self.terms().await?;
        self.blocking(move || {
            let row = store.submission(id).map_err(problems::from_store)?;
            let row = row
                .filter(|row| may_see(by, row))
                .ok_or_else(|| problems::not_found(format_args!("submission `{id}`")))?;
            let before = store
                .draft(id, row.version)
                .map_err(problems::from_store)?
                .ok_or_else(|| problems::not_found(format_args!("version of `{id}`")))?;
            let draft = write(&row, before)?;
            draft.check()?;
            let mailbox = store
                .mailbox(row.mailbox)
                .map_err(problems::from_store)?
                .ok_or_else(|| problems::not_found("mailbox"))?;
            let (bulk, seed) = (terms.bulk(&draft), ids.secret());
            let sealed = mail::compose::compose(&mailbox, &draft, &row.message_id, &seed, bulk)
                .map_err(|error| {
                    Problem::new(error.code(), error.to_string()).at(error.pointer())
                })?;
            let sealed = returning(&store, ids.as_ref(), &mailbox, sealed)?;
            let protected = Protected::read(&store, &vault, row.account)?;
            Ok(Revise {
                id,
                // Between reading and writing another version may have come.
                expected: expected.or(Some(row.hash)),
                decision: DecisionId::new(ids.as_ref(), now),
                scan: policy::scan(&draft, &sealed, protected.guarded()),
                draft,
                sealed,
                by,
                now,
            })
        })
        .await
    }

    /// Asks the agent about a held message; it reads the question under `review` and answers, or
    /// sends a better version. The message goes on waiting, and its expiry stands.
    ///
    /// # Errors
    /// `invalid_field` for a question that is none, `stale_hash`, `wrong_state`.
    pub async fn ask_agent(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        question: String,
    ) -> Result<SubmissionRow, Problem> {
        said(&question, "a question", "/question")?;
        self.act(self.inner.store.ask(id, hash, question, self.now()))
            .await
    }

    /// The agent answers what it was asked about its own.
    ///
    /// # Errors
    /// `not_found`, `invalid_field` for an answer that is none, `wrong_state` if nothing is asked
    /// or it is no longer held.
    pub async fn answer(
        &self,
        agent: &Agent,
        id: SubmissionId,
        answer: String,
    ) -> Result<SubmissionRow, Problem> {
        said(&answer, "an answer", "/answer")?;
        let by = Actor::Agent(agent.id);
        self.act(self.inner.store.reply(id, by, answer, self.now()))
            .await
    }

    /// Refuses a held message; the agent is told the reason.
    ///
    /// # Errors
    /// `invalid_field` without a reason, `stale_hash`, `wrong_state`.
    pub async fn reject(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        reason: String,
    ) -> Result<SubmissionRow, Problem> {
        said(&reason, "a rejection's reason", "/reason")?;
        self.act(self.inner.store.reject(id, hash, reason, self.now()))
            .await
    }

    /// Takes an approval back while nothing has left.
    ///
    /// # Errors
    /// `wrong_state` once it is on the wire, or if no person approved it.
    pub async fn undo(&self, id: SubmissionId) -> Result<SubmissionRow, Problem> {
        let terms = self.terms().await?;
        self.act(self.inner.store.undo(id, self.now(), terms.hold_for))
            .await
    }

    /// Puts a held message out of sight until `until`, never beyond its expiry.
    ///
    /// # Errors
    /// `stale_hash`, `wrong_state` if it is not held, `invalid_field` if `until` has passed.
    pub async fn snooze(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        until: Timestamp,
    ) -> Result<SubmissionRow, Problem> {
        let now = self.now();
        if until <= now {
            let detail = "a snooze ends in the future; choose a later time";
            return Err(Problem::new(Code::InvalidField, detail).at("/until"));
        }
        self.act(self.inner.store.snooze(id, hash, until, now))
            .await
    }

    /// Says what became of an uncertain delivery, or sends a failed one again.
    ///
    /// # Errors
    /// `stale_hash`, `wrong_state` if it is neither.
    pub async fn settle(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        how: Settlement,
    ) -> Result<SubmissionRow, Problem> {
        self.act(self.inner.store.settle(id, hash, how, self.now()))
            .await
    }
}

/// Words people and agents exchange: something, and not too much.
fn said(text: &str, what: &str, pointer: &str) -> Result<(), Problem> {
    let max = limits::REASON_CHARS_MAX;
    if text.trim().is_empty() || text.chars().count() > max {
        let detail = format!("{what} has 1 to {max} characters: the other side reads it");
        return Err(Problem::new(Code::InvalidField, detail).at(pointer));
    }
    Ok(())
}

/// The draft with a person's change; everything they were not asked about stays.
fn changed(before: Draft, change: Edit) -> Result<Draft, Problem> {
    let Edit {
        to,
        cc,
        bcc,
        reply_to,
        subject,
        text,
        html,
        keep_attachments,
    } = change;
    let attachments = keep_attachments
        .iter()
        .map(|index| before.attachments.get(*index).cloned())
        .collect::<Option<Vec<Attachment>>>()
        .ok_or_else(|| {
            let detail = "`keep_attachments` names an attachment the message does not have";
            Problem::new(Code::InvalidField, detail).at("/keep_attachments")
        })?;
    Ok(Draft {
        to,
        cc,
        bcc,
        reply_to,
        subject,
        text,
        html,
        attachments,
        // What a person wrote into it is composed here, whoever composed it before.
        composed: None,
        ..before
    })
}
