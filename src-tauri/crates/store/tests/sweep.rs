//! Bytes that cannot go yet: the erasure stands, the sweep stays due, and Sendoff starts all the
//! same.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::*;
use domain::Span;
use rusqlite::Connection;
use store::{Store, StoreError};

/// Received mail is read as it lies there.
fn unseen() -> store::Inside {
    store::Inside::unseen(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

const DANA: &str = "dana.marker@acme.example";

/// Erased, but not swept.
fn erased(dir: &Path) -> World {
    let world = World::on(dir);
    world.admit(world.ask(DANA, T0), hold);
    let now = T0 + Span::from_days(1);
    world
        .store
        .erase(address(DANA), unseen(), now)
        .wait()
        .unwrap();
    assert!(world.store.is_sweep_due().unwrap());
    world
}

fn stands_in(dir: &Path) -> Vec<String> {
    let files = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.is_file())
        .filter(|path| {
            let bytes = fs::read(path).unwrap();
            bytes
                .windows(DANA.len())
                .any(|part| part == DANA.as_bytes())
        })
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

fn refused(world: &World) -> String {
    match world.store.sweep().wait() {
        Err(StoreError::Unavailable { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn while_somebody_reads_the_record_a_sweep_stays_due_and_the_next_start_is_none_the_worse() {
    let dir = tempfile::tempdir().unwrap();
    let world = erased(dir.path());
    let reader = Connection::open(dir.path().join("sendoff.db")).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let count = "SELECT COUNT(*) FROM meta";
    let _: i64 = reader.query_row(count, [], |row| row.get(0)).unwrap();
    let late = refused(&world);
    assert!(
        late.contains("a copy or a check reads the record"),
        "{late}"
    );
    assert!(world.store.is_sweep_due().unwrap());
    world.store.close();

    let now = T0 + Span::from_days(2);
    let again = Store::open(dir.path(), now, Arc::new(Counting::default())).unwrap();
    assert!(again.naming(&address(DANA), unseen()).unwrap().is_nothing());
    assert!(again.is_sweep_due().unwrap());
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    again.sweep().wait().unwrap();
    assert!(!again.is_sweep_due().unwrap());
    assert_eq!(stands_in(dir.path()), Vec::<String>::new());
    again.close();
}

#[test]
fn an_older_backup_that_cannot_be_removed_is_named_and_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let world = erased(dir.path());
    let backup = dir.path().join("sendoff.v3.backup.db");
    fs::create_dir(&backup).unwrap();
    let late = refused(&world);
    assert!(late.contains("sendoff.v3.backup.db"), "{late}");
    assert!(world.store.is_sweep_due().unwrap());

    fs::remove_dir(&backup).unwrap();
    fs::write(&backup, DANA).unwrap();
    world.store.sweep().wait().unwrap();
    assert!(!backup.exists());
    assert!(!world.store.is_sweep_due().unwrap());
    assert_eq!(stands_in(dir.path()), Vec::<String>::new());
}
