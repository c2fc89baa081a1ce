//! Conversations and received messages as they stand.

use domain::{
    AccountId, AgentId, ConversationId, InboundId, MailboxId, SubmissionId, Timestamp, limits,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::asks::ConversationFilter;
use crate::inbound::link::by_message_id;
use crate::inbound::listing::page;
use crate::inbound::pack::unpack;
use crate::inbound::rows::{
    ConversationRow, ConversationStory, InboundRow, InboxCounts, MailCursor, ReplyRow, ThreadPlace,
};
use crate::inbound::shown::subject_for;
use crate::rows::{Cursor, Page};
use crate::sqlite::codec::{from_json, from_word, id, id_maybe, int, time, time_maybe};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::address;

/// Messages of one conversation, of each direction, that are read at most: the newest.
pub const STORY_MAX: usize = 500;

impl Store {
    /// True if a submission left, or may leave, under this Message-ID.
    pub fn knows_message_id(&self, message_id: &str) -> Result<bool, StoreError> {
        self.read(|conn| Ok(by_message_id(conn, message_id)?.is_some()))
    }

    /// One page of conversations, the one with the newest received message first. Under filters a
    /// page may be short, or empty, and still name a next one: it looked at
    /// [`CONVERSATION_LOOK_MAX`](crate::CONVERSATION_LOOK_MAX) conversations.
    pub fn conversations(
        &self,
        filter: &ConversationFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<ConversationRow>, StoreError> {
        let limit = limit.clamp(1, limits::PAGE_MAX);
        self.read(|conn| {
            let picked = page(conn, filter, after, limit)?;
            let rows = picked.rows.into_iter().map(|n| {
                let mut row = conversation_row(conn, n)?;
                if let Some(agent) = filter.agent {
                    row.subject = subject_for(conn, n, agent)?;
                }
                Ok(row)
            });
            Ok(Page {
                rows: rows.collect::<Done<Vec<_>>>()?,
                next: picked.next.map(Cursor),
            })
        })
    }

    /// A conversation with the newest of its messages: at most `newest` received and as many sent.
    pub fn conversation(
        &self,
        id: ConversationId,
        newest: usize,
    ) -> Result<Option<ConversationStory>, StoreError> {
        self.conversation_before(id, newest, ThreadPlace::default())
    }

    /// The same, of what came before a place. A message that is not of the conversation is no place
    /// in it, and nothing comes before it.
    pub fn conversation_before(
        &self,
        id: ConversationId,
        newest: usize,
        before: ThreadPlace,
    ) -> Result<Option<ConversationStory>, StoreError> {
        let newest = int(newest.clamp(1, STORY_MAX));
        self.read(|conn| {
            let Some(n) = conversation_n(conn, id)? else {
                return Ok(None);
            };
            let received = before.received.map(|id| *id.uuid().as_bytes());
            let sent = before.sent.map(|id| *id.uuid().as_bytes());
            let inbound = numbers(
                conn,
                "SELECT n FROM inbound WHERE conversation = ?1 AND (?3 IS NULL
                   OR n < (SELECT n FROM inbound WHERE id = ?3 AND conversation = ?1))
                 ORDER BY n DESC LIMIT ?2",
                &[&n, &newest, &received],
            )?;
            let outbound: Vec<SubmissionId> = conn
                .prepare_cached(
                    "SELECT id FROM submissions WHERE conversation = ?1 AND (?3 IS NULL
                       OR n < (SELECT n FROM submissions WHERE id = ?3 AND conversation = ?1))
                     ORDER BY n DESC LIMIT ?2",
                )?
                .query_map(params![n, newest, sent], |row| {
                    self::id(row, 0, SubmissionId::from_uuid)
                })?
                .collect::<Result<_, _>>()?;
            Ok(Some(ConversationStory {
                row: conversation_row(conn, n)?,
                inbound: inbound
                    .into_iter()
                    .rev()
                    .map(|n| inbound_row(conn, n))
                    .collect::<Done<_>>()?,
                outbound: outbound.into_iter().rev().collect(),
            }))
        })
    }

    /// The newest messages received from a contact, in every mailbox, newest first.
    pub fn received_from(&self, folded: &str, limit: usize) -> Result<Vec<InboundRow>, StoreError> {
        let limit = int(limit.clamp(1, limits::PAGE_MAX));
        self.read(|conn| {
            let found = numbers(
                conn,
                "SELECT n FROM inbound WHERE contact = (SELECT n FROM contacts WHERE folded = ?1)
                 ORDER BY n DESC LIMIT ?2",
                &[&folded, &limit],
            )?;
            found.into_iter().map(|n| inbound_row(conn, n)).collect()
        })
    }

    /// One received message.
    pub fn inbound(&self, id: InboundId) -> Result<Option<InboundRow>, StoreError> {
        self.read(|conn| {
            inbound_n(conn, id)?
                .map(|n| inbound_row(conn, n))
                .transpose()
        })
    }

    /// What was received about a submission, oldest first: answers, bounces, complaints.
    pub fn inbound_about(&self, id: SubmissionId) -> Result<Vec<InboundRow>, StoreError> {
        self.read(|conn| {
            let found = numbers(
                conn,
                "SELECT i.n FROM inbound i JOIN submissions s ON s.n = i.submission
                 WHERE s.id = ?1 ORDER BY i.n LIMIT ?2",
                &[id.uuid().as_bytes(), &int(STORY_MAX)],
            )?;
            found.into_iter().map(|n| inbound_row(conn, n)).collect()
        })
    }

    /// The exact bytes of a received message.
    pub fn raw_inbound(&self, id: InboundId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|conn| {
            let found: Option<(Vec<u8>, i64)> = conn
                .prepare_cached(
                    "SELECT r.packed, r.octets FROM inbound i JOIN raws r ON r.n = i.raw
                     WHERE i.id = ?1",
                )?
                .query_row([id.uuid().as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            found
                .map(|(packed, octets)| unpack(&packed, octets.cast_unsigned()))
                .transpose()
        })
    }

    /// The conversation a submission belongs to, if it belongs to one.
    pub fn conversation_of(&self, id: SubmissionId) -> Result<Option<ConversationId>, StoreError> {
        self.read(|conn| {
            let n: Option<Option<i64>> = conn
                .prepare_cached("SELECT conversation FROM submissions WHERE id = ?1")?
                .query_row([id.uuid().as_bytes()], |row| row.get(0))
                .optional()?;
            n.flatten().map(|n| conversation_id(conn, n)).transpose()
        })
    }

    /// Since when an account's mail is read; none if it never was.
    pub fn read_since(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        self.read(|conn| {
            let found = conn
                .prepare_cached("SELECT read_since FROM accounts WHERE id = ?1")?
                .query_row([account.uuid().as_bytes()], |row| time_maybe(row, 0))
                .optional()?;
            Ok(found.flatten())
        })
    }

    /// How far a folder of an account was read.
    pub fn mail_cursor(
        &self,
        account: AccountId,
        folder: &str,
    ) -> Result<Option<MailCursor>, StoreError> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT c.uid_validity, c.uid, c.modseq FROM mail_cursors c
                     JOIN accounts a ON a.n = c.account WHERE a.id = ?1 AND c.folder = ?2",
                )?
                .query_row(params![account.uuid().as_bytes(), folder], |row| {
                    let modseq: Option<i64> = row.get(2)?;
                    Ok(MailCursor {
                        uid_validity: row.get(0)?,
                        uid: row.get(1)?,
                        modseq: modseq.map(i64::cast_unsigned),
                    })
                })
                .optional()?)
        })
    }

    /// How many conversations stand where.
    pub fn inbox_counts(&self) -> Result<InboxCounts, StoreError> {
        self.read(|conn| {
            let count = |sql: &str| -> Done<u64> {
                let n: i64 = conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
                Ok(n.cast_unsigned())
            };
            Ok(InboxCounts {
                all: count("SELECT COUNT(*) FROM conversations WHERE last_inbound > 0")?,
                unread: count(
                    "SELECT COUNT(*) FROM conversations WHERE last_inbound > 0 AND unread > 0",
                )?,
                decide: count(
                    "SELECT COUNT(DISTINCT conversation) FROM (
                     SELECT conversation FROM inbound WHERE shelf = 'quarantined'
                     UNION SELECT conversation FROM inbound WHERE opt_out = 1
                     UNION SELECT i.conversation FROM replies r JOIN inbound i ON i.n = r.inbound
                     WHERE r.state = 'person' AND r.taken = 0 AND i.shelf <> 'kept')",
                )?,
            })
        })
    }
}

pub(crate) fn numbers(conn: &Connection, sql: &str, values: &[&dyn ToSql]) -> Done<Vec<i64>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(values, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A conversation's row number.
pub(crate) fn conversation_n(conn: &Connection, id: ConversationId) -> Done<Option<i64>> {
    Ok(conn
        .prepare_cached("SELECT n FROM conversations WHERE id = ?1")?
        .query_row([id.uuid().as_bytes()], |row| row.get(0))
        .optional()?)
}

/// A conversation's row number; `NotFound` otherwise.
pub(crate) fn need_conversation(conn: &Connection, id: ConversationId) -> Done<i64> {
    conversation_n(conn, id)?.ok_or_else(|| Fault(StoreError::not_found("conversation", id)))
}

/// A conversation's id by its row number.
pub(crate) fn conversation_id(conn: &Connection, n: i64) -> Done<ConversationId> {
    Ok(conn
        .prepare_cached("SELECT id FROM conversations WHERE n = ?1")?
        .query_row([n], |row| id(row, 0, ConversationId::from_uuid))?)
}

/// A received message's row number.
pub(crate) fn inbound_n(conn: &Connection, id: InboundId) -> Done<Option<i64>> {
    Ok(conn
        .prepare_cached("SELECT n FROM inbound WHERE id = ?1")?
        .query_row([id.uuid().as_bytes()], |row| row.get(0))
        .optional()?)
}

/// A received message's row number; `NotFound` otherwise.
pub(crate) fn need_inbound(conn: &Connection, id: InboundId) -> Done<i64> {
    inbound_n(conn, id)?.ok_or_else(|| Fault(StoreError::not_found("message", id)))
}

/// A conversation by its row number.
pub(crate) fn conversation_row(conn: &Connection, n: i64) -> Done<ConversationRow> {
    let (mut row, mailbox_address, last) = conn
        .prepare_cached(
            "SELECT c.id, m.id, m.address, k.folded, a.id, a.name, c.subject, c.received,
             c.unread, c.tainted_at, c.last_inbound,
             (SELECT MIN(t.at) FROM takeovers t WHERE t.ended_at IS NULL
              AND (t.conversation = c.n OR (t.contact = c.contact AND t.mailbox = c.mailbox))),
             (SELECT COUNT(*) FROM inbound i WHERE i.conversation = c.n
              AND i.shelf = 'quarantined'),
             EXISTS (SELECT 1 FROM inbound i WHERE i.conversation = c.n AND i.opt_out = 1)
             FROM conversations c JOIN mailboxes m ON m.n = c.mailbox
             LEFT JOIN contacts k ON k.n = c.contact LEFT JOIN agents a ON a.n = c.agent
             WHERE c.n = ?1",
        )?
        .query_row([n], |row| {
            let agent = id_maybe(row, 4, AgentId::from_uuid)?;
            let name: Option<String> = row.get(5)?;
            let text: String = row.get(2)?;
            let read = ConversationRow {
                id: id(row, 0, ConversationId::from_uuid)?,
                mailbox: id(row, 1, MailboxId::from_uuid)?,
                // Read by the caller, where it can be called damaged.
                mailbox_address: text.parse().map_err(|_| rusqlite::Error::InvalidQuery)?,
                contact: row.get(3)?,
                agent: agent.zip(name),
                subject: row.get(6)?,
                received: row.get(7)?,
                unread: row.get(8)?,
                tainted_at: time_maybe(row, 9)?,
                taken_over_at: time_maybe(row, 11)?,
                quarantined: row.get(12)?,
                opt_out_open: row.get(13)?,
                last: None,
            };
            Ok((read, text, row.get::<_, Option<i64>>(10)?))
        })?;
    row.mailbox_address = address(&mailbox_address)?;
    row.last = last.map(|n| inbound_row(conn, n)).transpose()?;
    Ok(row)
}

/// State, the agent it is for, the one that has it, until when, and a note.
type ReplyText = (
    String,
    Option<AgentId>,
    Option<AgentId>,
    Option<Timestamp>,
    Option<String>,
);

struct InboundText {
    row: [Option<String>; 8],
    ids: (
        InboundId,
        ConversationId,
        AccountId,
        MailboxId,
        Option<SubmissionId>,
    ),
    arrived_at: Timestamp,
    opt_out_open: bool,
    seen_at: Option<Timestamp>,
    reply: Option<ReplyText>,
    in_hand: bool,
}

fn inbound_text(row: &Row<'_>) -> rusqlite::Result<InboundText> {
    let state: Option<String> = row.get(16)?;
    let reply = match state {
        Some(state) => Some((
            state,
            id_maybe(row, 17, AgentId::from_uuid)?,
            id_maybe(row, 18, AgentId::from_uuid)?,
            time_maybe(row, 19)?,
            row.get(20)?,
        )),
        None => None,
    };
    Ok(InboundText {
        ids: (
            id(row, 0, InboundId::from_uuid)?,
            id(row, 1, ConversationId::from_uuid)?,
            id(row, 2, AccountId::from_uuid)?,
            id(row, 3, MailboxId::from_uuid)?,
            id_maybe(row, 5, SubmissionId::from_uuid)?,
        ),
        row: [
            row.get(4)?,
            row.get(6)?,
            row.get(7)?,
            row.get(9)?,
            row.get(10)?,
            row.get(13)?,
            row.get(14)?,
            row.get(15)?,
        ],
        arrived_at: time(row, 8)?,
        opt_out_open: row.get(11)?,
        seen_at: time_maybe(row, 12)?,
        reply,
        in_hand: row.get(21)?,
    })
}

/// A received message by its row number.
pub(crate) fn inbound_row(conn: &Connection, n: i64) -> Done<InboundRow> {
    let InboundText {
        row:
            [
                mailbox_address,
                link,
                folder,
                shelf,
                corrected,
                reading,
                next,
                done,
            ],
        ids: (id, conversation, account, mailbox, submission),
        arrived_at,
        opt_out_open,
        seen_at,
        reply,
        in_hand,
    } = conn
        .prepare_cached(
            "SELECT i.id, c.id, k.id, m.id, m.address, s.id, i.link, i.folder, i.arrived_at,
             i.shelf, i.corrected, i.opt_out, i.seen_at, i.reading, i.next, i.done, r.state, a.id,
             l.id, r.leased_until, r.note,
             EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL AND t.conversation = c.n)
             OR EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL
               AND t.contact IN (c.contact, i.contact) AND t.mailbox = c.mailbox)
             FROM inbound i JOIN conversations c ON c.n = i.conversation
             JOIN accounts k ON k.n = i.account JOIN mailboxes m ON m.n = i.mailbox
             LEFT JOIN submissions s ON s.n = i.submission
             LEFT JOIN replies r ON r.inbound = i.n
             LEFT JOIN agents a ON a.n = r.agent LEFT JOIN agents l ON l.n = r.leased_by
             WHERE i.n = ?1",
        )?
        .query_row([n], inbound_text)?;
    let what = "a received message";
    let there = |text: Option<String>| text.unwrap_or_default();
    Ok(InboundRow {
        id,
        conversation,
        account,
        mailbox,
        mailbox_address: address(&there(mailbox_address))?,
        submission,
        link: link.map(|word| from_word(what, &word)).transpose()?,
        folder: there(folder),
        arrived_at,
        shelf: from_word(what, &there(shelf))?,
        corrected: corrected.map(|word| from_word(what, &word)).transpose()?,
        opt_out_open,
        seen_at,
        in_hand,
        read: from_json(what, &there(reading))?,
        next: from_json(what, &there(next))?,
        done: from_json(what, &there(done))?,
        reply: match reply {
            Some((state, agent, leased_by, leased_until, note)) => Some(ReplyRow {
                state: from_word("a reply", &state)?,
                agent,
                leased_by,
                leased_until,
                note,
            }),
            None => None,
        },
    })
}
