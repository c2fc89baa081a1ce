//! Who an erasure takes mail from: whatever names the contact, and nobody with an address like
//! theirs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::erasure::*;
use common::mail::{arrives_as, letter};
use common::*;
use domain::StateName;

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
    let naming = naming(&world.store, "al@x.example");
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
    erase(&world, "al@x.example", at(1));
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

    assert_eq!(naming(&world.store, DANA).received, 2);
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
    assert!(naming(&world.store, DANA).is_nothing());
    report(&world);
}

#[test]
fn what_was_looked_into_is_not_taken_for_what_came_in_its_place() {
    for late_names_her in [false, true] {
        let world = World::memory();
        sent(&world, DANA, "hello", at(0));
        let cy = "cy@third.example";
        let minutes = format!("Cc: {DANA}, {cy}\r\n\r\nthe minutes");
        let minutes = arrives_as(&world, letter(BO, "the minutes"), &minutes, 1, at(1));
        let seen = world.store.inside(&address(DANA), texts).unwrap();
        // Erased with somebody else meanwhile; the next message has its room.
        erase(&world, cy, at(2));
        let whose = if late_names_her {
            DANA
        } else {
            "no@one.example"
        };
        let annex = format!("X: {whose}\r\n\r\nthe annex");
        let annex = arrives_as(&world, letter(BO, "the annex"), &annex, 2, at(3));

        let done = world.store.erase(address(DANA), seen, at(4));
        assert_eq!(done.wait().unwrap().received, u64::from(late_names_her));
        assert!(world.store.raw_inbound(minutes.id).unwrap().is_none());
        let kept = world.store.raw_inbound(annex.id).unwrap().is_some();
        assert_eq!(kept, !late_names_her);
        report(&world);
    }
}

#[test]
fn bytes_that_are_damaged_keep_nobody_from_being_erased() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::on(dir.path());
    let named = |text: &str| format!("Cc: {DANA}\r\n\r\n{text}");
    let hers = letter(DANA, "the question");
    let hers = arrives_as(&world, hers, &named("the question"), 1, at(0));
    let damaged = letter(BO, "the minutes");
    let damaged = arrives_as(&world, damaged, &named("the minutes"), 2, at(1));
    let whole = letter(BO, "the agenda");
    let whole = arrives_as(&world, whole, &named("the agenda"), 3, at(2));
    let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
    let damage = "UPDATE raws SET packed = x'00'
         WHERE n IN (SELECT raw FROM inbound WHERE uid IN (1, 2))";
    assert_eq!(conn.execute(damage, []).unwrap(), 2);
    drop(conn);

    let before = naming(&world.store, DANA);
    assert_eq!((before.received, before.unread), (2, 1));
    let erased = erase(&world, DANA, at(3));
    assert_eq!((erased.received, erased.unread), (2, 1));
    for id in [hers.id, whole.id] {
        assert!(!world.store.gone_from_received(id).unwrap().is_empty());
    }
    let told = world.store.verify(rejudge, |_, _| {}).unwrap();
    let damaged = damaged.id.to_string();
    assert!(told.divergences.iter().any(|one| one.subject == damaged));
    assert_eq!(told.divergences.len(), 1, "{:#?}", told.divergences);
}

#[test]
fn an_address_beyond_ascii_is_found_in_capitals_and_in_either_script() {
    for (whom, theirs, others) in [
        (
            "jörg@acme.example",
            ["JÖRG@acme.example", "<Jörg@Acme.example>"],
            ["bjÖrg@acme.example", "jörg@acme.example.com"],
        ),
        (
            "al@xn--bcher-kva.example",
            ["al@bücher.example", "write to AL@BÜCHER.example."],
            ["pal@bücher.example", "al@bücher.example.com"],
        ),
    ] {
        let world = World::memory();
        sent(&world, whom, "hello", at(0));
        let taken = |text: &str| {
            let draft = world.admit(world.ask_of(&[BO], text, at(1)), hold_first);
            let plain = world.ask_of(&[BO], &format!("about {}", text.len()), at(1));
            let noted = world.admit(plain, hold_first).submission;
            let note = world.store.ask(noted.id, None, text.to_owned(), at(1));
            note.wait().unwrap();
            [draft.submission.id, noted.id]
        };
        let (theirs, others) = (theirs.map(taken), others.map(taken));
        erase(&world, whom, at(2));
        let gone = |id| !world.store.gone_from(id).unwrap().is_empty();
        assert_eq!(theirs.map(|ids| ids.map(gone)), [[true; 2]; 2], "{whom}");
        assert_eq!(others.map(|ids| ids.map(gone)), [[false; 2]; 2], "{whom}");
        report(&world);
    }
}
