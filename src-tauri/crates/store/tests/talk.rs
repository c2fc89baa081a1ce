//! Questions, answers, releases and receipts: what is said about a held submission, on the record.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::*;
use domain::{Actor, Decision, Facts, Span, StateName, Timestamp, Verdict};
use store::{Approve, Note, PublishedPolicy, Review, StoreError, SubmissionRow};

fn later(minutes: i64) -> Timestamp {
    T0 + Span::from_minutes(minutes)
}

fn ask(w: &World, row: &SubmissionRow, minutes: i64) -> SubmissionRow {
    let question = "Which invoice do you mean?".to_owned();
    w.store
        .ask(row.id, Some(row.hash), question, later(minutes))
        .wait()
        .unwrap()
}

#[test]
fn a_question_waits_with_the_message_and_its_answer_brings_it_back_into_sight() {
    both(|w| {
        let row = w.admit(w.ask("ann@x.example", T0), hold).submission;
        let asked = ask(&w, &row, 1);
        let review = asked.review.unwrap();
        assert_eq!(review.outcome, Review::Asked);
        let question = review.question.as_deref();
        assert_eq!(question, Some("Which invoice do you mean?"));
        assert_eq!(asked.state, row.state);
        w.store
            .snooze(row.id, None, later(90), later(2))
            .wait()
            .unwrap();
        let by = Actor::Agent(w.agent);
        let answered = w
            .store
            .reply(row.id, by, "Number 7.".to_owned(), later(3))
            .wait()
            .unwrap();
        assert_eq!(answered.review.unwrap().outcome, Review::Answered);
        assert_eq!(answered.state, row.state, "in sight, with the same expiry");
        let notes = w.store.notes(row.id).unwrap();
        let said: Vec<_> = notes.iter().map(|n| (n.kind, n.text.as_str())).collect();
        assert_eq!(
            said,
            [
                (Note::Question, "Which invoice do you mean?"),
                (Note::Answer, "Number 7."),
            ]
        );
        let again = w
            .store
            .reply(row.id, by, "And 8.".to_owned(), later(4))
            .wait();
        assert_eq!(again.unwrap_err(), StoreError::NothingAsked);
        let story = w.store.story(row.id).unwrap().unwrap();
        assert_eq!(story.notes.len(), 2);
        w.verify();
    });
}

#[test]
fn nobody_else_answers_and_nothing_is_asked_about_what_is_not_held() {
    let w = World::memory();
    let row = w.admit(w.ask("ann@x.example", T0), hold).submission;
    ask(&w, &row, 1);
    let other = domain::AgentId::new(w.ids.as_ref(), T0);
    w.add_agent(other, "other", &[w.mailbox]);
    let foreign = w
        .store
        .reply(row.id, Actor::Agent(other), "me".to_owned(), later(2));
    assert!(matches!(foreign.wait(), Err(StoreError::NotFound { .. })));
    w.approve_as(&row, later(3), allow).unwrap();
    let late = w.store.ask(row.id, None, "why?".to_owned(), later(4));
    assert!(matches!(late.wait(), Err(StoreError::WrongState(_))));
    assert_eq!(w.store.notes(row.id).unwrap().len(), 1);
}

#[test]
fn what_was_judged_again_is_not_approved_by_what_was_on_screen_before() {
    let w = World::memory();
    let row = w.admit(w.ask("ann@x.example", T0), hold).submission;
    // Approved once and still held: the reasons are others now, the bytes are the same.
    let held = w.approve_as(&row, later(1), hold).unwrap().submission;
    assert_eq!((held.state.name(), held.hash), (StateName::Held, row.hash));
    let stale = w.approve_as(&row, later(2), allow).unwrap_err();
    assert_eq!(stale, StoreError::JudgedAgain);
    w.approve_as(&held, later(3), allow).unwrap();
}

/// Blocks, until a person releases it.
fn block_unless_released(policy: &PublishedPolicy, facts: &Facts) -> Decision {
    match facts.submission.released.is_empty() {
        true => block(policy, facts),
        false => allow(policy, facts),
    }
}

fn release(
    w: &World,
    row: &SubmissionRow,
    minutes: i64,
    judge: Judge,
) -> Result<SubmissionRow, StoreError> {
    let now = later(minutes);
    let approve = Approve {
        id: row.id,
        hash: row.hash,
        shown: Some(row.decision),
        decision: w.decision_id(now),
        now,
        due: now + Span::from_seconds(10),
    };
    let reason = "the customer called".to_owned();
    w.store
        .release(approve, reason, Span::from_hours(24), judge)
        .wait()
        .map(|answer| answer.submission)
}

#[test]
fn a_released_block_leaves_and_the_record_says_who_overrode_what_and_why() {
    let w = World::memory();
    let blocked = w.admit(w.ask("ann@x.example", T0), block).submission;
    assert_eq!(blocked.state.name(), StateName::Blocked);
    let row = release(&w, &blocked, 1, block_unless_released).unwrap();
    assert_eq!(row.state.name(), StateName::Queued);
    let review = row.review.unwrap();
    assert_eq!(review.outcome, Review::Released);
    assert_eq!(review.reason.as_deref(), Some("the customer called"));
    assert_eq!(w.store.notes(row.id).unwrap()[0].kind, Note::Override);
    let entries = w.store.journal_of(&row.id.to_string()).unwrap();
    let entry = entries.last().unwrap();
    assert_eq!(entry.kind, "submission.override");
    assert_eq!(entry.body["released"], serde_json::json!(["agent_paused"]));
    // The release goes with it to the wire.
    match w.claim(later(2), block_unless_released) {
        store::Claim::Leave(departure) => assert_eq!(departure.submission.id, row.id),
        _ => panic!("a released block leaves"),
    }
}

#[test]
fn a_block_no_reason_releases_stays_and_nothing_is_written() {
    let w = World::memory();
    let blocked = w
        .admit(w.ask("ann@x.example", T0), block_for_good)
        .submission;
    let before = w.store.head().unwrap();
    let refused = release(&w, &blocked, 1, block_for_good).unwrap_err();
    assert!(
        matches!(refused, StoreError::StillBlocked { .. }),
        "{refused}"
    );
    assert_eq!(w.store.head().unwrap(), before);
    assert!(w.store.notes(blocked.id).unwrap().is_empty());
    let held = w.admit(w.ask("bob@x.example", later(1)), hold).submission;
    let nothing = release(&w, &held, 2, allow).unwrap_err();
    assert!(matches!(nothing, StoreError::WrongState(_)), "{nothing}");
}

#[test]
fn what_is_only_observed_counts_as_what_it_would_have_been_until_the_level_is_set_anew() {
    let w = World::memory();
    let observe_hold = |policy: &store::PublishedPolicy, facts: &domain::Facts| {
        let mut decision = hold(policy, facts);
        decision.observed_only = true;
        decision
    };
    w.admit(w.ask("a@x.example", T0), observe);
    w.admit(w.ask("b@x.example", T0), observe);
    w.admit(w.ask("c@x.example", T0), observe_hold);
    w.admit(w.ask("d@x.example", T0), hold);
    let receipts = w.store.receipts(w.agent).unwrap();
    let would = store::Would {
        allow: 2,
        hold: 1,
        ..store::Would::default()
    };
    assert_eq!((receipts.would, receipts.decided()), (would, 0));
    let level = domain::Level::AskForStrangers;
    let raised = w.store.set_level(w.agent, level, Actor::Operator, later(1));
    raised.wait().unwrap();
    assert_eq!(w.store.receipts(w.agent).unwrap().would.all(), 0);
}

#[test]
fn receipts_count_what_people_decided_until_the_level_is_set_anew() {
    let w = World::memory();
    let held = |to: &str| w.admit(w.ask(to, T0), hold).submission;
    let (a, b, c) = (
        held("a@x.example"),
        held("b@x.example"),
        held("c@x.example"),
    );
    w.approve_as(&a, later(1), allow).unwrap();
    let edited = w.revise_as(&b, "better", later(1), hold).submission;
    w.approve_as(&edited, later(2), allow).unwrap();
    let no = "no".to_owned();
    w.store.reject(c.id, None, no, later(2)).wait().unwrap();
    let receipts = w.store.receipts(w.agent).unwrap();
    assert_eq!(
        (receipts.approved, receipts.edited, receipts.rejected),
        (1, 1, 1)
    );
    let hold_for = Span::from_hours(24);
    w.store.undo(a.id, later(2), hold_for).wait().unwrap();
    assert_eq!(w.store.receipts(w.agent).unwrap().approved, 0);
    let level = domain::Level::AskForStrangers;
    w.store
        .set_level(w.agent, level, Actor::Operator, later(3))
        .wait()
        .unwrap();
    assert_eq!(
        w.store.receipts(w.agent).unwrap(),
        store::Receipts::default()
    );
    let sent = w.store.agent_count(w.agent, StateName::Held).unwrap();
    assert_eq!(sent, 1);
}

/// Allows everything.
fn lenient(facts: &Facts) -> Decision {
    let policy = PublishedPolicy {
        version: 0,
        text: "".into(),
        published_at: T0,
    };
    allow(&policy, facts)
}

#[test]
fn a_replay_lists_what_would_be_otherwise_by_rule_and_changes_nothing() {
    let w = World::memory();
    for n in 0..5 {
        w.admit(w.ask(&format!("p{n}@x.example"), later(n)), hold);
    }
    w.admit(w.ask("q@x.example", later(9)), allow);
    let before = w.store.head().unwrap();
    let all = store::ReplayAsk {
        last: 100,
        since: None,
    };
    let found = w.store.replay(all, lenient, |_, _| {}).unwrap();
    assert_eq!((found.judged, found.flipped()), (6, 5));
    assert_eq!(found.counts.len(), 1);
    let count = &found.counts[0];
    assert_eq!(
        (count.rule.as_str(), count.was, count.would, count.times),
        ("autonomy", Verdict::Hold, Verdict::Allow, 5)
    );
    assert!(found.flips.windows(2).all(|pair| pair[0].at >= pair[1].at));
    let some = store::ReplayAsk {
        last: 3,
        since: Some(later(4)),
    };
    assert_eq!(w.store.replay(some, lenient, |_, _| {}).unwrap().judged, 2);
    assert_eq!(w.store.head().unwrap(), before);
}
