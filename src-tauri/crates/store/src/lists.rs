//! Submissions as lists show them: a page at a time, and how many there are.

use domain::{AgentId, Span, StateName, SubmissionId, Timestamp, Verdict};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::asks::{HeldOnes, ListFilter, ListOrder};
use crate::error::StoreError;
use crate::handle::Store;
use crate::rows::{Cursor, Page, SubmissionRow};
use crate::sqlite::codec::{id, time};
use crate::sqlite::fault::Done;
use crate::sqlite::submissions::all;

/// Submissions a page looks at that filters by what no index knows.
pub const LIST_LOOK_MAX: i64 = 5_000;

impl Store {
    /// One page of submissions, by when they were asked. At most
    /// [`domain::limits::PAGE_MAX`] rows, whatever `limit` says.
    pub fn list(
        &self,
        filter: ListFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<SubmissionRow>, StoreError> {
        let limit = limit.clamp(1, domain::limits::PAGE_MAX);
        self.read(|conn| {
            let floor = look_back(conn, &filter, after)?;
            let mut numbers = Vec::new();
            // One look per state: an index leads straight to each, and the looks merge in order.
            for state in states(&filter) {
                let narrowed = Narrowed::to(&filter, state);
                numbers.extend(narrowed.page(conn, filter.order, (after, floor), limit + 1)?);
            }
            match filter.order {
                ListOrder::Newest => numbers.sort_unstable_by(|a, b| b.cmp(a)),
                ListOrder::Oldest => numbers.sort_unstable(),
            }
            numbers.dedup();
            let more = numbers.len() > limit;
            numbers.truncate(limit);
            let next = numbers.last().copied().filter(|_| more);
            let next = next
                .or_else(|| floor.filter(|floor| *floor > 1))
                .map(Cursor);
            let rows = all(conn, &numbers)?
                .into_iter()
                .map(|loaded| loaded.row)
                .collect();
            Ok(Page { rows, next })
        })
    }

    /// How many a whole list holds; nothing where it filters by what no index knows.
    pub fn how_many(&self, filter: &ListFilter) -> Result<Option<u64>, StoreError> {
        if filters_without_index(filter) {
            return Ok(None);
        }
        let of_all = ListFilter {
            order: filter.order,
            ..ListFilter::default()
        };
        self.read(|conn| {
            if *filter == of_all {
                return newest(conn).map(|n| Some(n.cast_unsigned()));
            }
            let mut all = 0;
            for state in states(filter) {
                all += Narrowed::to(filter, state).count(conn)?;
            }
            Ok(Some(all))
        })
    }

    /// What is held and in sight at `now`, agent by agent.
    pub fn held_by_agent(&self, now: Timestamp) -> Result<Vec<HeldBy>, StoreError> {
        self.read(|conn| {
            let mut held = conn.prepare_cached(
                "SELECT a.id, a.name, h.count, s.id, s.asked_at, h.came_at
                 FROM (SELECT agent, COUNT(*) AS count, MIN(n) AS oldest,
                              MAX(MAX(changed_at, COALESCE(snoozed_until, 0))) AS came_at
                       FROM submissions
                       WHERE state = 'held' AND COALESCE(snoozed_until, 0) <= ?1
                       GROUP BY agent) h
                 JOIN agents a ON a.n = h.agent
                 JOIN submissions s ON s.n = h.oldest
                 ORDER BY a.n",
            )?;
            let rows = held.query_map(params![now.micros()], |row| {
                Ok(HeldBy {
                    agent: id(row, 0, AgentId::from_uuid)?,
                    agent_name: row.get(1)?,
                    count: row.get::<_, i64>(2)?.cast_unsigned(),
                    oldest: id(row, 3, SubmissionId::from_uuid)?,
                    oldest_asked_at: time(row, 4)?,
                    came_at: time(row, 5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// True if what is held stands in another list at `now` than at `before` by time alone: a
    /// snooze ended, or what lapses came as near as `near`.
    pub fn held_moved(
        &self,
        before: Timestamp,
        now: Timestamp,
        near: Span,
    ) -> Result<bool, StoreError> {
        self.read(|conn| {
            let between = params![
                before.micros(),
                now.micros(),
                (before + near).micros(),
                (now + near).micros()
            ];
            Ok(conn
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM submissions INDEXED BY submissions_held
                                    WHERE state = 'held' AND state_at > ?3 AND state_at <= ?4)
                         OR EXISTS (SELECT 1 FROM submissions INDEXED BY submissions_snoozed
                                    WHERE state = 'held'
                                    AND snoozed_until > ?1 AND snoozed_until <= ?2)",
                )?
                .query_row(between, |row| row.get(0))?)
        })
    }
}

/// What one agent has held and in sight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBy {
    /// Whose.
    pub agent: AgentId,
    /// Its name.
    pub agent_name: String,
    /// How many.
    pub count: u64,
    /// The one that waits longest.
    pub oldest: SubmissionId,
    /// When that was asked.
    pub oldest_asked_at: Timestamp,
    /// When the last came into sight: held, changed, or back from a snooze.
    pub came_at: Timestamp,
}

/// The states to look for, each by itself; one look without any if the list does not name them.
fn states(filter: &ListFilter) -> Vec<Option<StateName>> {
    if filter.states.is_empty() {
        return vec![None];
    }
    let mut states: Vec<_> = filter.states.iter().copied().map(Some).collect();
    states.sort_unstable();
    states.dedup();
    states
}

fn filters_without_index(filter: &ListFilter) -> bool {
    filter.verdict.is_some() || filter.rule.is_some()
}

/// How far back a page looks that filters by what no index knows; nothing for the others. Only
/// lists that begin with the newest filter so.
fn look_back(conn: &Connection, filter: &ListFilter, after: Option<Cursor>) -> Done<Option<i64>> {
    if !filters_without_index(filter) || filter.order == ListOrder::Oldest {
        return Ok(None);
    }
    let from = match after {
        Some(cursor) => cursor.0,
        None => newest(conn)? + 1,
    };
    Ok(Some(from.saturating_sub(LIST_LOOK_MAX)))
}

/// The number of the newest, which is how many there are: none is ever taken out.
fn newest(conn: &Connection) -> Done<i64> {
    Ok(
        conn.query_row("SELECT IFNULL(MAX(n), 0) FROM submissions", [], |row| {
            row.get(0)
        })?,
    )
}

/// Submissions narrowed down: conditions, and the values they name.
struct Narrowed {
    conditions: String,
    values: Vec<Value>,
}

impl Narrowed {
    /// To what a filter lets through in one state (or any).
    fn to(filter: &ListFilter, state: Option<StateName>) -> Narrowed {
        let mut narrowed = Narrowed {
            conditions: "1".to_owned(),
            values: Vec::new(),
        };
        let id = |id: &uuid::Uuid| Value::from(id.as_bytes().to_vec());
        let word = |word: &str| Value::from(word.to_owned());
        narrowed.also("s.state = ?", state.map(|state| word(state.as_str())));
        narrowed.also(
            "s.agent = (SELECT n FROM agents WHERE id = ?)",
            filter.agent.as_ref().map(|agent| id(agent.uuid())),
        );
        narrowed.also(
            "s.mailbox = (SELECT n FROM mailboxes WHERE id = ?)",
            filter.mailbox.as_ref().map(|mailbox| id(mailbox.uuid())),
        );
        narrowed.also(
            "s.n IN (SELECT r.submission FROM recipients r JOIN contacts k ON k.n = r.contact
             WHERE k.folded = ?)",
            filter.contact.as_deref().map(word),
        );
        narrowed.also(
            "EXISTS (SELECT 1 FROM decisions d WHERE d.n = s.decision_n AND d.verdict = ?)",
            filter.verdict.map(Verdict::as_str).map(word),
        );
        narrowed.also(
            "EXISTS (SELECT 1 FROM decisions d WHERE d.n = s.decision_n AND d.primary_rule = ?)",
            filter.rule.as_deref().map(word),
        );
        if let Some(held) = filter.held {
            let (condition, at) = match held {
                HeldOnes::InSight(at) => ("COALESCE(s.snoozed_until, 0) <= ?", at),
                HeldOnes::Snoozed(at) => ("s.snoozed_until > ?", at),
                HeldOnes::LapsingBy(at) => ("s.state_at <= ?", at),
            };
            narrowed.also("s.state = ?", Some(word(StateName::Held.as_str())));
            narrowed.also(condition, Some(Value::from(at.micros())));
        }
        narrowed
    }

    fn also(&mut self, condition: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.conditions.push_str(" AND ");
            self.conditions.push_str(condition);
            self.values.push(value);
        }
    }

    /// Row numbers of one page.
    fn page(
        mut self,
        conn: &Connection,
        order: ListOrder,
        (after, floor): (Option<Cursor>, Option<i64>),
        limit: usize,
    ) -> Done<Vec<i64>> {
        let (behind, sorted) = match order {
            ListOrder::Newest => ("s.n < ?", "DESC"),
            ListOrder::Oldest => ("s.n > ?", "ASC"),
        };
        self.also("s.n >= ?", floor.map(Value::from));
        self.also(behind, after.map(|cursor| Value::from(cursor.0)));
        let sql = format!(
            "SELECT s.n FROM submissions s WHERE {} ORDER BY s.n {sorted} LIMIT {limit}",
            self.conditions
        );
        let mut statement = conn.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(self.values), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn count(self, conn: &Connection) -> Done<u64> {
        let sql = format!(
            "SELECT COUNT(*) FROM submissions s WHERE {}",
            self.conditions
        );
        let count: i64 = conn
            .prepare_cached(&sql)?
            .query_row(params_from_iter(self.values), |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }
}
