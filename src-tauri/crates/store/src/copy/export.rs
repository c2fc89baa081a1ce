//! What is handed out of the record, row by row, from one snapshot.

use std::ops::ControlFlow;

use domain::journal::{JournalEntry, JournalKind};
use domain::{
    AccountId, Decision, DecisionId, Digest, Draft, Envelope, Facts, InboundId, Sealed,
    SubmissionId, Timestamp,
};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{RECORD, ended_early};
use crate::erasure::{About, Gone, gone, is_emptied};
use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::pack::unpack;
use crate::reads::{read_facts, sealed_version};
use crate::reads_setup::checkpoints;
use crate::rows::{Checkpoint, PublishedPolicy};
use crate::sqlite::codec::{digest, from_json, id, time};
use crate::sqlite::directory::policy_row;
use crate::sqlite::facts::recorded_digest;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::{JOURNAL, journal_row};
use crate::verify::look_into;
use crate::verify::{Again, again};

/// What is handed out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExportScope {
    /// From the first entry at or after this instant; all without it.
    pub since: Option<Timestamp>,
    /// Decisions and messages of this submission alone. The journal stays whole: it is a chain.
    pub submission: Option<SubmissionId>,
}

/// The mark of something that was taken out on purpose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExportedGone {
    /// `erased`, or the kind of content that had grown old.
    pub what: String,
    /// The entry that says so.
    pub seq: u64,
}

/// A judgement, with everything it was made on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExportedDecision {
    /// Its id.
    pub id: DecisionId,
    /// What was judged.
    pub submission: SubmissionId,
    /// The entry that vouches for it.
    pub seq: u64,
    /// The policy it was made under.
    pub policy: u64,
    /// What the entry's digest is salted with, in hexadecimal digits.
    pub salt: String,
    /// As recorded, to the octet: the digest is over it.
    pub decision: String,
    /// The facts, to the octet.
    pub facts: String,
    /// The counters among them, packed, in hexadecimal digits.
    pub usage: String,
    /// Its words were erased with a contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<ExportedGone>,
}

/// A version of a message that an agent asked to send.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExportedMessage {
    /// Its submission.
    pub submission: SubmissionId,
    /// 1 for the first.
    pub version: u32,
    /// When it came.
    pub at: Timestamp,
    /// Through which account it leaves; part of its hash.
    pub account: AccountId,
    /// Not before; part of its hash.
    pub send_at: Option<Timestamp>,
    /// Who gets it; part of its hash.
    pub envelope: Envelope,
    /// With angle brackets.
    pub message_id: String,
    /// The hash that was judged and approved.
    pub hash: Digest,
    /// What was taken out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<ExportedGone>,
}

/// A message that was received.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExportedReceived {
    /// Its id.
    pub id: InboundId,
    /// When it was taken in.
    pub at: Timestamp,
    /// SHA-256 of its bytes, where they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// What was taken out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<ExportedGone>,
}

/// One thing that is handed out.
#[derive(Clone, PartialEq, Debug)]
pub enum ExportItem {
    /// A policy.
    Policy(PublishedPolicy),
    /// A signature over the chain.
    Checkpoint(Checkpoint),
    /// A public key of those signatures, in hexadecimal digits.
    Key(String),
    /// An entry of the journal, oldest first.
    Entry(JournalEntry),
    /// A judgement.
    Decision(ExportedDecision),
    /// A message and its bytes, without `Date`; no bytes if they were taken out.
    Message(ExportedMessage, Option<Vec<u8>>),
    /// Received mail and its bytes; none if they were taken out.
    Received(ExportedReceived, Option<Vec<u8>>),
}

/// How often progress is told, in rows.
const PROGRESS_EVERY: u64 = 64;

/// A handing out under way.
pub struct Exporting<'a> {
    /// Takes each thing; what it could not take ends everything.
    pub take: &'a mut dyn FnMut(ExportItem) -> std::io::Result<()>,
    /// `progress(done, total)` in rows; it may end everything.
    pub progress: &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>,
}

impl Store {
    /// Hands out what the folder `dir` holds, as it stands at this moment; takes no lock. Policies,
    /// keys and checkpoints come before what they are needed for.
    ///
    /// Errors: as [`Store::verify_dir`]; [`StoreError::NotFound`] for a submission that is not
    /// there; [`StoreError::Unavailable`] with what could not be taken.
    pub fn export_dir(
        dir: &std::path::Path,
        scope: &ExportScope,
        exporting: Exporting<'_>,
    ) -> Result<(), StoreError> {
        let run = || -> Done<()> {
            let conn = look_into(dir)?;
            let snapshot = conn.unchecked_transaction()?;
            Export::of(&snapshot, scope, exporting)?.run()
        };
        run().map_err(|Fault(error)| error)
    }
}

struct Export<'a, 'e> {
    conn: &'a Connection,
    /// Entries and rows from this one on.
    first: i64,
    /// The submission's row number; all if none.
    only: Option<i64>,
    exporting: Exporting<'e>,
    done: u64,
    total: u64,
}

impl<'a, 'e> Export<'a, 'e> {
    fn of(conn: &'a Connection, scope: &ExportScope, exporting: Exporting<'e>) -> Done<Self> {
        let first: i64 = match scope.since {
            None => 1,
            Some(since) => conn.query_row(
                "SELECT COALESCE(MIN(seq), (SELECT MAX(seq) FROM journal) + 1) FROM journal
                 WHERE at >= ?1",
                [since.micros()],
                |row| row.get(0),
            )?,
        };
        let only = match scope.submission {
            None => None,
            Some(submission) => {
                let found = conn.query_row(
                    "SELECT n FROM submissions WHERE id = ?1",
                    [submission.uuid().as_bytes()],
                    |row| row.get::<_, i64>(0),
                );
                let missing = |_| Fault(StoreError::not_found("submission", submission));
                Some(found.map_err(missing)?)
            }
        };
        let mut export = Export {
            conn,
            first,
            only,
            exporting,
            done: 0,
            total: 0,
        };
        for table in ["journal", "decisions", "versions", "inbound"] {
            let n: i64 = conn.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| {
                row.get(0)
            })?;
            export.total += n.cast_unsigned();
        }
        Ok(export)
    }

    fn run(mut self) -> Done<()> {
        self.record()?;
        self.journal()?;
        self.decisions()?;
        self.messages()?;
        self.received()?;
        self.tell(self.total)
    }

    fn take(&mut self, item: ExportItem) -> Done<()> {
        (self.exporting.take)(item).map_err(|error| {
            let reason = format!("the export cannot be written: {error}");
            Fault(StoreError::Unavailable { reason })
        })
    }

    fn step(&mut self) -> Done<()> {
        self.done += 1;
        if self.done.is_multiple_of(PROGRESS_EVERY) {
            return self.tell(self.done.min(self.total));
        }
        Ok(())
    }

    fn tell(&mut self, done: u64) -> Done<()> {
        match (self.exporting.progress)(done, self.total) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ended_early()),
        }
    }

    /// What the rest is read with.
    fn record(&mut self) -> Done<()> {
        let mut statement = self
            .conn
            .prepare("SELECT version, text, published_at FROM policies ORDER BY version")?;
        let policies: Vec<PublishedPolicy> = statement
            .query_map([], policy_row)?
            .collect::<Result<_, _>>()?;
        for policy in policies {
            self.take(ExportItem::Policy(policy))?;
        }
        let mut statement = self
            .conn
            .prepare("SELECT body FROM journal WHERE kind = ?1 ORDER BY seq")?;
        let bodies: Vec<String> = statement
            .query_map([JournalKind::KeyAdded.as_str()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for body in bodies {
            let body: serde_json::Value = from_json("a signing key", &body)?;
            if let Some(key) = body.get("key").and_then(|key| key.as_str()) {
                self.take(ExportItem::Key(key.to_owned()))?;
            }
        }
        for checkpoint in checkpoints(self.conn)? {
            self.take(ExportItem::Checkpoint(checkpoint))?;
        }
        Ok(())
    }

    fn journal(&mut self) -> Done<()> {
        let mut statement = self
            .conn
            .prepare(&format!("{JOURNAL} WHERE seq >= ?1 ORDER BY seq"))?;
        let mut rows = statement.query([self.first])?;
        while let Some(row) = rows.next()? {
            let (mut entry, body) = journal_row(row)?;
            entry.body = from_json(RECORD, &body)?;
            self.take(ExportItem::Entry(entry))?;
            self.step()?;
        }
        Ok(())
    }

    fn decisions(&mut self) -> Done<()> {
        let mut statement = self.conn.prepare(
            "SELECT d.id, s.id, d.journal_seq, d.policy, d.salt, d.decision, d.facts, d.usage, s.n
             FROM decisions d JOIN submissions s ON s.n = d.submission
             WHERE d.journal_seq >= ?1 AND (?2 IS NULL OR d.submission = ?2) ORDER BY d.n",
        )?;
        let mut rows = statement.query(params![self.first, self.only])?;
        while let Some(row) = rows.next()? {
            let (salt, usage): (Vec<u8>, Vec<u8>) = (row.get(4)?, row.get(7)?);
            let decision = ExportedDecision {
                id: id(row, 0, DecisionId::from_uuid)?,
                submission: id(row, 1, SubmissionId::from_uuid)?,
                seq: row.get::<_, i64>(2)?.cast_unsigned(),
                policy: row.get::<_, i64>(3)?.cast_unsigned(),
                salt: hex(&salt),
                decision: row.get(5)?,
                facts: row.get(6)?,
                usage: hex(&usage),
                gone: marks(self.conn, About::Submission, row.get(8)?, |gone| {
                    gone == Gone::Erased
                })?,
            };
            self.take(ExportItem::Decision(decision))?;
            self.step()?;
        }
        Ok(())
    }

    fn messages(&mut self) -> Done<()> {
        let mut statement = self.conn.prepare(
            "SELECT v.n, s.id, v.number, v.at, a.id, v.draft, v.hash, s.n
             FROM versions v JOIN submissions s ON s.n = v.submission
             JOIN mailboxes m ON m.n = s.mailbox JOIN accounts a ON a.n = m.account
             WHERE v.at >= COALESCE((SELECT at FROM journal WHERE seq = ?1), 0)
               AND (?2 IS NULL OR v.submission = ?2) ORDER BY v.n",
        )?;
        let mut rows = statement.query(params![self.first, self.only])?;
        while let Some(row) = rows.next()? {
            let draft: String = row.get(5)?;
            let draft: Draft = from_json("a version", &draft)?;
            let Sealed {
                bytes,
                envelope,
                message_id,
            } = sealed_version(self.conn, row.get(0)?)?;
            let message = ExportedMessage {
                submission: id(row, 1, SubmissionId::from_uuid)?,
                version: row.get(2)?,
                at: time(row, 3)?,
                account: id(row, 4, AccountId::from_uuid)?,
                send_at: draft.send_at,
                envelope,
                message_id,
                hash: digest(row, 6)?,
                gone: marks(self.conn, About::Submission, row.get(7)?, |_| true)?,
            };
            let bytes = (!bytes.is_empty()).then_some(bytes);
            self.take(ExportItem::Message(message, bytes))?;
            self.step()?;
        }
        Ok(())
    }

    fn received(&mut self) -> Done<()> {
        let mut statement = self.conn.prepare(
            "SELECT i.id, i.arrived_at, r.digest, r.octets, r.packed, i.n
             FROM inbound i LEFT JOIN raws r ON r.n = i.raw
             WHERE i.journal_seq >= ?1 AND (?2 IS NULL OR i.submission = ?2) ORDER BY i.n",
        )?;
        let mut rows = statement.query(params![self.first, self.only])?;
        while let Some(row) = rows.next()? {
            let packed: Option<Vec<u8>> = row.get(4)?;
            let (bytes, digest) = match packed {
                Some(packed) => {
                    let bytes = unpack(&packed, row.get::<_, i64>(3)?.cast_unsigned())?;
                    (Some(bytes), Some(digest(row, 2)?))
                }
                None => (None, None),
            };
            let received = ExportedReceived {
                id: id(row, 0, InboundId::from_uuid)?,
                at: time(row, 1)?,
                digest,
                gone: marks(self.conn, About::Received, row.get(5)?, |_| true)?,
            };
            self.take(ExportItem::Received(received, bytes))?;
            self.step()?;
        }
        Ok(())
    }
}

/// The mark of the most that was taken from a row, of what is `wanted`.
fn marks(
    conn: &Connection,
    about: About,
    n: i64,
    wanted: impl Fn(Gone) -> bool,
) -> Done<Option<ExportedGone>> {
    let all = gone(conn, about, n)?;
    let most = all.into_iter().find(|(what, ..)| wanted(*what));
    Ok(most.map(|(what, _, seq)| ExportedGone {
        what: what.as_str().to_owned(),
        seq,
    }))
}

impl ExportedDecision {
    /// True if it holds nothing but what an erasure leaves of a judgement.
    pub fn is_emptied(&self) -> bool {
        is_emptied(&self.decision, &self.facts)
    }

    /// The digest its entry must hold, or what keeps it from being computed.
    ///
    /// # Errors
    /// One sentence, for a salt or counters that are no hexadecimal digits.
    pub fn digest(&self) -> Result<Digest, &'static str> {
        let (salt, usage) = unhex(&self.salt).zip(unhex(&self.usage)).ok_or(NO_HEX)?;
        Ok(recorded_digest(&salt, &self.decision, &self.facts, &usage))
    }

    /// How `judge` judges the same facts.
    ///
    /// # Errors
    /// One sentence, where the facts cannot be read.
    pub fn comes_out_again(
        &self,
        policy: &PublishedPolicy,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision,
    ) -> Result<Again, String> {
        let usage = unhex(&self.usage).ok_or(NO_HEX)?;
        read_facts(&self.facts, &usage)
            .and_then(|facts| again(&self.decision, &judge(policy, &facts)))
            .map_err(|Fault(error)| error.to_string())
    }
}

const NO_HEX: &str = "its salt or counters are no hexadecimal digits";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}
