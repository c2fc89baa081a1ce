//! The promises, one function each, looked at from outside.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Actor, ChangeKind, Level, Moment, RecipientState, Span, StateName, SubmissionId, Timestamp,
    Verdict,
};
use engine::{Counts, Engine, QueueTab, RehearsedMail, Story, SubmissionRow};

use crate::model::{Limits, Model, Told};
use crate::office::{in_states, waits_for};

/// Everything in some states; all states if none is named.
pub async fn rows(engine: &Engine, states: &[StateName]) -> Vec<SubmissionRow> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = engine.list(in_states(states), after, 500).await.unwrap();
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}

pub async fn level(engine: &Engine, agent: &str) -> Level {
    engine.agent_named(agent).await.unwrap().level
}

/// How a mail ends that was to end this way: what somebody has is sent.
pub fn ended(row: &SubmissionRow, end: StateName) -> StateName {
    let mut states = row.recipients.iter().map(|one| one.state);
    match states.any(|state| state == RecipientState::Accepted) {
        true => StateName::Sent,
        false => end,
    }
}

/// What should have moved by now and has not.
pub async fn due(engine: &Engine, model: &Model) -> Vec<SubmissionRow> {
    let now = engine.now();
    let expiry = engine.counts().await.unwrap().next_expiry_at;
    let held: &[StateName] = if expiry.is_some_and(|at| at <= now) {
        &[StateName::Held]
    } else {
        &[]
    };
    let leaving = [StateName::Queued, StateName::Deferred, StateName::Sending];
    let states: Vec<StateName> = leaving.iter().chain(held).copied().collect();
    let mut due = Vec::new();
    for row in rows(engine, &states).await {
        let stopped = model.workspace_paused
            || model.agents_paused.contains(row.agent_name.as_str())
            || model
                .mailboxes_paused
                .contains(row.mailbox_address.as_str());
        let is_due = match row.state.name() {
            StateName::Sending => true,
            StateName::Held => waits_for(&row).is_some_and(|at| at <= now),
            _ if stopped => row.send_by <= now && untried(engine, row.id).await,
            _ => waits_for(&row).is_some_and(|at| at <= now),
        };
        if is_due {
            due.push(row);
        }
    }
    due
}

async fn untried(engine: &Engine, id: SubmissionId) -> bool {
    let story = engine.story(Actor::Operator, id).await.unwrap();
    story.attempts.is_empty()
}

/// How many attempts each submission that names this person, and has not reached them, has had.
pub async fn attempts_to(engine: &Engine, who: &str) -> BTreeMap<SubmissionId, usize> {
    let mut attempts = BTreeMap::new();
    for row in rows(engine, &[]).await {
        if is_to(&row, who) {
            let story = engine.story(Actor::Operator, row.id).await.unwrap();
            attempts.insert(row.id, story.attempts.len());
        }
    }
    attempts
}

fn is_to(row: &SubmissionRow, who: &str) -> bool {
    row.recipients
        .iter()
        .any(|one| one.address.folded() == who && one.state != RecipientState::Accepted)
}

/// The chain, every decision recomputed, every row against the record.
pub async fn record(engine: &Engine) {
    let report = engine.verify(|_, _| {}).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.divergences);
    assert_eq!(report.decisions_reworded, 0, "to the byte");
}

/// How far was looked, and what was found.
#[derive(Default)]
pub struct Looked {
    /// The last change looked at.
    seq: u64,
    /// As which mailbox each submission left and when, if it did or may have.
    left: BTreeMap<SubmissionId, (String, Timestamp)>,
}

/// Looks at every submission that moved since the last look; at everything if `whole`.
pub async fn promises(engine: &Engine, model: &Model, looked: &mut Looked, whole: bool) {
    let mut moved = BTreeSet::new();
    loop {
        let changes = engine.changes_since(looked.seq, 500).await.unwrap();
        let Some(last) = changes.rows.last() else {
            break;
        };
        looked.seq = last.seq;
        moved.extend(changes.rows.iter().filter_map(|change| match change.kind {
            ChangeKind::Submission { id, .. } => Some(id),
            _ => None,
        }));
    }
    if whole {
        moved.extend(everything(engine, model).await);
    }
    let mut delivered = model.delivered.clone();
    delivered.extend(engine.rehearsal_delivered());
    let paused = pauses(engine, "workspace").await;
    for id in moved {
        let story = engine.story(Actor::Operator, id).await.unwrap();
        let row = &story.row;
        let told = &model.told[&id];
        let mails: Vec<&RehearsedMail> = delivered
            .iter()
            .filter(|mail| mail.message_id == row.message_id)
            .collect();
        nothing_is_sent_twice(&story, told, &mails);
        nothing_is_sent_unjudged(engine, &story, told, &mails).await;
        // The relay goes on while we look: what the story says was taken is there by now.
        let by_now = engine.rehearsal_delivered();
        the_state_tells_what_happened(&story, told, model, &mails, &by_now);
        nobody_who_said_stop_is_tried(&story, model);
        looked.left.remove(&id);
        if let Some(last) = story.attempts.last() {
            no_attempt_begins_in_a_pause(engine, &story, &paused).await;
            if !mails.is_empty() || row.state.name() == StateName::Uncertain {
                let left = (row.mailbox_address.to_string(), last.started_at);
                looked.left.insert(id, left);
            }
        }
    }
    let left = looked.left.values();
    let left = left.map(|(mailbox, at)| (mailbox.as_str(), *at)).collect();
    no_window_is_exceeded(left, model);
}

/// All submissions, held against what was asked, the counts and the queue, read while nothing
/// moved: the workers may still be at it, for a clock set back does not stop them.
async fn everything(engine: &Engine, model: &Model) -> Vec<SubmissionId> {
    let all = loop {
        let before = newest(engine).await;
        let all = rows(engine, &[]).await;
        let counts = engine.counts().await.unwrap();
        let queue = queue(engine).await;
        if newest(engine).await == before {
            everything_held_is_visible(&all, &counts, &queue);
            break all;
        }
    };
    everything_accepted_is_accounted_for(&all, model);
    all.iter().map(|row| row.id).collect()
}

fn everything_accepted_is_accounted_for(all: &[SubmissionRow], model: &Model) {
    let there: BTreeSet<SubmissionId> = all.iter().map(|row| row.id).collect();
    let told: BTreeSet<SubmissionId> = model.told.keys().copied().collect();
    assert_eq!(there.len(), all.len(), "a list shows something twice");
    assert_eq!(there, told);
}

/// The number of the newest change.
async fn newest(engine: &Engine) -> u64 {
    engine.changes_since(u64::MAX, 1).await.unwrap().newest
}

/// What a person sees of what is held, put off or not.
async fn queue(engine: &Engine) -> BTreeSet<SubmissionId> {
    let mut seen = BTreeSet::new();
    for tab in [QueueTab::NeedsYou, QueueTab::Snoozed] {
        let mut after = None;
        loop {
            let page = engine.queue(tab, after, 100).await.unwrap();
            seen.extend(page.rows.iter().map(|row| row.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    seen
}

fn everything_held_is_visible(
    all: &[SubmissionRow],
    counts: &Counts,
    queue: &BTreeSet<SubmissionId>,
) {
    let held: BTreeSet<SubmissionId> = all
        .iter()
        .filter(|row| row.state.name() == StateName::Held)
        .map(|row| row.id)
        .collect();
    assert_eq!(*queue, held);
    let count = |name: StateName| {
        let there = all.iter().filter(|row| row.state.name() == name).count();
        u64::try_from(there).unwrap()
    };
    assert_eq!(counts.held, count(StateName::Held));
    assert_eq!(counts.deferred, count(StateName::Deferred));
    assert_eq!(counts.queued, count(StateName::Queued));
    assert_eq!(counts.uncertain, count(StateName::Uncertain));
    assert!(counts.failed_unseen <= count(StateName::Failed));
}

fn nothing_is_sent_twice(story: &Story, told: &Told, mails: &[&RehearsedMail]) {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for mail in mails {
        for to in &mail.rcpt_to {
            *times.entry(to.as_str()).or_default() += 1;
        }
    }
    for (to, times) in times {
        assert!(
            times <= 1 + told.resent,
            "{} went to {to} {times} times, a person had it resent {} times",
            story.row.id,
            told.resent
        );
    }
}

async fn nothing_is_sent_unjudged(
    engine: &Engine,
    story: &Story,
    told: &Told,
    mails: &[&RehearsedMail],
) {
    let id = story.row.id;
    assert!(mails.len() <= story.attempts.len(), "{id}");
    for attempt in &story.attempts {
        let judged = story.decisions.iter().any(|decision| {
            decision.moment == Moment::Dispatch
                && decision.decision.verdict == Verdict::Allow
                && !decision.decision.observed_only
                && decision.facts.now == attempt.started_at
                && (told.approved.contains(&decision.facts.submission.hash)
                    || decision.facts.agent.level >= Level::AskForStrangers)
        });
        assert!(judged, "{id} began {} unjudged", attempt.id);
    }
    if mails.is_empty() {
        return;
    }
    let mut versions = Vec::new();
    for version in &story.versions {
        let (sealed, _) = engine.message(id, Some(version.number)).await.unwrap();
        versions.push(sealed.bytes);
    }
    for mail in mails {
        let end_of_date = mail
            .bytes
            .windows(2)
            .position(|two| two == b"\r\n")
            .unwrap();
        let rest = &mail.bytes[end_of_date + 2..];
        assert!(mail.bytes.starts_with(b"Date: "));
        assert!(
            versions.iter().any(|bytes| bytes == rest),
            "{id} left as nobody saw it"
        );
    }
}

fn the_state_tells_what_happened(
    story: &Story,
    told: &Told,
    model: &Model,
    mails: &[&RehearsedMail],
    by_now: &[RehearsedMail],
) {
    let row = &story.row;
    let late = by_now
        .iter()
        .filter(|mail| mail.message_id == row.message_id);
    let all: Vec<&RehearsedMail> = mails.iter().copied().chain(late).collect();
    let reached = |to: &domain::Address| all.iter().any(|mail| mail.rcpt_to.contains(to));
    let accepted: Vec<_> = row
        .recipients
        .iter()
        .filter(|one| one.state == RecipientState::Accepted)
        .collect();
    for one in &accepted {
        assert!(
            reached(&one.address) || told.settled_as_sent,
            "{} says {} has it",
            row.id,
            one.address
        );
    }
    match row.state.name() {
        StateName::Blocked
        | StateName::Rejected
        | StateName::Expired
        | StateName::Cancelled
        | StateName::Observed
        | StateName::Held
        | StateName::Queued
        | StateName::Deferred
            if accepted.is_empty() =>
        {
            assert!(mails.is_empty() || told.resent > 0, "{row:#?}");
        }
        StateName::Sent => {
            assert!(!accepted.is_empty(), "{row:#?}");
            let open = row.recipients.iter().any(|one| match one.state {
                RecipientState::Open | RecipientState::Deferred | RecipientState::Uncertain => true,
                RecipientState::Accepted | RecipientState::Refused | RecipientState::Bounced => {
                    false
                }
            });
            assert!(!open, "{row:#?}");
        }
        StateName::Uncertain => {
            let vanishes = row
                .recipients
                .iter()
                .any(|one| one.address.local() == "vanish");
            assert!(vanishes || model.crashes > 0, "{row:#?}");
            assert!(story.attempts.last().unwrap().final_dot_at.is_some());
        }
        _ => {}
    }
}

/// When (by entry) a scope was paused, and until when.
async fn pauses(engine: &Engine, subject: &str) -> Vec<(u64, Option<u64>)> {
    let mut pauses: Vec<(u64, Option<u64>)> = Vec::new();
    for entry in engine.journal_of(subject).await.unwrap() {
        match entry.kind.as_str() {
            "pause.on" => pauses.push((entry.seq, None)),
            "pause.off" => pauses.last_mut().unwrap().1 = Some(entry.seq),
            _ => {}
        }
    }
    pauses
}

async fn no_attempt_begins_in_a_pause(
    engine: &Engine,
    story: &Story,
    workspace: &[(u64, Option<u64>)],
) {
    let mut all = workspace.to_vec();
    all.extend(pauses(engine, &story.row.agent.to_string()).await);
    all.extend(pauses(engine, &story.row.mailbox.to_string()).await);
    let entries = engine.journal_of(&story.row.id.to_string()).await.unwrap();
    for entry in entries {
        if entry.kind == "delivery.attempted" {
            let paused = all
                .iter()
                .any(|(on, off)| *on < entry.seq && off.is_none_or(|off| entry.seq < off));
            assert!(!paused, "{} was tried during a pause", story.row.id);
        }
    }
}

fn nobody_who_said_stop_is_tried(story: &Story, model: &Model) {
    for stop in &model.suppressed {
        if is_to(&story.row, &stop.pattern) {
            let before = stop.attempts.get(&story.row.id).copied().unwrap_or(0);
            assert_eq!(
                story.attempts.len(),
                before,
                "{} was tried after {} said stop",
                story.row.id,
                stop.pattern
            );
        }
    }
}

fn no_window_is_exceeded(mut left: Vec<(&str, Timestamp)>, model: &Model) {
    left.sort();
    let minute: fn(&Limits) -> Option<usize> = |limits| limits.minute;
    let hour: fn(&Limits) -> Option<usize> = |limits| limits.hour;
    let windows = [(Span::from_minutes(1), minute), (Span::from_hours(1), hour)];
    for (index, (mailbox, first)) in left.iter().enumerate() {
        for (window, limit) in windows {
            let until = *first + window;
            let within = left[index..]
                .iter()
                .take_while(|(other, at)| other == mailbox && *at < until)
                .count();
            if let Some(most) = model.loosest(*first, until, limit) {
                assert!(
                    within <= most,
                    "{mailbox} sent {within} within {window} from {first}, the limit is {most}"
                );
            }
        }
    }
}
