//! Who and what names a contact.
//!
//! A walk through everything kept, not a look into an index: an address may stand in a text, in
//! `Reply-To`, in a list that was sent as a file, in what somebody else quoted. What a file packs
//! (PDF, ZIP, office documents), files that were received and texts beyond what is recorded of a
//! received message are not read: they go only with a message that names the contact itself.

use domain::{Address, StateName};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use crate::erasure::Naming;
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
}

impl Store {
    /// What an erasure of this address would take.
    pub fn naming(&self, address: &Address) -> Result<Naming, StoreError> {
        self.read(|conn| {
            let named = Named::find(conn, address)?;
            named.count(conn)
        })
    }
}

impl Named {
    pub fn find(conn: &Connection, address: &Address) -> Done<Named> {
        let folded = address.folded();
        let contact: Option<i64> = conn
            .prepare_cached("SELECT n FROM contacts WHERE folded = ?1")?
            .query_row([&folded], |row| row.get(0))
            .optional()?;
        let mut forms = vec![folded, address.as_str().to_lowercase()];
        let written = "SELECT DISTINCT lower(address) FROM recipients WHERE contact = ?1
             UNION SELECT DISTINCT lower(reading ->> '$.from.address') FROM inbound
             WHERE contact = ?1 AND reading ->> '$.from.address' IS NOT NULL";
        forms.extend(
            conn.prepare(written)?
                .query_map([contact], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()?,
        );
        forms.dedup();
        let holds = |column: &str| -> String {
            let one = |place: usize| format!("instr(lower({column}), ?{place}) > 0");
            let all: Vec<String> = (2..forms.len() + 2).map(one).collect();
            format!("({})", all.join(" OR "))
        };
        let mut values: Vec<&dyn ToSql> = vec![&contact];
        values.extend(forms.iter().map(|form| form as &dyn ToSql));
        let numbers = |sql: &str| -> Done<Vec<i64>> {
            let mut statement = conn.prepare(sql)?;
            let rows = statement.query_map(values.as_slice(), |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let submissions = numbers(&format!(
            "SELECT submission FROM recipients WHERE contact = ?1
             UNION SELECT submission FROM versions WHERE {} OR {}
             UNION SELECT v.submission FROM attachments a JOIN versions v ON v.n = a.version
             WHERE {}
             UNION SELECT submission FROM notes WHERE {}
             UNION SELECT n FROM submissions WHERE {} OR {} ORDER BY 1",
            holds("draft"),
            holds("COALESCE(reason, '')"),
            holds("CAST(a.content AS TEXT)"),
            holds("text"),
            holds("COALESCE(review_reason, '')"),
            holds("COALESCE(state_reason, '')"),
        ))?;
        let received = numbers(&format!(
            "SELECT n FROM inbound WHERE contact = ?1 OR {} OR {} ORDER BY 1",
            holds("reading"),
            holds("done"),
        ))?;
        drop(values);
        Ok(Named {
            contact,
            forms,
            submissions,
            received,
        })
    }

    /// True if a text names them.
    pub fn names(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.forms.iter().any(|form| text.contains(form))
    }

    pub fn count(&self, conn: &Connection) -> Done<Naming> {
        let mut naming = Naming {
            sent: self.submissions.len() as u64,
            received: self.received.len() as u64,
            ..Naming::default()
        };
        let mut conversations = std::collections::BTreeSet::new();
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
        naming.policies = of("SELECT COUNT(*) FROM policies WHERE instr(lower(text), ?1) > 0")?;
        let pages: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let size: i64 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        naming.octets = pages.saturating_mul(size).cast_unsigned();
        Ok(naming)
    }
}
