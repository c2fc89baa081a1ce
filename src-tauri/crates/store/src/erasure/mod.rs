//! What is taken out on purpose: everything about a contact, or what is older than it need be.
//!
//! There are no keys to throw away: content lies in plain rows, so it is the rows that go. A row
//! stays where the journal or a counter leans on it, emptied of whom it was about and what it said;
//! texts, bytes and index entries go for good. `gone` says which journal entry took them, so that
//! a text that is missing without one is still tampering to `verify`. SQLite overwrites what it
//! frees meanwhile (`secure_delete`), and a sweep afterwards rewrites the index, the file and the
//! log.
//!
//! - `named`: who and what names a contact, `inside`: in received bytes, `spelled`: and not somebody
//!   with a longer address. `erase`: takes it out, in one transaction.
//! - `blank`: rows emptied. `retain`: what has grown old, in bounded rounds. `sweep`: the bytes.

mod blank;
mod erase;
mod inside;
mod named;
pub(crate) mod retain;
mod spelled;
pub(crate) mod sweep;

use domain::journal::JournalKind;
use domain::{InboundId, SubmissionId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::reads::inbound_n;
use crate::sqlite::fault::Done;

pub(crate) use blank::{is_emptied, must_have_bytes};
use erase::stand_in;
pub use inside::{Inside, Opens};

/// What names a contact, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Naming {
    /// Submissions to them, or that name them.
    pub sent: u64,
    /// Received messages from them, or that name them.
    pub received: u64,
    /// Received messages beside these that are damaged, so that nobody can say whom they name: an
    /// erasure passes by them.
    pub unread: u64,
    /// Conversations with any of these.
    pub conversations: u64,
    /// Files in any of these.
    pub attachments: u64,
    /// Of the submissions, those that wait: they are cancelled first.
    pub waiting: u64,
    /// Of the submissions, those on the wire or uncertain: they are to be settled before.
    pub under_way: u64,
    /// Of the submissions, those that went to others too.
    pub shared: u64,
    /// Rows of suppressions in force that name them: these go on holding, without the address.
    pub suppressions: u64,
    /// Published policies whose text names them: the record keeps these word for word.
    pub policies: u64,
    /// Octets of the database file, which is written anew.
    pub octets: u64,
}

impl Naming {
    /// True if nothing here names them.
    pub fn is_nothing(&self) -> bool {
        let Naming {
            sent,
            received,
            suppressions,
            ..
        } = self;
        *sent == 0 && *received == 0 && *suppressions == 0
    }
}

/// A kind of content that need not be kept for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kept {
    /// Texts of sent and received mail, and the bytes that hold them.
    Bodies,
    /// The exact bytes of received mail; what was read in them stays.
    Raw,
    /// Files, sent and received, and the bytes that hold them.
    Attachments,
}

impl Kept {
    /// All kinds.
    pub const ALL: [Kept; 3] = [Kept::Bodies, Kept::Raw, Kept::Attachments];

    /// As the journal has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kept::Bodies => "bodies",
            Kept::Raw => "raw",
            Kept::Attachments => "attachments",
        }
    }
}

/// What was taken out of one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    /// One kind of content, for its age.
    Aged(Kept),
    /// Everything, because it named a contact who was erased.
    Erased,
}

impl Gone {
    const fn number(self) -> i64 {
        match self {
            Gone::Aged(Kept::Bodies) => 0,
            Gone::Aged(Kept::Raw) => 1,
            Gone::Aged(Kept::Attachments) => 2,
            Gone::Erased => 3,
        }
    }

    /// `erased`, or the kind that grew old.
    pub const fn as_str(self) -> &'static str {
        match self {
            Gone::Erased => "erased",
            Gone::Aged(kind) => kind.as_str(),
        }
    }

    const fn of(number: i64) -> Gone {
        match number {
            0 => Gone::Aged(Kept::Bodies),
            1 => Gone::Aged(Kept::Raw),
            2 => Gone::Aged(Kept::Attachments),
            _ => Gone::Erased,
        }
    }
}

/// What one entry of the journal says was taken out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taking {
    /// What of each.
    pub what: Gone,
    /// Ids of submissions and received messages.
    pub ids: Vec<String>,
}

impl Taking {
    /// Reads an entry; nothing for one that tells of something else.
    pub fn of(kind: &str, body: &Value) -> Option<Taking> {
        let what = if kind == JournalKind::Erased.as_str() {
            Gone::Erased
        } else if kind == JournalKind::Retained.as_str() {
            let word = body.get("what").and_then(Value::as_str)?;
            Gone::Aged(Kept::ALL.into_iter().find(|kind| kind.as_str() == word)?)
        } else {
            return None;
        };
        let listed = ["submissions", "received"].into_iter().flat_map(|name| {
            let ids = body.get(name).and_then(Value::as_array);
            ids.into_iter().flatten()
        });
        let ids = listed
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        Some(Taking { what, ids })
    }
}

/// A kind of row that something may be gone from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum About {
    Submission,
    Received,
}

impl About {
    const fn number(self) -> i64 {
        match self {
            About::Submission => 0,
            About::Received => 1,
        }
    }
}

/// What is gone from a row, when, and under which journal entry; the most of it first.
pub(crate) fn gone(conn: &Connection, about: About, n: i64) -> Done<Vec<(Gone, Timestamp, u64)>> {
    let rows = conn
        .prepare_cached(
            "SELECT what, at, seq FROM gone WHERE about = ?1 AND n = ?2 ORDER BY what DESC",
        )?
        .query_map(params![about.number(), n], |row| {
            let seq: i64 = row.get(2)?;
            Ok((
                Gone::of(row.get(0)?),
                Timestamp::from_micros(row.get(1)?),
                seq.cast_unsigned(),
            ))
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

impl Store {
    /// What was taken out of a submission, the most of it first.
    pub fn gone_from(&self, id: SubmissionId) -> Result<Vec<(Gone, Timestamp)>, StoreError> {
        self.read(|conn| {
            let n: Option<i64> = conn
                .prepare_cached("SELECT n FROM submissions WHERE id = ?1")?
                .query_row([id.uuid().as_bytes()], |row| row.get(0))
                .optional()?;
            told(conn, About::Submission, n)
        })
    }

    /// What was taken out of a received message, the most of it first.
    pub fn gone_from_received(&self, id: InboundId) -> Result<Vec<(Gone, Timestamp)>, StoreError> {
        self.read(|conn| told(conn, About::Received, inbound_n(conn, id)?))
    }
}

fn told(conn: &Connection, about: About, n: Option<i64>) -> Done<Vec<(Gone, Timestamp)>> {
    let rows = n.map(|n| gone(conn, about, n)).transpose()?;
    let rows = rows.unwrap_or_default().into_iter();
    Ok(rows.map(|(what, at, _)| (what, at)).collect())
}

/// The pattern that stands for a folded address that was erased; none before anybody was.
pub(crate) fn erased_pattern(conn: &Connection, folded: &str) -> Done<Option<String>> {
    let key: Option<[u8; 32]> = conn
        .prepare_cached("SELECT value FROM meta WHERE key = 'erased_key'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(key.map(|key| stand_in(&key, folded)))
}
