//! What an assistant must be able to do, and be told, through the official MCP client.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::{ALICE, LossyWire};

use crate::driver::{Client, Driver, Said};
use crate::office::{BEYOND_ASCII, Exact, Office, SENDER, every_octet};

/// The whole story of one assistant.
pub fn all(client: &Client) {
    let mut office = Office::open(client);
    describes_itself(&mut office);
    allowed(&mut office);
    held_waited_for_and_approved(&mut office);
    rejected(&mut office);
    repeated(&mut office);
    answer_lost(&mut office);
    exact_bytes(&mut office);
    suppressed(&mut office);
    too_large(&mut office);
    rate_limited(&mut office);
    unknown(&mut office);
    wrong_token(&office);
    office.desk.run(&["verify"]).ok();
}

fn tool(driver: &mut Driver, name: &str, args: Value) -> Said {
    driver.call("tool", json!({"name": name, "args": args}))
}

fn letter(mark: &str) -> Value {
    json!({
        "mailbox": SENDER,
        "to": [ALICE.address],
        "subject": format!("About {mark}"),
        "text": format!("Grüße, Alice: this is about {mark}.\n"),
    })
}

fn state(said: &Said) -> &Value {
    &said.0["answer"]["structuredContent"]["state"]
}

fn describes_itself(office: &mut Office) {
    let said = office.free.call("server", json!({}));
    assert_eq!(said.0["answer"]["name"], "sendoff", "{said:?}");
    let said = office.free.call("tools", json!({}));
    let tools = said.0["answer"]["tools"].as_array().unwrap();
    assert!(
        tools.iter().any(|tool| tool["name"] == "send_email"),
        "{said:?}"
    );
    for tool in tools {
        assert!(
            tool["outputSchema"].is_object() && tool["annotations"].is_object(),
            "{tool}"
        );
        assert!(!tool["name"].as_str().unwrap().contains("approve"));
    }
}

fn allowed(office: &mut Office) {
    let checked = tool(&mut office.free, "check_send", letter("case-allowed"));
    assert_eq!(
        checked.0["answer"]["structuredContent"]["verdict"], "allow",
        "{checked:?}"
    );
    let said = tool(&mut office.free, "send_email", letter("case-allowed"));
    office.until_arrived("case-allowed");
    office.until_state(&said.id(), "sent");
    let shown = tool(&mut office.free, "get_send", json!({"id": said.id()}));
    assert_eq!(state(&shown), "sent", "{shown:?}");
    assert_eq!(office.arrived("case-allowed").len(), 1);
}

fn held_waited_for_and_approved(office: &mut Office) {
    let held = tool(&mut office.asking, "send_email", letter("case-held"));
    assert_eq!(state(&held), "held", "{held:?}");
    assert!(held.message().contains("do not send it again"), "{held:?}");
    assert!(office.arrived("case-held").is_empty());
    office.approve(&held.id());
    let moved = tool(
        &mut office.asking,
        "wait_for_decision",
        json!({"id": held.id()}),
    );
    assert_ne!(state(&moved), "held", "{moved:?}");
    office.until_arrived("case-held");
    assert_eq!(office.arrived("case-held").len(), 1);
}

fn rejected(office: &mut Office) {
    let held = tool(&mut office.asking, "send_email", letter("case-rejected"));
    let reason = "not before the contract is signed";
    office
        .desk
        .as_operator(&["reject", &held.id(), "--reason", reason])
        .ok();
    let told = tool(
        &mut office.asking,
        "wait_for_decision",
        json!({"id": held.id()}),
    );
    assert_eq!(state(&told), "rejected", "{told:?}");
    assert!(told.message().contains(reason), "{told:?}");
    let held = tool(&mut office.asking, "send_email", letter("case-cancelled"));
    let back = tool(&mut office.asking, "cancel_send", json!({"id": held.id()}));
    assert_eq!(state(&back), "cancelled", "{back:?}");
    assert!(
        office.arrived("case-rejected").is_empty() && office.arrived("case-cancelled").is_empty()
    );
}

fn repeated(office: &mut Office) {
    let mut keyed = letter("case-keyed");
    keyed["dedupe_key"] = json!("order-17");
    let first = tool(&mut office.free, "send_email", keyed.clone()).id();
    assert_eq!(tool(&mut office.free, "send_email", keyed).id(), first);
    office.until_arrived("case-keyed");
    assert_eq!(office.arrived("case-keyed").len(), 1);
}

/// The ask arrives, its answer does not, the assistant tries again: with a key, and without.
fn answer_lost(office: &mut Office) {
    for mark in ["case-lost-keyed", "case-lost-bare"] {
        let wire = LossyWire::before(office.serving.url());
        let mut driver = office.client.start(&wire.url(), &office.token);
        let mut letter = letter(mark);
        let keyed = mark.ends_with("keyed");
        if keyed {
            letter["dedupe_key"] = json!(mark);
        }
        let ask = json!({"name": "send_email", "args": letter, "timeout_ms": 3_000});
        // The tools are listed first: that is not the answer to lose.
        wire.lose_saying("structuredContent", 1);
        let said = driver.call("tool", ask.clone());
        assert_eq!(said.0["ok"], false, "{said:?}");
        assert_eq!(wire.lost().len(), 1);
        let again = driver.call("tool", ask);
        match keyed {
            true => assert!(wire.lost()[0].contains(&again.id()), "{again:?}"),
            // Without a key the same words are known again, and nothing new leaves.
            false => {
                let judged = &again.0["answer"]["structuredContent"]["decision"];
                assert_eq!(judged["primary"]["rule"], "duplicate", "{again:?}");
                assert_eq!(state(&again), "blocked", "{again:?}");
            }
        }
        office.until_arrived(mark);
        assert_eq!(office.arrived(mark).len(), 1);
    }
}

fn exact_bytes(office: &mut Office) {
    let [subject, text, name, file] = BEYOND_ASCII;
    let octets = every_octet();
    let mut letter = letter("case-exact");
    letter["to"] = json!([format!("\"{name}\" <{}>", ALICE.address)]);
    letter["subject"] = json!(subject);
    letter["text"] = json!(text);
    letter["attachments"] = json!([{"filename": file, "content_type": "application/octet-stream",
        "content": STANDARD.encode(&octets)}]);
    let said = tool(&mut office.free, "send_email", letter);
    office.until_state(&said.id(), "sent");
    office.until_exact(&Exact {
        subject,
        text,
        name: Some(name),
        file: Some((file, &octets)),
    });
}

fn too_large(office: &mut Office) {
    let mut letter = letter("case-large");
    letter["attachments"] = json!([{"filename": "a.bin", "content_type": "application/octet-stream",
        "content": STANDARD.encode(vec![0; 28_000_000])}]);
    let said = tool(&mut office.free, "send_email", letter);
    assert_eq!(said.0["ok"], false, "{said:?}");
    assert!(
        said.message().contains(refusal(office, "over 35 MiB")),
        "{said:?}"
    );
    // The door goes on serving this very assistant.
    tool(
        &mut office.free,
        "send_email",
        self::letter("case-after-large"),
    )
    .id();
    office.until_arrived("case-after-large");
    assert!(office.arrived("case-large").is_empty());
}

/// What an assistant learns of a refused request: the words of the door, but for the client that
/// keeps these to itself over HTTP.
fn refusal<'a>(office: &Office, words: &'a str) -> &'a str {
    match office.client.keeps_refusals_to_itself() {
        true => "Server returned an error response",
        false => words,
    }
}

fn suppressed(office: &mut Office) {
    let row = tool(
        &mut office.free,
        "add_suppression",
        json!({"address": "gone@example.test"}),
    );
    assert_eq!(row.0["ok"], true, "{row:?}");
    let mut letter = letter("case-suppressed");
    letter["to"] = json!(["gone@example.test"]);
    let said = tool(&mut office.free, "send_email", letter);
    assert_eq!(state(&said), "blocked", "{said:?}");
    assert!(said.message().contains("suppression list"), "{said:?}");
}

fn rate_limited(office: &mut Office) {
    office.rate("mailbox = { hour = 1 }");
    let said = tool(&mut office.free, "send_email", letter("case-deferred"));
    assert_eq!(state(&said), "deferred", "{said:?}");
    let left = tool(&mut office.free, "get_limits", json!({}));
    assert_eq!(left.0["ok"], true, "{left:?}");
    office.rate("action = \"block\"\nmailbox = { hour = 1 }");
    let said = tool(&mut office.free, "send_email", letter("case-refused"));
    assert_eq!(state(&said), "blocked", "{said:?}");
    assert!(
        office.arrived("case-deferred").is_empty() && office.arrived("case-refused").is_empty()
    );
}

fn unknown(office: &mut Office) {
    let said = tool(&mut office.free, "approve_send", json!({"id": "sub_x"}));
    assert_eq!(said.0["ok"], false, "{said:?}");
    assert!(said.message().contains("there is no such tool"), "{said:?}");
    // What is wrong with a call is for the model to read.
    let mut odd = letter("case-odd");
    odd["approve"] = json!(true);
    let said = tool(&mut office.free, "send_email", odd);
    assert_eq!(said.0["answer"]["isError"], true, "{said:?}");
    assert!(said.message().starts_with("unknown_field: "), "{said:?}");
    assert!(office.arrived("case-odd").is_empty());
    let inbox = tool(&mut office.free, "list_inbox", json!({}));
    assert_eq!(
        inbox.0["answer"]["structuredContent"]["conversations"],
        json!([])
    );
    let taken = tool(&mut office.free, "claim_reply", json!({}));
    assert!(
        taken.0["answer"]["structuredContent"]["reply"].is_null(),
        "{taken:?}"
    );
}

fn wrong_token(office: &Office) {
    let mut stranger = office.client.start(office.serving.url(), "so_live_nobody");
    let said = tool(&mut stranger, "send_email", letter("case-stranger"));
    assert_eq!(said.0["ok"], false, "{said:?}");
    let why = "is not known here";
    let words = match office.client.speaks_over_standard_input() {
        // The bridge ends, and tells its owner why.
        true => {
            stranger.complains(why);
            "Connection closed"
        }
        false => refusal(office, why),
    };
    assert!(said.message().contains(words), "{said:?}");
    assert!(office.arrived("case-stranger").is_empty());
}
