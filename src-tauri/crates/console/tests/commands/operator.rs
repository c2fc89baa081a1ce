//! Who may give a command, and what is none.

use console::{COMMANDS, Code, Loosens, Operator, rpc};
use domain::Level;
use serde_json::{Value, json};

use crate::world::{World, text};

#[tokio::test]
async fn nobody_loosens_without_proof_whatever_the_arguments() {
    let world = World::new().await;
    for command in COMMANDS
        .iter()
        .filter(|command| command.loosens == Loosens::Always)
    {
        let refused = rpc(
            &world.engine,
            &Operator::Unproven,
            command.name,
            json!({"x": 1}),
        )
        .await;
        assert_eq!(
            refused.unwrap_err().code,
            Code::OperatorProofNeeded,
            "{}",
            command.name
        );
    }
}

#[tokio::test]
async fn a_level_is_lowered_by_anyone_and_raised_only_by_the_operator() {
    let world = World::new().await;
    let id = world.agent.id.to_string();
    let set = async |operator: Operator, level: u8| {
        rpc(
            &world.engine,
            &operator,
            "agents.set_level",
            json!({"id": id, "level": level}),
        )
        .await
    };
    assert_eq!(
        set(Operator::Unproven, 3).await.unwrap_err().code,
        Code::OperatorProofNeeded
    );
    assert_eq!(
        world.engine.agent(world.agent.id).await.unwrap().level,
        Level::AskAlways
    );
    assert_eq!(set(Operator::Unproven, 0).await.unwrap()["level"], 0);
    assert_eq!(
        set(Operator::Proven, 3).await.unwrap()["level_name"],
        "ask on exception"
    );
}

#[tokio::test]
async fn the_whole_desk_stops_and_goes_on() {
    let world = World::new().await;
    let paused = rpc(&world.engine, &Operator::Unproven, "pause.on", Value::Null)
        .await
        .unwrap();
    assert!(paused["paused_at"].is_string());
    assert!(world.done("pause.off", Value::Null).await["paused_at"].is_null());
    let report = world.done("journal.verify", Value::Null).await;
    assert_eq!(report["ok"], true, "{report}");
    let frame = world.done("frame", Value::Null).await;
    assert_eq!(frame["health"]["record"]["state"], "ok");
    assert!(text(&frame, "/health/record/text").starts_with("Verified "));
}

#[tokio::test]
async fn the_key_that_signs_the_record_is_shown_to_be_written_down() {
    let world = World::new().await;
    let shown = world.done("record.key", Value::Null).await;
    let key = text(&shown, "/key");
    assert_eq!(key.len(), 64, "{shown}");
    assert!(
        key.chars().all(|digit| digit.is_ascii_hexdigit()),
        "{shown}"
    );
    assert!(text(&shown, "/since").starts_with("2027-01-15T"), "{shown}");
    assert_eq!(shown["earlier"], json!([]));
    assert_eq!(text(&shown, "/check"), "sendoff verify");
}

#[tokio::test]
async fn the_pane_beside_a_mail_has_what_passed_and_what_a_person_last_decided() {
    let world = World::new().await;
    let first = world.letter().await;
    let shown = world.done("submission.show", json!({"id": first})).await;
    let card = &shown["contact"][0];
    assert_eq!(card["history"], json!([]));
    assert_eq!(card["last_decision"], Value::Null);
    let args = json!({"id": first, "hash": shown["hash"], "reason": "not on a Tuesday"});
    world.done("submission.reject", args).await;
    let second = world.letter().await;
    let shown = world.done("submission.show", json!({"id": second})).await;
    let card = &shown["contact"][0];
    assert_eq!(text(card, "/history/0/id"), first);
    assert_eq!(card["history"][0]["received"], false);
    let decided = text(card, "/last_decision/text");
    assert!(decided.starts_with("Rejected “Tuesday” of "), "{decided}");
    assert!(decided.ends_with("not on a Tuesday."), "{decided}");
    assert_eq!(card["opt_outs"], json!([]));
}

#[tokio::test]
async fn what_is_no_command_or_no_argument_is_said() {
    let world = World::new().await;
    let unknown = world.ask("submission.send", Value::Null).await.unwrap_err();
    assert_eq!(unknown.code, Code::MalformedRequest);
    let field = world
        .ask("submission.show", json!({"id": "sub_1", "extra": 1}))
        .await
        .unwrap_err();
    assert_eq!(field.code, Code::MalformedBody);
    let no_id = world
        .ask("submission.show", json!({"id": "sub_1"}))
        .await
        .unwrap_err();
    assert_eq!(
        (no_id.code, no_id.pointer.as_deref()),
        (Code::InvalidField, Some("/id"))
    );
    let nobody = json!({"id": "sub_00000000000000000000000000000001"});
    assert_eq!(
        world.ask("submission.show", nobody).await.unwrap_err().code,
        Code::NotFound
    );
}
