//! Torture: real processes killed at the worst moments. Never twice, never lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a surprise in a test is a failed test"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tests::{ALICE, Desk, MailStack, until};

const SENDER: &str = "hello@example.test";
const KILLS: usize = 20;
const ASKS_PER_LIFE: usize = 12;

/// `sendoff serve` is killed twenty times while it sends to a real Postfix: every message it
/// accepted is delivered once or openly uncertain, none twice, none gone, and the record holds.
#[test]
fn killed_twenty_times_while_sending_nothing_is_sent_twice_and_nothing_is_lost() {
    let stack = MailStack::start();
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, stack.smtp_port(), 3);
    let policy = desk.home().join("policy.toml");
    std::fs::write(&policy, "[rules.rate_limit.mailbox]\nhour = 100000\n[rules.cooldown]\nenabled = false\n").unwrap();
    desk.as_operator(&["policy", "publish", policy.to_str().unwrap()]).ok();

    let mut accepted: Vec<String> = Vec::new();
    for life in 0..KILLS {
        let serving = desk.serve();
        let api = serving.api(&token);
        for ask in 0..ASKS_PER_LIFE {
            let body = json!({
                "mailbox": SENDER,
                "to": [ALICE.address],
                "subject": format!("life {life} ask {ask}"),
                "text": format!("life {life} ask {ask}"),
            });
            if let Ok(answer) = api.try_ask("POST", "/v1/submissions", &[], Some(&body)) {
                let answer: Value = answer.json();
                accepted.push(answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned());
            }
        }
        // Each life ends somewhere else in the stream: between nought and a few deliveries later.
        let already = stack.delivered(ALICE).len();
        let more = life % 5;
        if more > 0 {
            until("some more mail", Duration::from_secs(30), || {
                (stack.delivered(ALICE).len() >= already + more || accepted.len() <= stack.delivered(ALICE).len()).then_some(())
            });
        }
        serving.kill9();
        desk.run(&["verify"]).ok();
    }

    let serving = desk.serve();
    let api = serving.api(&token);
    let settled = until("everything is settled", Duration::from_secs(120), || {
        let states: BTreeMap<String, String> = accepted
            .iter()
            .map(|id| {
                let answer = api.get(&format!("/v1/submissions/{id}")).json();
                (id.clone(), answer["state"].as_str().unwrap_or("gone").to_owned())
            })
            .collect();
        let open = ["queued", "sending", "deferred"];
        (!states.values().any(|state| open.contains(&state.as_str()))).then_some(states)
    });
    stack.wait_until_queue_is_empty(Duration::from_secs(30));
    let mut delivered: BTreeMap<String, usize> = BTreeMap::new();
    for mail in stack.delivered(ALICE) {
        let text = String::from_utf8_lossy(&mail).into_owned();
        let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().trim().to_owned();
        *delivered.entry(id).or_default() += 1;
    }
    assert!(delivered.values().all(|times| *times == 1), "sent twice: {delivered:?}");
    let mut uncertain = 0;
    for (id, state) in &settled {
        let message_id = api.get(&format!("/v1/submissions/{id}")).json()["message_id"].as_str().unwrap().to_owned();
        let arrived = delivered.contains_key(&message_id);
        match state.as_str() {
            "sent" => assert!(arrived, "{id} is said to be sent and is not there"),
            "uncertain" => uncertain += 1,
            other => panic!("{id} is {other}"),
        }
    }
    assert!(delivered.len() <= accepted.len() + KILLS, "more mail than asks");
    println!(
        "{} accepted, {} delivered once, {uncertain} openly uncertain, {KILLS} kills",
        accepted.len(),
        delivered.len()
    );
    desk.run(&["verify"]).ok();
}
