//! What every mail program must be able to do, and be told, over SMTP.
//!
//! It knows one call: send. What becomes of a message later it learns by sending it again, or from
//! our own door with the same token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::ALICE;
use tests::mailstack::as_sent;

use crate::driver::Client;
use crate::lost_word::LostWord;
use crate::office::{self, BEYOND_ASCII, Exact, Office, SENDER, every_octet};

/// A short letter from the bare address: a name that the mailbox does not have is held.
fn letter(mark: &str) -> Value {
    let mut letter = office::letter(mark);
    letter["from"] = json!(SENDER);
    letter
}

/// The whole story of one program.
pub fn all(client: &Client) {
    let mut office = Office::open(client);
    allowed(&mut office);
    held_then_approved(&mut office);
    rejected(&mut office);
    repeated(&mut office);
    answer_lost(&mut office);
    exact_bytes(&mut office);
    suppressed(&mut office);
    wrong_token(&office);
    too_large(&mut office);
    refused_for_a_while(&mut office);
    rate_limited(&mut office);
    office.desk.run(&["verify"]).ok();
    if client.script != "swaks.py" {
        encrypted(office);
    }
}

/// A letter with a Message-ID of its own, as a program that sends it again would keep it.
fn named(mark: &str) -> Value {
    let mut letter = letter(mark);
    letter["headers"] = json!({"Message-ID": format!("<{mark}@client.example>")});
    letter
}

fn allowed(office: &mut Office) {
    let said = office.free.send(&letter("case-allowed"));
    assert!(said.message().contains("Ok: queued as sub_"), "{said:?}");
    let mail = office.until_arrived("case-allowed");
    let text = String::from_utf8_lossy(as_sent(&mail)).into_owned();
    assert!(text.contains("\n.A line with a dot.\r\n"), "{text}");
    assert!(text.contains(&format!("From: {SENDER}")), "{text}");
    office.until_state(&said.id(), "sent");
    assert_eq!(office.arrived("case-allowed").len(), 1);
}

fn held_then_approved(office: &mut Office) {
    let said = office.asking.send(&letter("case-held"));
    let id = said.id();
    assert!(said.message().contains("Ok: held as sub_"), "{said:?}");
    assert_eq!(office.state(&id), "held");
    assert!(office.arrived("case-held").is_empty());
    let shown = office.desk.run(&["show", &id, "--source"]).ok();
    office.approve(&id);
    let mail = office.until_arrived("case-held");
    let text = String::from_utf8_lossy(as_sent(&mail)).replace("\r\n", "\n");
    let (date, rest) = text.split_once('\n').unwrap();
    assert!(date.starts_with("Date: "), "{date}");
    assert_eq!(rest.trim_end(), shown.replace("\r\n", "\n").trim_end());
    office.until_state(&id, "sent");
    assert_eq!(office.arrived("case-held").len(), 1);
}

fn rejected(office: &mut Office) {
    let id = office.asking.send(&named("case-rejected")).id();
    let reason = "not before the contract is signed";
    office
        .desk
        .as_operator(&["reject", &id, "--reason", reason])
        .ok();
    let said = office.asking.send(&named("case-rejected"));
    assert_eq!(said.0["status"], 550, "{said:?}");
    assert!(said.message().contains(reason), "{said:?}");
    assert!(office.arrived("case-rejected").is_empty());
}

fn repeated(office: &mut Office) {
    let first = office.free.send(&named("case-again")).id();
    for _ in 0..2 {
        assert_eq!(office.free.send(&named("case-again")).id(), first);
    }
    office.until_arrived("case-again");
    assert_eq!(office.arrived("case-again").len(), 1);

    let mut keyed = letter("case-keyed");
    keyed["headers"] = json!({"X-Dedupe-Key": "order-17"});
    let first = office.free.send(&keyed).id();
    assert_eq!(office.free.send(&keyed).id(), first);
    let mut other = letter("case-other");
    other["headers"] = json!({"X-Dedupe-Key": "order-17"});
    let said = office.free.send(&other);
    assert_eq!(said.0["status"], 550, "{said:?}");
    assert!(said.message().contains("idempotency_mismatch"), "{said:?}");
    let mail = office.until_arrived("case-keyed");
    assert!(
        !String::from_utf8_lossy(&mail).contains("order-17"),
        "our key went out"
    );
    assert_eq!(office.arrived("case-keyed").len(), 1);
    assert!(office.arrived("case-other").is_empty());
}

/// The message arrives, its answer does not, the program tries again.
fn answer_lost(office: &mut Office) {
    let wire = LostWord::before(&office.serving.smtp());
    let ask =
        json!({"letter": named("case-lost"), "timeout_ms": 2_000, "port": wire.port().to_string()});
    let said = office.free.call("send", ask);
    assert_eq!(said.0["ok"], false, "{said:?}");
    assert!(
        wire.lost().contains("sub_"),
        "no answer was lost: {}",
        wire.lost()
    );
    let id = office.free.send(&named("case-lost")).id();
    assert!(wire.lost().contains(&id), "{} is another one", wire.lost());
    office.until_arrived("case-lost");
    assert_eq!(office.arrived("case-lost").len(), 1);
}

fn exact_bytes(office: &mut Office) {
    let [subject, text, name, file] = BEYOND_ASCII;
    let text = match office.client.script {
        // Beside a file its text has no character set to name.
        "swaks.py" => "Hello,\n\nthis is about case-exact.\n",
        _ => text,
    };
    let octets = every_octet();
    let mut letter = letter("case-exact");
    letter["subject"] = json!(subject);
    letter["text"] = json!(text);
    letter["to"] = json!(format!("\"{name}\" <{}>", ALICE.address));
    letter["files"] = json!([
        {"name": file, "type": "application/octet-stream", "base64": STANDARD.encode(&octets)},
    ]);
    let id = office.free.send(&letter).id();
    office.until_state(&id, "sent");
    office.until_exact(&Exact {
        subject,
        text,
        name: Some(name),
        file: Some((file, &octets)),
    });
}

fn suppressed(office: &mut Office) {
    office
        .desk
        .run(&["suppression", "add", "gone@example.test"])
        .ok();
    let mut letter = letter("case-suppressed");
    letter["to"] = json!("gone@example.test");
    let said = office.free.send(&letter);
    assert_eq!(said.0["status"], 550, "{said:?}");
    assert!(said.message().contains("5.7.1 suppression: "), "{said:?}");
}

fn wrong_token(office: &Office) {
    let mut stranger = office.client.start(office.serving.url(), "so_live_nobody");
    let said = stranger.send(&letter("case-stranger"));
    assert_eq!(
        (&said.0["ok"], &said.0["status"]),
        (&json!(false), &json!(535)),
        "{said:?}"
    );
    assert!(office.arrived("case-stranger").is_empty());
}

fn too_large(office: &mut Office) {
    let mut letter = letter("case-large");
    letter["files"] = json!([
        {"name": "a.bin", "type": "application/octet-stream", "base64": STANDARD.encode(vec![0; 28_000_000])},
    ]);
    let said = office.free.send(&letter);
    assert_eq!(
        (&said.0["ok"], &said.0["status"]),
        (&json!(false), &json!(552)),
        "{said:?}"
    );
    office.free.send(&self::letter("case-after-large")).id();
    office.until_arrived("case-after-large");
}

fn rate_limited(office: &mut Office) {
    office.rate("mailbox = { hour = 1 }");
    let said = office.free.send(&letter("case-deferred"));
    assert!(said.message().contains("Ok: deferred as sub_"), "{said:?}");
    assert_eq!(office.state(&said.id()), "deferred");
    office.rate("action = \"block\"\nmailbox = { hour = 1 }");
    let said = office.free.send(&letter("case-refused"));
    assert_eq!(said.0["status"], 450, "{said:?}");
    assert!(said.message().contains("rate_limit: "), "{said:?}");
    assert!(
        office.arrived("case-deferred").is_empty() && office.arrived("case-refused").is_empty()
    );
}

/// A pause is no answer for good: the same message, with the same Message-ID, is taken afterwards.
fn refused_for_a_while(office: &mut Office) {
    office.desk.run(&["pause"]).ok();
    let said = office.free.send(&named("case-paused"));
    assert_eq!(said.0["status"], 450, "{said:?}");
    assert!(said.message().contains("workspace_paused: "), "{said:?}");
    office.desk.as_operator(&["resume"]).ok();
    let said = office.free.send(&named("case-paused"));
    assert!(said.message().contains("Ok: queued as sub_"), "{said:?}");
    office.until_arrived("case-paused");
    assert_eq!(office.arrived("case-paused").len(), 1);
}

/// The same door with STARTTLS; this program asks for it.
fn encrypted(office: Office) {
    office.rate("mailbox = { hour = 100000 }");
    let Office {
        free,
        asking,
        serving,
        stack: _stack,
        desk,
        token,
        client,
        ..
    } = office;
    drop((free, asking));
    assert!(serving.stop().success());
    let more = ["--smtp", "127.0.0.1:0", "--smtp-starttls"];
    let serving = desk.serve_with(&more, &[("--passphrase-fd", tests::PASSPHRASE)]);
    let client = client.with("SENDOFF_SMTP", &serving.smtp());
    let mut driver = client.start(serving.url(), &token);
    let letter = letter("case-encrypted");
    let said = driver.call("send", json!({"letter": letter, "tls": true}));
    let id = said.id();
    assert!(said.message().contains("Ok: queued as sub_"), "{said:?}");
    let shown = desk.run(&["show", &id, "--json"]).json();
    assert_eq!(shown["message"]["subject"], letter["subject"], "{shown}");
    let mut stranger = client.start(serving.url(), "so_live_nobody");
    let said = stranger.call("send", json!({"letter": letter, "tls": true}));
    assert_eq!(said.0["status"], 535, "{said:?}");
}
