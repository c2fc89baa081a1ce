//! Search over a long history: how long a page takes. Run by hand, for its figures:
//! `cargo nextest run -p sendoff-store --run-ignored only --no-capture a_page_of_a_search`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a figure is measured by the machine's clock; a surprise is a failed test"
)]

mod common;

use std::time::Instant;

use common::{T0, World};
use domain::Span;
use store::Search;

/// Messages in the history.
const MESSAGES: i64 = 100_000;

/// Copies one ask with its rows until there are enough, the text of each with words of its own.
fn history(dir: &std::path::Path) {
    let conn = rusqlite::Connection::open(dir.join("sendoff.db")).unwrap();
    conn.execute_batch(&format!(
        "BEGIN;
         CREATE TEMP TABLE more AS WITH RECURSIVE k(k) AS
            (SELECT 1 UNION ALL SELECT k + 1 FROM k WHERE k < {MESSAGES}) SELECT k FROM k;
         INSERT INTO journal (seq, at, actor, kind, subject, prev, hash, body)
            SELECT 1000 + k, j.at + k, j.actor, j.kind,
                   'sub_' || lower(hex(substr(s.id, 1, 12)) || printf('%08x', k + 1000000)),
                   j.prev, j.hash, j.body
            FROM more, submissions s JOIN journal j ON j.seq = s.journal_seq WHERE s.n = 1;",
    ))
    .unwrap();
    for (table, changed) in [
        (
            "submissions",
            "version_n = n, decision_n = n, journal_seq = n",
        ),
        ("decisions", "submission = n"),
        (
            "versions",
            "submission = n, draft = json_set(draft, '$.text', 'Dear reader ' || n || ', we '
             || CASE n % 3 WHEN 0 THEN 'offer' WHEN 1 THEN 'sell' ELSE 'rent' END || ' the word'
             || (n % 500) || ' again, with every detail of our terms and of the place.')",
        ),
    ] {
        let columns: Vec<String> = {
            let mut statement = conn
                .prepare(&format!("PRAGMA table_info({table})"))
                .unwrap();
            let names = statement.query_map([], |row| row.get(1)).unwrap();
            names.collect::<Result<_, _>>().unwrap()
        };
        let values: Vec<String> = columns
            .iter()
            .map(|name| match name.as_str() {
                "n" => "1000 + k".to_owned(),
                "id" => "CAST(substr(t.id, 1, 12) || unhex(printf('%08x', k + 1000000)) AS BLOB)"
                    .to_owned(),
                other => format!("t.{other}"),
            })
            .collect();
        conn.execute_batch(&format!(
            "INSERT INTO {table} ({}) SELECT {} FROM more, {table} t WHERE t.n = 1;
             UPDATE {table} SET {changed} WHERE n > 1000;",
            columns.join(", "),
            values.join(", "),
        ))
        .unwrap();
    }
    conn.execute_batch("COMMIT").unwrap();
}

#[test]
#[ignore = "makes a hundred thousand messages; run it for its figures"]
fn a_page_of_a_search_over_a_hundred_thousand_messages() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::on(dir.path());
    world.admit(world.ask("ann@there.example", T0), common::hold);
    while world.store.index_finds().wait().unwrap() {}
    history(dir.path());
    let begun = Instant::now();
    while world.store.index_finds().wait().unwrap() {}
    eprintln!("indexed {MESSAGES} in {:?}", begun.elapsed());

    let words = |text: &str| Search {
        words: text.split(' ').map(str::to_owned).collect(),
        ..Search::default()
    };
    let late = T0 + Span::from_seconds(1);
    let searches = [
        ("a rare word", words("word77 offer")),
        ("a common word", words("offer")),
        ("as it is typed", words("dear rea")),
        ("words in every message", words("every detail")),
        ("one message", words("77123")),
        ("no message", words("zeppelin")),
        (
            "words and an agent",
            Search {
                agent: Some("o".to_owned()),
                ..words("offer")
            },
        ),
        (
            "words and nobody",
            Search {
                to: Some("nobody@".to_owned()),
                ..words("offer")
            },
        ),
        (
            "no words, a state",
            Search {
                state: Some(domain::StateName::Sent),
                ..Search::default()
            },
        ),
        (
            "words, and when",
            Search {
                before: Some(late),
                ..words("rent")
            },
        ),
    ];
    let mut all = Vec::new();
    for (what, search) in &searches {
        let mut times = Vec::new();
        let mut rows = 0;
        for _ in 0..20 {
            let begun = Instant::now();
            rows = world.store.search(search, None, 50).unwrap().rows.len();
            times.push(begun.elapsed());
        }
        times.sort();
        eprintln!(
            "{what:<24} {rows:>3} rows  median {:?}  worst {:?}",
            times[10], times[19]
        );
        all.extend(times);
    }
    all.sort();
    eprintln!("p95 over all {:?}", all[all.len() * 95 / 100]);
}
