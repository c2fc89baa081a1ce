//! A copy in Sent and a report may be seen before the attempt they are about has ended.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::mail::{arrives, letter};
use common::{T0, World, accepted, address, allow, answered, both, hold_first};
use domain::received::{Received, ReceivedKind, Report, ReportOutcome};
use domain::{Digest, Outcome, RecipientState, SentCopy, Span, StateName, Timestamp};
use store::{Departure, Place, SentJudged, SentSeen};

const DANA: &str = "dana@acme.example";

fn at(seconds: i64) -> Timestamp {
    T0 + Span::from_seconds(seconds)
}

/// A mail to Dana on the wire, whose last dot was sent.
fn sending(world: &World) -> Departure<()> {
    let held = world.admit(world.ask(DANA, T0), hold_first).submission;
    world.approve_as(&held, T0, hold_first).unwrap();
    let departure = world.leave(at(10));
    let dot = world.store.final_dot(departure.attempt.id, at(11));
    assert!(dot.wait().unwrap());
    departure
}

fn unanswered() -> Outcome {
    Outcome::Unanswered {
        reason: "the line went dead".to_owned(),
        maybe: vec![address(DANA)],
        refused: Vec::new(),
    }
}

/// The copy of a mail is seen in Sent.
fn copy_of(world: &World, message_id: &str, now: Timestamp) -> SentJudged {
    world
        .store
        .sent_seen(copy(world, message_id, now))
        .wait()
        .unwrap()
}

fn copy(world: &World, message_id: &str, now: Timestamp) -> SentSeen {
    SentSeen {
        place: Place {
            account: world.account,
            folder: "Sent".to_owned(),
            uid_validity: 1,
            uid: 1,
            after: 0,
        },
        bytes: b"Subject: s\r\n\r\nhello".to_vec(),
        message_id: Some(message_id.trim_matches(['<', '>']).to_owned()),
        references: Vec::new(),
        subject: "s".to_owned(),
        from: Some(address("team@ours.example")),
        to: vec![address(DANA)],
        written_at: Some(now),
        proves: true,
        people_write: true,
        own_id: None,
        now,
    }
}

/// A report about the mail comes in.
fn reported(world: &World, message_id: &str, outcome: ReportOutcome) {
    let read = Received {
        kind: ReceivedKind::Bounce,
        reported_id: Some(message_id.trim_matches(['<', '>']).to_owned()),
        reports: vec![Report {
            address: DANA.to_owned(),
            original_address: None,
            outcome,
            status: None,
            diagnostic: Some("said the relay".to_owned()),
        }],
        ..letter("mailer-daemon@relay.example", "report")
    };
    arrives(world, read, 1, at(12));
}

fn state(world: &World, departure: &Departure<()>) -> StateName {
    let row = world
        .store
        .submission(departure.submission.id)
        .unwrap()
        .unwrap();
    row.state.name()
}

#[test]
fn a_copy_seen_while_the_mail_leaves_settles_it_when_nobody_answers() {
    both(|world| {
        world.reads(SentCopy::Provider, T0);
        let departure = sending(&world);
        let judged = copy_of(&world, &departure.submission.message_id, at(12));
        assert_eq!(judged, SentJudged::Ours(departure.submission.id));
        assert_eq!(state(&world, &departure), StateName::Sending);
        let row = world.finish(departure.attempt.id, unanswered(), at(20));
        assert_eq!(row.state.name(), StateName::Sent, "as it is told");
        assert_eq!(state(&world, &departure), StateName::Sent);
        world.verify();
    });
}

#[test]
fn a_copy_that_was_given_another_message_id_settles_and_what_answers_it_is_linked() {
    both(|world| {
        world.reads(SentCopy::Provider, T0);
        let departure = sending(&world);
        world.finish(departure.attempt.id, unanswered(), at(20));
        let ours = departure.submission.message_id.trim_matches(['<', '>']);
        let elsewhere = SentSeen {
            own_id: Some(format!("0{ours}")),
            ..copy(&world, "<010f@ses.example>", at(30))
        };
        let judged = world.store.sent_seen(elsewhere).wait().unwrap();
        assert_eq!(judged, SentJudged::Theirs, "names nothing of ours");
        let renamed = SentSeen {
            own_id: Some(ours.to_owned()),
            ..copy(&world, "<020f@ses.example>", at(31))
        };
        let judged = world.store.sent_seen(renamed).wait().unwrap();
        assert_eq!(judged, SentJudged::Settled(departure.submission.id));
        assert_eq!(state(&world, &departure), StateName::Sent);
        let knows = |id| world.store.knows_message_id(id).unwrap();
        assert!(knows("020f@ses.example") && !knows("010f@ses.example"));
        world.verify();
    });
}

#[test]
fn a_copy_is_no_proof_for_who_was_put_off_and_doubted() {
    both(|world| {
        world.reads(SentCopy::Provider, T0);
        let bob = "bob@acme.example";
        let two = world.ask_of(&[DANA, bob], "two", T0);
        let asked = world.admit(two, allow).submission;
        let Outcome::Answered { recipients } = answered(&[bob], RecipientState::Deferred, 450)
        else {
            panic!("not answered");
        };
        let broken = Outcome::Unanswered {
            reason: "the wire broke".to_owned(),
            maybe: vec![address(DANA)],
            refused: recipients,
        };
        world.finish(world.leave(T0).attempt.id, broken, at(5));
        let doubt = world.store.doubt(9, Digest::of(b"newer"), at(10));
        doubt.wait().unwrap();
        let judged = copy_of(&world, &asked.message_id, at(20));
        assert_eq!(judged, SentJudged::Ours(asked.id));
        let row = world.store.submission(asked.id).unwrap().unwrap();
        assert_eq!(
            row.state.name(),
            StateName::Uncertain,
            "Bob is for a person"
        );
        let states: Vec<_> = row.recipients.iter().map(|one| one.state).collect();
        assert_eq!(
            states,
            [RecipientState::Accepted, RecipientState::Uncertain]
        );
        world.verify_rows();
    });
}

#[test]
fn a_copy_settles_too_who_was_put_off_before_the_wire_broke() {
    both(|world| {
        world.reads(SentCopy::Provider, T0);
        let asked = world.admit(world.ask(DANA, T0), allow).submission;
        let put_off = answered(&[DANA], RecipientState::Deferred, 450);
        world.finish(world.leave(T0).attempt.id, put_off, at(5));
        let due = world.store.next_due().unwrap().unwrap();
        let again = world.leave(due).attempt.id;
        world.finish(again, unanswered(), due + Span::from_seconds(5));
        let judged = copy_of(&world, &asked.message_id, due + Span::from_seconds(9));
        assert_eq!(judged, SentJudged::Settled(asked.id));
        world.verify_rows();
    });
}

#[test]
fn a_copy_settles_too_what_a_crash_cut_off() {
    both(|world| {
        world.reads(SentCopy::Provider, T0);
        let departure = sending(&world);
        copy_of(&world, &departure.submission.message_id, at(12));
        let recovered = world.store.recover(at(20)).wait().unwrap();
        assert!(recovered.uncertain.is_empty(), "nothing is uncertain");
        assert_eq!(state(&world, &departure), StateName::Sent);
        world.verify();
    });
}

#[test]
fn a_copy_of_our_own_filing_or_none_proves_nothing() {
    both(|world| {
        world.reads(SentCopy::Append, T0);
        let departure = sending(&world);
        copy_of(&world, &departure.submission.message_id, at(12));
        world.finish(departure.attempt.id, unanswered(), at(20));
        assert_eq!(state(&world, &departure), StateName::Uncertain);
        world.verify();
    });
}

#[test]
fn a_report_that_comes_while_the_mail_leaves_is_heard_when_its_attempt_ends() {
    let cases = [
        (ReportOutcome::Dead, unanswered(), StateName::Bounced),
        (ReportOutcome::Dead, accepted(&[DANA]), StateName::Bounced),
        (ReportOutcome::Delivered, unanswered(), StateName::Sent),
        (ReportOutcome::Delayed, unanswered(), StateName::Uncertain),
    ];
    for (report, outcome, ends) in cases {
        both(|world| {
            let departure = sending(&world);
            reported(&world, &departure.submission.message_id, report);
            assert_eq!(state(&world, &departure), StateName::Sending);
            world.finish(departure.attempt.id, outcome.clone(), at(20));
            assert_eq!(state(&world, &departure), ends, "{report:?}");
            world.verify();
        });
    }
}
