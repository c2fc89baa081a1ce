//! What the README and the window show is run as it is shown.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::driver::{Client, Idiom, folder, node, program, python};
use crate::office::{Office, SENDER};

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
];

fn text_of(name: &str) -> String {
    std::fs::read_to_string(folder().join("snippets").join(name)).unwrap()
}

/// A snippet as the window shows it to the owner of a new agent, in a place where its imports are
/// found, and the agent's token.
fn shown(office: &Office, name: &str) -> (PathBuf, String) {
    let args = [
        "agent",
        "add",
        name,
        "--mailbox",
        SENDER,
        "--level",
        "1",
        "--json",
    ];
    let made = office.desk.as_operator(&args).json();
    let token = made["token"].as_str().unwrap().to_owned();
    let code = text_of(name)
        .replace("http://127.0.0.1:7411", office.serving.url())
        .replace("2525", office.serving.smtp().rsplit(':').next().unwrap())
        .replace("so_live_TOKEN", &token)
        .replace("you@example.com", SENDER);
    let place = office.desk.home().join("snippets");
    std::fs::create_dir_all(&place).unwrap();
    let packages = place.join("node_modules");
    if !packages.exists() {
        std::os::unix::fs::symlink(folder().join("node_modules"), &packages).unwrap();
    }
    let file = place.join(format!("shown_{name}"));
    std::fs::write(&file, code).unwrap();
    (file, token)
}

#[test]
fn every_snippet_puts_a_message_into_the_queue_and_says_so() {
    let office = Office::open(&Client::node("node_resend.mjs", Idiom::Resend));
    for name in FILES {
        let (file, token) = shown(&office, name);
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

#[test]
fn a_langchain_tool_gives_the_model_the_decision_as_a_result_it_can_act_on() {
    let office = Office::open(&Client::node("node_resend.mjs", Idiom::Resend));
    let (file, _) = shown(&office, "langchain.py");
    let client = Client::python("python_langchain.py", Idiom::Mcp);
    let client = client.with("SNIPPET", &file.display().to_string());
    let mut model = client.start(office.serving.url(), "");
    let arguments = json!({"to": "alice@example.test", "subject": "Following up",
        "body": "Hello Alice,\n\nis Tuesday still good? case-chain\n", "reason": "She asked for Tuesday"});
    let said = model.send(&arguments);
    assert_eq!(said.0["type"], "tool", "{said:?}");
    let answer = &said.0["answer"];
    assert_eq!(
        (&answer["state"], &answer["next"]["class"]),
        (&json!("held"), &json!("needs_person"))
    );
    assert!(
        answer["because"]
            .as_str()
            .is_some_and(|because| !because.is_empty())
    );
    assert!(office.arrived("case-chain").is_empty());
    office.approve(answer["id"].as_str().unwrap());
    office.until_arrived("case-chain");
    // What could not even be judged is a result too, not an exception that ends the run.
    let refused = model.send(&json!({"to": "nobody", "subject": "s", "body": "b", "reason": "r"}));
    assert_eq!(refused.0["answer"]["state"], "refused", "{refused:?}");
    assert_eq!(refused.0["answer"]["code"], "invalid_address");
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
    for name in FILES.iter().chain(&["mcp.json"]) {
        let shown = readme.contains(text_of(name).trim_end());
        assert!(
            shown,
            "README.md does not show `tests/sdk/snippets/{name}` as it is"
        );
    }
}
