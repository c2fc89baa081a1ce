//! What is taken out on purpose is gone to the last byte, the record still agrees, and nobody else
//! loses anything.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::erasure::*;
use common::*;
use domain::{RecipientState, Span, StateName};
use store::{GoneCount, Search, Store, StoreError, SubmissionRow};

#[test]
fn an_erased_contact_is_nowhere_in_the_files_and_the_record_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let (world, bo, heard) = with_history(dir.path());
    assert!(
        !found(dir.path(), DANA).is_empty(),
        "or the test sees nothing"
    );

    let before = naming(&world.store, DANA);
    assert_eq!((before.sent, before.received, before.waiting), (2, 1, 1));
    assert_eq!((before.suppressions, before.under_way), (1, 0));

    let done = erase(&world, DANA, at(3));
    assert_eq!(done.sent, before.sent);
    world.store.sweep().wait().unwrap();
    assert_eq!(found(dir.path(), DANA), Vec::<String>::new());
    assert_eq!(found(dir.path(), WORD), Vec::<String>::new());

    let told = report(&world);
    let (by_order, by_age) = (3, 0);
    assert_eq!(told.contents_gone, GoneCount { by_order, by_age });
    assert_eq!(told.decisions_gone, 4);
    assert!(naming(&world.store, DANA).is_nothing());

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
    erase(&world, DANA, at(1));
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

    let naming = erase(&world, DANA, at(1));
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

#[test]
fn erased_mail_that_failed_is_not_sent_again() {
    let world = World::memory();
    let held = world.admit(world.ask(DANA, T0), hold_first).submission;
    world.approve_as(&held, T0, hold_first).unwrap();
    let departure = world.leave(T0 + Span::from_seconds(10));
    let refused = answered(&[DANA], RecipientState::Refused, 550);
    world.finish(departure.attempt.id, refused, T0 + Span::from_seconds(11));
    erase(&world, DANA, at(1));
    let resend = domain::submission::Settlement::Resend;
    let again = world.store.settle(held.id, None, resend, at(2)).wait();
    assert!(
        matches!(again, Err(StoreError::ContentGone { .. })),
        "{again:?}"
    );
}
