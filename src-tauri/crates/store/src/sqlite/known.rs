//! What is known of domains, hosts and conversations: point reads, one per name.

use std::collections::HashSet;

use domain::facts::{
    ConversationFacts, DomainFacts, HostFacts, InboundMark, OtherSend, PersonSend, Taint, TakenOver,
};
use domain::{
    Actor, Address, AgentId, ConversationId, Draft, Found, InboundId, Scan, SubmissionId,
    Timestamp, limits,
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::inbound::{conversation_n, message_key};
use crate::sqlite::codec::{id, id_maybe, json, time, time_maybe};
use crate::sqlite::facts::Own;
use crate::sqlite::fault::Done;
use crate::sqlite::people::{Around, Side};
use crate::sqlite::spend::{OwnSpend, domain_hour};

/// Known domains looked at under one key; more than that share a key only by design.
const SHARING_MAX: usize = 8;
/// Parts of a host held against known domains: `a.b.example` is itself and `b.example`.
const HOST_PARTS_MAX: usize = 4;
/// Sends into a conversation that are looked at for another agent's.
const RECENT_MAX: usize = 16;

/// A domain with what it is looked up by among those it could be taken for.
pub(crate) struct Named {
    name: String,
    /// [`domain::lookalike::keys`], as a JSON array.
    keys: String,
}

impl Named {
    /// Each recipient's domain once, in order of first appearance. Spelling a domain's keys takes
    /// longer than looking them up: whoever can does it before the transaction.
    ///
    /// Each key is a look into an index while everybody waits for the writer, and a domain has as
    /// many as letters. Behind the first [`limits::SPELLED_DOMAINS_MAX`] domains a name that looks the
    /// same is found, and one that is a letter apart is not; the rule that asks says so.
    pub fn all<'a>(recipients: impl Iterator<Item = &'a Address>) -> Done<Vec<Named>> {
        let mut named: Vec<Named> = Vec::new();
        let mut seen = HashSet::new();
        for name in recipients.map(Address::domain) {
            if seen.insert(name) {
                let keys = match named.len() < limits::SPELLED_DOMAINS_MAX {
                    true => domain::lookalike::keys(name),
                    false => vec![domain::lookalike::skeleton(name)],
                };
                named.push(Named {
                    name: name.to_owned(),
                    keys: json(&keys)?,
                });
            }
        }
        Ok(named)
    }
}

/// What is known of each domain. Lookalikes are those of domains known before `since`.
pub(crate) fn domains(
    conn: &Connection,
    named: &[Named],
    at: Timestamp,
    since: Timestamp,
    own: Own,
    spend: &OwnSpend,
) -> Done<Vec<DomainFacts>> {
    let each = named
        .iter()
        .map(|named| domain(conn, named, (at, since), own, spend));
    let mut facts = each.collect::<Done<Vec<DomainFacts>>>()?;
    // One that nobody knows and nothing is counted for is left out: that is what absence means.
    facts.retain(|facts| {
        let nobody = DomainFacts {
            domain: facts.domain.clone(),
            ..DomainFacts::default()
        };
        *facts != nobody
    });
    Ok(facts)
}

fn domain(
    conn: &Connection,
    named: &Named,
    (at, since): (Timestamp, Timestamp),
    own: Own,
    spend: &OwnSpend,
) -> Done<DomainFacts> {
    let name = named.name.as_str();
    let mut facts = DomainFacts {
        domain: name.to_owned(),
        ..DomainFacts::default()
    };
    let before = own.commit_seq.unwrap_or(i64::MAX);
    let found: Option<(i64, bool, bool)> = conn
        .prepare_cached(
            "SELECT n, written_at IS NOT NULL AND COALESCE(commit_seq, 0) < ?2
                 AND COALESCE(written_by, 0) <> ?3, known_at IS NOT NULL
             FROM domains WHERE name = ?1",
        )?
        .query_row(params![name, before, own.n], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    if let Some((n, mailed, known)) = found {
        facts.mailed = mailed;
        facts.known = known;
        facts.hour = domain_hour(conn, n, name, at, spend)?;
    }
    if !facts.known {
        facts.resembles = resembled(conn, named, since)?;
    }
    Ok(facts)
}

/// A domain known before `since` that this one could be taken for.
fn resembled(conn: &Connection, named: &Named, since: Timestamp) -> Done<Option<String>> {
    // One statement for all keys; nearly always none of them is anybody's.
    let shared: Vec<String> = conn
        .prepare_cached(
            "SELECT e.value FROM json_each(?1) e
             WHERE EXISTS (SELECT 1 FROM domain_keys k WHERE k.key = e.value)",
        )?
        .query_map([&named.keys], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for key in shared {
        let known: Vec<String> = conn
            .prepare_cached(&format!(
                "SELECT d.name FROM domain_keys k JOIN domains d ON d.n = k.domain
                 WHERE k.key = ?1 AND d.known_at < ?2 LIMIT {SHARING_MAX}"
            ))?
            .query_map(params![key, since.micros()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let found = known
            .into_iter()
            .find(|known| domain::lookalike::resembles(known, &named.name));
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// In `meta`: the fold that the keys of known domains were made by ([`domain::lookalike::FOLD`]).
const FOLD: &str = "lookalike_fold";

/// Makes the keys of all known domains anew if those at hand are of another fold: under these, what
/// a new fold sees through would find nobody.
pub(crate) fn rekey(conn: &Connection) -> Done<()> {
    let fold = domain::lookalike::FOLD.to_be_bytes();
    let known: Option<Vec<u8>> = conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([FOLD], |row| row.get(0))
        .optional()?;
    if known.is_some_and(|known| known == fold) {
        return Ok(());
    }
    conn.execute("DELETE FROM domain_keys", [])?;
    let mut known = conn.prepare("SELECT n, name FROM domains WHERE known_at IS NOT NULL")?;
    let mut rows = known.query([])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get(1)?;
        put_keys(conn, row.get(0)?, &name)?;
    }
    conn.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
        .execute(params![FOLD, fold])?;
    Ok(())
}

/// Keeps a known domain under every key it could be mistaken by.
pub(crate) fn put_keys(conn: &Connection, n: i64, name: &str) -> Done<()> {
    let mut put = conn.prepare_cached(
        "INSERT INTO domain_keys (key, domain) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?;
    for key in domain::lookalike::keys(name) {
        put.execute(params![key, n])?;
    }
    Ok(())
}

/// Link hosts that need a word. Lookalikes are those of domains known before `since`.
pub(crate) fn hosts(
    conn: &Connection,
    scan: &Scan,
    own: Own,
    since: Timestamp,
) -> Done<Vec<HostFacts>> {
    let before = own.commit_seq.unwrap_or(i64::MAX);
    let mut facts = Vec::new();
    for host in scan.found.hosts.iter().take(Found::HOSTS_MAX) {
        let known = conn
            .prepare_cached(
                "SELECT 1 FROM known_hosts WHERE host = ?1 AND commit_seq < ?2
                 AND submission <> ?3",
            )?
            .exists(params![host, before, own.n])?;
        let stranger_at = conn
            .prepare_cached("SELECT at FROM stranger_hosts WHERE host = ?1")?
            .query_row([host], |row| time(row, 0))
            .optional()?;
        let resembles = imitated(conn, host, since)?;
        if !known || stranger_at.is_some() || resembles.is_some() {
            facts.push(HostFacts {
                host: host.clone(),
                is_new: !known,
                stranger_at,
                resembles,
            });
        }
    }
    Ok(facts)
}

/// A domain known before `since` that a link's host, or the domain it is a part of, looks like. One
/// of a known domain's own imitates nobody.
fn imitated(conn: &Connection, host: &str, since: Timestamp) -> Done<Option<String>> {
    let parts = std::iter::successors(Some(host), |part| Some(part.split_once('.')?.1));
    // The shortest first: a host may have any number of names before the domain it is a part of.
    let parts: Vec<&str> = parts.filter(|part| part.contains('.')).collect();
    let mut found = None;
    for part in parts.into_iter().rev().take(HOST_PARTS_MAX) {
        let key = domain::lookalike::skeleton(part);
        let sharing: Vec<String> = conn
            .prepare_cached(&format!(
                "SELECT d.name FROM domain_keys k JOIN domains d ON d.n = k.domain
                 WHERE k.key = ?1 AND d.known_at < ?2 LIMIT {SHARING_MAX}"
            ))?
            .query_map(params![key, since.micros()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if sharing.iter().any(|known| known == part) {
            return Ok(None);
        }
        found = found.or_else(|| {
            let mut sharing = sharing.into_iter();
            sharing.find(|known| domain::lookalike::looks_like(known, part))
        });
    }
    Ok(found)
}

/// The row of the conversation a message is part of: the one it names, else the one in which the
/// Message-ID it answers is known.
pub(crate) fn conversation_of(conn: &Connection, draft: &Draft) -> Done<Option<i64>> {
    if let Some(id) = draft.conversation
        && let Some(named) = conversation_n(conn, id)?
    {
        return Ok(Some(named));
    }
    let Some(answers) = &draft.in_reply_to else {
        return Ok(None);
    };
    Ok(conn
        .prepare_cached("SELECT conversation FROM threads WHERE message = ?1")?
        .query_row([message_key(answers)], |row| row.get(0))
        .optional()?)
}

/// The conversation a message is part of, as its agent may see it.
pub(crate) fn conversation(
    conn: &Connection,
    n: i64,
    around: Around,
) -> Done<Option<ConversationFacts>> {
    let read = conn
        .prepare_cached(
            "SELECT c.id, c.inbound_id, c.inbound_at, c.injection_id, c.injection, c.person_at,
                    r.inbound_at, t.at,
                    (SELECT i.id FROM inbound i WHERE i.conversation = c.n AND i.shelf <> 'clear'
                     ORDER BY i.n DESC LIMIT 1)
             FROM conversations c
             LEFT JOIN conversation_reads r ON r.conversation = c.n AND r.agent = ?2
             LEFT JOIN takeovers t ON t.conversation = c.n AND t.ended_at IS NULL
             WHERE c.n = ?1 LIMIT 1",
        )?
        .query_row(params![n, around.agent], |row| {
            let newest_id: Option<String> = row.get(1)?;
            let newest_at = time_maybe(row, 2)?;
            let (worst, score): (Option<String>, i64) = (row.get(3)?, row.get(4)?);
            // A person who lets it go to agents does not make it harmless.
            let shelved = id_maybe(row, 8, InboundId::from_uuid)?;
            let (person, fetched, taken) = (
                time_maybe(row, 5)?,
                time_maybe(row, 6)?,
                time_maybe(row, 7)?,
            );
            let score_bp = u16::try_from(score.clamp(0, 10_000)).unwrap_or(0);
            let newest_id = newest_id.unwrap_or_default();
            Ok(ConversationFacts {
                id: id(row, 0, ConversationId::from_uuid)?.to_string(),
                taken_over: taken.map(|at| TakenOver {
                    by: Actor::Operator,
                    at,
                }),
                taint: (score_bp > 0 || shelved.is_some()).then(|| Taint {
                    inbound: shelved.map_or(worst.unwrap_or_default(), |id| id.to_string()),
                    quarantined: shelved.is_some(),
                    score_bp,
                }),
                answered_score_bp: (score_bp > 0).then_some(score_bp),
                fetched: fetched.map(|at| InboundMark {
                    id: match newest_at == Some(at) {
                        true => newest_id.clone(),
                        false => "an earlier one".to_owned(),
                    },
                    at,
                }),
                newest: newest_at.map(|at| InboundMark { id: newest_id, at }),
                last_by_person: person.map(|at| PersonSend { at }),
                last_by_other_agent: None,
                next_by_other_agent: None,
            })
        })
        .optional()?;
    let Some(mut facts) = read else {
        return Ok(None);
    };
    facts.last_by_other_agent = by_other_agent(conn, n, around, Side::Until)?;
    facts.next_by_other_agent = by_other_agent(conn, n, around, Side::After)?;
    Ok(Some(facts))
}

/// The nearest send by another agent into a conversation, on one side of the instant the ask is
/// judged for.
fn by_other_agent(
    conn: &Connection,
    n: i64,
    around: Around,
    side: Side,
) -> Done<Option<OtherSend>> {
    let (when, order) = match side {
        Side::Until => ("slot <= ?6", "slot DESC"),
        Side::After => ("slot > ?6", "slot"),
    };
    Ok(conn
        .prepare_cached(&format!(
            "SELECT id, name, slot FROM (
                 SELECT s.id, a.name, s.slot, s.agent, s.n FROM submissions s
                 JOIN agents a ON a.n = s.agent AND a.id <> ?5
                 WHERE s.conversation = ?1 AND s.slot IS NOT NULL AND s.commit_seq < ?2
                 ORDER BY s.n DESC LIMIT {RECENT_MAX})
             WHERE agent <> ?3 AND n <> ?4 AND {when} ORDER BY {order} LIMIT 1"
        ))?
        .query_row(
            params![
                n,
                around.own.commit_seq.unwrap_or(i64::MAX),
                around.agent,
                around.own.n,
                AgentId::BY_HAND.uuid().as_bytes(),
                around.at.micros()
            ],
            |row| {
                Ok(OtherSend {
                    submission: id(row, 0, SubmissionId::from_uuid)?,
                    agent: row.get(1)?,
                    at: time(row, 2)?,
                })
            },
        )
        .optional()?)
}
