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

use common::erasure::*;
use common::*;
use rusqlite::Connection;
use store::{Store, StoreError};

/// Erased, but not swept.
fn erased(dir: &Path) -> World {
    let world = World::on(dir);
    world.admit(world.ask(DANA, T0), hold);
    erase(&world, DANA, at(1));
    assert!(world.store.is_sweep_due().unwrap());
    world
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

    let again = Store::open(dir.path(), at(2), Arc::new(Counting::default())).unwrap();
    assert!(naming(&again, DANA).is_nothing());
    assert!(again.is_sweep_due().unwrap());
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    again.sweep().wait().unwrap();
    assert!(!again.is_sweep_due().unwrap());
    assert_eq!(found(dir.path(), DANA), Vec::<String>::new());
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
    assert_eq!(found(dir.path(), DANA), Vec::<String>::new());

    // Only what is still to do is tried again: each time the file is written anew counts here.
    let conn = Connection::open(dir.path().join("sendoff.db")).unwrap();
    let written = || -> i64 {
        let version = "PRAGMA schema_version";
        conn.query_row(version, [], |row| row.get(0)).unwrap()
    };
    let before = written();
    refused(&world);
    assert!(world.store.is_sweep_due().unwrap());
    assert_eq!(written(), before);
    drop(conn);

    fs::remove_dir(&backup).unwrap();
    fs::write(&backup, DANA).unwrap();
    world.store.sweep().wait().unwrap();
    assert!(!backup.exists());
    assert!(!world.store.is_sweep_due().unwrap());
    assert_eq!(found(dir.path(), DANA), Vec::<String>::new());
}
