//! What has grown old goes, a bounded round after the other, and what waits stays.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::erasure::*;
use common::*;
use domain::{Actor, Span, Timestamp};
use store::{Gone, GoneCount, Kept, RetainFrom};

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
    while world.store.index_finds().wait().unwrap() {}

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
