//! The event stream: your own changes, in order, none twice, none missing in silence.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use domain::{Actor, Level};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Desk, ask, desk};

/// One event as a client reads it.
#[derive(Debug, PartialEq)]
struct Event {
    id: u64,
    name: String,
    data: Value,
}

struct Listener {
    body: Body,
    buffer: String,
}

impl Listener {
    async fn open(desk: &Desk, token: &str, path: &str, last: Option<u64>) -> Self {
        let mut request = desk.request(token, Method::GET, path);
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = desk
            .router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Listener {
            body: response.into_body(),
            buffer: String::new(),
        }
    }

    /// The next event; `None` at the end of the stream. Comments are passed over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let field = |name: &str| {
                    let prefix = format!("{name}: ");
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(&prefix))
                        .map(str::to_owned)
                };
                let event = field("data").map(|data| Event {
                    id: field("id").unwrap().parse().unwrap(),
                    name: field("event").unwrap(),
                    data: serde_json::from_str(&data).unwrap(),
                });
                self.buffer = rest.to_owned();
                match event {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let frame = tokio::time::timeout(Duration::from_secs(20), self.body.frame());
            let frame = frame.await.expect("an event within 20 s")?;
            let data = frame.unwrap().into_data().unwrap();
            self.buffer.push_str(std::str::from_utf8(&data).unwrap());
        }
    }

    async fn states(&mut self, n: usize) -> Vec<(String, String)> {
        let mut states = Vec::new();
        for _ in 0..n {
            let event = self.next().await.unwrap();
            assert_eq!(event.name, "submission.changed");
            let text = |field: &str| event.data[field].as_str().unwrap().to_owned();
            states.push((text("id"), text("state")));
        }
        states
    }
}

#[tokio::test]
async fn a_listener_hears_its_own_changes_as_they_happen_and_nobody_elses() {
    let desk = desk(Level::AskAlways).await;
    let (_, stranger) = desk.another("stranger", Level::AskAlways).await;
    desk.submit(&ask("before@x.example")).await;
    let mut listener = Listener::open(&desk, &desk.token, "/v1/events", None).await;
    desk.call(
        &stranger,
        Method::POST,
        "/v1/submissions",
        Some(&ask("theirs@x.example")),
        &[],
    )
    .await;
    desk.post("/v1/suppressions", &json!({"address": "noise@x.example"}))
        .await;
    let made = desk.submit(&ask("mine@x.example")).await;
    let event = listener.next().await.unwrap();
    assert_eq!(event.name, "submission.changed");
    assert_eq!(event.id, made.json["seq"].as_u64().unwrap());
    assert_eq!(event.data["id"], made.json["id"]);
    assert_eq!(
        (&event.data["state"], &event.data["verdict"]),
        (&json!("held"), &json!("hold"))
    );
    assert_eq!(event.data["next"]["class"], "needs_person");

    desk.delete(&format!("/v1/submissions/{}", made.id())).await;
    let event = listener.next().await.unwrap();
    assert_eq!(event.data["state"], "cancelled");
    assert_eq!(event.data["next"]["class"], "done");
}

#[tokio::test]
async fn a_listener_that_comes_back_hears_exactly_what_it_missed() {
    let desk = desk(Level::AskAlways).await;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(desk.submit(&ask(&format!("r{n}@x.example"))).await);
    }
    let last = ids[1].json["seq"].as_u64().unwrap();
    let held = |reply: &crate::support::Reply| (reply.id(), "held".to_owned());
    let mut by_header = Listener::open(&desk, &desk.token, "/v1/events", Some(last)).await;
    let mut by_query = Listener::open(
        &desk,
        &desk.token,
        &format!("/v1/events?after={last}"),
        None,
    )
    .await;
    for listener in [&mut by_header, &mut by_query] {
        assert_eq!(listener.states(2).await, [held(&ids[2]), held(&ids[3])]);
    }
    let fifth = desk.submit(&ask("r5@x.example")).await;
    for listener in [&mut by_header, &mut by_query] {
        assert_eq!(
            listener.states(1).await,
            [held(&fifth)],
            "and goes on without a seam"
        );
    }
    let mut from_the_start = Listener::open(&desk, &desk.token, "/v1/events?after=0", None).await;
    assert_eq!(from_the_start.states(5).await.len(), 5);
}

#[tokio::test]
async fn an_event_that_was_overtaken_says_what_it_was_and_not_what_to_do() {
    let desk = desk(Level::AskAlways).await;
    let made = desk.submit(&ask("bob@x.example")).await;
    desk.delete(&format!("/v1/submissions/{}", made.id())).await;
    let mut listener = Listener::open(&desk, &desk.token, "/v1/events?after=0", None).await;
    let first = listener.next().await.unwrap();
    assert_eq!(first.data["state"], "held");
    assert!(first.data.get("next").is_none());
    let second = listener.next().await.unwrap();
    assert_eq!(
        (&second.data["state"], &second.data["next"]["class"]),
        (&json!("cancelled"), &json!("done"))
    );
}

#[tokio::test]
async fn a_number_that_is_not_ours_is_answered_with_a_gap() {
    let desk = desk(Level::AskAlways).await;
    desk.submit(&ask("bob@x.example")).await;
    let mut listener = Listener::open(&desk, &desk.token, "/v1/events", Some(9_999_999)).await;
    let gap = listener.next().await.unwrap();
    assert_eq!(gap.name, "gap");
    assert_eq!(gap.data["after"], 9_999_999);
    assert!(gap.id < 9_999_999, "and goes on from where the record is");
    let made = desk.submit(&ask("carl@x.example")).await;
    assert_eq!(listener.next().await.unwrap().data["id"], made.json["id"]);
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_opened_it() {
    let desk = desk(Level::AskAlways).await;
    let mut listener = Listener::open(&desk, &desk.token, "/v1/events", None).await;
    desk.engine.revoke_agent(desk.agent.id).await.unwrap();
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn a_story_of_many_steps_is_told_in_order() {
    let desk = desk(Level::AskAlways).await;
    let mut listener = Listener::open(&desk, &desk.token, "/v1/events", None).await;
    let made = desk.submit(&ask("bob@x.example")).await;
    let id = made.id().parse().unwrap();
    let hash = desk
        .engine
        .story(Actor::Operator, id)
        .await
        .unwrap()
        .row
        .hash;
    desk.engine.approve(id, hash).await.unwrap();
    desk.engine.undo(id).await.unwrap();
    desk.engine.reject(id, None, "no".into()).await.unwrap();
    let states: Vec<String> = listener
        .states(4)
        .await
        .into_iter()
        .map(|(_, state)| state)
        .collect();
    assert_eq!(states, ["held", "queued", "held", "rejected"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_says_where_it_stands_so_that_nobody_gives_up_on_it() {
    let desk = desk(Level::AskAlways).await;
    let last = desk.submit(&ask("bob@x.example")).await.json["seq"]
        .as_u64()
        .unwrap();
    let mut listener = Listener::open(&desk, &desk.token, "/v1/events", None).await;
    let begun = tokio::time::Instant::now();
    for (n, least) in [0, 15, 30].into_iter().enumerate() {
        let frame = listener
            .body
            .frame()
            .await
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap();
        let text = std::str::from_utf8(&frame).unwrap();
        assert!(
            text.contains(&format!("id: {last}\n")) && !text.contains("data:"),
            "{n}: {text}"
        );
        assert!(begun.elapsed() >= Duration::from_secs(least), "{n}");
    }
    assert!(begun.elapsed() < Duration::from_secs(31));
}

#[tokio::test(start_paused = true)]
async fn the_bustle_of_others_does_not_keep_a_stream_silent() {
    let desk = desk(Level::AskAlways).await;
    let (_, stranger) = desk.another("stranger", Level::AskAlways).await;
    let mut listener = Listener::open(&desk, &desk.token, "/v1/events", None).await;
    listener.body.frame().await.unwrap().unwrap();
    let begun = tokio::time::Instant::now();
    for n in 0..2 {
        tokio::time::advance(Duration::from_secs(10)).await;
        let theirs = ask(&format!("r{n}@x.example"));
        desk.call(
            &stranger,
            Method::POST,
            "/v1/submissions",
            Some(&theirs),
            &[],
        )
        .await;
    }
    let frame = listener
        .body
        .frame()
        .await
        .unwrap()
        .unwrap()
        .into_data()
        .unwrap();
    assert!(!std::str::from_utf8(&frame).unwrap().contains("data:"));
    assert!(
        begun.elapsed() < Duration::from_secs(25),
        "{:?}",
        begun.elapsed()
    );
}
