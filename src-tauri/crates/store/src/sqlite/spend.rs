//! What a committed send spends besides its slots: its recipients' hourly share of their domains,
//! its sending domain's share of the day, its agent's risk budget. Taken with the slot, moved with
//! it, given back with it.

use std::collections::BTreeMap;

use domain::facts::{Signals, WarmupFacts, Window};
use domain::{Found, Scan, Span, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::fault::Done;
use crate::sqlite::known::put_keys;
use crate::sqlite::submissions::Loaded;
use crate::sqlite::tx::Tx;

/// What a domain's hourly throttle counts in.
const HOUR: Window = Window::Hour;
/// How long risk counts against an agent's budget.
const RISK_HOURS: i64 = 24;
/// Buckets of received signals that count: seven days of six hours each, and the one under way.
const SIGNAL_BUCKETS: i64 = 28;
const SIGNAL_BUCKET: Span = Span::from_hours(6);

/// Whose mail is counted in `signals`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SignalScope {
    Mailbox(i64),
    Agent(i64),
}

impl SignalScope {
    const fn parts(self) -> (i64, i64) {
        match self {
            SignalScope::Mailbox(n) => (1, n),
            SignalScope::Agent(n) => (2, n),
        }
    }
}

/// Where what is spent is counted, or from where on it still counts: sub-bucket of the domain
/// throttle, day of the warm-up, hour of the risk budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub bucket: i64,
    pub day: i64,
    pub hour: i64,
}

impl Place {
    /// Of a slot.
    pub fn of(slot: Timestamp) -> Place {
        Place {
            bucket: HOUR.bucket(slot),
            day: WarmupFacts::day(slot),
            hour: hour(slot),
        }
    }

    /// The first that counts at an instant; rows before it may be gone.
    pub fn floor(now: Timestamp) -> Place {
        let now = Place::of(now);
        Place {
            bucket: now.bucket - Window::BUCKETS,
            hour: now.hour - RISK_HOURS,
            ..now
        }
    }
}

const fn hour(at: Timestamp) -> i64 {
    at.seconds().div_euclid(3_600)
}

/// What a submission holds already, which its own judgement must not count.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnSpend {
    pub slot: Option<Timestamp>,
    pub points: u32,
    /// Recipients in all, and by domain.
    pub recipients: u32,
    pub by_domain: BTreeMap<String, u32>,
}

impl OwnSpend {
    /// What a stored submission holds.
    pub fn of(loaded: &Loaded) -> OwnSpend {
        let by_domain = by_domain(loaded);
        OwnSpend {
            slot: loaded.slot,
            points: loaded.points,
            recipients: by_domain.values().sum(),
            by_domain,
        }
    }
}

fn by_domain(loaded: &Loaded) -> BTreeMap<String, u32> {
    let mut domains = BTreeMap::new();
    for recipient in &loaded.row.recipients {
        *domains
            .entry(recipient.address.domain().to_owned())
            .or_default() += 1;
    }
    domains
}

/// Recipients at a domain by minute, from one hour before `at` on, own excluded.
pub(crate) fn domain_hour(
    conn: &Connection,
    domain: i64,
    name: &str,
    at: Timestamp,
    own: &OwnSpend,
) -> Done<Vec<(i64, u32)>> {
    let from = Place::floor(at).bucket;
    let mut rows: Vec<(i64, u32)> = conn
        .prepare_cached(
            "SELECT bucket, n FROM domain_hours WHERE domain = ?1 AND bucket >= ?2
             ORDER BY bucket",
        )?
        .query_map(params![domain, from], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mine = own.by_domain.get(name).copied().unwrap_or(0);
    exclude(&mut rows, own.slot.map(|slot| HOUR.bucket(slot)), mine);
    Ok(rows)
}

fn exclude(rows: &mut Vec<(i64, u32)>, bucket: Option<i64>, own: u32) {
    for (at, n) in rows.iter_mut() {
        if Some(*at) == bucket {
            *n = n.saturating_sub(own);
        }
    }
    rows.retain(|(_, n)| *n > 0);
}

/// How warm a sending domain is, own excluded.
pub(crate) fn warmup(
    conn: &Connection,
    domain: &str,
    at: Timestamp,
    own: &OwnSpend,
) -> Done<WarmupFacts> {
    let found: Option<(i64, Option<i64>)> = conn
        .prepare_cached("SELECT n, sends_at FROM domains WHERE name = ?1")?
        .query_row([domain], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((n, first)) = found else {
        return Ok(WarmupFacts::default());
    };
    let mut days: Vec<(i64, u32)> = conn
        .prepare_cached("SELECT day, n FROM warmup WHERE domain = ?1 AND day >= ?2 ORDER BY day")?
        .query_map(params![n, WarmupFacts::day(at)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    exclude(&mut days, own.slot.map(WarmupFacts::day), own.recipients);
    Ok(WarmupFacts {
        first_send_at: first.map(Timestamp::from_micros),
        days,
    })
}

/// Risk points of an agent's sends in the 24 hours before `at`, rounded up to whole hours, own
/// excluded.
pub(crate) fn risk_spent(
    conn: &Connection,
    agent: i64,
    at: Timestamp,
    own: &OwnSpend,
) -> Done<u32> {
    let (from, to) = (Place::floor(at).hour, hour(at));
    let spent: u32 = conn
        .prepare_cached(
            "SELECT COALESCE(SUM(points), 0) FROM risk_hours
             WHERE agent = ?1 AND hour BETWEEN ?2 AND ?3",
        )?
        .query_row(params![agent, from, to], |row| row.get(0))?;
    let counted = own
        .slot
        .is_some_and(|slot| (from..=to).contains(&hour(slot)));
    Ok(match counted {
        true => spent.saturating_sub(own.points),
        false => spent,
    })
}

/// What came back for somebody's mail in the last seven days.
pub(crate) fn signals(conn: &Connection, scope: SignalScope, at: Timestamp) -> Done<Signals> {
    let (scope, key) = scope.parts();
    let now = signal_bucket(at);
    Ok(conn
        .prepare_cached(
            "SELECT COALESCE(SUM(sent), 0), COALESCE(SUM(hard_bounces), 0),
             COALESCE(SUM(complaints), 0) FROM signals
             WHERE scope = ?1 AND key = ?2 AND bucket BETWEEN ?3 AND ?4",
        )?
        .query_row(params![scope, key, now - SIGNAL_BUCKETS, now], |row| {
            Ok(Signals {
                delivered: row.get(0)?,
                hard_bounces: row.get(1)?,
                complaints: row.get(2)?,
            })
        })?)
}

/// The bucket of `signals` an instant falls in.
pub(crate) const fn signal_bucket(at: Timestamp) -> i64 {
    at.micros().div_euclid(SIGNAL_BUCKET.micros())
}

impl Tx<'_> {
    /// Takes (`1`) or gives back (`-1`) what a submission spends at its slot.
    pub fn spend(
        &mut self,
        loaded: &Loaded,
        to: &[Domain],
        slot: Timestamp,
        now: Timestamp,
        by: i64,
    ) -> Done<()> {
        let conn = self.conn;
        let (at, floor) = (Place::of(slot), Place::floor(now));
        for domain in to.iter().filter(|_| at.bucket >= floor.bucket) {
            let spent = i64::from(domain.recipients) * by;
            THROTTLE.add(conn, (domain.n, at.bucket), spent, floor.bucket)?;
        }
        // A rehearsal has no reputation to build, and takes nothing from the day of who has.
        let mailbox = self.memory.directory.mailbox(conn, loaded.row.mailbox)?;
        if at.day >= floor.day && !mailbox.rehearsal {
            let ours = domain_n(conn, loaded.row.mailbox_address.domain())?;
            let spent = to.iter().map(|to| i64::from(to.recipients)).sum::<i64>() * by;
            WARMUP.add(conn, (ours, at.day), spent, floor.day)?;
        }
        if loaded.points > 0 && at.hour >= floor.hour {
            let spent = i64::from(loaded.points) * by;
            POINTS.add(conn, (loaded.agent_n, at.hour), spent, floor.hour)?;
        }
        Ok(())
    }

    /// A submission is committed for the first time: its recipients' domains are written to, and
    /// its links' hosts are known from now on.
    pub fn note_committed(&mut self, loaded: &Loaded, to: &[Domain], at: Timestamp) -> Done<()> {
        for domain in to.iter().filter(|domain| !domain.is_written) {
            self.conn
                .prepare_cached(
                    "UPDATE domains SET written_at = ?2, written_by = ?3, commit_seq = ?4
                     WHERE n = ?1 AND written_at IS NULL",
                )?
                .execute(params![domain.n, at.micros(), loaded.n, loaded.commit_seq])?;
        }
        Ok(())
    }

    /// It will not leave after all: what it was the first to write to is new again. An agent makes
    /// nothing known by asking and taking back.
    pub fn forget_committed(&mut self, loaded: &Loaded) -> Done<()> {
        let conn = self.conn;
        let mut put = conn.prepare_cached(
            "UPDATE domains SET written_at = NULL, written_by = NULL, commit_seq = NULL
             WHERE name = ?1 AND written_by = ?2",
        )?;
        for name in by_domain(loaded).keys() {
            put.execute(params![name, loaded.n])?;
        }
        let mut gone =
            conn.prepare_cached("DELETE FROM known_hosts WHERE host = ?1 AND submission = ?2")?;
        for host in &self.scan(loaded)?.found.hosts {
            gone.execute(params![host, loaded.n])?;
        }
        Ok(())
    }

    /// The hosts a committed message links to.
    pub fn note_hosts(&mut self, loaded: &Loaded, scan: &Scan) -> Done<()> {
        let mut put = self.conn.prepare_cached(
            "INSERT INTO known_hosts (host, submission, commit_seq) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?;
        for host in scan.found.hosts.iter().take(Found::HOSTS_MAX) {
            put.execute(params![host, loaded.n, loaded.commit_seq])?;
        }
        Ok(())
    }

    /// A relay took mail for `recipients` people, from one of our domains.
    pub fn note_sent(&mut self, loaded: &Loaded, recipients: u32, at: Timestamp) -> Done<()> {
        let conn = self.conn;
        let mailbox = self.memory.directory.mailbox(conn, loaded.row.mailbox)?;
        if !mailbox.rehearsal {
            let ours = domain_n(conn, loaded.row.mailbox_address.domain())?;
            let begin = "UPDATE domains SET sends_at = ?2 WHERE n = ?1 AND sends_at IS NULL";
            conn.prepare_cached(begin)?
                .execute(params![ours, at.micros()])?;
        }
        let bucket = signal_bucket(at);
        for scope in [
            SignalScope::Mailbox(loaded.mailbox_n),
            SignalScope::Agent(loaded.agent_n),
        ] {
            let (scope, key) = scope.parts();
            conn.prepare_cached(
                "INSERT INTO signals (scope, key, bucket, sent) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (scope, key, bucket) DO UPDATE SET sent = sent + ?4",
            )?
            .execute(params![scope, key, bucket, recipients])?;
        }
        Ok(())
    }

    /// A contact at a domain is established: what looks like it from now on is suspicious.
    pub fn know_domain(&mut self, name: &str, at: Timestamp) -> Done<()> {
        let conn = self.conn;
        let n = domain_n(conn, name)?;
        let is_new = conn
            .prepare_cached("UPDATE domains SET known_at = ?2 WHERE n = ?1 AND known_at IS NULL")?
            .execute(params![n, at.micros()])?;
        if is_new > 0 {
            put_keys(conn, n, name)?;
        }
        Ok(())
    }
}

/// Counters in rows: whose, at which place in time, how many.
struct Rows {
    update: &'static str,
    insert: &'static str,
    /// Drops those before a place, and those at nothing.
    prune: &'static str,
}

const THROTTLE: Rows = Rows {
    update: "UPDATE domain_hours SET n = MAX(n + ?3, 0) WHERE domain = ?1 AND bucket = ?2",
    insert: "INSERT INTO domain_hours (domain, bucket, n) VALUES (?1, ?2, MAX(?3, 0))",
    prune: "DELETE FROM domain_hours WHERE domain = ?1 AND (bucket < ?2 OR n = 0)",
};

const WARMUP: Rows = Rows {
    update: "UPDATE warmup SET n = MAX(n + ?3, 0) WHERE domain = ?1 AND day = ?2",
    insert: "INSERT INTO warmup (domain, day, n) VALUES (?1, ?2, MAX(?3, 0))",
    prune: "DELETE FROM warmup WHERE domain = ?1 AND (day < ?2 OR n = 0)",
};

const POINTS: Rows = Rows {
    update: "UPDATE risk_hours SET points = MAX(points + ?3, 0) WHERE agent = ?1 AND hour = ?2",
    insert: "INSERT INTO risk_hours (agent, hour, points) VALUES (?1, ?2, MAX(?3, 0))",
    prune: "DELETE FROM risk_hours WHERE agent = ?1 AND (hour < ?2 OR points = 0)",
};

impl Rows {
    /// Adds `by` to the row of `(whose, place)`. Rows that no longer count are dropped where one is
    /// new, or less: there are never more of them than a window has places.
    fn add(&self, conn: &Connection, at: (i64, i64), by: i64, floor: i64) -> Done<()> {
        let known = conn
            .prepare_cached(self.update)?
            .execute(params![at.0, at.1, by])?;
        if known == 0 {
            conn.prepare_cached(self.insert)?
                .execute(params![at.0, at.1, by])?;
        }
        if known == 0 || by < 0 {
            conn.prepare_cached(self.prune)?
                .execute(params![at.0, floor])?;
        }
        Ok(())
    }
}

/// A domain that a submission's recipients are at.
pub(crate) struct Domain {
    /// Its row.
    n: i64,
    recipients: u32,
    /// A send to it was committed before.
    is_written: bool,
}

impl Domain {
    /// The domains of a submission's recipients, each with a row.
    pub fn all(conn: &Connection, loaded: &Loaded) -> Done<Vec<Domain>> {
        let each = by_domain(loaded);
        let each = each.into_iter().map(|(name, recipients)| {
            let known = conn
                .prepare_cached("SELECT n, written_at IS NOT NULL FROM domains WHERE name = ?1")?
                .query_row([&name], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (n, is_written) = match known {
                Some(known) => known,
                None => (new_domain(conn, &name)?, false),
            };
            Ok(Domain {
                n,
                recipients,
                is_written,
            })
        });
        each.collect()
    }
}

/// The row of a domain, made if it is new.
pub(crate) fn domain_n(conn: &Connection, name: &str) -> Done<i64> {
    let known = conn
        .prepare_cached("SELECT n FROM domains WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    match known {
        Some(n) => Ok(n),
        None => new_domain(conn, name),
    }
}

fn new_domain(conn: &Connection, name: &str) -> Done<i64> {
    conn.prepare_cached("INSERT INTO domains (name) VALUES (?1)")?
        .execute([name])?;
    Ok(conn.last_insert_rowid())
}
