//! What of ours a received message is tied to, strongest first.
//!
//! A Message-ID of ours is a proof, and so is the token of a return address: they hold 74 and 80
//! random bits and were told to the recipients alone. Everything below is a guess and is written as one.

use domain::received::{LinkKind, Received, subject_key};
use domain::reply_token::token_key;
use domain::{Digest, Span, SubmissionId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::sqlite::codec::short;
use crate::sqlite::fault::Done;

/// How far back the same contact and subject count as a guess.
const GUESS_WINDOW: Span = Span::from_days(30);
/// Tokens of one message that are looked up.
const TOKENS_MAX: usize = 8;
/// Earlier mail to the contact whose subjects are compared.
const GUESSES_MAX: i64 = 20;

/// What was found, in row numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Found {
    /// How.
    pub kind: Option<LinkKind>,
    /// The submission.
    pub submission: Option<i64>,
    /// The conversation its references lead to, which is no proof by itself.
    pub conversation: Option<i64>,
}

/// A Message-ID as `threads` and `client_ids` have it: without angle brackets, half a digest.
pub(crate) fn message_key(message_id: &str) -> [u8; 16] {
    short(&Digest::of(bare(message_id).as_bytes()))
}

/// A Message-ID without angle brackets and blanks.
pub(crate) fn bare(message_id: &str) -> &str {
    message_id
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
}

/// The strongest tie of a message from `contact`.
pub(crate) fn find(
    conn: &Connection,
    read: &Received,
    contact: Option<i64>,
    at: Timestamp,
) -> Done<Found> {
    let mut found = Found::default();
    if let Some(id) = &read.reported_id
        && let Some(submission) = by_message_id(conn, id)?
    {
        found.kind = Some(LinkKind::Report);
        found.submission = Some(submission);
        return Ok(found);
    }
    for id in &read.references {
        if let Some(submission) = by_message_id(conn, id)? {
            found.kind = Some(LinkKind::MessageId);
            found.submission = Some(submission);
            return Ok(found);
        }
        if found.conversation.is_none() {
            found.conversation = conn
                .prepare_cached("SELECT conversation FROM threads WHERE message = ?1")?
                .query_row([message_key(id)], |row| row.get(0))
                .optional()?;
        }
    }
    if let Some(submission) = by_token(conn, read)? {
        found.kind = Some(LinkKind::Token);
        found.submission = Some(submission);
        return Ok(found);
    }
    // In a thread we know it needs no guess, and its place there is no proof.
    if let Some(contact) = contact
        && found.conversation.is_none()
        && let Some(submission) = guess(conn, read, contact, at)?
    {
        found.kind = Some(LinkKind::Guess);
        found.submission = Some(submission);
    }
    Ok(found)
}

/// The submission whose return address a message was sent to.
fn by_token(conn: &Connection, read: &Received) -> Done<Option<i64>> {
    for key in read.to.iter().filter_map(token_key).take(TOKENS_MAX) {
        let found = conn
            .prepare_cached("SELECT submission FROM reply_tokens WHERE token = ?1")?
            .query_row([message_key(&key)], |row| row.get(0))
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The submission a Message-ID of ours belongs to, by row number.
pub(crate) fn by_message_id(conn: &Connection, message_id: &str) -> Done<Option<i64>> {
    let message_id = bare(message_id);
    if let Some(id) = submission_of(message_id) {
        let found: Option<(i64, String)> = conn
            .prepare_cached(
                "SELECT s.n, v.message_id FROM submissions s JOIN versions v ON v.n = s.version_n
                 WHERE s.id = ?1",
            )?
            .query_row([id.uuid().as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((n, known)) = found
            && bare(&known).eq_ignore_ascii_case(message_id)
        {
            return Ok(Some(n));
        }
    }
    Ok(conn
        .prepare_cached("SELECT submission FROM client_ids WHERE message = ?1")?
        .query_row([message_key(message_id)], |row| row.get(0))
        .optional()?)
}

/// The submission a Message-ID of our making names.
fn submission_of(message_id: &str) -> Option<SubmissionId> {
    let (digits, _) = message_id.split_once('@')?;
    (digits.len() == 32)
        .then(|| Uuid::try_parse(digits).ok())
        .flatten()
        .map(SubmissionId::from_uuid)
}

/// True if a Message-ID is not of our making and has to be remembered.
pub(crate) fn is_foreign(message_id: &str, submission: SubmissionId) -> bool {
    submission_of(bare(message_id)) != Some(submission)
}

/// The newest mail to the contact with the same subject, recent enough.
fn guess(conn: &Connection, read: &Received, contact: i64, at: Timestamp) -> Done<Option<i64>> {
    let key = subject_key(&read.subject);
    if key.is_empty() {
        return Ok(None);
    }
    let since = (at - GUESS_WINDOW).micros();
    let mut statement = conn.prepare_cached(
        "SELECT s.n, v.subject FROM recipients r
         JOIN submissions s ON s.n = r.submission JOIN versions v ON v.n = s.version_n
         WHERE r.contact = ?1 AND s.asked_at > ?2 ORDER BY s.n DESC LIMIT ?3",
    )?;
    let rows: Vec<(i64, String)> = statement
        .query_map(params![contact, since, GUESSES_MAX], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows
        .into_iter()
        .find(|(_, subject)| subject_key(subject) == key)
        .map(|(n, _)| n))
}
