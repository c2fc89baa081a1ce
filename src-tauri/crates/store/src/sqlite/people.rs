//! What is known of one recipient besides suppressions: lists, consent, take-overs, and the sends
//! they last got.

use domain::facts::{Consent, LastSend, Nearest, OtherSend, PersonSend, RecipientFacts, TakenOver};
use domain::{Actor, AgentId, Sketch, SubmissionId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::codec::{id, time};
use crate::sqlite::directory::AgentEntry;
use crate::sqlite::facts::{Own, last_send};
use crate::sqlite::fault::Done;
use crate::sqlite::sketches;

/// One of the last sends to a contact.
struct Recent {
    send: LastSend,
    submission: i64,
    agent: i64,
    agent_name: String,
    by_hand: bool,
}

/// The sends a contact last got, committed before `own`, and what they were like.
pub(crate) fn sends(
    conn: &Connection,
    facts: &mut RecipientFacts,
    contact: i64,
    agent: i64,
    sketch: Option<&Sketch>,
    own: Own,
) -> Done<()> {
    let before = own.commit_seq.unwrap_or(i64::MAX);
    let recent: Vec<Recent> = conn
        .prepare_cached(&format!(
            "SELECT s.id, c.at, s.n, c.agent, a.name, a.id FROM contact_sends c
             JOIN submissions s ON s.n = c.submission
             JOIN agents a ON a.n = c.agent
             WHERE c.contact = ?1 AND c.commit_seq < ?2 AND c.submission <> ?3
             ORDER BY c.at DESC LIMIT {}",
            RecipientFacts::NEAREST_MAX
        ))?
        .query_map(params![contact, before, own.n], |row| {
            Ok(Recent {
                send: LastSend {
                    submission: id(row, 0, SubmissionId::from_uuid)?,
                    at: time(row, 1)?,
                },
                submission: row.get(2)?,
                agent: row.get(3)?,
                agent_name: row.get(4)?,
                by_hand: id(row, 5, AgentId::from_uuid)? == AgentId::BY_HAND,
            })
        })?
        .collect::<Result<_, _>>()?;
    facts.last_by_anyone = recent.first().map(|recent| recent.send.clone());
    facts.last_by_other_agent = recent
        .iter()
        .find(|recent| recent.agent != agent && !recent.by_hand)
        .map(|recent| OtherSend {
            submission: recent.send.submission,
            agent: recent.agent_name.clone(),
            at: recent.send.at,
        });
    let by_agent = recent.iter().find(|recent| recent.agent == agent);
    facts.last_by_agent = match by_agent {
        Some(recent) => Some(recent.send.clone()),
        None if recent.len() < RecipientFacts::NEAREST_MAX => None,
        None => conn
            .prepare_cached(
                "SELECT s.id, c.at FROM contact_sends c
                 JOIN submissions s ON s.n = c.submission
                 WHERE c.contact = ?1 AND c.agent = ?4 AND c.commit_seq < ?2
                   AND c.submission <> ?3
                 ORDER BY c.at DESC LIMIT 1",
            )?
            .query_row(params![contact, before, own.n, agent], last_send)
            .optional()?,
    };
    if let Some(sketch) = sketch.filter(|sketch| !sketch.is_empty()) {
        facts.nearest = nearest(conn, &recent, sketch)?;
    }
    Ok(())
}

fn nearest(conn: &Connection, recent: &[Recent], sketch: &Sketch) -> Done<Option<Nearest>> {
    let mut best: Option<Nearest> = None;
    for recent in recent {
        let Some(other) = sketches::sketch(conn, recent.submission)? else {
            continue;
        };
        let similarity_bp = sketch.similarity_bp(&other);
        let beats = best
            .as_ref()
            .is_none_or(|best| similarity_bp > best.similarity_bp);
        if beats && similarity_bp > 0 {
            best = Some(Nearest {
                submission: recent.send.submission,
                similarity_bp,
                at: recent.send.at,
            });
        }
    }
    Ok(best)
}

/// The live row of an agent's lists that covers a recipient by one of these patterns: the address
/// before its domain.
pub(crate) fn listed(
    conn: &Connection,
    agent: &AgentEntry,
    [address, domain, folded_domain]: &[String; 3],
    allowed: bool,
    at: Timestamp,
) -> Done<Option<String>> {
    Ok(conn
        .prepare_cached(
            "SELECT pattern FROM agent_recipients WHERE agent = ?1 AND pattern IN (?2, ?3, ?4)
             AND removed_at IS NULL AND allowed = ?5 AND (expires_at IS NULL OR expires_at > ?6)
             ORDER BY substr(pattern, 1, 1) = '@' LIMIT 1",
        )?
        .query_row(
            params![
                agent.n,
                address,
                domain,
                folded_domain,
                allowed,
                at.micros()
            ],
            |row| row.get(0),
        )
        .optional()?)
}

/// Live rows of an agent's allow list; `None` where it may write to anyone.
pub(crate) fn allow_rows(
    conn: &Connection,
    agent: &AgentEntry,
    at: Timestamp,
) -> Done<Option<u32>> {
    if !agent.listed_only {
        return Ok(None);
    }
    // How many beyond "some" changes no verdict: the count is bounded.
    Ok(Some(
        conn.prepare_cached(
            "SELECT COUNT(*) FROM (SELECT 1 FROM agent_recipients WHERE agent = ?1
             AND removed_at IS NULL AND allowed = 1 AND (expires_at IS NULL OR expires_at > ?2)
             LIMIT 100)",
        )?
        .query_row(params![agent.n, at.micros()], |row| row.get(0))?,
    ))
}

/// Their live consent to marketing.
pub(crate) fn consent(conn: &Connection, contact: i64, at: Timestamp) -> Done<Option<Consent>> {
    Ok(conn
        .prepare_cached(
            "SELECT id, source, recorded_at FROM consents WHERE contact = ?1 AND ended_at IS NULL
             AND (expires_at IS NULL OR expires_at > ?2) ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![contact, at.micros()], |row| {
            Ok(Consent {
                id: row.get(0)?,
                source: row.get(1)?,
                at: time(row, 2)?,
            })
        })
        .optional()?)
}

/// That a person holds this contact for this mailbox.
pub(crate) fn taken_over(conn: &Connection, contact: i64, mailbox: i64) -> Done<Option<TakenOver>> {
    Ok(conn
        .prepare_cached(
            "SELECT at FROM takeovers WHERE contact = ?1 AND mailbox = ?2 AND ended_at IS NULL
             AND contact IS NOT NULL ORDER BY id LIMIT 1",
        )?
        .query_row(params![contact, mailbox], |row| {
            Ok(TakenOver {
                by: Actor::Operator,
                at: time(row, 0)?,
            })
        })
        .optional()?)
}

/// When a person of ours last wrote to them by hand.
pub(crate) fn person(at: Option<Timestamp>) -> Option<PersonSend> {
    at.map(|at| PersonSend { at })
}
