//! Bad input: a clear sentence, a stable code, a pointer, and nothing recorded.

use axum::body::Body;
use axum::http::Method;
use domain::Level;
use serde_json::{Value, json};

use crate::support::{Desk, ask, desk};

fn with(field: &str, value: Value) -> Value {
    let mut body = ask("bob@x.example");
    body[field] = value;
    body
}

async fn nothing_recorded(desk: &Desk) {
    assert_eq!(
        desk.get("/v1/submissions").await.json["submissions"],
        json!([])
    );
}

#[tokio::test]
async fn every_bad_ask_is_named_and_nothing_of_it_is_kept() {
    let file = |name: &str, content: &str| json!([{"filename": name, "content_type": "text/plain", "content": content}]);
    let long = "x".repeat(2_001);
    let cases: Vec<(Value, &str, Option<&str>)> = vec![
        (with("to", json!(["bob"])), "invalid_address", Some("/to/0")),
        (
            with("to", json!(["bob@x.example", "a b@x.example"])),
            "invalid_address",
            Some("/to/1"),
        ),
        (
            with("to", json!(["bob@x.example\r\nBcc: eve@y.example"])),
            "header_injection",
            Some("/to/0"),
        ),
        (
            with("to", json!(["\"B\nX: y\" <bob@x.example>"])),
            "header_injection",
            Some("/to/0"),
        ),
        (
            with("reply_to", json!("x")),
            "invalid_address",
            Some("/reply_to"),
        ),
        (
            with("subject", json!("Hi\r\nBcc: eve@y.example")),
            "header_injection",
            Some("/subject"),
        ),
        (
            with("subject", json!("Hi\nthere")),
            "header_injection",
            Some("/subject"),
        ),
        (
            with("subject", json!("Hi\u{0}")),
            "header_injection",
            Some("/subject"),
        ),
        (
            with("in_reply_to", json!("<a@b>\r\nX: y")),
            "header_injection",
            Some("/in_reply_to"),
        ),
        (
            with("attachments", file("a\r\nb.txt", "aGk=")),
            "header_injection",
            Some("/attachments/0/filename"),
        ),
        (
            with("subject", json!(long)),
            "invalid_field",
            Some("/subject"),
        ),
        (
            with("mailbox", json!("nobody@example.com")),
            "unknown_mailbox",
            Some("/mailbox"),
        ),
        (
            with("mailbox", json!("nobody")),
            "invalid_address",
            Some("/mailbox"),
        ),
        (
            with("mailbox", Value::Null),
            "invalid_field",
            Some("/mailbox"),
        ),
        (with("to", json!([])), "no_recipients", Some("/to")),
        (with("to", Value::Null), "no_recipients", Some("/to")),
        (
            with("to", json!("bob@x.example")),
            "invalid_field",
            Some("/to"),
        ),
        (
            with("to", json!(vec!["bob@x.example"; 501])),
            "too_many_recipients",
            Some("/to"),
        ),
        (
            with("attachments", file("a.txt", "not base64!")),
            "invalid_attachment",
            Some("/attachments/0/content"),
        ),
        (
            with("attachments", file("a.txt", "aGk")),
            "invalid_attachment",
            Some("/attachments/0/content"),
        ),
        (
            with("attachments", json!([{"filename": "a"}])),
            "invalid_field",
            Some("/attachments/0/content_type"),
        ),
        (
            with("attachments", json!(["a"])),
            "invalid_field",
            Some("/attachments/0"),
        ),
        (
            with("subjct", json!("typo")),
            "unknown_field",
            Some("/subjct"),
        ),
        (
            with("from", json!("eve@y.example")),
            "unknown_field",
            Some("/from"),
        ),
        (with("a/b~c", json!(1)), "unknown_field", Some("/a~1b~0c")),
        (
            with("stream", json!("bulk")),
            "invalid_field",
            Some("/stream"),
        ),
        (
            with("send_at", json!("tomorrow")),
            "invalid_field",
            Some("/send_at"),
        ),
        (
            with("send_by", json!("2020-01-01T00:00:00Z")),
            "invalid_field",
            Some("/send_by"),
        ),
        (
            with("tags", json!({"a": 1})),
            "invalid_field",
            Some("/tags/a"),
        ),
        (
            with("dedupe_key", json!("")),
            "invalid_field",
            Some("/dedupe_key"),
        ),
        (
            with("dedupe_key", json!("k".repeat(257))),
            "invalid_field",
            Some("/dedupe_key"),
        ),
    ];
    let desk = desk(Level::AskAlways).await;
    for (body, code, pointer) in cases {
        let reply = desk.submit(&body).await;
        assert_eq!(reply.problem(), (422, code, pointer), "{body} → {reply:?}");
        let reply = desk.post("/v1/submissions/check", &body).await;
        assert_eq!(
            reply.problem(),
            (422, code, pointer),
            "check {body} → {reply:?}"
        );
    }
    nothing_recorded(&desk).await;
}

#[tokio::test]
async fn what_is_no_json_is_400_and_what_is_not_declared_as_json_415() {
    let desk = desk(Level::AskAlways).await;
    let send = async |body: &str, content_type: Option<&str>| {
        let mut request = desk.request(&desk.token, Method::POST, "/v1/submissions");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        desk.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    };
    for body in [
        "",
        "{",
        "nope",
        "{\"to\": [1,]}",
        "[]",
        "\"x\"",
        "7",
        "null",
        "{} {}",
        "\u{feff}{}",
    ] {
        let reply = send(body, Some("application/json")).await;
        assert_eq!(
            reply.problem(),
            (400, "malformed_body", None),
            "{body} → {reply:?}"
        );
    }
    let reply = send("{\n  \"mailbox\": x}", Some("application/json")).await;
    assert!(
        reply.json["detail"].as_str().unwrap().contains("line 2"),
        "{reply:?}"
    );

    let good = ask("bob@x.example").to_string();
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonx"),
    ] {
        let reply = send(&good, content_type).await;
        assert_eq!(
            reply.problem(),
            (415, "unsupported_media_type", None),
            "{content_type:?}"
        );
    }
    nothing_recorded(&desk).await;
    let charset = send(&good, Some("application/json; charset=utf-8")).await;
    assert_eq!(charset.status, 202, "{charset:?}");
    let other = ask("carl@x.example").to_string();
    assert_eq!(send(&other, Some("Application/JSON")).await.status, 202);
}

#[tokio::test]
async fn what_is_not_there_is_404_and_what_a_path_does_not_take_405() {
    let desk = desk(Level::AskAlways).await;
    let none = "00000000000000000000000000000000";
    for path in [
        format!("/v1/submissions/sub_{none}"),
        format!("/v1/submissions/dec_{none}"),
        "/v1/submissions/x".to_owned(),
        "/v1/submissions/%ff".to_owned(),
        format!("/v1/decisions/dec_{none}"),
        "/v1/decisions/%00".to_owned(),
        "/v1/submissions/x/readings".to_owned(),
        "/v1/nothing".to_owned(),
        "/v2/submissions".to_owned(),
        "/".to_owned(),
        "//".to_owned(),
    ] {
        assert_eq!(
            desk.get(&path).await.problem(),
            (404, "not_found", None),
            "{path}"
        );
    }
    let gone = desk.delete(&format!("/v1/submissions/sub_{none}")).await;
    assert_eq!(gone.problem(), (404, "not_found", None));

    for (method, path) in [
        (Method::PUT, "/v1/submissions"),
        (Method::DELETE, "/v1/me"),
        (Method::POST, "/v1/events"),
        (Method::POST, "/v1/health"),
        (Method::GET, "/v1/submissions/check/"),
    ] {
        let reply = desk
            .call(&desk.token, method.clone(), path, None, &[])
            .await;
        let (status, code, _) = reply.problem();
        if path.ends_with('/') {
            assert_eq!((status, code), (404, "not_found"), "{method} {path}");
        } else {
            assert_eq!(
                (status, code),
                (405, "method_not_allowed"),
                "{method} {path}"
            );
            assert!(reply.headers.contains_key("allow"), "{method} {path}");
        }
    }
    // What only a person may do is answered, and not on offer.
    for (path, offered) in [
        ("/v1/limits", "GET,HEAD"),
        ("/v1/suppressions", "POST"),
        ("/v1/policy", ""),
    ] {
        let reply = desk
            .call(&desk.token, Method::OPTIONS, path, None, &[])
            .await;
        assert_eq!(reply.headers["allow"], offered, "{path}");
    }
}

#[tokio::test]
async fn a_query_we_do_not_know_is_named() {
    let desk = desk(Level::AskAlways).await;
    let made = desk.submit(&ask("bob@x.example")).await;
    for path in [
        "/v1/submissions?stat=held".to_owned(),
        "/v1/submissions?state=hold".to_owned(),
        "/v1/submissions?limit=0".to_owned(),
        "/v1/submissions?limit=501".to_owned(),
        "/v1/submissions?limit=-1".to_owned(),
        "/v1/submissions?limit=2&limit=3".to_owned(),
        "/v1/submissions?after=nonsense".to_owned(),
        format!("/v1/submissions/{}?wait=soon", made.id()),
        format!("/v1/submissions/{}?timeout=5", made.id()),
        "/v1/limits?for=bob@x.example".to_owned(),
        "/v1/events?after=x".to_owned(),
    ] {
        let reply = desk.get(&path).await;
        assert_eq!(reply.problem().0, 400, "{path}");
        assert_eq!(reply.problem().1, "malformed_request", "{path}");
    }
    let nobody = desk.get("/v1/limits?to=nobody").await;
    assert_eq!(
        (nobody.problem().0, nobody.problem().1),
        (422, "invalid_address")
    );
}

#[tokio::test]
async fn bad_tightening_is_named_too() {
    let desk = desk(Level::AskAlways).await;
    let cases = [
        (
            json!({"address": "nobody"}),
            422,
            "invalid_address",
            "/address",
        ),
        (
            json!({"address": "a@x.example", "mailbox": "no@example.com"}),
            422,
            "unknown_mailbox",
            "/mailbox",
        ),
        (
            json!({"address": "a@x.example", "mailbox": "no"}),
            422,
            "invalid_address",
            "/mailbox",
        ),
        (
            json!({"address": "a@x.example", "reason": "because"}),
            422,
            "invalid_field",
            "/reason",
        ),
        (
            json!({"address": "a@x.example", "scope": "workspace"}),
            422,
            "unknown_field",
            "/scope",
        ),
        (
            json!({"address": "@x.example"}),
            403,
            "human_decision_required",
            "/address",
        ),
        (json!({}), 422, "invalid_field", "/address"),
    ];
    for (body, status, code, pointer) in cases {
        let reply = desk.post("/v1/suppressions", &body).await;
        assert_eq!(reply.problem(), (status, code, Some(pointer)), "{body}");
    }
    for (body, code) in [
        (json!({"level": 4}), "invalid_field"),
        (json!({"level": "1"}), "invalid_field"),
        (json!({"name": "boss"}), "unknown_field"),
        (json!({}), "invalid_field"),
    ] {
        let reply = desk
            .call(&desk.token, Method::PATCH, "/v1/me", Some(&body), &[])
            .await;
        assert_eq!(
            (reply.problem().0, reply.problem().1),
            (422, code),
            "{body}"
        );
    }
}

#[tokio::test]
async fn fifty_one_recipients_are_judged_and_blocked_and_no_error() {
    let desk = desk(Level::AskOnException).await;
    let to: Vec<String> = (0..51).map(|n| format!("r{n}@x.example")).collect();
    let reply = desk.submit(&with("to", json!(to))).await;
    assert_eq!(
        (reply.status, &reply.json["state"]),
        (200, &json!("blocked")),
        "{reply:?}"
    );
    assert_eq!(
        reply.json["decision"]["primary"]["rule"],
        "recipients_count"
    );
}

#[tokio::test]
async fn a_mailbox_that_is_not_granted_is_a_block_and_no_error() {
    let desk = desk(Level::AskOnException).await;
    let other = "zoe@example.com".parse().unwrap();
    desk.engine
        .add_mailbox(other, None, domain::AccountKind::Rehearsal, None)
        .await
        .unwrap();
    let reply = desk
        .submit(&with("mailbox", json!("zoe@example.com")))
        .await;
    assert_eq!(
        (reply.status, &reply.json["state"]),
        (200, &json!("blocked")),
        "{reply:?}"
    );
    assert_eq!(reply.json["decision"]["primary"]["rule"], "mailbox_grant");
    assert_eq!(reply.json["next"]["class"], "never");
}
