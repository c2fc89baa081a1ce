//! Bad input at the agents' door: a clear sentence, a stable code, nothing recorded.

use serde_json::{Value, json};
use tests::{Api, Desk};

const SENDER: &str = "hello@example.test";

fn draft() -> Value {
    json!({"mailbox": SENDER, "to": ["a@b.example"], "subject": "s", "text": "t"})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = draft();
    body[field] = value;
    body
}

#[test]
fn each_wrong_ask_has_its_code_and_leaves_no_trace() {
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, 9, 1);
    desk.as_operator(&[
        "mailbox",
        "add",
        "other@example.test",
        "--smtp",
        "smtp://127.0.0.1:9?tls=none",
    ])
    .ok();
    let serving = desk.serve();
    let api = serving.api(&token);
    let many: Vec<String> = (0..501).map(|n| format!("p{n}@b.example")).collect();
    let cases: Vec<(&str, u16, Value)> = vec![
        ("invalid_address", 422, with("to", json!(["nobody"]))),
        (
            "header_injection",
            422,
            with("subject", json!("a\r\nBcc: x@y.example")),
        ),
        (
            "invalid_address",
            422,
            with("to", json!(["a@b.example\r\nX: y"])),
        ),
        (
            "unknown_mailbox",
            422,
            with("mailbox", json!("nowhere@example.test")),
        ),
        ("no_recipients", 422, with("to", json!([]))),
        ("too_many_recipients", 422, with("to", json!(many))),
        (
            "invalid_attachment",
            422,
            with(
                "attachments",
                json!([{"filename": "a", "content_type": "text/plain", "content": "%%%"}]),
            ),
        ),
        ("unknown_field", 422, with("tpyo", json!(1))),
    ];
    for (code, status, body) in cases {
        let answer = api.post("/v1/submissions", &body);
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (status, Some(code)),
            "{answer:?}"
        );
        assert!(
            answer
                .header("content-type")
                .is_some_and(|t| t.starts_with("application/problem+json"))
        );
    }
    // A mailbox that exists and is not granted, and too many recipients for the policy, are decisions.
    let foreign = api
        .post(
            "/v1/submissions",
            &with("mailbox", json!("other@example.test")),
        )
        .json();
    assert_eq!(
        (&foreign["verdict"], &foreign["decision"]["primary"]["rule"]),
        (&json!("block"), &json!("mailbox_grant"))
    );
    let wrong = Api::new(serving.url(), "so_live_nonsense").post("/v1/submissions", &draft());
    assert_eq!(
        (wrong.status, &wrong.json()["code"]),
        (401, &json!("unauthenticated"))
    );
    let unknown = api.get("/v1/submissions/sub_00000000000000000000000000000000");
    assert_eq!(
        (unknown.status, &unknown.json()["code"]),
        (404, &json!("not_found"))
    );
    let rows = api.get("/v1/submissions").json();
    let rows = rows["rows"]
        .as_array()
        .or(rows["submissions"].as_array())
        .unwrap()
        .len();
    assert_eq!(rows, 1, "only the blocked ask is recorded");
}

#[test]
fn the_same_key_with_other_content_is_a_conflict() {
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, 9, 1);
    let serving = desk.serve();
    let api = serving.api(&token);
    assert_eq!(api.post_keyed("/v1/submissions", "k", &draft()).status, 202);
    let other = api.post_keyed("/v1/submissions", "k", &with("subject", json!("other")));
    assert_eq!(
        (other.status, &other.json()["code"]),
        (409, &json!("idempotency_mismatch"))
    );
    let again = api.post_keyed("/v1/submissions", "k", &draft());
    assert_eq!(
        (again.status, &again.json()["replayed"]),
        (202, &json!(true))
    );
}

#[test]
fn a_cancelled_message_never_leaves_and_a_revoked_token_is_told() {
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, 9, 1);
    let serving = desk.serve();
    let api = serving.api(&token);
    let id = api.post("/v1/submissions", &draft()).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let cancelled = api.delete(&format!("/v1/submissions/{id}"));
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    assert_eq!(
        api.get(&format!("/v1/submissions/{id}")).json()["state"],
        "cancelled"
    );
    desk.run(&["agent", "revoke", "test-agent"]).ok();
    let over = api.get("/v1/me");
    assert_eq!(
        (over.status, &over.json()["code"]),
        (401, &json!("token_ended"))
    );
}
