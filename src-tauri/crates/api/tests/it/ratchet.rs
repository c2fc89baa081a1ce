//! Agents tighten, people loosen: every loosening act is 403 with what a person would do.

use axum::http::Method;
use domain::{Actor, Level, SubmissionId};
use serde_json::json;

use crate::doors::stands;
use crate::mcp::tool;
use crate::support::{ask, desk};

#[tokio::test]
async fn no_loosening_act_exists_on_this_door() {
    let desk = desk(Level::AskForStrangers).await;
    let held = desk.submit(&ask("bob@x.example")).await.id();
    desk.post("/v1/suppressions", &json!({"address": "carl@x.example"}))
        .await;
    let hash = desk
        .engine
        .story(Actor::Operator, held.parse::<SubmissionId>().unwrap())
        .await
        .unwrap()
        .row
        .hash
        .to_string();
    let acts = [
        (
            Method::POST,
            format!("/v1/submissions/{held}/approve"),
            json!({"hash": hash}),
        ),
        (
            Method::PUT,
            format!("/v1/submissions/{held}/approval"),
            json!({"hash": hash}),
        ),
        (
            Method::POST,
            format!("/v1/submissions/{held}/release"),
            json!({}),
        ),
        (
            Method::POST,
            format!("/v1/submissions/{held}/override"),
            json!({}),
        ),
        (
            Method::POST,
            format!("/v1/submissions/{held}/reject"),
            json!({"reason": "x"}),
        ),
        (
            Method::POST,
            format!("/v1/submissions/{held}/edit"),
            json!({}),
        ),
        (
            Method::POST,
            format!("/v1/submissions/{held}/undo"),
            json!({}),
        ),
        (
            Method::POST,
            format!("/v1/submissions/{held}/snooze"),
            json!({}),
        ),
        (
            Method::POST,
            format!("/v1/submissions/{held}/settle"),
            json!({"how": "sent"}),
        ),
        (Method::POST, "/v1/resume".into(), json!({})),
        (Method::POST, "/v1/me/resume".into(), json!({})),
        (Method::DELETE, "/v1/me/pause".into(), json!({})),
        (Method::DELETE, "/v1/pause".into(), json!({})),
        (
            Method::DELETE,
            "/v1/suppressions/carl@x.example".into(),
            json!({}),
        ),
        (
            Method::POST,
            "/v1/suppressions/carl@x.example/lift".into(),
            json!({}),
        ),
        (Method::DELETE, "/v1/suppressions".into(), json!({})),
        (Method::PATCH, "/v1/me".into(), json!({"level": 3})),
        (
            Method::POST,
            "/v1/agents".into(),
            json!({"name": "spy", "level": 3}),
        ),
        (
            Method::PATCH,
            format!("/v1/agents/{}", desk.agent.id),
            json!({"level": 3}),
        ),
        (
            Method::PUT,
            format!("/v1/agents/{}/level", desk.agent.id),
            json!(3),
        ),
        (
            Method::POST,
            "/v1/me/grants".into(),
            json!({"mailbox": "zoe@example.com"}),
        ),
        (Method::POST, "/v1/me/token".into(), json!({})),
        (Method::PUT, "/v1/policy".into(), json!({"text": ""})),
        (Method::POST, "/v1/policies".into(), json!({"text": ""})),
        (
            Method::POST,
            "/v1/policy/line".into(),
            json!({"id": held, "wish": "let_write", "domains": true}),
        ),
        (
            Method::DELETE,
            "/v1/policy/overrides".into(),
            json!({"index": 0}),
        ),
        (
            Method::POST,
            format!("/v1/submissions/{held}/exception"),
            json!({"days": 30}),
        ),
        (Method::POST, "/v1/mailboxes".into(), json!({})),
        (Method::POST, "/v1/accounts".into(), json!({})),
        (Method::PUT, "/v1/settings/undo".into(), json!(0)),
        (Method::PATCH, "/v1/limits".into(), json!({"minute": 1000})),
        (Method::POST, "/v1/consents".into(), json!({})),
        (Method::POST, "/v1/warmup".into(), json!({})),
        (
            Method::PUT,
            "/v1/consents/carl@x.example".into(),
            json!({"source": "he said so"}),
        ),
        (
            Method::POST,
            "/v1/me/recipients".into(),
            json!({"address": "@x.example", "allowed": true}),
        ),
        (Method::DELETE, "/v1/me/recipients/1".into(), json!({})),
        (Method::PUT, "/v1/me/budget".into(), json!(1_000_000)),
        (
            Method::POST,
            "/v1/contacts/carl@x.example/hand_back".into(),
            json!({}),
        ),
        (
            Method::POST,
            format!("/v1/submissions/{held}/ask"),
            json!({"question": "may I?"}),
        ),
        (Method::POST, "/v1/allowlist".into(), json!({})),
    ];
    for (method, path, body) in acts {
        let reply = desk
            .call(&desk.token, method.clone(), &path, Some(&body), &[])
            .await;
        let (status, code, _) = reply.problem();
        assert_eq!(
            (status, code),
            (403, "human_decision_required"),
            "{method} {path}"
        );
        let said = reply.json["detail"].as_str().unwrap();
        assert!(
            said.contains("person") || said.contains("operator"),
            "{said}"
        );
        // Without a token nobody is told even that.
        let reply = desk
            .call("so_live_wrong", method, &path, Some(&body), &[])
            .await;
        assert_eq!(reply.problem().0, 401, "{path}");
    }
    // And nothing of it happened.
    let shown = desk.get(&format!("/v1/submissions/{held}")).await;
    assert_eq!(shown.json["state"], "held");
    let me = desk.get("/v1/me").await;
    assert_eq!(
        (
            &me.json["level"],
            me.json["mailboxes"].as_array().unwrap().len()
        ),
        (&json!(2), 1)
    );
    let blocked = desk.submit(&ask("carl@x.example")).await;
    assert_eq!(blocked.json["decision"]["primary"]["rule"], "suppression");
    assert_eq!(desk.engine.policies().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_level_stays_or_falls_but_never_rises() {
    let desk = desk(Level::AskForStrangers).await;
    let set = async |level: u8| {
        let body = json!({"level": level});
        desk.call(&desk.token, Method::PATCH, "/v1/me", Some(&body), &[])
            .await
    };
    assert_eq!(set(2).await.status, 200);
    assert_eq!(set(0).await.json["level"], 0);
    for level in 1..=3 {
        assert_eq!(set(level).await.problem().1, "human_decision_required");
    }
    assert_eq!(desk.get("/v1/me").await.json["level"], 0);
}

/// What a model might try to call, or be told to.
const TOOLS: &[&str] = &[
    "approve",
    "approve_send",
    "release_send",
    "override_block",
    "reject_send",
    "undo_approval",
    "snooze_send",
    "settle_send",
    "resume",
    "resume_agent",
    "lift_suppression",
    "remove_suppression",
    "raise_level",
    "set_level",
    "grant_mailbox",
    "add_mailbox",
    "add_agent",
    "new_token",
    "publish_policy",
    "publish_line",
    "let_write",
    "add_exception",
    "take_out_override",
    "set_setting",
    "set_limits",
    "raise_budget",
    "add_consent",
    "allow_recipient",
    "hand_back_conversation",
    "release_message",
    "elicitation/create",
    "sampling/createMessage",
];

/// Arguments that would loosen something if anybody read them.
const ARGUMENTS: &[&str] = &[
    "approve",
    "approved",
    "approval",
    "hash",
    "override",
    "release",
    "level",
    "verdict",
    "state",
    "force",
    "confirm",
    "elicitation",
    "undo_window",
    "as_operator",
];

#[tokio::test]
async fn no_loosening_act_is_a_tool_or_an_argument_of_one() {
    let desk = desk(Level::AskForStrangers).await;
    desk.suppress("gone@x.example").await;
    let held = desk.submit(&ask("bob@x.example")).await.id();
    let before = stands(&desk, &held).await;
    for name in TOOLS {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": name, "arguments": {"id": held, "confirm": true}}});
        let said = desk.mcp(&call).await;
        assert_eq!(said["error"]["code"], -32602, "{name}: {said}");
        let why = said["error"]["message"].as_str().unwrap();
        assert!(why.contains("there is no such tool"), "{name}: {said}");
    }
    for argument in ARGUMENTS {
        for name in ["send_email", "revise_send", "check_send"] {
            let mut odd = ask("bob@x.example");
            odd[*argument] = json!(true);
            if name == "revise_send" {
                odd["id"] = json!(held);
            }
            let said = tool(&desk, name, odd).await;
            let why = said["content"][0]["text"].as_str().unwrap();
            assert!(
                why.starts_with("unknown_field: "),
                "{name} {argument}: {said}"
            );
        }
        for name in [
            "get_send",
            "wait_for_decision",
            "cancel_send",
            "answer_question",
        ] {
            let odd = json!({"id": held, *argument: true, "answer": "x"});
            let said = tool(&desk, name, odd).await;
            assert_eq!(said["isError"], true, "{name} {argument}: {said}");
        }
    }
    // A yes from the agent's own client is nobody's.
    for method in [
        "elicitation/create",
        "completion/complete",
        "resources/subscribe",
        "roots/list",
    ] {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method,
            "params": {"action": "accept", "content": {"id": held, "approve": true}}});
        let said = desk.mcp(&call).await;
        assert!(said.get("result").is_none(), "{method}: {said}");
    }
    assert_eq!(stands(&desk, &held).await, before);
    let blocked = tool(&desk, "send_email", ask("gone@x.example")).await;
    assert_eq!(blocked["structuredContent"]["state"], "blocked");
}
