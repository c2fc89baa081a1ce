//! What every client must be able to do, and be told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::mailstack::as_sent;
use tests::{ALICE, LossyWire};

use crate::driver::{Client, Idiom, Said};
use crate::office::{BEYOND_ASCII, Exact, Office, every_octet, letter};

/// The whole story of one client.
pub fn all(client: &Client) {
    let mut office = Office::open(client);
    allowed(&mut office);
    held_then_approved(&mut office);
    rejected(&mut office);
    given_another_time(&mut office);
    repeated(&mut office);
    answer_lost(&mut office);
    exact_bytes(&mut office);
    in_a_batch(&mut office);
    suppressed(&mut office);
    wrong_token(&office);
    too_large(&mut office);
    rate_limited(&mut office);
    office.desk.run(&["verify"]).ok();
}

fn allowed(office: &mut Office) {
    let id = office.free.send(&letter("case-allowed")).id();
    let mail = office.until_arrived("case-allowed");
    assert!(String::from_utf8_lossy(as_sent(&mail)).contains("From: hello@example.test"));
    office.until_state(&id, "sent");
    assert_eq!(office.arrived("case-allowed").len(), 1);
    if office.client.idiom == Idiom::Resend {
        let shown = office.free.call("show", json!({"id": id}));
        assert_eq!(shown.0["answer"]["last_event"], "sent", "{shown:?}");
        let listed = office.free.call("list", json!({"limit": 5}));
        assert_eq!(listed.0["answer"]["data"][0]["id"], id, "{listed:?}");
    }
}

fn held_then_approved(office: &mut Office) {
    let said = office.asking.send(&letter("case-held"));
    let id = said.id();
    assert_eq!(office.state(&id), "held");
    // In whichever way the client passes words on, they say that it waits.
    match office.client.idiom {
        Idiom::Resend => {
            assert_eq!(said.0["answer"]["state"], "held");
            assert_eq!(said.0["headers"]["x-sendoff-rule"], "autonomy");
        }
        Idiom::Postmark => assert!(said.message().starts_with("OK: held as "), "{said:?}"),
        Idiom::Mcp | Idiom::Own => {
            assert!(said.message().contains("\"state\":\"held\""), "{said:?}")
        }
    }
    assert_eq!(office.arrived("case-held").len(), 0);
    office.approve(&id);
    office.until_arrived("case-held");
    office.until_state(&id, "sent");
    assert_eq!(office.arrived("case-held").len(), 1);
}

fn rejected(office: &mut Office) {
    let id = office.asking.send(&letter("case-rejected")).id();
    let reason = "not before the contract is signed";
    office
        .desk
        .as_operator(&["reject", &id, "--reason", reason])
        .ok();
    assert_eq!(office.state(&id), "rejected");
    match office.client.idiom {
        Idiom::Resend => {
            let shown = office.asking.call("show", json!({"id": id}));
            let answer = &shown.0["answer"];
            assert_eq!(
                (&answer["last_event"], &answer["sentence"]),
                (&json!("canceled"), &json!(reason))
            );
            let cancelled = office.asking.call("cancel", json!({"id": id}));
            assert_eq!(cancelled.error().0, 422, "it has come to its end");
        }
        Idiom::Mcp | Idiom::Own => {
            let shown = office.asking.call("show", json!({"id": id}));
            assert!(shown.message().contains("Status: canceled"), "{shown:?}");
        }
        // Has no call for it: the agent asks our own door, with the same token.
        Idiom::Postmark => {
            let api = office.serving.api(&office.asking_token);
            let shown = api.get(&format!("/v1/submissions/{id}")).json();
            assert_eq!(shown["review"]["reason"], reason, "{shown}");
        }
    }
    // And one it takes back itself.
    if office.client.idiom != Idiom::Postmark {
        let id = office.asking.send(&letter("case-cancelled")).id();
        assert_eq!(
            office.asking.call("cancel", json!({"id": id})).0["ok"],
            true
        );
        assert_eq!(office.state(&id), "cancelled");
    }
    assert!(
        office.arrived("case-rejected").is_empty() && office.arrived("case-cancelled").is_empty()
    );
}

fn given_another_time(office: &mut Office) {
    if office.client.idiom != Idiom::Resend {
        return;
    }
    let mut later = letter("case-later");
    later["send_at"] = json!("in 2 hours");
    let id = office.free.send(&later).id();
    let before = office.show(&id)["hash"].clone();
    let ask = json!({"id": id, "at": "in 3 hours"});
    let said = office.free.call("reschedule", ask.clone());
    assert_eq!(said.id(), id, "{said:?}");
    assert_ne!(office.show(&id)["hash"], before);
    let shown = office.free.call("show", json!({"id": id}));
    assert_eq!(shown.0["answer"]["last_event"], "scheduled", "{shown:?}");
    assert_eq!(office.free.call("cancel", json!({"id": id})).0["ok"], true);
    assert_eq!(office.free.call("reschedule", ask).error().0, 422);
    assert!(office.arrived("case-later").is_empty());
    let received = office.free.call("received", json!({"limit": 5}));
    let answer = &received.0["answer"];
    let page = (&answer["object"], &answer["has_more"], &answer["data"]);
    assert_eq!(
        page,
        (&json!("list"), &json!(false), &json!([])),
        "{received:?}"
    );
}

fn repeated(office: &mut Office) {
    let keyed = json!({"letter": letter("case-keyed"), "key": "order-17"});
    let unkeyed = json!({"letter": letter("case-unkeyed")});
    let both = match office.client.idiom {
        Idiom::Resend => vec![(keyed, "case-keyed"), (unkeyed, "case-unkeyed")],
        Idiom::Postmark | Idiom::Mcp | Idiom::Own => vec![(unkeyed, "case-unkeyed")],
    };
    for (ask, mark) in both {
        let first = office.free.call("send", ask.clone()).id();
        for _ in 0..2 {
            assert_eq!(office.free.call("send", ask.clone()).id(), first);
        }
        office.until_arrived(mark);
        assert_eq!(office.arrived(mark).len(), 1, "{mark}");
    }
    if office.client.idiom == Idiom::Resend {
        let other = json!({"letter": letter("case-other"), "key": "order-17"});
        let refused = office.free.call("send", other).error();
        assert_eq!(refused, (409, "invalid_idempotent_request".into()));
        assert!(office.arrived("case-other").is_empty());
    }
}

/// The ask arrives, its answer does not, the client tries again.
fn answer_lost(office: &mut Office) {
    let wire = LossyWire::before(office.serving.url());
    let mut driver = office.client.start(&wire.url(), &office.token);
    let ask = json!({"letter": letter("case-lost"), "timeout_ms": 1_500});
    match office.client.idiom {
        // Its tool has no timeout to set: the connection breaks.
        Idiom::Mcp => wire.hang_up_instead_of("", 1),
        Idiom::Resend | Idiom::Postmark | Idiom::Own => wire.lose(1),
    }
    if !office.client.retries_by_itself() {
        assert_eq!(driver.call("send", ask.clone()).0["ok"], false);
    }
    let id = driver.call("send", ask).id();
    assert_eq!(wire.lost().len(), 1);
    let digits = id.trim_start_matches("sub_");
    let lost = wire.lost()[0].replace('-', "");
    assert!(
        lost.contains(digits),
        "the lost answer was of another one: {lost}"
    );
    office.until_arrived("case-lost");
    assert_eq!(office.arrived("case-lost").len(), 1);
}

fn exact_bytes(office: &mut Office) {
    let [subject, text, name, file] = BEYOND_ASCII;
    let octets = every_octet();
    // The tool's list of recipients is of addresses alone.
    let name = (office.client.idiom != Idiom::Mcp).then_some(name);
    let mut letter = letter("case-exact");
    letter["subject"] = json!(subject);
    letter["text"] = json!(text);
    if let Some(name) = name {
        letter["to"] = json!(format!("\"{name}\" <{}>", ALICE.address));
    }
    letter["files"] = json!([
        {"name": file, "type": "application/octet-stream", "base64": STANDARD.encode(&octets)},
    ]);
    let id = office.free.send(&letter).id();
    office.until_state(&id, "sent");
    office.until_exact(&Exact {
        subject,
        text,
        name,
        file: Some((file, &octets)),
    });
}

fn in_a_batch(office: &mut Office) {
    let rows = |said: &Said| -> Vec<Value> { said.0["answer"]["data"].as_array().unwrap().clone() };
    let mut bad = letter("case-batch-3");
    bad["to"] = json!("nobody-at-all");
    let letters = json!([letter("case-batch-1"), letter("case-batch-2"), bad]);
    match office.client.idiom {
        Idiom::Resend => {
            let ask = json!({"letters": letters, "mode": "strict"});
            assert_eq!(
                office.free.call("batch", ask).error(),
                (422, "validation_error".into())
            );
            assert!(office.arrived("case-batch").is_empty());
            let ask = json!({"letters": letters, "mode": "permissive"});
            let said = office.free.call("batch", ask);
            assert_eq!(rows(&said).len(), 2, "{said:?}");
            assert_eq!(said.0["answer"]["errors"][0]["index"], 2, "{said:?}");
        }
        Idiom::Postmark => {
            let said = office.free.call("batch", json!({"letters": letters}));
            let codes: Vec<i64> = rows(&said)
                .iter()
                .map(|row| row["ErrorCode"].as_i64().unwrap())
                .collect();
            assert_eq!(codes, [0, 0, 300], "{said:?}");
            let server = office.free.call("server", json!({}));
            assert_eq!(server.0["answer"]["Name"], "test-agent", "{server:?}");
        }
        Idiom::Mcp | Idiom::Own => return,
    }
    office.until_arrived("case-batch-1");
    office.until_arrived("case-batch-2");
    assert_eq!(office.arrived("case-batch").len(), 2);
}

fn suppressed(office: &mut Office) {
    office
        .desk
        .run(&["suppression", "add", "gone@example.test"])
        .ok();
    let mut letter = letter("case-suppressed");
    letter["to"] = json!("gone@example.test");
    let said = office.free.send(&letter);
    match office.client.idiom {
        Idiom::Resend => {
            assert_eq!(said.error(), (422, "validation_error".into()));
            assert!(said.message().contains("suppression list"), "{said:?}");
            assert_eq!(said.0["headers"]["x-sendoff-rule"], "suppression");
        }
        Idiom::Postmark => {
            assert_eq!(said.error(), (422, "406".into()));
            assert!(
                said.0["name"]
                    .as_str()
                    .unwrap()
                    .starts_with("InactiveRecipient"),
                "{said:?}"
            );
            assert_eq!(said.0["recipients"], json!(["gone@example.test"]));
        }
        Idiom::Mcp | Idiom::Own => {
            assert_eq!(said.0["ok"], false);
            assert!(said.message().contains("suppression list"), "{said:?}");
        }
    }
}

fn wrong_token(office: &Office) {
    let mut stranger = office.client.start(office.serving.url(), "so_live_nobody");
    let said = stranger.send(&letter("case-stranger"));
    match office.client.idiom {
        Idiom::Resend => assert_eq!(said.error(), (403, "invalid_api_key".into())),
        Idiom::Postmark => assert_eq!(said.error(), (401, "10".into())),
        Idiom::Mcp | Idiom::Own => assert!(said.message().contains("invalid_api_key"), "{said:?}"),
    }
    assert!(office.arrived("case-stranger").is_empty());
}

fn too_large(office: &mut Office) {
    let mut letter = letter("case-large");
    // As base64 over 35 MiB; as a list of numbers, which one client writes, with less.
    let octets = match office.client.script {
        "python_resend.py" => 14_000_000,
        _ => 28_000_000,
    };
    let mut file = json!({"name": "a.bin", "type": "application/octet-stream"});
    if office.client.idiom == Idiom::Mcp {
        // Its own pipe takes no such line; a file on disk it reads itself.
        let path = office.desk.home().join("a.bin");
        std::fs::write(&path, vec![0; octets]).unwrap();
        file["path"] = json!(path.display().to_string());
    } else {
        file["base64"] = json!(STANDARD.encode(vec![0; octets]));
    }
    letter["files"] = json!([file]);
    let said = office.free.send(&letter);
    assert_eq!(said.0["ok"], false);
    if office.client.idiom != Idiom::Mcp {
        assert_eq!(said.error().0, 413, "{said:?}");
    }
    assert!(said.message().contains("over 35 MiB"), "{said:?}");
    // The door goes on serving this very client.
    office.free.send(&self::letter("case-after-large")).id();
    office.until_arrived("case-after-large");
}

fn rate_limited(office: &mut Office) {
    office.rate("mailbox = { hour = 1 }");
    let id = office.free.send(&letter("case-deferred")).id();
    assert_eq!(office.state(&id), "deferred");
    office.rate("action = \"block\"\nmailbox = { hour = 1 }");
    let said = office
        .free
        .call("send", json!({"letter": letter("case-refused")}));
    match office.client.idiom {
        Idiom::Resend => {
            assert_eq!(said.error(), (429, "rate_limit_exceeded".into()));
            let seconds: u64 = said.0["headers"]["retry-after"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            assert!(seconds > 0);
        }
        Idiom::Postmark => assert_eq!(said.error(), (429, "429".into())),
        Idiom::Mcp | Idiom::Own => {
            assert!(said.message().contains("rate_limit_exceeded"), "{said:?}")
        }
    }
    assert!(
        office.arrived("case-deferred").is_empty() && office.arrived("case-refused").is_empty()
    );
}
