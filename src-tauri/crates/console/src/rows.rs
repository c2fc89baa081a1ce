//! A submission as a row, and what may be done with it.

use std::collections::BTreeSet;

use domain::{AccountId, AccountKind, Problem, State, Timestamp, Verdict};
use engine::{DecisionRow, Engine, SubmissionRow};

use crate::view::{ActivityRow, AgentRef, Decided, DecisionView, QueueRow, Verb};
use crate::words;

/// Accounts whose mail goes to the rehearsal.
pub(crate) struct Rehearsals(BTreeSet<AccountId>);

impl Rehearsals {
    pub(crate) async fn of(engine: &Engine) -> Result<Self, Problem> {
        let mailboxes = engine.mailboxes().await?;
        let rehearsed = mailboxes
            .into_iter()
            .filter(|(_, account)| account.kind == AccountKind::Rehearsal)
            .map(|(_, account)| account.id);
        Ok(Rehearsals(rehearsed.collect()))
    }

    pub(crate) fn hold(&self, account: AccountId) -> bool {
        self.0.contains(&account)
    }
}

pub(crate) fn queue_row(row: &SubmissionRow, rehearsals: &Rehearsals) -> QueueRow {
    let (expires_at, snoozed_until) = hold_times(&row.state);
    QueueRow {
        id: row.id.to_string(),
        agent: AgentRef {
            id: row.agent.to_string(),
            name: row.agent_name.clone(),
        },
        mailbox: row.mailbox_address.to_string(),
        to: to(row),
        subject: row.subject.clone(),
        why: words::phrase(row),
        state: row.state.name().into(),
        asked_at: row.asked_at.to_string(),
        expires_at,
        snoozed_until,
        hash: row.hash.to_string(),
        version: row.version,
        risk: (row.points > 0).then_some(row.points),
        rehearsal: rehearsals.hold(row.account),
        attention: words::attention(row),
    }
}

pub(crate) fn activity_row(row: &SubmissionRow) -> ActivityRow {
    ActivityRow {
        id: row.id.to_string(),
        at: row.changed_at.to_string(),
        agent: AgentRef {
            id: row.agent.to_string(),
            name: row.agent_name.clone(),
        },
        mailbox: row.mailbox_address.to_string(),
        to: to(row),
        subject: row.subject.clone(),
        state: row.state.name().into(),
        verdict: row.verdict.into(),
        rule: row.primary_rule.clone(),
        sentence: match row.state {
            State::Held { .. } | State::Deferred { .. } | State::Blocked => words::why(row),
            State::Observed
            | State::Queued { .. }
            | State::Sending { .. }
            | State::Sent { .. }
            | State::Uncertain { .. }
            | State::Bounced { .. }
            | State::Rejected { .. }
            | State::Expired
            | State::Cancelled
            | State::Failed { .. } => words::state(row),
        },
    }
}

/// What an act came to.
pub(crate) fn decided(row: &SubmissionRow, decision: Option<&DecisionRow>) -> Decided {
    Decided {
        id: row.id.to_string(),
        state: Some(row.state.name().into()),
        state_text: words::why(row),
        due: due(row).map(|at| at.to_string()),
        undo_until: undo_until(row).map(|at| at.to_string()),
        decision: decision.map(DecisionView::of),
        error: None,
    }
}

/// When it leaves, if it is committed to.
pub(crate) fn due(row: &SubmissionRow) -> Option<Timestamp> {
    match row.state {
        State::Queued { due } => Some(due),
        State::Deferred { not_before } => Some(not_before),
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
        | State::Failed { .. } => None,
    }
}

/// Until when an approval can be taken back: only a person's, and only until it leaves.
pub(crate) fn undo_until(row: &SubmissionRow) -> Option<Timestamp> {
    due(row).filter(|_| row.may_be_undone())
}

/// When a hold lapses, and until when it is out of sight.
pub(crate) fn hold_times(state: &State) -> (Option<String>, Option<String>) {
    match state {
        State::Held {
            expires_at,
            snoozed_until,
        } => (
            Some(expires_at.to_string()),
            snoozed_until.map(|until| until.to_string()),
        ),
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
        | State::Failed { .. } => (None, None),
    }
}

/// What may be done with it now, most likely first.
pub(crate) fn verbs(row: &SubmissionRow) -> Vec<Verb> {
    match row.state {
        // A block that came up at the wire waits here too.
        State::Held { .. } if row.verdict == Verdict::Block => {
            vec![
                Verb::Release,
                Verb::Edit,
                Verb::Reject,
                Verb::Ask,
                Verb::Snooze,
                Verb::Cancel,
            ]
        }
        State::Held { .. } => {
            vec![
                Verb::Approve,
                Verb::Edit,
                Verb::Reject,
                Verb::Ask,
                Verb::Snooze,
                Verb::Cancel,
            ]
        }
        State::Queued { .. } | State::Deferred { .. } if row.may_be_undone() => {
            vec![Verb::Undo, Verb::Cancel]
        }
        State::Queued { .. } | State::Deferred { .. } => vec![Verb::Cancel],
        State::Uncertain { .. } | State::Failed { .. } => vec![Verb::Settle],
        State::Blocked => vec![Verb::Release],
        State::Observed
        | State::Sending { .. }
        | State::Sent { .. }
        | State::Bounced { .. }
        | State::Rejected { .. }
        | State::Expired
        | State::Cancelled => Vec::new(),
    }
}

/// The first recipient and how many more.
fn to(row: &SubmissionRow) -> String {
    let Some(first) = row.recipients.first() else {
        return String::new();
    };
    match row.recipients.len() {
        1 => first.address.to_string(),
        more => format!("{} +{}", first.address, more - 1),
    }
}
