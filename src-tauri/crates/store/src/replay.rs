//! Replaying: what recorded asks would have come to under another policy.
//!
//! Streams the newest decisions with the facts they were made on; nothing is kept of one once it
//! is judged but its flip, so memory does not grow with the record.

use std::collections::BTreeMap;
use std::path::Path;

use domain::{Decision, DecisionId, Facts, Moment, SubmissionId, Timestamp, Verdict};
use rusqlite::{Connection, params};

use crate::error::StoreError;
use crate::handle::Store;
use crate::reads::read_facts;
use crate::sqlite::codec::{from_word, id, time};
use crate::sqlite::fault::{Done, Fault};
use crate::verify::look_into;

/// Which decisions are replayed.
#[derive(Clone, Copy, Debug)]
pub struct ReplayAsk {
    /// At most so many, the newest.
    pub last: u64,
    /// Made at or after.
    pub since: Option<Timestamp>,
}

/// What a replay found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Replay {
    /// Decisions judged again.
    pub judged: u64,
    /// Decisions whose facts do not read back: erased, or from a newer version.
    pub unreadable: u64,
    /// How many flipped, by rule, what it was and what it would be; most first.
    pub counts: Vec<FlipCount>,
    /// The newest flips, at most [`Replay::FLIPS_MAX`].
    pub flips: Vec<Flip>,
}

impl Replay {
    /// Flips listed one by one; the counts cover all.
    pub const FLIPS_MAX: usize = 500;

    /// How many flipped.
    pub fn flipped(&self) -> u64 {
        self.counts.iter().map(|count| count.times).sum()
    }
}

/// Flips of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlipCount {
    /// The rule that decides the stricter of the two.
    pub rule: String,
    /// What it came to.
    pub was: Verdict,
    /// What it would come to.
    pub would: Verdict,
    /// How often.
    pub times: u64,
}

/// One decision that would be another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flip {
    /// The recorded decision.
    pub decision: DecisionId,
    /// About which submission.
    pub submission: SubmissionId,
    /// Its subject, of the version there is now.
    pub subject: String,
    /// When it was made.
    pub at: Timestamp,
    /// On which occasion.
    pub moment: Moment,
    /// What it came to.
    pub was: Verdict,
    /// The rule that decided.
    pub was_rule: Option<String>,
    /// What it would come to.
    pub would: Verdict,
    /// The rule that would decide.
    pub would_rule: Option<String>,
    /// What that rule says.
    pub sentence: Option<String>,
}

/// How often progress is told, in decisions.
const PROGRESS_EVERY: u64 = 256;

impl Store {
    /// Judges recorded decisions again with another judge, newest first. `progress(done, total)`.
    pub fn replay(
        &self,
        ask: ReplayAsk,
        judge: impl Fn(&Facts) -> Decision,
        progress: impl FnMut(u64, u64),
    ) -> Result<Replay, StoreError> {
        self.read(|conn| replay(conn, ask, judge, progress))
    }

    /// The same for a data folder that nobody has open, or another process has: reads only, takes
    /// no lock.
    ///
    /// Errors: as [`Store::verify_dir`].
    pub fn replay_dir(
        dir: &Path,
        ask: ReplayAsk,
        judge: impl Fn(&Facts) -> Decision,
        progress: impl FnMut(u64, u64),
    ) -> Result<Replay, StoreError> {
        let run = || -> Done<Replay> {
            let mut conn = look_into(dir)?;
            let tx = conn.transaction()?;
            replay(&tx, ask, judge, progress)
        };
        run().map_err(|Fault(error)| error)
    }
}

fn replay(
    conn: &Connection,
    ask: ReplayAsk,
    judge: impl Fn(&Facts) -> Decision,
    mut progress: impl FnMut(u64, u64),
) -> Done<Replay> {
    let since = ask.since.map_or(i64::MIN, Timestamp::micros);
    let last = i64::try_from(ask.last).unwrap_or(i64::MAX);
    // Decisions are numbered as they are made, so the numbers bound the count without counting.
    let (oldest, newest): (i64, i64) = conn.query_row(
        "SELECT COALESCE((SELECT MIN(n) FROM decisions), 1),
                COALESCE((SELECT MAX(n) FROM decisions), 0)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let total = last.min(newest + 1 - oldest).max(0).cast_unsigned();
    let mut statement = conn.prepare(
        "SELECT d.id, s.id, v.subject, d.at, d.moment, d.verdict, d.primary_rule, d.facts, d.usage
         FROM decisions d JOIN submissions s ON s.n = d.submission
         JOIN versions v ON v.n = s.version_n
         ORDER BY d.n DESC LIMIT ?1",
    )?;
    let mut rows = statement.query(params![last])?;
    let mut replay = Replay::default();
    let mut counts: BTreeMap<(String, Verdict, Verdict), u64> = BTreeMap::new();
    let mut done = 0;
    while let Some(row) = rows.next()? {
        let at = time(row, 3)?;
        // Newest first: once one is too old, all that follow are.
        if at.micros() < since {
            break;
        }
        done += 1;
        if u64::is_multiple_of(done, PROGRESS_EVERY) {
            progress(done, total);
        }
        let facts: String = row.get(7)?;
        let Ok(facts) = read_facts(&facts, row.get_ref(8)?.as_blob().unwrap_or_default()) else {
            replay.unreadable += 1;
            continue;
        };
        let would = judge(&facts);
        replay.judged += 1;
        let was: Verdict = from_word("a decision", &row.get::<_, String>(5)?)?;
        if would.verdict == was {
            continue;
        }
        let was_rule: Option<String> = row.get(6)?;
        let decided = would.primary();
        let would_rule = decided.map(|finding| finding.rule.clone());
        let rule = match would.verdict > was {
            true => &would_rule,
            false => &was_rule,
        };
        let kind = (rule.clone().unwrap_or_default(), was, would.verdict);
        *counts.entry(kind).or_default() += 1;
        if replay.flips.len() < Replay::FLIPS_MAX {
            replay.flips.push(Flip {
                decision: id(row, 0, DecisionId::from_uuid)?,
                submission: id(row, 1, SubmissionId::from_uuid)?,
                subject: row.get(2)?,
                at,
                moment: from_word("a decision", &row.get::<_, String>(4)?)?,
                was,
                was_rule,
                would: would.verdict,
                sentence: decided.map(|finding| finding.sentence.clone()),
                would_rule,
            });
        }
    }
    progress(done, done);
    replay.counts = counts
        .into_iter()
        .map(|((rule, was, would), times)| FlipCount {
            rule,
            was,
            would,
            times,
        })
        .collect();
    replay
        .counts
        .sort_by_key(|count| std::cmp::Reverse(count.times));
    Ok(replay)
}
