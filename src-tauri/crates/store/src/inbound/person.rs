//! What a person decides about received mail.

use domain::journal::JournalKind;
use domain::received::Shelf;
use domain::{Actor, Address, ChangeKind, ConversationId, InboundId, Intent, MailboxId, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::reads::{inbound_row, need_conversation, need_inbound};
use crate::inbound::rows::{InboundRow, ReplyState};
use crate::reply::Reply;
use crate::sqlite::codec;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::tx::Tx;

impl Store {
    /// A person has looked at everything in a conversation.
    pub fn conversation_seen(&self, id: ConversationId, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = need_conversation(tx.conn, id)?;
            tx.conn
                .prepare_cached(
                    "UPDATE inbound SET seen_at = ?2 WHERE conversation = ?1 AND seen_at IS NULL",
                )?
                .execute(params![n, at.micros()])?;
            let changed = tx
                .conn
                .prepare_cached("UPDATE conversations SET unread = 0 WHERE n = ?1 AND unread > 0")?
                .execute([n])?;
            if changed > 0 {
                tx.change_newest(n, at)?;
            }
            Ok(())
        })
    }

    /// A person reads a message otherwise than it was read.
    pub fn correct_intent(
        &self,
        id: InboundId,
        intent: Intent,
        now: Timestamp,
    ) -> Reply<InboundRow> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = need_inbound(tx.conn, id)?;
            let before = inbound_row(tx.conn, n)?;
            tx.conn
                .prepare_cached("UPDATE inbound SET corrected = ?2 WHERE n = ?1")?
                .execute(params![n, intent.word()])?;
            let body = json!({ "from": before.intent(), "to": intent });
            tx.decided(n, JournalKind::Corrected, &body, at)
        })
    }

    /// A person lets a quarantined message go to agents. The conversation stays tainted: what an
    /// agent answers there is looked at.
    pub fn release_inbound(&self, id: InboundId, now: Timestamp) -> Reply<InboundRow> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = need_inbound(tx.conn, id)?;
            tx.shelve(n, Shelf::Released)?;
            tx.give_to_agents(n, at)?;
            tx.decided(n, JournalKind::Released, &json!({}), at)
        })
    }

    /// A person keeps a message from agents for good.
    pub fn keep_inbound(&self, id: InboundId, now: Timestamp) -> Reply<InboundRow> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = need_inbound(tx.conn, id)?;
            tx.shelve(n, Shelf::Kept)?;
            tx.set_reply(n, "person", None)?;
            tx.decided(n, JournalKind::Kept, &json!({}), at)
        })
    }

    /// A person is done with a message that was with a person.
    ///
    /// Errors: [`crate::StoreError::NotFound`] if it is with no person.
    pub fn person_done(&self, id: InboundId, now: Timestamp) -> Reply<InboundRow> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = need_inbound(tx.conn, id)?;
            let row = inbound_row(tx.conn, n)?;
            let is_theirs = row
                .reply
                .is_some_and(|reply| reply.state == ReplyState::Person);
            if !is_theirs {
                return Err(Fault(StoreError::not_found("message with a person", id)));
            }
            tx.set_reply(n, "done", None)?;
            tx.decided(n, JournalKind::ReplyDone, &json!({ "to": "done" }), at)
        })
    }

    /// A person takes a conversation in hand: agents work on it no more, and what they ask to send
    /// in it is held. Taking over what is taken over changes nothing.
    pub fn take_over_conversation(
        &self,
        id: ConversationId,
        note: Option<String>,
        now: Timestamp,
    ) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = need_conversation(tx.conn, id)?;
            let known = tx
                .conn
                .prepare_cached(
                    "SELECT 1 FROM takeovers WHERE conversation = ?1 AND ended_at IS NULL",
                )?
                .exists([n])?;
            if known {
                return Ok(());
            }
            let salt = tx.salt();
            tx.conn
                .prepare_cached(
                    "INSERT INTO takeovers (mailbox, conversation, at, salt, note)
                     SELECT mailbox, n, ?2, ?3, ?4 FROM conversations WHERE n = ?1",
                )?
                .execute(params![n, at.micros(), salt, note])?;
            tx.conn
                .prepare_cached(
                    "UPDATE replies SET state = 'person', leased_by = NULL, leased_until = NULL,
                     taken = 1 WHERE state IN ('waiting', 'leased')
                       AND inbound IN (SELECT n FROM inbound WHERE conversation = ?1)",
                )?
                .execute([n])?;
            let body = json!({ "conversation": id });
            tx.operated(
                at,
                Actor::Operator,
                JournalKind::TakenOver,
                &id.to_string(),
                &body,
            )?;
            tx.change_newest(n, at)
        })
    }

    /// A person hands a conversation back, and its contact where they hold that. What they held in
    /// hand and nobody answered waits for agents again, unless it is kept from them.
    pub fn hand_back_conversation(&self, id: ConversationId, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = need_conversation(tx.conn, id)?;
            let ended = tx
                .conn
                .prepare_cached(
                    "UPDATE takeovers SET ended_at = ?2
                     WHERE conversation = ?1 AND ended_at IS NULL",
                )?
                .execute(params![n, at.micros()])?;
            if ended > 0 {
                let body = json!({ "conversation": id });
                let kind = JournalKind::HandedBack;
                tx.operated(at, Actor::Operator, kind, &id.to_string(), &body)?;
            }
            // The contact it shows as taken over is held for every conversation of the mailbox.
            let by_contact = tx.contact_in_hand(n)?;
            if let Some((row, mailbox)) = by_contact {
                tx.end_in_hand(row, mailbox, at)?;
            }
            if ended == 0 && by_contact.is_none() {
                return Ok(());
            }
            tx.wait_again(at)?;
            tx.change_newest(n, at)
        })
    }

    /// A person answers whether a message asks to be left out: if it does, its sender is
    /// suppressed and what waits for them is cancelled.
    pub fn confirm_opt_out(
        &self,
        id: InboundId,
        address: Address,
        wants_out: bool,
        now: Timestamp,
    ) -> Reply<InboundRow> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = need_inbound(tx.conn, id)?;
            tx.conn
                .prepare_cached("UPDATE inbound SET opt_out = 0 WHERE n = ?1")?
                .execute([n])?;
            if wants_out {
                // Nobody else has to answer it.
                tx.set_reply(n, "done", None)?;
                let said = "they asked to be left out, confirmed by a person";
                tx.opt_out(&address, said, Actor::Operator, at)?;
            }
            let body = json!({ "wants_out": wants_out });
            tx.decided(n, JournalKind::OptOutAnswered, &body, at)
        })
    }
}

impl Tx<'_> {
    /// The take-over of a conversation's contact, by its row, and its mailbox.
    fn contact_in_hand(&self, conversation: i64) -> Done<Option<(i64, MailboxId)>> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT t.id, m.id FROM conversations c
                 JOIN takeovers t ON t.contact = c.contact AND t.mailbox = c.mailbox
                  AND t.ended_at IS NULL
                 JOIN mailboxes m ON m.n = t.mailbox WHERE c.n = ?1",
            )?
            .query_row([conversation], |row| {
                Ok((row.get(0)?, codec::id(row, 1, MailboxId::from_uuid)?))
            })
            .optional()?)
    }

    fn shelve(&mut self, n: i64, shelf: Shelf) -> Done<()> {
        self.conn
            .prepare_cached("UPDATE inbound SET shelf = ?2 WHERE n = ?1")?
            .execute(params![n, shelf.as_str()])?;
        Ok(())
    }

    fn decided(
        &mut self,
        n: i64,
        kind: JournalKind,
        body: &Value,
        at: Timestamp,
    ) -> Done<InboundRow> {
        let row = inbound_row(self.conn, n)?;
        self.worked(&row, Actor::Operator, kind, body, at)?;
        Ok(row)
    }

    /// Announces a conversation by its newest message.
    pub(crate) fn change_newest(&mut self, conversation: i64, at: Timestamp) -> Done<()> {
        let newest: Option<i64> = self
            .conn
            .prepare_cached("SELECT last_inbound FROM conversations WHERE n = ?1")?
            .query_row([conversation], |row| row.get(0))?;
        let Some(n) = newest else { return Ok(()) };
        let row = inbound_row(self.conn, n)?;
        self.change(
            at,
            ChangeKind::Inbound {
                id: row.id,
                conversation: row.conversation,
                agent: row.reply.and_then(|reply| reply.agent),
            },
        )?;
        Ok(())
    }
}
