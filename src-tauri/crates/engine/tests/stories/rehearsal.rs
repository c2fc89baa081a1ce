//! The rehearsal world: what it answers comes in as any mail does, and does what real mail would.

use domain::received::{ReceivedKind, Shelf};
use domain::{Intent, Level, Span, State, StateName, SubmissionId};
use engine::{Chaos, REPLIERS};
use store::InboundRow;

use crate::reading::until;
use crate::world::{World, ask, ask_about};

/// Sends a message there, which must leave, and gives what came back about it.
async fn answered(world: &World, local: &str) -> (SubmissionId, InboundRow) {
    let to = format!("{local}@rehearsal.example");
    let id = world.ask(&to).await.row.id;
    world.until(id, StateName::Sent).await;
    let row = until(world, local, async || received(world).await.pop()).await;
    assert_eq!(
        row.submission,
        Some(id),
        "{local}: it is tied to what was sent"
    );
    (id, row)
}

/// Everything received, newest last.
async fn received(world: &World) -> Vec<InboundRow> {
    let engine = &world.engine;
    let all = engine
        .conversations(Default::default(), None, 100)
        .await
        .unwrap();
    let mut rows = Vec::new();
    for conversation in all.rows {
        rows.extend(engine.conversation(conversation.id).await.unwrap().inbound);
    }
    rows
}

#[tokio::test]
async fn each_replier_is_taken_for_what_it_is() {
    for one in REPLIERS {
        let world = World::at(Level::AskOnException).await;
        let (_, row) = answered(&world, one.local).await;
        let read = (row.read.kind, row.intent(), row.shelf);
        match one.local {
            "question" => {
                assert_eq!(read, (ReceivedKind::Person, Intent::Question, Shelf::Clear));
            }
            "interested" => {
                assert_eq!(
                    read,
                    (ReceivedKind::Person, Intent::Interested, Shelf::Clear)
                );
            }
            "out-of-office" => {
                assert_eq!(read.0, ReceivedKind::OutOfOffice);
                assert!(row.read.returns_at.is_some());
            }
            "unsubscribe" => {
                assert_eq!(read.0, ReceivedKind::Person);
                assert_eq!(read.1, Intent::Unsubscribe);
            }
            "bounce" => assert_eq!(read.0, ReceivedKind::Bounce),
            "complaint" => assert_eq!(read.0, ReceivedKind::Complaint),
            "injection" => assert_eq!(read.2, Shelf::Quarantined),
            other => panic!("no expectation for {other}"),
        }
        world.verify().await;
    }
}

#[tokio::test]
async fn after_a_wish_to_stop_a_bounce_or_a_complaint_nothing_more_leaves() {
    for local in ["unsubscribe", "bounce", "complaint"] {
        let world = World::at(Level::AskOnException).await;
        answered(&world, local).await;
        let again = ask_about(&format!("{local}@rehearsal.example"), "once more");
        let again = world.submit(again).await.row.id;
        assert_eq!(world.state(again).await, StateName::Blocked, "{local}");
        assert_eq!(world.deliveries(again).await, 0, "{local}");
    }
}

#[tokio::test]
async fn an_absence_moves_what_waits_for_her() {
    let world = World::at(Level::AskOnException).await;
    let to = "out-of-office@rehearsal.example";
    let mut later = ask_about(to, "the follow-up");
    later.draft.send_at = Some(world.engine.now() + Span::from_days(2));
    let later = world.submit(later).await.row.id;
    assert_eq!(world.state(later).await, StateName::Queued);
    let (_, row) = answered(&world, "out-of-office").await;
    let returns = row.read.returns_at.unwrap();
    let waits = match world.story(later).await.row.state {
        State::Queued { due } => due,
        State::Deferred { not_before, .. } => not_before,
        other => panic!("{other:?}"),
    };
    assert!(waits >= returns, "{waits}, back at {returns}");
}

#[tokio::test]
async fn who_does_not_live_in_the_rehearsal_answers_nothing() {
    let world = World::at(Level::AskOnException).await;
    let id = world.ask("question@there.example").await.row.id;
    world.until(id, StateName::Sent).await;
    // Somebody else's answer has come in meanwhile, so theirs would have, too.
    answered(&world, "question").await;
    world.pass(Span::from_minutes(5));
    assert_eq!(received(&world).await.len(), 1);
}

#[tokio::test]
async fn a_message_that_was_taken_can_bounce_later() {
    let world = World::at(Level::AskOnException).await;
    let chaos = Chaos {
        bounce_later: true,
        ..Chaos::default()
    };
    world.engine.set_rehearsal_chaos(chaos).await.unwrap();
    let id = world.ask("dana@there.example").await.row.id;
    world.until(id, StateName::Sent).await;
    let row = until(&world, "the report", async || received(&world).await.pop()).await;
    assert_eq!(
        (row.read.kind, row.submission),
        (ReceivedKind::Bounce, Some(id))
    );
    let again = world
        .submit(ask_about("dana@there.example", "once more"))
        .await;
    assert_eq!(world.state(again.row.id).await, StateName::Blocked);
}

#[tokio::test]
async fn the_relays_faults_are_switched_on_and_off() {
    let world = World::at(Level::AskOnException).await;
    let switch = async |chaos: Chaos| world.engine.set_rehearsal_chaos(chaos).await.unwrap();

    switch(Chaos {
        refuse_for_now: true,
        ..Chaos::default()
    })
    .await;
    let refused = world.ask("ann@one.example").await.row.id;
    until(&world, "it was tried", async || {
        let tries = world.story(refused).await.attempts;
        tries.iter().any(|one| one.ended_at.is_some()).then_some(())
    })
    .await;
    assert_eq!(world.state(refused).await, StateName::Queued);
    assert_eq!(world.deliveries(refused).await, 0);

    switch(Chaos {
        drop_after_data: true,
        ..Chaos::default()
    })
    .await;
    let lost = world.ask("bob@two.example").await.row.id;
    world.until(lost, StateName::Uncertain).await;
    assert_eq!(world.deliveries(lost).await, 0);

    switch(Chaos::default()).await;
    world.pass(Span::from_minutes(5));
    world.until(refused, StateName::Sent).await;
    assert_eq!(
        world.state(lost).await,
        StateName::Uncertain,
        "nobody settled it"
    );
    assert_eq!(
        world.engine.rehearsal_chaos().await.unwrap(),
        Chaos::default()
    );
    world.verify().await;
}

#[tokio::test]
async fn a_slow_relay_is_waited_for_and_given_the_message_once() {
    let world = World::at(Level::AskOnException).await;
    let chaos = Chaos {
        slow_accept: true,
        ..Chaos::default()
    };
    world.engine.set_rehearsal_chaos(chaos).await.unwrap();
    let id = world.submit(ask("cy@three.example")).await.row.id;
    world.until(id, StateName::Sending).await;
    assert_eq!(world.deliveries(id).await, 0);
    until(&world, "it is taken", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
    assert_eq!(world.deliveries(id).await, 1);
}
