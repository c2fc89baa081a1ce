//! Someone who said stop is not written to, however late they said it.

use domain::{Actor, Code, Level, Span, StateName, SuppressionReason, Verdict};

use crate::world::{MAILBOX, World, ask, ask_about};

async fn stop(world: &World, who: &str) {
    world
        .engine
        .suppress(
            Actor::Operator,
            who.to_owned(),
            None,
            SuppressionReason::Unsubscribe,
            None,
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn a_suppressed_address_is_blocked_under_every_spelling_and_a_lift_frees_it() {
    let world = World::at(Level::AskOnException).await;
    stop(&world, "Ann.Lee+news@gmail.com").await;
    for spelling in [
        "annlee@gmail.com",
        "ANN.LEE@GMAIL.COM",
        "annlee+x@gmail.com",
    ] {
        let asked = world.ask(spelling).await;
        assert_eq!(asked.row.state.name(), StateName::Blocked, "{spelling}");
        assert_eq!(asked.row.primary_rule.as_deref(), Some("suppression"));
    }
    world
        .engine
        .lift("annlee@gmail.com".to_owned(), None)
        .await
        .unwrap();
    let asked = world.ask("annlee@gmail.com").await;
    assert_eq!(asked.decision.decision.verdict, Verdict::Allow);
    world.until(asked.row.id, StateName::Sent).await;
    world.verify().await;
}

#[tokio::test]
async fn one_suppressed_among_several_blocks_the_whole_message() {
    let world = World::at(Level::AskOnException).await;
    stop(&world, "ben@there.example").await;
    let named = |who: &str| vec![crate::world::named(who)];
    let (ann, ben, cat) = (
        "ann@there.example",
        "ben@there.example",
        "cat@there.example",
    );
    // Wherever each stands, the hidden copy too: judged by itself, and told who would have passed.
    for (to, cc, bcc) in [(ann, cat, ben), (ben, ann, cat), (cat, ben, ann)] {
        let mut asked = ask(to);
        (asked.draft.cc, asked.draft.bcc) = (named(cc), named(bcc));
        let blocked = world.submit(asked).await;
        assert_eq!(blocked.row.state.name(), StateName::Blocked);
        let next = blocked.decision.decision.next;
        let mut passing: Vec<&str> = next.would_pass.iter().map(|one| one.as_str()).collect();
        passing.sort_unstable();
        assert_eq!(passing, [ann, cat]);
    }
    assert!(world.engine.rehearsal_delivered().is_empty());
}

#[tokio::test]
async fn an_opt_out_after_the_approval_stops_the_message_at_the_wire() {
    let world = World::at(Level::AskAlways).await;
    let id = world.ask("ann@there.example").await.row.id;
    world.approve(id).await;
    stop(&world, "@there.example").await;
    world.pass(Span::from_seconds(10));
    let story = world.until(id, StateName::Blocked).await;
    assert_eq!(story.row.primary_rule.as_deref(), Some("suppression"));
    assert!(story.attempts.is_empty());
    assert!(world.engine.rehearsal_delivered().is_empty());
    world.verify().await;
}

#[tokio::test]
async fn an_agent_suppresses_single_addresses_and_lifts_nothing() {
    let world = World::at(Level::AskOnException).await;
    let agent = Actor::Agent(world.agent.id);
    let mailbox = Some(MAILBOX.parse().unwrap());
    let suppress = |what: &str| {
        let (reason, mailbox) = (SuppressionReason::NotInterested, mailbox.clone());
        world
            .engine
            .suppress(agent, what.to_owned(), mailbox, reason, None)
    };
    suppress("ann@there.example").await.unwrap();
    let domain = suppress("@there.example").await.unwrap_err();
    assert_eq!(domain.code, Code::HumanDecisionRequired);
    let blocked = world.submit(ask_about("ann@there.example", "x")).await;
    assert_eq!(blocked.row.state.name(), StateName::Blocked);
}
