//! Messages and the clearances for them: the only maker of one is a judgement, so the tests judge.

use domain::facts::{
    AgentFacts, CountScope, MailboxFacts, RecipientFacts, SubmissionFacts, UsageFacts, Window,
    WorkspaceFacts,
};
use domain::{
    AccountId, Address, Digest, Draft, Facts, Level, Mailbox, Moment, Scan, Sealed, Timestamp,
};
use policy::{Clearance, Edition, default_document};

pub const DATE: &str = "Sun, 22 Nov 2026 10:00:00 +0000";

pub fn account() -> AccountId {
    "acc_00000000000000000000000000000001".parse().unwrap()
}

fn mailbox(address: &str) -> Mailbox {
    Mailbox {
        id: "mbx_00000000000000000000000000000001".parse().unwrap(),
        address: address.parse().unwrap(),
        display_name: None,
        account: account(),
        paused_at: None,
        created_at: Timestamp::from_seconds(0),
    }
}

/// A message whose body has dots where they hurt.
pub fn sealed(to: &[&str]) -> Sealed {
    sealed_from("sales@here.example", to, "one\n.\n..two\n")
}

pub fn sealed_from(from: &str, to: &[&str], text: &str) -> Sealed {
    let draft = Draft {
        to: to.iter().map(|t| t.parse().unwrap()).collect(),
        cc: vec![],
        bcc: vec![],
        reply_to: vec![],
        subject: "Hello".into(),
        text: Some(text.into()),
        html: None,
        attachments: vec![],
        in_reply_to: None,
        references: Vec::new(),
        conversation: None,
        if_latest: None,
        stream: Default::default(),
        reason: None,
        tags: Default::default(),
        send_at: None,
        send_by: None,
        composed: None,
    };
    mail::compose::compose(&mailbox(from), &draft, "<1@here.example>", &[1; 32], None).unwrap()
}

/// A clearance for exactly this message, from the real policy at level 3.
pub fn clearance(sealed: &Sealed) -> Clearance {
    let now = Timestamp::from_seconds(1_795_341_600);
    let mailbox = mailbox("sales@here.example");
    let facts = Facts {
        now,
        moment: Moment::Dispatch,
        workspace: WorkspaceFacts { paused_at: None },
        agent: AgentFacts {
            id: "agt_00000000000000000000000000000001".parse().unwrap(),
            name: "agent".into(),
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
            id: mailbox.id,
            address: mailbox.address,
            account: account(),
            granted: true,
            level: None,
            paused_at: None,
            display_name: None,
            reply_to_granted: Vec::new(),
            signals: Default::default(),
            warmup: None,
        },
        submission: SubmissionFacts {
            id: None,
            hash: sealed.approval_hash(account(), None),
            stream: Default::default(),
            keyed: false,
            asked_at: now,
            send_at: None,
            send_by: now + domain::Span::from_days(1),
            approved: None,
            answered: vec![],
            due: now,
            slot: None,
            if_latest: None,
            released: Vec::new(),
            exceptions_until_due: true,
        },
        scan: Scan {
            content: Digest::of(b""),
            octets: 1,
            attachments: 0,
            found: Default::default(),
            sketch: Default::default(),
        },
        recipients: sealed.envelope.rcpt_to.iter().map(recipient).collect(),
        duplicate: None,
        usage: nothing_used(),
        domains: Vec::new(),
        hosts: Vec::new(),
        conversation: None,
    };
    let (decision, clearance) = Edition::read(1, &default_document()).release(&facts);
    clearance.unwrap_or_else(|| panic!("these facts are allowed: {decision:?}"))
}

fn recipient(address: &Address) -> RecipientFacts {
    RecipientFacts::unknown(address.clone())
}

fn nothing_used() -> Vec<UsageFacts> {
    CountScope::ALL
        .into_iter()
        .flat_map(|scope| {
            Window::ALL.map(|window| UsageFacts {
                scope,
                window,
                buckets: vec![],
            })
        })
        .collect()
}
