//! Looks back over submissions, newest first, as far as a named limit: the rows charts are made
//! of, and search. Neither has an index to lean on, so neither may walk the whole history at once.

use domain::{AgentId, StateName, Timestamp, Verdict};
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::error::StoreError;
use crate::handle::Store;
use crate::rows::{Cursor, Page, Review, SubmissionRow};
use crate::sqlite::codec::{from_word, time, time_maybe};
use crate::sqlite::fault::Done;
use crate::sqlite::submissions::{all, review_from};

/// Submissions one search looks at before it hands back a cursor.
pub const SEARCH_ROWS_MAX: i64 = 20_000;
/// Words one search asks for; more say nothing more.
pub const SEARCH_WORDS_MAX: usize = 12;

/// What a chart needs to know of one submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AskedRow {
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub state: StateName,
    /// The verdict of the first judgement.
    pub first: Verdict,
    /// When a person decided, if one did.
    pub reviewed: Option<(Review, Timestamp)>,
}

/// What to look for. Every word must be somewhere in the message, the decision or the review.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Search {
    /// Words, in any order; ASCII letters match in either case.
    pub words: Vec<String>,
    /// Part of the mailbox's address.
    pub from: Option<String>,
    /// Part of a recipient's address.
    pub to: Option<String>,
    /// Part of the agent's name.
    pub agent: Option<String>,
    /// In this state.
    pub state: Option<StateName>,
    /// Decided by this rule.
    pub rule: Option<String>,
    /// Asked before.
    pub before: Option<Timestamp>,
    /// Asked at or after.
    pub after: Option<Timestamp>,
}

impl Store {
    /// Submissions asked at or after `from`, newest first, at most `max`.
    pub fn asked_since(
        &self,
        from: Timestamp,
        agent: Option<AgentId>,
        max: usize,
    ) -> Result<Vec<AskedRow>, StoreError> {
        self.read(|conn| {
            // Two statements: with "any agent, or this one" in one, no index is of use.
            let whose = match agent {
                Some(_) => "WHERE s.agent = (SELECT n FROM agents WHERE id = ?1)",
                None => "WHERE ?1 IS NULL",
            };
            let agent = agent.map(|id| *id.uuid().as_bytes());
            let mut statement = conn.prepare_cached(&format!(
                "SELECT s.asked_at, s.state, s.review, s.review_at, s.approved_at,
                        (SELECT d.verdict FROM decisions d WHERE d.submission = s.n
                         ORDER BY d.n LIMIT 1)
                 FROM submissions s {whose}
                 ORDER BY s.n DESC LIMIT ?2",
            ))?;
            let mut rows =
                statement.query(rusqlite::params![agent, crate::sqlite::codec::int(max)])?;
            let mut asked = Vec::new();
            while let Some(row) = rows.next()? {
                let asked_at = time(row, 0)?;
                if asked_at < from {
                    break;
                }
                let (state, verdict): (String, String) = (row.get(1)?, row.get(5)?);
                let review: Option<String> = row.get(2)?;
                let reviewed = match (review, time_maybe(row, 3)?, time_maybe(row, 4)?) {
                    (Some(word), Some(at), _) => Some((review_from(&word)?, at)),
                    (None, _, Some(at)) => Some((Review::Approved, at)),
                    (Some(_), None, _) | (None, _, None) => None,
                };
                asked.push(AskedRow {
                    asked_at,
                    state: from_word("a submission", &state)?,
                    first: from_word("a decision", &verdict)?,
                    reviewed,
                });
            }
            Ok(asked)
        })
    }

    /// One page of what matches, newest first. A page may be short, or empty, and still name a
    /// next one: it looked at [`SEARCH_ROWS_MAX`] submissions and found no more among them.
    pub fn search(
        &self,
        search: &Search,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<SubmissionRow>, StoreError> {
        let limit = limit.clamp(1, domain::limits::PAGE_MAX);
        self.read(|conn| {
            let newest: i64 =
                conn.query_row("SELECT IFNULL(MAX(n), 0) FROM submissions", [], |row| {
                    row.get(0)
                })?;
            let from = after.map_or(newest.saturating_add(1), |cursor| cursor.0);
            let floor = from.saturating_sub(SEARCH_ROWS_MAX + 1);
            let mut numbers = matching(conn, search, from, floor, limit + 1)?;
            let more = numbers.len() > limit;
            numbers.truncate(limit);
            let next = if more {
                numbers.last().copied()
            } else {
                Some(floor + 1).filter(|floor| *floor > 1)
            };
            let rows = all(conn, &numbers)?
                .into_iter()
                .map(|loaded| loaded.row)
                .collect();
            Ok(Page {
                rows,
                next: next.map(Cursor),
            })
        })
    }
}

/// Row numbers below `from` and above `floor` that match.
fn matching(
    conn: &Connection,
    search: &Search,
    from: i64,
    floor: i64,
    limit: usize,
) -> Done<Vec<i64>> {
    let mut sql = "SELECT s.n FROM submissions s
         JOIN versions v ON v.n = s.version_n
         JOIN decisions d ON d.n = s.decision_n
         WHERE s.n < ? AND s.n > ?"
        .to_owned();
    let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(from), Box::new(floor)];
    let mut also = |condition: &str, pattern: Option<String>| {
        if let Some(pattern) = pattern {
            sql.push_str(" AND ");
            sql.push_str(condition);
            values.extend(
                condition
                    .matches('?')
                    .map(|_| Box::new(pattern.clone()) as Box<dyn ToSql>),
            );
        }
    };
    also(
        "s.state = ?",
        search.state.map(|state| state.as_str().to_owned()),
    );
    also("d.primary_rule = ?", search.rule.clone());
    also(
        "s.agent IN (SELECT n FROM agents WHERE name LIKE ? ESCAPE '\\')",
        search.agent.as_deref().map(part),
    );
    also(
        "s.mailbox IN (SELECT n FROM mailboxes WHERE address LIKE ? ESCAPE '\\')",
        search.from.as_deref().map(part),
    );
    also(
        "EXISTS (SELECT 1 FROM recipients r WHERE r.submission = s.n
                 AND r.address LIKE ? ESCAPE '\\')",
        search.to.as_deref().map(part),
    );
    for word in search.words.iter().take(SEARCH_WORDS_MAX) {
        also(
            "(v.subject LIKE ? ESCAPE '\\' OR v.draft ->> '$.text' LIKE ? ESCAPE '\\'
              OR v.draft ->> '$.html' LIKE ? ESCAPE '\\' OR v.reason LIKE ? ESCAPE '\\'
              OR d.sentence LIKE ? ESCAPE '\\' OR s.review_reason LIKE ? ESCAPE '\\'
              OR EXISTS (SELECT 1 FROM recipients r WHERE r.submission = s.n
                         AND r.address LIKE ? ESCAPE '\\'))",
            Some(part(word)),
        );
    }
    for (condition, at) in [
        ("s.asked_at < ?", search.before),
        ("s.asked_at >= ?", search.after),
    ] {
        if let Some(at) = at {
            sql.push_str(&format!(" AND {condition}"));
            values.push(Box::new(at.micros()));
        }
    }
    sql.push_str(&format!(" ORDER BY s.n DESC LIMIT {limit}"));
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values.iter()), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The pattern for a text that holds `part`.
fn part(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
