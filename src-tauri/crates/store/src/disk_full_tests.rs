//! What only the inside can bring about: a disk that is full.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

use std::sync::Arc;

use domain::{ChangeKind, StateName};

use crate::common::*;
use crate::{Store, StoreError};

const DANA: &str = "dana@acme.example";

/// At most so many pages, or as many as there are.
fn pages(store: &Store, most: i64) {
    let set = move |tx: &mut crate::sqlite::tx::Tx<'_>| {
        let sql = format!("PRAGMA max_page_count = {most}");
        Ok(tx.conn.query_row(&sql, [], |row| row.get::<_, i64>(0))?)
    };
    store.write(set).wait().unwrap();
}

#[test]
fn a_disk_that_cannot_take_more_is_everybodys_answer_and_nothing_is_half_written() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    let told = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&told);
    w.store.on_change(move |changes| {
        let submissions = changes
            .iter()
            .filter(|change| matches!(change.kind, ChangeKind::Submission { .. }));
        count.fetch_add(submissions.count(), std::sync::atomic::Ordering::Relaxed);
    });
    let first = w.admit(w.ask(DANA, T0), allow).submission;
    w.store.close();
    assert_eq!(told.load(std::sync::atomic::Ordering::Relaxed), 1);

    // As full as a database gets: not one page more.
    let store = Store::open(dir.path(), T0, w.ids.clone()).unwrap();
    let w = World { store, ..w };
    let count = Arc::clone(&told);
    w.store.on_change(move |changes| {
        let submissions = changes
            .iter()
            .filter(|change| matches!(change.kind, ChangeKind::Submission { .. }));
        count.fetch_add(submissions.count(), std::sync::atomic::Ordering::Relaxed);
    });
    pages(&w.store, 1);
    let replies: Vec<_> = (0..5)
        .map(|_| {
            let mut ask = w.ask(DANA, T0);
            ask.sealed.bytes = vec![b'x'; 200_000];
            w.store.admit(ask, allow)
        })
        .collect();
    for reply in replies {
        assert!(matches!(reply.wait(), Err(StoreError::Unavailable { .. })));
    }
    assert_eq!(slots(&w, T0), 1);
    let row = w.store.submission(first.id).unwrap().unwrap();
    assert_eq!(row.state.name(), StateName::Queued);
    pages(&w.store, 1_000_000);
    w.admit(w.ask(DANA, T0), allow);
    assert_eq!(slots(&w, T0), 2);
    let report = w.store.verify(allow, |_, _| {}).unwrap();
    assert!(report.is_clean(), "{:#?}", report.divergences);
    w.store.close();
    let told = told.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(
        told, 2,
        "the first and the last, and none of those that failed"
    );
}
