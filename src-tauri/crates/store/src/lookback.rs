//! Looks back over submissions, newest first, as far as a named limit: the rows charts are made of.

use domain::{AgentId, StateName, Timestamp, Verdict};

use crate::error::StoreError;
use crate::handle::Store;
use crate::rows::Review;
use crate::sqlite::codec::{from_word, time, time_maybe};
use crate::sqlite::spend::signal_bucket;
use crate::sqlite::submissions::review_from;

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

impl Store {
    /// Complaints since `from`, to the grain complaints are counted in: about everyone's mail, or
    /// about one agent's.
    pub fn complaints_since(
        &self,
        from: Timestamp,
        agent: Option<AgentId>,
    ) -> Result<u32, StoreError> {
        let bucket = signal_bucket(from);
        self.read(|conn| {
            let sql = match agent {
                Some(_) => {
                    "SELECT COALESCE(SUM(complaints), 0) FROM signals WHERE bucket >= ?1
                     AND scope = 2 AND key = (SELECT n FROM agents WHERE id = ?2)"
                }
                None => {
                    "SELECT COALESCE(SUM(complaints), 0) FROM signals WHERE bucket >= ?1
                     AND scope = 1 AND ?2 IS NULL"
                }
            };
            let agent = agent.map(|id| *id.uuid().as_bytes());
            Ok(conn
                .prepare_cached(sql)?
                .query_row(rusqlite::params![bucket, agent], |row| row.get(0))?)
        })
    }

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
}
