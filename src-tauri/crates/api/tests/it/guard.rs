//! Who is let in, from where, how fast, and what one agent can see of another.

use api::{HostRule, Options};
use axum::body::Body;
use axum::http::{Method, Request};
use domain::{Level, Span, limits};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use crate::support::{BEGIN, Desk, MAILBOX, ask, desk};

const ME: &str = "/v1/me";

fn bare(path: &str) -> axum::http::request::Builder {
    Request::builder()
        .uri(path)
        .header("host", "127.0.0.1:7411")
}

#[tokio::test]
async fn a_token_is_needed_and_only_one_in_force_will_do() {
    let desk = desk(Level::AskAlways).await;
    let none = desk.send(bare(ME).body(Body::empty()).unwrap()).await;
    assert_eq!(none.problem(), (401, "unauthenticated", None));
    assert_eq!(none.headers["www-authenticate"], "Bearer");
    for header in [
        "",
        "Bearer",
        "Bearer ",
        "Basic eDp5",
        "so_live_x",
        "Bearer so_live_x",
    ] {
        let request = bare(ME)
            .header("authorization", header)
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            desk.send(request).await.problem(),
            (401, "unauthenticated", None),
            "{header}"
        );
    }
    for path in [
        "/v1/submissions",
        "/v1/events",
        "/v1/limits",
        "/v1/decisions/x",
    ] {
        let request = bare(path).body(Body::empty()).unwrap();
        assert_eq!(desk.send(request).await.problem().0, 401, "{path}");
    }

    let ends = BEGIN.parse::<domain::Timestamp>().unwrap() + Span::from_hours(1);
    let mailbox = MAILBOX.parse().unwrap();
    let (_, brief) = desk
        .engine
        .add_agent("brief", &mailbox, Level::AskAlways, Some(ends))
        .await
        .unwrap();
    assert_eq!(
        desk.call(&brief, Method::GET, ME, None, &[]).await.status,
        200
    );
    desk.clock.advance(Span::from_hours(1));
    let ended = desk.call(&brief, Method::GET, ME, None, &[]).await;
    assert_eq!(ended.problem(), (401, "token_ended", None));

    let (fired, token) = desk.another("fired", Level::AskAlways).await;
    desk.engine.revoke_agent(fired.id).await.unwrap();
    let reply = desk
        .call(
            &token,
            Method::POST,
            "/v1/submissions",
            Some(&ask("b@x.example")),
            &[],
        )
        .await;
    assert_eq!(reply.problem(), (401, "token_ended", None));
}

#[tokio::test]
async fn health_and_the_document_need_no_token_and_still_the_right_host() {
    let desk = desk(Level::AskAlways).await;
    for path in ["/v1/health", "/v1/openapi.json"] {
        let reply = desk.send(bare(path).body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 200, "{path}");
        let stranger = Request::builder()
            .uri(path)
            .header("host", "evil.example:7411");
        let reply = desk.send(stranger.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.problem(), (403, "host_forbidden", None), "{path}");
    }
    let document = desk
        .send(bare("/v1/openapi.json").body(Body::empty()).unwrap())
        .await;
    assert_eq!(
        document.json,
        serde_json::from_str::<serde_json::Value>(&api::openapi_json()).unwrap()
    );
}

#[tokio::test]
async fn host_and_origin_are_checked_before_anything_else_is_read() {
    let desk = desk(Level::AskAlways).await;
    let send = async |headers: &[(&str, &str)]| {
        let request = Request::builder()
            .uri(ME)
            .header("authorization", format!("Bearer {}", desk.token));
        let request = headers
            .iter()
            .fold(request, |r, (name, value)| r.header(*name, *value));
        desk.send(request.body(Body::empty()).unwrap()).await
    };
    let host = ("host", "localhost:7411");
    assert_eq!(send(&[host]).await.status, 200);
    assert_eq!(
        send(&[
            host,
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "cross-site")
        ])
        .await
        .status,
        200
    );
    assert_eq!(send(&[]).await.problem(), (403, "host_forbidden", None));
    assert_eq!(
        send(&[("host", "attacker.example:7411")]).await.problem(),
        (403, "host_forbidden", None)
    );
    assert_eq!(
        send(&[("host", "127.0.0.1:7412")]).await.problem(),
        (403, "host_forbidden", None)
    );
    assert_eq!(
        send(&[host, ("origin", "https://attacker.example")])
            .await
            .problem(),
        (403, "origin_forbidden", None)
    );
    assert_eq!(
        send(&[host, ("origin", "null")]).await.problem(),
        (403, "origin_forbidden", None)
    );
    // A wrong host is told before a wrong token, on paths that do not exist as well.
    let request = Request::builder()
        .uri("/nothing")
        .header("host", "attacker.example");
    assert_eq!(
        desk.send(request.body(Body::empty()).unwrap())
            .await
            .problem()
            .1,
        "host_forbidden"
    );
}

#[tokio::test]
async fn a_page_the_operator_allowed_may_ask_and_read() {
    let mut desk = desk(Level::AskAlways).await;
    let origin = "http://localhost:5173";
    let options = Options {
        allowed_origins: vec![origin.to_owned()],
        ..Options::default()
    };
    desk.router = api::router(desk.engine.clone(), options);
    let reply = desk
        .call(&desk.token, Method::GET, ME, None, &[("origin", origin)])
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["access-control-allow-origin"], origin);
    let preflight = bare("/v1/submissions")
        .method(Method::OPTIONS)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let response = desk
        .router
        .clone()
        .oneshot(preflight.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["access-control-allow-origin"], origin);
    // Every header its clients send: with one missing, a page cannot ask at all.
    let allowed = response.headers()["access-control-allow-headers"].clone();
    let allowed: Vec<&str> = allowed.to_str().unwrap().split(',').collect();
    for header in [
        "authorization",
        "idempotency-key",
        "mcp-protocol-version",
        "mcp-method",
        "mcp-name",
        "mcp-session-id",
        "x-postmark-server-token",
    ] {
        assert!(allowed.contains(&header), "{header}: {allowed:?}");
    }
    let other = desk
        .call(
            &desk.token,
            Method::GET,
            ME,
            None,
            &[("origin", "http://localhost:1")],
        )
        .await;
    assert_eq!(other.problem().1, "origin_forbidden");
}

#[tokio::test]
async fn a_unix_socket_door_answers_to_any_host() {
    let mut desk = desk(Level::AskAlways).await;
    desk.router = api::router_for(desk.engine.clone(), Options::default(), HostRule::Any);
    let request = Request::builder()
        .uri("/v1/health")
        .header("host", "sendoff");
    assert_eq!(
        desk.send(request.body(Body::empty()).unwrap()).await.status,
        200
    );
}

#[tokio::test]
async fn an_agent_sees_only_its_own() {
    let desk = desk(Level::AskAlways).await;
    let (_, stranger) = desk.another("stranger", Level::AskOnException).await;
    let made = desk.submit(&ask("bob@x.example")).await;
    let submission = format!("/v1/submissions/{}", made.id());
    let decision = format!(
        "/v1/decisions/{}",
        made.json["decision"]["id"].as_str().unwrap()
    );
    for (method, path) in [
        (Method::GET, submission.clone()),
        (Method::GET, format!("{submission}?wait=50")),
        (Method::DELETE, submission.clone()),
        (Method::GET, decision),
    ] {
        let reply = desk.call(&stranger, method.clone(), &path, None, &[]).await;
        assert_eq!(reply.problem(), (404, "not_found", None), "{method} {path}");
    }
    let list = desk
        .call(&stranger, Method::GET, "/v1/submissions", None, &[])
        .await;
    assert_eq!(list.json["submissions"], json!([]));
    // The same key of another agent is another key.
    let mut keyed = ask("carl@x.example");
    keyed["dedupe_key"] = json!("k");
    let mine = desk.submit(&keyed).await;
    let theirs = desk
        .call(
            &stranger,
            Method::POST,
            "/v1/submissions",
            Some(&keyed),
            &[],
        )
        .await;
    assert_ne!(mine.id(), theirs.id());
    assert_eq!(theirs.json["replayed"], false);
    assert_eq!(desk.get(&submission).await.json["state"], "held");
}

fn slow(desk: &Desk, per_second: u32, burst: u32) -> axum::Router {
    let options = Options {
        budget: engine::Budget::new(engine::AskRate { per_second, burst }),
        ..Options::default()
    };
    api::router(desk.engine.clone(), options)
}

#[tokio::test]
async fn asks_beyond_the_bucket_are_429_with_how_long_to_wait_and_are_not_judged() {
    let mut desk = desk(Level::AskAlways).await;
    desk.router = slow(&desk, 1, 3);
    for n in 0..3 {
        assert_eq!(
            desk.submit(&ask(&format!("r{n}@x.example"))).await.status,
            202
        );
    }
    let refused = desk.submit(&ask("r3@x.example")).await;
    assert_eq!(refused.problem(), (429, "too_many_requests", None));
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.json["retry_after"], 1);
    assert_eq!(
        desk.post("/v1/submissions/check", &ask("r3@x.example"))
            .await
            .status,
        429
    );
    assert_eq!(
        desk.get("/v1/submissions").await.json["submissions"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        desk.post("/v1/suppressions", &json!({"address": "a@x.example"}))
            .await
            .status,
        200,
        "tightening is never too fast"
    );
    let (_, other) = desk.another("other", Level::AskAlways).await;
    let reply = desk
        .call(
            &other,
            Method::POST,
            "/v1/submissions",
            Some(&ask("r4@x.example")),
            &[],
        )
        .await;
    assert_eq!(reply.status, 202, "each agent has its own bucket");

    desk.clock.advance(Span::from_seconds(1));
    assert_eq!(desk.submit(&ask("r3@x.example")).await.status, 202);
    assert_eq!(desk.submit(&ask("r4@x.example")).await.status, 429);
}

#[tokio::test]
async fn a_batch_takes_one_for_each_row_all_or_none() {
    let mut desk = desk(Level::AskAlways).await;
    desk.router = slow(&desk, 1, 3);
    let rows = |n: usize| {
        json!(
            (0..n)
                .map(|n| ask(&format!("r{n}@x.example")))
                .collect::<Vec<_>>()
        )
    };
    assert_eq!(
        desk.post("/v1/submissions/batch", &rows(4)).await.status,
        429
    );
    assert_eq!(
        desk.post("/v1/submissions/batch", &rows(2)).await.status,
        200
    );
    let refused = desk.post("/v1/submissions/batch", &rows(3)).await;
    assert_eq!(
        (refused.status, &refused.headers["retry-after"]),
        (429, &"2".parse().unwrap())
    );
    assert_eq!(
        desk.get("/v1/submissions").await.json["submissions"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(desk.submit(&ask("last@x.example")).await.status, 202);
}

#[tokio::test]
async fn two_hundred_requests_are_open_at_once_until_their_answers_are_read() {
    let desk = desk(Level::AskAlways).await;
    let mut streams = Vec::new();
    for _ in 0..limits::OPEN_REQUESTS_PER_AGENT_MAX {
        let request = desk.request(&desk.token, Method::GET, "/v1/events");
        let response = desk
            .router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        streams.push(response.into_body());
    }
    let refused = desk.get(ME).await;
    assert_eq!(refused.problem(), (429, "too_many_requests", None));
    assert!(refused.headers.contains_key("retry-after"));
    let (_, other) = desk.another("other", Level::AskAlways).await;
    assert_eq!(
        desk.call(&other, Method::GET, ME, None, &[]).await.status,
        200
    );

    streams.pop();
    assert_eq!(desk.get(ME).await.status, 200);
    assert_eq!(
        desk.get(ME).await.status,
        200,
        "a place comes back with every answer read"
    );
    let unread = desk
        .router
        .clone()
        .oneshot(
            desk.request(&desk.token, Method::GET, ME)
                .body(Body::empty())
                .unwrap(),
        )
        .await
        .unwrap();
    assert_eq!(
        desk.get(ME).await.problem().0,
        429,
        "an answer not yet read still counts"
    );
    unread.into_body().collect().await.unwrap();
    assert_eq!(desk.get(ME).await.status, 200);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_however_it_is_sent() {
    let desk = desk(Level::AskAlways).await;
    let octets = limits::BODY_OCTETS_MAX + 1;
    let post = || {
        desk.request(&desk.token, Method::POST, "/v1/submissions")
            .header("content-type", "application/json")
    };
    let whole = post().body(Body::from(vec![b' '; octets])).unwrap();
    assert_eq!(
        desk.send(whole).await.problem(),
        (413, "body_too_large", None)
    );
    let chunks = (0..36).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024 * 1024]));
    let chunked = Body::from_stream(futures_util::stream::iter(chunks));
    assert_eq!(
        desk.send(post().body(chunked).unwrap()).await.problem(),
        (413, "body_too_large", None)
    );
    let broken = (0..3).map(|n| {
        if n < 2 {
            Ok(vec![b' '; 10])
        } else {
            Err(std::io::Error::other("cut"))
        }
    });
    let broken = Body::from_stream(futures_util::stream::iter(broken));
    assert_eq!(
        desk.send(post().body(broken).unwrap()).await.problem(),
        (400, "malformed_body", None)
    );
}

#[tokio::test]
async fn a_big_message_within_the_limit_is_taken() {
    let desk = desk(Level::AskAlways).await;
    let mut body = ask("bob@x.example");
    let content = "AAAA".repeat(20 * 1024 * 1024 / 3);
    body["attachments"] = json!([{"filename": "big.bin", "content_type": "application/octet-stream", "content": content}]);
    let reply = desk.submit(&body).await;
    assert_eq!(reply.status, 202, "{:?}", reply.json["detail"]);
}
