//! `kill -9` in the middle of sending: nothing lost, nothing twice, nothing hidden.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a surprise in a test is a failed test"
)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use tests::mailstack::as_sent;
use tests::wait::PATIENCE;
use tests::{Api, BOB, Desk, MailStack, UNWORRIED, until};

const KILLS: usize = 20;
const POLICY: &str =
    "[rules.cooldown]\nenabled = false\n[rules.rate_limit]\nmailbox = { hour = 100000 }\n";

#[test]
fn twenty_kills_in_a_stream_of_sends_lose_nothing_and_repeat_nothing() {
    let stack = MailStack::start();
    let desk = Desk::initialised();
    let token = desk.with_agent("alice@example.test", stack.smtp_port(), 3);
    let policy = desk.home().join("policy.toml");
    std::fs::write(&policy, format!("{UNWORRIED}{POLICY}")).unwrap();
    desk.as_operator(&["policy", "publish", &policy.display().to_string()])
        .ok();

    // Message-ID of every accepted message, by submission.
    let accepted: Mutex<BTreeMap<String, String>> = Mutex::default();
    for life in 0..KILLS {
        let serving = desk.serve();
        let api = serving.api(&token);
        let before = accepted.lock().unwrap().len();
        std::thread::scope(|scope| {
            scope.spawn(|| ask_until_it_dies(&api, life, &accepted));
            until("the stream to flow", PATIENCE, || {
                (accepted.lock().unwrap().len() > before).then_some(())
            });
            // A different moment of the stream each time; spread by a fixed walk, not by chance.
            std::thread::sleep(Duration::from_millis((life as u64 * 37) % 200));
            serving.kill9();
        });
        let verified = desk.run(&["verify"]);
        assert_eq!(verified.code, Some(0), "after kill {life}: {verified:?}");
    }

    let accepted = accepted.into_inner().unwrap();
    let serving = desk.serve();
    let api = serving.api(&token);
    let states: BTreeMap<String, String> = accepted
        .keys()
        .map(|id| {
            let settled = until(&format!("{id} to settle"), Duration::from_secs(120), || {
                let state: Value =
                    api.get(&format!("/v1/submissions/{id}")).json()["state"].clone();
                let state = state.as_str().unwrap_or_default().to_owned();
                ["sent", "uncertain"]
                    .contains(&state.as_str())
                    .then_some(state)
            });
            (id.clone(), settled)
        })
        .collect();
    stack.wait_until_queue_is_empty(Duration::from_secs(60));

    let mut delivered: BTreeMap<String, usize> = BTreeMap::new();
    for mail in stack.delivered(BOB) {
        *delivered.entry(message_id(as_sent(&mail))).or_insert(0) += 1;
    }
    let mut uncertain = 0;
    for (id, state) in &states {
        let times = delivered.get(&accepted[id]).copied().unwrap_or(0);
        assert!(times <= 1, "{id} was delivered {times} times");
        match state.as_str() {
            "sent" => assert_eq!(times, 1, "{id} is called sent and is not there"),
            _ => uncertain += 1,
        }
    }
    assert!(
        accepted.len() >= KILLS,
        "the stream flowed: {} accepted",
        accepted.len()
    );
    assert!(
        uncertain <= KILLS,
        "{uncertain} uncertain: more than one for each kill"
    );
    desk.run(&["verify"]).ok();
}

/// One letter after the other, as fast as answers come, until none comes.
fn ask_until_it_dies(api: &Api, life: usize, accepted: &Mutex<BTreeMap<String, String>>) {
    for n in 0.. {
        let letter = json!({
            "mailbox": "alice@example.test",
            "to": [BOB.address],
            "subject": format!("life {life} letter {n}"),
            "text": format!("number {n} of life {life}"),
        });
        let body = letter.to_string();
        let Ok(answer) = api.try_ask("POST", "/v1/submissions", &[], Some(body.as_bytes())) else {
            return;
        };
        assert!(answer.status < 300, "{}", answer.text);
        let made = answer.json();
        let text = |field: &str| made[field].as_str().unwrap_or_default().to_owned();
        accepted
            .lock()
            .unwrap()
            .insert(text("id"), text("message_id"));
    }
}

fn message_id(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID:"));
    line.unwrap_or_default().trim().to_owned()
}
