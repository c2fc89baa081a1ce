//! What is missing without an entry that took it is tampering, and an erasure that is killed has
//! happened or has not.

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

use common::erasure::*;
use common::*;
use store::Store;

#[test]
fn a_text_that_is_missing_without_an_entry_is_still_tampering() {
    let dir = tempfile::tempdir().unwrap();
    let (world, ..) = with_history(dir.path());
    erase(&world, DANA, at(3));
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
fn what_a_person_said_cannot_be_tried_once_it_is_erased() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::on(dir.path());
    let held = world.admit(world.ask(DANA, T0), hold_first).submission;
    let said = "dana owes us money".to_owned();
    let asked = world.store.ask(held.id, None, said.clone(), T0);
    asked.wait().unwrap();
    let rejected = world.store.reject(held.id, None, said.clone(), T0);
    rejected.wait().unwrap();
    let noted = || {
        let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
        let sql =
            "SELECT n.salt, n.kind, j.body FROM notes n JOIN journal j ON j.seq = n.journal_seq";
        let (salt, kind, body): (Vec<u8>, String, String) = conn
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let digest = domain::Digest::of_parts([&salt, kind.as_bytes(), said.as_bytes()]);
        body["note"] == serde_json::json!(digest)
    };
    assert!(noted());
    let known = |what: &str| {
        let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
        let (salt, body): (Option<Vec<u8>>, String) = conn
            .query_row(
                "SELECT s.salt, j.body FROM submissions s JOIN journal j ON j.seq = s.journal_seq",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let tried = |salt: &[u8]| {
            let digest = domain::Digest::of_parts([salt, said.as_bytes()]);
            body["standing"]["why"] == serde_json::json!(digest)
        };
        assert!(!tried(held.id.uuid().as_bytes()), "{what}: the id is known");
        salt.is_some_and(|salt| tried(&salt))
    };
    assert!(known("before"));
    erase(&world, DANA, at(3));
    assert!(!known("after"));
    assert!(!noted());
    report(&world);
}

#[test]
fn received_bytes_that_are_missing_or_others_are_tampering() {
    let dir = tempfile::tempdir().unwrap();
    let (world, _, heard) = with_history(dir.path());
    erase(&world, DANA, at(3));
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
        let naming = naming(&store, DANA);
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
