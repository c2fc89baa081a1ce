//! A person asks, the agent answers or says it better; and what it can know beforehand.

use axum::http::Method;
use domain::{Actor, Level, SubmissionId};
use serde_json::{Value, json};

use crate::support::{Desk, MAILBOX, ask, desk};

async fn asked(desk: &Desk, to: &str) -> (String, SubmissionId) {
    let id = desk.submit(&ask(to)).await.id();
    let held: SubmissionId = id.parse().unwrap();
    let question = "Which invoice do you mean?".to_owned();
    desk.engine.ask_agent(held, None, question).await.unwrap();
    (id, held)
}

#[tokio::test]
async fn the_agent_reads_the_question_and_its_answer_reaches_the_person() {
    let desk = desk(Level::AskAlways).await;
    let (id, held) = asked(&desk, "ann@x.example").await;
    let shown = desk.get(&format!("/v1/submissions/{id}")).await.json;
    assert_eq!(shown["review"]["outcome"], "asked", "{shown}");
    assert_eq!(shown["review"]["question"], "Which invoice do you mean?");
    assert_eq!(shown["state"], "held");

    let path = format!("/v1/submissions/{id}/answers");
    let reply = desk.post(&path, &json!({"answer": "Number 7."})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json["review"]["outcome"], "answered");
    let talk: Vec<&str> = reply.json["talk"]
        .as_array()
        .unwrap()
        .iter()
        .map(|said| said["text"].as_str().unwrap())
        .collect();
    assert_eq!(talk, ["Which invoice do you mean?", "Number 7."]);
    let story = desk.engine.story(Actor::Operator, held).await.unwrap();
    assert_eq!(story.notes.len(), 2);

    let again = desk.post(&path, &json!({"answer": "Number 8."})).await;
    assert_eq!(again.problem().1, "wrong_state");
    let empty = desk.post(&path, &json!({"answer": " "})).await;
    assert_eq!(empty.problem().1, "invalid_field");
    let (_, foreign) = desk.another("other", Level::AskAlways).await;
    let body = json!({"answer": "me too"});
    let unseen = desk
        .call(&foreign, Method::POST, &path, Some(&body), &[])
        .await;
    assert_eq!(unseen.problem().0, 404);
}

#[tokio::test]
async fn a_revision_is_a_new_version_judged_again_and_answers_what_was_asked() {
    let desk = desk(Level::AskAlways).await;
    let (id, held) = asked(&desk, "ann@x.example").await;
    let before = desk.engine.story(Actor::Operator, held).await.unwrap();
    let path = format!("/v1/submissions/{id}/revisions");
    let mut better = ask("ann@x.example");
    better["text"] = Value::from("It is invoice number 7.");
    let reply = desk.post(&path, &better).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    assert_eq!(reply.json["id"], id);
    let after = desk.engine.story(Actor::Operator, held).await.unwrap();
    assert_eq!(after.versions.len(), 2);
    assert_eq!(after.versions[1].by, Actor::Agent(desk.agent.id));
    assert_ne!(after.row.hash, before.row.hash);
    assert_eq!(after.row.message_id, before.row.message_id);
    let shown = desk.get(&format!("/v1/submissions/{id}")).await.json;
    assert_eq!(shown["review"]["outcome"], "answered", "{shown}");
    // What was on screen before approves nothing now.
    let stale = desk.engine.approve(held, before.row.hash).await;
    assert_eq!(stale.unwrap_err().code, domain::Code::StaleHash);

    better["dedupe_key"] = Value::from("another");
    let keyed = desk.post(&path, &better).await;
    let (status, code, _) = keyed.problem();
    assert_eq!((status, code), (422, "invalid_field"));
    let mut elsewhere = ask("ann@x.example");
    elsewhere["mailbox"] = Value::from("other@example.com");
    assert_eq!(desk.post(&path, &elsewhere).await.problem().0, 422);
    desk.engine.approve(held, after.row.hash).await.unwrap();
    let late = desk.post(&path, &ask("ann@x.example")).await;
    assert_eq!(late.problem().1, "wrong_state");
}

#[tokio::test]
async fn limits_tell_an_agent_what_every_rule_would_before_it_writes() {
    let desk = desk(Level::AskOnException).await;
    let sent = desk.submit(&ask("ann@x.example")).await;
    assert_eq!(sent.json["state"], "queued", "{sent:?}");
    let limits = desk.get("/v1/limits?to=ann@x.example").await.json;
    assert_eq!(limits["held"], 0, "{limits}");
    assert_eq!(limits["held_max"], 200);
    assert!(limits["to"]["cooldown_until"].is_string(), "{limits}");
    assert_eq!(limits["to"]["established"], false);
    let rules: Vec<&str> = limits["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["rule"].as_str().unwrap())
        .collect();
    for needs_no_message in ["queue_full", "cooldown", "lookalike_recipient"] {
        assert!(rules.contains(&needs_no_message), "{rules:?}");
    }
    // No rule about content speaks of a message nobody has written.
    assert!(!rules.contains(&"unfinished"), "{rules:?}");
    let other = desk.get("/v1/limits?to=bob@y.example").await.json;
    assert!(other["to"]["cooldown_until"].is_null(), "{other}");
    let windows = other["windows"].as_array().unwrap();
    let mailbox = windows
        .iter()
        .find(|w| w["scope"] == "mailbox" && w["window"] == "minute");
    assert_eq!(mailbox.unwrap()["used"], 1, "{other}");
    assert_eq!(mailbox.unwrap()["mailbox"], MAILBOX);
}
