//! A person decides, about exactly what is on screen.

use domain::{Code, Level, Moment, Span, StateName, Verdict};
use engine::{Edit, Moved, QueueTab};

use crate::world::{PATIENCE, World, ask, named};

fn rewritten(subject: &str) -> Edit {
    Edit {
        to: vec![named("ann@there.example")],
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: Vec::new(),
        subject: subject.to_owned(),
        text: Some("Better words.\n".to_owned()),
        html: None,
        keep_attachments: Vec::new(),
    }
}

#[tokio::test]
async fn what_is_approved_leaves_after_the_undo_window_with_exactly_the_approved_bytes() {
    let world = World::at(Level::AskAlways).await;
    let held = world.ask("ann@there.example").await;
    assert_eq!(held.row.state.name(), StateName::Held);
    assert_eq!(held.row.primary_rule.as_deref(), Some("autonomy"));
    let id = held.row.id;
    let (sealed, _) = world.engine.message(id, None).await.unwrap();

    let answer = world.engine.approve(id, held.row.hash).await.unwrap();
    assert_eq!(answer.submission.state.name(), StateName::Queued);
    assert_eq!(answer.decision.moment, Moment::Approval);
    world.pass(Span::from_seconds(9));
    assert_eq!(world.state(id).await, StateName::Queued);

    world.pass(Span::from_seconds(1));
    let sent = world.until(id, StateName::Sent).await;
    assert_eq!(sent.attempts.len(), 1);
    let mail = &world.engine.rehearsal_delivered()[0];
    let text = String::from_utf8_lossy(&mail.bytes);
    let (date, rest) = text.split_once("\r\n").unwrap();
    assert!(date.starts_with("Date: Sun, 22 Nov 2026"), "{date}");
    assert_eq!(rest.as_bytes(), sealed.bytes);
    world.verify().await;
}

#[tokio::test]
async fn an_approval_taken_back_in_time_is_held_again_and_nothing_leaves() {
    let world = World::at(Level::AskAlways).await;
    let id = world.ask("ann@there.example").await.row.id;
    world.approve(id).await;
    world.pass(Span::from_seconds(5));
    let row = world.engine.undo(id).await.unwrap();
    assert_eq!(row.state.name(), StateName::Held);
    assert_eq!(row.approved, None);
    world.pass(Span::from_minutes(10));
    // Approved anew, it leaves once.
    world.approve(id).await;
    world.pass(Span::from_seconds(10));
    world.until(id, StateName::Sent).await;
    assert_eq!(world.deliveries(id).await, 1);
    let late = world.engine.undo(id).await.unwrap_err();
    assert_eq!(late.code, Code::WrongState);
    world.verify().await;
}

#[tokio::test]
async fn an_edit_is_a_new_version_judged_again_and_the_old_hash_approves_nothing() {
    let world = World::at(Level::AskAlways).await;
    let held = world.ask("ann@there.example").await;
    let (id, old) = (held.row.id, held.row.hash);
    let edited = world
        .engine
        .edit(id, old, rewritten("better"))
        .await
        .unwrap();
    assert_eq!(edited.submission.version, 2);
    assert_ne!(edited.submission.hash, old);
    assert_eq!(edited.decision.moment, Moment::Revision);
    assert_eq!(edited.submission.message_id, held.row.message_id);

    let stale = world.engine.approve(id, old).await.unwrap_err();
    assert_eq!(stale.code, Code::StaleHash);
    let stale = world.engine.edit(id, old, rewritten("again")).await;
    assert_eq!(stale.unwrap_err().code, Code::StaleHash);

    world.approve(id).await;
    world.pass(Span::from_seconds(10));
    let sent = world.until(id, StateName::Sent).await;
    assert_eq!(sent.versions.len(), 2);
    let mail = &world.engine.rehearsal_delivered()[0];
    assert!(String::from_utf8_lossy(&mail.bytes).contains("Better words."));
    world.verify().await;
}

#[tokio::test]
async fn approving_twice_is_refused_the_second_time_and_sends_once() {
    let world = World::at(Level::AskAlways).await;
    let held = world.ask("ann@there.example").await.row;
    let (one, two) = tokio::join!(
        world.engine.approve(held.id, held.hash),
        world.engine.approve(held.id, held.hash)
    );
    let refused = match (one, two) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        (one, two) => panic!("one of two wins: {one:?} {two:?}"),
    };
    assert_eq!(refused.code, Code::WrongState);
    world.pass(Span::from_seconds(10));
    world.until(held.id, StateName::Sent).await;
    assert_eq!(world.deliveries(held.id).await, 1);
}

#[tokio::test]
async fn a_rejection_tells_the_agent_why_and_frees_the_content_to_be_asked_again() {
    let world = World::at(Level::AskAlways).await;
    let id = world.ask("ann@there.example").await.row.id;
    let without = world.engine.reject(id, None, " ".to_owned()).await;
    assert_eq!(without.unwrap_err().code, Code::InvalidField);
    let reason = "we do not write on Sundays".to_owned();
    let row = world.engine.reject(id, None, reason).await.unwrap();
    assert_eq!(row.state.name(), StateName::Rejected);
    let story = world.story(id).await;
    assert!(story.next.message.contains("we do not write on Sundays"));
    let again = world.ask("ann@there.example").await;
    assert_eq!(again.row.state.name(), StateName::Held);
    world.verify().await;
}

#[tokio::test]
async fn silence_is_no_and_snooze_never_outlasts_it() {
    let world = World::at(Level::AskAlways).await;
    let id = world.ask("ann@there.example").await.row.id;
    let until = world.engine.now() + Span::from_days(7);
    world.engine.snooze(id, None, until).await.unwrap();
    let snoozed = world
        .engine
        .queue(QueueTab::Snoozed, None, 10)
        .await
        .unwrap();
    assert_eq!(snoozed.rows.len(), 1);
    let needs_you = world.engine.queue(QueueTab::NeedsYou, None, 10).await;
    assert!(needs_you.unwrap().rows.is_empty());
    world.pass(Span::from_seconds(24 * 3_600 - 1));
    assert_eq!(world.state(id).await, StateName::Held);
    world.pass(Span::from_seconds(1));
    world.until(id, StateName::Expired).await;
    let late = world
        .engine
        .approve(id, world.story(id).await.row.hash)
        .await;
    assert_eq!(late.unwrap_err().code, Code::WrongState);
    world.verify().await;
}

#[tokio::test]
async fn a_snooze_that_ends_and_a_hold_about_to_lapse_are_told_though_nothing_is_committed() {
    let world = World::at(Level::AskAlways).await;
    let id = world.ask("ann@there.example").await.row.id;
    let until = world.engine.now() + Span::from_minutes(30);
    world.engine.snooze(id, None, until).await.unwrap();
    let (mut moved, mut committed) = (world.engine.moved(), world.engine.subscribe());
    let told = async |moved: &mut tokio::sync::broadcast::Receiver<Moved>| {
        // Ages move as well, once a minute.
        while moved.recv().await.unwrap() != Moved::Queue {}
    };
    for wait in [Span::from_minutes(30), Span::from_minutes(22 * 60 + 30)] {
        world.pass(wait);
        tokio::time::timeout(PATIENCE, told(&mut moved))
            .await
            .expect("the queue moved");
    }
    assert!(committed.try_recv().is_err());
    let expiring = world.engine.queue(QueueTab::Expiring, None, 10).await;
    assert_eq!(expiring.unwrap().rows.len(), 1);
    // Once each. Ages moved in the same round as the queue, and are told after it.
    for wait in [None, Some(Span::from_minutes(10))] {
        if let Some(wait) = wait {
            world.pass(wait);
        }
        let next = tokio::time::timeout(PATIENCE, moved.recv()).await;
        assert_eq!(next.expect("ages moved").unwrap(), Moved::Health);
    }
}

#[tokio::test]
async fn at_level_three_what_no_rule_holds_leaves_by_itself() {
    let world = World::at(Level::AskOnException).await;
    let asked = world.ask("ann@there.example").await;
    assert_eq!(asked.decision.decision.verdict, Verdict::Allow);
    let sent = world.until(asked.row.id, StateName::Sent).await;
    assert_eq!(sent.row.review, None);
    assert_eq!(world.deliveries(asked.row.id).await, 1);
    world.verify().await;
}

#[tokio::test]
async fn at_level_two_a_stranger_is_asked_about_once_and_then_established() {
    let world = World::at(Level::AskForStrangers).await;
    let first = world.ask("ann@there.example").await;
    assert_eq!(first.row.state.name(), StateName::Held);
    world.approve(first.row.id).await;
    world.pass(Span::from_seconds(10));
    world.until(first.row.id, StateName::Sent).await;
    world.pass(Span::from_hours(5));
    let next = crate::world::ask_about("ann@there.example", "something else");
    let second = world.submit(next).await;
    assert_eq!(second.decision.decision.verdict, Verdict::Allow);
    world.until(second.row.id, StateName::Sent).await;
}

#[tokio::test]
async fn at_level_zero_every_ask_is_judged_and_recorded_and_nothing_is_sent() {
    let world = World::at(Level::Observe).await;
    let asked = world.ask("ann@there.example").await;
    assert_eq!(asked.row.state.name(), StateName::Observed);
    assert!(asked.decision.decision.observed_only);
    world.pass(Span::from_days(2));
    assert_eq!(world.state(asked.row.id).await, StateName::Observed);
    assert!(world.engine.rehearsal_delivered().is_empty());
    let report = world.verify().await;
    assert_eq!(report.decisions, 1);
}

#[tokio::test]
async fn an_agent_takes_back_its_own_ask_and_sees_nobody_elses() {
    let world = World::at(Level::AskAlways).await;
    let id = world.ask("ann@there.example").await.row.id;
    let mailbox = crate::world::MAILBOX.parse().unwrap();
    let (other, _) = world
        .engine
        .add_agent("other", &mailbox, Level::AskAlways, None)
        .await
        .unwrap();
    let foreign = domain::Actor::Agent(other.id);
    let refused = world.engine.cancel(foreign, id).await.unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    let unseen = world.engine.story(foreign, id).await.unwrap_err();
    assert_eq!(unseen.code, Code::NotFound);
    let own = domain::Actor::Agent(world.agent.id);
    let row = world.engine.cancel(own, id).await.unwrap();
    assert_eq!(row.state.name(), StateName::Cancelled);
    let late = world.engine.approve(id, row.hash).await.unwrap_err();
    assert_eq!(late.code, Code::WrongState);
}

#[tokio::test]
async fn a_check_says_what_would_happen_and_leaves_no_trace() {
    let world = World::at(Level::AskAlways).await;
    let before = world.verify().await.entries;
    let asked = ask("ann@there.example");
    let decision = world.engine.check(&world.agent, asked).await.unwrap();
    assert_eq!(decision.verdict, Verdict::Hold);
    assert_eq!(world.verify().await.entries, before);
    assert_eq!(world.engine.counts().await.unwrap().held, 0);
}
