//! Looking back: charts, search, facts.

use serde_json::{Value, json};

use crate::world::{World, text};

#[tokio::test]
async fn what_happened_is_charted_searched_and_filtered() {
    let world = World::new().await;
    let id = world.letter().await;
    world
        .done(
            "submission.reject",
            json!({"id": id, "reason": "wrong price"}),
        )
        .await;
    world
        .held(json!({"to": [{"address": "x@y.example"}], "subject": "Other", "text": "100% new"}))
        .await;

    let traffic = world
        .done("activity.traffic", json!({"period": "day"}))
        .await;
    let columns = traffic["columns"].as_array().unwrap();
    assert_eq!(columns.len(), 24);
    assert_eq!(columns.last().unwrap()["held"], 2);
    assert_eq!(
        traffic["waits"][0],
        json!({"title": "under 1 min", "count": 1})
    );

    let found = async |query: &str| -> Vec<String> {
        let page = world.done("search", json!({"query": query})).await;
        let rows = page["rows"].as_array().unwrap();
        rows.iter()
            .map(|row| text(row, "/asked/subject").to_owned())
            .collect()
    };
    assert_eq!(found("tuesday TALK").await, ["Tuesday"]);
    assert_eq!(
        found("wrong price").await,
        ["Tuesday"],
        "a reason is found too"
    );
    assert_eq!(
        found("boss@home.example").await,
        ["Tuesday"],
        "and a hidden copy"
    );
    assert_eq!(found("100%").await, ["Other"]);
    assert_eq!(found("state:held").await, ["Other"]);
    assert_eq!(found("").await, ["Other", "Tuesday"]);
    assert!(found("1_0").await.is_empty(), "no letter stands for others");
    assert!(
        found("address").await.is_empty(),
        "names of fields are no words"
    );

    let listed = async |args: Value| world.done("activity.list", args).await;
    let held = listed(json!({"verdict": "hold", "rule": "autonomy"})).await;
    assert_eq!(held["rows"].as_array().unwrap().len(), 2);
    assert_eq!(listed(json!({"verdict": "block"})).await["rows"], json!([]));
    assert!(held["total"].is_null(), "no index knows it");
    assert_eq!(listed(json!({"limit": 1})).await["total"], 2);
    assert_eq!(
        listed(json!({"states": ["held"], "limit": 1})).await["total"],
        1,
        "the other was decided"
    );
    let to = listed(json!({"contact": "Dana+tag@acme.example"})).await;
    assert_eq!(to["total"], 1);
    assert_eq!(text(&to, "/rows/0/id"), id);
    assert_eq!(to["rows"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_facts_of_a_judgement_are_told_line_by_line() {
    let world = World::new().await;
    let id = world.letter().await;
    let shown = world.done("submission.show", json!({"id": id})).await;
    let facts = world
        .done(
            "decision.facts",
            json!({"id": text(&shown, "/decision/id")}),
        )
        .await;
    let all = facts.to_string();
    assert!(all.contains("dana@acme.example"), "{all}");
    assert!(
        all.contains(r#""name":"moment","value":"admission""#),
        "{all}"
    );
}
