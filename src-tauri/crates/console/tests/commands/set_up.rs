//! Agents, mailboxes and doors.

use console::{Code, DoorState};
use serde_json::{Value, json};

use crate::world::{World, text};

#[tokio::test]
async fn an_agent_is_let_in_with_calls_to_copy_and_shut_out_again() {
    let world = World::new().await;
    let args = json!({"name": "outreach", "mailbox": world.mailbox.as_str(), "level": 1});
    let made = world.done("agents.add", args.clone()).await;
    let token = text(&made, "/token");
    for snippet in made["snippets"].as_array().unwrap() {
        assert!(text(snippet, "/code").contains(token), "{snippet}");
    }
    assert_eq!(
        world.ask("agents.add", args).await.unwrap_err().code,
        Code::AlreadyExists
    );
    let id = text(&made, "/agent/id");
    let paused = world.done("agents.pause", json!({"id": id})).await;
    assert!(paused["paused_at"].is_string());
    let revoked = world.done("agents.revoke", json!({"id": id})).await;
    assert!(revoked["revoked_at"].is_string());
    assert!(world.engine.authenticate(token).await.is_err());
}

#[tokio::test]
async fn a_mailbox_never_shows_its_secret() {
    let world = World::new().await;
    let smtp = json!({"host": "mail.example", "port": 587, "tls": "starttls", "ca_file": null,
        "mechanism": "password", "user": "me", "secret": "hunter2"});
    let made = world
        .done(
            "mailboxes.add",
            json!({"address": "me@mail.example", "smtp": smtp}),
        )
        .await;
    assert_eq!(text(&made, "/user"), "me");
    let all = world.done("mailboxes.list", Value::Null).await;
    assert!(!format!("{made}{all}").contains("hunter2"));
    // Nothing left from its domain yet: the first week's share, and no day of full volume.
    let rows = all.as_array().unwrap();
    let young = rows
        .iter()
        .find(|row| row["address"] == "me@mail.example")
        .unwrap();
    assert_eq!(
        young["warmup"],
        json!({"used": 0, "limit": 20, "week": 1, "weeks": 4, "full_from": null})
    );
    let nobody = json!({"host": "mail.example", "port": 587, "tls": "none", "mechanism": "password", "secret": "x"});
    let problem = world
        .ask(
            "mailboxes.add",
            json!({"address": "b@mail.example", "smtp": nobody}),
        )
        .await;
    assert_eq!(problem.unwrap_err().pointer.as_deref(), Some("/smtp/user"));
}

#[tokio::test]
async fn a_door_that_stays_shut_does_not_hide_the_one_that_is_open() {
    let world = World::new().await;
    console::agents_door(DoorState::Open("http://127.0.0.1:9".to_owned()));
    console::smtp_door(DoorState::Failed("Port 25 is taken".to_owned()));
    let frame = world.done("frame", Value::Null).await;
    let settings = world.done("settings.show", Value::Null).await;
    console::smtp_door(DoorState::Open("127.0.0.1:9025".to_owned()));
    let open = world.done("settings.show", Value::Null).await;
    let mended = world.done("frame", Value::Null).await;
    console::agents_door(DoorState::Closed);
    assert_eq!(text(&frame, "/health/api/state"), "bad");
    assert_eq!(
        text(&frame, "/health/api/text"),
        "http://127.0.0.1:9 · Port 25 is taken"
    );
    assert_eq!(text(&settings, "/api"), "http://127.0.0.1:9");
    assert_eq!(text(&settings, "/smtp_trouble"), "Port 25 is taken");
    assert_eq!(settings["smtp"], Value::Null);
    assert_eq!(text(&open, "/smtp"), "127.0.0.1:9025");
    assert_eq!(open["smtp_trouble"], Value::Null);
    assert_eq!(text(&mended, "/health/api/state"), "ok");
}

#[tokio::test]
async fn a_mailbox_that_is_to_be_read_is_added_whole_or_not_at_all() {
    let world = World::new().await;
    let add = |user: &str| {
        json!({"address": "me@mail.example",
            "smtp": {"host": "mail.example", "port": 587, "tls": "starttls", "mechanism": "none"},
            "imap": {"host": "mail.example", "port": 993, "tls": "implicit", "mechanism": "password",
                "user": user, "secret": "hunter2", "folders": [], "sent_copy": "none", "people_write": false}})
    };
    let problem = world.ask("mailboxes.add", add("")).await.unwrap_err();
    assert_eq!(problem.pointer.as_deref(), Some("/imap/user"), "{problem}");
    let all = world.done("mailboxes.list", Value::Null).await;
    assert_eq!(all.as_array().unwrap().len(), 1, "{all}");

    let made = world.done("mailboxes.add", add("me")).await;
    assert_eq!(text(&made, "/reading/user"), "me", "{made}");
}

#[tokio::test]
async fn the_port_for_smtp_is_off_until_it_is_set_and_only_a_port() {
    let world = World::new().await;
    let before = world.done("settings.show", Value::Null).await;
    assert_eq!(before["smtp_port"], Value::Null);
    for (value, port) in [
        (json!(true), json!(2525)),
        (json!("2600"), json!(2600)),
        (json!("off"), Value::Null),
        (json!(" 2600"), json!("no")),
        (json!("25"), json!("no")),
        (json!("70000"), json!("no")),
        (json!("0.0.0.0:2525"), json!("no")),
        (json!(false), Value::Null),
    ] {
        let set = json!({"key": "smtp_port", "value": value});
        let answer = world.ask("settings.set", set).await;
        match answer {
            Ok(settings) => assert_eq!(settings["smtp_port"], port, "{value}"),
            Err(problem) => {
                assert_eq!(port, "no", "{value}: {problem:?}");
                assert_eq!(problem.pointer.as_deref(), Some("/value"));
            }
        }
    }
}
