//! Words of mail, received and sent: a full-text index without a second copy of the text.
//!
//! Received messages are indexed as they arrive. What agents ask to send is indexed afterwards, in
//! rounds: admission must not wait for it.

use domain::Draft;
use domain::received::Received;
use rusqlite::{Connection, OptionalExtension, params};

use crate::handle::Store;
use crate::reply::Reply;
use crate::sqlite::codec::from_json;
use crate::sqlite::fault::Done;
use crate::sqlite::tx::Tx;

/// Messages one search finds, newest first.
const FOUND_MAX: i64 = 500;
/// Words of one search.
const WORDS_MAX: usize = 12;
/// Versions indexed in one round.
const ROUND_MAX: i64 = 200;
/// Where the index of sent mail stands, in `meta`.
const INDEXED: &str = "texts_versions";

impl Store {
    /// Indexes sent mail that is not indexed yet, a bounded round of it. True if there is more.
    pub fn index_sent(&self) -> Reply<bool> {
        self.write(|tx| tx.index_versions())
    }
}

impl Tx<'_> {
    pub(crate) fn index_inbound(&mut self, n: i64, read: &Received) -> Done<()> {
        let body = format!("{}\n{}", read.new_text, read.forwarded_text);
        self.put_text(n.saturating_mul(2), &read.subject, &body)
    }

    fn put_text(&mut self, rowid: i64, subject: &str, body: &str) -> Done<()> {
        self.conn
            .prepare_cached("INSERT INTO texts (rowid, subject, body) VALUES (?1, ?2, ?3)")?
            .execute(params![rowid, subject, body])?;
        Ok(())
    }

    fn index_versions(&mut self) -> Done<bool> {
        let from: i64 = self
            .conn
            .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
            .query_row([INDEXED], |row| row.get(0))
            .optional()?
            .map_or(0, i64::from_be_bytes);
        let rows: Vec<(i64, String, String)> = self
            .conn
            .prepare_cached(
                "SELECT n, subject, draft FROM versions WHERE n > ?1 ORDER BY n LIMIT ?2",
            )?
            .query_map(params![from, ROUND_MAX], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect::<Result<_, _>>()?;
        let Some(last) = rows.last().map(|(n, ..)| *n) else {
            return Ok(false);
        };
        let more = rows.len() >= usize::try_from(ROUND_MAX).unwrap_or(usize::MAX);
        for (n, subject, draft) in rows {
            let draft: Draft = from_json("a version", &draft)?;
            let body = draft.text.or(draft.html).unwrap_or_default();
            self.put_text(n.saturating_mul(2).saturating_add(1), &subject, &body)?;
        }
        self.conn
            .prepare_cached(
                "INSERT INTO meta (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![INDEXED, last.to_be_bytes()])?;
        Ok(more)
    }
}

/// Conversations with all of these words in one of their messages.
pub(crate) fn conversations(conn: &Connection, words: &str) -> Done<Vec<i64>> {
    let query = query(words);
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT COALESCE(i.conversation, s.conversation)
         FROM (SELECT rowid AS t FROM texts WHERE texts MATCH ?1 ORDER BY rowid DESC LIMIT ?2)
         LEFT JOIN inbound i ON t % 2 = 0 AND i.n = t / 2
         LEFT JOIN versions v ON t % 2 = 1 AND v.n = t / 2
         LEFT JOIN submissions s ON s.n = v.submission
         WHERE COALESCE(i.conversation, s.conversation) IS NOT NULL",
    )?;
    let rows = statement.query_map(params![query, FOUND_MAX], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a person typed as a query: every word, the last one as far as it is typed. Nothing they
/// type is an operator.
fn query(words: &str) -> String {
    let words: Vec<String> = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .map(|word| format!("\"{word}\""))
        .collect();
    match words.is_empty() {
        true => String::new(),
        false => format!("{}*", words.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_person_types_is_an_operator() {
        assert_eq!(query("offer spr"), "\"offer\" \"spr\"*");
        assert_eq!(query("a\" OR b*"), "\"a\" \"OR\" \"b\"*");
        assert_eq!(query(" -- "), "");
    }
}
