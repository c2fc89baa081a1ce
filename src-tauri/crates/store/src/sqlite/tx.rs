//! One operation inside the writer's batch: what it may touch, and the steps all of them share.

use domain::canonical::canonical_value;
use domain::journal::{JournalEntry, JournalKind};
use domain::{
    Actor, Change, ChangeKind, Decision, DecisionId, Digest, Facts, FindingKey, IdSource, Timestamp,
};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::rows::{PublishedPolicy, SubmissionRow};
use crate::sqlite::codec::{int, json as to_json, spread, word};
use crate::sqlite::directory::Directory;
use crate::sqlite::facts::{Recorded, record};
use crate::sqlite::fault::Done;
use crate::sqlite::ledger::{Keys, Ledger};
use crate::sqlite::spend::Domain;
use crate::sqlite::submissions::Loaded;

/// Changes kept for those who ask what they missed.
pub(crate) const CHANGES_KEPT: u64 = 100_000;
/// How often the oldest changes are dropped, in changes.
const CHANGES_PRUNED_EVERY: u64 = 1_024;

/// The last entry of the journal, and the numbers that follow from the rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub seq: u64,
    pub hash: Digest,
    pub at: Timestamp,
    pub change: u64,
    pub submission: i64,
    pub version: i64,
    pub decision: i64,
}

/// What the writer remembers between operations; all of it can be read again from the rows.
pub(crate) struct Memory {
    pub head: Head,
    pub directory: Directory,
    /// The set-up was changed by an operation that is not committed yet.
    pub directory_touched: bool,
    pub ledger: Ledger,
    /// Changes of the batch under way.
    pub changes: Vec<Change>,
}

/// One operation's view of the database, inside its savepoint.
pub(crate) struct Tx<'a> {
    pub conn: &'a Connection,
    pub memory: &'a mut Memory,
    pub ids: &'a dyn IdSource,
}

/// A judgement with what it was judged from, ready to be stored.
pub(crate) struct Judged {
    pub id: DecisionId,
    pub decision: Decision,
    pub facts: Facts,
    salt: [u8; 16],
    recorded: Recorded,
}

impl Judged {
    /// What the journal says about it: codes and a salted digest, nothing of the content.
    pub fn body(&self) -> Value {
        let rules: Vec<&str> = self
            .decision
            .findings
            .iter()
            .filter(|finding| domain::Verdict::from(finding.outcome) > domain::Verdict::Allow)
            .map(|finding| finding.rule.as_str())
            .collect();
        json!({
            "id": self.id,
            "moment": self.facts.moment,
            "verdict": self.decision.verdict,
            "rules": rules,
            "policy": self.decision.policy_version,
            "digest": self.recorded.digest,
        })
    }
}

/// The columns of an entry before it is written.
pub(crate) struct Entry<'a> {
    pub at: Timestamp,
    pub actor: Actor,
    pub kind: JournalKind,
    pub subject: &'a str,
}

/// What moves a submission: who, why, and the judgement it follows from if there was one.
pub(crate) struct Step<'a> {
    pub at: Timestamp,
    pub actor: Actor,
    pub kind: JournalKind,
    pub body: serde_json::Map<String, Value>,
    pub judged: Option<&'a Judged>,
}

impl Tx<'_> {
    /// The instant to judge and write with: never before the last commit.
    pub fn at(&self, now: Timestamp) -> Timestamp {
        now.max(self.memory.head.at)
    }

    /// The policy in force.
    pub fn policy(&mut self) -> Done<PublishedPolicy> {
        self.memory.directory.policy(self.conn)
    }

    /// The set-up is about to change: nothing remembered of it holds.
    pub fn touch_directory(&mut self) {
        self.memory.directory = Directory::default();
        self.memory.directory_touched = true;
    }

    /// Adds an entry to the record and gives its number.
    pub fn journal(&mut self, entry: Entry<'_>, body: &Value) -> Done<u64> {
        let Entry {
            at,
            actor,
            kind,
            subject,
        } = entry;
        let head = self.memory.head;
        let seq = head.seq + 1;
        let actor = actor.to_string();
        let body = canonical_value(body);
        let body = String::from_utf8_lossy(&body);
        // The canonical form of the seven fields, spelled here so that the body is not
        // canonicalised twice; `JournalEntry::computed_hash` says the same, and a test holds them
        // together.
        let (prev, micros, kind) = (head.hash, at.micros(), kind.as_str());
        let subject_json = to_json(&subject)?;
        let canonical =
            format!("[\"{prev}\",{seq},{micros},\"{actor}\",\"{kind}\",{subject_json},{body}]");
        let hash = Digest::of(canonical.as_bytes());
        self.conn
            .prepare_cached(
                "INSERT INTO journal (seq, at, actor, kind, subject, prev, hash, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                seq.cast_signed(),
                micros,
                actor,
                kind,
                subject,
                prev.0,
                hash.0,
                body
            ])?;
        self.memory.head.seq = seq;
        self.memory.head.hash = hash;
        self.memory.head.at = at;
        Ok(seq)
    }

    /// Notes a change, to be announced after the commit.
    pub fn change(&mut self, at: Timestamp, kind: ChangeKind) -> Done<u64> {
        let seq = self.memory.head.change + 1;
        let conversation = match &kind {
            ChangeKind::Inbound { conversation, .. } => Some(*conversation.uuid().as_bytes()),
            ChangeKind::Submission { .. }
            | ChangeKind::Agents
            | ChangeKind::Mailboxes
            | ChangeKind::Suppressions
            | ChangeKind::Contacts
            | ChangeKind::Policy
            | ChangeKind::Pause
            | ChangeKind::Settings => None,
        };
        let (name, submission, agent, state) = match &kind {
            ChangeKind::Inbound { id, agent, .. } => (
                "inbound",
                Some(*id.uuid().as_bytes()),
                agent.map(|agent| *agent.uuid().as_bytes()),
                None,
            ),
            ChangeKind::Submission { id, agent, state } => (
                "submission",
                Some(*id.uuid().as_bytes()),
                Some(*agent.uuid().as_bytes()),
                Some(state.as_str()),
            ),
            ChangeKind::Agents => ("agents", None, None, None),
            ChangeKind::Mailboxes => ("mailboxes", None, None, None),
            ChangeKind::Suppressions => ("suppressions", None, None, None),
            ChangeKind::Contacts => ("contacts", None, None, None),
            ChangeKind::Policy => ("policy", None, None, None),
            ChangeKind::Pause => ("pause", None, None, None),
            ChangeKind::Settings => ("settings", None, None, None),
        };
        self.conn
            .prepare_cached(
                "INSERT INTO changes (seq, at, kind, submission, agent, state, conversation)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                seq.cast_signed(),
                at.micros(),
                name,
                submission,
                agent,
                state,
                conversation
            ])?;
        if seq.is_multiple_of(CHANGES_PRUNED_EVERY) {
            self.conn
                .prepare_cached("DELETE FROM changes WHERE seq <= ?1")?
                .execute([seq.saturating_sub(CHANGES_KEPT).cast_signed()])?;
        }
        self.memory.head.change = seq;
        self.memory.changes.push(Change { seq, at, kind });
        Ok(seq)
    }

    /// A judgement, spelled out for storage under a salt of its own.
    pub fn judged(&mut self, id: DecisionId, decision: Decision, mut facts: Facts) -> Done<Judged> {
        let salt = self.salt();
        let recorded = record(&decision, &mut facts, &salt)?;
        Ok(Judged {
            id,
            decision,
            facts,
            salt,
            recorded,
        })
    }

    /// 16 unpredictable bytes.
    pub fn salt(&self) -> [u8; 16] {
        let secret = self.ids.secret();
        let mut salt = [0; 16];
        for (byte, from) in salt.iter_mut().zip(secret) {
            *byte = from;
        }
        salt
    }

    /// Stores a judgement; `journal_seq` is the entry that vouches for it. Gives its row number.
    pub fn put_decision(&mut self, n: i64, judged: &Judged, journal_seq: u64) -> Done<i64> {
        let primary = judged.decision.primary();
        let row = self.memory.head.decision + 1;
        self.conn
            .prepare_cached(
                "INSERT INTO decisions (n, id, submission, at, moment, verdict, policy, \
                 journal_seq, primary_rule, sentence, salt, decision, facts, usage)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(params![
                row,
                judged.id.uuid().as_bytes(),
                n,
                judged.facts.now.micros(),
                word(&judged.facts.moment)?,
                judged.decision.verdict.as_str(),
                judged.decision.policy_version.cast_signed(),
                journal_seq.cast_signed(),
                primary.map(|finding| &finding.rule),
                primary.map(|finding| &finding.sentence),
                judged.salt,
                judged.recorded.decision,
                judged.recorded.facts,
                judged.recorded.usage,
            ])?;
        self.memory.head.decision = row;
        Ok(row)
    }

    /// Writes a step of a submission: the journal entry, the row, its recipients, its slot and its
    /// counters, its change. `after` is completed with what the step brings.
    ///
    /// The slot rules everything that counts: taken where `after` has one and `before` had none,
    /// moved where they differ, given back where `after` has none.
    pub fn step(&mut self, before: &Loaded, after: &mut Loaded, step: Step<'_>) -> Done<()> {
        let Step {
            at,
            actor,
            kind,
            mut body,
            judged,
        } = step;
        after.row.changed_at = at;
        after.commit_seq = match (after.slot, before.commit_seq) {
            (None, _) => None,
            (Some(_), Some(seq)) => Some(seq),
            (Some(_), None) => Some((self.memory.head.seq + 1).cast_signed()),
        };
        body.insert("standing".to_owned(), after.standing());
        if let Some(judged) = judged {
            body.insert("decision".to_owned(), judged.body());
        }
        let subject = after.row.id.to_string();
        let entry = Entry {
            at,
            actor,
            kind,
            subject: &subject,
        };
        let seq = self.journal(entry, &Value::Object(body))?;
        after.journal_seq = seq.cast_signed();
        if let Some(judged) = judged {
            after.decision_n = self.put_decision(after.n, judged, seq)?;
            let primary = judged.decision.shown();
            after.row.decision = judged.id;
            after.row.verdict = judged.decision.verdict;
            after.row.primary_rule = primary.map(|finding| finding.rule.clone());
            after.row.sentence = primary.map(|finding| finding.sentence.clone());
        }
        after.row.seq = self.change(
            at,
            ChangeKind::Submission {
                id: after.row.id,
                agent: after.row.agent,
                state: after.row.state.name(),
            },
        )?;
        self.count_step(Some(before), after, at)?;
        self.update_row(after)?;
        self.update_recipients(before, after)
    }

    /// A step that follows from no judgement; gives the row as it then stands.
    pub fn moved(
        &mut self,
        before: &Loaded,
        mut after: Loaded,
        at: Timestamp,
        actor: Actor,
        kind: JournalKind,
        body: serde_json::Map<String, Value>,
    ) -> Done<SubmissionRow> {
        let step = Step {
            at,
            actor,
            kind,
            body,
            judged: None,
        };
        self.step(before, &mut after, step)?;
        Ok(after.row)
    }

    /// Counters, slots and contact rows for a step from `before` (nothing, for a new ask).
    pub fn count_step(
        &mut self,
        before: Option<&Loaded>,
        after: &Loaded,
        now: Timestamp,
    ) -> Done<()> {
        let conn = self.conn;
        let ledger = &mut self.memory.ledger;
        let counted = |loaded: &Loaded| (!loaded.seen).then(|| loaded.row.state.name());
        let (was, is) = (before.and_then(counted), counted(after));
        if was != is {
            if let Some(state) = was {
                ledger.count(conn, after.agent_n, state, -1)?;
            }
            if let Some(state) = is {
                ledger.count(conn, after.agent_n, state, 1)?;
            }
        }
        let had = before.and_then(|before| before.slot);
        if had == after.slot {
            return Ok(());
        }
        if let (Some(slot), Some(before)) = (had, before) {
            self.spend(before, &Domain::all(conn, before)?, slot, now, -1)?;
            if after.slot.is_none() {
                self.forget_committed(before)?;
            }
        }
        if let Some(slot) = after.slot {
            let to = Domain::all(conn, after)?;
            self.spend(after, &to, slot, now, 1)?;
            if had.is_none() {
                self.note_committed(after, &to, now)?;
            }
        }
        let ledger = &mut self.memory.ledger;
        let keys = Keys {
            mailbox: after.mailbox_n,
            agent: after.agent_n,
        };
        if let (Some(slot), Some(before)) = (had, before) {
            ledger.slot(conn, keys, slot, now, -1)?;
            let mut gone = conn.prepare_cached(
                "DELETE FROM contact_sends WHERE contact = ?1 AND at = ?2 AND submission = ?3",
            )?;
            for contact in &before.contacts {
                gone.execute(params![contact, slot.micros(), before.n])?;
            }
        }
        if let Some(slot) = after.slot {
            ledger.slot(conn, keys, slot, now, 1)?;
            // Two recipients may be one contact under folding: one row.
            let mut put = conn.prepare_cached(
                "INSERT INTO contact_sends (contact, at, submission, agent, commit_seq)
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            )?;
            for contact in &after.contacts {
                put.execute(params![
                    contact,
                    slot.micros(),
                    after.n,
                    after.agent_n,
                    after.commit_seq
                ])?;
            }
        }
        Ok(())
    }

    fn update_row(&mut self, loaded: &Loaded) -> Done<()> {
        let row = &loaded.row;
        let state = spread(&row.state, row.changed_at);
        let review = row.review.as_ref();
        let approved = row.approved.as_ref();
        let keys = |keys: &[FindingKey]| match keys {
            [] => Ok(None),
            keys => to_json(&keys).map(Some),
        };
        let (answered, released) = (keys(&loaded.answered)?, keys(&loaded.released)?);
        self.conn
            .prepare_cached(
                "UPDATE submissions SET state = ?2, state_at = ?3, snoozed_until = ?4,
                 attempt = ?5, state_reason = ?6, live = ?7, version = ?8, version_n = ?9,
                 content = ?10, changed_at = ?11, slot = ?12, commit_seq = ?13, decision_n = ?14,
                 attempts = ?15, first_attempt_at = ?16, leased_until = ?17, seen = ?18, seq = ?19,
                 journal_seq = ?20, approved_hash = ?21, approved_at = ?22,
                 approved_decision = ?23, review = ?24, review_at = ?25, review_reason = ?26,
                 answered = ?27, send_at = ?28, stream = ?29, send_by = ?30, released = ?31,
                 if_latest = ?32, points = ?33, approved_tried = ?34
                 WHERE n = ?1",
            )?
            .execute(params![
                loaded.n,
                state.name.as_str(),
                state.at.micros(),
                state.snoozed_until.map(Timestamp::micros),
                state.attempt,
                state.reason,
                state.name.is_live(),
                row.version,
                loaded.version_n,
                loaded.content,
                row.changed_at.micros(),
                loaded.slot.map(Timestamp::micros),
                loaded.commit_seq,
                loaded.decision_n,
                loaded.attempts,
                loaded.first_attempt_at.map(Timestamp::micros),
                loaded.leased_until.map(Timestamp::micros),
                loaded.seen,
                row.seq.cast_signed(),
                loaded.journal_seq,
                approved.map(|approval| approval.hash.0.0),
                approved.map(|approval| approval.at.micros()),
                approved.map(|approval| *approval.decision.uuid().as_bytes()),
                review.map(|review| review.outcome.as_str()),
                review.map(|review| review.at.micros()),
                review.and_then(|review| review.reason.as_deref().or(review.question.as_deref())),
                answered,
                row.send_at.map(Timestamp::micros),
                word(&row.stream)?,
                row.send_by.micros(),
                released,
                row.if_latest,
                loaded.points,
                approved.is_some_and(|approval| approval.tried),
            ])?;
        Ok(())
    }

    fn update_recipients(&mut self, before: &Loaded, after: &Loaded) -> Done<()> {
        let mut put = self.conn.prepare_cached(
            "UPDATE recipients SET state = ?3, reply = ?4 WHERE submission = ?1 AND position = ?2",
        )?;
        for (position, is) in after.row.recipients.iter().enumerate() {
            // A revision has already replaced the rows it changed.
            if before.row.recipients.get(position) != Some(is) {
                let reply = is.reply.as_ref().map(to_json).transpose()?;
                put.execute(params![after.n, int(position), is.state.as_str(), reply])?;
            }
        }
        Ok(())
    }
}

/// The head as the rows have it.
pub(crate) fn read_head(conn: &Connection) -> Done<Head> {
    let number = |sql: &str| -> Done<i64> { Ok(conn.query_row(sql, [], |row| row.get(0))?) };
    let (seq, hash, at) = read_chain_head(conn)?;
    Ok(Head {
        seq,
        hash,
        at,
        change: number("SELECT COALESCE(MAX(seq), 0) FROM changes")?.cast_unsigned(),
        submission: number("SELECT COALESCE(MAX(n), 0) FROM submissions")?,
        version: number("SELECT COALESCE(MAX(n), 0) FROM versions")?,
        decision: number("SELECT COALESCE(MAX(n), 0) FROM decisions")?,
    })
}

/// The last entry's number, hash and time.
pub(crate) fn read_chain_head(conn: &Connection) -> Done<(u64, Digest, Timestamp)> {
    use rusqlite::OptionalExtension as _;
    let last = conn
        .prepare_cached("SELECT seq, hash, at FROM journal ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| {
            Ok((
                row.get::<_, i64>(0)?.cast_unsigned(),
                crate::sqlite::codec::digest(row, 1)?,
                crate::sqlite::codec::time(row, 2)?,
            ))
        })
        .optional()?;
    Ok(last.unwrap_or((
        0,
        JournalEntry::GENESIS,
        Timestamp::from_micros(i64::MIN / 2),
    )))
}
