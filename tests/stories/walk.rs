//! One message goes the whole way.

use serde_json::json;
use tests::mailstack::as_sent;
use tests::wait::PATIENCE;
use tests::{BOB, MailStack, SmtpSink};

use crate::world::{SWIFT, World, letter};

#[test]
fn a_held_message_is_approved_and_reaches_the_mailbox_with_the_record_written() {
    let stack = MailStack::start();
    let world = World::with(1, stack.smtp_port(), SWIFT);
    let id = world.held(&letter(BOB.address, "the offer"));
    assert!(
        stack.delivered(BOB).is_empty(),
        "nothing leaves before a person says so"
    );

    world.approve(&id);
    world.wait_for_state(&id, "sent");
    let mail = stack.wait_for_mail(BOB, PATIENCE, |_| true);
    let text = String::from_utf8_lossy(as_sent(&mail)).into_owned();
    let shown = world.show(&id);
    let message_id = shown["message"]["message_id"].as_str().unwrap_or_default();
    assert!(
        !message_id.is_empty() && text.contains(message_id),
        "{shown}"
    );
    assert!(text.contains("Subject: the offer\r\n"), "{text}");
    let dates = text.lines().filter(|line| line.starts_with("Date: "));
    assert_eq!(dates.count(), 1, "dated once: {text}");
    assert!(text.contains("\r\n.A line with a dot.\r\n"), "{text}");
    assert!(
        world.desk.run(&["verify"]).code == Some(0),
        "the record holds"
    );
    assert_eq!(stack.delivered(BOB).len(), 1);
}

#[test]
fn an_agent_of_level_three_sends_without_a_person_and_is_told_so() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let answer = world.ask(&letter("dana@acme.test", "a receipt"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["verdict"], "allow");
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    world.wait_for_state(&id, "sent");
    let caught = sink.wait_for(1);
    assert_eq!(caught[0].mail_from, "alice@example.test");
    assert_eq!(caught[0].rcpt_to, ["dana@acme.test"]);
}

#[test]
fn an_agent_of_level_zero_only_observes() {
    let sink = SmtpSink::start();
    let world = World::with(0, sink.port(), SWIFT);
    let answer = world.ask(&letter("dana@acme.test", "a receipt"));
    assert_eq!(
        (answer.status, answer.json()["state"].as_str()),
        (200, Some("observed"))
    );
    assert_eq!(sink.connections(), 0);
}

#[test]
fn hidden_copies_travel_in_the_envelope_and_in_no_header() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let mut ask = letter("dana@acme.test", "a receipt");
    ask["cc"] = json!(["cc@acme.test"]);
    ask["bcc"] = json!(["secret@acme.test"]);
    world.ask(&ask);
    let caught = sink.wait_for(1);
    let mut rcpt_to = caught[0].rcpt_to.clone();
    rcpt_to.sort();
    assert_eq!(
        rcpt_to,
        ["cc@acme.test", "dana@acme.test", "secret@acme.test"]
    );
    let text = String::from_utf8_lossy(&caught[0].bytes);
    assert!(
        !text.to_lowercase().contains("bcc") && !text.contains("secret@"),
        "{text}"
    );
}

#[test]
fn a_relay_that_asks_for_patience_gets_the_message_later_and_once() {
    let sink = SmtpSink::start();
    sink.then([tests::Act::RefuseMail("451 4.3.0 try later".into())]);
    let world = World::with(3, sink.port(), SWIFT);
    let answer = world.ask(&letter("dana@acme.test", "patience"));
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    tests::until("the first attempt", PATIENCE, || {
        sink.commands()
            .iter()
            .any(|c| c.starts_with("MAIL"))
            .then_some(())
    });
    let state = world.state(&id);
    assert!(
        ["queued", "sending", "sent"].contains(&state.as_str()),
        "{state}"
    );
    assert!(sink.caught().len() <= 1);
}

#[test]
fn a_reply_lost_after_the_last_dot_is_openly_uncertain_and_never_sent_again() {
    let sink = SmtpSink::start();
    sink.then([tests::Act::DropAfterDot]);
    let world = World::with(3, sink.port(), SWIFT);
    let answer = world.ask(&letter("dana@acme.test", "nobody knows"));
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    world.wait_for_state(&id, "uncertain");
    let id2 = world.ask(&letter("erin@acme.test", "another")).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.wait_for_state(&id2, "sent");
    assert_eq!(
        sink.caught().len(),
        2,
        "the uncertain one was not sent again"
    );

    world.desk.as_operator(&["settle", &id, "--sent"]).ok();
    world.wait_for_state(&id, "sent");
    assert_eq!(sink.caught().len(), 2);
}

#[test]
fn a_restart_forgets_nothing() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    let id = world.held(&letter("dana@acme.test", "later"));
    let World {
        serving,
        desk,
        token,
    } = world;
    assert!(serving.stop().success(), "a clean stop");
    let world = World {
        serving: desk.serve(),
        desk,
        token,
    };
    assert_eq!(world.state(&id), "held");
    world.approve(&id);
    world.wait_for_state(&id, "sent");
    assert_eq!(sink.caught().len(), 1);
}

#[test]
fn the_same_ask_twice_is_one_submission() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    let ask = letter("dana@acme.test", "once");
    let first = world.api().post_keyed("/v1/submissions", "k1", &ask);
    let again = world.api().post_keyed("/v1/submissions", "k1", &ask);
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(again.json()["replayed"], true);
    let other = world
        .api()
        .post_keyed("/v1/submissions", "k1", &letter("dana@acme.test", "other"));
    assert_eq!(other.status, 409);
    assert_eq!(other.json()["code"], "idempotency_mismatch");
}
