//! Bad input gets a stable code and a clear sentence, and nothing is lost.

use serde_json::{Value, json};
use tests::{Answer, Api, SmtpSink};

use crate::world::{SWIFT, World, letter};

/// A letter with one field changed.
fn with(field: &str, value: Value) -> Value {
    let mut letter = letter("dana@acme.test", "hello");
    letter[field] = value;
    letter
}

fn is_problem(answer: &Answer, status: u16, code: &str) {
    let problem = answer.json();
    assert_eq!(
        (answer.status, problem["code"].as_str()),
        (status, Some(code)),
        "{}",
        answer.text
    );
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(
        detail.len() > 10 && detail.contains(' '),
        "a sentence, not `{detail}`"
    );
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
}

#[test]
fn a_malformed_ask_is_told_which_field_and_why() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let wrong: [(&str, Value); 9] = [
        ("/to/0", with("to", json!(["not an address"]))),
        ("/to", with("to", json!([]))),
        ("/subject", with("subject", json!("a\r\nBcc: x@y.test"))),
        ("/reply_to", with("reply_to", json!("x\n@y"))),
        ("/mailbox", with("mailbox", json!("nobody@example.test"))),
        ("/unheard_of", with("unheard_of", json!(1))),
        (
            "/attachments/0/content",
            with(
                "attachments",
                json!([{
                    "filename": "a.txt", "content_type": "text/plain", "content": "%%%"
                }]),
            ),
        ),
        ("/to", with("to", json!(7))),
        (
            "/to",
            with(
                "to",
                (0..501)
                    .map(|n| format!("p{n}@x.test"))
                    .collect::<Vec<_>>()
                    .into(),
            ),
        ),
    ];
    for (pointer, ask) in wrong {
        let answer = world.ask(&ask);
        assert!(
            (400..=422).contains(&answer.status),
            "{pointer}: {}",
            answer.text
        );
        let problem = answer.json();
        assert!(problem["code"].is_string(), "{}", answer.text);
        let named = problem["pointer"].as_str().unwrap_or_default();
        assert!(
            named.starts_with(pointer.split("/0").next().unwrap()),
            "{pointer}: {}",
            answer.text
        );
    }
    assert_eq!(sink.connections(), 0);
}

#[test]
fn the_guard_answers_before_anything_is_read() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let url = world.serving.url().to_owned();
    let ask = letter("dana@acme.test", "hello");
    is_problem(
        &Api::new(&url, "so_live_wrong").post("/v1/submissions", &ask),
        401,
        "unauthenticated",
    );
    let body = ask.to_string();
    let foreign = |header: (&str, &str)| {
        world
            .api()
            .ask("POST", "/v1/submissions", &[header], Some(body.as_bytes()))
    };
    assert_eq!(foreign(("origin", "https://evil.test")).status, 403);
    assert!((400..=421).contains(&foreign(("host", "evil.test")).status));
    let broken = world
        .api()
        .ask("POST", "/v1/submissions", &[], Some(b"{\"to\": ["));
    assert!((400..=422).contains(&broken.status), "{}", broken.text);
    assert!(broken.json()["code"].is_string(), "{}", broken.text);
    let unknown = world
        .api()
        .get("/v1/submissions/sub_00000000000000000000000000");
    assert!([404, 422].contains(&unknown.status), "{}", unknown.text);
    assert_eq!(sink.connections(), 0);
}

#[test]
fn a_body_over_the_limit_is_refused_and_the_server_lives() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let huge = with("text", json!("x".repeat(36 * 1024 * 1024)));
    // The server may answer, or hang up on who goes on talking: both are a refusal.
    if let Ok(answer) = world.api().try_ask(
        "POST",
        "/v1/submissions",
        &[],
        Some(huge.to_string().as_bytes()),
    ) {
        assert_eq!(answer.status, 413, "{}", answer.text);
    }
    assert_eq!(world.api().get("/v1/health").status, 200);
}

#[test]
fn more_recipients_than_the_rule_allows_are_blocked_and_named() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let many: Vec<String> = (0..51).map(|n| format!("p{n}@x.test")).collect();
    let answer = world.ask(&with("to", many.into()));
    assert!(answer.status < 500, "{}", answer.text);
    assert_ne!(answer.json()["verdict"], "allow", "{}", answer.text);
    assert_eq!(sink.connections(), 0);
}
