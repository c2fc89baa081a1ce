//! A limit of N admits N, whatever the crowd.

use serde_json::Value;
use tests::SmtpSink;

use crate::world::{World, letter};

const HOUR_OF_100: &str = "[review]\nundo_window_seconds = 0\n\
    [rules.risk_budget]\nenabled = false\n[rules.warmup]\nenabled = false\n\
    [rules.near_duplicate]\nenabled = false\n[rules.lookalike_recipient]\nenabled = false\n\
    [rules.domain_throttle]\nenabled = false\n\
    [rules.cooldown]\nenabled = false\n\
    [rules.rate_limit]\nmailbox = { hour = 100 }\n";

/// Asks for `count` different letters, all at once, from a few threads.
fn crowd(world: &World, count: usize) -> Vec<Value> {
    let api = world.api();
    let ask = |n: usize| {
        let answer = api.post(
            "/v1/submissions",
            // No two of these domains are one letter apart.
            &letter(&format!("p{n}@d{n:03}-{n:03}.test"), &format!("n {n}")),
        );
        assert!(answer.status < 300, "{}", answer.text);
        answer.json()
    };
    std::thread::scope(|scope| {
        let askers: Vec<_> = (0..count).map(|n| scope.spawn(move || ask(n))).collect();
        askers
            .into_iter()
            .map(|asker| asker.join().unwrap())
            .collect()
    })
}

fn count(answers: &[Value], verdict: &str) -> usize {
    answers
        .iter()
        .filter(|answer| answer["verdict"] == verdict)
        .count()
}

#[test]
fn of_two_hundred_at_once_an_hourly_limit_of_a_hundred_allows_exactly_a_hundred() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), HOUR_OF_100);
    let answers = crowd(&world, 200);
    assert_eq!(
        (count(&answers, "allow"), count(&answers, "defer")),
        (100, 100)
    );
    for waiting in answers.iter().filter(|answer| answer["verdict"] == "defer") {
        assert!(waiting["next"]["not_before"].is_string(), "{waiting}");
    }
    assert_eq!(sink.wait_for(100).len(), 100);
    let counts = sink.count_by_message_id();
    assert!(counts.values().all(|times| *times == 1), "none twice");
}

#[test]
fn the_default_policy_lets_exactly_ten_leave_in_the_first_minute() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), "");
    let answers = crowd(&world, 30);
    assert_eq!(count(&answers, "allow"), 10);
    assert_eq!(sink.wait_for(10).len(), 10);
}

#[test]
fn a_hundred_approved_at_once_against_a_limit_of_ten_leave_ten_and_ninety_wait_with_their_times() {
    let sink = SmtpSink::start();
    let policy = HOUR_OF_100.replace("hour = 100", "hour = 10");
    let world = World::with(1, sink.port(), &policy);
    let ids: Vec<String> = crowd(&world, 100)
        .iter()
        .map(|a| a["id"].as_str().unwrap().to_owned())
        .collect();
    for some in ids.chunks(10) {
        std::thread::scope(|scope| {
            some.iter()
                .for_each(|id| drop(scope.spawn(|| world.approve(id))))
        });
    }
    sink.wait_for(10);
    let queue: Vec<Value> = ids
        .iter()
        .map(|id| world.api().get(&format!("/v1/submissions/{id}")).json())
        .collect();
    let of = |state: &str| queue.iter().filter(|s| s["state"] == state).count();
    assert_eq!(of("deferred"), 90, "{queue:?}");
    for waiting in queue.iter().filter(|s| s["state"] == "deferred") {
        assert!(waiting["next"]["not_before"].is_string(), "{waiting}");
    }
    assert_eq!(sink.caught().len(), 10);
}

#[test]
fn the_same_key_from_fifty_threads_is_one_submission_and_fifty_equal_answers() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), HOUR_OF_100);
    let api = world.api();
    let ask = letter("dana@acme.test", "once");
    let mut answers: Vec<Value> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| api.post_keyed("/v1/submissions", "the-key", &ask).json()))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let first_hand = answers.iter().filter(|a| a["replayed"] != true).count();
    assert_eq!(first_hand, 1, "one of them was the first");
    for answer in &mut answers {
        answer.as_object_mut().unwrap().remove("replayed");
    }
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
}
