//! The operator's commands against a real engine in memory.

#![allow(clippy::unwrap_used, reason = "a surprise in a test is a failed test")]

use std::sync::Arc;

use console::{COMMANDS, Code, DoorState, Loosens, Operator, Problem, rpc};
use domain::{Digest, Draft, Level, Timestamp};
use engine::{Ask, Engine, ManualClock, SeededIds};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// An engine with the rehearsal mailbox and its agent.
struct World {
    engine: Engine,
    agent: domain::Agent,
    mailbox: domain::Address,
}

impl World {
    async fn new() -> World {
        let clock = Arc::new(ManualClock::at(NOW));
        let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
        let made = engine.rehearse().await.unwrap();
        World {
            engine,
            agent: made.agent,
            mailbox: made.mailbox.address,
        }
    }

    /// What the agent asks; held, because it always asks.
    async fn held(&self, draft: Value) -> String {
        let draft: Draft = serde_json::from_value(draft).unwrap();
        let ask = Ask {
            mailbox: self.mailbox.clone(),
            dedupe_key: None,
            key_lasts: None,
            request: Digest([0; 32]),
            draft,
        };
        let submitted = self.engine.submit(&self.agent, ask).await.unwrap();
        submitted.row.id.to_string()
    }

    async fn letter(&self) -> String {
        let draft = json!({"to": [{"name": "Dana", "address": "dana@acme.example"}],
            "bcc": [{"address": "boss@home.example"}], "subject": "Tuesday", "text": "Shall we talk on Tuesday?",
            "html": "<p>Shall we talk on <b>Tuesday</b>?<script>x()</script></p>"});
        self.held(draft).await
    }

    async fn ask(&self, name: &str, args: Value) -> Result<Value, Problem> {
        rpc(&self.engine, &Operator::Window, name, args).await
    }

    async fn done(&self, name: &str, args: Value) -> Value {
        self.ask(name, args)
            .await
            .unwrap_or_else(|problem| panic!("{name}: {problem}"))
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} in {value}"))
}

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
async fn a_held_message_is_shown_as_it_leaves_and_approved_by_its_hash() {
    let world = World::new().await;
    let id = world.letter().await;
    let queue = world.done("queue.list", json!({"tab": "needs_you"})).await;
    assert_eq!(text(&queue, "/rows/0/id"), id);
    assert_eq!(text(&queue, "/rows/0/to"), "dana@acme.example +1");
    assert_eq!(queue["rows"][0]["rehearsal"], true);

    let shown = world.done("submission.show", json!({"id": id})).await;
    assert!(text(&shown, "/why").starts_with("Held: "), "{shown}");
    assert_eq!(text(&shown, "/message/bcc/0/address"), "boss@home.example");
    assert_eq!(text(&shown, "/message/to/0/name"), "Dana");
    assert_eq!(shown["message"]["to"][0]["new_contact"], true);
    assert_eq!(text(&shown, "/message/text"), "Shall we talk on Tuesday?");
    assert!(!text(&shown, "/message/html").contains("script"));
    let source = world.done("submission.source", json!({"id": id})).await;
    assert!(text(&source, "/text").contains("Subject: Tuesday\r\n"));
    assert!(
        !text(&source, "/text").contains("boss@home.example"),
        "a hidden copy is in no header"
    );

    let hash = text(&shown, "/hash");
    let decided = world
        .done("submission.approve", json!({"id": id, "hash": hash}))
        .await;
    assert_eq!(text(&decided, "/state"), "queued");
    assert_eq!(text(&decided, "/undo_until"), text(&decided, "/due"));
    let undone = world.done("submission.undo", json!({"id": id})).await;
    assert_eq!(text(&undone, "/state"), "held");
    let story = world.done("submission.show", json!({"id": id})).await;
    assert_eq!(text(&story, "/review/outcome"), "undone");
    assert!(story["journal"].as_array().unwrap().len() >= 3, "{story}");
}

#[tokio::test]
async fn an_edit_is_a_new_version_with_its_words_and_recipients_apart() {
    let world = World::new().await;
    let id = world.letter().await;
    let shown = world.done("submission.show", json!({"id": id})).await;
    let (old, mut draft) = (text(&shown, "/hash"), shown["draft"].clone());
    draft["text"] = "Shall we talk on Friday?".into();
    draft["html"] = Value::Null;
    draft["to"] = json!(["Dana <dana@acme.example>", "eve@acme.example"]);
    let args = json!({"id": id, "hash": old, "draft": draft});
    let edited = world.done("submission.edit", args.clone()).await;
    assert_eq!(edited["version"], 2);
    assert_ne!(text(&edited, "/hash"), old);
    assert_eq!(
        edited["versions"][1]["recipient_changes"],
        json!(["eve@acme.example added to To"])
    );
    assert_eq!(text(&edited, "/versions/1/by"), "you");
    let changes = edited["versions"][1]["changes"].to_string();
    assert!(
        changes.contains("Friday") && changes.contains("removed"),
        "{changes}"
    );

    for stale in [
        world.ask("submission.approve", json!({"id": id, "hash": old})).await,
        world.ask("submission.edit", args).await,
        world
            .ask(
                "submission.approve",
                json!({"id": id, "hash": text(&edited, "/hash"), "decision": text(&shown, "/decision/id")}),
            )
            .await,
    ] {
        assert_eq!(stale.unwrap_err().code, Code::StaleHash);
    }
    let wrong = json!({"id": id, "hash": text(&edited, "/hash"), "draft": {"to": ["no address"], "subject": "s", "text": "t", "html": null}});
    let problem = world.ask("submission.edit", wrong).await.unwrap_err();
    assert_eq!(
        (problem.code, problem.pointer.as_deref()),
        (Code::InvalidAddress, Some("/draft/to/0"))
    );
}

#[tokio::test]
async fn many_are_approved_each_by_itself() {
    let world = World::new().await;
    let (one, two) = (
        world.letter().await,
        world
            .held(json!({"to": [{"address": "x@y.example"}], "subject": "b", "text": "b"}))
            .await,
    );
    let hash = text(
        &world.done("submission.show", json!({"id": one})).await,
        "/hash",
    )
    .to_owned();
    let items = json!({"items": [{"id": two, "hash": "0".repeat(64)}, {"id": one, "hash": hash}]});
    let answers = world.done("submission.approve_many", items).await;
    assert_eq!(text(&answers, "/0/error/code"), "stale_hash");
    assert_eq!(text(&answers, "/1/state"), "queued");
    assert!(answers[1]["error"].is_null());
}

#[tokio::test]
async fn a_rejection_has_a_reason_and_a_snooze_ends() {
    let world = World::new().await;
    let id = world.letter().await;
    let empty = world
        .ask("submission.reject", json!({"id": id, "reason": " "}))
        .await;
    assert_eq!(empty.unwrap_err().code, Code::InvalidField);
    let until = (NOW + domain::Span::from_hours(1)).to_string();
    world
        .done("submission.snooze", json!({"id": id, "until": until}))
        .await;
    let frame = world.done("frame", Value::Null).await;
    assert_eq!(
        (&frame["counts"]["queue"], &frame["counts"]["snoozed"]),
        (&json!(0), &json!(1))
    );
    let queue = world.done("queue.list", json!({"tab": "needs_you"})).await;
    assert_eq!(queue["rows"], json!([]));
    let rejected = world
        .done(
            "submission.reject",
            json!({"id": id, "reason": "not this week"}),
        )
        .await;
    assert_eq!(text(&rejected, "/state_text"), "Rejected: not this week");
    let again = world
        .ask("submission.reject", json!({"id": id, "reason": "no"}))
        .await;
    assert_eq!(again.unwrap_err().code, Code::WrongState);
}

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
async fn the_whole_desk_stops_and_goes_on() {
    let world = World::new().await;
    let paused = rpc(&world.engine, &Operator::Unproven, "pause.on", Value::Null)
        .await
        .unwrap();
    assert!(paused["paused_at"].is_string());
    assert!(world.done("pause.off", Value::Null).await["paused_at"].is_null());
    let report = world.done("journal.verify", Value::Null).await;
    assert_eq!(report["ok"], true, "{report}");
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
    let to = listed(json!({"contact": "Dana+tag@acme.example"})).await;
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

#[tokio::test]
async fn held_mails_that_say_the_same_are_a_batch_and_others_are_not() {
    let world = World::new().await;
    let say = |name: &str, firm: &str| {
        json!({"to": [{"address": format!("{name}@{firm}.example")}], "subject": format!("{firm} and us"),
            "text": format!("Hi {name},\n\nlast week we spoke about how {firm} handles its seats, and whether a longer trial would help you decide in December. Shall I set one up?\n\nLena")})
    };
    let one = world.held(say("dana", "acme")).await;
    world.letter().await;
    let two = world.held(say("tom", "kiosk")).await;
    let mut with_file = say("ines", "quarry");
    with_file["attachments"] =
        json!([{"filename": "a.txt", "content_type": "text/plain", "content": "aGk="}]);
    world.held(with_file).await;

    let mut with_link = say("caro", "lumen");
    with_link["html"] = json!(format!(
        "<p>{}</p><a href=\"https://elsewhere.example\">https://lumen.example</a>",
        text(&with_link, "/text")
    ));
    world.held(with_link).await;

    let batches = world.done("queue.batches", Value::Null).await;
    assert_eq!(batches.as_array().unwrap().len(), 1, "{batches}");
    let rows = batches[0]["rows"].as_array().unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| text(row, "/id")).collect();
    assert_eq!(
        ids,
        [&one, &two],
        "a mail with a file, or a link that misleads, is read by itself"
    );
    assert_eq!(
        rows[1]["differs"],
        json!(["kiosk", "tom,", "kiosk"]),
        "{batches}"
    );
    let shown = world.done("submission.show", json!({"id": two})).await;
    assert_eq!(rows[1]["hash"], shown["hash"]);
    // What the grid shows is the whole mail: its parts and a row's own words give the text again.
    let mut rebuilt = String::new();
    for part in batches[0]["parts"].as_array().unwrap() {
        match part["column"].as_u64() {
            Some(column) => rebuilt.push_str(rows[1]["differs"][column as usize].as_str().unwrap()),
            None => rebuilt.push_str(text(part, "/text")),
        }
    }
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(
        squeeze(&rebuilt),
        squeeze(&format!(
            "{}{}",
            text(&shown, "/message/subject"),
            text(&shown, "/message/text")
        ))
    );
}

#[tokio::test]
async fn a_mail_whose_html_is_not_its_text_is_read_by_itself() {
    let world = World::new().await;
    let say = "Hi,\n\nlast week we spoke about how you handle seats, and whether a longer trial would help you decide in December. Shall I set one up?\n\nLena";
    let held = async |name: &str, html: &str| {
        let draft = json!({"to": [{"address": format!("{name}@acme.example")}], "subject": "Seats", "text": say, "html": html});
        world.held(draft).await
    };
    let same = format!("<p>{}</p>", say.replace("\n\n", "</p><p>"));
    let first = held("one", &same).await;
    let one_word = held("two", &same.replace("December", "January")).await;
    let picture = held(
        "three",
        &format!("{same}<img src=\"data:image/png;base64,AAAA\">"),
    )
    .await;
    let backdrop = held(
        "four",
        &format!("{same}<div style=\"background: url('data:image/png;base64,AAAA')\"></div>"),
    )
    .await;
    let last = held("five", &same).await;

    let batches = world.done("queue.batches", Value::Null).await;
    assert_eq!(batches.as_array().unwrap().len(), 1, "{batches}");
    let rows = batches[0]["rows"].as_array().unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| text(row, "/id")).collect();
    assert_eq!(ids, [&first, &last], "{one_word} {picture} {backdrop}");
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
