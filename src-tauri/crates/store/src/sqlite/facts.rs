//! Gathers what the rules see. Every fact is a point read or a bounded range.

use domain::facts::{
    AgentFacts, DuplicateFacts, Established, LastSend, MailboxFacts, Moment, RecipientFacts,
    SubmissionFacts, UsageFacts, WorkspaceFacts,
};
use domain::{
    Address, Digest, Facts, Scan, Span, StateName, SubmissionId, Suppression, SuppressionScope,
    Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::erasure::erased_pattern;
use crate::error::StoreError;
use crate::sqlite::codec::{actor, from_word, id, json, short, time, time_maybe};
use crate::sqlite::directory::{AgentEntry, MailboxEntry};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::known::{self, Named, domains, hosts};
use crate::sqlite::people::{Alike, Around};
use crate::sqlite::spend::{OwnSpend, SignalScope, risk_spent, signals, warmup};
use crate::sqlite::{people, sketches};

/// How far back an ask with the same content is looked for; the rule applies its own hours.
const DUPLICATE_WINDOW: Span = Span::from_days(30);

/// What is judged, as far as it is known before looking into the database.
pub(crate) struct Asked<'a> {
    pub at: Timestamp,
    pub moment: Moment,
    pub paused_at: Option<Timestamp>,
    pub agent: &'a AgentEntry,
    pub held: u32,
    pub mailbox: &'a MailboxEntry,
    pub submission: SubmissionFacts,
    pub scan: &'a Scan,
    /// Each recipient with its folded form.
    pub recipients: Vec<(&'a Address, &'a str)>,
    /// Their domains.
    pub domains: &'a [Named],
    pub usage: Vec<UsageFacts>,
    /// The conversation it is part of, by row number.
    pub conversation: Option<i64>,
    pub own: Own,
    /// What it holds already.
    pub spend: OwnSpend,
}

/// What a submission must not see: itself, and what was committed after it.
#[derive(Clone, Copy)]
pub(crate) struct Own {
    /// Its row number; [`i64::MAX`] for a new ask, which comes after all others.
    pub n: i64,
    /// The journal entry that committed it to leave, if it is.
    pub commit_seq: Option<i64>,
}

impl Own {
    /// A new ask: comes after everything, and has nothing of its own.
    pub const NEW: Own = Own {
        n: i64::MAX,
        commit_seq: None,
    };
}

/// Everything a rule may look at.
pub(crate) fn gather(conn: &Connection, asked: Asked<'_>) -> Done<Facts> {
    let Asked {
        at,
        moment,
        paused_at,
        agent,
        held,
        mailbox,
        submission,
        scan,
        recipients,
        domains: named,
        usage,
        conversation,
        own,
        spend,
    } = asked;
    // Of two domains first written to together, neither is a disguise of the other: what was approved
    // or let go is held against what was known when it was asked.
    let since = match moment {
        Moment::Check | Moment::Admission | Moment::Revision => Timestamp::MAX,
        Moment::Approval | Moment::Dispatch => submission.asked_at,
    };
    let domains = domains(conn, named, at, since, own, &spend)?;
    let grant = agent
        .agent
        .grants
        .iter()
        .find(|grant| grant.mailbox == mailbox.mailbox.id);
    let mut alike = Alike::of(&scan.sketch);
    let around = Around {
        agent: agent.n,
        at: at.max(submission.due),
        own,
    };
    let recipients = recipients
        .into_iter()
        .map(|(address, folded)| {
            let known = recipient(conn, agent, mailbox, address, folded, at);
            known.and_then(|(mut facts, contact)| {
                if let Some(contact) = contact {
                    people::sends(conn, &mut facts, contact, around, alike.as_mut())?;
                }
                Ok(facts)
            })
        })
        .collect::<Done<Vec<_>>>()?;
    Ok(Facts {
        now: at,
        moment,
        workspace: WorkspaceFacts { paused_at },
        agent: AgentFacts {
            id: agent.agent.id,
            name: agent.agent.name.clone(),
            level: agent.agent.level,
            paused_at: agent.agent.paused_at,
            revoked_at: agent.agent.revoked_at,
            expires_at: agent.agent.expires_at,
            held,
            allow_rows: people::allow_rows(conn, agent, at)?,
            risk_spent: risk_spent(conn, agent.n, at, &spend)?,
            signals: signals(conn, SignalScope::Agent(agent.n), at)?,
            familiar_bp: familiar(conn, agent.n, scan)?,
        },
        mailbox: MailboxFacts {
            id: mailbox.mailbox.id,
            address: mailbox.mailbox.address.clone(),
            account: mailbox.mailbox.account,
            granted: grant.is_some(),
            level: grant.and_then(|grant| grant.level),
            paused_at: mailbox.mailbox.paused_at,
            display_name: mailbox.mailbox.display_name.clone(),
            reply_to_granted: reply_to_granted(conn, agent.n, scan)?,
            signals: signals(conn, SignalScope::Mailbox(mailbox.n), at)?,
            // A rehearsal has no reputation to build.
            warmup: match mailbox.rehearsal {
                true => None,
                false => Some(warmup(conn, mailbox.mailbox.address.domain(), at, &spend)?),
            },
        },
        submission,
        scan: scan.without_sketch(),
        recipients,
        duplicate: duplicate(conn, agent.n, &scan.content, at, own)?,
        usage,
        domains,
        hosts: hosts(conn, scan, own, since)?,
        conversation: match conversation {
            Some(n) => known::conversation(conn, n, around)?,
            None => None,
        },
    })
}

/// How much of a text its agent's approved ones already said; nothing to say without any.
fn familiar(conn: &Connection, agent: i64, scan: &Scan) -> Done<Option<u16>> {
    if scan.sketch.is_empty() {
        return Ok(None);
    }
    let approved = sketches::approved(conn, agent)?;
    Ok((!approved.is_empty()).then(|| scan.sketch.share_in(&approved)))
}

/// Those of a message's `Reply-To` addresses that its agent may send as.
fn reply_to_granted(conn: &Connection, agent: i64, scan: &Scan) -> Done<Vec<Address>> {
    let mut granted = Vec::new();
    for address in &scan.found.reply_to {
        let may = conn
            .prepare_cached(
                "SELECT 1 FROM mailboxes m JOIN grants g ON g.mailbox = m.n
                 WHERE m.address = ?1 AND g.agent = ?2",
            )?
            .exists(params![address.as_str(), agent])?;
        if may {
            granted.push(address.clone());
        }
    }
    Ok(granted)
}

/// What is known of one recipient, as one agent and mailbox may see it, and its contact if it is
/// one. The sends they got are [`people::sends`].
pub(crate) fn recipient(
    conn: &Connection,
    agent: &AgentEntry,
    mailbox: &MailboxEntry,
    address: &Address,
    folded: &str,
    at: Timestamp,
) -> Done<(RecipientFacts, Option<i64>)> {
    let patterns = patterns(conn, address, folded)?;
    let listed = |allowed| match agent.has_lists {
        true => people::listed(conn, agent, &patterns, allowed, at),
        false => Ok(None),
    };
    let mut facts = RecipientFacts {
        suppressions: suppressions(conn, agent, mailbox, &patterns, at)?,
        allowed_by: match agent.listed_only {
            true => listed(true)?,
            false => None,
        },
        forbidden_by: listed(false)?,
        ..RecipientFacts::unknown(address.clone())
    };
    let contact = conn
        .prepare_cached(
            "SELECT n, delivered_at, bounced_at, wrote_at, inbound_at, person_at,
                    (SELECT z.zone FROM contact_zones z
                     WHERE z.contact = contacts.n AND z.ended_at IS NULL)
             FROM contacts WHERE folded = ?1",
        )?
        .query_row([folded], |row| {
            let delivered = time_maybe(row, 1)?;
            let bounced = time_maybe(row, 2)?;
            // Accepted since, and no bounce so far.
            let delivered = delivered.filter(|at| bounced.is_none_or(|bounced| bounced < *at));
            facts.established = delivered
                .map(|at| Established::Delivered { at })
                .or(time_maybe(row, 3)?.map(|at| Established::Wrote { at }));
            facts.last_inbound_at = time_maybe(row, 4)?;
            facts.last_by_person = people::person(time_maybe(row, 5)?);
            facts.zone = row.get(6)?;
            row.get::<_, i64>(0)
        })
        .optional()?;
    if let Some(contact) = contact {
        facts.consent = people::consent(conn, contact, at)?;
        facts.taken_over = people::taken_over(conn, contact, mailbox.n)?;
        if mailbox.rehearsal && facts.established.is_none() {
            facts.established = people::rehearsed(conn, contact, mailbox.n)?;
        }
    }
    Ok((facts, contact))
}

/// Reads `id, at`.
pub(crate) fn last_send(row: &Row<'_>) -> rusqlite::Result<LastSend> {
    Ok(LastSend {
        submission: id(row, 0, SubmissionId::from_uuid)?,
        at: time(row, 1)?,
    })
}

/// What a list may name somebody by: the folded address, its domain, the other domain of a mail
/// service that goes by two, and what stands for the address since it was erased.
fn patterns(conn: &Connection, address: &Address, folded: &str) -> Done<[String; 4]> {
    let domain = format!("@{}", address.domain());
    let other = match address.other_domain() {
        Some(other) => format!("@{other}"),
        None => domain.clone(),
    };
    let erased = erased_pattern(conn, folded)?.unwrap_or_else(|| folded.to_owned());
    Ok([folded.to_owned(), domain, other, erased])
}

/// Suppressions in force whose pattern and scope cover this recipient.
fn suppressions(
    conn: &Connection,
    agent: &AgentEntry,
    mailbox: &MailboxEntry,
    patterns: &[String; 4],
    at: Timestamp,
) -> Done<Vec<Suppression>> {
    let mut rows: Vec<SuppressionColumns> = Vec::new();
    let mut find = conn.prepare_cached(&format!(
        "{SUPPRESSION} WHERE pattern = ?1 AND lifted_at IS NULL"
    ))?;
    // A read for each: for a list of them SQLite would make a table of the list first.
    for (place, pattern) in patterns.iter().enumerate() {
        let is_read = patterns
            .iter()
            .take(place)
            .any(|earlier| earlier == pattern);
        if !is_read {
            for row in find.query_map([pattern], suppression_columns)? {
                rows.push(row?);
            }
        }
    }
    // Hardly ever more than one: SQLite would set up a sorter each time.
    rows.sort_by_key(|columns| columns.0);
    let mut covering = Vec::new();
    for columns in rows {
        let suppression = suppression(columns)?;
        let covers = match suppression.scope {
            SuppressionScope::Workspace => true,
            SuppressionScope::Mailbox(id) => id == mailbox.mailbox.id,
            SuppressionScope::Agent(id) => id == agent.agent.id,
        };
        if covers && suppression.expires_at.is_none_or(|end| end > at) {
            covering.push(suppression);
        }
    }
    Ok(covering)
}

/// The columns [`suppression`] reads.
pub(crate) const SUPPRESSION: &str =
    "SELECT id, pattern, scope, reason, note, added_by, added_at, expires_at FROM suppressions";

type SuppressionColumns = (
    i64,
    String,
    String,
    String,
    Option<String>,
    String,
    Timestamp,
    Option<Timestamp>,
);

/// Reads the columns of [`SUPPRESSION`].
pub(crate) fn suppression_columns(row: &Row<'_>) -> rusqlite::Result<SuppressionColumns> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        time(row, 6)?,
        time_maybe(row, 7)?,
    ))
}

/// A suppression from its columns.
pub(crate) fn suppression(columns: SuppressionColumns) -> Done<Suppression> {
    let (id, pattern, scope, reason, note, added_by, added_at, expires_at) = columns;
    Ok(Suppression {
        id,
        pattern,
        scope: scope_from(&scope)?,
        reason: from_word("a suppression", &reason)?,
        note,
        added_by: actor(&added_by)?,
        added_at,
        expires_at,
    })
}

/// A scope as its column has it: `workspace`, or the id of the mailbox or agent.
pub(crate) fn scope_text(scope: SuppressionScope) -> String {
    match scope {
        SuppressionScope::Workspace => "workspace".to_owned(),
        SuppressionScope::Mailbox(id) => id.to_string(),
        SuppressionScope::Agent(id) => id.to_string(),
    }
}

fn scope_from(text: &str) -> Done<SuppressionScope> {
    let mailbox = || text.parse().ok().map(SuppressionScope::Mailbox);
    let agent = || text.parse().ok().map(SuppressionScope::Agent);
    match text {
        "workspace" => Ok(SuppressionScope::Workspace),
        _ => mailbox()
            .or_else(agent)
            .ok_or_else(|| Fault(StoreError::damaged("a suppression", text))),
    }
}

/// The latest live ask with the same content that this one must see: for one already committed,
/// what was committed before it; for any other, what was asked before it or is committed.
fn duplicate(
    conn: &Connection,
    agent: i64,
    content: &Digest,
    at: Timestamp,
    own: Own,
) -> Done<Option<DuplicateFacts>> {
    let found = conn
        .prepare_cached(
            "SELECT s.id, s.asked_at, s.state, s.agent = ?1 FROM submissions s
             WHERE s.content = ?2 AND s.live = 1 AND s.asked_at > ?3 AND s.n <> ?4
               AND CASE WHEN ?5 IS NULL THEN s.n < ?4 OR s.commit_seq IS NOT NULL
                        ELSE s.commit_seq < ?5 END
             ORDER BY s.n DESC LIMIT 1",
        )?
        .query_row(
            params![
                agent,
                short(content),
                (at - DUPLICATE_WINDOW).micros(),
                own.n,
                own.commit_seq
            ],
            |row| {
                Ok((
                    id(row, 0, SubmissionId::from_uuid)?,
                    time(row, 1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, bool>(3)?,
                ))
            },
        )
        .optional()?;
    found
        .map(|(submission, at, state, same_agent)| {
            let state: StateName = from_word("a submission", &state)?;
            Ok(DuplicateFacts {
                submission,
                at,
                state,
                same_agent,
            })
        })
        .transpose()
}

/// A decision's parts as stored, and the salted digest the journal keeps of them.
pub(crate) struct Recorded {
    pub decision: String,
    pub facts: String,
    pub usage: Vec<u8>,
    pub digest: Digest,
}

/// Spells out a judgement for storage.
pub(crate) fn record(
    decision: &domain::Decision,
    facts: &mut Facts,
    salt: &[u8],
) -> Done<Recorded> {
    let usage_facts = std::mem::take(&mut facts.usage);
    let facts_json = json(facts);
    facts.usage = usage_facts;
    let facts_json = facts_json?;
    let usage = crate::sqlite::usage::pack(&facts.usage);
    let decision = json(decision)?;
    let digest = recorded_digest(salt, &decision, &facts_json, &usage);
    Ok(Recorded {
        decision,
        facts: facts_json,
        usage,
        digest,
    })
}

/// The salted digest of a stored judgement.
pub(crate) fn recorded_digest(salt: &[u8], decision: &str, facts: &str, usage: &[u8]) -> Digest {
    Digest::of_parts([salt, decision.as_bytes(), facts.as_bytes(), usage])
}
