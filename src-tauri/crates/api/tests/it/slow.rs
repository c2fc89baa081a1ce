//! Bodies that are too long, or come slowly: at every door the same size, the same time, and nobody
//! else kept waiting.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use domain::{Level, limits};
use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Desk, MAILBOX, ask, desk};

const MCP: &str = "/mcp";
/// A way in for each way of reading a body.
const PATHS: [&str; 2] = ["/v1/submissions", MCP];
/// Longer than any of these takes, shorter than any limit they are about.
const PATIENCE: Duration = Duration::from_secs(20);

fn call(tool: &str, arguments: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": tool, "arguments": arguments}})
}

/// A letter over what is a long body, as this path takes it.
fn long_letter(path: &str) -> Value {
    let mut letter = ask("bob@x.example");
    letter["attachments"] = json!([{"filename": "a.bin", "content_type": "application/octet-stream",
        "content": "AAAA".repeat(50_000)}]);
    match path == MCP {
        true => call("send_email", &letter),
        false => letter,
    }
}

/// What a request comes to: its status, and its answer as JSON if it is.
async fn send(desk: &Desk, token: &str, path: &str, body: Body) -> (u16, Value) {
    let request = desk
        .request(token, Method::POST, path)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25");
    let request: Request<Body> = request.body(body).unwrap();
    let response = desk.router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let octets = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&octets).unwrap_or_default())
}

/// A body that begins and never ends; counts those that somebody has begun to read.
fn endless(begun: &Arc<AtomicUsize>) -> Body {
    let begun = Arc::clone(begun);
    let first = stream::once(async move {
        begun.fetch_add(1, Ordering::SeqCst);
        Ok::<_, std::io::Error>(Bytes::from_static(b"{"))
    });
    Body::from_stream(first.chain(stream::pending()))
}

/// What `asked` comes to while `others` go on without end.
async fn meanwhile<T>(others: impl Future, asked: impl Future<Output = T>) -> T {
    let asked = tokio::time::timeout(PATIENCE, asked);
    tokio::select! {
        biased;
        _ = others => panic!("what goes on without end has ended"),
        answer = asked => answer.expect("an answer while others are slow"),
    }
}

#[tokio::test]
async fn an_agent_that_sends_slowly_keeps_no_other_agents_long_message_waiting() {
    for slow_path in PATHS {
        let desk = desk(Level::AskAlways).await;
        let (_, other) = desk.another("other", Level::AskAlways).await;
        let begun = Arc::new(AtomicUsize::new(0));
        let slow = (0..20).map(|_| send(&desk, &desk.token, slow_path, endless(&begun)));
        let asked = async {
            while begun.load(Ordering::SeqCst) < 4 {
                tokio::task::yield_now().await;
            }
            for path in PATHS {
                let body = Body::from(long_letter(path).to_string());
                let (status, answer) = send(&desk, &other, path, body).await;
                assert!(
                    matches!(status, 200 | 202),
                    "{slow_path}, {path}: {status} {answer}"
                );
            }
        };
        meanwhile(join_all(slow), asked).await;
        let held = desk.engine.list(engine::ListFilter::default(), None, 10);
        assert_eq!(held.await.unwrap().rows.len(), 2, "{slow_path}");
    }
}

#[tokio::test]
async fn a_tool_that_waits_for_a_person_keeps_no_place_of_a_long_body() {
    let desk = desk(Level::AskAlways).await;
    let id = desk.submit(&ask("carl@x.example")).await.id();
    let wait = call("wait_for_decision", &json!({"id": id})).to_string();
    let padded = format!("{wait}{}", " ".repeat(100_000));
    let waits = (0..20).map(|_| send(&desk, &desk.token, MCP, Body::from(padded.clone())));
    let asked = async {
        // Long enough for all of them to be waiting.
        for _ in 0..50 {
            assert_eq!(desk.get("/v1/me").await.status, 200);
        }
        let body = Body::from(long_letter(MCP).to_string());
        send(&desk, &desk.token, MCP, body).await
    };
    let (status, answer) = meanwhile(join_all(waits), asked).await;
    assert_eq!(status, 200);
    assert_eq!(
        answer["result"]["structuredContent"]["state"], "held",
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_in_time_is_refused_at_every_door() {
    for path in [PATHS[0], MCP, "/emails"] {
        let desk = desk(Level::AskAlways).await;
        let begun = Arc::new(AtomicUsize::new(0));
        let (status, answer) = send(&desk, &desk.token, path, endless(&begun)).await;
        assert_eq!(status, 400, "{path}: {answer}");
        let said = answer.to_string();
        assert!(
            said.contains("did not arrive within 60 s"),
            "{path}: {said}"
        );
    }
}

#[tokio::test]
async fn the_tools_take_no_longer_body_and_no_more_requests_than_the_other_doors() {
    let desk = desk(Level::AskAlways).await;
    let long = "x".repeat(limits::BODY_OCTETS_MAX);
    let long = call("send_email", &json!({"mailbox": MAILBOX, "text": long}));
    let (status, answer) = send(&desk, &desk.token, MCP, Body::from(long.to_string())).await;
    assert_eq!((status, &answer["code"]), (413, &json!("body_too_large")));

    // Asks come out of the one bucket, and an empty one is told to the model with how long to wait.
    let letter = || ask("bob@x.example");
    let rows = Value::from(vec![json!({}); limits::BATCH_MAX]);
    for _ in 0..limits::ASKS_BURST as usize / limits::BATCH_MAX {
        assert_eq!(desk.post("/v1/submissions/batch", &rows).await.status, 200);
    }
    for tool in ["send_email", "check_send"] {
        let body = Body::from(call(tool, &letter()).to_string());
        let (status, answer) = send(&desk, &desk.token, MCP, body).await;
        assert_eq!((status, &answer["result"]["isError"]), (200, &json!(true)));
        let said = answer["result"]["content"][0]["text"].as_str().unwrap();
        assert!(
            said.starts_with("too_many_requests: ") && said.ends_with(" s"),
            "{said}"
        );
    }

    let mut open = Vec::new();
    for _ in 0..limits::OPEN_REQUESTS_PER_AGENT_MAX {
        let request = desk.request(&desk.token, Method::GET, "/v1/events");
        let request = request.body(Body::empty()).unwrap();
        open.push(desk.router.clone().oneshot(request).await.unwrap());
    }
    let body = Body::from(call("get_limits", &json!({})).to_string());
    let (status, answer) = send(&desk, &desk.token, MCP, body).await;
    assert_eq!(
        (status, &answer["code"]),
        (429, &json!("too_many_requests"))
    );
}
