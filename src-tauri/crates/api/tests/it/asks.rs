//! Asking to send, and looking at what became of it.

use axum::http::Method;
use domain::{ApprovalHash, Level, Span, SubmissionId};
use engine::Clock as _;
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
async fn a_submission_is_shown_with_its_decisions_versions_and_recipients() {
    let desk = desk(Level::AskAlways).await;
    let mut body = ask("bob@x.example");
    body["cc"] = json!(["carl@y.example"]);
    body["tags"] = json!({"order": "17"});
    let made = desk.submit(&body).await;
    let shown = desk.get(&format!("/v1/submissions/{}", made.id())).await;
    assert_eq!(shown.status, 200);
    for field in [
        "id",
        "state",
        "verdict",
        "decision",
        "message_id",
        "expires_at",
        "seq",
    ] {
        assert_eq!(shown.json[field], made.json[field], "{field}");
    }
    assert_eq!(shown.json["next"]["class"], "needs_person");
    assert_eq!(shown.json["decisions"].as_array().unwrap().len(), 1);
    assert_eq!(shown.json["versions"][0]["number"], 1);
    assert_eq!(shown.json["versions"][0]["by"], "agent");
    assert_eq!(shown.json["tags"], json!({"order": "17"}));
    let recipients = shown.json["recipients"].as_array().unwrap();
    assert_eq!(
        recipients[1],
        json!({"address": "carl@y.example", "role": "cc", "state": "open"})
    );

    let trace = desk
        .get(&format!(
            "/v1/decisions/{}",
            made.json["decision"]["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(trace.status, 200);
    assert_eq!(trace.json["submission"], made.json["id"]);
    assert_eq!(trace.json["moment"], "admission");
    assert_eq!(trace.json["findings"], made.json["decision"]["findings"]);
    assert!(
        trace.json.get("facts").is_none(),
        "facts tell of other agents"
    );
}

#[tokio::test]
async fn what_a_person_did_is_told_with_their_reason() {
    let desk = desk(Level::AskAlways).await;
    let made = desk.submit(&ask("bob@x.example")).await;
    desk.engine
        .reject(id_of(&made), None, "not this week".into())
        .await
        .unwrap();
    let shown = desk.get(&format!("/v1/submissions/{}", made.id())).await;
    assert_eq!(shown.json["state"], "rejected");
    assert_eq!(shown.json["review"]["outcome"], "rejected");
    assert_eq!(shown.json["review"]["reason"], "not this week");
    assert_eq!(shown.json["next"]["class"], "never");
}

#[tokio::test]
async fn a_list_goes_page_by_page_newest_first_and_by_state() {
    let desk = desk(Level::AskAlways).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        desk.clock.advance(Span::from_seconds(1));
        ids.push(desk.submit(&ask(&format!("r{n}@x.example"))).await.id());
    }
    ids.reverse();
    let (mut seen, mut path) = (Vec::new(), "/v1/submissions?limit=2".to_owned());
    loop {
        let page = desk.get(&path).await;
        let rows = page.json["submissions"].as_array().unwrap();
        assert!(rows.len() <= 2);
        seen.extend(
            rows.iter()
                .map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        let Some(after) = page.json["after"].as_str() else {
            break;
        };
        path = format!("/v1/submissions?limit=2&after={after}");
    }
    assert_eq!(seen, ids);

    assert_eq!(
        desk.delete(&format!("/v1/submissions/{}", ids[0]))
            .await
            .status,
        200
    );
    let count = async |state: &str| {
        let page = desk.get(&format!("/v1/submissions?state={state}")).await;
        page.json["submissions"].as_array().unwrap().len()
    };
    assert_eq!(count("held").await, 4);
    assert_eq!(count("cancelled").await, 1);
    assert_eq!(count("held,cancelled").await, 5);
    assert_eq!(count("sent").await, 0);
}

#[tokio::test]
async fn an_unsent_one_is_taken_back_once() {
    let desk = desk(Level::AskAlways).await;
    let path = format!(
        "/v1/submissions/{}",
        desk.submit(&ask("bob@x.example")).await.id()
    );
    let gone = desk.delete(&path).await;
    assert_eq!(
        (gone.status, &gone.json["state"]),
        (200, &json!("cancelled"))
    );
    assert_eq!(gone.json["next"]["class"], "done");
    assert_eq!(
        desk.delete(&path).await.problem(),
        (409, "wrong_state", None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_look_returns_when_it_moves_and_a_cancel_after_it_left_is_409() {
    let desk = desk(Level::AskAlways).await;
    let supervisor = desk.engine.start().await.unwrap();
    let made = desk.submit(&ask("bob@x.example")).await;
    let path = format!(
        "/v1/submissions/{}?wait=50&since={}",
        made.id(),
        made.json["seq"]
    );
    let hash: ApprovalHash = desk
        .engine
        .story(domain::Actor::Operator, id_of(&made))
        .await
        .unwrap()
        .row
        .hash;
    let (waited, _) = tokio::join!(desk.get(&path), async {
        desk.engine.approve(id_of(&made), hash).await.unwrap();
    });
    assert_eq!(waited.json["state"], "queued", "{waited:?}");
    assert_eq!(waited.json["review"]["outcome"], "approved");

    // Past the undo window it leaves, and every look that waits gets a step further.
    let mut seq = waited.json["seq"].clone();
    let mut state = waited.json["state"].clone();
    while state != "sent" {
        let path = format!("/v1/submissions/{}?wait=50&since={seq}", made.id());
        let (look, ()) = tokio::join!(desk.get(&path), async {
            desk.clock.advance(Span::from_seconds(11));
        });
        (seq, state) = (look.json["seq"].clone(), look.json["state"].clone());
        assert!(
            ["queued", "sending", "sent"].contains(&state.as_str().unwrap()),
            "{state}"
        );
    }
    let gone = desk.delete(&format!("/v1/submissions/{}", made.id())).await;
    assert_eq!(gone.problem(), (409, "wrong_state", None));
    // At its end there is nothing to wait for.
    let path = format!("/v1/submissions/{}?wait=50", made.id());
    assert_eq!(
        desk.get(&path).await.json["recipients"][0]["state"],
        "accepted"
    );
    supervisor.stop().await;
}

#[tokio::test]
async fn a_wait_ends_with_the_time_it_was_given() {
    let desk = desk(Level::AskAlways).await;
    let made = desk.submit(&ask("bob@x.example")).await;
    let path = format!("/v1/submissions/{}?wait=50", made.id());
    let mut look = std::pin::pin!(desk.get(&path));
    let begun = desk.clock.now();
    let waited = loop {
        tokio::select! {
            biased;
            look = &mut look => break look,
            () = tokio::task::yield_now() => desk.clock.advance(Span::from_seconds(1)),
        }
    };
    assert_eq!(waited.json["state"], "held");
    assert!(
        desk.clock.now().since(begun) >= Span::from_seconds(50),
        "and not before"
    );
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
