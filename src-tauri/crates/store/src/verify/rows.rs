//! Submissions, versions, attempts and decisions against the journal.

use domain::journal::{JournalEntry, JournalKind};
use domain::{Decision, DecisionId, Digest, Facts, InboundId, SubmissionId};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::erasure::{About, Gone, Taking, gone, is_emptied};
use crate::error::StoreError;
use crate::inbound::pack::unpack;
use crate::outcome::outcome_digest;
use crate::reads::{read_facts, sealed_version};
use crate::rows::PublishedPolicy;
use crate::sqlite::codec::{digest, from_json, id};
use crate::sqlite::directory::policy_version;
use crate::sqlite::facts::recorded_digest;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::{JOURNAL, Loaded, by_number, journal_row};
use crate::talk::note_digest;
use crate::verify::{Again, Walk, again, shown, text};

/// What one entry says must be there: its decision, its submission, its version.
pub(super) fn entry<P: FnMut(u64, u64)>(
    conn: &Connection,
    walk: &mut Walk<P>,
    kind: JournalKind,
    entry: &JournalEntry,
) -> Done<()> {
    if let Some(decision) = entry.body.get("decision") {
        let known = text(decision, "id").parse::<DecisionId>().ok().map(|id| {
            conn.prepare_cached("SELECT journal_seq FROM decisions WHERE id = ?1")?
                .query_row([id.uuid().as_bytes()], |row| row.get::<_, i64>(0))
                .optional()
        });
        match known.transpose()?.flatten() {
            Some(seq) if seq.cast_unsigned() == entry.seq => {}
            Some(_) | None => {
                let what = format!("its decision {} is gone", text(decision, "id"));
                walk.diverges(Some(entry.seq), &entry.subject, what);
            }
        }
    }
    if kind == JournalKind::Submitted || kind == JournalKind::Revised {
        version(conn, walk, entry)?;
    }
    if kind == JournalKind::Arrived {
        let seq: Option<i64> = match entry.subject.parse::<InboundId>() {
            Ok(id) => conn
                .prepare_cached("SELECT journal_seq FROM inbound WHERE id = ?1")?
                .query_row([id.uuid().as_bytes()], |row| row.get(0))
                .optional()?,
            Err(_) => None,
        };
        if seq != Some(entry.seq.cast_signed()) {
            let what = "the message that came in is gone";
            walk.diverges(Some(entry.seq), &entry.subject, what);
        }
    }
    Ok(())
}

/// The version an entry brought: its row is there, and its bytes are those that were hashed.
fn version<P: FnMut(u64, u64)>(
    conn: &Connection,
    walk: &mut Walk<P>,
    entry: &JournalEntry,
) -> Done<()> {
    let standing = entry.body.get("standing").unwrap_or(&Value::Null);
    let number = standing.get("version").and_then(Value::as_i64);
    let submission = entry.subject.parse::<SubmissionId>().ok();
    let found = match submission {
        Some(submission) => conn
            .prepare_cached(
                "SELECT s.n, v.n, v.hash, v.draft, c.id FROM versions v
                 JOIN submissions s ON s.n = v.submission
                 JOIN mailboxes m ON m.n = s.mailbox
                 JOIN accounts c ON c.n = m.account
                 WHERE s.id = ?1 AND v.number = ?2",
            )?
            .query_row(params![submission.uuid().as_bytes(), number], |row| {
                let draft: String = row.get(3)?;
                Ok((
                    (row.get(0)?, row.get(1)?),
                    digest(row, 2)?,
                    draft,
                    id(row, 4, domain::AccountId::from_uuid)?,
                ))
            })
            .optional()?,
        None => None,
    };
    let Some(((submission, n), hash, draft, account)) = found else {
        walk.diverges(
            Some(entry.seq),
            &entry.subject,
            "the submission or its version is gone",
        );
        return Ok(());
    };
    let read = || -> Done<bool> {
        let draft: domain::Draft = from_json("a version", &draft)?;
        let sealed = sealed_version(conn, n)?;
        Ok(sealed.approval_hash(account, draft.send_at).0 == hash
            && hash.to_string() == text(standing, "hash"))
    };
    let about = About::Submission;
    let is_gone = is_empty(conn, n)? && taken(conn, about, submission, &entry.subject)?.is_some();
    if is_gone && hash.to_string() == text(standing, "hash") {
        return Ok(());
    }
    match read() {
        Ok(true) => shown::version(conn, walk, entry, n)?,
        Ok(false) => {
            let what = "its message is not the one that was judged";
            walk.diverges(Some(entry.seq), &entry.subject, what);
        }
        Err(Fault(StoreError::Damaged { reason })) => {
            walk.diverges(Some(entry.seq), &entry.subject, reason);
        }
        Err(other) => return Err(other),
    }
    Ok(())
}

fn is_empty(conn: &Connection, version: i64) -> Done<bool> {
    Ok(conn
        .prepare_cached("SELECT length(sealed) = 0 FROM versions WHERE n = ?1")?
        .query_row([version], |row| row.get(0))?)
}

/// What was taken from a message under an entry that names it: most of it first.
fn taken(conn: &Connection, about: About, n: i64, subject: &str) -> Done<Option<Gone>> {
    for (what, _, seq) in gone(conn, about, n)? {
        let entry: Option<(String, String)> = conn
            .prepare_cached("SELECT kind, body FROM journal WHERE seq = ?1")?
            .query_row([seq.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((kind, body)) = entry else { continue };
        let body: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        let names =
            |taking: &Taking| taking.what == what && taking.ids.iter().any(|id| id == subject);
        if Taking::of(&kind, &body).as_ref().is_some_and(names) {
            return Ok(Some(what));
        }
    }
    Ok(None)
}

/// Every submission stands where its last entry says, with the attempts its entries tell of.
pub(super) fn submissions<P: FnMut(u64, u64)>(conn: &Connection, walk: &mut Walk<P>) -> Done<()> {
    let mut statement = conn.prepare("SELECT n FROM submissions ORDER BY n")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let n = row.get(0)?;
        walk.step();
        walk.report.submissions += 1;
        let loaded = match by_number(conn, n) {
            Ok(loaded) => loaded,
            Err(Fault(StoreError::Damaged { reason })) => {
                walk.diverges(None, &format!("submission row {n}"), reason);
                continue;
            }
            Err(other) => return Err(other),
        };
        let subject = loaded.row.id.to_string();
        let entries: Vec<(JournalEntry, String)> = conn
            .prepare_cached(&format!("{JOURNAL} WHERE subject = ?1 ORDER BY seq"))?
            .query_map([&subject], journal_row)?
            .collect::<Result<_, _>>()?;
        // Bodies that do not parse were named by the chain's walk.
        let entries: Vec<(JournalEntry, Value)> = entries
            .into_iter()
            .filter_map(|(entry, body)| Some((entry, serde_json::from_str(&body).ok()?)))
            .collect();
        let is_erased = match taken(conn, About::Submission, n, &subject)? {
            Some(what) => {
                walk.report.contents_gone.add(what);
                what == Gone::Erased
            }
            None => false,
        };
        standing(walk, &loaded, &subject, &entries, is_erased);
        attempts(conn, walk, &loaded, &subject, &entries, is_erased)?;
        if !is_erased {
            notes(conn, walk, &loaded, &subject, &entries)?;
            shown::submission(conn, walk, &loaded, &subject)?;
        }
    }
    Ok(())
}

fn standing<P: FnMut(u64, u64)>(
    walk: &mut Walk<P>,
    loaded: &Loaded,
    subject: &str,
    entries: &[(JournalEntry, Value)],
    is_erased: bool,
) {
    let last = entries
        .iter()
        .rev()
        .find_map(|(entry, body)| Some((entry.seq, body.get("standing")?)));
    let Some((seq, recorded)) = last else {
        walk.diverges(None, subject, "the journal does not know this submission");
        return;
    };
    if loaded.journal_seq.cast_unsigned() != seq {
        walk.diverges(
            Some(seq),
            subject,
            "the row does not carry its last entry's number",
        );
    }
    let mut now = loaded.standing();
    // The words it ended with are gone, and their digest with them.
    for field in ["why", "terms"].into_iter().filter(|_| is_erased) {
        if let (Some(now), Some(recorded)) = (now.get_mut(field), recorded.get(field)) {
            *now = recorded.clone();
        }
    }
    // Entries from before there was such a digest vouch for the rest alone.
    if recorded.get("terms").is_none()
        && let Some(now) = now.as_object_mut()
    {
        now.remove("terms");
    }
    if now != *recorded {
        let field = [
            "state",
            "version",
            "hash",
            "approved",
            "slot",
            "recipients",
            "why",
            "terms",
            "at",
        ]
        .into_iter()
        .find(|field| now.get(field) != recorded.get(field))
        .unwrap_or("standing");
        let show = |value: &Value| value.get(field).unwrap_or(&Value::Null).to_string();
        let what = format!(
            "its {field} is {} and the journal says {}",
            show(&now),
            show(recorded)
        );
        walk.diverges(Some(seq), subject, what);
    }
}

fn attempts<P: FnMut(u64, u64)>(
    conn: &Connection,
    walk: &mut Walk<P>,
    loaded: &Loaded,
    subject: &str,
    entries: &[(JournalEntry, Value)],
    is_erased: bool,
) -> Done<()> {
    /// What rows and journal must agree on.
    #[derive(PartialEq, Default)]
    struct Told {
        id: String,
        marked: bool,
        outcome: Option<String>,
    }
    let mut told: Vec<Told> = Vec::new();
    for (entry, body) in entries {
        let attempt = text(body, "attempt");
        if entry.kind == JournalKind::Attempted.as_str() {
            told.push(Told {
                id: attempt.to_owned(),
                ..Told::default()
            });
        }
        let Some(about) = told.iter_mut().find(|told| told.id == attempt) else {
            continue;
        };
        if entry.kind == JournalKind::FinalDot.as_str() {
            about.marked = true;
        } else if entry.kind == JournalKind::Outcome.as_str() {
            about.outcome = Some(text(body, "digest").to_owned());
        }
    }
    if is_erased {
        for told in &mut told {
            told.outcome = None;
        }
    }
    let rows: Vec<Told> = conn
        .prepare_cached(
            "SELECT id, final_dot_at IS NOT NULL, salt, outcome FROM attempts
             WHERE submission = ?1 ORDER BY n",
        )?
        .query_map([loaded.n], |row| {
            let (salt, outcome): (Vec<u8>, Option<String>) = (row.get(2)?, row.get(3)?);
            Ok(Told {
                id: id(row, 0, domain::AttemptId::from_uuid)?.to_string(),
                marked: row.get(1)?,
                outcome: outcome
                    .filter(|_| !is_erased)
                    .map(|outcome| outcome_digest(&salt, &outcome).to_string()),
            })
        })?
        .collect::<Result<_, _>>()?;
    if rows != told {
        walk.diverges(
            None,
            subject,
            "its attempts are not those the journal tells of",
        );
    }
    Ok(())
}

/// What was said about it is what its entries vouch for.
fn notes<P: FnMut(u64, u64)>(
    conn: &Connection,
    walk: &mut Walk<P>,
    loaded: &Loaded,
    subject: &str,
    entries: &[(JournalEntry, Value)],
) -> Done<()> {
    let told: Vec<(u64, String)> = entries
        .iter()
        .filter(|(_, body)| body.get("note").is_some())
        .map(|(entry, body)| (entry.seq, text(body, "note").to_owned()))
        .collect();
    let rows: Vec<(u64, String)> = conn
        .prepare_cached(
            "SELECT journal_seq, salt, kind, text FROM notes WHERE submission = ?1 ORDER BY n",
        )?
        .query_map([loaded.n], |row| {
            let (salt, kind, words): (Vec<u8>, String, String) =
                (row.get(1)?, row.get(2)?, row.get(3)?);
            let digest = note_digest(&salt, &kind, &words).to_string();
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), digest))
        })?
        .collect::<Result<_, _>>()?;
    if rows != told {
        let what = "what was said about it is not what the journal vouches for";
        walk.diverges(None, subject, what);
    }
    Ok(())
}

/// Columns of a decision before those of [`shown::DECISION`].
const COLUMNS: usize = 11;

/// Every decision is the one the journal vouches for, and comes out again from its facts.
pub(super) fn decisions<P: FnMut(u64, u64)>(
    conn: &Connection,
    walk: &mut Walk<P>,
    judge: &impl Fn(&PublishedPolicy, &Facts) -> Decision,
) -> Done<()> {
    let mut statement = conn.prepare(&format!(
        "SELECT d.id, d.policy, d.journal_seq, d.salt, d.decision, d.facts, d.usage, j.body,
                d.verdict, d.submission, j.subject, {}
         FROM decisions d LEFT JOIN journal j ON j.seq = d.journal_seq
         LEFT JOIN submissions s ON s.n = d.submission ORDER BY d.n",
        shown::DECISION
    ))?;
    let mut rows = statement.query([])?;
    let mut policy: Option<PublishedPolicy> = None;
    while let Some(row) = rows.next()? {
        walk.step();
        walk.report.decisions += 1;
        let id = id(row, 0, DecisionId::from_uuid)?.to_string();
        let version = row.get::<_, i64>(1)?.cast_unsigned();
        let seq = row.get::<_, i64>(2)?.cast_unsigned();
        let salt: Vec<u8> = row.get(3)?;
        let (decision, facts): (String, String) = (row.get(4)?, row.get(5)?);
        let usage: Vec<u8> = row.get(6)?;
        let body: Option<String> = row.get(7)?;
        let verdict: String = row.get(8)?;
        let body: Value = body
            .and_then(|body| serde_json::from_str(&body).ok())
            .unwrap_or(Value::Null);
        let recorded = body.get("decision").unwrap_or(&Value::Null);
        if text(recorded, "id") != id {
            walk.diverges(Some(seq), &id, "the journal does not know this decision");
            continue;
        }
        let subject: String = row.get(10)?;
        let is_erased =
            taken(conn, About::Submission, row.get(9)?, &subject)? == Some(Gone::Erased);
        if is_erased && text(recorded, "verdict") == verdict && is_emptied(&decision, &facts) {
            walk.report.decisions_gone += 1;
            continue;
        }
        let digest = recorded_digest(&salt, &decision, &facts, &usage).to_string();
        if text(recorded, "digest") != digest || text(recorded, "verdict") != verdict {
            walk.diverges(Some(seq), &id, "the decision or its facts were changed");
            continue;
        }
        if policy
            .as_ref()
            .is_none_or(|policy| policy.version != version)
        {
            policy = policy_version(conn, version)?;
        }
        let Some(policy) = &policy else {
            let what = format!("policy {version}, under which it was judged, is gone");
            walk.diverges(Some(seq), &id, what);
            continue;
        };
        let facts = match read_facts(&facts, &usage) {
            Ok(facts) => facts,
            Err(Fault(error)) => {
                walk.diverges(Some(seq), &id, error.to_string());
                continue;
            }
        };
        if !shown::decision_shows(row, COLUMNS, (&decision, &facts), &subject)? {
            let what = "what is shown of it is not what was decided";
            walk.diverges(Some(seq), &id, what);
        }
        let judged = judge(policy, &facts);
        match again(&decision, &judged)? {
            Again::Same => {}
            Again::Reworded => walk.report.decisions_reworded += 1,
            Again::Otherwise => {
                let what = "judged again from the same facts, it comes out differently";
                walk.diverges(Some(seq), &id, what);
            }
        }
    }
    Ok(())
}

/// Every received message is the one that came in, octet for octet, or was taken out.
pub(super) fn received<P: FnMut(u64, u64)>(conn: &Connection, walk: &mut Walk<P>) -> Done<()> {
    let mut statement = conn.prepare(
        "SELECT i.n, i.id, i.journal_seq, j.subject, j.body, r.octets, r.packed
         FROM inbound i LEFT JOIN journal j ON j.seq = i.journal_seq AND j.kind = ?1
         LEFT JOIN raws r ON r.n = i.raw ORDER BY i.n",
    )?;
    let mut rows = statement.query([JournalKind::Arrived.as_str()])?;
    while let Some(row) = rows.next()? {
        walk.step();
        walk.report.received += 1;
        let id = id(row, 1, InboundId::from_uuid)?.to_string();
        let seq = row.get::<_, i64>(2)?.cast_unsigned();
        let subject: Option<String> = row.get(3)?;
        if subject.as_ref() != Some(&id) {
            walk.diverges(Some(seq), &id, "the journal does not know this message");
            continue;
        }
        let what = taken(conn, About::Received, row.get(0)?, &id)?;
        let packed: Option<Vec<u8>> = row.get(6)?;
        let Some(packed) = packed else {
            match what {
                Some(what) => walk.report.contents_gone.add(what),
                None => walk.diverges(Some(seq), &id, "its bytes are gone"),
            }
            continue;
        };
        // Bodies that do not parse were named by the chain's walk.
        let Some(body) = row.get::<_, Option<String>>(4)? else {
            continue;
        };
        let Ok(body) = serde_json::from_str::<Value>(&body) else {
            continue;
        };
        let octets = row.get::<_, Option<i64>>(5)?.unwrap_or(0);
        let is_same = unpack(&packed, octets.cast_unsigned())
            .is_ok_and(|bytes| Digest::of(&bytes).to_string() == text(&body, "digest"));
        if !is_same {
            walk.diverges(Some(seq), &id, "it is not the message that came in");
        }
    }
    Ok(())
}
