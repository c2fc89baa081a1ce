//! Looking at what became of an ask, waiting for it, taking it back.

use domain::{ApprovalHash, Level, Span, SubmissionId};
use engine::Clock as _;
use serde_json::json;

use crate::support::{Reply, ask, desk};

fn id_of(reply: &Reply) -> SubmissionId {
    reply.id().parse().unwrap()
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
