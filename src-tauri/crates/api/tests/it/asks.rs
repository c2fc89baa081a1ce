//! Asking to send: one, a check, a batch, a repeat; and the tightening verbs.

use axum::http::Method;
use domain::{Level, SubmissionId};
use serde_json::{Value, json};

use crate::support::{ask, desk};

fn id_of(reply: &crate::support::Reply) -> SubmissionId {
    reply.id().parse().unwrap()
}

#[tokio::test]
async fn an_ask_on_exception_is_queued_with_200() {
    let desk = desk(Level::AskOnException).await;
    let reply = desk.submit(&ask("bob@x.example")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(
        (&reply.json["state"], &reply.json["verdict"]),
        (&json!("queued"), &json!("allow"))
    );
    assert_eq!(reply.json["next"]["class"], "done");
    assert_eq!(reply.json["decision"]["primary"], Value::Null);
    assert_eq!(reply.json["replayed"], false);
    assert!(reply.json.get("expires_at").is_none());
}

#[tokio::test]
async fn a_held_ask_is_202_and_says_who_it_waits_for_and_where_to_look() {
    let desk = desk(Level::AskAlways).await;
    let reply = desk.submit(&ask("bob@x.example")).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    let json = &reply.json;
    assert_eq!(
        (&json["state"], &json["verdict"]),
        (&json!("held"), &json!("hold"))
    );
    let primary = &json["decision"]["primary"];
    assert_eq!(
        (&primary["rule"], &primary["outcome"]),
        (&json!("autonomy"), &json!("hold"))
    );
    assert!(
        primary["sentence"]
            .as_str()
            .is_some_and(|said| !said.is_empty())
    );
    assert!(json["decision"]["id"].as_str().unwrap().starts_with("dec_"));
    assert_eq!(json["decision"]["policy_version"], 1);
    let findings = json["decision"]["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .any(|finding| finding["rule"] == "rate_limit"),
        "{findings:?}"
    );
    assert_eq!(json["next"]["class"], "needs_person");
    assert_eq!(
        json["next"]["poll"]
            .as_str()
            .unwrap()
            .split('?')
            .next()
            .unwrap(),
        format!("/v1/submissions/{}", reply.id())
    );
    assert!(json["message_id"].as_str().unwrap().starts_with('<'));
    assert_eq!(json["expires_at"], "2026-11-23T10:00:00.000000Z");
}

#[tokio::test]
async fn an_observing_agent_is_told_200_and_that_nothing_was_sent() {
    let desk = desk(Level::Observe).await;
    let reply = desk.submit(&ask("bob@x.example")).await;
    assert_eq!(
        (reply.status, &reply.json["state"]),
        (200, &json!("observed")),
        "{reply:?}"
    );
    let said = reply.json["next"]["message"]
        .as_str()
        .unwrap()
        .to_lowercase();
    assert!(
        said.contains("nothing was sent: this agent only observes"),
        "{said}"
    );
}

#[tokio::test]
async fn a_block_is_an_answer_and_no_error() {
    let desk = desk(Level::AskOnException).await;
    let said = json!({"address": "Bob+news@x.example", "reason": "unsubscribe"});
    assert_eq!(desk.post("/v1/suppressions", &said).await.status, 200);
    let reply = desk.submit(&ask("bob@x.example")).await;
    assert_eq!(
        (reply.status, &reply.json["state"]),
        (200, &json!("blocked")),
        "{reply:?}"
    );
    assert_eq!(reply.json["decision"]["primary"]["rule"], "suppression");
    assert_eq!(reply.json["next"]["class"], "never");
}

#[tokio::test]
async fn over_the_limit_an_ask_waits_for_its_time_with_202() {
    let desk = desk(Level::AskOnException).await;
    for n in 0..10 {
        assert_eq!(
            desk.submit(&ask(&format!("r{n}@x{n}.example")))
                .await
                .status,
            200
        );
    }
    let reply = desk.submit(&ask("last@y.example")).await;
    assert_eq!(
        (reply.status, &reply.json["state"]),
        (202, &json!("deferred")),
        "{reply:?}"
    );
    assert_eq!(reply.json["next"]["class"], "wait");
    assert!(reply.json["next"]["not_before"].as_str().unwrap() > "2026-11-22T10:00:59");
}

#[tokio::test]
async fn a_key_told_to_ask_again_is_judged_anew_once_the_cause_is_gone() {
    let desk = desk(Level::AskAlways).await;
    let mut body = ask("bob@x.example");
    body["dedupe_key"] = json!("k-1");
    desk.pause().await;
    let blocked = desk.submit(&body).await;
    assert_eq!(blocked.json["next"]["class"], "retry_after", "{blocked:?}");
    let mut other = ask("carl@x.example");
    other["dedupe_key"] = json!("k-1");
    let mismatch = desk.submit(&other).await;
    assert_eq!(
        (mismatch.status, &mismatch.json["code"]),
        (409, &json!("idempotency_mismatch"))
    );
    let resumed = desk.engine.resume(engine::PauseScope::Workspace);
    resumed.await.unwrap();
    let held = desk.submit(&body).await;
    assert_eq!(
        (held.status, &held.json["state"], &held.json["replayed"]),
        (202, &json!("held"), &json!(false)),
        "{held:?}"
    );
    assert_ne!(held.json["id"], blocked.json["id"]);
    let again = desk.submit(&body).await;
    assert_eq!(
        (&again.json["id"], &again.json["replayed"]),
        (&held.json["id"], &json!(true))
    );
}

#[tokio::test]
async fn the_same_key_gives_the_first_answer_again_and_other_content_409() {
    let desk = desk(Level::AskAlways).await;
    let mut body = ask("bob@x.example");
    body["dedupe_key"] = json!("k-1");
    let first = desk.submit(&body).await;
    let mut again = desk.submit(&body).await;
    assert_eq!((again.status, &again.json["replayed"]), (202, &json!(true)));
    again.json["replayed"] = json!(false);
    assert_eq!(again.json, first.json, "equal but for `replayed`");

    // The header is the same key; a later state is told, the first status is kept.
    desk.engine
        .cancel(domain::Actor::Operator, id_of(&first))
        .await
        .unwrap();
    let header = [("idempotency-key", "k-1")];
    let body = ask("bob@x.example");
    let moved = desk
        .call(
            &desk.token,
            Method::POST,
            "/v1/submissions",
            Some(&body),
            &header,
        )
        .await;
    assert_eq!(
        (moved.status, &moved.json["state"]),
        (202, &json!("cancelled")),
        "{moved:?}"
    );
    assert_eq!(moved.json["decision"]["id"], first.json["decision"]["id"]);

    let other = ask("eve@x.example");
    let reply = desk
        .call(
            &desk.token,
            Method::POST,
            "/v1/submissions",
            Some(&other),
            &header,
        )
        .await;
    assert_eq!(reply.problem().1, "idempotency_mismatch");
    assert_eq!(reply.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_with_one_key_make_one_submission() {
    let desk = std::sync::Arc::new(desk(Level::AskAlways).await);
    let mut body = ask("bob@x.example");
    body["dedupe_key"] = json!("k-1");
    let mut asks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (desk, body) = (desk.clone(), body.clone());
        asks.spawn(async move { desk.submit(&body).await });
    }
    let mut replies = asks.join_all().await;
    assert_eq!(
        replies
            .iter()
            .filter(|reply| reply.json["replayed"] == false)
            .count(),
        1
    );
    for reply in &mut replies {
        reply.json["replayed"] = json!(false);
    }
    assert!(
        replies
            .iter()
            .all(|reply| reply.json == replies[0].json && reply.status == 202)
    );
    assert_eq!(
        desk.get("/v1/submissions").await.json["submissions"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_check_judges_and_leaves_no_trace() {
    let desk = desk(Level::AskAlways).await;
    let reply = desk
        .post("/v1/submissions/check", &ask("bob@x.example"))
        .await;
    assert_eq!(
        (reply.status, &reply.json["verdict"]),
        (200, &json!("hold")),
        "{reply:?}"
    );
    assert!(reply.json.get("id").is_none() && reply.json.get("state").is_none());
    assert!(reply.json["next"].get("poll").is_none());
    assert!(reply.json["decision"].get("id").is_none());
    assert_eq!(reply.json["decision"]["primary"]["rule"], "autonomy");
    assert_eq!(
        desk.get("/v1/submissions").await.json["submissions"],
        json!([])
    );
}

#[tokio::test]
async fn each_row_of_a_batch_has_its_own_answer() {
    let desk = desk(Level::AskAlways).await;
    let mut stray = ask("carl@x.example");
    stray["attachments"] = json!([{"filename": "f", "content_type": "t/p", "content": "", "x": 1}]);
    let mut foreign = ask("dora@x.example");
    foreign["mailbox"] = json!("nobody@example.com");
    let batch = json!([
        ask("bob@x.example"),
        stray,
        foreign,
        ask("nobody"),
        [],
        ask("eve@y.example")
    ]);
    let reply = desk.post("/v1/submissions/batch", &batch).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let results = reply.json["results"].as_array().unwrap();
    let statuses: Vec<_> = results
        .iter()
        .map(|row| row["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [202, 422, 422, 422, 422, 202]);
    assert_eq!(results[0]["verdict"], "hold");
    assert_eq!(results[1]["problem"]["code"], "unknown_field");
    assert_eq!(results[1]["problem"]["pointer"], "/1/attachments/0/x");
    assert_eq!(results[2]["problem"]["code"], "unknown_mailbox");
    assert_eq!(results[2]["problem"]["pointer"], "/2/mailbox");
    assert_eq!(results[3]["problem"]["pointer"], "/3/to/0");
    assert_eq!(
        desk.get("/v1/submissions").await.json["submissions"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    let many: Vec<Value> = (0..501).map(|_| ask("bob@x.example")).collect();
    let reply = desk.post("/v1/submissions/batch", &json!(many)).await;
    assert_eq!(reply.problem().1, "invalid_field");
    let reply = desk.post("/v1/submissions/batch", &json!([])).await;
    assert_eq!(reply.problem().1, "invalid_field");
    let reply = desk
        .post("/v1/submissions/batch", &json!({"submissions": []}))
        .await;
    assert_eq!(reply.problem().1, "malformed_body");
    let key = [("idempotency-key", "k")];
    let one = json!([ask("bob@x.example")]);
    let reply = desk
        .call(
            &desk.token,
            Method::POST,
            "/v1/submissions/batch",
            Some(&one),
            &key,
        )
        .await;
    assert_eq!(reply.problem(), (422, "invalid_field", None));
}

#[tokio::test]
async fn an_agent_reads_what_is_left_and_who_it_is() {
    let desk = desk(Level::AskForStrangers).await;
    let limits = desk.get("/v1/limits?to=bob@x.example").await;
    assert_eq!(limits.status, 200, "{limits:?}");
    assert_eq!(
        (&limits.json["level"], &limits.json["paused"]),
        (&json!(2), &json!(false))
    );
    let windows = limits.json["windows"].as_array().unwrap();
    let minute = windows
        .iter()
        .find(|row| row["window"] == "minute")
        .unwrap();
    assert_eq!(
        (&minute["limit"], &minute["used"], &minute["left"]),
        (&json!(10), &json!(0), &json!(10))
    );
    assert_eq!(limits.json["to"]["established"], false);
    assert_eq!(limits.json["to"]["suppressed"], Value::Null);

    let me = desk.get("/v1/me").await;
    assert_eq!(
        (&me.json["name"], &me.json["level_name"]),
        (&json!("helper"), &json!("ask for strangers"))
    );
    assert_eq!(me.json["mailboxes"][0]["address"], "ann@example.com");
    assert_eq!(me.json["mailboxes"][0]["level"], 2);
    assert!(!me.json.to_string().contains("so_live_"));
}

#[tokio::test]
async fn the_tightening_verbs_tighten() {
    let desk = desk(Level::AskOnException).await;
    let body = json!({"level": 1});
    let lower = desk
        .call(&desk.token, Method::PATCH, "/v1/me", Some(&body), &[])
        .await;
    assert_eq!(
        (lower.status, &lower.json["level"]),
        (200, &json!(1)),
        "{lower:?}"
    );
    assert_eq!(
        desk.submit(&ask("bob@x.example")).await.json["state"],
        "held"
    );

    let paused = desk
        .call(&desk.token, Method::POST, "/v1/me/pause", None, &[])
        .await;
    assert_eq!(paused.status, 200, "{paused:?}");
    assert_eq!(paused.json["paused_at"], "2026-11-22T10:00:00.000000Z");
    let blocked = desk.submit(&ask("carl@x.example")).await;
    assert_eq!(
        (blocked.status, &blocked.json["state"]),
        (200, &json!("blocked"))
    );
    assert_eq!(blocked.json["decision"]["primary"]["rule"], "agent_paused");

    let said =
        json!({"address": "Dora+x@x.example", "mailbox": "ann@example.com", "note": "asked"});
    let row = desk.post("/v1/suppressions", &said).await;
    assert_eq!(row.status, 200, "{row:?}");
    assert_eq!(
        (&row.json["address"], &row.json["scope"]),
        (&json!("dora@x.example"), &json!("mailbox"))
    );
    assert_eq!(row.json["added_by"], format!("agent:{}", desk.agent.id));
    assert_eq!(
        desk.post("/v1/suppressions", &said).await.json["id"],
        row.json["id"]
    );
}
