//! Whom agents may write to: their lists, who agreed to marketing, and contacts a person holds in
//! their own hands. The operator's to set; no agent's door leads here.

use domain::journal::JournalKind;
use domain::{Actor, AgentId, ChangeKind, Digest, MailboxId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use crate::error::StoreError;
use crate::handle::Store;
use crate::reply::Reply;
use crate::sqlite::codec::{int, time, time_maybe};
use crate::sqlite::directory::{need_agent, need_mailbox};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::tx::Tx;

/// One row of an agent's lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecipientRule {
    /// Row number.
    pub id: i64,
    /// A folded address, or `@domain`.
    pub pattern: String,
    /// True if it may write there, false if it must not.
    pub allowed: bool,
    /// Since when.
    pub added_at: Timestamp,
    /// Until when, if not for good.
    pub expires_at: Option<Timestamp>,
}

/// An agent's lists.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecipientRules {
    /// True if it may write to nobody but those the rows allow.
    pub listed_only: bool,
    /// The rows, oldest first; at most [`RecipientRules::ROWS_MAX`].
    pub rows: Vec<RecipientRule>,
}

impl RecipientRules {
    /// Rows of one agent.
    pub const ROWS_MAX: usize = 10_000;
}

/// That somebody agreed to marketing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsentRow {
    /// Row number.
    pub id: i64,
    /// Who, as a folded address.
    pub contact: String,
    /// Where and how, in words.
    pub source: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// Until when, if not for good.
    pub expires_at: Option<Timestamp>,
}

/// A contact a person holds for a mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InHand {
    /// Row number.
    pub id: i64,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Who, as a folded address.
    pub contact: String,
    /// Since when.
    pub at: Timestamp,
    /// Why, in the operator's words.
    pub note: Option<String>,
}

impl Store {
    /// An agent's lists.
    pub fn recipient_rules(&self, agent: AgentId) -> Result<RecipientRules, StoreError> {
        self.read(|conn| {
            let entry = need_agent(conn, agent)?;
            let rows = conn
                .prepare_cached(
                    "SELECT id, pattern, allowed, added_at, expires_at FROM agent_recipients
                     WHERE agent = ?1 AND removed_at IS NULL ORDER BY id LIMIT ?2",
                )?
                .query_map(params![entry.n, int(RecipientRules::ROWS_MAX)], |row| {
                    Ok(RecipientRule {
                        id: row.get(0)?,
                        pattern: row.get(1)?,
                        allowed: row.get(2)?,
                        added_at: time(row, 3)?,
                        expires_at: time_maybe(row, 4)?,
                    })
                })?
                .collect::<Result<_, _>>()?;
            Ok(RecipientRules {
                listed_only: entry.listed_only,
                rows,
            })
        })
    }

    /// Says whether an agent may write to anyone, or only to those its rows allow.
    pub fn set_listed_only(&self, agent: AgentId, only: bool, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let entry = need_agent(tx.conn, agent)?;
            if entry.listed_only == only {
                return Ok(());
            }
            tx.conn
                .prepare_cached("UPDATE agents SET listed_only = ?2 WHERE n = ?1")?
                .execute(params![entry.n, only])?;
            tx.listed(agent, &json!({ "listed_only": only }), at)
        })
    }

    /// Adds a row to an agent's lists, or gives the one there is.
    ///
    /// Errors: [`StoreError::AlreadyExists`] if its lists are full.
    pub fn add_recipient_rule(
        &self,
        agent: AgentId,
        pattern: String,
        allowed: bool,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Reply<RecipientRule> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = need_agent(tx.conn, agent)?.n;
            let known = tx
                .conn
                .prepare_cached(
                    "SELECT id, added_at FROM agent_recipients WHERE agent = ?1 AND pattern = ?2
                     AND allowed = ?3 AND removed_at IS NULL AND expires_at IS ?4",
                )?
                .query_row(
                    params![n, pattern, allowed, expires_at.map(Timestamp::micros)],
                    |row| Ok((row.get(0)?, time(row, 1)?)),
                )
                .optional()?;
            let (id, added_at) = match known {
                Some(known) => known,
                None => {
                    tx.must_have_room(n)?;
                    let row = (n, pattern.as_str(), allowed, expires_at);
                    (tx.put_recipient_rule(agent, row, at)?, at)
                }
            };
            Ok(RecipientRule {
                id,
                pattern,
                allowed,
                added_at,
                expires_at,
            })
        })
    }

    /// Takes a row out of an agent's lists.
    ///
    /// Errors: [`StoreError::NotFound`] if the agent has no such row.
    pub fn remove_recipient_rule(&self, agent: AgentId, id: i64, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = need_agent(tx.conn, agent)?.n;
            let gone = tx
                .conn
                .prepare_cached(
                    "UPDATE agent_recipients SET removed_at = ?3
                     WHERE id = ?2 AND agent = ?1 AND removed_at IS NULL",
                )?
                .execute(params![n, id, at.micros()])?;
            if gone == 0 {
                return Err(Fault(StoreError::not_found("recipient row", id)));
            }
            tx.listed(agent, &json!({ "removed": id }), at)
        })
    }

    /// Records that somebody agreed to marketing, and how we know.
    pub fn record_consent(
        &self,
        contact: String,
        source: String,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Reply<ConsentRow> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = tx.contact(&contact)?;
            let salt = tx.salt();
            tx.conn
                .prepare_cached(
                    "INSERT INTO consents (contact, source, recorded_at, expires_at, salt)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    n,
                    source,
                    at.micros(),
                    expires_at.map(Timestamp::micros),
                    salt
                ])?;
            let id = tx.conn.last_insert_rowid();
            let digest = row_digest(&salt, &contact, &source, expires_at);
            let body = json!({ "id": id, "digest": digest });
            let (by, kind) = (Actor::Operator, JournalKind::ConsentRecorded);
            tx.operated(at, by, kind, "consents", &body)?;
            tx.change(at, ChangeKind::Suppressions)?;
            Ok(ConsentRow {
                id,
                contact,
                source,
                at,
                expires_at,
            })
        })
    }

    /// Ends every live consent of a contact; gives how many there were.
    pub fn end_consent(&self, contact: String, now: Timestamp) -> Reply<u32> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = tx.contact(&contact)?;
            tx.end_consent(n, Actor::Operator, at)
        })
    }

    /// Live consents by number, after `after`; with `search`, those whose contact contains it.
    pub fn consents(
        &self,
        search: Option<&str>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<ConsentRow>, StoreError> {
        self.read(|conn| {
            let rows = conn
                .prepare_cached(
                    "SELECT c.id, k.folded, c.source, c.recorded_at, c.expires_at FROM consents c
                     JOIN contacts k ON k.n = c.contact
                     WHERE c.ended_at IS NULL AND c.id > ?1
                     AND (?2 IS NULL OR instr(k.folded, lower(?2)) > 0)
                     ORDER BY c.id LIMIT ?3",
                )?
                .query_map(params![after.unwrap_or(0), search, int(limit)], |row| {
                    Ok(ConsentRow {
                        id: row.get(0)?,
                        contact: row.get(1)?,
                        source: row.get(2)?,
                        at: time(row, 3)?,
                        expires_at: time_maybe(row, 4)?,
                    })
                })?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
    }

    /// A person takes a contact of a mailbox into their own hands: agents write to them no more.
    /// Taking what is taken changes nothing.
    pub fn take_over_contact(
        &self,
        mailbox: MailboxId,
        contact: String,
        note: Option<String>,
        now: Timestamp,
    ) -> Reply<InHand> {
        self.write(move |tx| {
            let at = tx.at(now);
            let mailbox_n = need_mailbox(tx.conn, mailbox)?.n;
            let n = tx.contact(&contact)?;
            if let Some((id, at, note)) = held_by_hand(tx.conn, mailbox_n, n)? {
                return Ok(InHand {
                    id,
                    mailbox,
                    contact,
                    at,
                    note,
                });
            }
            let salt = tx.salt();
            tx.conn
                .prepare_cached(
                    "INSERT INTO takeovers (mailbox, contact, at, salt, note)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![mailbox_n, n, at.micros(), salt, note])?;
            let id = tx.conn.last_insert_rowid();
            let body = json!({ "id": id, "digest": row_digest(&salt, &contact, "", None) });
            let (by, kind) = (Actor::Operator, JournalKind::TakenOver);
            tx.operated(at, by, kind, &mailbox.to_string(), &body)?;
            tx.change(at, ChangeKind::Mailboxes)?;
            Ok(InHand {
                id,
                mailbox,
                contact,
                at,
                note,
            })
        })
    }

    /// A person gives a contact back to agents; false if it was not in hand.
    pub fn hand_back_contact(
        &self,
        mailbox: MailboxId,
        contact: String,
        now: Timestamp,
    ) -> Reply<bool> {
        self.write(move |tx| {
            let at = tx.at(now);
            let mailbox_n = need_mailbox(tx.conn, mailbox)?.n;
            let n = tx.contact(&contact)?;
            let Some((id, _, _)) = held_by_hand(tx.conn, mailbox_n, n)? else {
                return Ok(false);
            };
            tx.end_in_hand(id, mailbox, at)?;
            tx.wait_again(at)?;
            Ok(true)
        })
    }

    /// Contacts a person holds, by number, after `after`.
    pub fn in_hand(&self, after: Option<i64>, limit: usize) -> Result<Vec<InHand>, StoreError> {
        self.read(|conn| {
            let rows = conn
                .prepare_cached(
                    "SELECT t.id, m.id, k.folded, t.at, t.note FROM takeovers t
                     JOIN mailboxes m ON m.n = t.mailbox JOIN contacts k ON k.n = t.contact
                     WHERE t.ended_at IS NULL AND t.id > ?1 ORDER BY t.id LIMIT ?2",
                )?
                .query_map(params![after.unwrap_or(0), int(limit)], |row| {
                    Ok(InHand {
                        id: row.get(0)?,
                        mailbox: crate::sqlite::codec::id(row, 1, MailboxId::from_uuid)?,
                        contact: row.get(2)?,
                        at: time(row, 3)?,
                        note: row.get(4)?,
                    })
                })?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
    }
}

type Held = (i64, Timestamp, Option<String>);

fn held_by_hand(conn: &Connection, mailbox: i64, contact: i64) -> Done<Option<Held>> {
    Ok(conn
        .prepare_cached(
            "SELECT id, at, note FROM takeovers WHERE contact = ?1 AND mailbox = ?2
             AND ended_at IS NULL AND contact IS NOT NULL",
        )?
        .query_row(params![contact, mailbox], |row| {
            Ok((row.get(0)?, time(row, 1)?, row.get(2)?))
        })
        .optional()?)
}

/// What the journal keeps of a row about somebody, salted: patterns and contacts are addresses.
pub(crate) fn row_digest(
    salt: &[u8],
    whom: &str,
    what: &str,
    expires_at: Option<Timestamp>,
) -> Digest {
    let end = expires_at.map_or_else(String::new, |end| end.micros().to_string());
    Digest::of_parts([salt, whom.as_bytes(), what.as_bytes(), end.as_bytes()])
}

impl Tx<'_> {
    /// Ends every live consent of a contact, by row number, and journals it; gives how many.
    pub(crate) fn end_consent(&mut self, contact: i64, by: Actor, at: Timestamp) -> Done<u32> {
        let ids: Vec<i64> = self
            .conn
            .prepare_cached("SELECT id FROM consents WHERE contact = ?1 AND ended_at IS NULL")?
            .query_map([contact], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if ids.is_empty() {
            return Ok(0);
        }
        self.conn
            .prepare_cached(
                "UPDATE consents SET ended_at = ?2 WHERE contact = ?1 AND ended_at IS NULL",
            )?
            .execute(params![contact, at.micros()])?;
        let kind = JournalKind::ConsentEnded;
        self.operated(at, by, kind, "consents", &json!({ "ids": ids }))?;
        self.change(at, ChangeKind::Suppressions)?;
        Ok(u32::try_from(ids.len()).unwrap_or(u32::MAX))
    }

    /// A contact is in hand no more, by the row of its take-over.
    pub(crate) fn end_in_hand(&mut self, id: i64, mailbox: MailboxId, at: Timestamp) -> Done<()> {
        self.conn
            .prepare_cached("UPDATE takeovers SET ended_at = ?2 WHERE id = ?1")?
            .execute(params![id, at.micros()])?;
        let (by, kind) = (Actor::Operator, JournalKind::HandedBack);
        self.operated(at, by, kind, &mailbox.to_string(), &json!({ "id": id }))?;
        self.change(at, ChangeKind::Mailboxes)?;
        Ok(())
    }

    fn must_have_room(&self, agent: i64) -> Done<()> {
        let rows: i64 = self
            .conn
            .prepare_cached(
                "SELECT COUNT(*) FROM agent_recipients WHERE agent = ?1 AND removed_at IS NULL",
            )?
            .query_row([agent], |row| row.get(0))?;
        match rows < int(RecipientRules::ROWS_MAX) {
            true => Ok(()),
            false => Err(Fault(StoreError::AlreadyExists {
                what: format!("a full list of {rows} recipients for this agent"),
            })),
        }
    }

    fn put_recipient_rule(
        &mut self,
        agent: AgentId,
        (n, pattern, allowed, expires_at): (i64, &str, bool, Option<Timestamp>),
        at: Timestamp,
    ) -> Done<i64> {
        let salt = self.salt();
        self.conn
            .prepare_cached(
                "INSERT INTO agent_recipients (agent, pattern, allowed, added_at, expires_at, salt)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                n,
                pattern,
                allowed,
                at.micros(),
                expires_at.map(Timestamp::micros),
                salt
            ])?;
        let id = self.conn.last_insert_rowid();
        let digest = row_digest(&salt, pattern, listing(allowed), expires_at);
        self.listed(agent, &json!({ "added": id, "digest": digest }), at)?;
        Ok(id)
    }

    fn listed(&mut self, agent: AgentId, body: &serde_json::Value, at: Timestamp) -> Done<()> {
        let (by, kind) = (Actor::Operator, JournalKind::AgentRecipients);
        self.operated(at, by, kind, &agent.to_string(), body)?;
        self.change(at, ChangeKind::Agents)?;
        self.touch_directory();
        Ok(())
    }
}

/// `allow` or `forbid`.
pub(crate) const fn listing(allowed: bool) -> &'static str {
    match allowed {
        true => "allow",
        false => "forbid",
    }
}
