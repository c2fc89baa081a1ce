//! Facts to start from: a granted, unpaused level-3 agent with nothing against it asks to send one
//! message to dana@acme.com at ten o'clock. Every test says only what is different.
#![allow(dead_code, reason = "each test file uses a part of it")]

use domain::facts::{
    AgentFacts, CountScope, MailboxFacts, RecipientFacts, SubmissionFacts, UsageFacts, Window,
    WorkspaceFacts,
};
use domain::{
    AccountId, AgentId, ApprovalHash, Digest, Facts, Level, MailboxId, Moment, Scan, Span, Stream,
    SubmissionId, Timestamp,
};
use uuid::Uuid;

/// Sunday, 22 November 2026, ten o'clock UTC.
pub fn ten_oclock() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

pub fn hash(text: &str) -> ApprovalHash {
    ApprovalHash(Digest::of(text.as_bytes()))
}

pub fn submission(number: u128) -> SubmissionId {
    SubmissionId::from_uuid(Uuid::from_u128(number))
}

pub fn facts() -> Facts {
    let now = ten_oclock();
    Facts {
        now,
        moment: Moment::Admission,
        workspace: WorkspaceFacts { paused_at: None },
        agent: AgentFacts {
            id: AgentId::from_uuid(Uuid::from_u128(1)),
            name: "scout".into(),
            level: Level::AskOnException,
            paused_at: None,
            revoked_at: None,
            expires_at: None,
            held: 0,
            allow_rows: None,
            risk_spent: 0,
            signals: Default::default(),
            familiar_bp: None,
        },
        mailbox: MailboxFacts {
            id: MailboxId::from_uuid(Uuid::from_u128(2)),
            address: "hello@x.example".parse().unwrap(),
            account: AccountId::from_uuid(Uuid::from_u128(3)),
            granted: true,
            level: None,
            paused_at: None,
            display_name: None,
            reply_to_granted: Vec::new(),
            signals: Default::default(),
            warmup: None,
        },
        submission: SubmissionFacts {
            id: Some(submission(9)),
            hash: hash("this message"),
            stream: Stream::Personal,
            keyed: false,
            asked_at: now,
            send_at: None,
            send_by: now + Span::from_days(1),
            approved: None,
            answered: Vec::new(),
            due: now,
            slot: None,
            if_latest: None,
            released: Vec::new(),
            exceptions_until_due: true,
        },
        scan: Scan {
            content: Digest::of(b"this content"),
            octets: 900,
            attachments: 0,
            found: Default::default(),
            sketch: Default::default(),
        },
        recipients: vec![recipient("dana@acme.com")],
        duplicate: None,
        usage: usage(),
        domains: Vec::new(),
        hosts: Vec::new(),
        conversation: None,
    }
}

pub fn recipient(address: &str) -> RecipientFacts {
    RecipientFacts::unknown(address.parse().unwrap())
}

/// Nothing used anywhere.
pub fn usage() -> Vec<UsageFacts> {
    let all = CountScope::ALL.into_iter();
    all.flat_map(|scope| {
        Window::ALL.into_iter().map(move |window| UsageFacts {
            scope,
            window,
            buckets: Vec::new(),
        })
    })
    .collect()
}

/// Counts `slots` at an instant, in every window of a scope.
pub fn count(usage: &mut [UsageFacts], scope: CountScope, at: Timestamp, slots: u32) {
    for row in usage.iter_mut().filter(|row| row.scope == scope) {
        let bucket = row.window.bucket(at);
        match row
            .buckets
            .binary_search_by_key(&bucket, |(number, _)| *number)
        {
            Ok(index) => row.buckets[index].1 += slots,
            Err(index) => row.buckets.insert(index, (bucket, slots)),
        }
    }
}
