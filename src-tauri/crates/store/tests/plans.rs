//! How SQLite goes about every statement in this crate: by a key or an index, and never through a
//! whole table that grows with use.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::World;
use rusqlite::Connection;

/// Tables a person fills by hand: they stay small, whatever leaves and arrives.
const SMALL: &[&str] = &[
    "accounts",
    "agents",
    "agent_recipients",
    "grants",
    "mailboxes",
    "mail_cursors",
    "meta",
    "policies",
    "settings",
    "tallies",
];

/// Files whose whole point is to look at everything, and statements that stop by themselves.
#[rustfmt::skip] // a table: one line each
const ON_PURPOSE: &[(&str, &str, &str)] = &[
    ("verify/", "", "verifying walks the whole record"),
    ("erasure/named.rs", "", "everything that names a contact: an address may stand anywhere"),
    ("erasure/erase.rs", "", "once per erasure, after that walk"),
    ("erasure/retain.rs", "SELECT COUNT(*) FROM inbound", "what a person is shown before it is switched on"),
    ("erasure/retain.rs", "SELECT COUNT(*) FROM submissions", "the same"),
    ("copy/", "", "an export hands out the whole record"),
    ("sqlite/submissions.rs", "JOIN decisions d ON d.n = s.decision_n", "its condition is added as it is asked"),
    ("finding.rs", "LIMIT 1) f", "looks at so many documents, asked for by their words"),
    ("sqlite/known.rs", "domain_keys", "all are made anew, once for each change of the fold"),
    ("sqlite/known.rs", "SELECT n, name FROM domains", "the same"),
    ("lookback.rs", "FROM submissions s", "a stretch of the record, bounded by its rows"),
    ("sqlite/sketches.rs", "ORDER BY k.submission LIMIT", "the oldest so many"),
    ("reads_setup.rs", "FROM checkpoints", "all of them are asked for, or the last"),
    ("lists.rs", "SELECT s.n FROM submissions s WHERE", "its conditions are added as it is asked"),
    ("lists.rs", "SELECT COUNT(*) FROM submissions s WHERE", "the same, and never without one"),
    ("lists.rs", "GROUP BY agent) h", "what is held was found by its index: a row an agent is left"),
    ("reads.rs", "FROM attempts t JOIN submissions s", "its condition is added as it is asked"),
    ("inbound/sent.rs", "FROM alarms a", "the open ones have an index; all of them on request"),
];

/// Words that are filled in as a statement is asked, where no single one fits all its places.
const AS_ASKED: [(&str, &str); 2] = [("behind", "<"), ("sorted", "DESC")];

/// Every string in a source file. Knows comments, escapes, raw strings and quotes in characters.
fn strings(source: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), source);
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let raw = rest[..at].ends_with('r');
        let (head, tail) = rest[at..].split_at(1);
        rest = match head {
            "/" if tail.starts_with('/') => tail.find('\n').map_or("", |end| &tail[end..]),
            "/" => tail,
            "'" if tail.starts_with("\"'") => &tail[2..],
            "'" => tail,
            _ => {
                let mut text = String::new();
                let mut letters = tail.char_indices();
                let mut end = tail.len();
                while let Some((place, letter)) = letters.next() {
                    match letter {
                        '"' => {
                            end = place + 1;
                            break;
                        }
                        '\\' if !raw => match letters.next() {
                            Some((_, '\n')) | None => {}
                            Some((_, other)) => text.push(other),
                        },
                        other => text.push(other),
                    }
                }
                found.push(text);
                &tail[end..]
            }
        };
    }
    found
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}

/// Texts with a name, such as `const JOURNAL: &str = "SELECT …"`.
fn named(source: &str) -> BTreeMap<String, String> {
    let consts = source.split("const ").skip(1).filter_map(|after| {
        let (name, value) = after.split_once(": &str =")?;
        let value = value.trim_start().strip_prefix('"').map(|_| value)?;
        Some((name.trim().to_owned(), strings(value).into_iter().next()?))
    });
    consts
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect()
}

/// A statement with the names in braces filled in, and `fill` for what has no name here.
fn filled(statement: &str, names: &BTreeMap<String, String>, fill: &str) -> String {
    let mut filled = statement.to_owned();
    while let Some(start) = filled.find('{') {
        let Some(end) = filled[start..].find('}').map(|end| start + end) else {
            break;
        };
        let name = filled[start + 1..end].to_owned();
        let value = names.get(&name).cloned().unwrap_or_else(|| fill.to_owned());
        filled.replace_range(start..=end, &value);
    }
    filled
}

fn is_statement(text: &str) -> bool {
    let begins = |word: &str| text.trim_start().starts_with(word);
    ["SELECT ", "WITH ", "UPDATE ", "DELETE ", "INSERT "]
        .into_iter()
        .any(begins)
}

/// What SQLite would walk through from end to end.
fn walks(conn: &Connection, statement: &str) -> Result<Vec<String>, rusqlite::Error> {
    let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {statement}"))?;
    let nothing = vec![rusqlite::types::Null; plan.parameter_count()];
    let steps = plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3))?;
    let steps: Vec<String> = steps.collect::<Result<_, _>>()?;
    // The first so many in the order of their numbers are no walk.
    let bounded = statement.contains(" LIMIT ") && !statement.contains("WHERE");
    let walks = |step: &String| {
        let mut words = step.split_whitespace();
        let scan = words.next() == Some("SCAN") && !bounded;
        let table = words.next().unwrap_or_default();
        scan && !table.starts_with('(')
            && !step.contains("VIRTUAL TABLE")
            && table != "CONSTANT"
            && !SMALL.contains(&table_of(statement, table))
    };
    let mut found: Vec<String> = steps.into_iter().filter(walks).collect();
    // An index on some rows only is as short as they are few.
    let partial = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%WHERE%'";
    let mut partial = conn.prepare(partial)?;
    let partial = partial.query_map([], |row| row.get::<_, String>(0))?;
    let partial: Vec<String> = partial.collect::<Result<_, _>>()?;
    found.retain(|step| !partial.iter().any(|index| step.ends_with(index.as_str())));
    Ok(found)
}

/// The table behind a short name, or the name itself; for a part with a name, nothing.
fn table_of<'s>(statement: &'s str, name: &'s str) -> &'s str {
    let words: Vec<&str> = statement.split_whitespace().collect();
    if words.windows(2).any(|pair| pair == ["WITH", name]) {
        return SMALL[0];
    }
    let named = |trio: &&[&'s str]| {
        let (from, alias) = (trio[0], trio[2].trim_end_matches([',', ')']));
        (from == "FROM" || from == "JOIN") && alias == name
    };
    words.windows(3).find(named).map_or(name, |trio| trio[1])
}

#[test]
fn nothing_that_grows_is_walked_through_from_end_to_end() {
    let dir = tempfile::tempdir().unwrap();
    World::on(dir.path()).store.close();
    let conn = Connection::open(dir.path().join("sendoff.db")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
    let files: Vec<(PathBuf, String)> = sources(&root)
        .into_iter()
        .map(|path| (path.clone(), read(&path)))
        .collect();
    let mut names: BTreeMap<String, String> =
        files.iter().flat_map(|(_, source)| named(source)).collect();
    names.extend(AS_ASKED.map(|(name, word)| (name.to_owned(), word.to_owned())));
    let (mut seen, mut wrong) = (0, Vec::new());
    for (path, source) in &files {
        let file = path.strip_prefix(&root).unwrap().display().to_string();
        for text in strings(source) {
            if names.values().any(|part| *part == text) {
                continue;
            }
            // A list of values, a column or a condition may be filled in as it is asked.
            let fills = ["1", "", "sent", "?1"].map(|fill| filled(&text, &names, fill));
            let reads = |statement: &&String| conn.prepare(statement).is_ok();
            let statement = fills.iter().find(reads).unwrap_or(&fills[0]).clone();
            if !is_statement(&statement) {
                continue;
            }
            let mut allowed = ON_PURPOSE.iter();
            if allowed.any(|(here, with, _)| file.starts_with(here) && statement.contains(with)) {
                continue;
            }
            seen += 1;
            match walks(&conn, &statement) {
                Ok(steps) => {
                    let say = |step| format!("{file}: {step}\n    in {statement}");
                    wrong.extend(steps.into_iter().map(say));
                }
                Err(error) => wrong.push(format!("{file}: {error}\n    in {statement}")),
            }
        }
    }
    assert!(seen > 150, "only {seen} statements were found");
    assert!(
        wrong.is_empty(),
        "{} of {seen}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The steps by which SQLite goes about the one statement of a source file that has these words.
fn plan_of(source: &str, words: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    World::on(dir.path()).store.close();
    let conn = Connection::open(dir.path().join("sendoff.db")).unwrap();
    let has = |text: &String| text.contains(words);
    let statement = strings(source).into_iter().find(has).unwrap();
    let mut plan = conn
        .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
        .unwrap();
    let nothing = vec![rusqlite::types::Null; plan.parameter_count()];
    let steps = plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3));
    steps.unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn what_is_stopped_is_not_walked_through_to_choose_what_leaves() {
    let source = include_str!("../src/dispatch.rs");
    let steps = plan_of(source, "(mailbox, agent) > (?1, ?2)");
    assert_eq!(steps.len(), 1, "nothing is sorted: {steps:?}");
    assert!(
        steps[0].contains("submissions_outbox ((mailbox,agent)>(?,?))"),
        "{steps:?}"
    );
}

#[test]
fn what_is_held_is_not_walked_through_to_see_what_time_did_to_it() {
    let (lists, expiry) = (
        include_str!("../src/lists.rs"),
        include_str!("../src/expiry.rs"),
    );
    for (source, words, indexes) in [
        (
            lists,
            "snoozed_until > ?1",
            [
                "submissions_held (state_at>? AND state_at<?)",
                "submissions_snoozed (snoozed_until>? AND snoozed_until<?)",
            ],
        ),
        (
            expiry,
            "UNION ALL",
            [
                "submissions_held (state_at<?)",
                "submissions_send_by (send_by<?)",
            ],
        ),
        (expiry, "MIN(state_at)", ["submissions_held"; 2]),
        (expiry, "MIN(send_by)", ["submissions_send_by"; 2]),
    ] {
        let steps = plan_of(source, words);
        for index in indexes {
            let has = |step: &String| step.starts_with("SEARCH") && step.contains(index);
            assert!(steps.iter().any(has), "{words}: {steps:?}");
        }
    }
}
