//! What a person and an agent say to each other about a held submission.

use domain::journal::JournalKind;
use domain::{Actor, ApprovalHash, Digest, SubmissionId, Timestamp};
use rusqlite::{Connection, params};
use serde_json::{Map, json};

use crate::error::StoreError;
use crate::handle::Store;
use crate::reply::Reply;
use crate::rows::{Note, NoteRow, Review, ReviewRow, SubmissionRow};
use crate::sqlite::codec::{actor, time};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::need;
use crate::sqlite::tx::Tx;

impl Store {
    /// A person asks its agent about a held submission; it goes on waiting, and its expiry stands.
    /// With a hash, only about what was on screen.
    ///
    /// Errors: [`StoreError::WrongState`] if it is not held, [`StoreError::Stale`] if it was
    /// changed since it was shown.
    pub fn ask(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        question: String,
        now: Timestamp,
    ) -> Reply<SubmissionRow> {
        self.write(move |tx| {
            let before = tx.held(id, hash, "ask about")?;
            let at = tx.at(now);
            let by = Actor::Operator;
            let mut after = before.clone();
            after.row.state = before.row.state.clone().asked()?;
            let mut body = Map::new();
            body.insert(
                "note".to_owned(),
                json!(tx.put_note(before.n, at, by, Note::Question, &question)?),
            );
            after.row.review = Some(ReviewRow {
                outcome: Review::Asked,
                reason: None,
                question: Some(question),
                at,
            });
            tx.moved(&before, after, at, by, JournalKind::Asked, body)
        })
    }

    /// The agent answers what it was last asked; the submission is in sight again.
    ///
    /// Errors: [`StoreError::NotFound`] for one that is not the agent's,
    /// [`StoreError::NothingAsked`] if no question is open, [`StoreError::WrongState`] if it is no
    /// longer held.
    pub fn reply(
        &self,
        id: SubmissionId,
        by: Actor,
        answer: String,
        now: Timestamp,
    ) -> Reply<SubmissionRow> {
        self.write(move |tx| {
            let before = need(tx.conn, id)?;
            tx.may_touch(&before, by)?;
            let mut after = before.clone();
            after.row.state = before.row.state.clone().replied()?;
            if !after.row.answered() {
                return Err(Fault(StoreError::NothingAsked));
            }
            let at = tx.at(now);
            let mut body = Map::new();
            body.insert(
                "note".to_owned(),
                json!(tx.put_note(before.n, at, by, Note::Answer, &answer)?),
            );
            tx.moved(&before, after, at, by, JournalKind::Answered, body)
        })
    }

    /// What was said about a submission, oldest first.
    pub fn notes(&self, id: SubmissionId) -> Result<Vec<NoteRow>, StoreError> {
        self.read(|conn| notes(conn, need(conn, id)?.n))
    }
}

impl SubmissionRow {
    /// Marks an open question as answered; false if there is none.
    pub(crate) fn answered(&mut self) -> bool {
        match &mut self.review {
            Some(review) if review.outcome == Review::Asked => {
                review.outcome = Review::Answered;
                true
            }
            Some(_) | None => false,
        }
    }
}

/// What was said about a submission, oldest first.
pub(crate) fn notes(conn: &Connection, submission: i64) -> Done<Vec<NoteRow>> {
    let rows: Vec<(Timestamp, String, String, String)> = conn
        .prepare_cached("SELECT at, by, kind, text FROM notes WHERE submission = ?1 ORDER BY n")?
        .query_map([submission], |row| {
            Ok((time(row, 0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(at, by, kind, text)| {
            let kind = Note::ALL
                .into_iter()
                .find(|note| note.as_str() == kind)
                .ok_or_else(|| Fault(StoreError::damaged("a note", kind)))?;
            let by = actor(&by)?;
            Ok(NoteRow { at, by, kind, text })
        })
        .collect()
}

/// What the journal keeps of a note, salted: people's words stay outside it.
pub(crate) fn note_digest(salt: &[u8], kind: &str, text: &str) -> Digest {
    Digest::of_parts([salt, kind.as_bytes(), text.as_bytes()])
}

impl Tx<'_> {
    /// Stores a note; the next entry of the journal vouches for it with the digest this gives.
    pub fn put_note(
        &mut self,
        submission: i64,
        at: Timestamp,
        by: Actor,
        kind: Note,
        text: &str,
    ) -> Done<Digest> {
        let salt = self.salt();
        self.conn
            .prepare_cached(
                "INSERT INTO notes (submission, at, by, kind, journal_seq, salt, text)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                submission,
                at.micros(),
                by.to_string(),
                kind.as_str(),
                (self.memory.head.seq + 1).cast_signed(),
                salt,
                text
            ])?;
        Ok(note_digest(&salt, kind.as_str(), text))
    }
}
