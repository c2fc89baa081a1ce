//! Answers: the thread before one, and what follows when a person writes it by hand.

use domain::journal::JournalKind;
use domain::{Actor, AgentId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::link::{bare, by_message_id};
use crate::inbound::message_key;
use crate::inbound::reads::inbound_row;
use crate::sqlite::codec::from_json;
use crate::sqlite::fault::Done;
use crate::sqlite::submissions::Loaded;
use crate::sqlite::tx::Tx;

impl Store {
    /// The Message-IDs that stand before a message known here, the first of the thread first,
    /// without angle brackets and without its own; empty for a message that is not known. They are
    /// a stranger's text.
    pub fn thread_before(&self, message_id: &str) -> Result<Vec<String>, StoreError> {
        self.read(|conn| match by_message_id(conn, message_id)? {
            Some(submission) => before_ours(conn, submission),
            None => before_theirs(conn, message_id),
        })
    }
}

fn before_ours(conn: &Connection, submission: i64) -> Done<Vec<String>> {
    let draft: String = conn
        .prepare_cached(
            "SELECT v.draft FROM submissions s JOIN versions v ON v.n = s.version_n WHERE s.n = ?1",
        )?
        .query_row([submission], |row| row.get(0))?;
    let draft: domain::Draft = from_json("a draft", &draft)?;
    let mut before = draft.references;
    if let Some(parent) = draft.in_reply_to.filter(|id| before.last() != Some(id)) {
        before.push(parent);
    }
    Ok(before.iter().map(|id| bare(id).to_owned()).collect())
}

fn before_theirs(conn: &Connection, message_id: &str) -> Done<Vec<String>> {
    let n: Option<i64> = conn
        .prepare_cached(
            "SELECT i.n FROM threads t JOIN inbound i ON i.conversation = t.conversation
             WHERE t.message = ?1 AND json_extract(i.reading, '$.message_id') = ?2
             ORDER BY i.n DESC LIMIT 1",
        )?
        .query_row(params![message_key(message_id), bare(message_id)], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(n) = n else { return Ok(Vec::new()) };
    // Read nearest first; what is named twice stands where it is nearest.
    let mut nearest: Vec<String> = Vec::new();
    for id in inbound_row(conn, n)?.read.references {
        let id = bare(&id).to_owned();
        if !nearest.contains(&id) {
            nearest.push(id);
        }
    }
    nearest.reverse();
    Ok(nearest)
}

impl Tx<'_> {
    /// What a person wrote by hand is committed to leave: nobody else has to answer what waits in
    /// that conversation, and agents see that a person wrote to these people just now.
    pub(crate) fn answered_by_hand(&mut self, sent: &Loaded, at: Timestamp) -> Done<()> {
        if sent.row.agent != AgentId::BY_HAND {
            return Ok(());
        }
        for contact in &sent.contacts {
            self.conn
                .prepare_cached(
                    "UPDATE contacts SET person_at = MAX(COALESCE(person_at, 0), ?2) WHERE n = ?1",
                )?
                .execute(params![contact, at.micros()])?;
        }
        let Some(conversation) = sent.conversation else {
            return Ok(());
        };
        self.conn
            .prepare_cached(
                "UPDATE conversations SET person_at = MAX(COALESCE(person_at, 0), ?2) WHERE n = ?1",
            )?
            .execute(params![conversation, at.micros()])?;
        let waiting: Vec<i64> = self
            .conn
            .prepare_cached(
                "SELECT r.inbound FROM replies r JOIN inbound i ON i.n = r.inbound
                 WHERE i.conversation = ?1 AND r.state <> 'done' AND i.shelf <> 'quarantined'",
            )?
            .query_map([conversation], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for n in waiting {
            self.set_reply(n, "done", Some("a person answered it by hand"))?;
            let row = inbound_row(self.conn, n)?;
            let body = json!({ "by": sent.row.id });
            self.worked(&row, Actor::Operator, JournalKind::ReplyDone, &body, at)?;
        }
        Ok(())
    }
}
