//! Reading: submissions, their decisions, versions and attempts, lists and counts.

use domain::{
    AgentId, Attempt, AttemptId, ChangeKind, ConversationId, DecisionId, Draft, Envelope,
    InboundId, Sealed, StateName, SubmissionId, Timestamp,
};
use domain::{Change, Facts};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::dispatch::{Stopped, first_waiting};
use crate::error::StoreError;
use crate::handle::Store;
use crate::rows::{Changes, Counts, Cursor, DecisionRow, StoryRows, SubmissionRow, VersionRow};
use crate::sqlite::codec::{
    actor, digest, from_json, from_word, id, id_maybe, int, time, time_maybe,
};
use crate::sqlite::directory::paused_at;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::{find, need};
use crate::sqlite::usage::unpack;
use crate::talk::notes;

impl Store {
    /// One submission as it stands.
    pub fn submission(&self, id: SubmissionId) -> Result<Option<SubmissionRow>, StoreError> {
        self.read(|conn| Ok(find(conn, id)?.map(|loaded| loaded.row)))
    }

    /// One judgement as recorded.
    pub fn decision(&self, id: DecisionId) -> Result<Option<DecisionRow>, StoreError> {
        self.read(|conn| {
            let n = conn
                .prepare_cached("SELECT n FROM decisions WHERE id = ?1")?
                .query_row([id.uuid().as_bytes()], |row| row.get(0))
                .optional()?;
            n.map(|n| decision_row(conn, n)).transpose()
        })
    }

    /// Everything about a submission, as it was at one instant.
    pub fn story(&self, id: SubmissionId) -> Result<Option<StoryRows>, StoreError> {
        self.read(|conn| {
            let Some(loaded) = find(conn, id)? else {
                return Ok(None);
            };
            Ok(Some(StoryRows {
                decisions: decisions(conn, loaded.n)?,
                versions: versions(conn, loaded.n)?,
                attempts: attempts(conn, loaded.n)?,
                notes: notes(conn, loaded.n)?,
                row: loaded.row,
            }))
        })
    }

    /// Every judgement about a submission, oldest first.
    pub fn decisions(&self, id: SubmissionId) -> Result<Vec<DecisionRow>, StoreError> {
        self.read(|conn| decisions(conn, need(conn, id)?.n))
    }

    /// Every version of a submission, oldest first; attachments without their bytes.
    pub fn versions(&self, id: SubmissionId) -> Result<Vec<VersionRow>, StoreError> {
        self.read(|conn| versions(conn, need(conn, id)?.n))
    }

    /// The content of one version, attachments with their bytes.
    pub fn draft(&self, id: SubmissionId, version: u32) -> Result<Option<Draft>, StoreError> {
        self.read(|conn| {
            let Some(n) = version_number(conn, id, version)? else {
                return Ok(None);
            };
            let text: String = conn
                .prepare_cached("SELECT draft FROM versions WHERE n = ?1")?
                .query_row([n], |row| row.get(0))?;
            let mut draft: Draft = from_json("a version", &text)?;
            let files: Vec<Vec<u8>> = conn
                .prepare_cached("SELECT content FROM attachments WHERE version = ?1 ORDER BY n")?
                .query_map([n], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            if files.len() != draft.attachments.len() {
                return Err(Fault(StoreError::damaged(
                    "a version",
                    "attachments are missing",
                )));
            }
            for (attachment, content) in draft.attachments.iter_mut().zip(files) {
                attachment.content = content;
            }
            Ok(Some(draft))
        })
    }

    /// The exact bytes of one version.
    pub fn sealed(&self, id: SubmissionId, version: u32) -> Result<Option<Sealed>, StoreError> {
        self.read(|conn| {
            let n = version_number(conn, id, version)?;
            n.map(|n| sealed_version(conn, n)).transpose()
        })
    }

    /// Every attempt at delivering a submission, oldest first.
    pub fn attempts(&self, id: SubmissionId) -> Result<Vec<Attempt>, StoreError> {
        self.read(|conn| attempts(conn, need(conn, id)?.n))
    }

    /// The place of a submission in every list: the page after it begins behind it. With an
    /// `agent`, only of that agent's.
    pub fn place_of(
        &self,
        id: SubmissionId,
        agent: Option<AgentId>,
    ) -> Result<Option<Cursor>, StoreError> {
        self.read(|conn| {
            let found = find(conn, id)?;
            let seen = found.filter(|loaded| agent.is_none_or(|agent| agent == loaded.row.agent));
            Ok(seen.map(|loaded| Cursor(loaded.n)))
        })
    }

    /// How much waits where.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        self.read(|conn| {
            let mut counts = Counts::default();
            let rows: Vec<(String, u64)> = conn
                .prepare_cached("SELECT state, SUM(n) FROM tallies GROUP BY state")?
                .query_map([], |row| {
                    Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
                })?
                .collect::<Result<_, _>>()?;
            for (state, n) in rows {
                match from_word::<StateName>("a tally", &state)? {
                    StateName::Held => counts.held = n,
                    StateName::Deferred => counts.deferred = n,
                    StateName::Queued => counts.queued = n,
                    StateName::Sending => counts.sending = n,
                    StateName::Uncertain => counts.uncertain = n,
                    StateName::Failed => counts.failed_unseen = n,
                    StateName::Observed
                    | StateName::Sent
                    | StateName::Bounced
                    | StateName::Blocked
                    | StateName::Rejected
                    | StateName::Expired
                    | StateName::Cancelled => {}
                }
            }
            counts.next_expiry_at = conn
                .prepare_cached("SELECT MIN(state_at) FROM submissions WHERE state = 'held'")?
                .query_row([], |row| time_maybe(row, 0))?;
            Ok(counts)
        })
    }

    /// How many submissions of an agent stand in a state that is tallied; 0 for any other.
    pub fn agent_count(&self, agent: domain::AgentId, state: StateName) -> Result<u64, StoreError> {
        self.read(|conn| {
            let n: Option<i64> = conn
                .prepare_cached(
                    "SELECT t.n FROM tallies t JOIN agents a ON a.n = t.agent
                     WHERE a.id = ?1 AND t.state = ?2",
                )?
                .query_row(params![agent.uuid().as_bytes(), state.as_str()], |row| {
                    row.get(0)
                })
                .optional()?;
            Ok(n.unwrap_or(0).cast_unsigned())
        })
    }

    /// When the dispatcher should look again: the earliest due time of what is neither leased nor
    /// paused. It may be in the past. Nothing while everything is paused.
    pub fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|conn| {
            if paused_at(conn)?.is_some() {
                return Ok(None);
            }
            let stopped = Stopped::read(conn, &[])?;
            let due = first_waiting(conn, &stopped)?.map(|(_, when)| when);
            let lease = crate::dispatch::next_lease(conn)?;
            Ok([due, lease].into_iter().flatten().min())
        })
    }

    /// Changes after `seq`, ascending, at most `limit`.
    pub fn changes_since(&self, seq: u64, limit: usize) -> Result<Changes, StoreError> {
        self.read(|conn| {
            let (oldest, newest): (Option<i64>, Option<i64>) = (
                conn.query_row("SELECT MIN(seq) FROM changes", [], |row| row.get(0))?,
                conn.query_row("SELECT MAX(seq) FROM changes", [], |row| row.get(0))?,
            );
            let rows: Vec<_> = conn
                .prepare_cached(
                    "SELECT seq, at, kind, submission, agent, state, conversation FROM changes
                     WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                )?
                .query_map(params![seq.cast_signed(), int(limit)], |row| {
                    let (kind, state): (String, Option<String>) = (row.get(2)?, row.get(5)?);
                    let submission = id_maybe(row, 3, SubmissionId::from_uuid)?;
                    let agent = id_maybe(row, 4, domain::AgentId::from_uuid)?;
                    let conversation = id_maybe(row, 6, ConversationId::from_uuid)?;
                    let words = (kind, state, conversation);
                    Ok((row.get(0)?, time(row, 1)?, words, submission, agent))
                })?
                .collect::<Result<_, _>>()?;
            let rows = rows
                .into_iter()
                .map(|(seq, at, words, submission, agent): (i64, _, _, _, _)| {
                    let (kind, state, conversation): (String, Option<String>, _) = words;
                    let kind = match (kind.as_str(), submission, agent, state) {
                        ("submission", Some(id), Some(agent), Some(state)) => {
                            ChangeKind::Submission {
                                id,
                                agent,
                                state: from_word("a change", &state)?,
                            }
                        }
                        ("inbound", ..) => {
                            let (id, conversation): (SubmissionId, ConversationId) =
                                submission.zip(conversation).ok_or_else(|| {
                                    Fault(StoreError::damaged("a change", "names nothing"))
                                })?;
                            ChangeKind::Inbound {
                                id: InboundId::from_uuid(*id.uuid()),
                                conversation,
                                agent,
                            }
                        }
                        ("agents", ..) => ChangeKind::Agents,
                        ("mailboxes", ..) => ChangeKind::Mailboxes,
                        ("suppressions", ..) => ChangeKind::Suppressions,
                        ("contacts", ..) => ChangeKind::Contacts,
                        ("policy", ..) => ChangeKind::Policy,
                        ("pause", ..) => ChangeKind::Pause,
                        ("settings", ..) => ChangeKind::Settings,
                        (other, ..) => {
                            return Err(Fault(StoreError::damaged("a change", other)));
                        }
                    };
                    Ok(Change {
                        seq: seq.cast_unsigned(),
                        at,
                        kind,
                    })
                })
                .collect::<Done<Vec<_>>>()?;
            Ok(Changes {
                oldest_kept: oldest.unwrap_or(0).cast_unsigned(),
                newest: newest.unwrap_or(0).cast_unsigned(),
                rows,
            })
        })
    }
}

fn decisions(conn: &Connection, submission: i64) -> Done<Vec<DecisionRow>> {
    let numbers: Vec<i64> = conn
        .prepare_cached("SELECT n FROM decisions WHERE submission = ?1 ORDER BY n")?
        .query_map([submission], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    numbers.into_iter().map(|n| decision_row(conn, n)).collect()
}

fn versions(conn: &Connection, submission: i64) -> Done<Vec<VersionRow>> {
    let rows: Vec<_> = conn
        .prepare_cached(
            "SELECT number, at, by, hash, subject, draft FROM versions
             WHERE submission = ?1 ORDER BY n",
        )?
        .query_map([submission], |row| {
            let texts: (String, String, String) = (row.get(2)?, row.get(4)?, row.get(5)?);
            Ok((row.get(0)?, time(row, 1)?, digest(row, 3)?, texts))
        })?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(number, at, hash, (by, subject, draft))| {
            Ok(VersionRow {
                number,
                at,
                by: actor(&by)?,
                hash: domain::ApprovalHash(hash),
                subject,
                draft: from_json("a version", &draft)?,
            })
        })
        .collect()
}

fn attempts(conn: &Connection, submission: i64) -> Done<Vec<Attempt>> {
    let rows: Vec<_> = conn
        .prepare_cached(&format!(
            "{} WHERE t.submission = ?1 ORDER BY t.n",
            attempt_columns()
        ))?
        .query_map([submission], attempt_row)?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(_, _, attempt)| attempt.read())
        .collect()
}

fn version_number(conn: &Connection, id: SubmissionId, version: u32) -> Done<Option<i64>> {
    Ok(conn
        .prepare_cached(
            "SELECT v.n FROM versions v JOIN submissions s ON s.n = v.submission
             WHERE s.id = ?1 AND v.number = ?2",
        )?
        .query_row(params![id.uuid().as_bytes(), version], |row| row.get(0))
        .optional()?)
}

/// The sealed bytes of a version's row.
pub(crate) fn sealed_version(conn: &Connection, n: i64) -> Done<Sealed> {
    let (message_id, envelope, bytes): (String, String, Vec<u8>) = conn
        .prepare_cached("SELECT message_id, envelope, sealed FROM versions WHERE n = ?1")?
        .query_row([n], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let envelope: Envelope = from_json("a version", &envelope)?;
    Ok(Sealed {
        bytes,
        envelope,
        message_id,
    })
}

/// The row number of a submission's first decision.
pub(crate) fn first_decision(conn: &Connection, submission: i64) -> Done<i64> {
    Ok(conn
        .prepare_cached("SELECT MIN(n) FROM decisions WHERE submission = ?1")?
        .query_row([submission], |row| row.get(0))?)
}

/// A judgement by its row number.
pub(crate) fn decision_row(conn: &Connection, n: i64) -> Done<DecisionRow> {
    let (id, submission, at, (moment, decision, facts), usage) = conn
        .prepare_cached(
            "SELECT d.id, s.id, d.at, d.moment, d.decision, d.facts, d.usage FROM decisions d
             JOIN submissions s ON s.n = d.submission WHERE d.n = ?1",
        )?
        .query_row([n], |row| {
            let texts: (String, String, String) = (row.get(3)?, row.get(4)?, row.get(5)?);
            let usage: Vec<u8> = row.get(6)?;
            Ok((
                id(row, 0, DecisionId::from_uuid)?,
                id(row, 1, SubmissionId::from_uuid)?,
                time(row, 2)?,
                texts,
                usage,
            ))
        })?;
    Ok(DecisionRow {
        id,
        submission,
        at,
        moment: from_word("a decision", &moment)?,
        decision: from_json("a decision", &decision)?,
        facts: read_facts(&facts, &usage)?,
    })
}

/// Facts back from their two parts.
pub(crate) fn read_facts(facts: &str, usage: &[u8]) -> Done<Facts> {
    let mut facts: Facts = from_json("a decision's facts", facts)?;
    facts.usage = unpack(usage)?;
    Ok(facts)
}

/// What [`attempt_row`] reads.
pub(crate) const fn attempt_columns() -> &'static str {
    "SELECT t.n, t.submission, t.id, s.id, t.number, t.started_at, t.final_dot_at, t.ended_at,
     t.outcome FROM attempts t JOIN submissions s ON s.n = t.submission"
}

/// An attempt whose outcome is still text.
pub(crate) struct AttemptText {
    attempt: Attempt,
    outcome: Option<String>,
}

impl AttemptText {
    /// Reads the outcome.
    pub fn read(self) -> Done<Attempt> {
        let AttemptText {
            mut attempt,
            outcome,
        } = self;
        if let Some(outcome) = outcome {
            attempt.outcome = Some(from_json("an attempt", &outcome)?);
        }
        Ok(attempt)
    }
}

/// Row number, submission's row number, and the attempt.
pub(crate) fn attempt_row(row: &Row<'_>) -> rusqlite::Result<(i64, i64, AttemptText)> {
    let attempt = Attempt {
        id: id(row, 2, AttemptId::from_uuid)?,
        submission: id(row, 3, SubmissionId::from_uuid)?,
        number: row.get(4)?,
        started_at: time(row, 5)?,
        final_dot_at: time_maybe(row, 6)?,
        ended_at: time_maybe(row, 7)?,
        outcome: None,
    };
    let outcome = row.get(8)?;
    Ok((row.get(0)?, row.get(1)?, AttemptText { attempt, outcome }))
}
