//! Held mail: shown, approved, edited, refused, put off, in batches.

use std::time::Duration;

use console::Code;
use console::tags::Heard;
use serde_json::{Value, json};

use crate::world::{NOW, World, text};

#[tokio::test]
async fn a_held_message_is_shown_as_it_leaves_and_approved_by_its_hash() {
    let world = World::new().await;
    let id = world.letter().await;
    let queue = world.done("queue.list", json!({"tab": "needs_you"})).await;
    assert_eq!(text(&queue, "/rows/0/id"), id);
    assert_eq!(text(&queue, "/rows/0/to"), "dana@acme.example +1");
    assert_eq!(queue["rows"][0]["rehearsal"], true);
    let other =
        json!({"to": [{"address": "tom@kiosk.example"}], "subject": "Seats", "text": "How many?"});
    world.held(other).await;
    let args = json!({"tab": "needs_you", "limit": 1});
    let first = world.done("queue.list", args).await;
    assert_eq!(first["rows"].as_array().map(Vec::len), Some(1));
    assert_eq!(first["total"], 2, "of the whole list");
    let args = json!({"tab": "needs_you", "limit": 1, "after": first["next"]});
    let second = world.done("queue.list", args).await;
    assert!(second["total"].is_null(), "told with the first page alone");

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
async fn a_snooze_that_ends_makes_the_queue_stale_for_who_listens() {
    let world = World::new().await;
    let id = world.letter().await;
    let workers = world.engine.start().await.unwrap();
    let until = (NOW + domain::Span::from_hours(1)).to_string();
    world
        .done("submission.snooze", json!({"id": id, "until": until}))
        .await;
    let mut heard = Heard::from(&world.engine);
    world.clock.advance(domain::Span::from_hours(1));
    let told = async {
        let mut told = Vec::new();
        while !told.contains(&"queue".to_owned()) {
            told.extend(heard.next().await.unwrap().tags);
        }
        told
    };
    let told = tokio::time::timeout(Duration::from_secs(20), told).await;
    // Nothing is committed, so nothing of what is listed by what was committed.
    assert!(!told.unwrap().contains(&"activity".to_owned()));
    let queue = world.done("queue.list", json!({"tab": "needs_you"})).await;
    assert_eq!(queue["total"], 1);
    workers.stop().await;
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
    let other = json!({"id": id, "hash": "0".repeat(64), "until": until});
    let refused = world.ask("submission.snooze", other).await;
    assert_eq!(refused.unwrap_err().code, Code::StaleHash);
    world
        .done("submission.snooze", json!({"id": id, "until": until}))
        .await;
    let frame = world.done("frame", Value::Null).await;
    assert_eq!(
        (&frame["counts"]["queue"], &frame["counts"]["snoozed"]),
        (&json!(0), &json!(1))
    );
    let queue = world.done("queue.list", json!({"tab": "needs_you"})).await;
    assert_eq!((&queue["rows"], &queue["total"]), (&json!([]), &json!(0)));
    assert!(
        frame["oldest_held_at"].is_null(),
        "none of them is in sight"
    );
    let snoozed = world.done("queue.list", json!({"tab": "snoozed"})).await;
    assert_eq!(snoozed["total"], 1);
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
