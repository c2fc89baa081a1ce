//! Counters against a naive recount: what a limit counts must be what was committed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::facts::{CountScope, Window};
use domain::{Address, MailboxId, Timestamp};
use rusqlite::Connection;

use crate::sqlite::codec::id;
use crate::sqlite::directory::need_mailbox;
use crate::sqlite::fault::Done;
use crate::sqlite::ledger::{scope_number, span};
use crate::sqlite::spend::Place;
use crate::sqlite::tx::read_chain_head;
use crate::verify::Walk;

/// Usage, what sends spend, tallies and contact rows, recounted from the submissions.
pub(super) fn compare<P: FnMut(u64, u64)>(conn: &Connection, walk: &mut Walk<P>) -> Done<()> {
    if usage_rows(conn)? != recounted(conn)? {
        walk.diverges(
            None,
            "usage",
            "the counters are not what the submissions add up to",
        );
    }
    let (kept, added_up) = (Spent::kept(conn)?, Spent::recounted(conn)?);
    for (what, differs) in [
        ("domain_hours", kept.domain_hours != added_up.domain_hours),
        ("warmup", kept.warmup != added_up.warmup),
        ("risk_hours", kept.risk_hours != added_up.risk_hours),
    ] {
        if differs {
            let what_differs = "the rows are not what the submissions add up to";
            walk.diverges(None, what, what_differs);
        }
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

/// What sends spend besides their slots, as far as it still counts: by whom or where, and when.
#[derive(Default)]
struct Spent {
    /// Recipients by their domain and minute.
    domain_hours: BTreeMap<(String, i64), i64>,
    /// Recipients by sending domain and day.
    warmup: BTreeMap<(String, i64), i64>,
    /// Points by agent and hour.
    risk_hours: BTreeMap<(i64, i64), i64>,
}

impl Spent {
    /// As the rows have it.
    fn kept(conn: &Connection) -> Done<Spent> {
        let floor = Place::floor(read_chain_head(conn)?.2);
        let named = |sql: &str, from: i64| -> Done<BTreeMap<(String, i64), i64>> {
            let mut statement = conn.prepare(sql)?;
            let rows =
                statement.query_map([from], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let mut risk = conn.prepare(
            "SELECT agent, hour, points FROM risk_hours WHERE hour >= ?1 AND points > 0",
        )?;
        let risk_hours = risk
            .query_map([floor.hour], |row| {
                Ok(((row.get(0)?, row.get(1)?), row.get(2)?))
            })?
            .collect::<Result<_, _>>()?;
        Ok(Spent {
            domain_hours: named(
                "SELECT d.name, h.bucket, h.n FROM domain_hours h JOIN domains d ON d.n = h.domain
                 WHERE h.bucket >= ?1 AND h.n > 0",
                floor.bucket,
            )?,
            warmup: named(
                "SELECT d.name, w.day, w.n FROM warmup w JOIN domains d ON d.n = w.domain
                 WHERE w.day >= ?1 AND w.n > 0",
                floor.day,
            )?,
            risk_hours,
        })
    }

    /// As the submissions with a slot add up to.
    fn recounted(conn: &Connection) -> Done<Spent> {
        let floor = Place::floor(read_chain_head(conn)?.2);
        let mut spent = Spent::default();
        let mut sends = conn.prepare(
            "SELECT s.n, s.slot, s.agent, s.points, m.id FROM submissions s
             JOIN mailboxes m ON m.n = s.mailbox WHERE s.slot IS NOT NULL",
        )?;
        let mut recipients =
            conn.prepare("SELECT address FROM recipients WHERE submission = ?1")?;
        // Who warms up, by the domain: a rehearsal does not.
        let mut warming: BTreeMap<MailboxId, Option<String>> = BTreeMap::new();
        let mut rows = sends.query([])?;
        while let Some(row) = rows.next()? {
            let at = Place::of(Timestamp::from_micros(row.get(1)?));
            let points: i64 = row.get(3)?;
            if points > 0 && at.hour >= floor.hour {
                *spent.risk_hours.entry((row.get(2)?, at.hour)).or_default() += points;
            }
            if at.bucket < floor.bucket && at.day < floor.day {
                continue;
            }
            let mailbox = id(row, 4, MailboxId::from_uuid)?;
            let ours = match warming.entry(mailbox) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let sender = need_mailbox(conn, mailbox)?;
                    let domain = sender.mailbox.address.domain().to_owned();
                    new.insert((!sender.rehearsal).then_some(domain))
                }
            };
            let to: Vec<String> = recipients
                .query_map([row.get::<_, i64>(0)?], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for address in to {
                if at.bucket >= floor.bucket {
                    let domain = (domain_of(&address), at.bucket);
                    *spent.domain_hours.entry(domain).or_default() += 1;
                }
                if let Some(ours) = ours.as_ref().filter(|_| at.day >= floor.day) {
                    *spent.warmup.entry((ours.clone(), at.day)).or_default() += 1;
                }
            }
        }
        Ok(spent)
    }
}

/// Of an address that does not read back, nothing: its row was named elsewhere.
fn domain_of(address: &str) -> String {
    let read = address.parse::<Address>();
    read.map(|address| address.domain().to_owned())
        .unwrap_or_default()
}
