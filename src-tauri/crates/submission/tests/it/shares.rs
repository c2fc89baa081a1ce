//! Nobody keeps anybody else out: neither connections that say nothing, nor an agent that sends
//! slowly or opens many.

use std::future::Future;
use std::time::Duration;

use domain::Level;
use engine::{AskRate, Budget, LONG_BODIES_MAX, LONG_BODIES_PER_AGENT_MAX};
use submission::{Options, Shares};

use crate::client::{Client, Desk, MAILBOX, desk, desk_of, letter};

/// Longer than any of these takes, shorter than any limit they are about.
const PATIENCE: Duration = Duration::from_secs(20);

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .expect("an answer while others are slow")
}

async fn few(strangers: usize, agents: usize) -> Desk {
    let options = Options {
        budget: Budget::new(AskRate::default()),
        certificate: None,
        shares: Shares { strangers, agents },
    };
    desk_of(Level::AskAlways, options).await
}

/// A message as long as two short ones may be.
fn long_letter() -> String {
    let line = format!("{}\r\n", "x".repeat(900));
    format!("{}{}", letter(""), line.repeat(150))
}

/// Begins a long message and says no more.
async fn stuck(desk: &Desk) -> Client {
    stuck_as(desk, &desk.token).await
}

async fn stuck_as(desk: &Desk, token: &str) -> Client {
    let mut client = desk.client().await;
    client.log_in(token).await;
    client.ask(&format!("MAIL FROM:<{MAILBOX}>")).await;
    client.ask("RCPT TO:<bob@x.example>").await;
    assert!(client.ask("DATA").await.starts_with("354 "));
    client.send(long_letter().as_bytes()).await;
    client
}

#[tokio::test]
async fn connections_that_say_nothing_make_way_and_whoever_is_logged_in_stays() {
    let desk = few(4, 4).await;
    let mut inside = desk.logged_in().await;
    let mut silent = Vec::new();
    for n in 0..50 {
        silent.push(desk.client().await);
        if n % 10 == 0 {
            let mut next = in_time(desk.logged_in()).await;
            let to = format!("b{n}@x.example");
            let reply = in_time(next.deliver(&[&to], &letter(""))).await;
            assert!(reply.starts_with("250 2.0.0 Ok: held"), "{reply}");
        }
    }
    let told = silent[0].rest().await;
    assert!(told.starts_with("421 4.3.2 too many connections"), "{told}");
    assert!(silent[49].ask("NOOP").await.starts_with("250 "));
    assert!(inside.ask("NOOP").await.starts_with("250 "));
    assert_eq!(desk.count().await, 5);
}

#[tokio::test]
async fn an_agent_that_sends_slowly_keeps_no_other_agents_long_message_waiting() {
    let desk = desk(Level::AskAlways).await;
    let other = desk.another("other", Level::AskAlways).await;
    let mut slow = Vec::new();
    for _ in 0..3 * LONG_BODIES_PER_AGENT_MAX {
        slow.push(stuck(&desk).await);
    }
    let mut client = desk.client().await;
    client.log_in(&other).await;
    for to in ["bob@x.example", "carl@x.example"] {
        let reply = in_time(client.deliver(&[to], &long_letter())).await;
        assert!(reply.starts_with("250 2.0.0 Ok: held"), "{reply}");
    }
    // Its own short ones go on as well, and a slow one that ends is taken.
    let mut own = desk.logged_in().await;
    let reply = in_time(own.deliver(&["dora@x.example"], &letter(""))).await;
    assert!(reply.starts_with("250 "), "{reply}");
    let reply = in_time(slow[0].ask(".")).await;
    assert!(reply.starts_with("250 2.0.0 Ok: held"), "{reply}");
    assert_eq!(desk.count().await, 4);
}

#[tokio::test]
async fn two_agents_that_send_slowly_keep_no_third_ones_long_message_waiting() {
    let desk = desk(Level::AskAlways).await;
    let second = desk.another("second", Level::AskAlways).await;
    let third = desk.another("third", Level::AskAlways).await;
    let mut slow = Vec::new();
    for _ in 0..LONG_BODIES_MAX {
        slow.push(stuck(&desk).await);
        slow.push(stuck_as(&desk, &second).await);
    }
    let mut client = desk.client().await;
    client.log_in(&third).await;
    let begun = tokio::time::Instant::now();
    for to in ["bob@x.example", "carl@x.example"] {
        let reply = in_time(client.deliver(&[to], &long_letter())).await;
        assert!(reply.starts_with("250 2.0.0 Ok: held"), "{reply}");
    }
    assert!(begun.elapsed() < engine::PLACE_TIME_MAX / 2);
    assert_eq!(desk.count().await, 2);
}

#[tokio::test]
async fn agents_with_every_place_are_told_to_come_back_and_one_that_leaves_lets_the_next_in() {
    let desk = few(4, 2).await;
    let first = desk.logged_in().await;
    let mut second = desk.logged_in().await;
    let mut third = desk.client().await;
    let reply = third.log_in_as(MAILBOX, &desk.token).await;
    assert!(
        reply.starts_with("454 4.7.0 too_many_requests: "),
        "{reply}"
    );
    drop(first);
    // The door hears of it in its own time: each try is a connection of its own.
    let admitted = async {
        loop {
            let mut next = desk.client().await;
            if next.log_in_as(MAILBOX, &desk.token).await.starts_with('2') {
                return;
            }
        }
    };
    in_time(admitted).await;
    assert!(second.ask("NOOP").await.starts_with("250 "));
}
