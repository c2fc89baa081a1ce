//! A limit of N admits N, under any concurrency, and a refusal eats nothing.

use std::sync::Arc;

use domain::{Digest, Level, Span, State, StateName, Verdict};
use engine::{Ask, Submitted};
use futures_join::all;

use crate::world::{World, ask, stranger};

/// Runs every future at once on the runtime's threads.
mod futures_join {
    use std::future::Future;

    pub async fn all<T: Send + 'static>(
        tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
    ) -> Vec<T> {
        let mut set = tokio::task::JoinSet::new();
        for task in tasks {
            set.spawn(task);
        }
        set.join_all().await
    }
}

const HOURLY_100: &str =
    "[rules.risk_budget]\nenabled = false\n[rules.rate_limit]\nmailbox = { hour = 100 }\n";

async fn asked_at_once(world: &Arc<World>, asks: Vec<Ask>) -> Vec<Submitted> {
    all(asks.into_iter().map(|ask| {
        let world = Arc::clone(world);
        async move { world.engine.submit(&world.agent, ask).await.unwrap() }
    }))
    .await
}

fn strangers(count: usize) -> Vec<Ask> {
    (0..count).map(|n| ask(&stranger(n))).collect()
}

fn verdicts(asked: &[Submitted], verdict: Verdict) -> usize {
    asked
        .iter()
        .filter(|asked| asked.decision.decision.verdict == verdict)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_asks_at_once_an_hourly_limit_of_100_lets_go_exactly_100_and_defers_100() {
    let world = Arc::new(World::at(Level::AskOnException).await);
    world.publish(HOURLY_100).await;
    let asked = asked_at_once(&world, strangers(200)).await;
    assert_eq!(verdicts(&asked, Verdict::Allow), 100);
    assert_eq!(verdicts(&asked, Verdict::Defer), 100);
    for one in &asked {
        if one.decision.decision.verdict == Verdict::Allow {
            world.until(one.row.id, StateName::Sent).await;
        }
    }
    let hour = Span::from_hours(1);
    for one in &asked {
        if let State::Deferred { not_before } = one.row.state {
            assert!(not_before >= crate::world::START + hour, "{not_before}");
        }
    }
    assert_eq!(world.engine.rehearsal_delivered().len(), 100);
    // When the window has slid by, and a sub-bucket for the rounding, the others leave.
    world.pass(Span::from_minutes(62));
    for one in &asked {
        world.until(one.row.id, StateName::Sent).await;
    }
    assert_eq!(world.engine.rehearsal_delivered().len(), 200);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_the_default_policy_exactly_ten_leave_in_the_first_minute() {
    let world = Arc::new(World::at(Level::AskOnException).await);
    // Thirty: more first mails to strangers than that are a day's risk, and another rule's.
    let asked = asked_at_once(&world, strangers(30)).await;
    assert_eq!(verdicts(&asked, Verdict::Allow), 10);
    assert_eq!(verdicts(&asked, Verdict::Defer), 20);
    for one in asked
        .iter()
        .filter(|one| one.row.state.name() == StateName::Queued)
    {
        world.until(one.row.id, StateName::Sent).await;
    }
    world.pass(Span::from_seconds(59));
    let counts = world.engine.counts().await.unwrap();
    assert_eq!(counts.deferred, 20);
    assert_eq!(world.engine.rehearsal_delivered().len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_approved_at_once_against_a_limit_of_ten_leave_ten_and_ninety_know_when() {
    let world = Arc::new(World::at(Level::AskAlways).await);
    world
        .publish("[rules.risk_budget]\nenabled = false\n")
        .await;
    let asked = asked_at_once(&world, strangers(100)).await;
    assert_eq!(verdicts(&asked, Verdict::Hold), 100);
    let answers = all(asked.iter().map(|one| {
        let (world, id, hash) = (Arc::clone(&world), one.row.id, one.row.hash);
        async move { world.engine.approve(id, hash).await.unwrap() }
    }))
    .await;
    let due = crate::world::START + Span::from_seconds(10);
    let mut promised = Vec::new();
    for answer in &answers {
        match &answer.submission.state {
            State::Queued { due: at } => assert_eq!(*at, due),
            State::Deferred { not_before } => promised.push(*not_before),
            other => panic!("approved and {other:?}"),
        }
    }
    assert_eq!(promised.len(), 90);
    // Each has a time of its own window: at most ten in any minute.
    promised.sort();
    for pair in promised.windows(11) {
        assert!(pair[10].since(pair[0]) >= Span::from_minutes(1), "{pair:?}");
    }
    world.pass(Span::from_seconds(10));
    for answer in &answers {
        if answer.submission.state.name() == StateName::Queued {
            world.until(answer.submission.id, StateName::Sent).await;
        }
    }
    assert_eq!(world.engine.rehearsal_delivered().len(), 10);
    assert_eq!(world.engine.counts().await.unwrap().deferred, 90);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_key_from_fifty_tasks_is_one_submission_and_fifty_equal_answers() {
    let world = Arc::new(World::at(Level::AskOnException).await);
    let keyed = Ask {
        dedupe_key: Some("order-17".to_owned()),
        ..ask("ann@there.example")
    };
    let answers = asked_at_once(&world, vec![keyed.clone(); 50]).await;
    let first = &answers[0];
    assert!(answers.iter().all(|one| one.row.id == first.row.id));
    assert!(answers.iter().all(|one| one.decision == first.decision));
    assert_eq!(answers.iter().filter(|one| !one.replayed).count(), 1);
    world.until(first.row.id, StateName::Sent).await;
    assert_eq!(world.engine.rehearsal_delivered().len(), 1);

    let other = Ask {
        request: Digest::of(b"other"),
        ..keyed.clone()
    };
    let refused = world.engine.submit(&world.agent, other).await.unwrap_err();
    assert_eq!(refused.code, domain::Code::IdempotencyMismatch);
    // Long after, the key still answers.
    world.pass(Span::from_days(40));
    let late = world.submit(keyed).await;
    assert!(late.replayed);
    assert_eq!(late.row.id, first.row.id);
    assert_eq!(world.engine.rehearsal_delivered().len(), 1);
    world.verify().await;
}

#[tokio::test]
async fn what_a_rule_refused_ate_no_quota() {
    let world = World::at(Level::AskOnException).await;
    world
        .publish("[rules.rate_limit]\nmailbox = { hour = 2 }\n")
        .await;
    let operator = domain::Actor::Operator;
    let reason = domain::SuppressionReason::Manual;
    world
        .engine
        .suppress(operator, "@no.example".to_owned(), None, reason, None)
        .await
        .unwrap();
    for n in 0..5 {
        let blocked = world.ask(&format!("person{n}@no.example")).await;
        assert_eq!(blocked.row.state.name(), StateName::Blocked);
    }
    for n in 0..2 {
        let allowed = world.ask(&format!("person{n}@yes.example")).await;
        assert_eq!(allowed.decision.decision.verdict, Verdict::Allow);
    }
    let third = world.ask("person3@yes.example").await;
    assert_eq!(third.decision.decision.verdict, Verdict::Defer);
}

#[tokio::test]
async fn a_slot_given_back_is_there_for_the_next() {
    let world = World::at(Level::AskAlways).await;
    world
        .publish("[rules.rate_limit]\nmailbox = { hour = 1 }\n")
        .await;
    let one = world.ask("ann@there.example").await.row.id;
    let two = world.ask("ben@there.example").await.row.id;
    let three = world.ask("cat@there.example").await.row.id;
    world.approve(one).await;
    let waits = world.approve(two).await;
    assert_eq!(waits.submission.state.name(), StateName::Deferred);
    world.engine.undo(one).await.unwrap();
    let goes = world.approve(three).await;
    assert_eq!(goes.submission.state.name(), StateName::Queued);
    world.pass(Span::from_seconds(10));
    world.until(three, StateName::Sent).await;
    assert_eq!(world.state(two).await, StateName::Deferred);
}

const QUIET: &str = "[rules.risk_budget]\nenabled = false\n\
    [rules.quiet_hours]\nenabled = true\nfrom = \"20:00\"\nuntil = \"08:00\"\n";

#[tokio::test]
async fn quiet_hours_go_by_the_contacts_zone_where_a_person_set_it() {
    let world = World::at(Level::AskOnException).await;
    world.publish(QUIET).await;
    // Ten in the morning where the people here are.
    let awake = world.ask("ann@awake.example").await;
    assert_eq!(awake.decision.decision.verdict, Verdict::Allow);
    let bea = "bea@far-away.example";
    let whom = bea.parse().unwrap();
    let refused = world.engine.set_contact_zone(&whom, Some("Mars/Olympus"));
    let refused = refused.await.unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/zone"));
    assert!(
        refused.detail.contains("`Mars/Olympus`"),
        "{}",
        refused.detail
    );
    // Eleven at night where she is: nine hours until eight.
    let set = world
        .engine
        .set_contact_zone(&whom, Some("pacific/auckland"));
    assert_eq!(set.await.unwrap().unwrap().zone, "Pacific/Auckland");
    let asleep = world.ask(bea).await;
    let decision = &asleep.decision.decision;
    assert_eq!(decision.verdict, Verdict::Defer, "{:#?}", decision.findings);
    assert_eq!(decision.primary().unwrap().rule, "quiet_hours");
    let wakes = crate::world::START + Span::from_hours(9);
    assert_eq!(asleep.next.not_before, Some(wakes));
    world.pass(Span::from_hours(9));
    world.until(asleep.row.id, StateName::Sent).await;
    // Taken back, the zone of the policy counts again: seven in the evening.
    world.engine.set_contact_zone(&whom, None).await.unwrap();
    let again = world
        .submit(crate::world::ask_about(bea, "another matter"))
        .await;
    let quiet = again.decision.decision.findings.iter();
    let quiet = quiet.filter(|one| one.rule == "quiet_hours");
    assert!(quiet.into_iter().all(|one| one.not_before.is_none()));
    world.verify().await;
}

#[tokio::test]
async fn what_is_left_is_told_by_the_limit_that_counts_for_the_asker() {
    let world = World::at(Level::AskOnException).await;
    let tighter = "[[overrides]]\nagent = \"scout\"\n\
        [overrides.rules.rate_limit]\nmailbox = { hour = 3 }\n";
    world.publish(tighter).await;
    let limits = world.engine.limits(&world.agent, None).await.unwrap();
    let hour = limits.windows.iter();
    let hour = hour.filter(|row| row.window == domain::facts::Window::Hour);
    assert_eq!(hour.map(|row| row.limit).collect::<Vec<_>>(), [3]);
    // What is told is what holds.
    for n in 0..3 {
        world.ask(&stranger(n)).await;
    }
    let fourth = world.ask(&stranger(3)).await;
    assert_eq!(fourth.decision.decision.verdict, Verdict::Defer);
    world.verify().await;
}
