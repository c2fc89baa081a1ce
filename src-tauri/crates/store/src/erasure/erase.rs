//! Erasing a contact: one transaction, before or after and nothing between.

use domain::journal::JournalKind;
use domain::{Actor, Address, ChangeKind, Digest, InboundId, StateName, SubmissionId, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value, json};

use crate::erasure::blank::StandIn;
use crate::erasure::inside::Inside;
use crate::erasure::named::Named;
use crate::erasure::sweep;
use crate::erasure::{About, Gone, Naming};
use crate::error::StoreError;
use crate::handle::Store;
use crate::operator::suppression_digest;
use crate::people::{listing, row_digest};
use crate::reply::Reply;
use crate::review::wrong;
use crate::sqlite::codec::{from_json, id, json as to_json};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::by_number;
use crate::sqlite::tx::Tx;

/// Messages one journal entry names; an erasure of more is several entries.
pub(super) const IDS_PER_ENTRY: usize = 500;
/// How a pattern begins that stands for an erased address.
const MARK: &str = "erased:";

impl Store {
    /// Erases a contact: cancels what waits for them, then takes their address, every text, file,
    /// index entry and note of any message that names them. Suppressions and agents' lists go on
    /// holding under a keyed digest. [`Store::sweep`] then overwrites the bytes; until it has, it is
    /// due at every start. `inside` is what was found in received mail, see [`Store::inside`].
    ///
    /// Errors: [`StoreError::WrongState`] while a message to them is on the wire or uncertain,
    /// [`StoreError::NotFound`] if nothing names them.
    pub fn erase(&self, address: Address, mut inside: Inside, now: Timestamp) -> Reply<Naming> {
        self.write(move |tx| {
            sweep::overwrite_freed(tx.conn, true)?;
            let done = tx.erase(&address, &mut inside, now);
            sweep::overwrite_freed(tx.conn, false)?;
            done
        })
    }
}

/// The pattern that stands for a folded address.
pub(crate) fn stand_in(key: &[u8; 32], folded: &str) -> String {
    let digest = Digest::of_parts([key.as_slice(), folded.as_bytes()]);
    format!("{MARK}{digest}")
}

impl Tx<'_> {
    fn erase(&mut self, address: &Address, inside: &mut Inside, now: Timestamp) -> Done<Naming> {
        let at = self.at(now);
        let naming = self.cancel_named(address, inside, at)?;
        // Cancelling wrote journal entries and nothing else that names anyone.
        let named = Named::find(self.conn, address, inside)?;
        let key = self.erased_key()?;
        let pattern = stand_in(&key, &address.folded());
        let contact = named.contact.unwrap_or(0);
        let instead: Address = format!("erased-{contact}@{}", address.domain())
            .parse()
            .map_err(|error| Fault(StoreError::damaged("an address", error)))?;

        let mut first = Map::new();
        first.insert("contact".to_owned(), json!(pattern));
        self.erase_lists(&named, &pattern, &mut first)?;
        let seq = self.name_in_journal(&named, first, at)?;

        let stand_in = StandIn {
            named: &named,
            address: instead,
        };
        for n in &named.submissions {
            self.erase_submission(*n, &stand_in)?;
        }
        for n in &named.received {
            self.erase_received(*n, &stand_in)?;
        }
        for (about, numbers) in [
            (About::Submission, &named.submissions),
            (About::Received, &named.received),
        ] {
            for (place, n) in numbers.iter().enumerate() {
                let entry = seq + entry_of(&named, about, place);
                self.put_gone(about, *n, Gone::Erased, (entry, at))?;
            }
        }
        self.erase_traces(&named, &stand_in)?;
        sweep::set_due(self.conn)?;
        self.change(at, ChangeKind::Suppressions)?;
        self.change(at, ChangeKind::Mailboxes)?;
        self.change(at, ChangeKind::Contacts)?;
        self.touch_directory();
        Ok(naming)
    }

    /// Counts what names the contact, and cancels of it what waits.
    fn cancel_named(
        &mut self,
        address: &Address,
        inside: &mut Inside,
        at: Timestamp,
    ) -> Done<Naming> {
        let named = Named::find(self.conn, address, inside)?;
        let naming = named.count(self.conn)?;
        if naming.is_nothing() && named.contact.is_none() {
            return Err(Fault(StoreError::not_found(
                "message or list naming",
                address,
            )));
        }
        for n in &named.submissions {
            let before = by_number(self.conn, *n)?;
            match before.row.state.name() {
                StateName::Sending | StateName::Uncertain => return Err(wrong("erase", &before)),
                StateName::Held | StateName::Deferred | StateName::Queued => {
                    let mut after = before.clone();
                    after.ended(before.row.state.clone().cancelled()?, at)?;
                    after.release();
                    let mut body = Map::new();
                    body.insert("because".to_owned(), json!("erased"));
                    let kind = JournalKind::Cancelled;
                    self.moved(&before, after, at, Actor::Operator, kind, body)?;
                }
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
        Ok(naming)
    }

    /// What erased addresses are digested with, made with the first of them.
    fn erased_key(&mut self) -> Done<[u8; 32]> {
        let known = self
            .conn
            .prepare_cached("SELECT value FROM meta WHERE key = 'erased_key'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        if let Some(key) = known {
            return Ok(key);
        }
        let key = self.ids.secret();
        self.conn
            .prepare_cached("INSERT INTO meta (key, value) VALUES ('erased_key', ?1)")?
            .execute([key])?;
        Ok(key)
    }

    /// Lists go on holding under the pattern; what says more of them goes. `entry` learns what the
    /// journal has to vouch for from now on.
    fn erase_lists(
        &mut self,
        named: &Named,
        pattern: &str,
        entry: &mut Map<String, Value>,
    ) -> Done<()> {
        let folded = named.forms.first();
        let kept: Vec<Value> = self
            .conn
            .prepare_cached(
                "SELECT id, salt, scope, reason, expires_at FROM suppressions WHERE pattern = ?1",
            )?
            .query_map([folded], |row| {
                let (salt, scope, reason): (Vec<u8>, String, String) =
                    (row.get(1)?, row.get(2)?, row.get(3)?);
                let digest = suppression_digest(&salt, pattern, &scope, &reason, row.get(4)?);
                Ok(json!({ "id": row.get::<_, i64>(0)?, "digest": digest }))
            })?
            .collect::<Result<_, _>>()?;
        entry.insert("suppressions".to_owned(), json!(kept));
        self.conn
            .prepare_cached(
                "UPDATE suppressions SET pattern = ?2, note = NULL, lift_note = NULL
                 WHERE pattern = ?1",
            )?
            .execute(params![folded, pattern])?;
        let kept: Vec<Value> = self
            .conn
            .prepare_cached(
                "SELECT id, salt, allowed, expires_at FROM agent_recipients WHERE pattern = ?1",
            )?
            .query_map([folded], |row| {
                let (salt, allowed): (Vec<u8>, bool) = (row.get(1)?, row.get(2)?);
                let ends = row.get::<_, Option<i64>>(3)?.map(Timestamp::from_micros);
                let digest = row_digest(&salt, pattern, listing(allowed), ends);
                Ok(json!({ "id": row.get::<_, i64>(0)?, "digest": digest }))
            })?
            .collect::<Result<_, _>>()?;
        entry.insert("recipients".to_owned(), json!(kept));
        self.conn
            .prepare_cached("UPDATE agent_recipients SET pattern = ?2 WHERE pattern = ?1")?
            .execute(params![folded, pattern])?;
        for (name, ids, gone) in [
            (
                "consents",
                "SELECT id FROM consents WHERE contact = ?1 ORDER BY id",
                "DELETE FROM consents WHERE contact = ?1",
            ),
            (
                "in_hand",
                "SELECT id FROM takeovers WHERE contact = ?1 ORDER BY id",
                "DELETE FROM takeovers WHERE contact = ?1",
            ),
            (
                "zones",
                "SELECT id FROM contact_zones WHERE contact = ?1 ORDER BY id",
                "DELETE FROM contact_zones WHERE contact = ?1",
            ),
        ] {
            let ids: Vec<i64> = self
                .conn
                .prepare(ids)?
                .query_map([named.contact], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            entry.insert(name.to_owned(), json!(ids));
            self.conn.execute(gone, [named.contact])?;
        }
        Ok(())
    }

    /// Every message that was taken stands in the journal by its id. Gives the first entry.
    fn name_in_journal(
        &mut self,
        named: &Named,
        first: Map<String, Value>,
        at: Timestamp,
    ) -> Done<u64> {
        let by_n = |sql: &str, numbers: &[i64], kind: About| -> Done<Vec<String>> {
            let mut statement = self.conn.prepare(sql)?;
            numbers
                .iter()
                .map(|n| {
                    Ok(statement.query_row([n], |row| {
                        Ok(match kind {
                            About::Submission => id(row, 0, SubmissionId::from_uuid)?.to_string(),
                            About::Received => id(row, 0, InboundId::from_uuid)?.to_string(),
                        })
                    })?)
                })
                .collect()
        };
        let sent = by_n(
            "SELECT id FROM submissions WHERE n = ?1",
            &named.submissions,
            About::Submission,
        )?;
        let received = by_n(
            "SELECT id FROM inbound WHERE n = ?1",
            &named.received,
            About::Received,
        )?;
        let mut bodies = vec![first];
        for (name, ids) in [("submissions", sent), ("received", received)] {
            for part in ids.chunks(IDS_PER_ENTRY) {
                let mut body = Map::new();
                body.insert(name.to_owned(), json!(part));
                bodies.push(body);
            }
        }
        let first = self.memory.head.seq + 1;
        for body in bodies {
            let (by, kind) = (Actor::Operator, JournalKind::Erased);
            self.operated(at, by, kind, "contacts", &Value::Object(body))?;
        }
        Ok(first)
    }

    /// What else names them: their contact, threads under their subject, copies seen in Sent.
    fn erase_traces(&mut self, named: &Named, stand_in: &StandIn<'_>) -> Done<()> {
        if let Some(contact) = named.contact {
            self.conn
                .prepare_cached(
                    "UPDATE contacts SET folded = ?2, delivered_at = NULL, bounced_at = NULL,
                     wrote_at = NULL, inbound_at = NULL, person_at = NULL WHERE n = ?1",
                )?
                .execute(params![contact, stand_in.address.as_str()])?;
            for sql in [
                "UPDATE conversations SET subject = '', subject_key = '' WHERE contact = ?1",
                "DELETE FROM soft_bounces WHERE contact = ?1",
            ] {
                self.conn.prepare_cached(sql)?.execute([contact])?;
            }
        }
        for n in &named.submissions {
            self.conn
                .prepare_cached(
                    "UPDATE conversations SET subject = '', subject_key = ''
                     WHERE n = (SELECT conversation FROM submissions WHERE n = ?1)",
                )?
                .execute([n])?;
        }
        let copies: Vec<(i64, Option<i64>, String, String)> = self
            .conn
            .prepare("SELECT n, submission, subject, recipients FROM sent_copies")?
            .query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?
            .collect::<Result<_, _>>()?;
        for (n, submission, subject, recipients) in copies {
            let ours = submission.is_some_and(|n| named.submissions.binary_search(&n).is_ok());
            if !ours && !named.names_in_json(&recipients) && !named.names(&subject) {
                continue;
            }
            let to: Vec<String> = from_json("a sent copy", &recipients)?;
            let to: Vec<String> = to
                .into_iter()
                .map(|one| match named.names(&one) {
                    true => stand_in.address.to_string(),
                    false => one,
                })
                .collect();
            self.conn
                .prepare_cached(
                    "UPDATE sent_copies SET subject = '', recipients = ?2 WHERE n = ?1",
                )?
                .execute(params![n, to_json(&to)?])?;
        }
        Ok(())
    }
}

/// How far behind the first entry the one stands that names a message: the lists come first, then
/// the submissions, then what was received.
fn entry_of(named: &Named, about: About, place: usize) -> u64 {
    let before = match about {
        About::Submission => 0,
        About::Received => named.submissions.len().div_ceil(IDS_PER_ENTRY),
    };
    1 + before as u64 + (place / IDS_PER_ENTRY) as u64
}
