//! Which conversations are on a page of the inbox.
//!
//! They are looked at in their order, the newest received message first, until the page is full or
//! enough were looked at. What a conversation itself tells (its mailbox, whether it has anything
//! unread) decides first; what one of its messages has to answer is asked of the conversations that
//! are left, one by one, by indexes that hold all of it but the texts.

use rusqlite::{Connection, ToSql, params_from_iter};

use crate::finding::{Conditions, conversations_with, of_asked, of_received, part};
use crate::inbound::asks::{ConversationFilter, ConversationTab};
use crate::rows::Cursor;
use crate::sqlite::fault::Done;

/// Conversations whose messages one page looks at before it hands back a cursor.
pub const CONVERSATION_LOOK_MAX: usize = 3_000;

/// Row numbers of one page, and where the next one begins.
#[derive(Default)]
pub(crate) struct Picked {
    pub rows: Vec<i64>,
    pub next: Option<i64>,
}

/// At most `limit` conversations behind a place.
pub(crate) fn page(
    conn: &Connection,
    filter: &ConversationFilter,
    after: Option<Cursor>,
    limit: usize,
) -> Done<Picked> {
    let (sql, values) = in_order(conn, filter, after)?;
    // The list of found rows makes each search its own statement: not worth keeping.
    let mut statement = conn.prepare(&sql)?;
    let mut looked_at = statement.query(params_from_iter(values.iter()))?;
    let mut answers = match filter.search.is_words_only() && filter.intent.is_none() {
        true => None,
        false => Some(Answers::to(conn, filter)?),
    };
    let mut picked = Picked::default();
    let (mut last, mut looked) = (None, 0);
    while let Some(row) = looked_at.next()? {
        if picked.rows.len() == limit || looked == CONVERSATION_LOOK_MAX {
            picked.next = last;
            break;
        }
        let (n, newest) = (row.get(0)?, row.get(1)?);
        last = Some(newest);
        match &mut answers {
            None => picked.rows.push(n),
            Some(answers) => {
                looked += 1;
                if answers.has(n, newest)? {
                    picked.rows.push(n);
                }
            }
        }
    }
    Ok(picked)
}

/// The conversations to look at, by what they tell themselves.
fn in_order(
    conn: &Connection,
    filter: &ConversationFilter,
    after: Option<Cursor>,
) -> Done<(String, Vec<Box<dyn ToSql>>)> {
    let mut sql = "SELECT c.n, c.last_inbound FROM conversations c
                   WHERE c.last_inbound IS NOT NULL"
        .to_owned();
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    sql.push_str(match filter.tab {
        ConversationTab::All => "",
        ConversationTab::Unread => " AND c.unread > 0",
        ConversationTab::Quarantine => {
            " AND c.n IN (SELECT conversation FROM inbound WHERE shelf = 'quarantined')"
        }
        ConversationTab::Decide => {
            " AND (c.n IN (SELECT conversation FROM inbound WHERE shelf = 'quarantined')
               OR c.n IN (SELECT conversation FROM inbound WHERE opt_out = 1)
               OR c.n IN (SELECT i.conversation FROM replies r JOIN inbound i ON i.n = r.inbound
                          WHERE r.state = 'person' AND r.taken = 0 AND i.shelf <> 'kept'))"
        }
        ConversationTab::TakenOver => {
            " AND (c.n IN (SELECT conversation FROM takeovers WHERE ended_at IS NULL)
               OR (c.contact, c.mailbox) IN (SELECT contact, mailbox FROM takeovers
                                             WHERE ended_at IS NULL AND contact IS NOT NULL))"
        }
    });
    if let Some(mailbox) = filter.mailbox {
        sql.push_str(" AND c.mailbox = (SELECT n FROM mailboxes WHERE id = ?)");
        values.push(Box::new(*mailbox.uuid().as_bytes()));
    }
    if let Some(agent) = filter.agent {
        sql.push_str(
            " AND c.mailbox IN (SELECT g.mailbox FROM grants g JOIN agents a ON a.n = g.agent
               WHERE a.id = ?)
              AND (c.agent IS NULL OR c.agent = (SELECT n FROM agents WHERE id = ?))
              AND NOT EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL
                AND t.conversation = c.n)
              AND NOT EXISTS (SELECT 1 FROM takeovers t WHERE t.ended_at IS NULL
                AND t.contact = c.contact AND t.mailbox = c.mailbox)
              AND (EXISTS (SELECT 1 FROM inbound i LEFT JOIN replies r ON r.inbound = i.n
                           WHERE i.conversation = c.n AND i.shelf IN ('clear', 'released')
                             AND COALESCE(r.state, '') <> 'person')
                OR EXISTS (SELECT 1 FROM submissions s WHERE s.conversation = c.n
                           AND s.agent = (SELECT n FROM agents WHERE id = ?)))",
        );
        values.push(Box::new(*agent.uuid().as_bytes()));
        values.push(Box::new(*agent.uuid().as_bytes()));
        values.push(Box::new(*agent.uuid().as_bytes()));
    }
    if let Some(contact) = &filter.contact {
        sql.push_str(" AND c.contact = (SELECT n FROM contacts WHERE folded = ?)");
        values.push(Box::new(contact.clone()));
    }
    if let Some(found) = conversations_with(conn, &filter.search.words)? {
        let list: Vec<String> = found.iter().map(i64::to_string).collect();
        sql.push_str(&format!(" AND c.n IN ({})", list.join(",")));
    }
    if filter.search.is_unread {
        sql.push_str(" AND c.unread > 0");
    }
    if let Some(account) = &filter.search.account {
        // Received mail is in its conversation's mailbox; what left from another may answer it.
        let mailboxes = "(SELECT n FROM mailboxes WHERE address LIKE ? ESCAPE '\\')";
        sql.push_str(&format!(
            " AND (c.mailbox IN {mailboxes}
               OR c.n IN (SELECT conversation FROM submissions
                          WHERE conversation IS NOT NULL AND mailbox IN {mailboxes}))"
        ));
        values.push(Box::new(part(account)));
        values.push(Box::new(part(account)));
    }
    if let Some(after) = after {
        sql.push_str(" AND c.last_inbound < ?");
        values.push(Box::new(after.0));
    }
    sql.push_str(" ORDER BY c.last_inbound DESC");
    Ok((sql, values))
}

/// Whether the newest message of a conversation wants what a filter is about, and some message of
/// it has all that its search wants beside words.
struct Answers<'c>(rusqlite::Statement<'c>);

impl<'c> Answers<'c> {
    fn to(conn: &'c Connection, filter: &ConversationFilter) -> Done<Self> {
        let search = &filter.search;
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        let newest = match filter.intent {
            None => "?2 > 0",
            Some(intent) => {
                values.push(Box::new(intent.word()));
                "EXISTS (SELECT 1 FROM inbound WHERE n = ?2 AND COALESCE(corrected, intent) = ?)"
            }
        };
        let mut exists = |from: &str, wanted: Option<Conditions>| match wanted {
            None => "0".to_owned(),
            Some(wanted) => {
                values.extend(wanted.values);
                format!(
                    "EXISTS (SELECT 1 FROM {from} WHERE conversation = ?1{})",
                    wanted.sql
                )
            }
        };
        let received = exists("inbound i", of_received(search, "i.arrived_at"));
        let asked = exists("submissions s", of_asked(search, "s.asked_at"));
        let mut statement =
            conn.prepare(&format!("SELECT {newest} AND ({received} OR {asked})"))?;
        for (value, at) in values.iter().zip(3..) {
            statement.raw_bind_parameter(at, value)?;
        }
        Ok(Answers(statement))
    }

    fn has(&mut self, conversation: i64, newest: i64) -> Done<bool> {
        self.0.raw_bind_parameter(1, conversation)?;
        self.0.raw_bind_parameter(2, newest)?;
        let mut rows = self.0.raw_query();
        let first = rows.next()?.map(|row| row.get(0)).transpose()?;
        Ok(first.unwrap_or(false))
    }
}
