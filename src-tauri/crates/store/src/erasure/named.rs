//! Who and what names a contact.
//!
//! A walk through everything kept, not a look into an index: an address may stand in a text, in
//! `Reply-To`, in a list that was sent as a file, in what somebody else quoted; of received mail also
//! in its exact bytes, see `inside`. What a file packs (PDF, ZIP, office documents) is not read: it
//! goes only with a message that names the contact itself.

use std::collections::BTreeSet;

use domain::{Address, StateName};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde_json::Value;

use crate::erasure::Naming;
use crate::erasure::inside::Inside;
use crate::erasure::spelled::spells;
use crate::error::StoreError;
use crate::handle::Store;
use crate::sqlite::codec::from_word;
use crate::sqlite::fault::Done;

/// Rows that name a contact.
pub(super) struct Named {
    /// Their contact, if they are one.
    pub contact: Option<i64>,
    /// Every form of their address that is known here, in small letters; the folded one first.
    pub forms: Vec<String>,
    /// Rows of submissions, in order.
    pub submissions: Vec<i64>,
    /// Rows of received messages, in order.
    pub received: Vec<i64>,
    /// Received messages beside those that are damaged: whether they name anybody is not known.
    pub unread: u64,
}

/// A column that may name somebody: the row it belongs to, its table, its name, what it holds.
type Column = (&'static str, &'static str, &'static str, Kind);

/// How a column is read.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Json,
}

impl Store {
    /// What an erasure of this address would take. `inside` is what was found in received mail.
    pub fn naming(&self, address: &Address, mut inside: Inside) -> Result<Naming, StoreError> {
        self.read(|conn| {
            let named = Named::find(conn, address, &mut inside)?;
            named.count(conn)
        })
    }
}

/// Their contact, and every form of their address that is known here, in small letters, its domain
/// also in its own script; the folded one first.
pub(super) fn forms(conn: &Connection, address: &Address) -> Done<(Option<i64>, Vec<String>)> {
    let folded = address.folded();
    let contact: Option<i64> = conn
        .prepare_cached("SELECT n FROM contacts WHERE folded = ?1")?
        .query_row([&folded], |row| row.get(0))
        .optional()?;
    let written = "SELECT DISTINCT address FROM recipients WHERE contact = ?1
         UNION SELECT DISTINCT reading ->> '$.from.address' FROM inbound
         WHERE contact = ?1 AND reading ->> '$.from.address' IS NOT NULL";
    let written = conn
        .prepare(written)?
        .query_map([contact], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut forms = vec![folded.clone()];
    for one in [folded.as_str(), address.as_str()]
        .into_iter()
        .chain(written.iter().map(String::as_str))
    {
        // SQLite knows the small letters of ASCII alone.
        let mut spellings = vec![one.to_lowercase()];
        if let Ok(read) = one.parse::<Address>() {
            let eye = format!("{}@{}", read.local(), read.domain_unicode());
            spellings.push(eye.to_lowercase());
        }
        for form in spellings {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    Ok((contact, forms))
}

impl Named {
    pub fn find(conn: &Connection, address: &Address, inside: &mut Inside) -> Done<Named> {
        let (contact, forms) = forms(conn, address)?;
        inside.go_on(conn, &forms)?;
        let mut named = Named {
            contact,
            forms,
            submissions: Vec::new(),
            received: Vec::new(),
            unread: 0,
        };
        named.submissions = named.numbers(
            conn,
            "SELECT submission FROM recipients WHERE contact = ?1",
            &[
                ("submission", "versions", "draft", Kind::Json),
                ("submission", "versions", "reason", Kind::Text),
                (
                    "(SELECT submission FROM versions v WHERE v.n = attachments.version)",
                    "attachments",
                    "content",
                    Kind::Text,
                ),
                ("submission", "notes", "text", Kind::Text),
                ("n", "submissions", "review_reason", Kind::Text),
                ("n", "submissions", "state_reason", Kind::Text),
            ],
        )?;
        named.received = named.numbers(
            conn,
            "SELECT n FROM inbound WHERE contact = ?1",
            &[
                ("n", "inbound", "reading", Kind::Json),
                ("n", "inbound", "done", Kind::Json),
            ],
        )?;
        named.received.extend(inside.received(conn)?);
        named.received.sort_unstable();
        named.received.dedup();
        let damaged = inside.damaged(conn)?.into_iter();
        let others = damaged.filter(|n| named.received.binary_search(n).is_err());
        named.unread = others.count() as u64;
        Ok(named)
    }

    /// Rows of theirs by their contact, and those in a column of which they are named.
    fn numbers(&self, conn: &Connection, theirs: &str, columns: &[Column]) -> Done<Vec<i64>> {
        let mut statement = conn.prepare(theirs)?;
        let mut numbers: BTreeSet<i64> = statement
            .query_map([self.contact], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for (owner, table, column, kind) in columns {
            let mut statement = conn.prepare(&format!(
                "SELECT {owner}, CAST({column} AS BLOB) FROM {table}
                 WHERE {column} IS NOT NULL AND ({})",
                self.may_be_in(column)
            ))?;
            let mut rows = match statement.parameter_count() {
                0 => statement.query([])?,
                _ => statement.query(params_from_iter(&self.forms))?,
            };
            while let Some(row) = rows.next()? {
                let bytes = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
                let text = String::from_utf8_lossy(bytes);
                let is_named = match kind {
                    Kind::Json => self.names_in_json(&text),
                    Kind::Text => self.names(&text),
                };
                if is_named {
                    numbers.insert(row.get(0)?);
                }
            }
        }
        Ok(numbers.into_iter().collect())
    }

    /// Which rows have to be read for a column: SQLite leaves out most of them. Whether the rest hold
    /// this address or a longer one it cannot say, nor anything of letters beyond ASCII, whose small
    /// form it does not know.
    fn may_be_in(&self, column: &str) -> String {
        if !self.forms.iter().all(|form| form.is_ascii()) {
            return "1".to_owned();
        }
        let holds: Vec<String> = (1..=self.forms.len())
            .map(|place| format!("instr(lower(CAST({column} AS TEXT)), ?{place}) > 0"))
            .collect();
        holds.join(" OR ")
    }

    /// True if an address is theirs.
    pub fn is(&self, address: &Address) -> bool {
        let is = |one: &str| self.forms.iter().any(|form| form == one);
        is(&address.as_str().to_lowercase()) || is(&address.folded())
    }

    /// True if a text names them: an address of theirs stands in it, not one that is longer.
    pub fn names(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.forms.iter().any(|form| spells(&text, form))
    }

    /// The same of what stands in JSON, its escapes undone.
    pub fn names_in_json(&self, json: &str) -> bool {
        match serde_json::from_str(json) {
            Ok(value) => self.names_in_value(&value),
            Err(_) => self.names(json),
        }
    }

    fn names_in_value(&self, value: &Value) -> bool {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
            Value::String(text) => self.names(text),
            Value::Array(list) => list.iter().any(|one| self.names_in_value(one)),
            Value::Object(map) => map
                .iter()
                .any(|(key, one)| self.names(key) || self.names_in_value(one)),
        }
    }

    pub fn count(&self, conn: &Connection) -> Done<Naming> {
        let mut naming = Naming {
            sent: self.submissions.len() as u64,
            received: self.received.len() as u64,
            unread: self.unread,
            ..Naming::default()
        };
        let mut conversations = BTreeSet::new();
        for n in &self.submissions {
            let (state, conversation, files, others): (String, Option<i64>, i64, bool) = conn
                .prepare_cached(
                    "SELECT s.state, s.conversation,
                     (SELECT COUNT(*) FROM attachments a JOIN versions v ON v.n = a.version
                      WHERE v.submission = s.n AND length(a.content) > 0),
                     EXISTS (SELECT 1 FROM recipients r WHERE r.submission = s.n
                             AND r.contact IS NOT ?2)
                     FROM submissions s WHERE s.n = ?1",
                )?
                .query_row(params![n, self.contact], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })?;
            naming.attachments += files.cast_unsigned();
            naming.shared += u64::from(others);
            conversations.extend(conversation);
            match from_word::<StateName>("a submission", &state)? {
                StateName::Held | StateName::Deferred | StateName::Queued => naming.waiting += 1,
                StateName::Sending | StateName::Uncertain => naming.under_way += 1,
                StateName::Observed
                | StateName::Sent
                | StateName::Bounced
                | StateName::Blocked
                | StateName::Rejected
                | StateName::Expired
                | StateName::Cancelled
                | StateName::Failed => {}
            }
        }
        for n in &self.received {
            let (conversation, files): (i64, i64) = conn
                .prepare_cached(
                    "SELECT conversation, COALESCE(json_array_length(reading, '$.files'), 0)
                     FROM inbound WHERE n = ?1",
                )?
                .query_row([n], |row| Ok((row.get(0)?, row.get(1)?)))?;
            naming.attachments += files.cast_unsigned();
            conversations.insert(conversation);
        }
        naming.conversations = conversations.len() as u64;
        let of = |sql: &str| -> Done<u64> {
            let n: i64 = conn
                .prepare_cached(sql)?
                .query_row([self.forms.first()], |row| row.get(0))?;
            Ok(n.cast_unsigned())
        };
        naming.suppressions =
            of("SELECT COUNT(*) FROM suppressions WHERE pattern = ?1 AND lifted_at IS NULL")?;
        let mut statement = conn.prepare("SELECT text FROM policies")?;
        let mut policies = statement.query([])?;
        while let Some(row) = policies.next()? {
            let text: String = row.get(0)?;
            naming.policies += u64::from(self.names(&text));
        }
        let pages: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let size: i64 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        naming.octets = pages.saturating_mul(size).cast_unsigned();
        Ok(naming)
    }
}
