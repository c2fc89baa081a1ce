//! What is taken out on purpose is gone to the last byte, the record still agrees, and nobody else
//! loses anything.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::mail::{arrives_as, letter};
use common::*;
use domain::received::{Next, Plan, Received, ReceivedKind, Route, SenderCheck, Shelf};
use domain::{
    Actor, ConversationId, InboundId, Intent, NamedAddress, RecipientState, Span, StateName, Step,
    Timestamp,
};
use store::{
    Gone, GoneCount, Ingest, Ingested, Inside, Kept, NewSuppression, Place, RetainFrom, Search,
    Store, StoreError, SubmissionRow, VerifyReport,
};

const DANA: &str = "dana.marker@acme.example";
const BO: &str = "bo@other.example";
/// Stands in texts to and from Dana, and nowhere else.
const WORD: &str = "quixotic";
/// The same for Bo.
const OTHER: &str = "serendipity";

/// Received mail is read as it lies there.
fn texts(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn unseen() -> Inside {
    Inside::unseen(texts)
}

fn at(days: i64) -> Timestamp {
    T0 + Span::from_days(days)
}

fn sent(world: &World, to: &str, text: &str, now: Timestamp) -> SubmissionRow {
    let held = world
        .admit(world.ask_of(&[to], text, now), hold_first)
        .submission;
    world.approve_as(&held, now, hold_first).unwrap();
    let departure = world.leave(now + Span::from_seconds(10));
    let end = now + Span::from_seconds(11);
    world.finish(departure.attempt.id, accepted(&[to]), end)
}

fn answer(world: &World, from: &str, text: &str, to: &SubmissionRow, now: Timestamp) -> InboundId {
    let next = Next {
        action: Step::Reply,
        reason: "they ask".to_owned(),
        sla_minutes: None,
        until: None,
    };
    let read = Received {
        message_id: Some(format!("{}@acme.example", text.replace(' ', "-"))),
        references: vec![to.message_id.trim_matches(['<', '>']).to_owned()],
        reported_id: None,
        from: Some(NamedAddress::bare(address(from))),
        to: vec![address("team@ours.example")],
        subject: format!("Re: {text}"),
        date: Some(now),
        kind: ReceivedKind::Person,
        reports: Vec::new(),
        returns_at: None,
        new_text: format!("{text}, i mean it"),
        quoted_text: format!("you wrote {}", to.subject),
        forwarded_text: String::new(),
        signature: String::new(),
        intent: Intent::Interested,
        confidence: 9_000,
        sender: SenderCheck::Unknown,
        injection: 0,
        spam: 0,
        quarantine: false,
        next: next.clone(),
        hosts: Vec::new(),
        files: Vec::new(),
        evidence: Vec::new(),
        defects: Vec::new(),
        octets: 100,
    };
    let ids = world.ids.as_ref();
    let uid = u32::try_from(now.micros() / 1_000_000 - T0.micros() / 1_000_000).unwrap() + 1;
    let ask = Ingest {
        id: InboundId::new(ids, now),
        conversation: ConversationId::new(ids, now),
        place: Place {
            account: world.account,
            folder: "INBOX".to_owned(),
            uid_validity: 7,
            uid,
            after: uid - 1,
        },
        bytes: format!("From: {from}\r\nSubject: {text}\r\n\r\n{text}, i mean it").into_bytes(),
        read,
        received_at: now,
        now,
    };
    let plan = move |_: &Received, _: &domain::received::Standing| Plan {
        effects: Vec::new(),
        shelf: Shelf::Clear,
        taint: false,
        route: Route::Nobody,
        next: next.clone(),
        done: Vec::new(),
    };
    match world.store.ingest(ask, plan).wait().unwrap() {
        Ingested::New(row) => row.id,
        Ingested::Known(id) => panic!("known: {id}"),
    }
}

fn suppress(world: &World, pattern: &str) {
    let new = NewSuppression {
        pattern: pattern.to_owned(),
        scope: domain::SuppressionScope::Workspace,
        reason: domain::SuppressionReason::Unsubscribe,
        note: Some(format!("{pattern} asked")),
        by: Actor::Operator,
        expires_at: None,
    };
    world.store.suppress(new, T0).wait().unwrap();
}

fn report(world: &World) -> VerifyReport {
    let report = world.store.verify(rejudge, |_, _| {}).unwrap();
    assert!(report.is_clean(), "{:#?}", report.divergences);
    report
}

/// Files of the folder in which these bytes stand.
fn found(dir: &Path, words: &str) -> Vec<String> {
    let files = std::fs::read_dir(dir).unwrap();
    files
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
            let there = bytes
                .windows(words.len())
                .any(|window| window == words.as_bytes());
            there.then(|| path.file_name().unwrap().to_string_lossy().into_owned())
        })
        .collect()
}

/// A world in which Dana and Bo both have a history.
fn with_history(dir: &Path) -> (World, SubmissionRow, InboundId) {
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
    while world.store.index_sent().wait().unwrap() {}
    while world.store.index_finds().wait().unwrap() {}
    report(&world);
    (world, bo, heard)
}

#[test]
fn an_erased_contact_is_nowhere_in_the_files_and_the_record_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let (world, bo, heard) = with_history(dir.path());
    assert!(
        !found(dir.path(), DANA).is_empty(),
        "or the test sees nothing"
    );

    let before = world.store.naming(&address(DANA), unseen()).unwrap();
    assert_eq!((before.sent, before.received, before.waiting), (2, 1, 1));
    assert_eq!((before.suppressions, before.under_way), (1, 0));

    let done = world
        .store
        .erase(address(DANA), unseen(), at(3))
        .wait()
        .unwrap();
    assert_eq!(done.sent, before.sent);
    world.store.sweep().wait().unwrap();
    assert_eq!(found(dir.path(), DANA), Vec::<String>::new());
    assert_eq!(found(dir.path(), WORD), Vec::<String>::new());

    let told = report(&world);
    let (by_order, by_age) = (3, 0);
    assert_eq!(told.contents_gone, GoneCount { by_order, by_age });
    assert_eq!(told.decisions_gone, 4);
    assert!(
        world
            .store
            .naming(&address(DANA), unseen())
            .unwrap()
            .is_nothing()
    );

    let of = |word: &str| {
        let words = vec![word.to_owned()];
        let search = Search {
            words,
            ..Search::default()
        };
        world.store.search(&search, None, 10).unwrap().rows.len()
    };
    assert_eq!((of(WORD), of(DANA), of(OTHER)), (0, 0, 2));

    // Nobody else lost anything.
    let draft = world.store.draft(bo.id, 1).unwrap().unwrap();
    assert_eq!(draft.text.unwrap(), format!("{OTHER} offer"));
    assert!(world.store.raw_inbound(heard).unwrap().is_some());
    assert!(world.store.gone_from(bo.id).unwrap().is_empty());
    let page = world.store.list(Default::default(), None, 10).unwrap();
    let waits = |row: &&SubmissionRow| row.state.name() == StateName::Held;
    assert_eq!(
        page.rows.iter().filter(waits).count(),
        0,
        "what waited is cancelled"
    );
    assert_eq!(page.rows.len(), 3, "what happened still happened");

    // The opt-out holds, without the address.
    let mut seen = None;
    let again = world.ask_of(&[DANA], "once more", at(4));
    world
        .store
        .check(
            &again,
            |policy: &store::PublishedPolicy, facts: &domain::Facts| {
                seen = Some(facts.clone());
                hold_first(policy, facts)
            },
        )
        .unwrap();
    let facts = seen.unwrap();
    assert_eq!(facts.recipients[0].suppressions.len(), 1);
    assert!(facts.recipients[0].forbidden_by.is_some());
    assert_eq!(
        facts.recipients[0].established, None,
        "nothing else is known of them"
    );
    assert_eq!(facts.recipients[0].consent, None);
    assert_eq!(facts.recipients[0].zone, None);

    // A person may still lift it by the address.
    let lifted = world.store.lift(DANA.to_owned(), None, at(4));
    assert_eq!(lifted.wait().unwrap(), 1);
    report(&world);
    world.store.close();
    let told = Store::verify_dir(dir.path(), rejudge, |_, _| {}).unwrap();
    assert!(told.is_clean(), "{:#?}", told.divergences);
}

#[test]
fn what_is_on_the_wire_or_uncertain_is_settled_before_it_is_erased() {
    let world = World::memory();
    let held = world.admit(world.ask(DANA, T0), hold_first).submission;
    world.approve_as(&held, T0, hold_first).unwrap();
    let departure = world.leave(T0 + Span::from_seconds(10));
    let refused = world.store.erase(address(DANA), unseen(), at(1)).wait();
    assert!(
        matches!(refused, Err(StoreError::WrongState(_))),
        "{refused:?}"
    );
    let state = world.store.submission(held.id).unwrap().unwrap().state;
    assert_eq!(state.name(), StateName::Sending);
    let end = T0 + Span::from_seconds(11);
    world.finish(departure.attempt.id, accepted(&[DANA]), end);
    world
        .store
        .erase(address(DANA), unseen(), at(1))
        .wait()
        .unwrap();
    report(&world);
}

#[test]
fn an_address_that_nothing_names_is_not_found() {
    let world = World::memory();
    sent(&world, BO, "hello", T0);
    let nobody = world
        .store
        .erase(address("no@one.example"), unseen(), at(1))
        .wait();
    assert!(
        matches!(nobody, Err(StoreError::NotFound { .. })),
        "{nobody:?}"
    );
}

#[test]
fn a_text_that_is_missing_without_an_entry_is_still_tampering() {
    let dir = tempfile::tempdir().unwrap();
    let (world, ..) = with_history(dir.path());
    world
        .store
        .erase(address(DANA), unseen(), at(3))
        .wait()
        .unwrap();
    world.store.close();
    let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
    // Bo's message emptied in the same way, and pinned on the erasure.
    conn.execute_batch(
        "UPDATE versions SET sealed = x'' WHERE length(sealed) > 0;
         INSERT OR IGNORE INTO gone SELECT 0, s.n, 3, (SELECT MIN(seq) FROM gone), 0
         FROM submissions s;",
    )
    .unwrap();
    drop(conn);
    let told = Store::verify_dir(dir.path(), rejudge, |_, _| {}).unwrap();
    assert!(!told.is_clean());
}

#[test]
fn files_go_with_their_mail_and_a_list_that_names_them_takes_its_mail_along() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::on(dir.path());
    let with_file = |to: &str, name: &str, content: &[u8]| {
        let mut ask = world.ask_of(&[to], name, at(0));
        ask.new.draft.attachments.push(domain::Attachment {
            filename: name.to_owned(),
            content_type: "application/octet-stream".to_owned(),
            content: content.to_vec(),
        });
        world.admit(ask, hold_first).submission.id
    };
    let theirs = with_file(DANA, "offer.bin", b"\xff\0 quixotic terms");
    let list = format!("\0name;address\r\nD;{}\r\n", DANA.to_uppercase());
    let listed = with_file(BO, "list.csv", list.as_bytes());
    let other = with_file(BO, "other.csv", b"serendipity;bo");
    assert!(!found(dir.path(), "quixotic terms").is_empty());

    let naming = world
        .store
        .erase(address(DANA), unseen(), at(1))
        .wait()
        .unwrap();
    assert_eq!((naming.sent, naming.attachments), (2, 2));
    world.store.sweep().wait().unwrap();
    for words in ["quixotic terms", DANA] {
        assert_eq!(found(dir.path(), words), Vec::<String>::new(), "{words}");
    }
    for gone in [theirs, listed] {
        let draft = world.store.draft(gone, 1).unwrap().unwrap();
        assert!(draft.attachments.is_empty());
    }
    let kept = world.store.draft(other, 1).unwrap().unwrap();
    assert_eq!(kept.attachments[0].content, b"serendipity;bo");
    report(&world);
}

/// Whose addresses end or begin like hers.
const NEIGHBOURS: [&str; 5] = [
    "pal@x.example",
    "o'al@x.example",
    "p-al@x.example",
    "al@x.example.com",
    "al@x.example-co.com",
];

#[test]
fn an_erasure_takes_nothing_of_somebody_with_a_longer_address() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::on(dir.path());
    let hers = sent(&world, "al@x.example", "an offer", at(0));
    answer(&world, "al@x.example", "a yes", &hers, at(0));
    let mut theirs = Vec::new();
    for (day, to) in (1..).zip(NEIGHBOURS) {
        let out = sent(&world, to, &format!("for {to} alone"), at(day));
        let heard = answer(&world, to, &format!("{to} here"), &out, at(day));
        let mut waits = world.ask_of(&[to], &format!("again {to}"), at(day));
        waits.new.draft.attachments.push(domain::Attachment {
            filename: "list.csv".to_owned(),
            content_type: "text/csv".to_owned(),
            content: format!("name;address\n{};{to}\n", day).into_bytes(),
        });
        let waits = world.admit(waits, hold_first).submission;
        theirs.push((to, out.id, heard, waits.id));
    }
    let naming = world
        .store
        .naming(&address("al@x.example"), unseen())
        .unwrap();
    let counted = (naming.sent, naming.received, naming.waiting, naming.shared);
    assert_eq!(counted, (1, 1, 0, 0));

    let erased = world
        .store
        .erase(address("al@x.example"), unseen(), at(9))
        .wait();
    assert_eq!(erased.unwrap().sent, 1);
    world.store.sweep().wait().unwrap();
    assert!(world.store.gone_from(hers.id).unwrap().len() == 1);
    for (to, out, heard, waits) in theirs {
        let draft = world.store.draft(out, 1).unwrap().unwrap();
        assert_eq!(draft.text.unwrap(), format!("for {to} alone"));
        assert_eq!(draft.to[0].address, address(to));
        let row = world.store.submission(waits).unwrap().unwrap();
        assert_eq!(row.state.name(), StateName::Held, "{to}");
        assert_eq!(row.recipients[0].address, address(to));
        let draft = world.store.draft(waits, 1).unwrap().unwrap();
        assert!(!draft.attachments[0].content.is_empty(), "{to}");
        let read = world.store.inbound(heard).unwrap().unwrap().read;
        assert_eq!(read.from.unwrap().address, address(to));
        assert!(world.store.raw_inbound(heard).unwrap().is_some(), "{to}");
    }
    report(&world);
}

#[test]
fn an_erasure_takes_what_names_the_contact_in_the_midst_of_others() {
    let world = World::memory();
    let texts = [
        "she wrote:\nal@x.example",
        "either pal@x.example or <AL@X.example>",
        "not pal@x.example.",
    ];
    let ids = texts.map(|text| world.admit(world.ask_of(&[BO], text, at(0)), hold_first));
    let mut list = world.ask_of(&[BO], "a list", at(0));
    list.new.draft.attachments.push(domain::Attachment {
        filename: "list.json".to_owned(),
        content_type: "application/json".to_owned(),
        content: br#"["pal@x.example","\nal@x.example"]"#.to_vec(),
    });
    let list = world.admit(list, hold_first).submission;
    world
        .store
        .erase(address("al@x.example"), unseen(), at(1))
        .wait()
        .unwrap();
    let gone = |id| !world.store.gone_from(id).unwrap().is_empty();
    assert_eq!(
        ids.map(|answer| gone(answer.submission.id)),
        [true, true, false]
    );
    assert!(gone(list.id));
    report(&world);
}

#[test]
fn received_mail_that_names_a_contact_only_in_its_bytes_goes_too() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::on(dir.path());
    sent(&world, DANA, "hello", at(0));
    let bo = letter("bo@other.example", "the minutes");
    let with_copy = format!("Cc: D <{}>\r\n\r\nthe minutes", DANA.to_uppercase());
    let named = arrives_as(&world, bo, &with_copy, 1, at(1));
    let other = letter("bo@other.example", "the agenda");
    let other = arrives_as(&world, other, "Subject: x\r\n\r\nthe agenda", 2, at(1));
    let seen = world.store.inside(&address(DANA), texts).unwrap();
    // One that came after everything was looked into is looked into all the same.
    let late = letter("bo@other.example", "the annex");
    let late = arrives_as(
        &world,
        late,
        &format!("X: {DANA}\r\n\r\nthe annex"),
        3,
        at(2),
    );

    assert_eq!(
        world
            .store
            .naming(&address(DANA), unseen())
            .unwrap()
            .received,
        2
    );
    let done = world
        .store
        .erase(address(DANA), seen, at(3))
        .wait()
        .unwrap();
    assert_eq!((done.sent, done.received), (1, 2));
    world.store.sweep().wait().unwrap();
    for gone in [named.id, late.id] {
        assert!(world.store.raw_inbound(gone).unwrap().is_none());
    }
    assert!(world.store.raw_inbound(other.id).unwrap().is_some());
    assert!(
        world
            .store
            .naming(&address(DANA), unseen())
            .unwrap()
            .is_nothing()
    );
    report(&world);
}

#[test]
fn received_bytes_that_are_missing_or_others_are_tampering() {
    let dir = tempfile::tempdir().unwrap();
    let (world, _, heard) = with_history(dir.path());
    world
        .store
        .erase(address(DANA), unseen(), at(3))
        .wait()
        .unwrap();
    world.store.close();
    let path = dir.path().join("sendoff.db");
    let untouched = std::fs::read(&path).unwrap();
    let bo = format!(
        "(SELECT n FROM inbound WHERE id = x'{}')",
        heard.uuid().simple()
    );
    for (forge, what) in [
        (
            format!("UPDATE inbound SET raw = 0 WHERE n = {bo}"),
            "its bytes are gone",
        ),
        (
            format!(
                "UPDATE inbound SET raw = 0 WHERE n = {bo};
                 INSERT INTO gone SELECT 1, {bo}, 3, MAX(seq), 0 FROM gone"
            ),
            "its bytes are gone",
        ),
        (
            "UPDATE raws SET packed = x'789c030000000001', octets = 9"
                .to_owned(),
            "not the message that came in",
        ),
        (
            format!("DELETE FROM inbound WHERE n = {bo}"),
            "the message that came in is gone",
        ),
        (
            "UPDATE decisions SET facts = replace(facts, '\"recipients\":[]', '\"recipients\":[ ]')"
                .to_owned(),
            "the decision or its facts were changed",
        ),
    ] {
        std::fs::write(&path, &untouched).unwrap();
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.execute_batch(&forge).unwrap();
        drop(conn);
        let told = Store::verify_dir(dir.path(), rejudge, |_, _| {}).unwrap();
        let named = told.divergences.iter().any(|one| one.what.contains(what));
        assert!(named, "{forge}: {:#?}", told.divergences);
    }
}

#[test]
fn erased_mail_that_failed_is_not_sent_again() {
    let world = World::memory();
    let held = world.admit(world.ask(DANA, T0), hold_first).submission;
    world.approve_as(&held, T0, hold_first).unwrap();
    let departure = world.leave(T0 + Span::from_seconds(10));
    let refused = answered(&[DANA], RecipientState::Refused, 550);
    world.finish(departure.attempt.id, refused, T0 + Span::from_seconds(11));
    world
        .store
        .erase(address(DANA), unseen(), at(1))
        .wait()
        .unwrap();
    let resend = domain::submission::Settlement::Resend;
    let again = world.store.settle(held.id, resend, at(2)).wait();
    assert!(
        matches!(again, Err(StoreError::ContentGone { .. })),
        "{again:?}"
    );
}

fn pass(world: &World, kind: Kept, before: Timestamp, now: Timestamp) -> u64 {
    let (mut from, mut taken) = (RetainFrom::default(), 0);
    loop {
        let round = world.store.retain(kind, before, from, now).wait().unwrap();
        taken += round.taken;
        match round.next {
            Some(next) => from = next,
            None => return taken,
        }
    }
}

#[test]
fn what_has_grown_old_goes_and_what_waits_stays_whatever_its_age() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::on(dir.path());
    let old = sent(&world, DANA, &format!("{WORD} offer"), at(0));
    let heard = answer(&world, DANA, &format!("{WORD} yes"), &old, at(1));
    let mut waits = world.ask_of(&[DANA], &format!("{OTHER} waits"), at(1));
    waits.hold_for = Span::from_days(900);
    waits.send_by = at(900);
    let waits = world.admit(waits, hold_first).submission;
    let young = sent(&world, BO, &format!("{OTHER} young"), at(80));
    while world.store.index_sent().wait().unwrap() {}

    let (before, now) = (at(10), at(100));
    let would = world.store.aged(Kept::Bodies, before).unwrap();
    assert_eq!((would.sent, would.received), (1, 1));
    assert_eq!(pass(&world, Kept::Bodies, before, now), 2);
    assert_eq!(pass(&world, Kept::Bodies, before, now), 0, "once is enough");
    world.store.sweep().wait().unwrap();
    assert_eq!(
        found(dir.path(), "quixotic yes, i mean it"),
        Vec::<String>::new()
    );

    let draft = world.store.draft(old.id, 1).unwrap().unwrap();
    assert_eq!(draft.text, None);
    assert_eq!(draft.to.len(), 1, "whom it went to stays");
    let inbound = world.store.inbound(heard).unwrap().unwrap();
    assert_eq!(inbound.read.new_text, "");
    assert_eq!(world.store.raw_inbound(heard).unwrap(), None);
    assert_eq!(
        world.store.gone_from(old.id).unwrap(),
        [(Gone::Aged(Kept::Bodies), now)]
    );
    for kept in [waits.id, young.id] {
        assert!(world.store.draft(kept, 1).unwrap().unwrap().text.is_some());
    }
    let told = report(&world);
    let (by_order, by_age) = (0, 2);
    assert_eq!(told.contents_gone, GoneCount { by_order, by_age });
    assert_eq!(told.decisions_gone, 0);

    // Once it is over, the next pass takes it.
    world
        .store
        .cancel(waits.id, Actor::Operator, now)
        .wait()
        .unwrap();
    assert_eq!(pass(&world, Kept::Bodies, at(101), at(200)), 2);
    assert_eq!(world.store.draft(waits.id, 1).unwrap().unwrap().text, None);
    report(&world);
}

#[test]
fn raw_bytes_go_and_what_was_read_in_them_stays() {
    let world = World::memory();
    let out = sent(&world, DANA, "hello", at(0));
    let heard = answer(&world, DANA, "thank you", &out, at(1));
    assert_eq!(pass(&world, Kept::Raw, at(10), at(11)), 1);
    assert_eq!(world.store.raw_inbound(heard).unwrap(), None);
    let row = world.store.inbound(heard).unwrap().unwrap();
    assert_eq!(row.read.new_text, "thank you, i mean it");
    assert!(
        world
            .store
            .draft(out.id, 1)
            .unwrap()
            .unwrap()
            .text
            .is_some()
    );
    report(&world);
}

#[test]
fn files_go_and_stay_listed() {
    let world = World::memory();
    let mut ask = world.ask_of(&[DANA], "with a file", at(0));
    ask.new.draft.attachments.push(domain::Attachment {
        filename: "offer.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        content: b"%PDF".to_vec(),
    });
    let row = world.admit(ask, hold_first).submission;
    world
        .store
        .cancel(row.id, Actor::Operator, at(1))
        .wait()
        .unwrap();
    let plain = world.admit(world.ask(DANA, at(0)), hold_first).submission;
    world
        .store
        .cancel(plain.id, Actor::Operator, at(1))
        .wait()
        .unwrap();
    assert_eq!(pass(&world, Kept::Attachments, at(10), at(11)), 1);
    let draft = world.store.draft(row.id, 1).unwrap().unwrap();
    assert_eq!(draft.attachments[0].filename, "offer.pdf");
    assert!(draft.attachments[0].content.is_empty());
    assert!(draft.text.is_some());
    report(&world);
}

/// The other half of the next test, in a process of its own.
#[test]
#[ignore = "a part of `an_erasure_that_is_killed_has_happened_or_has_not`"]
fn erases_until_it_is_killed() {
    let Some(dir) = std::env::var_os("ERASE_IN") else {
        return;
    };
    let ids = std::sync::Arc::new(Counting::default());
    let store = Store::open(Path::new(&dir), T0, ids).unwrap();
    std::fs::write(Path::new(&dir).join("ready"), "").unwrap();
    store.erase(address(DANA), unseen(), at(3)).wait().unwrap();
    store.sweep().wait().unwrap();
    std::fs::write(Path::new(&dir).join("done"), "").unwrap();
}

#[test]
fn an_erasure_that_is_killed_has_happened_or_has_not() {
    let whole = tempfile::tempdir().unwrap();
    let world = World::on(whole.path());
    for n in 0..60 {
        let out = sent(&world, DANA, &format!("{WORD} {n}"), at(n));
        answer(&world, DANA, &format!("{WORD} yes {n}"), &out, at(n));
    }
    sent(&world, BO, OTHER, at(70));
    world.store.close();
    let (mut befores, mut afters) = (0, 0);
    for wait in [0, 1, 2, 4, 6, 9, 13, 18, 25, 35, 60, 120, 5_000] {
        let dir = tempfile::tempdir().unwrap();
        let copy = |name: &str| {
            std::fs::copy(whole.path().join(name), dir.path().join(name)).unwrap();
        };
        copy("sendoff.db");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "erases_until_it_is_killed"])
            .env("ERASE_IN", dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let there = |name: &str| dir.path().join(name).exists();
        while !there("ready") && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        for _ in 0..wait {
            if there("done") {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = child.kill();
        child.wait().unwrap();

        let ids = std::sync::Arc::new(Counting::default());
        let store = Store::open(dir.path(), T0, ids).unwrap();
        let told = store.verify(rejudge, |_, _| {}).unwrap();
        assert!(told.is_clean(), "{:#?}", told.divergences);
        let naming = store.naming(&address(DANA), unseen()).unwrap();
        store.close();
        match naming.sent {
            0 => {
                afters += 1;
                assert_eq!(found(dir.path(), DANA), Vec::<String>::new());
                assert_eq!(found(dir.path(), WORD), Vec::<String>::new());
            }
            60 => befores += 1,
            half => panic!("{half} of 60 are left"),
        }
    }
    assert!(afters > 0, "with time enough it happens");
    eprintln!("{befores} before, {afters} after");
}
