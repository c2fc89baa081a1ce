//! Counters against a naive recount: what a limit counts must be what was committed.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::facts::{CountScope, Window};
use rusqlite::Connection;

use crate::sqlite::fault::Done;
use crate::sqlite::ledger::{scope_number, span};
use crate::sqlite::tx::read_chain_head;
use crate::verify::Walk;

/// Usage, tallies and contact rows, recounted from the submissions.
pub(super) fn compare<P: FnMut(u64, u64)>(conn: &Connection, walk: &mut Walk<P>) -> Done<()> {
    if usage_rows(conn)? != recounted(conn)? {
        walk.diverges(
            None,
            "usage",
            "the counters are not what the submissions add up to",
        );
    }
    let differing = |sql: &str| -> Done<bool> {
        Ok(conn.query_row(&format!("SELECT EXISTS ({sql})"), [], |row| row.get(0))?)
    };
    let tallies = "SELECT agent, state, n FROM tallies WHERE n > 0";
    let counted = "SELECT agent, state, COUNT(*) FROM submissions WHERE seen = 0 AND state IN
        ('held', 'deferred', 'queued', 'sending', 'sent', 'uncertain', 'failed') GROUP BY agent, state";
    let sends = "SELECT contact, at, submission, agent, commit_seq FROM contact_sends";
    let committed = "SELECT r.contact, s.slot, s.n, s.agent, s.commit_seq FROM submissions s
        JOIN recipients r ON r.submission = s.n WHERE s.slot IS NOT NULL";
    for (what, one, other) in [
        ("tallies", tallies, counted),
        ("contact_sends", sends, committed),
    ] {
        if differing(&format!("{one} EXCEPT {other}"))?
            || differing(&format!("{other} EXCEPT {one}"))?
        {
            walk.diverges(
                None,
                what,
                "the rows are not what the submissions add up to",
            );
        }
    }
    Ok(())
}

type Usage = BTreeMap<(i64, i64, i64, i64), i64>;

/// The first sub-bucket that still counts, by window.
fn floors(conn: &Connection) -> Done<Vec<(Window, i64)>> {
    let (_, _, now) = read_chain_head(conn)?;
    Ok(Window::ALL
        .map(|window| (window, window.bucket(now) - Window::BUCKETS))
        .to_vec())
}

fn usage_rows(conn: &Connection) -> Done<Usage> {
    let mut usage = Usage::new();
    let mut statement = conn.prepare(
        "SELECT scope, key, span, bucket, n FROM usage WHERE span = ?1 AND bucket >= ?2 AND n > 0",
    )?;
    for (window, floor) in floors(conn)? {
        let mut rows = statement.query([span(window), floor])?;
        while let Some(row) = rows.next()? {
            let key = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            usage.insert(key, row.get(4)?);
        }
    }
    Ok(usage)
}

fn recounted(conn: &Connection) -> Done<Usage> {
    let floors = floors(conn)?;
    let mut usage = Usage::new();
    let mut statement =
        conn.prepare("SELECT slot, mailbox, agent FROM submissions WHERE slot IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let at = Timestamp::from_micros(row.get(0)?);
        let (mailbox, agent): (i64, i64) = (row.get(1)?, row.get(2)?);
        for &(window, floor) in &floors {
            let bucket = window.bucket(at);
            if bucket < floor {
                continue;
            }
            for scope in CountScope::ALL {
                let key = match scope {
                    CountScope::Workspace => 0,
                    CountScope::Mailbox => mailbox,
                    CountScope::Agent => agent,
                };
                *usage
                    .entry((scope_number(scope), key, span(window), bucket))
                    .or_default() += 1;
            }
        }
    }
    Ok(usage)
}
