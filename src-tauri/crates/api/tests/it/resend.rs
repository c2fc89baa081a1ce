//! The Resend-shaped door: its clients' requests, answered as they expect.

use axum::body::Body;
use axum::http::Method;
use domain::{Level, Span};
use serde_json::{Value, json};

use crate::support::{Desk, MAILBOX, Reply, desk};

fn email(to: &str, text: &str) -> Value {
    json!({"from": format!("Ann <{MAILBOX}>"), "to": to, "subject": "Hello", "text": text})
}

impl Desk {
    async fn keyed(&self, key: &str, body: &Value) -> Reply {
        let headers = [("idempotency-key", key)];
        self.call(&self.token, Method::POST, "/emails", Some(body), &headers)
            .await
    }
}

/// Status, name, and the error's own status, which is the same.
fn error(reply: &Reply) -> (u16, &str) {
    assert_eq!(
        reply.headers["content-type"], "application/json",
        "{reply:?}"
    );
    assert_eq!(reply.json["statusCode"], reply.status, "{reply:?}");
    let message = reply.json["message"].as_str().unwrap();
    assert!(!message.is_empty() && !message.contains('\n'), "{message}");
    (reply.status, reply.json["name"].as_str().unwrap())
}

#[tokio::test]
async fn an_email_is_taken_at_both_places_and_is_the_same_submission_as_everywhere() {
    let desk = desk(Level::AskOnException).await;
    let sent = desk
        .post("/resend/emails", &email("bob@x.example", "one"))
        .await;
    assert_eq!(sent.status, 200, "{:?}", sent.json);
    assert_eq!(
        (&sent.json["state"], &sent.json["verdict"]),
        (&json!("queued"), &json!("allow"))
    );
    assert!(
        sent.json.get("statusCode").is_none(),
        "its Python client would take it for an error"
    );
    assert!(sent.headers.contains_key("x-sendoff-decision"));
    assert!(!sent.headers.contains_key("x-sendoff-rule"));
    let ours = desk.get(&format!("/v1/submissions/{}", sent.id())).await;
    assert_eq!(ours.json["subject"], "Hello");
    let other = desk.post("/emails", &email("carl@x.example", "two")).await;
    assert_eq!(other.status, 200);
    assert_ne!(other.id(), sent.id());
}

#[tokio::test]
async fn what_waits_is_taken_with_202_and_says_why() {
    let desk = desk(Level::AskAlways).await;
    let held = desk.post("/emails", &email("bob@x.example", "one")).await;
    assert_eq!(
        (held.status, held.json["state"].as_str()),
        (202, Some("held"))
    );
    assert_eq!(held.headers["x-sendoff-rule"], "autonomy");
    assert_eq!(
        held.headers["x-sendoff-decision"],
        held.json["decision"]["id"].as_str().unwrap()
    );
    assert_eq!(held.json["next"]["class"], "needs_person");
    let shown = desk.get(&format!("/emails/{}", held.id())).await;
    assert_eq!(
        (&shown.json["object"], &shown.json["last_event"]),
        (&json!("email"), &json!("queued"))
    );
    assert_eq!(
        (&shown.json["to"], &shown.json["text"]),
        (&json!(["bob@x.example"]), &json!("one"))
    );
    // Node declares a JSON body for a cancellation and sends none.
    let cancelled = desk
        .send(
            desk.request(
                &desk.token,
                Method::POST,
                &format!("/emails/{}/cancel", held.id()),
            )
            .header("content-type", "application/json")
            .body(Body::empty())
            .unwrap(),
        )
        .await;
    assert_eq!(
        (cancelled.status, &cancelled.json["id"]),
        (200, &json!(held.id()))
    );
    let shown = desk.get(&format!("/emails/{}", held.id())).await;
    assert_eq!(shown.json["last_event"], "canceled");
    let again = desk
        .post(&format!("/emails/{}/cancel", held.id()), &json!({}))
        .await;
    assert_eq!(error(&again), (422, "validation_error"));
}

#[tokio::test]
async fn an_observing_agent_is_told_success_and_that_nothing_was_sent() {
    let desk = desk(Level::Observe).await;
    let seen = desk.post("/emails", &email("bob@x.example", "one")).await;
    assert_eq!(
        (seen.status, &seen.json["state"]),
        (200, &json!("observed"))
    );
    let said = seen.json["next"]["message"].as_str().unwrap();
    assert!(said.contains("only observes"), "{said}");
}

#[tokio::test]
async fn a_key_means_one_email_for_a_day_and_then_a_new_one() {
    let desk = desk(Level::AskOnException).await;
    let body = email("bob@x.example", "one");
    let first = desk.keyed("order-1", &body).await;
    let mut listed = body.clone();
    listed["to"] = json!(["bob@x.example"]);
    listed["reply_to"] = json!([]);
    let again = desk.keyed("order-1", &listed).await;
    assert_eq!((again.status, again.id()), (first.status, first.id()));
    assert_eq!(again.json["replayed"], true);
    let other = desk
        .keyed("order-1", &email("bob@x.example", "other"))
        .await;
    assert_eq!(error(&other), (409, "invalid_idempotent_request"));
    for bad in ["", &"k".repeat(257)] {
        assert_eq!(
            error(&desk.keyed(bad, &body).await),
            (400, "invalid_idempotency_key")
        );
    }
    desk.clock.advance(Span::from_hours(23));
    assert_eq!(desk.keyed("order-1", &body).await.id(), first.id());
    desk.clock.advance(Span::from_hours(1));
    let late = desk.keyed("order-1", &body).await;
    assert!(
        late.status < 300 && late.id() != first.id(),
        "{:?}",
        late.json
    );
    // From then on the key means the new one.
    assert_eq!(desk.keyed("order-1", &body).await.id(), late.id());
}

#[tokio::test]
async fn what_was_told_to_try_again_passes_under_its_key_once_it_may() {
    let desk = desk(Level::AskOnException).await;
    desk.publish("[rules.rate_limit]\naction = \"block\"\nmailbox = { hour = 1 }\n")
        .await;
    desk.post("/emails", &email("bob@x.example", "one")).await;
    let body = email("carl@x.example", "two");
    let refused = desk.keyed("order-2", &body).await;
    assert_eq!(error(&refused), (429, "rate_limit_exceeded"));
    let seconds = refused.headers["retry-after"].to_str().unwrap();
    desk.clock
        .advance(Span::from_seconds(seconds.parse().unwrap()));
    let sent = desk.keyed("order-2", &body).await;
    assert_eq!(
        (sent.status, &sent.json["replayed"]),
        (200, &json!(false)),
        "{:?}",
        sent.json
    );
    assert_ne!(sent.id(), refused.id());
    // From then on the key means what was sent.
    assert_eq!(desk.keyed("order-2", &body).await.id(), sent.id());
}

#[tokio::test]
async fn a_repeat_of_a_strict_batch_is_answered_as_the_first_time() {
    let desk = desk(Level::AskOnException).await;
    let batch = json!([email("a@x.example", "a"), email("b@x.example", "b")]);
    let send = async |body: &Value| {
        let key = [("idempotency-key", "batch-1")];
        let path = "/emails/batch";
        desk.call(&desk.token, Method::POST, path, Some(body), &key)
            .await
    };
    let first = send(&batch).await;
    assert_eq!(first.status, 200, "{:?}", first.json);
    // Neither could be sent today.
    desk.suppress("a@x.example").await;
    desk.suppress("b@x.example").await;
    let again = send(&batch).await;
    assert_eq!(again.status, 200, "{:?}", again.json);
    for row in [0, 1] {
        assert_eq!(again.json["data"][row]["id"], first.json["data"][row]["id"]);
        assert_eq!(again.json["data"][row]["replayed"], true);
    }
    // Another batch under the key is wrong for its key, not for what it says.
    let other = json!([email("a@x.example", "a")]);
    assert_eq!(
        error(&send(&other).await),
        (409, "invalid_idempotent_request")
    );
    assert_eq!(error(&desk.post("/emails/batch", &batch).await).0, 422);
}

#[tokio::test]
async fn a_key_of_this_door_takes_no_other_doors_place() {
    let desk = desk(Level::AskOnException).await;
    let ours = json!({"mailbox": MAILBOX, "to": ["carl@x.example"], "subject": "s", "text": "t",
        "dedupe_key": "same"});
    let first = desk.submit(&ours).await;
    let theirs = desk.keyed("same", &email("bob@x.example", "one")).await;
    assert_eq!(theirs.status, 200);
    desk.clock.advance(Span::from_days(3));
    assert_eq!(desk.submit(&ours).await.id(), first.id(), "kept for good");
}

#[tokio::test]
async fn a_repeat_without_a_key_is_told_of_the_first() {
    let desk = desk(Level::AskOnException).await;
    let body = email("bob@x.example", "one");
    let first = desk.post("/emails", &body).await;
    let again = desk.post("/emails", &body).await;
    assert_eq!(
        (again.status, again.id()),
        (200, first.id()),
        "{:?}",
        again.json
    );
    assert_eq!(again.headers["x-sendoff-rule"], "duplicate");
    assert_eq!(again.json["replayed"], true);
    // To another agent its first is nobody's business: a block.
    let (_, token) = desk.another("other", Level::AskOnException).await;
    let other = desk
        .call(&token, Method::POST, "/emails", Some(&body), &[])
        .await;
    assert_eq!(error(&other), (422, "validation_error"));
    assert_ne!(other.json["id"], first.json["id"]);
}

#[tokio::test]
async fn a_block_is_an_error_of_theirs_with_our_decision_beside() {
    let desk = desk(Level::AskOnException).await;
    desk.suppress("gone@x.example").await;
    let refused = desk.post("/emails", &email("gone@x.example", "one")).await;
    assert_eq!(error(&refused), (422, "validation_error"));
    assert_eq!(refused.headers["x-sendoff-rule"], "suppression");
    assert_eq!(refused.json["decision"]["primary"]["rule"], "suppression");
    assert_eq!(
        refused.headers["x-sendoff-decision"],
        refused.json["decision"]["id"].as_str().unwrap()
    );
    let shown = desk.get(&format!("/emails/{}", refused.id())).await;
    assert_eq!(shown.json["last_event"], "suppressed");

    desk.publish("[rules.rate_limit]\naction = \"block\"\nmailbox = { hour = 1 }\n")
        .await;
    desk.post("/emails", &email("bob@x.example", "two")).await;
    let refused = desk
        .post("/emails", &email("carl@x.example", "three"))
        .await;
    assert_eq!(
        error(&refused),
        (429, "rate_limit_exceeded"),
        "{:?}",
        refused.json
    );
    let seconds: u64 = refused.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((3_000..=3_700).contains(&seconds), "{seconds}");
    desk.publish("[rules.rate_limit]\naction = \"block\"\nmailbox = { day = 1 }\n")
        .await;
    let refused = desk
        .post("/emails", &email("carl@x.example", "three"))
        .await;
    assert_eq!(error(&refused), (429, "daily_quota_exceeded"));
    desk.publish("[rules.rate_limit]\nmailbox = { hour = 1 }\n")
        .await;
    let deferred = desk.post("/emails", &email("carl@x.example", "four")).await;
    assert_eq!(
        (deferred.status, &deferred.json["state"]),
        (202, &json!("deferred"))
    );

    desk.pause().await;
    let paused = desk.post("/emails", &email("dora@x.example", "five")).await;
    assert_eq!(error(&paused), (403, "security_error"));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_in_their_names() {
    let desk = desk(Level::AskOnException).await;
    let cases = [
        (
            json!({"to": "bob@x.example"}),
            (422, "missing_required_field"),
        ),
        (
            json!({"from": MAILBOX, "to": []}),
            (422, "missing_required_field"),
        ),
        (
            json!({"from": "me", "to": "bob@x.example"}),
            (422, "invalid_from_address"),
        ),
        (
            json!({"from": "zoe@example.com", "to": "bob@x.example"}),
            (422, "invalid_from_address"),
        ),
        (
            json!({"from": MAILBOX, "to": "bob"}),
            (422, "validation_error"),
        ),
        (
            json!({"from": MAILBOX, "to": "bob@x.example", "subject": "a\r\nBcc: e@x.example"}),
            (422, "validation_error"),
        ),
        (
            json!({"from": MAILBOX, "to": "bob@x.example", "attachments": [{"filename": "f"}]}),
            (422, "invalid_attachment"),
        ),
        (json!([1]), (400, "validation_error")),
    ];
    for (body, expected) in cases {
        assert_eq!(
            error(&desk.post("/emails", &body).await),
            expected,
            "{body}"
        );
    }
    let none = axum::http::Request::post("/emails").header("host", "127.0.0.1:7411");
    let none = desk.send(none.body(Body::empty()).unwrap()).await;
    assert_eq!(error(&none), (401, "missing_api_key"));
    let wrong = desk.call("re_123", Method::GET, "/emails", None, &[]).await;
    assert_eq!(error(&wrong), (403, "invalid_api_key"));
    assert_eq!(
        error(&desk.get("/emails/sub_nope").await),
        (404, "not_found")
    );
    for path in [
        "/domains",
        "/resend/api-keys",
        "/broadcasts/x/send",
        "/resend/nothing",
        "/emails/x/y",
    ] {
        assert_eq!(error(&desk.get(path).await), (404, "not_found"), "{path}");
    }
    let put = desk
        .call(&desk.token, Method::PUT, "/emails", Some(&json!({})), &[])
        .await;
    assert_eq!(error(&put), (405, "method_not_allowed"));
    assert!(put.headers.contains_key("allow"));
}

#[tokio::test]
async fn a_strict_batch_sends_all_or_none_and_a_permissive_one_what_it_can() {
    let desk = desk(Level::AskOnException).await;
    desk.suppress("gone@x.example").await;
    let good = [email("a@x.example", "a"), email("b@x.example", "b")];
    let mixed = json!([good[0], email("gone@x.example", "c"), {"from": MAILBOX, "to": "nobody"}]);
    let count = async || {
        desk.get("/emails").await.json["data"]
            .as_array()
            .unwrap()
            .len()
    };
    let refused = desk.post("/emails/batch", &mixed).await;
    assert_eq!(error(&refused), (422, "validation_error"));
    assert_eq!(count().await, 0, "nothing was recorded, and nothing sent");
    let permissive = [("x-batch-validation", "permissive")];
    let partly = desk
        .call(
            &desk.token,
            Method::POST,
            "/emails/batch",
            Some(&mixed),
            &permissive,
        )
        .await;
    assert_eq!(partly.status, 200);
    assert_eq!(partly.json["data"].as_array().unwrap().len(), 1);
    let errors = partly.json["errors"].as_array().unwrap();
    let at: Vec<u64> = errors
        .iter()
        .map(|one| one["index"].as_u64().unwrap())
        .collect();
    assert_eq!(at, [1, 2]);
    let keyed = [("idempotency-key", "batch-7")];
    let two = json!([email("c@x.example", "c"), email("d@x.example", "d")]);
    let send = async |body: &Value| {
        desk.call(
            &desk.token,
            Method::POST,
            "/emails/batch",
            Some(body),
            &keyed,
        )
        .await
    };
    let first = send(&two).await;
    assert_eq!(first.status, 200);
    assert!(first.json.get("errors").is_none());
    let ids = |reply: &Reply| -> Vec<Value> {
        let rows = reply.json["data"].as_array().unwrap();
        rows.iter().map(|row| row["id"].clone()).collect()
    };
    assert_eq!(ids(&send(&two).await), ids(&first));
    let grown = json!([two[0], two[1], email("e@x.example", "e")]);
    assert_eq!(
        error(&send(&grown).await),
        (409, "invalid_idempotent_request")
    );
    assert_eq!(error(&desk.post("/emails/batch", &json!([])).await).0, 422);
}

#[tokio::test]
async fn pages_go_both_ways_by_the_id_of_a_row() {
    let desk = desk(Level::AskAlways).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(
            desk.post("/emails", &email(&format!("p{n}@x.example"), "x"))
                .await
                .id(),
        );
    }
    ids.reverse();
    let of = |reply: &Reply| -> Vec<String> {
        assert_eq!(reply.json["object"], "list", "{:?}", reply.json);
        let rows = reply.json["data"].as_array().unwrap();
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = desk.get("/emails?limit=2").await;
    assert_eq!(
        (of(&first), &first.json["has_more"]),
        (ids[..2].to_vec(), &json!(true))
    );
    let rest = desk.get(&format!("/emails?limit=3&after={}", ids[1])).await;
    assert_eq!(
        (of(&rest), &rest.json["has_more"]),
        (ids[2..].to_vec(), &json!(false))
    );
    let back = desk
        .get(&format!("/emails?limit=2&before={}", ids[4]))
        .await;
    assert_eq!(of(&back), ids[2..4].to_vec());
    for bad in ["limit=0", "limit=101", "after=nope", "after=a&before=b"] {
        assert_eq!(
            error(&desk.get(&format!("/emails?{bad}")).await),
            (422, "invalid_parameter")
        );
    }
    let (_, token) = desk.another("other", Level::AskAlways).await;
    let others = desk
        .call(
            &token,
            Method::GET,
            &format!("/emails?after={}", ids[0]),
            None,
            &[],
        )
        .await;
    assert_eq!(error(&others).0, 422, "another agent's place is no place");
    let path = format!("/emails/{}", ids[0]);
    let others = desk.call(&token, Method::GET, &path, None, &[]).await;
    assert_eq!(error(&others), (404, "not_found"));
}

impl Desk {
    async fn reschedule(&self, token: &str, id: &str, at: &Value) -> Reply {
        let body = json!({"scheduled_at": at});
        let path = format!("/emails/{id}");
        self.call(token, Method::PATCH, &path, Some(&body), &[])
            .await
    }

    async fn story(&self, id: &str) -> engine::Story {
        let id = id.parse().unwrap();
        self.engine
            .story(domain::Actor::Operator, id)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_scheduled_email_is_given_another_time_and_judged_for_it() {
    let desk = desk(Level::AskOnException).await;
    let mut later = email("bob@x.example", "one");
    later["scheduled_at"] = json!("2026-11-23T10:00:00Z");
    let sent = desk.post("/emails", &later).await;
    assert_eq!(sent.json["state"], "queued", "{sent:?}");
    let then = json!("2026-11-25T10:00:00Z");
    let moved = desk.reschedule(&desk.token, &sent.id(), &then).await;
    assert_eq!((moved.status, moved.id()), (200, sent.id()), "{moved:?}");
    assert_eq!(moved.json["object"], "email");
    let shown = desk.get(&format!("/emails/{}", sent.id())).await;
    assert_eq!(shown.json["last_event"], "scheduled", "{shown:?}");
    assert_eq!(shown.json["scheduled_at"], "2026-11-25T10:00:00.000000Z");
    let story = desk.story(&sent.id()).await;
    assert_eq!((story.versions.len(), story.decisions.len()), (2, 2));
    // Its own first version is no likeness, no repeat and no cooldown to it.
    let sooner = desk
        .reschedule(&desk.token, &sent.id(), &json!("in 30 minutes"))
        .await;
    assert_eq!(sooner.json["state"], "queued", "{sooner:?}");
    let report = desk.engine.verify(|_, _| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test]
async fn another_time_does_not_take_an_approval_with_it() {
    let desk = desk(Level::AskAlways).await;
    let mut later = email("bob@x.example", "one");
    later["scheduled_at"] = json!("2026-11-23T10:00:00Z");
    let held = desk.post("/emails", &later).await;
    let waits = desk
        .reschedule(&desk.token, &held.id(), &json!("2026-11-24T10:00:00Z"))
        .await;
    assert_eq!(
        (waits.status, &waits.json["state"]),
        (202, &json!("held")),
        "{waits:?}"
    );
    let seen = desk.story(&held.id()).await.row;
    desk.engine.approve(seen.id, seen.hash).await.unwrap();
    assert_eq!(
        desk.story(&held.id()).await.row.state.name().to_string(),
        "queued"
    );
    let moved = desk
        .reschedule(&desk.token, &held.id(), &json!("in 2 hours"))
        .await;
    assert_eq!((moved.status, &moved.json["state"]), (202, &json!("held")));
    let now = desk.story(&held.id()).await.row;
    assert_ne!(now.hash, seen.hash);
    assert!(now.approved.is_none());
    let stale = desk.engine.approve(seen.id, seen.hash).await.unwrap_err();
    assert_eq!(stale.code, domain::Code::StaleHash);
    let report = desk.engine.verify(|_, _| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test]
async fn what_cannot_be_given_another_time_says_why() {
    let desk = desk(Level::AskAlways).await;
    let id = desk
        .post("/emails", &email("bob@x.example", "one"))
        .await
        .id();
    for (at, said) in [
        (json!(null), "missing_required_field"),
        (json!("soon"), "validation_error"),
        (json!("2027-11-23T10:00:00Z"), "validation_error"),
    ] {
        let refused = desk.reschedule(&desk.token, &id, &at).await;
        assert_eq!(error(&refused), (422, said), "{at}");
    }
    let then = json!("in 1 hour");
    let (_, token) = desk.another("other", Level::AskAlways).await;
    let others = desk.reschedule(&token, &id, &then).await;
    assert_eq!(error(&others), (404, "not_found"));
    desk.post(&format!("/emails/{id}/cancel"), &json!({})).await;
    let late = desk.reschedule(&desk.token, &id, &then).await;
    assert_eq!(error(&late), (422, "validation_error"));
    assert_eq!(desk.story(&id).await.versions.len(), 1);
}

#[tokio::test]
async fn received_email_is_listed_and_shown_fenced_to_whom_it_belongs() {
    let desk = desk(Level::AskAlways).await;
    let (_, message_id) = desk.asked("bob@x.example").await;
    let mut ids = Vec::new();
    for mark in ["r1", "r2", "r3"] {
        let text = format!("What about Tuesday? {mark}");
        ids.push(desk.answered(&message_id, mark, &text).await.to_string());
    }
    ids.reverse();
    let of = |reply: &Reply| -> Vec<String> {
        let rows = reply.json["data"].as_array().unwrap();
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = desk.get("/emails/receiving").await;
    assert_eq!(of(&all), ids, "{all:?}");
    assert_eq!(
        (&all.json["object"], &all.json["has_more"]),
        (&json!("list"), &json!(false))
    );
    let row = &all.json["data"][0];
    assert_eq!(
        (&row["to"], &row["subject"]),
        (&json!([MAILBOX]), &json!("Re: Hello r3"))
    );
    assert_eq!(row["message_id"], "<r3@x.example>");
    assert!(row.get("text").is_none() && row.get("html").is_none());
    let two = desk.get("/resend/emails/receiving?limit=2").await;
    assert_eq!(
        (of(&two), &two.json["has_more"]),
        (ids[..2].to_vec(), &json!(true))
    );
    let rest = desk
        .get(&format!("/emails/receiving?after={}", ids[1]))
        .await;
    assert_eq!(of(&rest), ids[2..].to_vec());
    let back = desk
        .get(&format!("/emails/receiving?before={}", ids[2]))
        .await;
    assert_eq!(of(&back), ids[..2].to_vec());

    let path = format!("/emails/receiving/{}", ids[0]);
    let shown = desk.get(&path).await;
    assert_eq!(
        (&shown.json["object"], &shown.json["html"]),
        (&json!("email"), &Value::Null)
    );
    let text = shown.json["text"].as_str().unwrap();
    assert!(text.starts_with("--- begin untrusted text so-") && text.contains("Tuesday? r3"));
    assert_eq!(shown.json["content_trust"], "untrusted");
    assert_eq!(shown.json["sendoff"]["id"], ids[0].as_str());

    let (_, token) = desk.another("other", Level::AskAlways).await;
    let theirs = desk
        .call(&token, Method::GET, "/emails/receiving", None, &[])
        .await;
    assert_eq!(theirs.json["data"], json!([]));
    for path in [path, format!("/emails/receiving?after={}", ids[0])] {
        let refused = desk.call(&token, Method::GET, &path, None, &[]).await;
        assert!(matches!(error(&refused).0, 404 | 422), "{path}");
    }
    assert_eq!(
        error(&desk.get("/emails/receiving/nope").await),
        (404, "not_found")
    );
}
