//! Dana, who is erased, Bo, who is not, and what there is to see of them.

use std::path::Path;

use domain::received::Received;
use domain::{Actor, InboundId, Span, SuppressionReason, SuppressionScope, Timestamp};
use store::{Inside, Naming, NewSuppression, Store, SubmissionRow, VerifyReport};

use super::mail::{arrives_as, letter};
use super::{T0, World, accepted, address, hold_first, rejudge};

pub const DANA: &str = "dana.marker@acme.example";
pub const BO: &str = "bo@other.example";
/// Stands in texts to and from Dana, and nowhere else.
pub const WORD: &str = "quixotic";
/// The same for Bo.
pub const OTHER: &str = "serendipity";

/// Received mail is read as it lies there.
pub fn texts(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn unseen() -> Inside {
    Inside::unseen(texts)
}

pub fn at(days: i64) -> Timestamp {
    T0 + Span::from_days(days)
}

pub fn naming(store: &Store, whom: &str) -> Naming {
    store.naming(&address(whom), unseen()).unwrap()
}

/// Erases them; their bytes are not swept yet.
pub fn erase(world: &World, whom: &str, now: Timestamp) -> Naming {
    let erased = world.store.erase(address(whom), unseen(), now);
    erased.wait().unwrap()
}

pub fn sent(world: &World, to: &str, text: &str, now: Timestamp) -> SubmissionRow {
    let held = world
        .admit(world.ask_of(&[to], text, now), hold_first)
        .submission;
    world.approve_as(&held, now, hold_first).unwrap();
    let departure = world.leave(now + Span::from_seconds(10));
    let end = now + Span::from_seconds(11);
    world.finish(departure.attempt.id, accepted(&[to]), end)
}

/// Their answer to what was sent, in a folder where every second has its message.
pub fn answer(
    world: &World,
    from: &str,
    text: &str,
    to: &SubmissionRow,
    now: Timestamp,
) -> InboundId {
    let read = Received {
        references: vec![to.message_id.trim_matches(['<', '>']).to_owned()],
        subject: format!("Re: {text}"),
        date: Some(now),
        new_text: format!("{text}, i mean it"),
        quoted_text: format!("you wrote {}", to.subject),
        ..letter(from, text)
    };
    let bytes = format!("From: {from}\r\nSubject: {text}\r\n\r\n{text}, i mean it");
    let uid = u32::try_from(now.micros() / 1_000_000 - T0.micros() / 1_000_000).unwrap() + 1;
    arrives_as(world, read, &bytes, uid, now).id
}

pub fn suppress(world: &World, pattern: &str) {
    let new = NewSuppression {
        pattern: pattern.to_owned(),
        scope: SuppressionScope::Workspace,
        reason: SuppressionReason::Unsubscribe,
        note: Some(format!("{pattern} asked")),
        by: Actor::Operator,
        expires_at: None,
    };
    world.store.suppress(new, T0).wait().unwrap();
}

pub fn report(world: &World) -> VerifyReport {
    let report = world.store.verify(rejudge, |_, _| {}).unwrap();
    assert!(report.is_clean(), "{:#?}", report.divergences);
    report
}

/// Files of the folder in which these bytes stand.
pub fn found(dir: &Path, words: &str) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.is_file())
        .filter(|path| {
            let bytes = std::fs::read(path).unwrap().to_ascii_lowercase();
            bytes
                .windows(words.len())
                .any(|window| window == words.as_bytes())
        })
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

/// A world in which Dana and Bo both have a history.
pub fn with_history(dir: &Path) -> (World, SubmissionRow, InboundId) {
    let world = World::on(dir);
    let out = sent(&world, DANA, &format!("{WORD} offer"), at(0));
    answer(&world, DANA, &format!("{WORD} yes"), &out, at(1));
    let bo = sent(&world, BO, &format!("{OTHER} offer"), at(1));
    let heard = answer(&world, BO, &format!("{OTHER} no"), &bo, at(2));
    suppress(&world, DANA);
    world
        .store
        .record_consent(DANA.to_owned(), format!("{DANA} on a form"), None, T0)
        .wait()
        .unwrap();
    let hand = world.store.take_over_contact(
        world.mailbox,
        DANA.to_owned(),
        Some(format!("{WORD}, mine")),
        T0,
    );
    hand.wait().unwrap();
    let zone = Some("Europe/Berlin".to_owned());
    let zoned = world.store.set_contact_zone(DANA.to_owned(), zone, T0);
    zoned.wait().unwrap();
    world
        .store
        .add_recipient_rule(world.agent, DANA.to_owned(), false, None, T0)
        .wait()
        .unwrap();
    world.admit(
        world.ask_of(&[DANA], &format!("{WORD} again"), at(2)),
        hold_first,
    );
    while world.store.index_finds().wait().unwrap() {}
    report(&world);
    (world, bo, heard)
}
