//! Suppressions and the policy.

use console::{Code, Operator, rpc};
use serde_json::{Value, json};

use crate::world::{World, text};

#[tokio::test]
async fn suppressions_are_added_by_anyone_and_lifted_by_the_operator() {
    let world = World::new().await;
    let add = json!({"address": "Dana+x@acme.example", "note": "asked to stop"});
    let row = rpc(&world.engine, &Operator::Unproven, "suppressions.add", add)
        .await
        .unwrap();
    assert_eq!(text(&row, "/pattern"), "dana@acme.example");
    let page = world
        .done("suppressions.list", json!({"search": "acme"}))
        .await;
    assert_eq!(page["rows"].as_array().unwrap().len(), 1);
    let lifted = world
        .done("suppressions.lift", json!({"address": "dana@acme.example"}))
        .await;
    assert_eq!(lifted["lifted"], 1);
    let odd = world
        .ask(
            "suppressions.add",
            json!({"address": "x@y.example", "reason": "because"}),
        )
        .await;
    assert_eq!(odd.unwrap_err().pointer.as_deref(), Some("/reason"));
}

#[tokio::test]
async fn a_policy_is_checked_published_and_found_again() {
    let world = World::new().await;
    let bad = json!({"text": "nonsense = ["});
    assert!(
        !world.done("policy.check", bad.clone()).await["problems"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        world.ask("policy.publish", bad).await.unwrap_err().code,
        Code::InvalidPolicy
    );
    let before = world.done("policy.show", Value::Null).await;
    world.done("policy.publish", json!({"text": ""})).await;
    let after = world.done("policy.show", Value::Null).await;
    assert_eq!(
        (&before["version"], &after["version"]),
        (&json!(1), &json!(2))
    );
    let first = world.done("policy.version", json!({"version": 1})).await;
    assert_eq!(first["text"], before["text"]);
    let never = world.ask("policy.version", json!({"version": 9})).await;
    assert_eq!(never.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_list_of_suppressions_comes_and_goes_as_a_file() {
    let world = World::new().await;
    let file = "address,reason,note\nDana@acme.example,unsubscribe,=please stop\nnonsense,,\n@rival.example,legal,\n";
    let answer = world
        .done("suppressions.import", json!({"text": file, "from": 0}))
        .await;
    assert_eq!(
        (&answer["added"], &answer["done"], &answer["total"]),
        (&json!(2), &json!(3), &json!(3))
    );
    assert_eq!(answer["problems"][0]["line"], 3, "{answer}");
    let exported = world.done("suppressions.export", Value::Null).await;
    let text = text(&exported, "/text");
    assert!(
        text.contains("dana@acme.example,unsubscribe,'=please stop,"),
        "{text}"
    );
    assert!(text.contains("@rival.example,legal,,"), "{text}");
    assert_eq!(exported["rows"], 2);
}

#[tokio::test]
async fn a_field_of_the_form_goes_into_the_text_and_comes_back_from_it() {
    let world = World::new().await;
    let draft = "# ours\n[rules.rate_limit]\nenabled = true # agreed in May\n";
    let table = async |text: &str, path: &str| -> Value {
        let form = world.done("policy.form", json!({"text": text})).await;
        let tables = form["tables"].as_array().unwrap();
        tables
            .iter()
            .find(|table| table["path"] == path)
            .unwrap()
            .clone()
    };
    assert_eq!(table(draft, "rules.rate_limit").await["enabled"], true);
    let set = async |text: &str, key: &str, value: Value| -> String {
        let args = json!({"text": text, "table": "rules.rate_limit", "key": key, "value": value});
        let draft = world.done("policy.set", args).await;
        self::text(&draft, "/text").to_owned()
    };
    let off = set(draft, "enabled", json!(false)).await;
    assert_eq!(
        off,
        "# ours\n[rules.rate_limit]\nenabled = false # agreed in May\n"
    );
    let limited = set(&off, "mailbox", json!({"hour": 7})).await;
    let rate = table(&limited, "rules.rate_limit").await;
    let field = rate["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["key"] == "mailbox")
        .unwrap();
    assert_eq!(
        (&field["value"], &field["is_set"]),
        (&json!({"hour": 7}), &json!(true))
    );
    assert_eq!(set(&limited, "mailbox", Value::Null).await, off);
    // What the form writes is what the document accepts.
    let checked = world.done("policy.check", json!({"text": limited})).await;
    assert_eq!(checked["problems"], json!([]));
    // Every rule of the table has a form, also where the text says nothing.
    let empty = world.done("policy.form", json!({"text": ""})).await;
    assert!(empty["tables"].as_array().unwrap().len() > 10, "{empty}");

    let unknown =
        json!({"text": draft, "table": "rules.rate_limit", "key": "nonsense", "value": 1});
    assert_eq!(
        world.ask("policy.set", unknown).await.unwrap_err().code,
        Code::InvalidField
    );
    let broken = world.ask("policy.form", json!({"text": "a = ["})).await;
    assert_eq!(broken.unwrap_err().code, Code::InvalidPolicy);
}
