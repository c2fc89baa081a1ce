//! The golden schema: what the migrations make, readable in one file.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::path::Path;

use common::World;

#[test]
fn the_schema_is_the_one_that_was_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    World::on(dir.path()).store.close();
    let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
    let mut statement = conn
        .prepare(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL
             AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
             ORDER BY tbl_name, type = 'table' DESC, name",
        )
        .unwrap();
    let made: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let made = format!(
        "-- Written by `UPDATE=1 cargo test -p sendoff-store`; do not edit.\n\n{};\n",
        made.join(";\n\n")
    );
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.sqlite.sql");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &made).unwrap();
    }
    let known = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(
        known == made,
        "schema.sqlite.sql is not what the migrations make; look at the change, then \
         `UPDATE=1 cargo test -p sendoff-store`"
    );
}
