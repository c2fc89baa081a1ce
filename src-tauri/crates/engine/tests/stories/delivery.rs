//! On the wire: what comes back is tried again, what is lost is said, and nothing goes twice.

use domain::submission::Settlement;
use domain::{Code, Level, Outcome, RecipientState, Span, State, StateName, SubmissionId};

use crate::world::{World, ask};

/// Asks as an agent of level 3 and comes to the first outcome.
async fn after_first_try(to: &str, state: StateName) -> (World, SubmissionId) {
    let world = World::at(Level::AskOnException).await;
    let id = world.ask(to).await.row.id;
    world.until(id, state).await;
    (world, id)
}

/// A retry goes back to `queued`, where it was before the first try: wait for the attempt's end.
async fn tried(world: &World, id: SubmissionId, times: usize) {
    let mut changes = world.engine.subscribe();
    loop {
        let story = world.story(id).await;
        let ended = story.attempts.iter().filter(|one| one.ended_at.is_some());
        if ended.count() >= times && story.row.state.name() != StateName::Sending {
            return;
        }
        let moved = tokio::time::timeout(std::time::Duration::from_secs(20), changes.recv());
        match moved.await {
            Ok(change) => drop(change.unwrap()),
            Err(_) => panic!(
                "try {times} of {:?} {:#?}",
                story.row.state,
                story.attempts.last()
            ),
        }
    }
}

#[tokio::test]
async fn refused_for_now_is_tried_again_with_growing_waits_and_given_up_after_48_hours() {
    let world = World::at(Level::AskOnException).await;
    let id = world.ask("later@there.example").await.row.id;
    let mut waits = Vec::new();
    for times in 1.. {
        tried(&world, id, times).await;
        match world.story(id).await.row.state {
            State::Queued { due } => {
                let wait = due.since(world.engine.now());
                assert!(wait > Span::ZERO);
                waits.push(wait);
                world.clock.set(due);
            }
            State::Failed { reason } => {
                assert!(reason.starts_with("given up after 48 h"), "{reason}");
                assert!(reason.contains("come back later"), "{reason}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(waits[0] <= Span::from_seconds(36), "{waits:?}");
    assert!(
        *waits.last().unwrap() >= Span::from_minutes(96),
        "{waits:?}"
    );
    let lasted = world.engine.now().since(crate::world::START);
    assert!(lasted <= Span::from_hours(48), "{lasted}");
    assert!(lasted >= Span::from_hours(45), "{lasted}");
    assert!(world.engine.rehearsal_delivered().is_empty());
    let recorded = world.recorded(id).await;
    assert_eq!(
        recorded.last().map(String::as_str),
        Some("delivery.outcome")
    );
    let counts = world.engine.counts().await.unwrap();
    assert_eq!(counts.failed_unseen, 1);
    world.verify().await;
}

#[tokio::test]
async fn a_refusal_for_now_of_one_recipient_never_repeats_the_message_to_the_others() {
    let world = World::at(Level::AskOnException).await;
    let mut asked = ask("ann@there.example");
    asked.draft.cc = vec![crate::world::named("later@there.example")];
    let id = world.submit(asked).await.row.id;
    tried(&world, id, 1).await;
    let story = world.story(id).await;
    let states: Vec<RecipientState> = story.row.recipients.iter().map(|r| r.state).collect();
    assert_eq!(states, [RecipientState::Accepted, RecipientState::Deferred]);
    let State::Queued { due } = story.row.state else {
        panic!("{:?}", story.row.state);
    };
    world.clock.set(due);
    tried(&world, id, 2).await;
    let to_ann = world.engine.rehearsal_delivered();
    let to_ann = to_ann
        .iter()
        .filter(|mail| mail.rcpt_to.iter().any(|to| to.local() == "ann"));
    assert_eq!(to_ann.count(), 1);
    world.verify().await;
}

#[tokio::test]
async fn refused_for_good_fails_with_the_relays_words() {
    let (world, id) = after_first_try("refuse@there.example", StateName::Failed).await;
    let story = world.story(id).await;
    let State::Failed { reason } = &story.row.state else {
        panic!();
    };
    assert!(reason.contains("no such person here"), "{reason}");
    world.pass(Span::from_days(3));
    assert_eq!(world.story(id).await.attempts.len(), 1);
    world.verify().await;
}

#[tokio::test]
async fn a_wire_that_breaks_before_the_last_dot_is_tried_again_without_a_person() {
    let world = World::at(Level::AskOnException).await;
    let id = world.ask("drop@there.example").await.row.id;
    tried(&world, id, 1).await;
    let story = world.story(id).await;
    assert_eq!(story.row.state.name(), StateName::Queued);
    assert_eq!(story.attempts[0].final_dot_at, None);
    assert!(matches!(
        story.attempts[0].outcome,
        Some(Outcome::NotAccepted { .. })
    ));
    world.verify().await;
}

#[tokio::test]
async fn a_last_dot_without_an_answer_is_openly_uncertain_and_never_sent_again_by_itself() {
    let (world, id) = after_first_try("vanish@there.example", StateName::Uncertain).await;
    world.pass(Span::from_days(3));
    let story = world.story(id).await;
    assert_eq!(story.row.state.name(), StateName::Uncertain);
    assert_eq!(story.attempts.len(), 1);
    assert!(story.attempts[0].final_dot_at.is_some());
    assert_eq!(world.engine.counts().await.unwrap().uncertain, 1);
    world.verify().await;
}

#[tokio::test]
async fn a_person_settles_what_is_uncertain_as_sent() {
    let (world, id) = after_first_try("vanish@there.example", StateName::Uncertain).await;
    let row = world
        .engine
        .settle(id, None, Settlement::Sent)
        .await
        .unwrap();
    assert_eq!(row.state.name(), StateName::Sent);
    assert_eq!(row.recipients[0].state, RecipientState::Accepted);
    let twice = world.engine.settle(id, None, Settlement::Resend).await;
    assert_eq!(twice.unwrap_err().code, Code::WrongState);
    world.verify().await;
}

#[tokio::test]
async fn a_person_settles_what_is_uncertain_by_sending_it_again() {
    let (world, id) = after_first_try("vanish@there.example", StateName::Uncertain).await;
    let row = world
        .engine
        .settle(id, None, Settlement::Resend)
        .await
        .unwrap();
    assert_eq!(row.state.name(), StateName::Queued);
    tried(&world, id, 2).await;
    assert_eq!(world.state(id).await, StateName::Uncertain);
    world.verify().await;
}

#[tokio::test]
async fn a_person_settles_what_is_uncertain_by_giving_it_up() {
    let (world, id) = after_first_try("vanish@there.example", StateName::Uncertain).await;
    let row = world
        .engine
        .settle(id, None, Settlement::GiveUp)
        .await
        .unwrap();
    assert_eq!(row.state.name(), StateName::Failed);
    let counts = world.engine.counts().await.unwrap();
    assert_eq!((counts.uncertain, counts.failed_unseen), (0, 0));
    world.verify().await;
}

#[tokio::test]
async fn what_the_date_header_says_stays_the_same_on_a_retry() {
    let world = World::at(Level::AskOnException).await;
    let mut asked = ask("ann@there.example");
    asked.draft.cc = vec![crate::world::named("later@there.example")];
    let id = world.submit(asked).await.row.id;
    tried(&world, id, 1).await;
    let first = world.story(id).await.attempts[0].started_at;
    world.pass(Span::from_hours(1));
    tried(&world, id, 2).await;
    let attempts = world.story(id).await.attempts;
    assert!(attempts[1].started_at > first);
    let mail = world.engine.rehearsal_delivered();
    let dates: Vec<String> = mail
        .iter()
        .map(|mail| {
            String::from_utf8_lossy(&mail.bytes)
                .lines()
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert!(dates.iter().all(|date| date == &dates[0]), "{dates:?}");
}

#[tokio::test]
async fn a_mail_asked_for_later_leaves_then_and_not_before() {
    let world = World::at(Level::AskOnException).await;
    let mut asked = ask("ann@there.example");
    let at = world.engine.now() + Span::from_hours(3);
    asked.draft.send_at = Some(at);
    let id = world.submit(asked).await.row.id;
    world.pass(Span::from_seconds(3 * 3_600 - 1));
    assert_ne!(world.state(id).await, StateName::Sent);
    world.pass(Span::from_seconds(1));
    let sent = world.until(id, StateName::Sent).await;
    assert!(sent.attempts[0].started_at >= at);
}
