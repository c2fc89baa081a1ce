//! What a mail program is told, and what is kept of what it sent.

use domain::{Level, StateName, SuppressionReason};
use engine::AskRate;

use crate::client::{desk, desk_with, id, letter};

#[tokio::test]
async fn a_held_message_is_taken_with_its_id_and_its_reason() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let reply = client.deliver(&["bob@x.example"], &letter("")).await;
    assert!(reply.starts_with("250 2.0.0 Ok: held as sub_"), "{reply}");
    let story = desk
        .engine
        .story(domain::Actor::Operator, id(&reply))
        .await
        .unwrap();
    assert_eq!(story.row.state.name(), StateName::Held);
    assert_eq!(story.row.subject, "Hello");
    assert_eq!(story.row.recipients.len(), 1);
}

#[tokio::test]
async fn what_the_client_composed_leaves_as_it_came() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let message = letter(
        "X-Mailer: old\r\n folded  twice\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n",
    );
    let reply = client.deliver(&["bob@x.example"], &message).await;
    let sealed = desk.sealed(id(&reply)).await;
    let (ours, theirs): (Vec<&str>, Vec<&str>) = sealed
        .split_inclusive('\n')
        .partition(|line| line.starts_with("Message-ID: ") || line.starts_with("X-Sendoff-ID: "));
    assert_eq!(ours.len(), 2, "{sealed}");
    assert_eq!(theirs.concat(), message);
}

#[tokio::test]
async fn what_is_not_the_clients_to_write_is_taken_out() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let message = letter(
        "Date: Mon, 1 Jan 2001 00:00:00 +0000\r\nBcc: hidden@x.example\r\nReturn-Path: <evil@x.example>\r\n\
         Received: from a by b\r\nReceived: from c\r\n by d\r\nDKIM-Signature: v=1;\r\n\tb=abc\r\n\
         Sender: evil@x.example\r\nResent-To: evil@x.example\r\nResent-From: evil@x.example\r\n\
         X-Dedupe-Key: key-1\r\nX-Sendoff-ID: <another@x.example>\r\nX-Kept: yes\r\n",
    );
    let reply = client
        .deliver(&["bob@x.example", "hidden@x.example"], &message)
        .await;
    let sealed = desk.sealed(id(&reply)).await;
    for gone in [
        "Date",
        "Bcc",
        "Return-Path",
        "Received",
        "DKIM",
        "Sender",
        "Resent",
        "X-Dedupe",
        "another@x.example",
        "evil",
        "hidden",
        "b=abc",
        "by d",
    ] {
        assert!(!sealed.contains(gone), "{gone} is in {sealed}");
    }
    assert!(sealed.contains("X-Kept: yes\r\n"));
    let story = desk
        .engine
        .story(domain::Actor::Operator, id(&reply))
        .await
        .unwrap();
    let who: Vec<(&str, &str)> = story
        .row
        .recipients
        .iter()
        .map(|row| (row.address.as_str(), row.role.as_str()))
        .collect();
    assert_eq!(who, [("bob@x.example", "to"), ("hidden@x.example", "bcc")]);
}

#[tokio::test]
async fn the_envelope_says_who_gets_it_and_the_headers_do_not() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let reply = client.deliver(&["carol@y.example"], &letter("")).await;
    let story = desk
        .engine
        .story(domain::Actor::Operator, id(&reply))
        .await
        .unwrap();
    assert_eq!(story.row.recipients.len(), 1);
    assert_eq!(story.row.recipients[0].address.as_str(), "carol@y.example");
}

#[tokio::test]
async fn the_same_message_again_is_the_same_submission() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let message = letter("Message-ID: <one@client.example>\r\n");
    let first = client.deliver(&["bob@x.example"], &message).await;
    let mut again = desk.logged_in().await;
    let second = again.deliver(&["bob@x.example"], &message).await;
    assert_eq!(first, second);
    assert_eq!(desk.count().await, 1);
}

#[tokio::test]
async fn a_key_makes_a_message_composed_anew_the_same_submission_and_other_content_a_mismatch() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let keyed = |more: &str| letter(&format!("X-Dedupe-Key: order-7\r\n{more}"));
    let first = client
        .deliver(&["bob@x.example"], &keyed("Message-ID: <a@c.example>\r\n"))
        .await;
    let second = client
        .deliver(&["bob@x.example"], &keyed("Message-ID: <b@c.example>\r\n"))
        .await;
    assert_eq!(first, second);
    let other = keyed("").replace("Hello Bob", "Goodbye Bob");
    let refused = client.deliver(&["bob@x.example"], &other).await;
    assert!(
        refused.starts_with("550 5.7.1 idempotency_mismatch: "),
        "{refused}"
    );
    assert_eq!(desk.count().await, 1);
}

#[tokio::test]
async fn of_two_keys_the_one_of_the_other_service_is_meant_and_neither_leaves() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let both = letter("X-Dedupe-Key: ours\r\nResend-Idempotency-Key: theirs\r\n");
    let first = client.deliver(&["bob@x.example"], &both).await;
    let sealed = desk.sealed(id(&first)).await;
    assert!(
        !sealed.contains("ours") && !sealed.contains("theirs"),
        "{sealed}"
    );
    let theirs = letter("Resend-Idempotency-Key: theirs\r\nMessage-ID: <x@c.example>\r\n");
    let again = client.deliver(&["bob@x.example"], &theirs).await;
    assert_eq!(id(&again), id(&first));
    let ours = letter("X-Dedupe-Key: ours\r\n").replace("Hello Bob", "Goodbye Bob");
    let other = client.deliver(&["bob@x.example"], &ours).await;
    assert!(other.starts_with("250 2.0.0 Ok: held as sub_"), "{other}");
    assert_eq!(desk.count().await, 2);
}

#[tokio::test]
async fn one_message_id_to_two_people_in_turn_is_two_messages() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let message = letter("Message-ID: <one@client.example>\r\n");
    let first = client.deliver(&["bob@x.example"], &message).await;
    let second = client.deliver(&["carol@y.example"], &message).await;
    assert_ne!(id(&first), id(&second));
    assert_eq!(desk.count().await, 2);
}

#[tokio::test]
async fn the_same_content_without_any_key_makes_nothing_new() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let first = client.deliver(&["bob@x.example"], &letter("")).await;
    let second = client.deliver(&["bob@x.example"], &letter("")).await;
    assert!(
        second.starts_with("250 2.0.0 Ok: nothing new was made: "),
        "{second}"
    );
    assert_eq!(id(&second), id(&first));
}

#[tokio::test]
async fn a_message_composed_anew_for_a_second_try_makes_nothing_new() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let with_id = |id: &str| letter(&format!("Message-ID: <{id}@client.example>\r\n"));
    let first = client.deliver(&["bob@x.example"], &with_id("one")).await;
    let second = client.deliver(&["bob@x.example"], &with_id("two")).await;
    assert!(
        second.starts_with("250 2.0.0 Ok: nothing new was made: "),
        "{second}"
    );
    assert_eq!(id(&second), id(&first));
    // A key of its own says that another copy is meant: a person is asked about it.
    let keyed = letter("X-Dedupe-Key: order-8\r\n");
    let meant = client.deliver(&["bob@x.example"], &keyed).await;
    assert!(meant.starts_with("250 2.0.0 Ok: held as "), "{meant}");
    assert_ne!(id(&meant), id(&first));
}

#[tokio::test]
async fn a_blocked_message_is_refused_with_its_rule() {
    let desk = desk(Level::AskAlways).await;
    desk.engine
        .suppress(
            domain::Actor::Operator,
            "bob@x.example".to_owned(),
            None,
            SuppressionReason::Unsubscribe,
            None,
        )
        .await
        .unwrap();
    let mut client = desk.logged_in().await;
    let reply = client.deliver(&["bob@x.example"], &letter("")).await;
    assert!(reply.starts_with("550 5.7.1 suppression: "), "{reply}");
}

#[tokio::test]
async fn a_mailbox_that_is_not_here_or_not_granted_is_refused() {
    let desk = desk(Level::AskAlways).await;
    desk.engine
        .add_mailbox(
            "other@example.com".parse().unwrap(),
            None,
            domain::AccountKind::Rehearsal,
            None,
        )
        .await
        .unwrap();
    let mut client = desk.logged_in().await;
    let from = |who: &str| letter("").replace("<ann@example.com>", who);
    let unknown = client
        .deliver(&["bob@x.example"], &from("<nobody@example.com>"))
        .await;
    assert!(
        unknown.starts_with("550 5.7.1 unknown_mailbox: "),
        "{unknown}"
    );
    let foreign = client
        .deliver(&["bob@x.example"], &from("<other@example.com>"))
        .await;
    assert!(
        foreign.starts_with("550 5.7.1 mailbox_grant: "),
        "{foreign}"
    );
}

#[tokio::test]
async fn a_rejected_message_says_so_to_whoever_sends_it_again() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let message = letter("Message-ID: <one@client.example>\r\n");
    let held = client.deliver(&["bob@x.example"], &message).await;
    desk.engine
        .reject(id(&held), None, "not this week".to_owned())
        .await
        .unwrap();
    let again = client.deliver(&["bob@x.example"], &message).await;
    assert!(
        again.starts_with("550 5.7.1 rejected by a person: not this week (sub_"),
        "{again}"
    );
    assert_eq!(desk.count().await, 1);
}

#[tokio::test]
async fn an_agent_that_only_observes_is_told_that_nothing_was_sent() {
    let desk = desk(Level::Observe).await;
    let mut client = desk.logged_in().await;
    let reply = client.deliver(&["bob@x.example"], &letter("")).await;
    assert!(
        reply.contains("observed as sub_") && reply.contains("nothing was sent"),
        "{reply}"
    );
}

#[tokio::test]
async fn asks_beyond_the_bucket_come_back_later_and_are_not_judged() {
    let rate = AskRate {
        per_second: 1,
        burst: 2,
    };
    let desk = desk_with(Level::AskAlways, rate, None).await;
    let mut client = desk.logged_in().await;
    for to in ["a@x.example", "b@x.example"] {
        assert!(client.deliver(&[to], &letter("")).await.starts_with("250"));
    }
    let later = client.deliver(&["c@x.example"], &letter("")).await;
    assert!(
        later.starts_with("450 4.7.1 too_many_requests: "),
        "{later}"
    );
    assert_eq!(desk.count().await, 2);
}

#[tokio::test]
async fn an_edit_composes_the_message_anew_and_keeps_its_id() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let reply = client
        .deliver(&["bob@x.example"], &letter("X-Mailer: old\r\n"))
        .await;
    let story = desk
        .engine
        .story(domain::Actor::Operator, id(&reply))
        .await
        .unwrap();
    let edit = engine::Edit {
        to: vec!["bob@x.example".parse().unwrap()],
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: Vec::new(),
        subject: "Good day".into(),
        text: Some("Good day.".into()),
        html: None,
        keep_attachments: Vec::new(),
    };
    let edited = desk
        .engine
        .edit(id(&reply), story.row.hash, edit)
        .await
        .unwrap();
    assert_eq!(edited.submission.version, 2);
    let sealed = desk.sealed(id(&reply)).await;
    assert!(
        sealed.contains("Subject: Good day\r\n") && !sealed.contains("X-Mailer"),
        "{sealed}"
    );
    assert!(sealed.contains(&format!("Message-ID: {}\r\n", story.row.message_id)));
}

#[tokio::test]
async fn a_message_id_nobody_used_stays_and_any_other_is_replaced_and_remembered() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let theirs = letter("Message-ID: <one@client.example>\r\n");
    let first = client.deliver(&["bob@x.example"], &theirs).await;
    let sealed = desk.sealed(id(&first)).await;
    assert!(
        sealed.contains("\r\nMessage-ID: <one@client.example>\r\n"),
        "{sealed}"
    );
    for (to, taken) in [
        ("carol@y.example", "<one@client.example>"),
        ("dave@y.example", "no id at all"),
        ("erin@y.example", "<two ids@client.example> <x@y>"),
    ] {
        let message = letter(&format!("Message-ID: {taken}\r\n"));
        let reply = client.deliver(&[to], &message).await;
        let sealed = desk.sealed(id(&reply)).await;
        assert!(!sealed.contains(taken), "{sealed}");
        assert_eq!(sealed.matches("Message-ID: <").count(), 1, "{sealed}");
        let story = desk
            .engine
            .story(domain::Actor::Operator, id(&reply))
            .await
            .unwrap();
        let composed = story.versions[0].draft.composed.as_ref().unwrap();
        assert_eq!(composed.message_id.as_deref(), Some(taken));
    }
}
