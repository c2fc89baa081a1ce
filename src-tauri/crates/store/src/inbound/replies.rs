//! Leases: exactly one agent works on a received message.
//!
//! A reply that answers an agent's mail is that agent's alone; one that answers nobody's may go to
//! any agent the mailbox is granted to. What is quarantined, or with a person, is nobody's; and what
//! answers an agent that may not take it any more is with a person.

use domain::journal::JournalKind;
use domain::{Actor, AgentId, ChangeKind, ConversationId, InboundId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::asks::ClaimReply;
use crate::inbound::reads::{inbound_row, need_conversation, need_inbound};
use crate::inbound::rows::{InboundRow, ReplyState};
use crate::reply::Reply;
use crate::sqlite::directory::need_agent;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::tx::Tx;

/// Leases of one message after which it goes to a person: whoever takes it does not finish, or
/// gives it back, and what came after it waits.
const LEASES_MAX: u32 = 5;
/// What a person is told of such a message.
const WORN: &str = "taken five times and never finished";
/// What a person is told of a message whose agent cannot take it.
const REVOKED: &str = "its agent was revoked";
const ENDED: &str = "its agent's token has ended";
const UNGRANTED: &str = "its agent has no grant for this mailbox";

impl Store {
    /// The oldest reply this agent may work on, leased to it; none if there is none.
    pub fn claim_reply(&self, ask: ClaimReply) -> Reply<Option<InboundRow>> {
        self.write(move |tx| tx.claim_reply(&ask))
    }

    /// An agent is done with a reply it has.
    ///
    /// Errors: [`StoreError::NotFound`] unless it has it now; saying so twice changes nothing.
    pub fn ack_reply(&self, id: InboundId, agent: AgentId, now: Timestamp) -> Reply<InboundRow> {
        self.write(move |tx| tx.end_lease(id, agent, ReplyState::Done, None, now))
    }

    /// An agent gives a reply back: to the next agent, or to a person. To a person too where it was
    /// taken too often already.
    ///
    /// Errors: [`StoreError::NotFound`] unless it has it now: what is done stays done.
    pub fn return_reply(
        &self,
        id: InboundId,
        agent: AgentId,
        to_person: bool,
        note: Option<String>,
        now: Timestamp,
    ) -> Reply<InboundRow> {
        let state = match to_person {
            true => ReplyState::Person,
            false => ReplyState::Waiting,
        };
        self.write(move |tx| tx.end_lease(id, agent, state, note, now))
    }

    /// Notes that an agent was shown a conversation as far as its message that arrived at `upto`.
    pub fn agent_read(
        &self,
        conversation: ConversationId,
        agent: AgentId,
        upto: Timestamp,
    ) -> Reply<()> {
        self.write(move |tx| {
            let conversation = need_conversation(tx.conn, conversation)?;
            let agent = need_agent(tx.conn, agent)?.n;
            tx.shown(conversation, agent, upto)
        })
    }

    /// Messages in mailboxes granted to an agent that are with a person: how many, no more.
    pub fn withheld_from(&self, agent: AgentId) -> Result<u64, StoreError> {
        self.read(|conn| {
            let agent = need_agent(conn, agent)?.n;
            let n: i64 = conn
                .prepare_cached(
                    "SELECT COUNT(*) FROM inbound i JOIN grants g ON g.mailbox = i.mailbox
                     JOIN conversations c ON c.n = i.conversation
                     WHERE i.shelf = 'quarantined' AND g.agent = ?1
                       AND (c.agent IS NULL OR c.agent = ?1)",
                )?
                .query_row([agent], |row| row.get(0))?;
            Ok(n.cast_unsigned())
        })
    }

    /// The word that marks what strangers wrote for an agent; made at the first call.
    pub fn canary(&self, agent: AgentId) -> Reply<String> {
        self.write(move |tx| {
            let entry = need_agent(tx.conn, agent)?;
            if let Some(known) = canary_of(tx.conn, entry.n)? {
                return Ok(known);
            }
            let word: String = tx.salt().iter().map(|byte| format!("{byte:02x}")).collect();
            // Its name says nothing of what it is for: whoever reads it is not to learn it there.
            let word = format!("so-{word}");
            tx.conn
                .prepare_cached("UPDATE agents SET canary = ?2 WHERE n = ?1")?
                .execute(params![entry.n, word])?;
            Ok(word)
        })
    }

    /// Every agent's canary: none of them may leave in any mail.
    pub fn canaries(&self) -> Result<Vec<String>, StoreError> {
        self.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT canary FROM agents WHERE canary IS NOT NULL")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn canary_of(conn: &Connection, agent: i64) -> Done<Option<String>> {
    Ok(conn
        .prepare_cached("SELECT canary FROM agents WHERE n = ?1")?
        .query_row([agent], |row| row.get(0))?)
}

impl Tx<'_> {
    fn claim_reply(&mut self, ask: &ClaimReply) -> Done<Option<InboundRow>> {
        let at = self.at(ask.now);
        let agent = need_agent(self.conn, ask.agent)?.n;
        // Leases that ran out too often are a person's.
        let worn: Vec<i64> = self
            .conn
            .prepare_cached(
                "SELECT inbound FROM replies WHERE state IN ('waiting', 'leased')
                 AND state = 'leased' AND leased_until <= ?1 AND leases >= ?2",
            )?
            .query_map(params![at.micros(), LEASES_MAX], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for inbound in worn {
            self.set_reply(inbound, "person", Some(WORN))?;
            let row = inbound_row(self.conn, inbound)?;
            let body = json!({ "to": "person", "because": "worn" });
            self.worked(&row, Actor::System, JournalKind::ReplyReturned, &body, at)?;
        }
        let found: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT r.inbound FROM grants g JOIN replies r ON r.mailbox = g.mailbox
                 JOIN inbound i ON i.n = r.inbound
                 WHERE g.agent = ?1 AND (r.agent IS NULL OR r.agent = ?1)
                   AND r.state IN ('waiting', 'leased')
                   AND (r.state = 'waiting' OR r.leased_until <= ?2)
                   AND i.shelf IN ('clear', 'released')
                   AND NOT EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL
                     AND t.conversation = i.conversation)
                   AND NOT EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL
                     AND t.contact = i.contact AND t.mailbox = i.mailbox)
                 ORDER BY r.inbound LIMIT 1",
            )?
            .query_row(params![agent, at.micros()], |row| row.get(0))
            .optional()?;
        let Some(n) = found else { return Ok(None) };
        self.conn
            .prepare_cached(
                "UPDATE replies SET state = 'leased', leased_by = ?2, leased_until = ?3,
                 leases = leases + 1 WHERE inbound = ?1",
            )?
            .execute(params![n, agent, ask.until.micros()])?;
        let conversation: i64 = self
            .conn
            .prepare_cached("SELECT conversation FROM inbound WHERE n = ?1")?
            .query_row([n], |row| row.get(0))?;
        let row = inbound_row(self.conn, n)?;
        self.shown(conversation, agent, row.arrived_at)?;
        let by = Actor::Agent(ask.agent);
        let body = json!({ "until": ask.until.micros() });
        self.worked(&row, by, JournalKind::ReplyClaimed, &body, at)?;
        Ok(Some(row))
    }

    fn end_lease(
        &mut self,
        id: InboundId,
        agent: AgentId,
        to: ReplyState,
        note: Option<String>,
        now: Timestamp,
    ) -> Done<InboundRow> {
        let at = self.at(now);
        let n = need_inbound(self.conn, id)?;
        let row = inbound_row(self.conn, n)?;
        let theirs = row
            .reply
            .as_ref()
            .filter(|reply| reply.leased_by == Some(agent))
            .map(|reply| reply.state);
        match theirs {
            Some(ReplyState::Leased) => {}
            Some(ReplyState::Done) if to == ReplyState::Done => return Ok(row),
            Some(ReplyState::Done | ReplyState::Waiting | ReplyState::Person) | None => {
                return Err(Fault(StoreError::not_found("reply of yours", id)));
            }
        }
        let leases: u32 = self
            .conn
            .prepare_cached("SELECT leases FROM replies WHERE inbound = ?1")?
            .query_row([n], |row| row.get(0))?;
        let is_worn = to == ReplyState::Waiting && leases >= LEASES_MAX;
        let (to, note) = match is_worn {
            true => (ReplyState::Person, note.or_else(|| Some(WORN.to_owned()))),
            false => (to, note),
        };
        self.set_reply(n, to.as_str(), note.as_deref())?;
        let kind = match to {
            ReplyState::Done => JournalKind::ReplyDone,
            ReplyState::Waiting | ReplyState::Leased | ReplyState::Person => {
                JournalKind::ReplyReturned
            }
        };
        let body = match is_worn {
            true => json!({ "to": to, "because": "worn" }),
            false => json!({ "to": to }),
        };
        let row = inbound_row(self.conn, n)?;
        self.worked(&row, Actor::Agent(agent), kind, &body, at)?;
        Ok(row)
    }

    /// Why an agent cannot take what is sent to a mailbox, as a person is told; nothing if it has a
    /// token that opens, and a grant. Without an agent, whoever has may.
    pub(crate) fn why_not_taken(
        &self,
        agent: Option<i64>,
        mailbox: i64,
        at: Timestamp,
    ) -> Done<Option<&'static str>> {
        let Some(agent) = agent else { return Ok(None) };
        let (revoked, expired, granted): (bool, bool, bool) = self
            .conn
            .prepare_cached(
                "SELECT revoked_at IS NOT NULL, COALESCE(expires_at <= ?3, 0),
                        EXISTS (SELECT 1 FROM grants WHERE agent = ?1 AND mailbox = ?2)
                 FROM agents WHERE n = ?1",
            )?
            .query_row(params![agent, mailbox, at.micros()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        Ok(match (revoked, expired, granted) {
            (true, _, _) => Some(REVOKED),
            (false, true, _) => Some(ENDED),
            (false, false, false) => Some(UNGRANTED),
            (false, false, true) => None,
        })
    }

    /// An agent is gone: what waits for it alone is a person's, what else it has waits for the next.
    pub(crate) fn leave_work(&mut self, agent: i64, at: Timestamp) -> Done<()> {
        let open: Vec<(i64, bool)> = self
            .conn
            .prepare_cached(
                "SELECT r.inbound, r.agent IS NOT NULL
                 FROM mailboxes m CROSS JOIN replies r ON r.mailbox = m.n
                 WHERE r.state IN ('waiting', 'leased')
                   AND (r.agent = ?1 OR (r.agent IS NULL AND r.leased_by = ?1))
                 ORDER BY r.inbound",
            )?
            .query_map([agent], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (n, is_its_own) in open {
            let (to, gone) = match is_its_own {
                true => (ReplyState::Person, Some(REVOKED)),
                false => (ReplyState::Waiting, None),
            };
            self.hand(n, to, gone)?;
            let row = inbound_row(self.conn, n)?;
            let body = json!({ "to": to, "because": "revoked" });
            self.worked(&row, Actor::System, JournalKind::ReplyReturned, &body, at)?;
        }
        Ok(())
    }

    /// What a take-over kept from agents, and no take-over keeps any more, waits for them again;
    /// what is shelved stays with its person, and so does what is for an agent that is gone.
    pub(crate) fn wait_again(&mut self, at: Timestamp) -> Done<()> {
        let free: Vec<i64> = self
            .conn
            .prepare_cached(
                "SELECT r.inbound FROM replies r JOIN inbound i ON i.n = r.inbound
                 WHERE r.taken = 1 AND r.state = 'person' AND i.shelf IN ('clear', 'released')
                   AND NOT EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL
                     AND t.conversation = i.conversation)
                   AND NOT EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL
                     AND t.contact = i.contact AND t.mailbox = i.mailbox)",
            )?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for n in free {
            self.conn
                .prepare_cached("UPDATE replies SET taken = 0 WHERE inbound = ?1")?
                .execute([n])?;
            self.give_to_agents(n, at)?;
            let row = inbound_row(self.conn, n)?;
            self.change(
                at,
                ChangeKind::Inbound {
                    id: row.id,
                    conversation: row.conversation,
                    agent: row.reply.and_then(|reply| reply.agent),
                },
            )?;
        }
        Ok(())
    }

    /// Hands a message that was with a person to agents. If the one it is for is gone it stays, and
    /// the person is told.
    pub(crate) fn give_to_agents(&mut self, n: i64, at: Timestamp) -> Done<()> {
        let with_person: Option<(Option<i64>, i64)> = self
            .conn
            .prepare_cached(
                "SELECT agent, mailbox FROM replies WHERE inbound = ?1 AND state = 'person'",
            )?
            .query_row([n], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((agent, mailbox)) = with_person else {
            return Ok(());
        };
        let gone = self.why_not_taken(agent, mailbox, at)?;
        let to = match gone {
            Some(_) => ReplyState::Person,
            None => ReplyState::Waiting,
        };
        self.hand(n, to, gone)
    }

    /// Moves work to a person or to agents, and says why its agent cannot take it as long as that is
    /// so. What an agent noted on it stays.
    fn hand(&mut self, n: i64, to: ReplyState, gone: Option<&str>) -> Done<()> {
        self.set_reply(n, to.as_str(), None)?;
        self.conn
            .prepare_cached(
                "UPDATE replies SET note = ?2
                 WHERE inbound = ?1 AND (note IS NULL OR note IN (?3, ?4, ?5))",
            )?
            .execute(params![n, gone, REVOKED, ENDED, UNGRANTED])?;
        Ok(())
    }

    /// Moves work on a message; the lease ends with it.
    pub(crate) fn set_reply(&mut self, n: i64, state: &str, note: Option<&str>) -> Done<()> {
        self.conn
            .prepare_cached(
                "UPDATE replies SET state = ?2, note = COALESCE(?3, note),
                 leased_by = CASE WHEN ?2 = 'done' THEN leased_by END,
                 leased_until = NULL WHERE inbound = ?1",
            )?
            .execute(params![n, state, note])?;
        Ok(())
    }

    /// What an agent is shown counts as read, up to the newest of it: a newer message than that,
    /// shown to it or not, makes its answer stale.
    /// What came in with it and is withheld was not shown: then it is read up to just before.
    pub(crate) fn shown(&mut self, conversation: i64, agent: i64, upto: Timestamp) -> Done<()> {
        let is_withheld = self
            .conn
            .prepare_cached(
                "SELECT 1 FROM inbound i LEFT JOIN replies r ON r.inbound = i.n
                 WHERE i.conversation = ?1 AND i.arrived_at = ?2
                   AND (i.shelf IN ('quarantined', 'kept') OR r.state = 'person')",
            )?
            .exists(params![conversation, upto.micros()])?;
        let upto = upto.micros() - i64::from(is_withheld);
        self.conn
            .prepare_cached(
                "INSERT INTO conversation_reads (conversation, agent, inbound_at)
                 VALUES (?1, ?2, ?3)
                 ON CONFLICT (conversation, agent)
                 DO UPDATE SET inbound_at = MAX(inbound_at, excluded.inbound_at)",
            )?
            .execute(params![conversation, agent, upto])?;
        Ok(())
    }

    /// Journals work on a message and announces it.
    pub(crate) fn worked(
        &mut self,
        row: &InboundRow,
        by: Actor,
        kind: JournalKind,
        body: &serde_json::Value,
        at: Timestamp,
    ) -> Done<()> {
        self.operated(at, by, kind, &row.id.to_string(), body)?;
        let agent = row.reply.as_ref().and_then(|reply| reply.agent);
        self.change(
            at,
            ChangeKind::Inbound {
                id: row.id,
                conversation: row.conversation,
                agent,
            },
        )?;
        Ok(())
    }
}
