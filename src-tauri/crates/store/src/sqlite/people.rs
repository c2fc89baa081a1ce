//! What is known of one recipient besides suppressions: lists, consent, take-overs, and the sends
//! they last got.

use std::collections::HashMap;

use domain::facts::{
    Consent, Established, LastSend, Nearest, OtherSend, PersonSend, RecipientFacts, TakenOver,
};
use domain::{Actor, AgentId, Sketch, Timestamp};
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

impl Recent {
    fn by_other(&self) -> OtherSend {
        OtherSend {
            submission: self.send.submission,
            agent: self.agent_name.clone(),
            at: self.send.at,
        }
    }
}

/// Whose sends are looked at, and from where in time.
#[derive(Clone, Copy)]
pub(crate) struct Around {
    /// The asking agent.
    pub agent: i64,
    /// The instant the ask is judged for.
    pub at: Timestamp,
    /// What comes before it.
    pub own: Own,
}

/// How alike a text is to earlier ones, each compared once however many people got it.
pub(crate) struct Alike<'s> {
    sketch: &'s Sketch,
    seen: HashMap<i64, u16>,
}

impl<'s> Alike<'s> {
    /// Nothing where there is nothing to compare.
    pub fn of(sketch: &'s Sketch) -> Option<Alike<'s>> {
        (!sketch.is_empty()).then(|| Alike {
            sketch,
            seen: HashMap::new(),
        })
    }

    fn similarity_bp(&mut self, conn: &Connection, submission: i64) -> Done<u16> {
        if let Some(known) = self.seen.get(&submission) {
            return Ok(*known);
        }
        let other = sketches::sketch(conn, submission)?;
        let alike = other.map_or(0, |other| self.sketch.similarity_bp(&other));
        self.seen.insert(submission, alike);
        Ok(alike)
    }
}

/// The sends a contact last got or is promised, committed before the ask's own, and what they were
/// like.
pub(crate) fn sends(
    conn: &Connection,
    facts: &mut RecipientFacts,
    contact: i64,
    around: Around,
    alike: Option<&mut Alike<'_>>,
) -> Done<()> {
    let (past, promised) = (
        near(conn, contact, around, Side::Until)?,
        near(conn, contact, around, Side::After)?,
    );
    let ours = |recent: &&Recent| recent.agent == around.agent;
    let other = |recent: &&Recent| recent.agent != around.agent && !recent.by_hand;
    let send = |recent: Option<&Recent>| recent.map(|recent| recent.send.clone());
    let full = |recents: &[Recent]| recents.len() == RecipientFacts::NEAREST_MAX;
    facts.last_by_anyone = send(past.first());
    facts.next_by_anyone = send(promised.first());
    facts.last_by_other_agent = past.iter().find(other).map(Recent::by_other);
    facts.next_by_other_agent = promised.iter().find(other).map(Recent::by_other);
    facts.last_by_agent = match past.iter().find(ours) {
        None if full(&past) => own_one(conn, contact, around, Side::Until)?,
        found => send(found),
    };
    facts.next_by_agent = match promised.iter().find(ours) {
        None if full(&promised) => own_one(conn, contact, around, Side::After)?,
        found => send(found),
    };
    if let Some(alike) = alike {
        let newest_first = promised.iter().rev().chain(&past);
        for recent in newest_first.take(RecipientFacts::NEAREST_MAX) {
            let similarity_bp = alike.similarity_bp(conn, recent.submission)?;
            let best = facts.nearest.last().map_or(0, |best| best.similarity_bp);
            if similarity_bp > best {
                facts.nearest.push(Nearest {
                    submission: recent.send.submission,
                    similarity_bp,
                    at: recent.send.at,
                });
            }
        }
    }
    Ok(())
}

/// Which sends, by an instant.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    /// Until it, the last first.
    Until,
    /// After it, the next first.
    After,
}

impl Side {
    fn sql(self) -> (&'static str, &'static str) {
        match self {
            Side::Until => ("c.at <= ?4", "c.at DESC"),
            Side::After => ("c.at > ?4", "c.at"),
        }
    }
}

fn near(conn: &Connection, contact: i64, around: Around, side: Side) -> Done<Vec<Recent>> {
    let (when, order) = side.sql();
    let before = around.own.commit_seq.unwrap_or(i64::MAX);
    let at = around.at.micros();
    let rows = conn
        .prepare_cached(&format!(
            "SELECT s.id, c.at, s.n, c.agent, a.name, a.id FROM contact_sends c
             JOIN submissions s ON s.n = c.submission
             JOIN agents a ON a.n = c.agent
             WHERE c.contact = ?1 AND c.commit_seq < ?2 AND c.submission <> ?3 AND {when}
             ORDER BY {order} LIMIT {}",
            RecipientFacts::NEAREST_MAX
        ))?
        .query_map(params![contact, before, around.own.n, at], |row| {
            Ok(Recent {
                send: last_send(row)?,
                submission: row.get(2)?,
                agent: row.get(3)?,
                agent_name: row.get(4)?,
                by_hand: id(row, 5, AgentId::from_uuid)? == AgentId::BY_HAND,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// The asking agent's own, where the nearest ones are all of others.
fn own_one(conn: &Connection, contact: i64, around: Around, side: Side) -> Done<Option<LastSend>> {
    let (when, order) = side.sql();
    let before = around.own.commit_seq.unwrap_or(i64::MAX);
    Ok(conn
        .prepare_cached(&format!(
            "SELECT s.id, c.at FROM contact_sends c
             JOIN submissions s ON s.n = c.submission
             WHERE c.contact = ?1 AND c.agent = ?5 AND c.commit_seq < ?2
               AND c.submission <> ?3 AND {when}
             ORDER BY {order} LIMIT 1"
        ))?
        .query_row(
            params![
                contact,
                before,
                around.own.n,
                around.at.micros(),
                around.agent
            ],
            last_send,
        )
        .optional()?)
}

/// The live row of an agent's lists that covers a recipient by one of these patterns: the address
/// before its domain.
pub(crate) fn listed(
    conn: &Connection,
    agent: &AgentEntry,
    [address, domain, folded_domain, erased]: &[String; 4],
    allowed: bool,
    at: Timestamp,
) -> Done<Option<String>> {
    Ok(conn
        .prepare_cached(
            "SELECT pattern FROM agent_recipients WHERE agent = ?1 AND pattern IN (?2, ?3, ?4, ?7)
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
                at.micros(),
                erased
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

/// That a rehearsal mailbox wrote to them: within the rehearsal they are as good as known.
pub(crate) fn rehearsed(
    conn: &Connection,
    contact: i64,
    mailbox: i64,
) -> Done<Option<Established>> {
    Ok(conn
        .prepare_cached(
            "SELECT c.at FROM contact_sends c JOIN submissions s ON s.n = c.submission
             WHERE c.contact = ?1 AND s.mailbox = ?2 AND s.state = 'sent'
             ORDER BY c.at DESC LIMIT 1",
        )?
        .query_row(params![contact, mailbox], |row| {
            Ok(Established::Delivered { at: time(row, 0)? })
        })
        .optional()?)
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
