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
    Effect, Plan, Received, ReceivedKind, Report, ReportOutcome, Route, Shelf, Standing,
};
use domain::{ConversationId, InboundId, Outcome, RecipientState, Span, StateName, Timestamp};
use store::{Ingest, Place, StoreError, SubmissionRow};

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
fn half_sent(w: &World) -> SubmissionRow {
    w.admit(w.ask_of(&[ANN, BOB], "to both", T0), allow);
    let departure = w.leave(T0);
    let outcome = each(RecipientState::Accepted, RecipientState::Deferred);
    let row = w.finish(departure.attempt.id, outcome, T0);
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
        effects: vec![Effect::Bounced {
            address: address.clone(),
            dead: true,
            worn_out: false,
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
        let row = returns(&w, &half_sent(&w), ANN, 1, T0);
        assert_eq!(
            states(&row),
            [RecipientState::Bounced, RecipientState::Deferred]
        );
        // Back with a person, it is not written anew: Ann would be written to again.
        let later = T0 + Span::from_minutes(5);
        let store::Claim::HeldBack(held) = w.claim(later, hold) else {
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
