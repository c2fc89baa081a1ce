//! What has grown old goes, in bounded rounds, a kind at a time.
//!
//! A round walks on from where the last one stood; what it must not touch yet is looked at again in
//! the next pass. The lowest row a pass had to leave is where the next one begins, so that a pass
//! costs what there is to do and not the whole history.

use domain::journal::JournalKind;
use domain::{Actor, InboundId, SubmissionId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use crate::erasure::{About, Gone, Kept, sweep};
use crate::error::StoreError;
use crate::handle::Store;
use crate::reply::Reply;
use crate::sqlite::codec::id;
use crate::sqlite::fault::Done;
use crate::sqlite::tx::Tx;

/// Rows of each direction one round looks at.
const ROUND_ROWS: i64 = 200;

/// Submissions that are over, and that nobody works on.
const OVER: &str = "s.state IN
    ('observed', 'sent', 'bounced', 'blocked', 'rejected', 'expired', 'cancelled', 'failed')
    AND (s.state <> 'failed' OR s.seen = 1) AND s.changed_at < ?1
    AND NOT EXISTS (SELECT 1 FROM filings f WHERE f.submission = s.n AND f.state = 'due')";
/// Received messages that nobody works on and no person has to look at.
const DEALT_WITH: &str = "i.arrived_at < ?1 AND i.shelf <> 'quarantined' AND i.opt_out = 0
    AND NOT EXISTS (SELECT 1 FROM replies r WHERE r.inbound = i.n AND r.state <> 'done')";

/// Where a pass stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RetainFrom {
    sent: i64,
    received: i64,
    left_sent: Option<i64>,
    left_received: Option<i64>,
    begun: bool,
}

/// What one round did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retained {
    /// Messages it took something from.
    pub taken: u64,
    /// Where to go on; nothing once the pass is over.
    pub next: Option<RetainFrom>,
}

/// Messages a retention would take something from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Aged {
    /// Of those sent, or asked to be.
    pub sent: u64,
    /// Of those received.
    pub received: u64,
}

impl Store {
    /// How much of a kind is older than `before` and could go.
    pub fn aged(&self, kind: Kept, before: Timestamp) -> Result<Aged, StoreError> {
        self.read(|conn| {
            let count = |sql: String| -> Done<u64> {
                let n: i64 = conn
                    .prepare_cached(&sql)?
                    .query_row(params![before.micros(), Gone::Aged(kind).number()], |row| {
                        row.get(0)
                    })?;
                Ok(n.cast_unsigned())
            };
            Ok(Aged {
                sent: count(format!(
                    "SELECT COUNT(*) FROM submissions s WHERE {OVER} AND {} AND {}",
                    there(About::Submission),
                    of_sent(kind)
                ))?,
                received: count(format!(
                    "SELECT COUNT(*) FROM inbound i WHERE {DEALT_WITH} AND {} AND {}",
                    there(About::Received),
                    of_received(kind)
                ))?,
            })
        })
    }

    /// One round: takes a kind of content from messages older than `before` that are over and done
    /// with. Held, queued, uncertain, leased and quarantined ones are left, whatever their age.
    pub fn retain(
        &self,
        kind: Kept,
        before: Timestamp,
        from: RetainFrom,
        now: Timestamp,
    ) -> Reply<Retained> {
        self.write(move |tx| {
            sweep::overwrite_freed(tx.conn, true)?;
            let done = tx.retain(kind, before, from, now);
            sweep::overwrite_freed(tx.conn, false)?;
            done
        })
    }
}

/// Nothing was taken from it yet that holds this kind (?2).
const fn there(about: About) -> &'static str {
    match about {
        About::Submission => {
            "NOT EXISTS (SELECT 1 FROM gone g WHERE g.about = 0 AND g.n = s.n AND g.what IN (?2, 3))"
        }
        About::Received => {
            "NOT EXISTS (SELECT 1 FROM gone g WHERE g.about = 1 AND g.n = i.n AND g.what IN (?2, 3))"
        }
    }
}

/// What of a kind a submission can have.
const fn of_sent(kind: Kept) -> &'static str {
    match kind {
        Kept::Bodies => "1",
        Kept::Raw => "0",
        Kept::Attachments => {
            "EXISTS (SELECT 1 FROM versions v JOIN attachments a ON a.version = v.n
             WHERE v.submission = s.n)"
        }
    }
}

/// What of a kind a received message can have.
const fn of_received(kind: Kept) -> &'static str {
    match kind {
        Kept::Bodies => "1",
        Kept::Raw => "i.raw <> 0",
        Kept::Attachments => "json_array_length(i.reading, '$.files') > 0",
    }
}

/// Where the floor of a kind and direction stands in `meta`.
fn floor_key(kind: Kept, about: About) -> String {
    let side = match about {
        About::Submission => "sent",
        About::Received => "received",
    };
    format!("retain_{}_{side}", kind.as_str())
}

fn floor(conn: &Connection, kind: Kept, about: About) -> Done<i64> {
    Ok(conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([floor_key(kind, about)], |row| row.get(0))
        .optional()?
        .map_or(0, i64::from_be_bytes))
}

/// Rows one round looked at in one direction.
struct Looked {
    /// Those to take from, with their ids.
    take: Vec<(i64, String)>,
    /// The first that had to be left.
    left: Option<i64>,
    /// The last that was looked at; nothing if there are no more.
    last: Option<i64>,
}

impl Tx<'_> {
    fn retain(
        &mut self,
        kind: Kept,
        before: Timestamp,
        mut from: RetainFrom,
        now: Timestamp,
    ) -> Done<Retained> {
        let at = self.at(now);
        if !from.begun {
            from.sent = floor(self.conn, kind, About::Submission)?;
            from.received = floor(self.conn, kind, About::Received)?;
            from.begun = true;
        }
        let sent = self.look(About::Submission, kind, before, from.sent)?;
        let received = self.look(About::Received, kind, before, from.received)?;
        from.left_sent = from.left_sent.or(sent.left);
        from.left_received = from.left_received.or(received.left);
        let is_over = sent.last.is_none() && received.last.is_none();
        from.sent = sent.last.unwrap_or(from.sent);
        from.received = received.last.unwrap_or(from.received);
        let taken = sent.take.len() + received.take.len();
        if taken > 0 {
            let ids = |take: &[(i64, String)]| -> Vec<String> {
                take.iter().map(|(_, id)| id.clone()).collect()
            };
            let body = json!({
                "what": kind.as_str(),
                "before": before.micros(),
                "submissions": ids(&sent.take),
                "received": ids(&received.take),
            });
            let (by, entry) = (Actor::System, JournalKind::Retained);
            let seq = self.operated(at, by, entry, "retention", &body)?;
            for (n, _) in &sent.take {
                self.age_submission(*n, kind)?;
                self.put_gone(About::Submission, *n, Gone::Aged(kind), (seq, at))?;
            }
            for (n, _) in &received.take {
                self.age_received(*n, kind)?;
                self.put_gone(About::Received, *n, Gone::Aged(kind), (seq, at))?;
            }
        }
        if is_over {
            for (about, left, last) in [
                (About::Submission, from.left_sent, from.sent),
                (About::Received, from.left_received, from.received),
            ] {
                let floor = left.map_or(last, |left| left - 1);
                self.conn
                    .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
                    .execute(params![floor_key(kind, about), floor.to_be_bytes()])?;
            }
        }
        Ok(Retained {
            taken: taken as u64,
            next: (!is_over).then_some(from),
        })
    }

    fn look(&self, about: About, kind: Kept, before: Timestamp, from: i64) -> Done<Looked> {
        // A row says whether it is old enough to be over at all: behind the first that is not, in
        // the order they came, there is nothing.
        let sql = match about {
            About::Submission => format!(
                "SELECT s.n, s.id, {OVER} AND {} AND {}, {} FROM submissions s
                 WHERE s.n > ?3 AND s.asked_at < ?1 ORDER BY s.n LIMIT ?4",
                there(about),
                of_sent(kind),
                format_args!("NOT ({OVER})"),
            ),
            About::Received => format!(
                "SELECT i.n, i.id, {DEALT_WITH} AND {} AND {}, {} FROM inbound i
                 WHERE i.n > ?3 AND i.arrived_at < ?1 ORDER BY i.n LIMIT ?4",
                there(about),
                of_received(kind),
                format_args!("NOT ({DEALT_WITH})"),
            ),
        };
        let mut looked = Looked {
            take: Vec::new(),
            left: None,
            last: None,
        };
        let mut statement = self.conn.prepare_cached(&sql)?;
        let what = Gone::Aged(kind).number();
        let mut rows = statement.query(params![before.micros(), what, from, ROUND_ROWS])?;
        while let Some(row) = rows.next()? {
            let n: i64 = row.get(0)?;
            looked.last = Some(n);
            let (take, leave): (bool, bool) = (row.get(2)?, row.get(3)?);
            if take {
                let id = match about {
                    About::Submission => id(row, 1, SubmissionId::from_uuid)?.to_string(),
                    About::Received => id(row, 1, InboundId::from_uuid)?.to_string(),
                };
                looked.take.push((n, id));
            } else if leave && looked.left.is_none() {
                looked.left = Some(n);
            }
        }
        Ok(looked)
    }
}
