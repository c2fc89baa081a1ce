//! What reached somebody, and how it ends for the others. Each story runs in memory and on a file.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::mail::{letter, next};
use common::*;
use domain::received::{
    BounceMeans, Effect, Plan, Received, ReceivedKind, Report, ReportOutcome, Route, Shelf,
    Standing,
};
use domain::submission::Settlement;
use domain::{
    Actor, ConversationId, InboundId, Outcome, RecipientState, Span, StateName, Timestamp,
};
use store::{Claim, Ingest, Place, StoreError, SubmissionRow};

const ANN: &str = "ann@x.example";
const BOB: &str = "bob@x.example";

/// An answer of the relay that has this for Ann and that for Bob.
fn each(ann: RecipientState, bob: RecipientState) -> Outcome {
    let (Outcome::Answered { mut recipients }, Outcome::Answered { recipients: more }) =
        (answered(&[ANN], ann, 250), answered(&[BOB], bob, 450))
    else {
        panic!("not answered");
    };
    recipients.extend(more);
    Outcome::Answered { recipients }
}

/// Allowed, tried once: Ann has it, Bob is put off.
fn half_sent(w: &World, text: &str, now: Timestamp) -> SubmissionRow {
    w.admit(w.ask_of(&[ANN, BOB], text, now), allow);
    let departure = w.leave(now);
    let outcome = each(RecipientState::Accepted, RecipientState::Deferred);
    let row = w.finish(departure.attempt.id, outcome, now);
    assert_eq!(row.state.name(), StateName::Queued);
    row
}

fn states(row: &SubmissionRow) -> Vec<RecipientState> {
    row.recipients.iter().map(|r| r.state).collect()
}

/// A report that it came back from `whom`.
fn returns(w: &World, row: &SubmissionRow, whom: &str, uid: u32, now: Timestamp) -> SubmissionRow {
    let bare = row.message_id.trim_matches(['<', '>']).to_owned();
    let read = Received {
        kind: ReceivedKind::Bounce,
        reported_id: Some(bare),
        reports: vec![Report {
            address: whom.to_owned(),
            original_address: None,
            outcome: ReportOutcome::Dead,
            status: Some("5.1.1".to_owned()),
            diagnostic: Some("550 no such user".to_owned()),
        }],
        ..letter("mailer-daemon@x.example", &format!("returned from {whom}"))
    };
    let ask = Ingest {
        id: InboundId::new(w.ids.as_ref(), now),
        conversation: ConversationId::new(w.ids.as_ref(), now),
        place: Place {
            account: w.account,
            folder: "INBOX".to_owned(),
            uid_validity: 7,
            uid,
            after: uid - 1,
        },
        bytes: format!("Subject: {whom}\r\n\r\nreturned {uid}").into_bytes(),
        read,
        received_at: now,
        now,
    };
    let address = address(whom);
    let plan = move |_: &Received, _: &Standing| Plan {
        read: None,
        effects: vec![Effect::Bounced {
            address: address.clone(),
            means: BounceMeans::Dead,
            said: "550 no such user".to_owned(),
        }],
        shelf: Shelf::Clear,
        taint: false,
        route: Route::Nobody,
        next: next(),
        done: Vec::new(),
    };
    w.store.ingest(ask, plan).wait().unwrap();
    w.store.submission(row.id).unwrap().unwrap()
}

#[test]
fn what_came_back_was_taken_all_the_same() {
    both(|w| {
        let row = returns(&w, &half_sent(&w, "to both", T0), ANN, 1, T0);
        assert_eq!(
            states(&row),
            [RecipientState::Bounced, RecipientState::Deferred]
        );
        // Back with a person, it is not written anew: Ann would be written to again.
        let later = T0 + Span::from_minutes(5);
        let Claim::HeldBack(held) = w.claim(later, hold) else {
            panic!("it was not held back");
        };
        assert_eq!(slots(&w, later), 1, "one message left");
        let draft = draft(&[ANN, BOB], "other words");
        let sealed = sealed(&draft, &held.message_id);
        let revised = store::Revise {
            id: held.id,
            expected: Some(held.hash),
            decision: w.decision_id(later),
            scan: scan(&sealed, &[ANN, BOB], "other words"),
            draft,
            sealed,
            by: domain::Actor::Operator,
            now: later,
        };
        let revised = w.store.revise(revised, hold).wait();
        assert!(matches!(revised, Err(StoreError::WrongState(_))));
        // And that Bob is refused is no reason to say that nobody was written to.
        w.approve_as(&held, later, allow).unwrap();
        let departure = w.leave(later + Span::from_seconds(10));
        assert_eq!(departure.recipients, [address(BOB)]);
        let refused = answered(&[BOB], RecipientState::Refused, 550);
        let row = w.finish(departure.attempt.id, refused, later);
        assert_eq!(row.state.name(), StateName::Bounced);
        assert_eq!(slots(&w, later), 1);
        w.verify_rows();
    });
}

#[test]
fn what_reached_somebody_is_sent_however_it_ends() {
    type End = fn(&World, &SubmissionRow, Timestamp);
    let held = |w: &World, row: &SubmissionRow, now| {
        let Claim::HeldBack(held) = w.claim(now, hold) else {
            panic!("it was not held back");
        };
        assert_eq!(held.id, row.id);
        held
    };
    let ends: [End; 5] = [
        |w, row, now| {
            let agent = Actor::Agent(w.agent);
            w.store.cancel(row.id, agent, now).wait().unwrap();
        },
        |w, row, now| {
            w.store
                .reject(row.id, None, "no".into(), now)
                .wait()
                .unwrap();
        },
        |w, _, now| {
            assert!(matches!(w.claim(now, block_for_good), Claim::HeldBack(_)));
        },
        |w, row, now| {
            let expired = w.store.expire_due(now + Span::from_hours(25), 9);
            assert_eq!(expired.wait().unwrap().ids, [row.id]);
        },
        |w, row, now| {
            let departure = w.leave(now);
            let unanswered = Outcome::Unanswered {
                reason: "the wire broke".into(),
                maybe: vec![address(BOB)],
                refused: Vec::new(),
            };
            w.finish(departure.attempt.id, unanswered, now);
            let given_up = w.store.settle(row.id, None, Settlement::GiveUp, now);
            given_up.wait().unwrap();
        },
    ];
    both(|w| {
        for (number, end) in ends.iter().enumerate() {
            let now = T0 + Span::from_days(3 * i64::try_from(number).unwrap());
            let row = half_sent(&w, &format!("story {number}"), now);
            let later = now + Span::from_minutes(5);
            // A person is asked about it first where that is what ends it.
            if number == 1 || number == 3 {
                held(&w, &row, later);
            }
            end(&w, &row, later);
            let row = w.store.submission(row.id).unwrap().unwrap();
            assert_eq!(row.state.name(), StateName::Sent, "{number}");
            assert_eq!(row.approved, None, "{number}");
            let [ann, bob] = states(&row)[..] else {
                panic!("two recipients");
            };
            assert_eq!(ann, RecipientState::Accepted, "{number}");
            assert!(!bob.is_open(), "{number}");
            let left = u32::try_from(number).unwrap() + 1;
            assert_eq!(slots(&w, now), left, "{number}: one message more left");
            assert!(matches!(
                w.claim(later + Span::from_days(1), allow),
                Claim::Nothing { .. }
            ));
            // The same again is a duplicate, and its report still finds it.
            let text = format!("story {number}");
            let again = w.admit(w.ask_of(&[ANN, BOB], &text, later), block);
            let first = again.decision.facts.duplicate.unwrap();
            assert_eq!(first.submission, row.id, "{number}");
            let uid = u32::try_from(number).unwrap() + 1;
            let row = returns(&w, &row, ANN, uid, later);
            assert_eq!(states(&row)[0], RecipientState::Bounced, "{number}");
        }
        w.verify_rows();
    });
}

#[test]
fn an_approval_can_be_taken_back_until_it_was_tried_whatever_was_tried_before() {
    both(|w| {
        let hold_for = Span::from_hours(24);
        let later = T0 + Span::from_minutes(5);
        // Put off, held at the second try, approved: nothing has left.
        w.admit(w.ask_of(&[BOB], "to one", T0), allow);
        let departure = w.leave(T0);
        let put_off = answered(&[BOB], RecipientState::Deferred, 450);
        w.finish(departure.attempt.id, put_off.clone(), T0);
        let Claim::HeldBack(held) = w.claim(later, hold) else {
            panic!("it was not held back");
        };
        let approved = w.approve_as(&held, later, allow).unwrap().submission;
        assert!(approved.may_be_undone());
        let undone = w.store.undo(held.id, later, hold_for).wait().unwrap();
        assert_eq!(undone.state.name(), StateName::Held);
        // Approved again and tried, it is beyond that.
        w.approve_as(&undone, later, allow).unwrap();
        let departure = w.leave(later + Span::from_seconds(10));
        let row = w.finish(
            departure.attempt.id,
            put_off,
            later + Span::from_seconds(10),
        );
        assert!(!row.may_be_undone());
        assert!(w.store.undo(held.id, later, hold_for).wait().is_err());
        w.store
            .cancel(held.id, Actor::Operator, later)
            .wait()
            .unwrap();
        // And what somebody has is not offered to be taken back.
        let half = half_sent(&w, "to both", later);
        let Claim::HeldBack(held) = w.claim(later + Span::from_minutes(5), hold) else {
            panic!("it was not held back");
        };
        assert_eq!(held.id, half.id);
        let approved = w.approve_as(&held, later, allow).unwrap().submission;
        assert!(!approved.may_be_undone());
        assert!(w.store.undo(held.id, later, hold_for).wait().is_err());
    });
}
