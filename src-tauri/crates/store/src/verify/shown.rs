//! Columns beside what the journal has digests of: the window shows them and the rules read them, so
//! each is held against what it came from.

use domain::journal::JournalEntry;
use domain::{Decision, Digest, Draft, Facts, SubmissionId};
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::Value;

use crate::message::{Told, recipients, told_digest};
use crate::sqlite::codec::{from_json, id_maybe, json, time, word};
use crate::sqlite::fault::Done;
use crate::sqlite::submissions::Loaded;
use crate::verify::Walk;

/// What was asked for is what the entry that brought it vouches for, and its columns say the same.
/// Entries from before such digests have none.
pub(super) fn version<P: FnMut(u64, u64)>(
    conn: &Connection,
    walk: &mut Walk<P>,
    entry: &JournalEntry,
    n: i64,
) -> Done<()> {
    let files: Vec<Digest> = conn
        .prepare_cached("SELECT content FROM attachments WHERE version = ?1 ORDER BY n")?
        .query_map([n], |row| Ok(Digest::of(row.get_ref(0)?.as_blob()?)))?
        .collect::<Result<_, _>>()?;
    let columns = conn
        .prepare_cached(
            "SELECT salt, draft, scan, tags, subject, reason, message_id FROM versions
             WHERE n = ?1",
        )?
        .query_row([n], Columns::read)?;
    let draft: Draft = from_json("a version", &columns.draft)?;
    let shows = columns.subject == draft.subject
        && columns.reason == draft.reason
        && columns.tags == json(&draft.tags)?;
    let vouched = match entry.body.get("told").and_then(Value::as_str) {
        None => true,
        Some(told) => columns.salt.as_ref().is_some_and(|salt| {
            let digest = columns.told(files).digest();
            told_digest(salt, &digest).to_string() == told
        }),
    };
    if !shows || !vouched {
        let what = "what was asked for is not what the journal vouches for";
        walk.diverges(Some(entry.seq), &entry.subject, what);
    }
    Ok(())
}

/// What is stored of a version beside its bytes.
struct Columns {
    salt: Option<Vec<u8>>,
    draft: String,
    scan: String,
    tags: String,
    subject: String,
    reason: Option<String>,
    message_id: String,
}

impl Columns {
    fn read(row: &Row<'_>) -> rusqlite::Result<Columns> {
        Ok(Columns {
            salt: row.get(0)?,
            draft: row.get(1)?,
            scan: row.get(2)?,
            tags: row.get(3)?,
            subject: row.get(4)?,
            reason: row.get(5)?,
            message_id: row.get(6)?,
        })
    }

    fn told(&self, files: Vec<Digest>) -> Told<'_> {
        Told {
            draft: &self.draft,
            scan: &self.scan,
            tags: &self.tags,
            subject: &self.subject,
            reason: self.reason.as_deref(),
            message_id: &self.message_id,
            files,
        }
    }
}

/// Its recipients are those of its current version, and its decision is its latest.
pub(super) fn submission<P: FnMut(u64, u64)>(
    conn: &Connection,
    walk: &mut Walk<P>,
    loaded: &Loaded,
    subject: &str,
) -> Done<()> {
    let draft: Option<String> = conn
        .prepare_cached("SELECT draft FROM versions WHERE n = ?1")?
        .query_row([loaded.version_n], |row| row.get(0))
        .optional()?;
    let Ok(draft) = from_json::<Draft>("a version", &draft.unwrap_or_default()) else {
        let what = "its current version is gone or cannot be read";
        walk.diverges(Some(loaded.journal_seq.cast_unsigned()), subject, what);
        return Ok(());
    };
    let asked = recipients(&draft);
    let shown = loaded.row.recipients.iter();
    let shown = shown.map(|one| (&one.address, one.role));
    if !shown.eq(asked.iter().map(|one| (&one.address, one.role))) {
        let what = "its recipients are not those of its message";
        walk.diverges(Some(loaded.journal_seq.cast_unsigned()), subject, what);
    }
    let latest: Option<i64> = conn
        .prepare_cached("SELECT MAX(n) FROM decisions WHERE submission = ?1")?
        .query_row([loaded.n], |row| row.get(0))?;
    if latest != Some(loaded.decision_n) {
        let what = "the decision it shows is not its latest";
        walk.diverges(Some(loaded.journal_seq.cast_unsigned()), subject, what);
    }
    Ok(())
}

/// The columns of a decision that follow from it.
pub(super) const DECISION: &str = "d.at, d.moment, d.policy, d.primary_rule, d.sentence, s.id";

/// Whether those columns, from this one on, say what the decision and its facts do; `subject` is the
/// submission that the journal says it is about.
pub(super) fn decision_shows(
    row: &Row<'_>,
    from: usize,
    (decision, facts): (&str, &Facts),
    subject: &str,
) -> Done<bool> {
    let decision: Decision = from_json("a decision", decision)?;
    let primary = decision.primary();
    let moment: String = row.get(from + 1)?;
    let policy = row.get::<_, i64>(from + 2)?.cast_unsigned();
    let (rule, sentence): (Option<String>, Option<String>) =
        (row.get(from + 3)?, row.get(from + 4)?);
    let about = id_maybe(row, from + 5, SubmissionId::from_uuid)?;
    Ok(time(row, from)? == facts.now
        && moment == word(&facts.moment)?
        && policy == decision.policy_version
        && rule.as_ref() == primary.map(|finding| &finding.rule)
        && sentence.as_ref() == primary.map(|finding| &finding.sentence)
        && about.is_some_and(|id| id.to_string() == subject))
}
