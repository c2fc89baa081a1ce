//! The data folder: one process, one format, private files, and what a restart finds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::sync::Arc;

use common::*;
use domain::Span;
use store::{Store, StoreError};

const DANA: &str = "dana@acme.example";

#[test]
fn a_second_instance_is_told_who_has_the_folder_until_it_is_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    let second = Store::open(dir.path(), T0, w.ids.clone()).unwrap_err();
    let pid = Some(std::process::id());
    assert_eq!(second, StoreError::InUse { pid });
    assert!(
        second.to_string().contains("stop that one first"),
        "{second}"
    );
    w.store.close();
    Store::open(dir.path(), T0, w.ids.clone()).unwrap();
}

#[test]
fn dropping_the_last_clone_lets_the_folder_go() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    let ids = w.ids.clone();
    let clone = w.store.clone();
    drop(w);
    assert!(Store::open(dir.path(), T0, ids.clone()).is_err());
    drop(clone);
    Store::open(dir.path(), T0, ids).unwrap();
}

#[test]
fn everything_committed_is_there_after_a_restart_and_the_chain_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    let mut ask = w.ask(DANA, T0);
    ask.new.dedupe_key = Some("once".into());
    let repeat = ask.clone();
    let held = w.admit(ask, hold_first).submission;
    let queued = w.admit(w.ask("bo@x.example", T0), hold_first).submission;
    w.approve_as(&queued, T0, hold_first).unwrap();
    let head = w.store.head().unwrap();
    w.store.close();
    let answer = w.store.submission(held.id);
    assert_eq!(answer, Err(StoreError::Closed));
    assert_eq!(
        w.store.admit(w.ask(DANA, T0), allow).wait(),
        Err(StoreError::Closed)
    );

    let store = Store::open(dir.path(), T0, w.ids.clone()).unwrap();
    let w = World { store, ..w };
    assert_eq!(w.store.head().unwrap(), head);
    assert_eq!(w.store.submission(held.id).unwrap(), Some(held));
    assert_eq!(w.store.counts().unwrap().held, 1);
    assert_eq!(slots(&w, T0), 1, "counters are read back");
    let again = w.store.admit(repeat, hold_first).wait().unwrap();
    assert!(
        matches!(again, store::Admission::Replayed(_)),
        "keys are kept for good"
    );
    let sent = w.leave(T0 + Span::from_minutes(1));
    assert_eq!(sent.submission.id, queued.id);
    w.verify();
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("data");
    let w = World::on(&folder);
    w.admit(w.ask(DANA, T0), hold_first);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&folder) & 0o777, 0o700);
    for name in [
        "sendoff.db",
        "sendoff.db-wal",
        "sendoff.db-shm",
        "sendoff.lock",
    ] {
        assert_eq!(mode(&folder.join(name)) & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_newer_format_is_refused_with_a_sentence_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    w.store.close();
    let path = dir.path().join("sendoff.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    drop(conn);
    let error = Store::open(dir.path(), T0, w.ids.clone()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }));
    assert!(
        error.to_string().contains("install a newer sendoff"),
        "{error}"
    );
    let looked = Store::verify_dir(dir.path(), rejudge, |_, _| {}).unwrap_err();
    assert!(matches!(looked, StoreError::Newer { found: 99, .. }));
}

#[test]
fn what_is_no_database_is_called_damaged() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sendoff.db"), vec![b'x'; 10_000]).unwrap();
    let error = Store::open(dir.path(), T0, Arc::new(Counting::default())).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    // A file where the folder should be: refused for root as well.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("taken");
    std::fs::write(&file, b"").unwrap();
    for folder in [file.join("data"), "/proc/sendoff".into()] {
        let error = Store::open(&folder, T0, Arc::new(Counting::default())).unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(
            error.to_string().contains(&folder.display().to_string()),
            "{error}"
        );
    }
}
