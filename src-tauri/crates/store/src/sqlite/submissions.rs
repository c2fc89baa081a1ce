//! Submissions as rows: reading one whole, and what of it the journal vouches for.

use std::collections::BTreeMap;

use domain::canonical::canonical_value;
use domain::journal::JournalEntry;
use domain::submission::State;
use domain::{
    AccountId, Address, AgentId, ApprovalHash, DecisionId, Digest, FindingKey, MailboxId,
    RecipientState, SubmissionId, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use serde_json::{Value, json};

use crate::error::StoreError;
use crate::rows::{Approval, RecipientRow, Review, ReviewRow, Role, SubmissionRow};
use crate::sqlite::codec::{
    StateColumns, digest, from_json, from_word, gather, hash_maybe, id, id_maybe, spread, time,
    time_maybe,
};
use crate::sqlite::fault::{Done, Fault};

/// A submission with what only this room needs to know of it.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub n: i64,
    pub agent_n: i64,
    pub mailbox_n: i64,
    pub version_n: i64,
    pub decision_n: i64,
    /// The first half of the content's digest.
    pub content: [u8; 16],
    /// What the journal's digests of people's words are salted by; gone with them. Submissions from
    /// before there was one have none.
    pub salt: Option<[u8; 16]>,
    /// The instant whose quota it holds, if it is committed to leave.
    pub slot: Option<Timestamp>,
    /// The journal entry that committed it.
    pub commit_seq: Option<i64>,
    pub attempts: u32,
    pub first_attempt_at: Option<Timestamp>,
    pub leased_until: Option<Timestamp>,
    /// A failure a person has settled.
    pub seen: bool,
    /// Risk points it spends while it holds a slot.
    pub points: u32,
    /// The conversation it is part of, by row number.
    pub conversation: Option<i64>,
    /// Holds that were on screen when it was approved.
    pub answered: Vec<FindingKey>,
    /// Blocks a person released for exactly these bytes.
    pub released: Vec<FindingKey>,
    pub journal_seq: i64,
    /// Each recipient's contact, in order.
    pub contacts: Vec<i64>,
    pub row: SubmissionRow,
}

const SELECT: &str = "SELECT s.n, s.agent, s.mailbox, s.version_n, s.decision_n, s.content, s.slot,
    s.commit_seq, s.attempts, s.first_attempt_at, s.leased_until, s.seen, s.answered,
    s.journal_seq, s.id, a.id, a.name, m.id, m.address, c.id, s.state, s.state_at,
    s.snoozed_until, s.attempt, s.state_reason, s.version, v.hash, v.message_id, v.subject,
    s.stream, v.reason, v.tags, s.asked_at, s.changed_at, s.send_at, s.send_by, s.keyed,
    s.approved_hash, s.approved_at, s.approved_decision, d.id, d.verdict, d.primary_rule,
    d.sentence, s.review, s.review_at, s.review_reason, s.seq, s.released, s.if_latest,
    s.points, s.conversation, s.approved_tried, s.salt
    FROM submissions s
    JOIN agents a ON a.n = s.agent
    JOIN mailboxes m ON m.n = s.mailbox
    JOIN accounts c ON c.n = m.account
    JOIN versions v ON v.n = s.version_n
    JOIN decisions d ON d.n = s.decision_n";

/// What a row has before its words are read into enums.
struct Columns {
    loaded: Loaded,
    answered: Option<String>,
    released: Option<String>,
    mailbox_address: String,
    state: String,
    state_columns: (
        Timestamp,
        Option<Timestamp>,
        Option<[u8; 16]>,
        Option<String>,
    ),
    stream: String,
    tags: String,
    verdict: String,
    review: Option<(String, Timestamp, Option<String>)>,
}

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    let approved = match (hash_maybe(row, 37)?, time_maybe(row, 38)?) {
        (Some(hash), Some(at)) => {
            let tried = row.get(52)?;
            id_maybe(row, 39, DecisionId::from_uuid)?.map(|decision| Approval {
                hash,
                at,
                decision,
                tried,
            })
        }
        (Some(_) | None, _) => None,
    };
    let review: Option<String> = row.get(44)?;
    let review = match (review, time_maybe(row, 45)?) {
        (Some(word), Some(at)) => Some((word, at, row.get(46)?)),
        (Some(_) | None, _) => None,
    };
    // Placeholders below (state, stream, verdict, address) are replaced in `finish`.
    let nobody: Address = placeholder()?;
    let row_part = SubmissionRow {
        points: row.get(50)?,
        id: id(row, 14, SubmissionId::from_uuid)?,
        agent: id(row, 15, AgentId::from_uuid)?,
        agent_name: row.get(16)?,
        mailbox: id(row, 17, MailboxId::from_uuid)?,
        mailbox_address: nobody,
        account: id(row, 19, AccountId::from_uuid)?,
        state: State::Observed,
        version: row.get(25)?,
        hash: ApprovalHash(digest(row, 26)?),
        message_id: row.get(27)?,
        subject: row.get(28)?,
        recipients: Vec::new(),
        stream: domain::Stream::Personal,
        reason: row.get(30)?,
        tags: BTreeMap::new(),
        asked_at: time(row, 32)?,
        changed_at: time(row, 33)?,
        send_at: time_maybe(row, 34)?,
        send_by: time(row, 35)?,
        keyed: row.get(36)?,
        if_latest: row.get(49)?,
        approved,
        decision: id(row, 40, DecisionId::from_uuid)?,
        verdict: domain::Verdict::Block,
        primary_rule: row.get(42)?,
        sentence: row.get(43)?,
        review: None,
        seq: row.get::<_, i64>(47)?.cast_unsigned(),
    };
    Ok(Columns {
        loaded: Loaded {
            n: row.get(0)?,
            agent_n: row.get(1)?,
            mailbox_n: row.get(2)?,
            version_n: row.get(3)?,
            decision_n: row.get(4)?,
            content: row.get(5)?,
            salt: row.get(53)?,
            slot: time_maybe(row, 6)?,
            commit_seq: row.get(7)?,
            attempts: row.get(8)?,
            first_attempt_at: time_maybe(row, 9)?,
            leased_until: time_maybe(row, 10)?,
            seen: row.get(11)?,
            points: row.get(50)?,
            conversation: row.get(51)?,
            answered: Vec::new(),
            released: Vec::new(),
            journal_seq: row.get(13)?,
            contacts: Vec::new(),
            row: row_part,
        },
        answered: row.get(12)?,
        released: row.get(48)?,
        mailbox_address: row.get(18)?,
        state: row.get(20)?,
        state_columns: (
            time(row, 21)?,
            time_maybe(row, 22)?,
            row.get(23)?,
            row.get(24)?,
        ),
        stream: row.get(29)?,
        tags: row.get(31)?,
        verdict: row.get(41)?,
        review,
    })
}

fn placeholder() -> rusqlite::Result<Address> {
    "nobody@localhost"
        .parse()
        .map_err(|_| rusqlite::Error::InvalidQuery)
}

fn finish(conn: &Connection, columns: Columns) -> Done<Loaded> {
    let Columns {
        mut loaded,
        answered,
        released,
        mailbox_address,
        state,
        state_columns: (at, snoozed_until, attempt, reason),
        stream,
        tags,
        verdict,
        review,
    } = columns;
    let what = "a submission";
    loaded.answered = keys(answered)?;
    loaded.released = keys(released)?;
    loaded.row.mailbox_address = address(&mailbox_address)?;
    loaded.row.state = gather(StateColumns {
        name: from_word(what, &state)?,
        at,
        snoozed_until,
        attempt,
        reason,
    })?;
    loaded.row.stream = from_word(what, &stream)?;
    loaded.row.tags = from_json(what, &tags)?;
    loaded.row.verdict = from_word(what, &verdict)?;
    loaded.row.review = match review {
        Some((word, at, said)) => Some(review_row(review_from(&word)?, at, said)),
        None => None,
    };
    let recipients: Vec<(i64, String, String, String, Option<String>)> = conn
        .prepare_cached(
            "SELECT contact, address, role, state, reply FROM recipients
             WHERE submission = ?1 ORDER BY position",
        )?
        .query_map([loaded.n], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })?
        .collect::<Result<_, _>>()?;
    for (contact, text, role, state, reply) in recipients {
        loaded.contacts.push(contact);
        loaded.row.recipients.push(RecipientRow {
            address: address(&text)?,
            role: role_from(&role)?,
            state: from_word("a recipient", &state)?,
            reply: match reply {
                Some(reply) => Some(from_json("a reply", &reply)?),
                None => None,
            },
        });
    }
    Ok(loaded)
}

/// Keys of findings as their column has them.
fn keys(text: Option<String>) -> Done<Vec<FindingKey>> {
    match text {
        Some(text) => from_json("a submission", &text),
        None => Ok(Vec::new()),
    }
}

/// An address as stored: it was parsed at the door, so anything else is damage.
pub(crate) fn address(text: &str) -> Done<Address> {
    text.parse()
        .map_err(|error| Fault(StoreError::damaged("an address", error)))
}

fn role_from(word: &str) -> Done<Role> {
    [Role::To, Role::Cc, Role::Bcc]
        .into_iter()
        .find(|role| role.as_str() == word)
        .ok_or_else(|| Fault(StoreError::damaged("a recipient", word)))
}

/// One column holds a reason or a question, whichever the outcome has.
fn review_row(outcome: Review, at: Timestamp, said: Option<String>) -> ReviewRow {
    let (reason, question) = match outcome {
        Review::Asked | Review::Answered => (None, said),
        Review::Approved
        | Review::Edited
        | Review::Rejected
        | Review::Undone
        | Review::Settled
        | Review::Released => (said, None),
    };
    ReviewRow {
        outcome,
        reason,
        question,
        at,
    }
}

pub(crate) fn review_from(word: &str) -> Done<Review> {
    Review::ALL
        .into_iter()
        .find(|review| review.as_str() == word)
        .ok_or_else(|| Fault(StoreError::damaged("a review", word)))
}

/// The submission of an id, if there is one.
pub(crate) fn find(conn: &Connection, id: SubmissionId) -> Done<Option<Loaded>> {
    one(conn, "WHERE s.id = ?1", id.uuid().as_bytes())
}

/// The submission of an id; `NotFound` otherwise.
pub(crate) fn need(conn: &Connection, id: SubmissionId) -> Done<Loaded> {
    find(conn, id)?.ok_or_else(|| Fault(StoreError::not_found("submission", id)))
}

/// The submission of a row number, which a row of ours names.
pub(crate) fn by_number(conn: &Connection, n: i64) -> Done<Loaded> {
    one(conn, "WHERE s.n = ?1", &n)?.ok_or_else(|| {
        Fault(StoreError::damaged(
            "a submission",
            format!("row {n} is gone"),
        ))
    })
}

fn one(conn: &Connection, condition: &str, value: &dyn ToSql) -> Done<Option<Loaded>> {
    let found = conn
        .prepare_cached(&format!("{SELECT} {condition}"))?
        .query_row([value], columns)
        .optional()?;
    found.map(|columns| finish(conn, columns)).transpose()
}

/// The numbers in `numbers` as whole submissions, in the same order.
pub(crate) fn all(conn: &Connection, numbers: &[i64]) -> Done<Vec<Loaded>> {
    numbers.iter().map(|n| by_number(conn, *n)).collect()
}

impl Loaded {
    /// What the journal vouches for: any of it changed behind its back is found by `verify`.
    pub fn standing(&self) -> Value {
        let columns = spread(&self.row.state, self.row.changed_at);
        // Words of people stay outside the journal; their digest, salted, does not.
        let why = columns.reason.map(|reason| self.salted(reason.as_bytes()));
        let recipients: String = self
            .row
            .recipients
            .iter()
            .map(|r| letter(r.state))
            .collect();
        json!({
            "state": columns.name.as_str(),
            "at": columns.at.micros(),
            "version": self.row.version,
            "hash": self.row.hash,
            "approved": self.row.approved.as_ref().map(|approval| approval.hash),
            "slot": self.slot.map(Timestamp::micros),
            "recipients": recipients,
            "why": why,
            "terms": self.terms(),
        })
    }

    /// Salted digest of what else is shown of it and judged by: it names people and has their words.
    fn terms(&self) -> Digest {
        let row = &self.row;
        let review = row.review.as_ref().map(|review| {
            let said = review.reason.as_deref().or(review.question.as_deref());
            json!([review.outcome.as_str(), review.at.micros(), said])
        });
        let terms = json!({
            "answered": self.answered,
            "released": self.released,
            "send_at": row.send_at.map(Timestamp::micros),
            "send_by": row.send_by.micros(),
            "if_latest": row.if_latest,
            "stream": row.stream,
            "keyed": row.keyed,
            "points": self.points,
            "seen": self.seen,
            "attempts": self.attempts,
            "review": review,
        });
        self.salted(&canonical_value(&terms))
    }

    /// Its digest of something: once the salt is gone, nobody can try what it was.
    fn salted(&self, what: &[u8]) -> Digest {
        let id = self.row.id.uuid().as_bytes();
        Digest::of_parts([self.salt.as_ref().unwrap_or(id).as_slice(), what])
    }

    /// True if the relay took it for anybody. What came back since was taken all the same.
    pub fn any_accepted(&self) -> bool {
        self.row.has_left()
    }

    /// True if everybody it was taken for returned it, and what became of the others is known.
    pub fn all_bounced(&self) -> bool {
        let mut states = self.row.recipients.iter().map(|recipient| recipient.state);
        self.any_accepted()
            && states.all(|state| match state {
                RecipientState::Bounced | RecipientState::Refused => true,
                RecipientState::Open
                | RecipientState::Deferred
                | RecipientState::Accepted
                | RecipientState::Uncertain => false,
            })
    }
}

/// One letter per recipient, so that an entry shows them all without naming anyone.
const fn letter(state: RecipientState) -> char {
    match state {
        RecipientState::Open => 'o',
        RecipientState::Accepted => 'a',
        RecipientState::Deferred => 'd',
        RecipientState::Refused => 'r',
        RecipientState::Uncertain => 'u',
        RecipientState::Bounced => 'b',
    }
}

/// The columns of a journal entry, in the order [`journal_row`] reads them.
pub(crate) const JOURNAL: &str =
    "SELECT seq, at, actor, kind, subject, prev, hash, body FROM journal";

/// Reads the columns of [`JOURNAL`]; the body is still text.
pub(crate) fn journal_row(row: &Row<'_>) -> rusqlite::Result<(JournalEntry, String)> {
    Ok((
        JournalEntry {
            seq: row.get::<_, i64>(0)?.cast_unsigned(),
            at: time(row, 1)?,
            actor: row.get(2)?,
            kind: row.get(3)?,
            subject: row.get(4)?,
            body: Value::Null,
            prev: digest(row, 5)?,
            hash: digest(row, 6)?,
        },
        row.get(7)?,
    ))
}
