//! A limit of N admits N, under any concurrency; a refusal never eats quota.

use std::collections::BTreeMap;
use std::sync::Barrier;

use serde_json::{Value, json};
use tests::{Act, Api, Desk, SmtpSink};

const SENDER: &str = "hello@example.test";

/// Asks `count` times at once, each to its own recipient, and gives the answers.
fn ask_at_once(api: &Api, count: usize, key: Option<&str>) -> Vec<Value> {
    let gate = Barrier::new(count);
    std::thread::scope(|scope| {
        let asks: Vec<_> = (0..count)
            .map(|n| {
                let (gate, api) = (&gate, api.clone());
                scope.spawn(move || {
                    let number = if key.is_some() { 0 } else { n };
                    let body = json!({
                        "mailbox": SENDER,
                        "to": [format!("person{number}@elsewhere{number}.example")],
                        "subject": format!("Number {number}"),
                        "text": format!("This is message number {number}."),
                    });
                    gate.wait();
                    let answer = match key {
                        Some(key) => api.post_keyed("/v1/submissions", key, &body),
                        None => api.post("/v1/submissions", &body),
                    };
                    assert!(answer.status < 300, "{answer:?}");
                    answer.json()
                })
            })
            .collect();
        asks.into_iter().map(|ask| ask.join().unwrap()).collect()
    })
}

fn by(answers: &[Value], field: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts
            .entry(answer[field].as_str().unwrap_or("?").to_owned())
            .or_default() += 1;
    }
    counts
}

fn publish(desk: &Desk, text: &str) {
    let file = desk.home().join("policy.toml");
    std::fs::write(&file, text).unwrap();
    desk.as_operator(&["policy", "publish", file.to_str().unwrap()])
        .ok();
}

fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs
        .iter()
        .map(|(word, n)| ((*word).to_owned(), *n))
        .collect()
}

#[test]
fn of_200_at_once_under_an_hourly_limit_of_100_exactly_100_leave_now() {
    let sink = SmtpSink::start();
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, sink.port(), 3);
    publish(&desk, "[rules.rate_limit.mailbox]\nhour = 100\n");
    let serving = desk.serve();
    let answers = ask_at_once(&serving.api(&token), 200, None);
    assert_eq!(
        by(&answers, "verdict"),
        counts(&[("allow", 100), ("defer", 100)])
    );
    sink.wait_for(100);
    for answer in answers.iter().filter(|answer| answer["verdict"] == "defer") {
        assert_eq!(answer["next"]["class"], "wait");
        assert!(answer["next"]["not_before"].is_string(), "{answer}");
    }
    // Blocked asks eat nothing: what is left is the same before and after.
    let api = serving.api(&token);
    let before = api.get("/v1/limits").json();
    desk.run(&["suppression", "add", "no@elsewhere.example"])
        .ok();
    for n in 0..20 {
        let body = json!({"mailbox": SENDER, "to": ["no@elsewhere.example"],
            "subject": format!("{n}"), "text": "x"});
        assert_eq!(
            api.post("/v1/submissions", &body).json()["verdict"],
            "block"
        );
    }
    let used = |limits: &Value| limits["windows"][0]["used"].clone();
    assert_eq!(used(&before), used(&api.get("/v1/limits").json()));
    assert!(sink.count_by_message_id().values().all(|times| *times == 1));
    desk.run(&["verify"]).ok();
}

#[test]
fn under_the_default_policy_exactly_ten_leave_in_the_first_minute() {
    let sink = SmtpSink::start();
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, sink.port(), 3);
    let serving = desk.serve();
    let answers = ask_at_once(&serving.api(&token), 60, None);
    assert_eq!(
        by(&answers, "verdict"),
        counts(&[("allow", 10), ("defer", 50)])
    );
    sink.wait_for(10);
}

#[test]
fn of_100_approved_at_once_under_a_limit_of_ten_ten_leave_and_90_know_when() {
    let sink = SmtpSink::start();
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, sink.port(), 1);
    publish(
        &desk,
        "[review]\nundo_window_seconds = 0\n[rules.rate_limit.mailbox]\nhour = 10\n",
    );
    let serving = desk.serve();
    let api = serving.api(&token);
    let answers = ask_at_once(&api, 100, None);
    assert_eq!(by(&answers, "verdict"), counts(&[("hold", 100)]));
    let rows = desk.run(&["queue", "--json"]).json();
    let rows = rows
        .as_array()
        .or_else(|| rows["rows"].as_array())
        .unwrap()
        .clone();
    assert_eq!(rows.len(), 100);
    // Ten operators at once, ten messages each.
    std::thread::scope(|scope| {
        for rows in rows.chunks(25) {
            let desk = &desk;
            scope.spawn(move || {
                for row in rows {
                    let (id, hash) = (row["id"].as_str().unwrap(), row["hash"].as_str().unwrap());
                    desk.as_operator(&["approve", id, "--hash", hash]).ok();
                }
            });
        }
    });
    sink.wait_for(10);
    let stories: Vec<Value> = answers
        .iter()
        .map(|a| {
            api.get(&format!("/v1/submissions/{}", a["id"].as_str().unwrap()))
                .json()
        })
        .collect();
    let deferred: Vec<&Value> = stories
        .iter()
        .filter(|s| s["state"] == "deferred")
        .collect();
    assert_eq!(deferred.len(), 90, "{:?}", by(&stories, "state"));
    assert!(deferred.iter().all(|s| s["next"]["not_before"].is_string()));
    assert_eq!(sink.caught().len(), 10);
}

#[test]
fn the_same_key_from_50_threads_is_one_submission_and_fifty_equal_answers() {
    let sink = SmtpSink::start();
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, sink.port(), 1);
    let serving = desk.serve();
    let mut answers = ask_at_once(&serving.api(&token), 50, Some("order-17"));
    let first = answers
        .iter()
        .filter(|answer| answer["replayed"] != json!(true))
        .count();
    assert_eq!(first, 1);
    for answer in &mut answers {
        answer.as_object_mut().unwrap().remove("replayed");
    }
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:#?}"
    );
    let all = serving.api(&token).get("/v1/submissions").json();
    assert_eq!(
        all["rows"]
            .as_array()
            .or(all["submissions"].as_array())
            .map(Vec::len),
        Some(1),
        "{all}"
    );
    // The sink was never spoken to: it is held.
    sink.always(Act::Accept);
    assert_eq!(sink.connections(), 0);
}
