//! The Postmark-shaped door: its clients' requests, answered as they expect.

use axum::body::Body;
use axum::http::Request;
use domain::Level;
use serde_json::{Value, json};

use crate::support::{Desk, MAILBOX, Reply, desk};

fn message(to: &str, text: &str) -> Value {
    json!({"From": MAILBOX, "To": to, "Subject": "Hello", "TextBody": text})
}

impl Desk {
    async fn postmark(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:7411")
            .header("x-postmark-server-token", token)
            .header("content-type", "application/json");
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    async fn mail(&self, body: &Value) -> Reply {
        self.postmark("POST", "/email", &self.token, Some(body))
            .await
    }
}

fn error(reply: &Reply) -> (u16, u64) {
    assert_eq!(
        reply.headers["content-type"], "application/json",
        "{reply:?}"
    );
    assert!(!reply.json["Message"].as_str().unwrap().is_empty());
    (reply.status, reply.json["ErrorCode"].as_u64().unwrap())
}

#[tokio::test]
async fn a_message_is_taken_and_one_that_waits_says_so_in_its_message() {
    let letter = message("Bob <bob@x.example>, carl@x.example", "one");
    let free = desk(Level::AskOnException).await;
    let sent = free.mail(&letter).await;
    assert_eq!(error(&sent), (200, 0));
    assert_eq!(
        (&sent.json["Message"], &sent.json["To"]),
        (&json!("OK"), &letter["To"])
    );
    let uuid = sent.json["MessageID"].as_str().unwrap().replace('-', "");
    assert_eq!(sent.json["Sendoff"]["id"], format!("sub_{uuid}"));
    assert!(sent.headers.contains_key("x-sendoff-decision"));
    let asking = desk(Level::AskAlways).await;
    let held = asking.mail(&letter).await;
    assert_eq!(error(&held), (200, 0));
    let said = held.json["Message"].as_str().unwrap();
    assert!(said.starts_with("OK: held as sub_"), "{said}");
    assert_eq!(held.headers["x-sendoff-rule"], "autonomy");
}

#[tokio::test]
async fn an_agent_that_only_observes_is_told_success_and_that_nothing_was_sent() {
    let desk = desk(Level::Observe).await;
    let observed = desk.mail(&message("bob@x.example", "one")).await;
    assert_eq!(error(&observed), (200, 0));
    let said = observed.json["Message"].as_str().unwrap();
    assert!(said.contains("only observes"), "{said}");
    assert_eq!(observed.json["Sendoff"]["state"], "observed");
}

#[tokio::test]
async fn three_tries_without_a_key_are_one_message() {
    let desk = desk(Level::AskOnException).await;
    let letter = message("bob@x.example", "one");
    let first = desk.mail(&letter).await;
    for _ in 0..2 {
        let again = desk.mail(&letter).await;
        assert_eq!(error(&again), (200, 0));
        assert_eq!(again.json["MessageID"], first.json["MessageID"]);
    }
}

#[tokio::test]
async fn a_block_has_the_code_and_the_sentence_its_clients_parse() {
    let desk = desk(Level::AskOnException).await;
    desk.suppress("gone@x.example").await;
    desk.suppress("left@x.example").await;
    let refused = desk
        .mail(&message("gone@x.example, left@x.example", "one"))
        .await;
    assert_eq!(error(&refused), (422, 406));
    assert_eq!(
        refused.json["Message"],
        "Found inactive addresses: gone@x.example, left@x.example. Inactive recipients are ones \
         that have generated a hard bounce, a spam complaint, or a manual suppression."
    );
    let policy = "[rules.rate_limit]\naction = \"block\"\nmailbox = { hour = 1 }\n";
    desk.publish(policy).await;
    desk.mail(&message("bob@x.example", "two")).await;
    let refused = desk.mail(&message("carl@x.example", "three")).await;
    assert_eq!(error(&refused), (429, 429));
    assert!(refused.headers.contains_key("retry-after"));
    desk.pause().await;
    assert_eq!(
        error(&desk.mail(&message("dora@x.example", "four")).await),
        (422, 405)
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_request_has_a_code_of_theirs() {
    let desk = desk(Level::AskOnException).await;
    let cases = [
        (json!({"To": "bob@x.example"}), (422, 300)),
        (json!({"From": MAILBOX, "To": ""}), (422, 300)),
        (json!({"From": MAILBOX, "To": "bob"}), (422, 300)),
        (
            json!({"From": "zoe@example.com", "To": "bob@x.example"}),
            (422, 400),
        ),
        (
            json!({"From": MAILBOX, "To": "b@x.example", "Subject": "a\nBcc: e@x.example"}),
            (422, 300),
        ),
        (json!(7), (422, 402)),
    ];
    for (body, expected) in cases {
        assert_eq!(error(&desk.mail(&body).await), expected, "{body}");
    }
    for token in ["wrong", "so_live_wrong", "POSTMARK_API_TESTX"] {
        let reply = desk
            .postmark("POST", "/email", token, Some(&json!({})))
            .await;
        assert_eq!(error(&reply), (401, 10), "{token}");
    }
    let none = Request::post("/email").header("host", "127.0.0.1:7411");
    let none = desk.send(none.body(Body::empty()).unwrap()).await;
    assert_eq!(error(&none), (401, 10));
    for path in [
        "/bounces",
        "/email/withTemplate",
        "/messages/outbound",
        "/nothing",
        "/templates",
    ] {
        let reply = desk.postmark("GET", path, &desk.token, None).await;
        assert_eq!(error(&reply), (404, 404), "{path}");
    }
    let server = desk.postmark("GET", "/server", &desk.token, None).await;
    assert_eq!(
        (server.status, &server.json["Name"]),
        (200, &json!("helper"))
    );
    // Its header opens nothing else.
    let me = desk.postmark("GET", "/v1/me", &desk.token, None).await;
    assert_eq!(me.problem().0, 401);
    let emails = desk.postmark("GET", "/emails", &desk.token, None).await;
    assert_eq!(emails.status, 401);
}

#[tokio::test]
async fn a_batch_is_always_200_with_a_code_in_each_row() {
    let desk = desk(Level::AskOnException).await;
    let rows = json!([message("a@x.example", "a"), message("nobody", "b"), {"From": 7},
        message("c@x.example", "c")]);
    let reply = desk
        .postmark("POST", "/email/batch", &desk.token, Some(&rows))
        .await;
    assert_eq!(reply.status, 200);
    let codes: Vec<u64> = reply
        .json
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["ErrorCode"].as_u64().unwrap())
        .collect();
    assert_eq!(codes, [0, 300, 300, 0]);
    let fields = ["To", "SubmittedAt", "MessageID", "ErrorCode", "Message"];
    for row in reply.json.as_array().unwrap() {
        assert!(
            fields.iter().all(|field| !row[field].is_null()),
            "its Python client reads all: {row}"
        );
    }
}

#[tokio::test]
async fn the_test_token_tries_the_shape_and_nothing_comes_of_it() {
    let desk = desk(Level::AskOnException).await;
    let tried = desk
        .postmark(
            "POST",
            "/email",
            "POSTMARK_API_TEST",
            Some(&message("bob@x.example", "one")),
        )
        .await;
    assert_eq!(error(&tried), (200, 0));
    assert_eq!(tried.json["Message"], "Test job accepted");
    let wrong = desk
        .postmark(
            "POST",
            "/email",
            "POSTMARK_API_TEST",
            Some(&message("bob", "one")),
        )
        .await;
    assert_eq!(error(&wrong), (422, 300));
    // It is nobody's: it reads nothing, and is good at no other door.
    let server = desk
        .postmark("GET", "/server", "POSTMARK_API_TEST", None)
        .await;
    assert_eq!(error(&server), (401, 10));
    for path in ["/v1/me", "/emails"] {
        let reply = desk
            .call(
                "POSTMARK_API_TEST",
                axum::http::Method::GET,
                path,
                None,
                &[],
            )
            .await;
        assert!(matches!(reply.status, 401 | 403), "{path}");
    }
    assert_eq!(
        desk.get("/v1/submissions").await.json["submissions"],
        json!([])
    );
}
