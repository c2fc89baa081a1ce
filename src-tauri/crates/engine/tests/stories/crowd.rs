//! Ten thousand asks at once over three mailboxes and five agents, with limits at every scope.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{Address, Agent, AgentId, Level, MailboxId, Span, State, Timestamp, Verdict};
use engine::{Ask, Submitted};

use crate::world::{MAILBOX, START, World, ask, stranger};

const ASKS: usize = 10_000;
/// What three mailboxes and five agents may send in an hour comes to what the workspace may: whichever
/// asks come first, all three scopes fill to the last slot.
const POLICY: &str = "[rules.cooldown]\nenabled = false\n[rules.risk_budget]\nenabled = false\n[rules.rate_limit]\n\
    workspace = { hour = 60 }\nmailbox = { hour = 20, minute = 1000, day = 100000 }\n\
    agent = { hour = 12 }\n";

async fn set_up(world: &World) -> (Vec<Agent>, Vec<Address>) {
    let mut mailboxes: Vec<Address> = vec![MAILBOX.parse().unwrap()];
    for name in ["second@example.com", "third@example.com"] {
        let address: Address = name.parse().unwrap();
        let kind = domain::AccountKind::Rehearsal;
        world
            .engine
            .add_mailbox(address.clone(), None, kind, None)
            .await
            .unwrap();
        mailboxes.push(address);
    }
    let mut agents = Vec::new();
    for n in 0..5 {
        let name = format!("crowd-{n}");
        let (mut agent, _) = world
            .engine
            .add_agent(&name, &mailboxes[0], Level::AskOnException, None)
            .await
            .unwrap();
        for mailbox in &mailboxes[1..] {
            agent = world.engine.grant(agent.id, mailbox, None).await.unwrap();
        }
        agents.push(agent);
    }
    (agents, mailboxes)
}

/// The instants whose quota is taken, sorted.
fn slots<'a>(answers: impl Iterator<Item = &'a Submitted>) -> Vec<Timestamp> {
    let mut slots: Vec<Timestamp> = answers
        .filter_map(|one| match one.row.state {
            State::Queued { due } => Some(due),
            State::Deferred { not_before } => Some(not_before),
            // On its way already: it took the instant it was asked at.
            State::Sending { .. } | State::Sent { .. } => Some(START),
            _ => None,
        })
        .collect();
    slots.sort();
    slots
}

/// No hour, wherever it begins, holds more than `limit`.
fn never_over(slots: &[Timestamp], limit: usize, what: &str) {
    for pair in slots.windows(limit + 1) {
        assert!(
            pair[limit].since(pair[0]) >= Span::from_hours(1),
            "{what}: more than {limit} between {} and {}",
            pair[0],
            pair[limit]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_window_is_exactly_full_and_never_over_however_many_ask_at_once() {
    let world = Arc::new(World::at(Level::AskOnException).await);
    let (agents, mailboxes) = set_up(&world).await;
    world.publish(POLICY).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..ASKS {
        let (world, agent) = (Arc::clone(&world), agents[n % agents.len()].clone());
        let asked = Ask {
            mailbox: mailboxes[(n / agents.len()) % mailboxes.len()].clone(),
            ..ask(&stranger(n))
        };
        tasks.spawn(async move { world.engine.submit(&agent, asked).await.unwrap() });
    }
    let answers = tasks.join_all().await;
    let count = |verdict| {
        let of = |one: &&Submitted| one.decision.decision.verdict == verdict;
        answers.iter().filter(of).count()
    };
    let (allowed, deferred) = (count(Verdict::Allow), count(Verdict::Defer));
    assert_eq!(allowed + deferred + count(Verdict::Block), ASKS);
    // The first hour is full to the last slot, at every scope.
    assert_eq!(allowed, 60);
    // A day of promises behind it, less what the rounding of sub-buckets costs.
    assert!((22 * 60..=24 * 60).contains(&deferred), "{deferred}");

    never_over(&slots(answers.iter()), 60, "the workspace");
    let mut by_mailbox: BTreeMap<MailboxId, Vec<&Submitted>> = BTreeMap::new();
    let mut by_agent: BTreeMap<AgentId, Vec<&Submitted>> = BTreeMap::new();
    for one in &answers {
        by_mailbox.entry(one.row.mailbox).or_default().push(one);
        by_agent.entry(one.row.agent).or_default().push(one);
    }
    assert_eq!((by_mailbox.len(), by_agent.len()), (3, 5));
    let at_once = |of: &[&Submitted]| {
        let allowed = |one: &&&Submitted| one.decision.decision.verdict == Verdict::Allow;
        of.iter().filter(allowed).count()
    };
    for of in by_mailbox.values() {
        assert_eq!(at_once(of), 20);
        never_over(&slots(of.iter().copied()), 20, "a mailbox");
    }
    for of in by_agent.values() {
        assert_eq!(at_once(of), 12);
        never_over(&slots(of.iter().copied()), 12, "an agent");
    }
    // The counters the rules read are what the submissions add up to, and every decision comes
    // out again from its facts.
    world.verify().await;
}
