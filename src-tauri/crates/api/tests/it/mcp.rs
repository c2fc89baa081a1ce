//! The MCP door by hand: what its clients send, and what they may not.

use axum::body::Body;
use axum::http::Request;
use domain::Level;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Desk, MAILBOX, ask, desk};

struct Said {
    status: u16,
    json: Value,
}

async fn post(desk: &Desk, headers: &[(&str, &str)], message: &Value) -> Said {
    let mut request = Request::post("/mcp")
        .header("host", "127.0.0.1:7411")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(message.to_string())).unwrap();
    let response = desk.router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Said {
        status,
        json: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

impl Desk {
    /// A message as a 2025-11-25 client sends it; what came back.
    pub async fn mcp(&self, message: &Value) -> Value {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("mcp-protocol-version", "2025-11-25"),
        ];
        post(self, &headers, message).await.json
    }
}

fn call(tool: &str, arguments: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": tool, "arguments": arguments}})
}

/// A call as a 2025-11-25 client makes it; the result.
pub async fn tool(desk: &Desk, name: &str, arguments: Value) -> Value {
    tool_of(desk, &desk.token, name, arguments).await
}

/// The same by whoever has this token.
pub async fn tool_of(desk: &Desk, token: &str, name: &str, arguments: Value) -> Value {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    let said = post(desk, &headers, &call(name, &arguments)).await;
    assert_eq!(said.status, 200, "{}", said.json);
    said.json["result"].clone()
}

#[tokio::test]
async fn both_living_versions_are_spoken() {
    let desk = desk(Level::AskAlways).await;
    let bearer = format!("Bearer {}", desk.token);
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}}});
    let said = post(&desk, &[("authorization", &bearer)], &hello).await;
    assert_eq!(
        said.json["result"]["protocolVersion"], "2025-11-25",
        "{}",
        said.json
    );
    assert_eq!(said.json["result"]["serverInfo"]["name"], "sendoff");

    let discover = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}}});
    let headers = [
        ("authorization", bearer.as_str()),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "server/discover"),
    ];
    let said = post(&desk, &headers, &discover).await;
    assert!(
        said.json["result"]["supportedVersions"]
            .as_array()
            .is_some_and(|all| all.contains(&json!("2026-07-28"))),
        "{}",
        said.json
    );
}

#[tokio::test]
async fn every_tool_says_what_it_takes_gives_and_does_and_none_loosens() {
    let desk = desk(Level::AskAlways).await;
    let bearer = format!("Bearer {}", desk.token);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let headers = [
        ("authorization", bearer.as_str()),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    let said = post(&desk, &headers, &list).await;
    let tools = said.json["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|t| t["name"].as_str().unwrap()).collect();
    for name in [
        "send_email",
        "check_send",
        "get_send",
        "wait_for_decision",
        "cancel_send",
        "get_limits",
        "add_suppression",
        "reply_email",
        "list_inbox",
        "get_thread",
        "claim_reply",
        "ack_reply",
        "return_reply",
        "answer_question",
        "revise_send",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(names.len(), 15);
    for tool in tools {
        let name = &tool["name"];
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{name}");
        assert!(!tool.to_string().contains("#/components/"), "{name}");
        assert!(tool["annotations"]["readOnlyHint"].is_boolean(), "{name}");
        assert!(
            tool["description"].as_str().is_some_and(|d| d.len() > 40),
            "{name}"
        );
        for loosening in [
            "approve", "resume", "lift", "raise", "grant", "publish", "settle",
        ] {
            assert!(!name.as_str().unwrap().contains(loosening), "{name}");
        }
    }
}

#[tokio::test]
async fn a_mail_is_held_waited_for_and_rejected_with_its_reason() {
    let desk = desk(Level::AskAlways).await;
    let held = tool(&desk, "send_email", ask("bob@x.example")).await;
    let data = &held["structuredContent"];
    assert_eq!(data["state"], "held", "{held}");
    let id = data["id"].as_str().unwrap().to_owned();
    let text = held["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with(&format!("{id} is held.")), "{text}");
    // The same data again as text, for clients that know no structured content.
    let again: Value = serde_json::from_str(held["content"][1]["text"].as_str().unwrap()).unwrap();
    assert_eq!(&again, data);

    let looked = tool(&desk, "get_send", json!({"id": id})).await;
    assert_eq!(looked["structuredContent"]["state"], "held");
    let waiting = tool(&desk, "wait_for_decision", json!({"id": id, "seconds": 20}));
    let rejecting = async {
        let id = id.parse().unwrap();
        desk.engine
            .reject(id, None, "not today".into())
            .await
            .unwrap()
    };
    let (moved, _) = tokio::join!(waiting, rejecting);
    assert_eq!(moved["structuredContent"]["state"], "rejected", "{moved}");
    assert!(
        moved["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("not today"),
        "{moved}"
    );
}

#[tokio::test]
async fn checking_records_nothing_and_taking_back_and_suppressing_work() {
    let desk = desk(Level::AskAlways).await;
    let checked = tool(&desk, "check_send", ask("bob@x.example")).await;
    assert_eq!(checked["structuredContent"]["verdict"], "hold", "{checked}");
    let all = engine::ListFilter::default();
    assert!(
        desk.engine
            .list(all, None, 10)
            .await
            .unwrap()
            .rows
            .is_empty()
    );

    let held = tool(&desk, "send_email", ask("bob@x.example")).await;
    let id = held["structuredContent"]["id"].clone();
    let back = tool(&desk, "cancel_send", json!({"id": id})).await;
    assert_eq!(back["structuredContent"]["state"], "cancelled");
    let row = tool(
        &desk,
        "add_suppression",
        json!({"address": "eve@x.example"}),
    )
    .await;
    assert_eq!(row["structuredContent"]["address"], "eve@x.example");
    assert_eq!(row["structuredContent"]["scope"], "agent");
    let said = row["content"][0]["text"].as_str().unwrap();
    assert_eq!(
        said,
        "You do not write to eve@x.example any more; other agents still may."
    );
    let asked = json!({"address": "zoe@x.example", "mailbox": MAILBOX});
    let row = tool(&desk, "add_suppression", asked).await;
    assert_eq!(row["structuredContent"]["scope"], "mailbox");
    let said = row["content"][0]["text"].as_str().unwrap();
    assert!(
        said.starts_with("Nobody writes to zoe@x.example as that mailbox"),
        "{said}"
    );
    let blocked = tool(&desk, "send_email", ask("eve@x.example")).await;
    assert_eq!(blocked["structuredContent"]["state"], "blocked");
    assert_eq!(
        blocked["isError"], false,
        "a verdict is an answer: {blocked}"
    );
    let limits = tool(&desk, "get_limits", json!({"to": "bob@x.example"})).await;
    assert!(limits["structuredContent"].is_object());
}

#[tokio::test]
async fn the_same_key_asks_once() {
    let desk = desk(Level::AskAlways).await;
    let mut letter = ask("bob@x.example");
    letter["dedupe_key"] = json!("order-7");
    let first = tool(&desk, "send_email", letter.clone()).await;
    let second = tool(&desk, "send_email", letter).await;
    assert_eq!(
        first["structuredContent"]["id"],
        second["structuredContent"]["id"]
    );
    assert_eq!(second["structuredContent"]["replayed"], true);
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_said_to_the_model() {
    let desk = desk(Level::AskAlways).await;
    for (name, arguments, code) in [
        (
            "send_email",
            json!({"mailbox": MAILBOX, "to": ["nobody"]}),
            "invalid_address",
        ),
        (
            "send_email",
            json!({"mailbox": MAILBOX, "to": [], "odd": 1}),
            "unknown_field",
        ),
        ("get_send", json!({"id": "sub_x"}), "not_found"),
        ("get_send", json!({}), "invalid_field"),
    ] {
        let result = tool(&desk, name, arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.starts_with(&format!("{code}: ")), "{text}");
    }
}

/// The fields of a letter that end up in headers.
const HEADER_FIELDS: [&str; 9] = [
    "/mailbox",
    "/to/0",
    "/cc/0",
    "/bcc/0",
    "/reply_to",
    "/subject",
    "/in_reply_to",
    "/attachments/0/filename",
    "/attachments/0/content_type",
];

#[tokio::test]
async fn no_argument_of_a_tool_carries_a_second_header_in() {
    let desk = desk(Level::AskAlways).await;
    let whole = || {
        let mut letter = ask("bob@x.example");
        letter["cc"] = json!(["cc@x.example"]);
        letter["bcc"] = json!(["bcc@x.example"]);
        letter["reply_to"] = json!(MAILBOX);
        letter["in_reply_to"] = json!("<m@x.example>");
        letter["attachments"] =
            json!([{"filename": "a.txt", "content_type": "text/plain", "content": "aGk="}]);
        letter
    };
    let held = tool(&desk, "send_email", whole()).await["structuredContent"]["id"].clone();
    for name in ["send_email", "check_send", "revise_send"] {
        for pointer in HEADER_FIELDS {
            for smuggled in [
                "\r\nBcc: e@evil.example",
                "\nBcc: e@evil.example",
                "\rX: y",
                "\0",
            ] {
                let mut letter = whole();
                if name == "revise_send" {
                    letter["id"] = held.clone();
                }
                let field = letter.pointer_mut(pointer).unwrap();
                *field = json!(format!("{}{smuggled}", field.as_str().unwrap()));
                let said = tool(&desk, name, letter).await;
                assert_eq!(
                    said["isError"], true,
                    "{name} {pointer} {smuggled:?}: {said}"
                );
            }
        }
    }
    // And it goes on serving: there is the first one, and the next.
    let mut other = whole();
    other["to"] = json!(["carl@x.example"]);
    let said = tool(&desk, "send_email", other).await;
    assert_eq!(said["structuredContent"]["state"], "held", "{said}");
    let all = engine::ListFilter::default();
    let rows = desk.engine.list(all, None, 500).await.unwrap().rows;
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn the_guard_stands_before_it() {
    let desk = desk(Level::AskAlways).await;
    let bearer = format!("Bearer {}", desk.token);
    let message = call("send_email", &ask("bob@x.example"));
    let (cut, longer) = (bearer.split_at(bearer.len() - 1).0, format!("{bearer}0"));
    let cases: &[(&[(&str, &str)], u16)] = &[
        (&[], 401),
        (&[("authorization", "Bearer so_live_x")], 401),
        (&[("authorization", "Bearer ")], 401),
        (&[("authorization", cut)], 401),
        (&[("authorization", &longer)], 401),
        (&[("authorization", &bearer.to_uppercase())], 401),
        (
            &[("authorization", &bearer), ("authorization", &bearer)],
            401,
        ),
        (&[("x-postmark-server-token", &desk.token)], 401),
        (
            &[
                ("authorization", &bearer),
                ("origin", "http://evil.example"),
            ],
            403,
        ),
        (
            &[
                ("authorization", &bearer),
                ("origin", "http://127.0.0.1:7411"),
            ],
            403,
        ),
        (&[("authorization", &bearer), ("origin", "null")], 403),
    ];
    for (headers, status) in cases {
        let said = post(&desk, headers, &message).await;
        assert_eq!(said.status, *status, "{headers:?}");
    }
    for host in [
        "evil.example",
        "evil.example:7411",
        "10.0.0.1:7411",
        "127.0.0.1:80",
    ] {
        let foreign = Request::post("/mcp")
            .header("host", host)
            .header("authorization", &bearer)
            .body(Body::from(message.to_string()))
            .unwrap();
        let response = desk.router.clone().oneshot(foreign).await.unwrap();
        assert_eq!(response.status(), 403, "{host}");
    }
    let preflight = Request::builder()
        .method("OPTIONS")
        .uri("/mcp")
        .header("host", "127.0.0.1:7411")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .body(Body::empty())
        .unwrap();
    let response = desk.router.clone().oneshot(preflight).await.unwrap();
    assert_eq!(response.status(), 403);
    let allowed = "access-control-allow-origin";
    assert!(!response.headers().contains_key(allowed));
    // Nothing of it was an ask, and whoever is right is served.
    let said = desk.mcp(&message).await;
    assert_eq!(
        said["result"]["structuredContent"]["state"], "held",
        "{said}"
    );
    let all = engine::ListFilter::default();
    let rows = desk.engine.list(all, None, 500).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn an_assistant_that_only_observes_is_told_that_nothing_was_sent() {
    let desk = desk(Level::Observe).await;
    let said = tool(&desk, "send_email", ask("bob@x.example")).await;
    assert_ne!(said["isError"], true, "{said}");
    assert_eq!(said["structuredContent"]["state"], "observed", "{said}");
    let words = said["content"][0]["text"].as_str().unwrap();
    assert!(words.contains("only observes"), "{words}");
}
