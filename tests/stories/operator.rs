//! The operator's command line: with the server running or stopped, and what it refuses.

use serde_json::json;
use tests::{Desk, SmtpSink};

const SENDER: &str = "hello@example.test";

#[test]
fn commands_work_the_same_with_the_server_running_and_stopped() {
    let sink = SmtpSink::start();
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, sink.port(), 1);
    let serving = desk.serve();
    let body = json!({"mailbox": SENDER, "to": ["a@b.example"], "subject": "s", "text": "t"});
    let id = serving.api(&token).post("/v1/submissions", &body).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let running = desk.run(&["show", &id, "--json"]).json();
    desk.run(&["pause"]).ok();
    serving.stop();
    let stopped = desk.run(&["show", &id, "--json"]).json();
    assert_eq!(running["hash"], stopped["hash"]);
    assert_eq!(stopped["state"], "held");
    desk.as_operator(&["resume"]).ok();
    let hash = stopped["hash"].as_str().unwrap();
    desk.as_operator(&["approve", &id, "--hash", hash]).ok();
    desk.run(&["verify"]).ok();
    let _serving = desk.serve();
    sink.wait_for(1);
}

#[test]
fn a_list_of_suppressions_is_taken_in_from_a_file_and_given_back_as_one() {
    let desk = Desk::initialised();
    let list = desk.home().join("list.csv");
    let mut rows = "address,reason,note\ndana@acme.example,unsubscribe,=please stop\n".to_owned();
    rows.push_str("nonsense,,\n@rival.example,legal,\n");
    // More than one stretch of it.
    for n in 0..450 {
        rows.push_str(&format!("p{n}@many.example,,\n"));
    }
    std::fs::write(&list, rows).unwrap();
    let import = ["suppression", "import", list.to_str().unwrap()];
    let serving = desk.serve();
    let ran = desk.run(&import);
    assert_eq!(ran.code, Some(1), "one row is none: {ran:?}");
    assert!(ran.stdout.starts_with("line 3: "), "{ran:?}");
    assert!(ran.stdout.ends_with("452 added, 1 not\n"), "{ran:?}");
    serving.stop();
    let again = desk.run(&[&import[..], &["--json"]].concat());
    let again: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["total"], 453, "{again}");
    assert_eq!(again["problems"][0]["line"], 3, "{again}");

    let large = desk.home().join("large.csv");
    std::fs::write(&large, vec![b'a'; (16 << 20) + 1]).unwrap();
    let ran = desk.run(&["suppression", "import", large.to_str().unwrap()]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("nothing of it was read"), "{ran:?}");

    let given = desk.run(&["suppression", "export"]);
    assert_eq!(given.code, Some(0), "{given:?}");
    assert_eq!(given.stdout.lines().count(), 453, "a heading, and 452");
    let dana = "dana@acme.example,unsubscribe,'=please stop,";
    assert!(given.stdout.contains(dana), "{}", given.stdout);
}

#[test]
fn loosening_without_the_passphrase_exits_4_at_once_and_changes_nothing() {
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, 9, 1);
    let serving = desk.serve();
    let body = json!({"mailbox": SENDER, "to": ["a@b.example"], "subject": "s", "text": "t"});
    let id = serving.api(&token).post("/v1/submissions", &body).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let hash = desk.run(&["show", &id, "--json"]).json()["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let policy = desk.home().join("p.toml");
    std::fs::write(&policy, "").unwrap();
    for args in [
        vec!["approve", &id, "--hash", &hash],
        vec!["resume"],
        vec!["suppression", "lift", "x@y.example"],
        vec!["policy", "publish", policy.to_str().unwrap()],
        vec!["agent", "add", "other", "--mailbox", SENDER, "--level", "3"],
    ] {
        let ran = desk.run(&args);
        assert_eq!(ran.code, Some(4), "{args:?}: {ran:?}");
    }
    let wrong = desk.with_secrets(
        &["approve", &id, "--hash", &hash],
        &[("--passphrase-fd", "guess")],
    );
    assert_ne!(wrong.code, Some(0));
    assert_eq!(desk.run(&["show", &id, "--json"]).json()["state"], "held");
}

#[test]
fn a_locked_vault_admits_and_holds_and_sends_nothing_that_needs_a_password() {
    let sink = SmtpSink::start();
    let desk = Desk::initialised();
    let smtp = format!("smtp://me@127.0.0.1:{}?tls=none", sink.port());
    desk.with_secrets(
        &["mailbox", "add", SENDER, "--smtp", &smtp],
        &[
            ("--passphrase-fd", tests::PASSPHRASE),
            ("--smtp-password-fd", "pw"),
        ],
    )
    .ok();
    let token = desk
        .as_operator(&[
            "agent",
            "add",
            "a",
            "--mailbox",
            SENDER,
            "--level",
            "3",
            "--json",
        ])
        .json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let serving = desk.serve_with(&[], &[]);
    let body = json!({"mailbox": SENDER, "to": ["a@b.example"], "subject": "s", "text": "t"});
    let answer = serving.api(&token).post("/v1/submissions", &body).json();
    assert_eq!(answer["state"], "queued", "{answer}");
    desk.run(&["show", answer["id"].as_str().unwrap(), "--json"])
        .ok();
    assert_eq!(sink.connections(), 0);
    desk.as_operator(&["unlock"]).ok();
    sink.wait_for(1);
}

#[test]
fn what_cannot_start_says_why_in_one_sentence() {
    let desk = Desk::initialised();
    let _serving = desk.serve();
    let http = format!("127.0.0.1:{}", desk.port(1));
    let second = desk.run(&["serve", "--http", &http]);
    assert_ne!(second.code, Some(0));
    assert!(second.stderr.contains("in use by another"), "{second:?}");

    let other = Desk::initialised();
    let taken = std::net::TcpListener::bind(("127.0.0.1", other.port(3))).unwrap();
    let http = format!("127.0.0.1:{}", other.port(3));
    let ran = other.run(&["serve", "--http", &http]);
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains(&other.port(3).to_string()), "{ran:?}");
    drop(taken);

    let outside = other.run(&["serve", "--http", "0.0.0.0:7411"]);
    assert_ne!(outside.code, Some(0));
    assert!(outside.stderr.contains("loopback"), "{outside:?}");

    let empty = Desk::empty();
    let ran = empty.run(&["serve", "--http", &format!("127.0.0.1:{}", empty.port(0))]);
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("sendoff init"), "{ran:?}");
    let again = desk.as_operator(&["init"]);
    assert_ne!(again.code, Some(0), "{again:?}");
}
