//! Our own API, asked what its OpenAPI document promises by `schemathesis` from PyPI.

use serde_json::json;
use tests::{Desk, SmtpSink};

use crate::driver::{folder, program, python};
use crate::office::SENDER;

/// Requests per operation and phase: some hundreds in all, always the same ones.
const EXAMPLES: &str = "30";
const SEED: &str = "6";

#[test]
fn the_door_does_what_its_document_says_whatever_it_is_asked() {
    let sink = SmtpSink::start();
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, sink.port(), 1);
    let serving = desk.serve();
    let tool = python().with_file_name("schemathesis");
    let letter = json!({"mailbox": SENDER, "to": ["b@x.test"], "subject": "s", "text": "t"});
    let known = serving.api(&token).post("/v1/submissions", &letter).json();
    let another = |name: &str| {
        let add = [
            "agent",
            "add",
            name,
            "--mailbox",
            SENDER,
            "--level",
            "1",
            "--json",
        ];
        desk.as_operator(&add).json()["token"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let done = program(python(), &tool)
        .current_dir(desk.home())
        .arg("--config-file")
        .arg(folder().join("schemathesis.toml"))
        .args(["run", &format!("{}/v1/openapi.json", serving.url())])
        .env("TOKEN", &token)
        .env("SUBMISSION", known["id"].as_str().unwrap())
        .env("DECISION", known["decision"]["id"].as_str().unwrap())
        .env("CLAIMING_TOKEN", another("claims"))
        .env("PAUSING_TOKEN", another("pauses"))
        .args([
            "--max-examples",
            EXAMPLES,
            "--seed",
            SEED,
            "--generation-deterministic",
        ])
        .arg("--no-color")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(!said.contains("Authentication failed"), "{said}");
    let operations = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("Selected: "));
    let (selected, all) = operations.unwrap().split_once('/').unwrap();
    assert_eq!(selected, all, "{said}");
    let letter = json!({"mailbox": SENDER, "to": ["a@x.test"], "subject": "s", "text": "t"});
    let after = serving.api(&token).post("/v1/submissions", &letter);
    assert!(after.status < 300, "{}", after.text);
    assert!(sink.caught().is_empty(), "something left");
    desk.run(&["verify"]).ok();
}
