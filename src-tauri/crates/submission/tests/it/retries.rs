//! The answer to the final dot is lost, and the program sends again: one submission.

use domain::{Actor, Level, SuppressionReason};
use engine::PauseScope;

use crate::client::{Desk, desk, id, letter};

impl Desk {
    /// Hands a message in and is gone before its answer.
    async fn lost(&self, to: &str, message: &str) {
        let mut client = self.logged_in().await;
        for line in [
            "MAIL FROM:<ann@example.com>",
            &format!("RCPT TO:<{to}>"),
            "DATA",
        ] {
            let reply = client.ask(line).await;
            assert!(reply.starts_with(['2', '3']), "{reply}");
        }
        let stuffed = message.replace("\r\n.", "\r\n..");
        client.send(format!("{stuffed}.\r\n").as_bytes()).await;
    }
}

#[tokio::test]
async fn a_message_with_an_id_of_its_own_is_the_same_submission() {
    let desk = desk(Level::AskAlways).await;
    let message = letter("Message-ID: <lost-1@client.example>\r\n");
    desk.lost("bob@x.example", &message).await;
    let mut again = desk.logged_in().await;
    let first = again.deliver(&["bob@x.example"], &message).await;
    assert!(first.starts_with("250 2.0.0 Ok: held as sub_"), "{first}");
    let second = again.deliver(&["bob@x.example"], &message).await;
    assert_eq!(id(&first), id(&second));
    assert_eq!(desk.count().await, 1);
}

#[tokio::test]
async fn many_retries_at_once_are_one_submission() {
    let desk = desk(Level::AskAlways).await;
    let message = letter("Message-ID: <lost-2@client.example>\r\n");
    let mut delivering = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (mut client, message) = (desk.logged_in().await, message.clone());
        delivering.spawn(async move { client.deliver(&["bob@x.example"], &message).await });
    }
    let replies = delivering.join_all().await;
    assert_eq!(replies.len(), 8);
    assert!(
        replies.iter().all(|reply| id(reply) == id(&replies[0])),
        "{replies:?}"
    );
    assert_eq!(desk.count().await, 1);
}

#[tokio::test]
async fn a_message_without_one_is_known_by_its_content() {
    let desk = desk(Level::AskAlways).await;
    // As a program that writes a date and an id anew for each try.
    let composed = |n: u8| {
        letter(&format!(
            "Date: Sun, 22 Nov 2026 10:00:0{n} +0000\r\nMessage-ID: <try-{n}@client.example>\r\n"
        ))
    };
    desk.lost("bob@x.example", &composed(1)).await;
    let mut again = desk.logged_in().await;
    let told = again.deliver(&["bob@x.example"], &composed(2)).await;
    assert!(told.starts_with("250 2.0.0 Ok: "), "{told}");
    let waits = engine::ListFilter {
        states: vec![domain::StateName::Held],
        ..engine::ListFilter::default()
    };
    let rows = desk.engine.list(waits, None, 10).await.unwrap().rows;
    assert_eq!(rows.len(), 1, "more than one could leave");
}

#[tokio::test]
async fn a_client_that_is_gone_before_the_final_dot_asked_nothing() {
    let desk = desk(Level::AskAlways).await;
    for end in ["", ".", ".\r", "\r\n", "..\r\n"] {
        let mut client = desk.logged_in().await;
        client.ask("MAIL FROM:<ann@example.com>").await;
        client.ask("RCPT TO:<bob@x.example>").await;
        client.ask("DATA").await;
        client.send(format!("{}{end}", letter("")).as_bytes()).await;
        drop(client);
    }
    // Whoever comes after them is served by the same door, after it has seen them go.
    let mut other = desk.logged_in().await;
    let reply = other.deliver(&["carol@x.example"], &letter("")).await;
    assert!(reply.starts_with("250 "), "{reply}");
    assert_eq!(desk.count().await, 1);
}

#[tokio::test]
async fn what_was_refused_for_a_while_is_taken_under_the_same_id_once_that_has_passed() {
    let desk = desk(Level::AskAlways).await;
    for (to, headers) in [
        ("bob@x.example", "Message-ID: <two@client.example>\r\n"),
        ("carl@x.example", "X-Dedupe-Key: order-2\r\n"),
    ] {
        let message = letter(headers);
        let mut client = desk.logged_in().await;
        desk.engine
            .pause(PauseScope::Workspace, Actor::Operator)
            .await
            .unwrap();
        for _ in 0..2 {
            let reply = client.deliver(&[to], &message).await;
            assert!(reply.starts_with("450 4.7.1 workspace_paused: "), "{reply}");
        }
        desk.engine.resume(PauseScope::Workspace).await.unwrap();
        let first = client.deliver(&[to], &message).await;
        assert!(first.starts_with("250 2.0.0 Ok: held as sub_"), "{first}");
        let again = client.deliver(&[to], &message).await;
        assert_eq!(id(&again), id(&first));
    }
}

#[tokio::test]
async fn whom_a_person_lets_be_written_to_again_is_written_to_under_the_same_id() {
    let desk = desk(Level::AskAlways).await;
    let message = letter("Message-ID: <three@client.example>\r\n");
    let bob = "bob@x.example".to_owned();
    let reason = SuppressionReason::Manual;
    desk.engine
        .suppress(Actor::Operator, bob.clone(), None, reason, None)
        .await
        .unwrap();
    let mut client = desk.logged_in().await;
    let refused = client.deliver(&["bob@x.example"], &message).await;
    assert!(refused.starts_with("550 5.7.1 suppression: "), "{refused}");
    let again = client.deliver(&["bob@x.example"], &message).await;
    assert_eq!(id(&again), id(&refused), "while it stands it is one ask");
    desk.engine.lift(bob, None).await.unwrap();
    let taken = client.deliver(&["bob@x.example"], &message).await;
    assert!(taken.starts_with("250 2.0.0 Ok: held as sub_"), "{taken}");
}
