//! Counters the writer keeps in memory and writes once per batch.
//!
//! Two kinds: slots taken or promised per (scope, window, sub-bucket), and how many submissions of
//! an agent stand in a waiting state. The rows are the truth on disk; the maps are what the rows
//! will say when the batch commits. A job that fails takes its own steps back; a batch that fails
//! forgets everything and reads again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::facts::{CountScope, UsageFacts, Window};
use domain::{StateName, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::fault::Done;

/// Spent sub-buckets of one counter that may gather before their rows are deleted.
const SPENT_BUCKETS_MAX: i64 = 64;

/// One counter: scope, and the row number of the mailbox or agent (0 for the workspace).
type Counter = (CountScope, i64);

/// The counters one send counts in.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    pub mailbox: i64,
    pub agent: i64,
}

impl Keys {
    fn of(self, scope: CountScope) -> Counter {
        match scope {
            CountScope::Workspace => (scope, 0),
            CountScope::Mailbox => (scope, self.mailbox),
            CountScope::Agent => (scope, self.agent),
        }
    }
}

/// The counters as they will be once the batch commits.
#[derive(Default)]
pub(crate) struct Ledger {
    usage: HashMap<(Counter, Window), BTreeMap<i64, u32>>,
    tallies: HashMap<(i64, StateName), u32>,
    dirty_usage: BTreeSet<(Counter, Window, i64)>,
    dirty_tallies: BTreeSet<(i64, StateName)>,
    steps: Vec<Step>,
}

/// One change, so that a failed job can be taken back.
#[derive(Clone, Copy)]
enum Step {
    Usage(Counter, Window, i64, i32),
    Tally(i64, StateName, i32),
}

impl Ledger {
    /// Takes (`+1`) or gives back (`-1`) the slot at `at` in all twelve counters.
    pub fn slot(
        &mut self,
        conn: &Connection,
        keys: Keys,
        at: Timestamp,
        now: Timestamp,
        by: i32,
    ) -> Done<()> {
        for scope in CountScope::ALL {
            for window in Window::ALL {
                let counter = keys.of(scope);
                let bucket = window.bucket(at);
                self.loaded(conn, counter, window, now)?;
                // A slot older than the window counts nowhere any more, and its row may be gone.
                if bucket < window.bucket(now) - Window::BUCKETS {
                    continue;
                }
                self.step(Step::Usage(counter, window, bucket, by));
            }
        }
        Ok(())
    }

    /// The twelve usage facts, without the slot at `own` if the asker holds one.
    pub fn usage(
        &mut self,
        conn: &Connection,
        keys: Keys,
        now: Timestamp,
        own: Option<Timestamp>,
    ) -> Done<Vec<UsageFacts>> {
        let mut facts = Vec::with_capacity(CountScope::ALL.len() * Window::ALL.len());
        for scope in CountScope::ALL {
            for window in Window::ALL {
                let from = window.bucket(now) - Window::BUCKETS;
                let rows = self.loaded(conn, keys.of(scope), window, now)?;
                let rows = rows.range(from..).map(|(bucket, n)| (*bucket, *n));
                facts.push(usage_facts(scope, window, rows, own));
            }
        }
        Ok(facts)
    }

    /// How many submissions of an agent stand in a state.
    pub fn tally(&mut self, conn: &Connection, agent: i64, state: StateName) -> Done<u32> {
        if let Some(n) = self.tallies.get(&(agent, state)) {
            return Ok(*n);
        }
        let n: u32 = conn
            .prepare_cached("SELECT n FROM tallies WHERE agent = ?1 AND state = ?2")?
            .query_row(params![agent, state.as_str()], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        self.tallies.insert((agent, state), n);
        Ok(n)
    }

    /// A submission of an agent came into (`+1`) or left (`-1`) a state.
    pub fn count(&mut self, conn: &Connection, agent: i64, state: StateName, by: i32) -> Done<()> {
        if state.is_tallied() {
            self.tally(conn, agent, state)?;
            self.step(Step::Tally(agent, state, by));
        }
        Ok(())
    }

    /// The job under way is over and stands.
    pub fn keep(&mut self) {
        self.steps.clear();
    }

    /// The job under way failed: what it counted is taken back.
    pub fn take_back(&mut self) {
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Usage(counter, window, bucket, by) => {
                    self.apply(Step::Usage(counter, window, bucket, -by));
                }
                Step::Tally(agent, state, by) => self.apply(Step::Tally(agent, state, -by)),
            }
        }
    }

    /// The batch failed: the rows are read again when they are needed.
    pub fn forget(&mut self) {
        *self = Ledger::default();
    }

    /// Writes what changed, once per batch, and drops rows no window reaches any more.
    pub fn flush(&mut self, conn: &Connection, now: Timestamp) -> Done<()> {
        let mut put = conn.prepare_cached(
            "INSERT INTO usage (scope, key, span, bucket, n) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (scope, key, span, bucket) DO UPDATE SET n = excluded.n",
        )?;
        let mut drop_one = conn.prepare_cached(
            "DELETE FROM usage WHERE scope = ?1 AND key = ?2 AND span = ?3 AND bucket = ?4",
        )?;
        let mut touched = BTreeSet::new();
        for ((scope, key), window, bucket) in std::mem::take(&mut self.dirty_usage) {
            let counter = (scope, key);
            let n = self
                .usage
                .get(&(counter, window))
                .and_then(|rows| rows.get(&bucket));
            match n {
                Some(n) => {
                    put.execute(params![scope_number(scope), key, span(window), bucket, n])?
                }
                None => {
                    drop_one.execute(params![scope_number(scope), key, span(window), bucket])?
                }
            };
            touched.insert((counter, window));
        }
        for (counter, window) in touched {
            self.drop_spent(conn, counter, window, now)?;
        }
        let mut put = conn.prepare_cached(
            "INSERT INTO tallies (agent, state, n) VALUES (?1, ?2, ?3)
             ON CONFLICT (agent, state) DO UPDATE SET n = excluded.n",
        )?;
        for (agent, state) in std::mem::take(&mut self.dirty_tallies) {
            let n = self.tallies.get(&(agent, state)).copied().unwrap_or(0);
            put.execute(params![agent, state.as_str(), n])?;
        }
        Ok(())
    }

    fn drop_spent(
        &mut self,
        conn: &Connection,
        counter: Counter,
        window: Window,
        now: Timestamp,
    ) -> Done<()> {
        let floor = window.bucket(now) - Window::BUCKETS;
        let Some(rows) = self.usage.get_mut(&(counter, window)) else {
            return Ok(());
        };
        let oldest = rows.keys().next().copied();
        if oldest.is_some_and(|oldest| oldest < floor - SPENT_BUCKETS_MAX) {
            *rows = rows.split_off(&floor);
            conn.prepare_cached(
                "DELETE FROM usage WHERE scope = ?1 AND key = ?2 AND span = ?3 AND bucket < ?4",
            )?
            .execute(params![
                scope_number(counter.0),
                counter.1,
                span(window),
                floor
            ])?;
        }
        Ok(())
    }

    fn loaded(
        &mut self,
        conn: &Connection,
        counter: Counter,
        window: Window,
        now: Timestamp,
    ) -> Done<&BTreeMap<i64, u32>> {
        match self.usage.entry((counter, window)) {
            std::collections::hash_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::hash_map::Entry::Vacant(entry) => {
                Ok(entry.insert(read_rows(conn, counter, window, now)?.into_iter().collect()))
            }
        }
    }

    fn step(&mut self, step: Step) {
        self.apply(step);
        self.steps.push(step);
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Usage(counter, window, bucket, by) => {
                let rows = self.usage.entry((counter, window)).or_default();
                let n = rows
                    .get(&bucket)
                    .copied()
                    .unwrap_or(0)
                    .saturating_add_signed(by);
                if n == 0 {
                    rows.remove(&bucket);
                } else {
                    rows.insert(bucket, n);
                }
                self.dirty_usage.insert((counter, window, bucket));
            }
            Step::Tally(agent, state, by) => {
                let n = self.tallies.entry((agent, state)).or_default();
                *n = n.saturating_add_signed(by);
                self.dirty_tallies.insert((agent, state));
            }
        }
    }
}

/// The twelve usage facts as the rows have them: what a reader outside the writer sees.
pub(crate) fn read_usage(conn: &Connection, keys: Keys, now: Timestamp) -> Done<Vec<UsageFacts>> {
    let mut facts = Vec::with_capacity(CountScope::ALL.len() * Window::ALL.len());
    for scope in CountScope::ALL {
        for window in Window::ALL {
            let rows = read_rows(conn, keys.of(scope), window, now)?;
            facts.push(usage_facts(scope, window, rows.into_iter(), None));
        }
    }
    Ok(facts)
}

fn usage_facts(
    scope: CountScope,
    window: Window,
    rows: impl Iterator<Item = (i64, u32)>,
    own: Option<Timestamp>,
) -> UsageFacts {
    let own = own.map(|at| window.bucket(at));
    let buckets = rows
        .map(|(bucket, n)| {
            (
                bucket,
                if own == Some(bucket) {
                    n.saturating_sub(1)
                } else {
                    n
                },
            )
        })
        .filter(|(_, n)| *n > 0)
        .collect();
    UsageFacts {
        scope,
        window,
        buckets,
    }
}

fn read_rows(
    conn: &Connection,
    (scope, key): Counter,
    window: Window,
    now: Timestamp,
) -> Done<Vec<(i64, u32)>> {
    let from = window.bucket(now) - Window::BUCKETS;
    let mut statement = conn.prepare_cached(
        "SELECT bucket, n FROM usage WHERE scope = ?1 AND key = ?2 AND span = ?3 AND bucket >= ?4",
    )?;
    let rows = statement.query_map(
        params![scope_number(scope), key, span(window), from],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) const fn scope_number(scope: CountScope) -> i64 {
    match scope {
        CountScope::Workspace => 0,
        CountScope::Mailbox => 1,
        CountScope::Agent => 2,
    }
}

pub(crate) const fn span(window: Window) -> i64 {
    match window {
        Window::Minute => 0,
        Window::Hour => 1,
        Window::Day => 2,
        Window::Month => 3,
    }
}
