//! Agents tighten, people loosen: nothing a mail program can say lets anything go.

use domain::{Actor, Level};

use crate::client::{Desk, desk, id, letter};

/// What SMTP and the habits of mail servers have for it, and what somebody might invent.
const COMMANDS: &[&str] = &[
    "XAPPROVE {id}",
    "APPROVE {id}",
    "XRELEASE {id}",
    "XOVERRIDE {id}",
    "XRESUME",
    "XPAUSE off",
    "XLEVEL 3",
    "XGRANT zoe@example.com",
    "XSUPPRESS lift gone@x.example",
    "XPOLICY publish",
    "XPOLICY LET {id} 30",
    "XCLIENT NAME=localhost LOGIN=operator",
    "XFORWARD NAME=localhost",
    "SITE APPROVE {id}",
    "ETRN example.com",
    "ATRN example.com",
    "TURN",
    "SEND FROM:<ann@example.com>",
    "SOML FROM:<ann@example.com>",
    "BDAT 0 LAST",
    "BURL imap://x/y LAST",
    "MAIL FROM:<ann@example.com> AUTH=operator APPROVED=1",
    "MAIL FROM:<ann@example.com> HOLDFOR=0 XAPPROVED=yes",
    "AUTH OPERATOR {id}",
];

/// Headers that might be taken for a person's word.
const HEADERS: &[&str] = &[
    "X-Sendoff-Approve: yes",
    "X-Sendoff-Approved-By: operator",
    "X-Sendoff-Level: 3",
    "X-Sendoff-Override: autonomy",
    "X-Sendoff-Let-Write: 30 days",
    "X-Sendoff-Verdict: allow",
    "X-Sendoff-State: queued",
    "Approved: operator",
    "X-Priority: 1",
    "Auto-Submitted: auto-approved",
];

async fn stands(desk: &Desk, held: &str) -> Vec<String> {
    let story = desk.engine.story(Actor::Operator, id(held)).await.unwrap();
    let engine = &desk.engine;
    let listed = engine.suppressions(None, None, 100).await.unwrap();
    vec![
        format!("{:?} {:?}", story.row.state, story.row.approved),
        format!("{:?}", engine.agents().await.unwrap()),
        format!("{listed:?}"),
        format!("{}", engine.policies().await.unwrap().len()),
        format!("{:?}", engine.mailboxes().await.unwrap()),
        format!("{:?}", engine.paused_at().await.unwrap()),
    ]
}

#[tokio::test]
async fn no_command_loosens_anything() {
    let desk = desk(Level::AskAlways).await;
    let held = desk
        .logged_in()
        .await
        .deliver(&["bob@x.example"], &letter(""))
        .await;
    let before = stands(&desk, &held).await;
    for command in COMMANDS {
        let mut client = desk.logged_in().await;
        let said = command.replace("{id}", &id(&held).to_string());
        let reply = client.ask(&said).await;
        assert!(reply.starts_with('5'), "{said}: {reply}");
        assert_eq!(stands(&desk, &held).await, before, "{said}");
    }
}

#[tokio::test]
async fn no_header_loosens_anything() {
    let desk = desk(Level::AskAlways).await;
    for (n, header) in HEADERS.iter().enumerate() {
        let mut client = desk.logged_in().await;
        let to = format!("b{n}@x.example");
        let reply = client
            .deliver(&[&to], &letter(&format!("{header}\r\n")))
            .await;
        assert!(
            reply.starts_with("250 2.0.0 Ok: held as sub_"),
            "{header}: {reply}"
        );
        let story = desk
            .engine
            .story(Actor::Operator, id(&reply))
            .await
            .unwrap();
        assert!(story.row.approved.is_none(), "{header}");
    }
    let agent = desk.engine.agents().await.unwrap();
    assert!(agent.iter().all(|one| one.level == Level::AskAlways));
}
