//! A person decides: approve, edit, reject, undo, snooze, settle.

use std::sync::Arc;

use domain::submission::Settlement;
use domain::{
    Actor, ApprovalHash, Attachment, Code, DecisionId, Draft, NamedAddress, Problem, SubmissionId,
    Timestamp, limits,
};
use store::{Answer, Approve, Revise, SubmissionRow};

use crate::open::Engine;
use crate::problems;

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
        let now = self.now();
        let terms = self.terms().await?;
        let ask = Approve {
            id,
            hash,
            decision: DecisionId::new(self.inner.ids.as_ref(), now),
            now,
            due: now + terms.undo_window,
        };
        let judge = self.inner.judge.evaluate();
        self.act(self.inner.store.approve(ask, judge)).await
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
        let (store, ids) = (self.inner.store.clone(), Arc::clone(&self.inner.ids));
        let revise = self
            .blocking(move || {
                let row = store
                    .submission(id)
                    .map_err(problems::from_store)?
                    .ok_or_else(|| problems::not_found(format_args!("submission `{id}`")))?;
                let before = store
                    .draft(id, row.version)
                    .map_err(problems::from_store)?
                    .ok_or_else(|| problems::not_found(format_args!("version of `{id}`")))?;
                let draft = changed(before, change)?;
                draft.check()?;
                let mailbox = store
                    .mailbox(row.mailbox)
                    .map_err(problems::from_store)?
                    .ok_or_else(|| problems::not_found("mailbox"))?;
                let sealed =
                    mail::compose::compose(&mailbox, &draft, &row.message_id, &ids.secret())
                        .map_err(|error| {
                            Problem::new(error.code(), error.to_string()).at(error.pointer())
                        })?;
                Ok(Revise {
                    id,
                    expected: Some(expected),
                    decision: DecisionId::new(ids.as_ref(), now),
                    scan: policy::scan(&draft, &sealed, policy::Guarded::default()),
                    draft,
                    sealed,
                    by: Actor::Operator,
                    now,
                })
            })
            .await?;
        let judge = self.inner.judge.evaluate();
        self.act(self.inner.store.revise(revise, judge)).await
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
        let chars = reason.chars().count();
        if reason.trim().is_empty() || chars > limits::REASON_CHARS_MAX {
            let max = limits::REASON_CHARS_MAX;
            let detail =
                format!("a rejection has a reason of 1 to {max} characters: the agent reads it");
            return Err(Problem::new(Code::InvalidField, detail).at("/reason"));
        }
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
    /// `wrong_state` if it is not held, `invalid_field` if `until` has passed.
    pub async fn snooze(
        &self,
        id: SubmissionId,
        until: Timestamp,
    ) -> Result<SubmissionRow, Problem> {
        let now = self.now();
        if until <= now {
            let detail = "a snooze ends in the future; choose a later time";
            return Err(Problem::new(Code::InvalidField, detail).at("/until"));
        }
        self.act(self.inner.store.snooze(id, until, now)).await
    }

    /// Says what became of an uncertain delivery, or sends a failed one again.
    ///
    /// # Errors
    /// `wrong_state` if it is neither.
    pub async fn settle(
        &self,
        id: SubmissionId,
        how: Settlement,
    ) -> Result<SubmissionRow, Problem> {
        self.act(self.inner.store.settle(id, how, self.now())).await
    }
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
