//! The kill switch: nothing begins while it is on, and the queue keeps its state.

use domain::{Actor, Code, Level, Span, StateName, Verdict};
use engine::PauseScope;

use crate::world::{World, ask_about};

#[tokio::test]
async fn while_paused_nothing_is_claimed_and_on_resume_it_leaves() {
    let world = World::at(Level::AskAlways).await;
    let id = world.ask("ann@there.example").await.row.id;
    world.approve(id).await;
    world
        .engine
        .pause(PauseScope::Workspace, Actor::Operator)
        .await
        .unwrap();
    world.pass(Span::from_hours(2));
    // Asked while paused: refused with what to do, and not kept.
    let refused = world.ask("ben@there.example").await;
    assert_eq!(refused.decision.decision.verdict, Verdict::Block);
    assert_eq!(
        refused.row.primary_rule.as_deref(),
        Some("workspace_paused")
    );
    assert_eq!(world.state(id).await, StateName::Queued);
    let resumed_at = world.engine.now();
    world.engine.resume(PauseScope::Workspace).await.unwrap();
    let sent = world.until(id, StateName::Sent).await;
    assert_eq!(sent.attempts.len(), 1);
    assert!(sent.attempts[0].started_at >= resumed_at);
    world.verify().await;
}

#[tokio::test]
async fn a_paused_agent_waits_while_another_goes_on() {
    let world = World::at(Level::AskAlways).await;
    let mailbox = crate::world::MAILBOX.parse().unwrap();
    let (other, _) = world
        .engine
        .add_agent("other", &mailbox, Level::AskAlways, None)
        .await
        .unwrap();
    let mine = world.ask("ann@there.example").await.row.id;
    let theirs = world
        .engine
        .submit(&other, ask_about("ben@there.example", "theirs"))
        .await
        .unwrap()
        .row
        .id;
    world.approve(mine).await;
    world.approve(theirs).await;
    world.engine.agent_pause(&world.agent).await.unwrap();
    world.pass(Span::from_seconds(10));
    world.until(theirs, StateName::Sent).await;
    // Due at the same instant and asked first: whoever claimed the other had passed it over.
    assert_eq!(world.state(mine).await, StateName::Queued);
    let scope = PauseScope::Agent(world.agent.id);
    world.engine.resume(scope).await.unwrap();
    world.until(mine, StateName::Sent).await;
    world.verify().await;
}

#[tokio::test]
async fn an_agent_may_lower_its_level_and_never_raise_it() {
    let world = World::at(Level::AskForStrangers).await;
    let lowered = world
        .engine
        .agent_lower_level(&world.agent, Level::AskAlways)
        .await
        .unwrap();
    assert_eq!(lowered.level, Level::AskAlways);
    let raised = world
        .engine
        .agent_lower_level(&world.agent, Level::AskOnException)
        .await
        .unwrap_err();
    assert_eq!(raised.code, Code::HumanDecisionRequired);
}

#[tokio::test]
async fn pausing_twice_is_one_pause_and_the_first_time_stands() {
    let world = World::at(Level::AskAlways).await;
    let pause = || world.engine.pause(PauseScope::Workspace, Actor::Operator);
    pause().await.unwrap();
    let at = world.engine.paused_at().await.unwrap();
    world.pass(Span::from_minutes(5));
    pause().await.unwrap();
    assert_eq!(world.engine.paused_at().await.unwrap(), at);
    let entries = world.engine.journal_of("workspace").await.unwrap();
    let pauses = entries.iter().filter(|entry| entry.kind == "pause.on");
    assert_eq!(pauses.count(), 1);
}
