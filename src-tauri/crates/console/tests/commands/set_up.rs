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
async fn an_agent_of_no_level_said_starts_where_the_policy_says_new_ones_do() {
    let world = World::new().await;
    let add = |name: &str| json!({"name": name, "mailbox": world.mailbox.as_str()});
    let level = |made: Value| made["agent"]["level"].clone();
    assert_eq!(level(world.done("agents.add", add("before")).await), 1);
    let text = "[autonomy]\ndefault_level = 0\n";
    world.done("policy.publish", json!({"text": text})).await;
    let frame = world.done("frame", json!({})).await;
    assert_eq!(frame["default_level"], 0);
    assert_eq!(level(world.done("agents.add", add("after")).await), 0);
    let said = json!({"name": "said", "mailbox": world.mailbox.as_str(), "level": 2});
    assert_eq!(level(world.done("agents.add", said).await), 2);
}

#[tokio::test]
async fn an_agent_that_put_back_what_must_never_leave_is_shown_as_stopped_until_it_is_resumed() {
    let world = World::new().await;
    let id = json!({"id": world.agent.id.to_string()});
    let stopped = async || {
        let agents = world.done("agents.list", json!({})).await;
        let of = agents.as_array().unwrap().iter();
        let mut of = of.filter(|agent| agent["id"] == id["id"]);
        of.next().unwrap()["stopped"].clone()
    };
    // A pause by hand needs no explanation.
    world.done("agents.pause", id.clone()).await;
    assert_eq!(stopped().await, Value::Null);
    world.done("agents.resume", id.clone()).await;

    let canary = world.engine.canary(&world.agent).await.unwrap();
    let draft = json!({"to": [{"address": "dana@acme.example"}], "subject": "As they say",
        "text": format!("They say {canary}.")});
    world.held(draft).await;
    let journal = world.engine.journal_of(id["id"].as_str().unwrap()).await;
    let kinds: Vec<String> = journal.unwrap().into_iter().map(|one| one.kind).collect();
    assert!(
        kinds.ends_with(&["agent.canary".into(), "pause.on".into()]),
        "{kinds:?}"
    );
    let said = stopped().await;
    assert!(
        said.as_str().unwrap().contains("must never leave"),
        "{said}"
    );
    assert!(!said.to_string().contains(&canary), "{said}");

    world.done("agents.resume", id.clone()).await;
    assert_eq!(stopped().await, Value::Null);
    world.done("agents.pause", id.clone()).await;
    assert_eq!(stopped().await, Value::Null);
}

#[tokio::test]
async fn a_revoked_agent_is_not_shown_as_stopped() {
    let world = World::new().await;
    let id = json!({"id": world.agent.id.to_string()});
    let canary = world.engine.canary(&world.agent).await.unwrap();
    let draft = json!({"to": [{"address": "dana@acme.example"}], "subject": "As they say",
        "text": format!("They say {canary}.")});
    world.held(draft).await;
    let agent = async || world.done("agents.list", json!({})).await[0].clone();
    assert!(agent().await["stopped"].is_string());
    world.done("agents.revoke", id).await;
    let revoked = agent().await;
    assert!(revoked["paused_at"].is_string(), "{revoked}");
    assert_eq!(revoked["stopped"], Value::Null);
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

#[tokio::test]
async fn how_much_an_agent_may_ask_is_a_number_and_the_door_hears_of_it() {
    let world = World::new().await;
    let before = world.done("settings.show", Value::Null).await;
    assert_eq!(
        (&before["asks_per_second"], &before["asks_burst"]),
        (&json!(50), &json!(1_000))
    );
    for (key, value, holds) in [
        ("asks_per_second", json!("5"), true),
        ("asks_burst", json!("20"), true),
        ("asks_burst", json!("0"), false),
        ("asks_burst", json!("1000001"), false),
        ("asks_per_second", json!("many"), false),
        ("asks_per_second", json!(true), false),
    ] {
        let set = world
            .ask("settings.set", json!({"key": key, "value": value}))
            .await;
        assert_eq!(set.is_ok(), holds, "{key} {value}");
    }
    let budget = engine::Budget::new(engine::AskRate::default());
    let told = async {
        // It is read at once, and again at every change.
        while budget.rate().per_second != 5 {
            tokio::task::yield_now().await;
        }
        world
            .ask(
                "settings.set",
                json!({"key": "asks_per_second", "value": "6"}),
            )
            .await
            .unwrap();
        while budget.rate().per_second != 6 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = world.engine.keep_rate(&budget) => panic!("it ended"),
        () = told => {}
    }
    assert_eq!(budget.rate().burst, 20);
}

#[tokio::test]
async fn what_was_said_at_start_is_shown_and_a_change_that_nobody_would_hear_is_refused() {
    let (world, other) = (World::new().await, World::new().await);
    let before = json!({"key": "asks_per_second", "value": "9"});
    world.done("settings.set", before).await;
    world.engine.say_rate(engine::SaidRate {
        per_second: Some(5),
        burst: None,
    });
    let shown = world.done("settings.show", Value::Null).await;
    let set = async |key: &str| {
        let args = json!({"key": key, "value": "20"});
        world.ask("settings.set", args).await
    };
    let (refused, taken) = (set("asks_per_second").await, set("asks_burst").await);
    assert_eq!(
        (&shown["asks_per_second"], &shown["asks_burst"]),
        (&json!(5), &json!(1_000))
    );
    assert_eq!(
        refused.unwrap_err().detail,
        "`asks_per_second` was said at start: 5; start without `--asks-per-second` to set it here"
    );
    assert_eq!(taken.unwrap()["asks_burst"], 20);
    let budget = engine::Budget::new(engine::AskRate::default());
    let told = async {
        while budget.rate().burst != 20 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = world.engine.keep_rate(&budget) => panic!("it ended"),
        () = told => {}
    }
    assert_eq!(
        budget.rate().per_second,
        5,
        "what was said wins over what is set"
    );
    // What is said of one house is not said of another.
    let free = json!({"key": "asks_per_second", "value": "20"});
    assert_eq!(
        other.done("settings.set", free).await["asks_per_second"],
        20
    );
}

/// A relay without encryption or login on this port of the machine.
fn relay(port: u16) -> Value {
    json!({"smtp": {"host": "127.0.0.1", "port": port, "tls": "none", "mechanism": "none"},
        "sender": "me@x.example"})
}

/// The steps with how each stands.
fn course(report: &Value) -> Vec<(&str, &str)> {
    let steps = report.pointer("/steps").and_then(Value::as_array);
    let steps = steps.map(Vec::as_slice).unwrap_or_default().iter();
    steps
        .map(|step| (text(step, "/name"), text(step, "/state")))
        .collect()
}

/// What is seen of a test once this holds.
async fn seen(world: &World, begun: Value, until: fn(&Value) -> bool) -> Value {
    let mut report = begun;
    while !until(&report) {
        let more = json!({"run": report.pointer("/run"), "seen": report.pointer("/seen")});
        let next = world.done("mailboxes.test_steps", more).await;
        let seen = |report: &Value| report.pointer("/seen").and_then(Value::as_u64);
        assert!(seen(&next) > seen(&report), "{next}");
        report = next;
    }
    report
}

#[tokio::test]
async fn a_live_test_is_followed_step_by_step_and_says_where_it_stops_and_what_helps() {
    let world = World::new().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let begun = world.done("mailboxes.test", relay(port)).await;
    let end = seen(&world, begun, |report| report["ended"] == true).await;
    assert_eq!(course(&end), [("Look up", "passed"), ("Connect", "failed")]);
    assert_eq!(end["ok"], false);
    let failed = &end["steps"][1];
    assert!(
        text(failed, "/text").starts_with("Nothing answers at 127.0.0.1:"),
        "{failed}"
    );
    assert!(text(failed, "/advice").contains("465 and 587"), "{failed}");
    assert_eq!(end["steps"][0]["advice"], Value::Null);
    // One that has ended answers at once, whatever was seen of it.
    let again = json!({"run": end["run"], "seen": end["seen"]});
    assert_eq!(world.done("mailboxes.test_steps", again).await, end);
}

#[tokio::test]
async fn a_live_test_is_stopped_where_it_is_and_a_name_nobody_gave_is_none() {
    let world = World::new().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let begun = world.done("mailboxes.test", relay(port)).await;
    let greeting = |report: &Value| report["steps"].as_array().unwrap().len() == 4;
    let waiting = seen(&world, begun, greeting).await;
    assert_eq!(course(&waiting)[3], ("Greeting", "running"));
    let stopped = world
        .done("mailboxes.test_stop", json!({"run": waiting["run"]}))
        .await;
    assert_eq!(course(&stopped)[3], ("Greeting", "stopped"));
    assert_eq!(
        (&stopped["ended"], &stopped["ok"]),
        (&json!(true), &json!(false))
    );
    // The connection is given up.
    let (mut stream, _) = silent.accept().await.unwrap();
    let read = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 8]).await;
    assert_eq!(read.unwrap_or(0), 0);
    for name in ["mailboxes.test_stop", "mailboxes.test_steps"] {
        let mut args = json!({"run": "another"});
        if name.ends_with("steps") {
            args["seen"] = json!(0);
        }
        let refused = world.ask(name, args).await.unwrap_err();
        assert_eq!(refused.code, Code::NotFound, "{name}");
    }
}
