//! The bare loop: the same rows, in the same batches, by one thread that does nothing else.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::{Trouble, clock};

/// One table's share of every admission: which rows belong to the n-th one.
struct Table {
    name: &'static str,
    /// Selects the admission's number, from 1, and then every column.
    rows: &'static str,
    /// What the insert does where an earlier admission wrote the row.
    conflict: &'static str,
}

const TABLES: [Table; 13] = [
    Table {
        name: "versions",
        rows: "SELECT submission, * FROM versions",
        conflict: "",
    },
    Table {
        name: "contacts",
        rows: "SELECT (SELECT MIN(submission) FROM recipients r WHERE r.contact = c.n), c.*
               FROM contacts c",
        conflict: "",
    },
    Table {
        name: "recipients",
        rows: "SELECT submission, * FROM recipients",
        conflict: "",
    },
    Table {
        name: "dedupe",
        rows: "SELECT submission, * FROM dedupe",
        conflict: "",
    },
    Table {
        name: "journal",
        rows: "SELECT s.n, j.* FROM submissions s JOIN journal j ON j.seq = s.journal_seq",
        conflict: "",
    },
    Table {
        name: "decisions",
        rows: "SELECT submission, * FROM decisions",
        conflict: "",
    },
    Table {
        name: "changes",
        rows: "SELECT s.n, c.* FROM submissions s JOIN changes c ON c.seq = s.seq",
        conflict: "",
    },
    Table {
        name: "submissions",
        rows: "SELECT n, * FROM submissions",
        conflict: "",
    },
    Table {
        name: "contact_sends",
        rows: "SELECT submission, * FROM contact_sends",
        conflict: "",
    },
    Table {
        name: "attachments",
        rows: "SELECT v.submission, a.* FROM attachments a JOIN versions v ON v.n = a.version",
        conflict: "",
    },
    Table {
        name: "sketches",
        rows: "SELECT submission, * FROM sketches",
        conflict: "",
    },
    Table {
        name: "domains",
        rows: "SELECT COALESCE(written_by, 1), * FROM domains",
        conflict: "",
    },
    Table {
        name: "domain_hours",
        rows: "SELECT r.submission, h.* FROM recipients r
               JOIN domains d ON d.name = substr(r.address, instr(r.address, '@') + 1)
               JOIN domain_hours h ON h.domain = d.n",
        conflict: "ON CONFLICT DO UPDATE SET n = excluded.n",
    },
];

/// What was there before the first admission.
const SET_UP: [&str; 8] = [
    "accounts",
    "agents",
    "grants",
    "mailboxes",
    "meta",
    "policies",
    "settings",
    "workspace",
];

/// Counter rows: written once per batch, each time anew.
const COUNTERS: [(&str, &str); 3] = [
    (
        "usage",
        "INSERT INTO usage VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = excluded.n",
    ),
    (
        "tallies",
        "INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = excluded.n",
    ),
    (
        "risk_hours",
        "INSERT INTO risk_hours VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET points = excluded.points",
    ),
];

/// How long the bare loop takes for what the store in `dir` holds, in batches of these sizes.
pub fn replay(dir: &Path, batches: &[usize]) -> Result<Duration, Trouble> {
    let written = Connection::open(dir.join("sendoff.db"))?;
    let total: usize = batches.iter().sum();
    nothing_left_out(&written)?;
    let rows = rows(&written, total)?;
    let counters = counters(&written)?;
    let schema: Vec<String> = written
        .prepare(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
             AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    drop(written);

    let folder = tempfile::tempdir()?;
    let conn = Connection::open(folder.path().join("bare.db"))?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", 16_000)?;
    conn.pragma_update(None, "cache_size", -32_000)?;
    conn.set_prepared_statement_cache_capacity(128);
    for sql in schema {
        conn.execute_batch(&sql)?;
    }

    let start = clock();
    let mut rest = rows.into_iter();
    for &size in batches {
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for admission in rest.by_ref().take(size) {
            for (sql, values) in &admission {
                conn.prepare_cached(sql)?
                    .execute(params_from_iter(values))?;
            }
        }
        for (sql, values) in &counters {
            conn.prepare_cached(sql)?
                .execute(params_from_iter(values))?;
        }
        conn.prepare_cached("COMMIT")?.execute([])?;
    }
    Ok(start.elapsed())
}

/// A table that admissions write and the bare loop does not would make it look quick.
fn nothing_left_out(conn: &Connection) -> Result<(), Trouble> {
    let mut tables = conn.prepare(
        "SELECT name FROM pragma_table_list
         WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?;
    let names: Vec<String> = tables
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let known = |name: &str| {
        TABLES.iter().any(|table| table.name == name)
            || COUNTERS.iter().any(|(table, _)| *table == name)
            || SET_UP.contains(&name)
    };
    for name in names.iter().filter(|name| !known(name)) {
        let is_empty: bool = conn.query_row(
            &format!("SELECT NOT EXISTS (SELECT 1 FROM {name})"),
            [],
            |row| row.get(0),
        )?;
        if !is_empty {
            return Err(format!("the bare loop does not write `{name}`, and admissions do").into());
        }
    }
    Ok(())
}

/// Statements with their values, admission by admission.
type Rows = Vec<Vec<(String, Vec<Value>)>>;

fn rows(conn: &Connection, total: usize) -> Result<Rows, Trouble> {
    let mut rows: Rows = (0..total).map(|_| Vec::new()).collect();
    for table in TABLES {
        let mut statement = conn.prepare(table.rows)?;
        let columns = statement.column_count();
        let marks = vec!["?"; columns - 1].join(", ");
        let sql = format!(
            "INSERT INTO {} VALUES ({marks}) {}",
            table.name, table.conflict
        );
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let n: usize = usize::try_from(row.get::<_, i64>(0)?)?;
            let values = (1..columns).map(|i| row.get(i)).collect::<Result<_, _>>()?;
            if let Some(admission) = rows.get_mut(n - 1) {
                admission.push((sql.clone(), values));
            }
        }
    }
    Ok(rows)
}

fn counters(conn: &Connection) -> Result<Vec<(String, Vec<Value>)>, Trouble> {
    let mut counters = Vec::new();
    for (table, sql) in COUNTERS {
        let mut statement = conn.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = statement.column_count();
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let values = (0..columns).map(|i| row.get(i)).collect::<Result<_, _>>()?;
            counters.push((sql.to_owned(), values));
        }
    }
    Ok(counters)
}
