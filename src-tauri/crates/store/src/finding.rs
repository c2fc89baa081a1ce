//! Search over everything: what agents asked to send, in every version, with the people in it, what
//! was decided about it and why; and what was received.
//!
//! One document each, in a full-text index without a second copy of the text. Its number is that
//! of the journal entry with which the submission or the received message began: numbers follow
//! time across both, and who takes something from a row knows which ([`Tx::refind`]).
//!
//! The inbox takes its words from here too ([`conversations_with`]).
//!
//! The index follows the journal: a round takes the entries after the last one it saw and writes
//! the documents they are about, from the rows as they stand, in one transaction with its place.
//! Admission waits for none of it; a search catches up first, so it misses nothing committed.

use std::collections::BTreeSet;

use domain::{Draft, InboundId, Received, StateName, SubmissionId, Timestamp};
use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};

use crate::erasure::About;
use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::reads::inbound_row;
use crate::inbound::rows::InboundRow;
use crate::reply::Reply;
use crate::rows::{Cursor, Page, SubmissionRow};
use crate::sqlite::codec::{from_json, id};
use crate::sqlite::fault::Done;
use crate::sqlite::submissions::by_number;
use crate::sqlite::tx::Tx;

/// Words or phrases one search asks for; more say nothing more.
pub const SEARCH_WORDS_MAX: usize = 12;
/// Documents one page looks at before it hands back a cursor.
pub const SEARCH_LOOK_MAX: i64 = 20_000;
/// Conversations that words find: those they were last said in.
const CONVERSATIONS_MAX: usize = 1_000;
/// Journal entries one round follows.
const ROUND_ENTRIES: i64 = 1_000;
/// Characters of a document: what comes after is not found by its words.
const DOCUMENT_CHARS_MAX: usize = 1_000_000;
/// Where the index stands in the journal, in `meta`.
const FOLLOWED: &str = "finds_seq";

/// What to look for. Every word must be somewhere in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Search {
    /// Words or phrases, in any order and case; of the last word its beginning is enough.
    pub words: Vec<String>,
    /// Part of the sender's address: the mailbox's, or who wrote to it.
    pub from: Option<String>,
    /// Part of a recipient's address.
    pub to: Option<String>,
    /// Part of the address of the mailbox it left or came to.
    pub account: Option<String>,
    /// Part of the agent's name.
    pub agent: Option<String>,
    /// A submission in this state.
    pub state: Option<StateName>,
    /// A submission of which this rule decided some judgement.
    pub rule: Option<String>,
    /// A received message that wants this, by a person's word before the model's.
    pub intent: Option<String>,
    /// Asked or arrived before.
    pub before: Option<Timestamp>,
    /// Asked or arrived at or after.
    pub after: Option<Timestamp>,
    /// With a file.
    pub has_attachment: bool,
    /// Received, and not read yet.
    pub is_unread: bool,
}

impl Search {
    /// True if it asks for no more than words.
    pub fn is_words_only(&self) -> bool {
        let words = Search {
            words: self.words.clone(),
            ..Search::default()
        };
        *self == words
    }
}

/// Something that was found.
#[derive(Clone, PartialEq, Debug)]
pub enum Find {
    /// What an agent asked to send.
    Asked(Box<SubmissionRow>),
    /// What was received.
    Received(Box<InboundRow>),
}

impl Store {
    /// Brings the index up to a later place in the journal, a bounded round of it. True if there
    /// is more.
    pub fn index_finds(&self) -> Reply<bool> {
        self.write(|tx| tx.follow_journal())
    }

    /// True if the index stands at the end of the journal.
    pub fn finds_are_current(&self) -> Result<bool, StoreError> {
        self.read(|conn| {
            let end: i64 =
                conn.query_row("SELECT IFNULL(MAX(seq), 0) FROM journal", [], |row| {
                    row.get(0)
                })?;
            Ok(followed(conn)? >= end)
        })
    }

    /// One page of what matches, newest first. A page may be short, or empty, and still name a
    /// next one: it looked at [`SEARCH_LOOK_MAX`] documents and found no more among them.
    pub fn search(
        &self,
        search: &Search,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Find>, StoreError> {
        let limit = limit.clamp(1, domain::limits::PAGE_MAX);
        self.read(|conn| {
            let from = after.map_or(i64::MAX, |cursor| cursor.0);
            let mut found = matching(conn, search, from, limit + 1)?;
            let next = if found.len() > limit {
                found.truncate(limit);
                found.last().map(|one| one.seq)
            } else {
                looked_to(conn, search, from)?
            };
            let rows = found
                .into_iter()
                .map(|one| match (one.submission, one.inbound) {
                    (Some(n), _) => Ok(Find::Asked(Box::new(by_number(conn, n)?.row))),
                    (None, n) => {
                        let row = inbound_row(conn, n.unwrap_or_default())?;
                        Ok(Find::Received(Box::new(row)))
                    }
                })
                .collect::<Done<Vec<_>>>()?;
            Ok(Page {
                rows,
                next: next.map(Cursor),
            })
        })
    }
}

/// What a document is about, by the journal entry `f.seq` it began with.
const ABOUT: &str = "CROSS JOIN journal j ON j.seq = f.seq
    LEFT JOIN submissions s ON s.id = unhex(substr(j.subject, 5)) AND j.kind = 'submission.submitted'
    LEFT JOIN inbound i ON i.id = unhex(substr(j.subject, 5)) AND j.kind = 'inbound.arrived'";

/// Conversations one of whose newest documents has all of these words; none if they ask for none.
pub(crate) fn conversations_with(conn: &Connection, words: &[String]) -> Done<Option<Vec<i64>>> {
    let search = Search {
        words: words.to_vec(),
        ..Search::default()
    };
    if query(words).is_empty() {
        return Ok(None);
    }
    let (looked, values) = looked_at(&search, i64::MAX);
    let mut statement = conn.prepare_cached(&format!(
        "SELECT COALESCE(i.conversation, s.conversation)
         FROM ({looked} LIMIT {SEARCH_LOOK_MAX}) f {ABOUT}
         WHERE COALESCE(i.conversation, s.conversation) IS NOT NULL
         GROUP BY 1 ORDER BY MAX(f.seq) DESC LIMIT {CONVERSATIONS_MAX}"
    ))?;
    let rows = statement.query_map(params_from_iter(values.iter()), |row| row.get(0))?;
    Ok(Some(rows.collect::<Result<_, _>>()?))
}

/// A document that matches.
struct Match {
    seq: i64,
    submission: Option<i64>,
    inbound: Option<i64>,
}

/// The documents a page looks at, newest first: those with the words, or all.
fn looked_at(search: &Search, from: i64) -> (&'static str, Vec<Box<dyn ToSql>>) {
    let query = query(&search.words);
    match query.is_empty() {
        false => (
            "SELECT rowid AS seq FROM finds WHERE finds MATCH ? AND rowid < ? ORDER BY rowid DESC",
            vec![Box::new(query), Box::new(from)],
        ),
        true => (
            "SELECT rowid AS seq FROM finds WHERE rowid < ? ORDER BY rowid DESC",
            vec![Box::new(from)],
        ),
    }
}

/// Where a page that found too little stopped looking; none at the end.
fn looked_to(conn: &Connection, search: &Search, from: i64) -> Done<Option<i64>> {
    let (looked, values) = looked_at(search, from);
    let sql = format!("{looked} LIMIT 1 OFFSET {}", SEARCH_LOOK_MAX - 1);
    let last = conn
        .prepare_cached(&sql)?
        .query_row(params_from_iter(values.iter()), |row| row.get(0))
        .optional()?;
    Ok(last)
}

fn matching(conn: &Connection, search: &Search, from: i64, limit: usize) -> Done<Vec<Match>> {
    let (looked, mut values) = looked_at(search, from);
    // The subquery's LIMIT keeps it a loop of its own, and outermost: it is the bound.
    let mut sql = format!(
        "SELECT f.seq, s.n, i.n FROM ({looked} LIMIT {SEARCH_LOOK_MAX}) f {ABOUT} WHERE (0"
    );
    for (known, wanted) in [
        ("s.n", of_asked(search, "j.at")),
        ("i.n", of_received(search, "j.at")),
    ] {
        if let Some(wanted) = wanted {
            sql.push_str(&format!(" OR ({known} IS NOT NULL{})", wanted.sql));
            values.extend(wanted.values);
        }
    }
    sql.push(')');
    sql.push_str(&format!(" ORDER BY f.seq DESC LIMIT {limit}"));
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values.iter()), |row| {
        Ok(Match {
            seq: row.get(0)?,
            submission: row.get(1)?,
            inbound: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a search wants of one thing beside words: conditions, each behind an `AND`, and their
/// values in order.
#[derive(Default)]
pub(crate) struct Conditions {
    pub sql: String,
    pub values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    fn and(&mut self, condition: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
    }

    /// One in which every `?` stands for the same value.
    fn and_of<T: ToSql + Clone + 'static>(&mut self, condition: &str, value: Option<T>) {
        if let Some(value) = value {
            self.and(condition);
            for _ in condition.matches('?') {
                self.values.push(Box::new(value.clone()));
            }
        }
    }

    fn and_between(&mut self, search: &Search, at: &str) {
        let micros = |instant: Option<Timestamp>| instant.map(Timestamp::micros);
        self.and_of(&format!("{at} < ?"), micros(search.before));
        self.and_of(&format!("{at} >= ?"), micros(search.after));
    }
}

/// What a submission `s`, asked at `at`, has to be; none if no submission can be it.
pub(crate) fn of_asked(search: &Search, at: &str) -> Option<Conditions> {
    if search.intent.is_some() || search.is_unread {
        return None;
    }
    let mut wanted = Conditions::default();
    let mailbox = "s.mailbox IN (SELECT n FROM mailboxes WHERE address LIKE ? ESCAPE '\\')";
    wanted.and_of(mailbox, search.account.as_deref().map(part));
    wanted.and_of(mailbox, search.from.as_deref().map(part));
    wanted.and_of("s.state = ?", search.state.map(StateName::as_str));
    wanted.and_of(
        "EXISTS (SELECT 1 FROM decisions d WHERE d.submission = s.n AND d.primary_rule = ?)",
        search.rule.clone(),
    );
    wanted.and_of(
        "s.agent IN (SELECT n FROM agents WHERE name LIKE ? ESCAPE '\\')",
        search.agent.as_deref().map(part),
    );
    wanted.and_of(
        "EXISTS (SELECT 1 FROM recipients r WHERE r.submission = s.n
                 AND r.address LIKE ? ESCAPE '\\')",
        search.to.as_deref().map(part),
    );
    wanted.and_between(search, at);
    if search.has_attachment {
        wanted.and(
            "EXISTS (SELECT 1 FROM versions v JOIN attachments a ON a.version = v.n
                     WHERE v.submission = s.n)",
        );
    }
    Some(wanted)
}

/// What a received message `i`, arrived at `at`, has to be; none if none can be it.
pub(crate) fn of_received(search: &Search, at: &str) -> Option<Conditions> {
    if search.state.is_some() || search.rule.is_some() {
        return None;
    }
    let mut wanted = Conditions::default();
    let mailbox = "i.mailbox IN (SELECT n FROM mailboxes WHERE address LIKE ? ESCAPE '\\')";
    wanted.and_of(mailbox, search.account.as_deref().map(part));
    wanted.and_of(mailbox, search.to.as_deref().map(part));
    wanted.and_of("COALESCE(i.corrected, i.intent) = ?", search.intent.clone());
    wanted.and_of(
        "(SELECT c.agent FROM conversations c WHERE c.n = i.conversation)
         IN (SELECT n FROM agents WHERE name LIKE ? ESCAPE '\\')",
        search.agent.as_deref().map(part),
    );
    wanted.and_of(
        "i.contact IN (SELECT n FROM contacts WHERE n = i.contact AND folded LIKE ? ESCAPE '\\')",
        search.from.as_deref().map(part),
    );
    wanted.and_between(search, at);
    if search.has_attachment {
        // As the index has it, word for word: no text is read for it.
        wanted.and("json_array_length(i.reading, '$.files') > 0");
    }
    if search.is_unread {
        wanted.and("i.seen_at IS NULL");
    }
    Some(wanted)
}

/// The last journal entry the index saw.
fn followed(conn: &Connection) -> Done<i64> {
    let known = conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([FOLLOWED], |row| row.get(0))
        .optional()?;
    Ok(known.map_or(0, i64::from_be_bytes))
}

impl Tx<'_> {
    fn follow_journal(&mut self) -> Done<bool> {
        let from = followed(self.conn)?;
        let rows: Vec<(i64, String)> = self
            .conn
            .prepare_cached(
                "SELECT seq, subject FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            )?
            .query_map(params![from, ROUND_ENTRIES], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        let Some(last) = rows.last().map(|(seq, _)| *seq) else {
            return Ok(false);
        };
        let more = rows.len() >= usize::try_from(ROUND_ENTRIES).unwrap_or(usize::MAX);
        let subjects: BTreeSet<String> = rows.into_iter().map(|(_, subject)| subject).collect();
        for subject in subjects {
            if let Ok(id) = subject.parse::<SubmissionId>() {
                self.find_submission(id, &subject)?;
            } else if let Ok(id) = subject.parse::<InboundId>() {
                self.find_inbound(id, &subject)?;
            }
        }
        self.conn
            .prepare_cached(
                "INSERT INTO meta (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![FOLLOWED, last.to_be_bytes()])?;
        Ok(more)
    }

    /// Writes the document of a row anew, from what was left of it.
    pub(crate) fn refind(&mut self, about: About, n: i64) -> Done<()> {
        match about {
            About::Submission => {
                let id = self
                    .conn
                    .prepare_cached("SELECT id FROM submissions WHERE n = ?1")?
                    .query_row([n], |row| id(row, 0, SubmissionId::from_uuid))?;
                self.find_submission(id, &id.to_string())
            }
            About::Received => {
                let id = self
                    .conn
                    .prepare_cached("SELECT id FROM inbound WHERE n = ?1")?
                    .query_row([n], |row| id(row, 0, InboundId::from_uuid))?;
                self.find_inbound(id, &id.to_string())
            }
        }
    }

    /// Takes a document out of the index. `subject` is its id as the journal writes it.
    fn unfind(&mut self, subject: &str) -> Done<()> {
        if let Some(seq) = self.began(subject)? {
            self.conn
                .prepare_cached("DELETE FROM finds WHERE rowid = ?1")?
                .execute([seq])?;
        }
        Ok(())
    }

    fn began(&self, subject: &str) -> Done<Option<i64>> {
        Ok(self
            .conn
            .prepare_cached("SELECT MIN(seq) FROM journal WHERE subject = ?1")?
            .query_row([subject], |row| row.get(0))?)
    }

    fn put_find(&mut self, subject: &str, document: &Document) -> Done<()> {
        self.unfind(subject)?;
        let seq = self.began(subject)?;
        self.conn
            .prepare_cached(
                "INSERT INTO finds (rowid, subject, people, body, said) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                seq,
                document.subject,
                document.people,
                document.body,
                document.said
            ])?;
        Ok(())
    }

    fn find_submission(&mut self, id: SubmissionId, subject: &str) -> Done<()> {
        let found: Option<(i64, String, Option<String>)> = self
            .conn
            .prepare_cached(
                "SELECT s.n, m.address || ' ' || a.name, s.review_reason FROM submissions s
                 JOIN mailboxes m ON m.n = s.mailbox JOIN agents a ON a.n = s.agent
                 WHERE s.id = ?1",
            )?
            .query_row([id.uuid().as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((n, people, reason)) = found else {
            return Ok(());
        };
        let mut document = Document::default();
        document.people.push_str(&people);
        push(&mut document.said, reason.as_deref().unwrap_or_default());
        let texts = |sql: &str| -> Done<Vec<String>> {
            Ok(self
                .conn
                .prepare_cached(sql)?
                .query_map([n], |row| row.get(0))?
                .collect::<Result<_, _>>()?)
        };
        for address in texts("SELECT address FROM recipients WHERE submission = ?1")? {
            push(&mut document.people, &address);
        }
        for draft in texts("SELECT draft FROM versions WHERE submission = ?1 ORDER BY n DESC")? {
            let draft: Draft = from_json("a version", &draft)?;
            push(&mut document.subject, &draft.subject);
            for named in draft.to.iter().chain(&draft.cc).chain(&draft.bcc) {
                push(
                    &mut document.people,
                    named.name.as_deref().unwrap_or_default(),
                );
            }
            let body = draft.text.as_deref().or(draft.html.as_deref());
            push(&mut document.body, body.unwrap_or_default());
            push(
                &mut document.said,
                draft.reason.as_deref().unwrap_or_default(),
            );
        }
        for said in texts("SELECT text FROM notes WHERE submission = ?1 ORDER BY n")? {
            push(&mut document.said, &said);
        }
        let sentences = "SELECT sentence FROM decisions WHERE submission = ?1
                         AND sentence IS NOT NULL ORDER BY n";
        for sentence in texts(sentences)? {
            push(&mut document.said, &sentence);
        }
        self.put_find(subject, &document)
    }

    fn find_inbound(&mut self, id: InboundId, subject: &str) -> Done<()> {
        let found: Option<(String, String)> = self
            .conn
            .prepare_cached(
                "SELECT i.reading, m.address FROM inbound i JOIN mailboxes m ON m.n = i.mailbox
                 WHERE i.id = ?1",
            )?
            .query_row([id.uuid().as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((reading, mailbox)) = found else {
            return Ok(());
        };
        let read: Received = from_json("a received message", &reading)?;
        let mut document = Document {
            subject: read.subject,
            people: mailbox,
            ..Document::default()
        };
        if let Some(from) = &read.from {
            push(&mut document.people, from.address.as_str());
            push(
                &mut document.people,
                from.name.as_deref().unwrap_or_default(),
            );
        }
        for text in [&read.new_text, &read.forwarded_text, &read.signature] {
            push(&mut document.body, text);
        }
        for file in &read.files {
            push(
                &mut document.body,
                file.filename.as_deref().unwrap_or_default(),
            );
        }
        self.put_find(subject, &document)
    }
}

/// What is indexed of one thing.
#[derive(Default)]
struct Document {
    subject: String,
    people: String,
    body: String,
    said: String,
}

/// Adds a text, as far as there is room.
fn push(to: &mut String, text: &str) {
    let room = DOCUMENT_CHARS_MAX.saturating_sub(to.len());
    if !text.is_empty() && room > 0 {
        to.push('\n');
        to.extend(text.chars().take(room));
    }
}

/// What a person typed as a query: every word or phrase, the last one as far as it is typed.
/// Nothing they type is an operator.
fn query(words: &[String]) -> String {
    let phrases: Vec<String> = words
        .iter()
        .take(SEARCH_WORDS_MAX)
        .map(|word| {
            let tokens: Vec<&str> = word
                .split(|c: char| !c.is_alphanumeric())
                .filter(|token| !token.is_empty())
                .collect();
            tokens.join(" ")
        })
        .filter(|phrase| !phrase.is_empty())
        .map(|phrase| format!("\"{phrase}\""))
        .collect();
    match phrases.is_empty() {
        true => String::new(),
        false => format!("{}*", phrases.join(" ")),
    }
}

/// The pattern for a text that holds `part`.
pub(crate) fn part(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_person_types_is_an_operator() {
        let of = |words: &[&str]| query(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(of(&["offer", "spr"]), "\"offer\" \"spr\"*");
        assert_eq!(of(&["a\" OR b*", "NOT"]), "\"a OR b\" \"NOT\"*");
        assert_eq!(of(&["dana@acme.example"]), "\"dana acme example\"*");
        assert_eq!(of(&[" -- "]), "");
    }
}
