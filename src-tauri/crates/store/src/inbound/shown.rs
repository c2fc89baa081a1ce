//! What agents are shown of received mail.

use domain::{AgentId, ConversationId, InboundId, limits};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use crate::ListOrder;
use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::reads::{inbound_row, need_conversation, numbers};
use crate::inbound::rows::InboundRow;
use crate::sqlite::codec::int;
use crate::sqlite::fault::{Done, Fault};

/// Received messages that the agent ?1 may see: nothing is against them, and no person has them,
/// their conversation, whom it is with or their sender in hand.
const VISIBLE: &str = "FROM inbound i JOIN conversations c ON c.n = i.conversation
    JOIN agents a ON a.id = ?1
    WHERE i.shelf IN ('clear', 'released') AND (c.agent IS NULL OR c.agent = a.n)
      AND EXISTS (SELECT 1 FROM grants g WHERE g.agent = a.n AND g.mailbox = c.mailbox)
      AND NOT EXISTS (SELECT 1 FROM replies r WHERE r.inbound = i.n AND r.state = 'person')
      AND NOT EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL
        AND t.conversation = c.n)
      AND NOT EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL
        AND t.contact = c.contact AND t.mailbox = c.mailbox)
      AND NOT EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL
        AND t.contact = i.contact AND t.mailbox = c.mailbox)";

impl Store {
    /// What a conversation is about, as an agent is told: the subject of the oldest message of it
    /// that is open to the agent, or of what it asked to send there before. Empty if there is
    /// neither. The conversation's own subject is that of its first message, which may be kept from
    /// agents for what it says there.
    pub fn subject_for(
        &self,
        conversation: ConversationId,
        agent: AgentId,
    ) -> Result<String, StoreError> {
        self.read(|conn| subject_for(conn, need_conversation(conn, conversation)?, agent))
    }

    /// What an agent may see of what was received in mailboxes granted to it, newest first; behind
    /// `place` where one is given, or in front of it, and then oldest first.
    ///
    /// Errors: [`StoreError::NotFound`] if `place` is none of them.
    pub fn received_of(
        &self,
        agent: AgentId,
        place: Option<(InboundId, ListOrder)>,
        limit: usize,
    ) -> Result<Vec<InboundRow>, StoreError> {
        let limit = int(limit.clamp(1, limits::PAGE_MAX + 1));
        self.read(|conn| {
            let (n, order) = match place {
                None => (i64::MAX, ListOrder::Newest),
                Some((id, order)) => {
                    let sql = format!("SELECT i.n {VISIBLE} AND i.id = ?2");
                    let at: &[&dyn ToSql] = &[agent.uuid().as_bytes(), id.uuid().as_bytes()];
                    match numbers(conn, &sql, at)?.first() {
                        Some(n) => (*n, order),
                        None => return Err(Fault(StoreError::not_found("message", id))),
                    }
                }
            };
            let sql = match order {
                ListOrder::Newest => {
                    format!("SELECT i.n {VISIBLE} AND i.n < ?2 ORDER BY i.n DESC LIMIT ?3")
                }
                ListOrder::Oldest => {
                    format!("SELECT i.n {VISIBLE} AND i.n > ?2 ORDER BY i.n ASC LIMIT ?3")
                }
            };
            let found = numbers(conn, &sql, &[agent.uuid().as_bytes(), &n, &limit])?;
            found.into_iter().map(|n| inbound_row(conn, n)).collect()
        })
    }
}

/// As [`Store::subject_for`], by the conversation's row number.
pub(crate) fn subject_for(conn: &Connection, conversation: i64, agent: AgentId) -> Done<String> {
    let found = conn
        .prepare_cached(&format!(
            "SELECT subject FROM (
               SELECT * FROM (SELECT i.arrived_at AS at, i.subject AS subject
                 {VISIBLE} AND c.n = ?2 ORDER BY i.n LIMIT 1)
               UNION ALL
               SELECT * FROM (SELECT s.asked_at AS at, v.subject AS subject
                 FROM submissions s JOIN versions v ON v.n = s.version_n
                 WHERE s.conversation = ?2 AND s.agent = (SELECT n FROM agents WHERE id = ?1)
                 ORDER BY s.n LIMIT 1))
             ORDER BY at LIMIT 1"
        ))?
        .query_row(params![agent.uuid().as_bytes(), conversation], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}
