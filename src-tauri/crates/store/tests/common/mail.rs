//! Received mail, as the room that reads it hands it in.

use domain::received::{Next, Plan, Received, ReceivedKind, Route, SenderCheck, Shelf, Standing};
use domain::{ConversationId, InboundId, Intent, NamedAddress, Span, Step, Timestamp};
use store::{ClaimReply, InboundRow, Ingest, Ingested, Place};

use super::{T0, World, address};

/// A person's first message to the team.
pub fn letter(from: &str, text: &str) -> Received {
    Received {
        message_id: Some(format!("{}@acme.example", text.replace(' ', "-"))),
        references: Vec::new(),
        reported_id: None,
        from: Some(NamedAddress::bare(address(from))),
        to: vec![address("team@ours.example")],
        subject: "Re: about hello 0".to_owned(),
        date: Some(T0),
        kind: ReceivedKind::Person,
        reports: Vec::new(),
        returns_at: None,
        new_text: text.to_owned(),
        quoted_text: String::new(),
        forwarded_text: String::new(),
        signature: String::new(),
        intent: Intent::Interested,
        confidence: 9_000,
        sender: SenderCheck::Unknown,
        injection: 0,
        spam: 0,
        quarantine: false,
        next: next(),
        hosts: Vec::new(),
        files: Vec::new(),
        evidence: Vec::new(),
        defects: Vec::new(),
        octets: 100,
    }
}

pub fn next() -> Next {
    Next {
        action: Step::Reply,
        reason: "they are interested".to_owned(),
        sla_minutes: Some(60),
        until: None,
    }
}

/// Takes in the message of that number in its folder; nothing is done about it.
pub fn arrives(world: &World, read: Received, uid: u32, now: Timestamp) -> InboundRow {
    let bytes = format!("Subject: x\r\n\r\n{}", read.new_text);
    arrives_as(world, read, &bytes, uid, now)
}

/// The same, of which these are the exact bytes.
pub fn arrives_as(
    world: &World,
    read: Received,
    bytes: &str,
    uid: u32,
    now: Timestamp,
) -> InboundRow {
    let nothing = |_: &Received, _: &Standing| Plan {
        read: None,
        effects: Vec::new(),
        shelf: Shelf::Clear,
        taint: false,
        route: Route::Nobody,
        next: next(),
        done: Vec::new(),
    };
    comes(world, read, bytes, (uid, now), nothing)
}

/// Takes in the message of that number: it is for agents, or with a person where it is quarantined.
pub fn is_work(world: &World, read: Received, uid: u32, now: Timestamp) -> InboundRow {
    let bytes = format!("Subject: x\r\n\r\n{}", read.new_text);
    let work = |read: &Received, _: &Standing| Plan {
        read: None,
        effects: Vec::new(),
        shelf: match read.quarantine {
            true => Shelf::Quarantined,
            false => Shelf::Clear,
        },
        taint: read.quarantine,
        route: match read.quarantine {
            true => Route::Person,
            false => Route::Agents,
        },
        next: next(),
        done: Vec::new(),
    };
    comes(world, read, &bytes, (uid, now), work)
}

fn comes(
    world: &World,
    read: Received,
    bytes: &str,
    (uid, now): (u32, Timestamp),
    plan: fn(&Received, &Standing) -> Plan,
) -> InboundRow {
    let ask = Ingest {
        id: InboundId::new(world.ids.as_ref(), now),
        conversation: ConversationId::new(world.ids.as_ref(), now),
        place: Place {
            account: world.account,
            folder: "INBOX".to_owned(),
            uid_validity: 7,
            uid,
            after: uid - 1,
        },
        bytes: bytes.as_bytes().to_vec(),
        read,
        received_at: now,
        now,
    };
    match world.store.ingest(ask, plan).wait().unwrap() {
        Ingested::New(row) => *row,
        Ingested::Known(id) => panic!("known: {id}"),
    }
}

/// The first answer that waits for the world's agent, leased to it.
pub fn claim(world: &World, now: Timestamp) -> Option<InboundRow> {
    let ask = ClaimReply {
        agent: world.agent,
        now,
        until: now + Span::from_minutes(5),
    };
    world.store.claim_reply(ask).wait().unwrap()
}
