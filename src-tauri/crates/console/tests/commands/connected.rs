//! Mailboxes and what they log in with; secrets, files and long work.

use console::{Code, Operator, rpc};
use serde_json::{Value, json};

use crate::world::{World, text};

impl World {
    async fn mailbox_id(&self) -> Value {
        let all = self.done("mailboxes.list", Value::Null).await;
        all[0]["id"].clone()
    }
}

#[tokio::test]
async fn a_mailbox_is_paused_by_anyone_and_resumed_by_the_operator() {
    let world = World::new().await;
    let id = json!({"id": world.mailbox_id().await});
    let paused = rpc(
        &world.engine,
        &Operator::Unproven,
        "mailboxes.pause",
        id.clone(),
    )
    .await;
    assert!(paused.unwrap()["paused_at"].is_string());
    let resume = rpc(
        &world.engine,
        &Operator::Unproven,
        "mailboxes.resume",
        id.clone(),
    )
    .await;
    assert_eq!(resume.unwrap_err().code, Code::OperatorProofNeeded);
    let resumed = world.done("mailboxes.resume", id).await;
    assert_eq!(resumed["paused_at"], Value::Null);
}

fn reading(port: u16, secret: Value) -> Value {
    json!({"host": "127.0.0.1", "port": port, "tls": "none", "mechanism": "password",
        "user": "me", "secret": secret, "folders": [], "sent_copy": "none", "people_write": false})
}

#[tokio::test]
async fn a_mailbox_is_read_from_where_it_is_said_until_it_is_said_no_more() {
    let world = World::new().await;
    let id = world.mailbox_id().await;
    let set = |imap: Value| json!({"id": id, "imap": imap});
    let read = world
        .done("mailboxes.set_imap", set(reading(9, json!("hunter2"))))
        .await;
    assert_eq!(text(&read, "/reading/user"), "me");
    assert!(!read.to_string().contains("hunter2"));
    let unread = world.done("mailboxes.set_imap", set(Value::Null)).await;
    assert_eq!(unread["reading"], Value::Null);

    let untold = json!({"imap": reading(9, Value::Null)});
    let refused = world.ask("mailboxes.test_imap", untold).await.unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/imap/secret"));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let test = json!({"imap": reading(port, json!("hunter2"))});
    let mut report = world.done("mailboxes.test_imap", test).await;
    while report["ended"] != true {
        let more = json!({"run": report["run"], "seen": report["seen"]});
        report = world.done("mailboxes.test_steps", more).await;
    }
    assert_eq!(report["ok"], false);
    assert!(!report.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_sign_in_begins_with_the_operators_own_client_id_and_is_given_up() {
    let world = World::new().await;
    let smtp = json!({"host": "mail.example", "port": 587, "tls": "starttls",
        "mechanism": "password", "user": "me", "secret": "hunter2"});
    let add = json!({"address": "me@mail.example", "smtp": smtp});
    let made = world.done("mailboxes.add", add).await;
    let id = &made["id"];
    let odd = json!({"id": id, "provider": "nobody", "client_id": "ours"});
    let refused = world.ask("mailboxes.sign_in", odd).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidField, "{refused}");
    let begin = json!({"id": id, "client_id": "ours", "auth_url": "https://login.example/auth",
        "token_url": "https://login.example/token", "scopes": "mail", "hosts": "mail.example"});
    let begun = world.done("mailboxes.sign_in", begin).await;
    assert!(text(&begun, "/url").contains("client_id=ours"), "{begun}");
    let waiting = json!({"id": id, "handle": begun["handle"]});
    let ended = world
        .done("mailboxes.cancel_sign_in", waiting.clone())
        .await;
    assert_eq!(ended["id"], *id);
    let late = world.ask("mailboxes.signed_in", waiting).await;
    assert_eq!(late.unwrap_err().code, Code::NotFound);
    let out = world.ask("mailboxes.sign_out", json!({"id": id})).await;
    assert_eq!(
        out.unwrap_err().code,
        Code::WrongState,
        "nobody was signed in"
    );
}

#[tokio::test]
async fn a_token_is_replaced_and_the_old_one_opens_nothing() {
    let world = World::new().await;
    let add = json!({"name": "outreach", "mailbox": world.mailbox.as_str(), "level": 1});
    let made = world.done("agents.add", add).await;
    let id = json!({"id": made["agent"]["id"]});
    let again = world.done("agents.replace_token", id).await;
    let (old, new) = (text(&made, "/token"), text(&again, "/token"));
    assert!(world.engine.authenticate(old).await.is_err());
    assert!(world.engine.authenticate(new).await.is_ok());
}

#[tokio::test]
async fn an_engine_in_memory_has_no_passphrase_to_set() {
    let world = World::new().await;
    let set = json!({"new": "a long pass phrase"});
    let refused = world.ask("settings.passphrase", set).await.unwrap_err();
    assert_eq!(refused.code, Code::VaultUnavailable);
    let opened = world.ask("vault.unlock", json!({"passphrase": "x"})).await;
    assert_eq!(opened.unwrap_err().code, Code::VaultUnavailable);
}

#[tokio::test]
async fn a_run_that_nobody_began_has_no_progress() {
    let world = World::new().await;
    for name in ["policy.replay_progress", "record.copy_progress"] {
        let told = world.done(name, json!({"run": "none"})).await;
        assert_eq!(told, Value::Null, "{name}");
    }
}

#[tokio::test]
async fn a_file_is_given_as_it_leaves_and_a_question_goes_to_the_agent() {
    let world = World::new().await;
    let id = world
        .held(
            json!({"to": [{"address": "dana@acme.example"}], "subject": "The plan",
            "text": "Here it is.", "attachments": [{"filename": "plan.txt",
            "content_type": "text/plain", "content": "VGhlIHBsYW4u"}]}),
        )
        .await;
    let file = json!({"id": id, "index": 0});
    let given = world.done("submission.attachment", file).await;
    assert_eq!(
        (text(&given, "/filename"), text(&given, "/content_base64")),
        ("plan.txt", "VGhlIHBsYW4u")
    );
    let none = json!({"id": id, "index": 1});
    let refused = world.ask("submission.attachment", none).await.unwrap_err();
    assert_eq!(refused.code, Code::NotFound);

    let empty = json!({"id": id, "question": " "});
    let refused = world.ask("submission.ask", empty).await.unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/question"));
    let asked = json!({"id": id, "question": "Which plan?"});
    world.done("submission.ask", asked).await;
    let shown = world.done("submission.show", json!({"id": id})).await;
    assert!(shown.to_string().contains("Which plan?"), "{shown}");
}

#[tokio::test]
async fn what_a_rule_blocks_is_released_with_a_reason_alone() {
    let world = World::new().await;
    let id = world
        .held(
            json!({"to": [{"address": "dana@acme.example"}], "subject": "The program",
            "text": "Here it is.", "attachments": [{"filename": "set-up.exe",
            "content_type": "application/octet-stream", "content": "TVqQAAMAAAAEAAAA"}]}),
        )
        .await;
    let shown = world.done("submission.show", json!({"id": id})).await;
    assert_eq!(shown["state"], "blocked", "{shown}");
    let release = |reason: &str| json!({"id": id, "hash": text(&shown, "/hash"), "reason": reason});
    let refused = world.ask("submission.release", release("")).await;
    assert_eq!(refused.unwrap_err().pointer.as_deref(), Some("/reason"));
    let released = world
        .done("submission.release", release("Dana asked for it"))
        .await;
    assert_eq!(released["state"], "queued", "{released}");
}
