//! Copies to file in Sent, and messages a server lists and does not give.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::{T0, World, accepted, both, hold_first};
use domain::{SentCopy, Span, SubmissionId, Timestamp};
use store::{Place, Withheld};

fn later(minutes: i64) -> Timestamp {
    T0 + Span::from_minutes(minutes)
}

/// Has Sendoff file the copies of what leaves.
fn files_copies(world: &World) {
    world.reads(SentCopy::Append, T0);
}

/// Sends to somebody and has the relay take it.
fn sent(world: &World, to: &str, now: Timestamp) -> SubmissionId {
    let held = world.admit(world.ask(to, now), hold_first).submission;
    world.approve_as(&held, now, hold_first).unwrap();
    let departure = world.leave(now + Span::from_seconds(10));
    let at = now + Span::from_seconds(11);
    world.finish(departure.attempt.id, accepted(&[to]), at).id
}

fn begin(world: &World, now: Timestamp) -> Option<SubmissionId> {
    world.store.begin_filing(world.account, now).wait().unwrap()
}

#[test]
fn a_copy_that_cannot_be_read_is_a_try_that_counts() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::on(dir.path());
    files_copies(&world);
    let id = sent(&world, "dana@acme.example", T0);
    let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
    conn.execute("UPDATE versions SET envelope = 'no JSON'", [])
        .unwrap();
    assert_eq!(begin(&world, later(1)), Some(id));
    let why = world.store.filing(id).unwrap_err().to_string();
    world
        .store
        .filing_failed(id, why.clone(), later(1))
        .wait()
        .unwrap();
    // It waits before it is tried again.
    assert_eq!(begin(&world, later(1)), None);
    let standing = world.store.filing_standing(world.account, T0).unwrap();
    assert_eq!((standing.waiting, standing.why), (1, Some(why)));
}

#[test]
fn the_last_failure_is_the_one_that_is_told() {
    both(|world| {
        files_copies(&world);
        let first = sent(&world, "dana@acme.example", T0);
        let second = sent(&world, "eve@far.example", later(1));
        let fails = |id, why: &str, now| {
            assert_eq!(begin(&world, now), Some(id));
            let failed = world.store.filing_failed(id, why.to_owned(), now);
            failed.wait().unwrap();
        };
        let told = || {
            let standing = world.store.filing_standing(world.account, T0).unwrap();
            (standing.waiting, standing.why)
        };
        fails(first, "z, the first", later(2));
        assert_eq!(told(), (1, Some("z, the first".to_owned())));
        fails(second, "a, the second", later(2) + Span::from_seconds(30));
        assert_eq!(told(), (2, Some("a, the second".to_owned())));
        fails(first, "m, the first again", later(4));
        assert_eq!(told(), (2, Some("m, the first again".to_owned())));
        // It was tried last, though the one before is due later by now.
        fails(second, "b, the second again", later(5));
        assert_eq!(told(), (2, Some("b, the second again".to_owned())));
    });
}

fn withheld(world: &World, folder: &str, uid: u32, after: u32, tries_max: u32) -> bool {
    let ask = Withheld {
        place: Place {
            account: world.account,
            folder: folder.to_owned(),
            uid_validity: 7,
            uid,
            after,
        },
        octets: 100,
        why: "it does not come".to_owned(),
        tries_max,
        now: T0,
    };
    world.store.withheld(ask).wait().unwrap()
}

fn begin_folder(world: &World, folder: &str) {
    let begun = world
        .store
        .begin_folder(world.account, folder.to_owned(), 7, None, T0);
    begun.wait().unwrap();
}

#[test]
fn what_was_put_aside_in_a_folder_that_is_read_no_longer_is_missed_no_more() {
    both(|world| {
        for folder in ["INBOX", "Projects"] {
            begin_folder(&world, folder);
            assert!(withheld(&world, folder, 4, 0, 1), "{folder}");
        }
        let read = vec!["INBOX".to_owned(), "Sent".to_owned()];
        let ended = world
            .store
            .end_asides_elsewhere(world.account, read, later(1));
        ended.wait().unwrap();
        let left = world.store.asides(world.account).unwrap();
        let left: Vec<&str> = left.iter().map(|row| row.folder.as_str()).collect();
        assert_eq!(left, ["INBOX"]);
    });
}

#[test]
fn tries_at_a_message_are_forgotten_once_its_folder_is_read_beyond_it() {
    both(|world| {
        begin_folder(&world, "INBOX");
        assert!(!withheld(&world, "INBOX", 2, 0, 3));
        assert!(!withheld(&world, "INBOX", 2, 0, 3));
        // It came with others, up to 5, of which the last is put aside.
        assert!(withheld(&world, "INBOX", 5, 0, 1));
        assert!(!withheld(&world, "INBOX", 2, 0, 3), "counted from one");
        // What was put aside stays noted.
        assert_eq!(world.store.asides(world.account).unwrap().len(), 1);
    });
}
