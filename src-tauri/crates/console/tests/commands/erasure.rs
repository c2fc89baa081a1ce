//! What is taken out on purpose: shown before, gone after, and told where it was.

use console::{Code, Operator, rpc};
use domain::{Span, Timestamp};
use serde_json::{Value, json};

use crate::world::{World, text};

const DANA: &str = "dana@acme.example";

#[tokio::test]
async fn a_contact_is_shown_before_they_are_erased_and_gone_after() {
    let world = World::new().await;
    let id = world.letter().await;
    let args = json!({"address": DANA});
    let naming = world.done("contacts.naming", args.clone()).await;
    assert_eq!(
        (&naming["sent"], &naming["waiting"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        text(&naming, "/text"),
        "1 sent message, 0 received messages, 0 conversations, 0 files"
    );
    assert_eq!(
        (&naming["copies"], &naming["copies_text"]),
        (&json!([]), &json!(""))
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sendoff.db"), "").unwrap();
    for to in [folder.path().to_str().unwrap(), "/nowhere/at/all"] {
        world
            .done("record.copying", json!({"form": "backup", "to": to}))
            .await;
    }
    let naming = world.done("contacts.naming", args.clone()).await;
    assert_eq!(
        naming["copies"][0]["to"], "/nowhere/at/all",
        "the newest first"
    );
    let there = |n: usize| naming["copies"][n]["is_there"].as_bool().unwrap();
    assert_eq!((there(0), there(1)), (false, true));
    assert!(
        text(&naming, "/copies_text").contains("delete it, or erase them again"),
        "{naming}"
    );
    assert!(
        text(&naming, "/copies_text").contains("no longer where it was put"),
        "{naming}"
    );
    let unproven = rpc(
        &world.engine,
        &Operator::Unproven,
        "contacts.erase",
        args.clone(),
    )
    .await;
    assert_eq!(unproven.unwrap_err().code, Code::OperatorProofNeeded);
    world
        .done(
            "suppressions.add",
            json!({"address": DANA, "reason": "unsubscribe"}),
        )
        .await;

    let erased = world.done("contacts.erase", args.clone()).await;
    assert_eq!(erased["late"], Value::Null, "nothing is left for later");
    assert_eq!(
        (&erased["sent"], &erased["suppressed"]),
        (&json!(1), &json!(true))
    );
    let shown = world.done("submission.show", json!({"id": id})).await;
    assert_eq!(shown["state"], "cancelled");
    assert!(
        text(&shown, "/gone").starts_with("What it said was erased on "),
        "{shown}"
    );
    let told = shown.to_string();
    for words in [DANA, "Tuesday", "Shall we talk"] {
        assert!(!told.contains(words), "{words} in {told}");
    }
    assert!(told.contains("boss@home.example"), "others are untouched");
    let found = world.done("search", json!({"query": "Tuesday"})).await;
    assert_eq!(found["rows"], json!([]));

    let held = world.letter().await;
    let again = world.done("submission.show", json!({"id": held})).await;
    let decision = again["decision"].to_string();
    assert!(
        decision.contains("suppress"),
        "the opt-out holds: {decision}"
    );
    let report = world.done("journal.verify", Value::Null).await;
    assert_eq!(report["ok"], true, "{report}");
    assert!(
        text(&report, "/text").contains("can no longer be recomputed"),
        "{report}"
    );
    assert!(
        text(&report, "/text").contains("is told and not proven"),
        "{report}"
    );
}

#[tokio::test]
async fn nobody_is_erased_who_is_not_named_and_no_mailbox_of_ours() {
    let world = World::new().await;
    let erase = async |address: &str| {
        let args = json!({"address": address});
        world.ask("contacts.erase", args).await.unwrap_err().code
    };
    assert_eq!(erase("no@one.example").await, Code::NotFound);
    assert_eq!(erase(world.mailbox.as_str()).await, Code::WrongState);
}

#[tokio::test]
async fn a_retention_says_what_it_takes_before_it_is_switched_on() {
    let world = World::new().await;
    let old = world.letter().await;
    world.done("submission.cancel", json!({"id": old})).await;
    world.clock.set(later(100));
    let waits = world.letter().await;
    let kinds = world.done("settings.retention", Value::Null).await;
    for at in 0..3 {
        assert_eq!(kinds[at]["days"], Value::Null, "off until somebody says so");
    }
    assert_eq!(world.engine.retain().await.unwrap(), 0);
    let aged = world
        .done("settings.aged", json!({"kind": "bodies", "days": 90}))
        .await;
    assert_eq!((&aged["sent"], &aged["received"]), (&json!(1), &json!(0)));

    let set = async |value: Value| {
        let args = json!({"key": "keep_bodies_days", "value": value});
        world.ask("settings.set", args).await
    };
    for no in [json!("0"), json!("soon"), json!(true), json!("4000")] {
        assert_eq!(set(no).await.unwrap_err().code, Code::InvalidField);
    }
    set(json!("90")).await.unwrap();
    assert_eq!(world.engine.retain().await.unwrap(), 1);
    let shown = world.done("submission.show", json!({"id": old})).await;
    assert!(
        text(&shown, "/gone").contains("by your retention"),
        "{shown}"
    );
    assert_eq!(
        text(&shown, "/message/subject"),
        "Tuesday",
        "whom and when stays"
    );
    let shown = world.done("submission.show", json!({"id": waits})).await;
    assert_eq!(shown["gone"], Value::Null, "what waits is left");
    assert_eq!(text(&shown, "/message/text"), "Shall we talk on Tuesday?");
    let report = world.done("journal.verify", Value::Null).await;
    assert_eq!(report["ok"], true, "{report}");

    set(json!(false)).await.unwrap();
    let kinds = world.done("settings.retention", Value::Null).await;
    assert_eq!(kinds[0]["days"], Value::Null);
}

fn later(days: i64) -> Timestamp {
    crate::world::NOW + Span::from_days(days)
}

#[tokio::test]
async fn a_copy_is_taken_of_a_folder_alone_and_by_the_operator_alone() {
    let world = World::new().await;
    let offered = world.done("record.copies", json!({})).await;
    assert_eq!(offered["copies"], json!([]));
    assert!(
        text(&offered, "/backup_to").contains("sendoff-backup-2027-01-15"),
        "{offered}"
    );
    let args = json!({"form": "backup", "to": text(&offered, "/backup_to")});
    let unproven = rpc(
        &world.engine,
        &Operator::Unproven,
        "record.copy",
        args.clone(),
    )
    .await;
    assert_eq!(unproven.unwrap_err().code, Code::OperatorProofNeeded);
    let refused = world.ask("record.copy", args).await.unwrap_err();
    assert_eq!(refused.code, Code::WrongState);
    assert!(refused.detail.contains("in memory"), "{}", refused.detail);
    assert_eq!(
        world.done("record.end_copy", json!({"run": "none"})).await,
        json!(false)
    );
}
