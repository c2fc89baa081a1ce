//! What the README and the window show is run as it is shown.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::{ALICE, LossyWire};

use crate::driver::{Client, Driver, Idiom, folder, node, program, python};
use crate::office::{BEYOND_ASCII, Exact, Office, SENDER};

/// The files, in the order the window shows them.
const FILES: &[&str] = &[
    "rest.mjs",
    "rest.py",
    "resend.mjs",
    "resend.py",
    "postmark.mjs",
    "postmark.py",
    "smtp.py",
    "smtp.mjs",
    "mcp.mjs",
    "mcp.py",
];

fn text_of(name: &str) -> String {
    std::fs::read_to_string(folder().join("snippets").join(name)).unwrap()
}

/// A snippet as the window shows it to the owner of a new agent of this level, in a place where its
/// imports are found, and the agent's token.
fn shown(office: &Office, name: &str, level: &str) -> (PathBuf, String) {
    let agent = format!("{name}-{level}");
    let args = [
        "agent",
        "add",
        &agent,
        "--mailbox",
        SENDER,
        "--level",
        level,
        "--json",
    ];
    let made = office.desk.as_operator(&args).json();
    let token = made["token"].as_str().unwrap().to_owned();
    let file = put(office, name, office.serving.url(), &token);
    (file, token)
}

/// A snippet for the door at `url` and this token.
fn put(office: &Office, name: &str, url: &str, token: &str) -> PathBuf {
    let code = text_of(name)
        .replace("http://127.0.0.1:7411", url)
        .replace("2525", office.serving.smtp().rsplit(':').next().unwrap())
        .replace("so_live_TOKEN", token)
        .replace("you@example.com", SENDER);
    let place = office.desk.home().join("snippets");
    std::fs::create_dir_all(&place).unwrap();
    let packages = place.join("node_modules");
    if !packages.exists() {
        std::os::unix::fs::symlink(folder().join("node_modules"), &packages).unwrap();
    }
    // Imported under a name of its own: `resend.py` must not hide the package `resend`.
    let last = &token[token.len().saturating_sub(8)..];
    let port = url.rsplit(':').next().unwrap();
    let file = place.join(format!("shown_{last}_{port}_{name}"));
    std::fs::write(&file, code).unwrap();
    file
}

#[test]
fn every_snippet_puts_a_message_into_the_queue_and_says_so() {
    let office = Office::open(&Client::node("node_resend.mjs", Idiom::Resend));
    for name in FILES {
        let (file, token) = shown(&office, name, "1");
        let runs = if name.ends_with(".py") {
            python()
        } else {
            node()
        };
        let done = program(runs, &file).output().unwrap();
        assert!(done.status.success(), "{name}: {done:?}");
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let api = office.serving.api(&token);
        let asked = api.get("/v1/submissions").json();
        let asked = asked["submissions"].as_array().unwrap();
        assert_eq!(asked.len(), 1, "{name}: {said}");
        assert_eq!(asked[0]["state"], "held", "{name}: {said}");
        assert!(said.contains("held"), "{name}: {said}");
        // The next one asks the same, and this one is out of its way.
        let id = asked[0]["id"].as_str().unwrap();
        assert_eq!(api.delete(&format!("/v1/submissions/{id}")).status, 200);
    }
}

/// A model with the LangChain tools, whose calls go to the door at `url` with this token.
fn model(office: &Office, url: &str, token: &str) -> Driver {
    let file = put(office, "langchain.py", url, token);
    let client = Client::python("python_langchain.py", Idiom::Own);
    let client = client.with("SNIPPET", &file.display().to_string());
    client.start(url, "")
}

/// One call; what the model reads of it.
fn told(model: &mut Driver, call: &str, arguments: &Value) -> Value {
    let said = model.call(call, json!({"letter": arguments}));
    assert_eq!(said.0["type"], "tool", "{said:?}");
    said.0["answer"].clone()
}

fn follow_up(mark: &str) -> Value {
    json!({
        "to": ALICE.address,
        "subject": format!("Following up on {mark}"),
        "body": format!("Hello Alice,\n\nis Tuesday still good? {mark}\n"),
        "reason": "She asked for Tuesday",
    })
}

#[test]
fn a_langchain_tool_gives_the_model_the_decision_as_a_result_it_can_act_on() {
    let office = Office::open(&Client::node("node_resend.mjs", Idiom::Resend));
    let url = office.serving.url();
    let mut free = model(&office, url, &office.token);
    let mut asking = model(&office, url, &office.asking_token);

    // Allowed, and the same again is the same.
    let queued = told(&mut free, "send", &follow_up("case-allowed"));
    assert_eq!(queued["state"], "queued", "{queued}");
    let again = told(&mut free, "send", &follow_up("case-allowed"));
    assert_eq!(again["id"], queued["id"], "{again}");
    office.until_arrived("case-allowed");
    assert_eq!(office.arrived("case-allowed").len(), 1);

    // Held, approved, delivered.
    let held = told(&mut asking, "send", &follow_up("case-held"));
    let next = &held["next"]["class"];
    assert_eq!(
        (&held["state"], next),
        (&json!("held"), &json!("needs_person"))
    );
    assert!(held["because"].as_str().is_some_and(|why| !why.is_empty()));
    assert!(office.arrived("case-held").is_empty());
    office.approve(held["id"].as_str().unwrap());
    office.until_arrived("case-held");
    office.until_state(held["id"].as_str().unwrap(), "sent");
    let seen = told(&mut asking, "check", &json!({"id": held["id"]}));
    assert_eq!(seen["state"], "sent", "{seen}");

    // Rejected, with the person's reason.
    let held = told(&mut asking, "send", &follow_up("case-rejected"));
    let (id, reason) = (
        held["id"].as_str().unwrap(),
        "not before the contract is signed",
    );
    let reject = ["reject", id, "--reason", reason];
    office.desk.as_operator(&reject).ok();
    let seen = told(&mut asking, "check", &json!({"id": id}));
    let said = (&seen["state"], &seen["review"]["reason"]);
    assert_eq!(said, (&json!("rejected"), &json!(reason)), "{seen}");
    assert!(office.arrived("case-rejected").is_empty());

    // The answer is lost: the model is told so, asks again, and one arrives.
    let wire = LossyWire::before(url);
    let mut unlucky = model(&office, &wire.url(), &office.token);
    wire.hang_up_instead_of("", 1);
    let unknown = told(&mut unlucky, "send", &follow_up("case-lost"));
    assert_eq!(unknown["state"], "unknown", "{unknown}");
    let found = told(&mut unlucky, "send", &follow_up("case-lost"));
    assert!(
        wire.lost()[0].contains(found["id"].as_str().unwrap()),
        "{found}"
    );
    office.until_arrived("case-lost");
    assert_eq!(office.arrived("case-lost").len(), 1);

    // Half an answer, or one that is no JSON, ends no run either; nor does an id made up by a model.
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"id\"",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\n<html",
        "not HTTP at all\r\n\r\n",
    ] {
        let place = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let there = format!("http://{}", place.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = place.accept().unwrap();
            let mut head = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            while reader.read_line(&mut head).unwrap() > 2 {}
            stream.write_all(answer.as_bytes()).unwrap();
            // Hung up on only once all was read: the model's side would lose the answer otherwise.
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            std::io::copy(&mut reader, &mut std::io::sink()).unwrap_or(0);
        });
        let unknown = told(
            &mut model(&office, &there, &office.token),
            "send",
            &follow_up("x"),
        );
        assert_eq!(unknown["state"], "unknown", "{answer:?}: {unknown}");
    }
    let unknown = told(&mut free, "check", &json!({"id": "../me and more\n"}));
    let said = (&unknown["state"], &unknown["code"]);
    assert_eq!(said, (&json!("refused"), &json!("not_found")), "{unknown}");

    // What was refused for a while goes when asked again with the same words.
    office.desk.run(&["pause"]).ok();
    let paused = told(&mut asking, "send", &follow_up("case-paused"));
    assert_eq!(
        (&paused["state"], &paused["next"]["class"]),
        (&json!("blocked"), &json!("retry_after"))
    );
    office.desk.as_operator(&["resume"]).ok();
    let held = told(&mut asking, "send", &follow_up("case-paused"));
    let said = (&held["state"], &held["replayed"]);
    assert_eq!(said, (&json!("held"), &json!(false)), "{held}");
    let again = told(&mut asking, "send", &follow_up("case-paused"));
    let said = (&again["id"], &again["replayed"]);
    assert_eq!(said, (&held["id"], &json!(true)), "{again}");

    // Names and words beyond ASCII.
    let [subject, text, name, _] = BEYOND_ASCII;
    let mut letter = follow_up("case-exact");
    letter["to"] = json!(format!("\"{name}\" <{}>", ALICE.address));
    letter["subject"] = json!(subject);
    letter["body"] = json!(text);
    assert_eq!(told(&mut free, "send", &letter)["state"], "queued");
    office.until_exact(&Exact {
        subject,
        text,
        name: Some(name),
        file: None,
    });

    // Suppressed.
    office
        .desk
        .run(&["suppression", "add", "gone@example.test"])
        .ok();
    let mut letter = follow_up("case-suppressed");
    letter["to"] = json!("gone@example.test");
    let blocked = told(&mut free, "send", &letter);
    assert_eq!(blocked["state"], "blocked", "{blocked}");
    assert!(
        blocked["because"]
            .as_str()
            .unwrap()
            .contains("suppression list"),
        "{blocked}"
    );

    // What could not even be judged is a result too, not an exception that ends the run.
    let mut large = follow_up("case-large");
    large["body"] = json!("x".repeat(36 << 20));
    let mut nobody = follow_up("case-nobody");
    nobody["to"] = json!("nobody");
    let stranger = "so_live_nobody";
    for (token, letter, code) in [
        (office.token.as_str(), large, "body_too_large"),
        (&office.token, nobody, "invalid_address"),
        (stranger, follow_up("case-stranger"), "unauthenticated"),
    ] {
        let refused = told(&mut model(&office, url, token), "send", &letter);
        let said = (&refused["state"], &refused["code"]);
        assert_eq!(said, (&json!("refused"), &json!(code)), "{refused}");
    }

    // Too many: later by default, refused where the operator says so.
    office.rate("mailbox = { hour = 1 }");
    let later = told(&mut free, "send", &follow_up("case-deferred"));
    assert_eq!(
        (&later["state"], &later["next"]["class"]),
        (&json!("deferred"), &json!("wait"))
    );
    office.rate("action = \"block\"\nmailbox = { hour = 1 }");
    let refused = told(&mut free, "send", &follow_up("case-refused"));
    assert_eq!(refused["state"], "blocked", "{refused}");
    for mark in [
        "case-deferred",
        "case-refused",
        "case-stranger",
        "case-large",
    ] {
        assert!(office.arrived(mark).is_empty(), "{mark}");
    }
    office.desk.run(&["verify"]).ok();
}

#[test]
fn an_assistant_configured_as_shown_finds_the_tools() {
    let office = Office::open(&Client::node("node_resend.mjs", Idiom::Resend));
    let shown: Value = serde_json::from_str(&text_of("mcp.json")).unwrap();
    let server = &shown["mcpServers"]["sendoff"];
    assert_eq!(server["command"], "sendoff");
    let words = server["args"].as_array().unwrap().iter();
    let http = office.serving.url().trim_start_matches("http://");
    let words = words.map(|word| word.as_str().unwrap().replace("127.0.0.1:7411", http));
    let (name, token) = server["env"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(token, "so_live_TOKEN");
    let mut bridge = Command::new(tests::process::sendoff_bin())
        .args(words)
        .env(name, &office.token)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = bridge.stdin.take().unwrap();
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "assistant", "version": "1"}}});
    writeln!(stdin, "{hello}").unwrap();
    let mut lines = BufReader::new(bridge.stdout.take().unwrap()).lines();
    let said = lines.next().unwrap().unwrap();
    assert!(said.contains("\"name\":\"sendoff\""), "{said}");
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    writeln!(stdin, "{list}").unwrap();
    let said: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(said["result"]["tools"].as_array().map(Vec::len), Some(15));
    // It ends with its input.
    drop(stdin);
    assert!(bridge.wait().unwrap().success());
}

#[test]
fn the_readme_shows_what_is_run_here() {
    let readme = std::fs::read_to_string(folder().join("../../README.md")).unwrap();
    for name in FILES.iter().chain(&["mcp.json", "langchain.py"]) {
        let shown = readme.contains(text_of(name).trim_end());
        assert!(
            shown,
            "README.md does not show `tests/sdk/snippets/{name}` as it is"
        );
    }
}
