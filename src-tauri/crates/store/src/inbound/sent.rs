//! Copies in Sent folders: proof that a provider took a mail, and mail that went around the gate.

use domain::journal::JournalKind;
use domain::received::REFERENCES_MAX;
use domain::{AccountId, Actor, ChangeKind, MailboxId, SubmissionId, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::asks::{Place, SentSeen};
use crate::inbound::ingest::identity;
use crate::inbound::link::{by_message_id, message_key};
use crate::inbound::rows::{AlarmRow, SentJudged};
use crate::reply::Reply;
use crate::sqlite::codec::{from_json, id, json as to_json, time, time_maybe};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::{address, by_number};
use crate::sqlite::tx::Tx;

/// Alarms listed.
const ALARMS_MAX: i64 = 200;

impl Store {
    /// A message stands in a Sent folder: ours is noted and settles an uncertain delivery where a
    /// copy proves it; what nothing explains raises an alarm, or is a person's.
    pub fn sent_seen(&self, seen: SentSeen) -> Reply<SentJudged> {
        self.write(move |tx| tx.sent_seen(&seen))
    }

    /// Moves a folder's cursor without a message: what stands there is not ours to take in.
    pub fn skip_mail(&self, place: Place, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let account = tx.account_n(place.account)?;
            tx.move_cursor(account, &place, at)
        })
    }

    /// Notes a folder's HIGHESTMODSEQ, and begins it anew where its UIDVALIDITY changed.
    pub fn begin_folder(
        &self,
        account: AccountId,
        folder: String,
        uid_validity: u32,
        modseq: Option<u64>,
        now: Timestamp,
    ) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let account = tx.account_n(account)?;
            tx.conn
                .prepare_cached(
                    "INSERT INTO mail_cursors (account, folder, uid_validity, uid, modseq, at)
                     VALUES (?1, ?2, ?3, 0, ?4, ?5)
                     ON CONFLICT (account, folder) DO UPDATE SET
                     uid = CASE WHEN uid_validity = excluded.uid_validity THEN uid ELSE 0 END,
                     uid_validity = excluded.uid_validity, modseq = excluded.modseq,
                     at = excluded.at",
                )?
                .execute(params![
                    account,
                    folder,
                    uid_validity,
                    modseq.map(u64::cast_signed),
                    at.micros()
                ])?;
            tx.forget_asides(account, &folder, uid_validity)
        })
    }

    /// Alarms, newest first; with `open`, those nobody has seen.
    pub fn alarms(&self, open: bool) -> Result<Vec<AlarmRow>, StoreError> {
        self.read(|conn| {
            let rows: Vec<_> = conn
                .prepare_cached(
                    "SELECT a.n, a.at, m.id, m.address, s.subject, s.recipients, s.written_at,
                     a.seen_at FROM alarms a JOIN mailboxes m ON m.n = a.mailbox
                     JOIN sent_copies s ON s.n = a.sent
                     WHERE a.seen_at IS NULL OR NOT ?1 ORDER BY a.n DESC LIMIT ?2",
                )?
                .query_map(params![open, ALARMS_MAX], |row| {
                    let texts: (String, String, String) = (row.get(3)?, row.get(4)?, row.get(5)?);
                    let times = (time(row, 1)?, time_maybe(row, 6)?, time_maybe(row, 7)?);
                    Ok((row.get(0)?, id(row, 2, MailboxId::from_uuid)?, texts, times))
                })?
                .collect::<Result<_, _>>()?;
            rows.into_iter()
                .map(|(n, mailbox, (at_address, subject, recipients), times)| {
                    let (at, written_at, seen_at) = times;
                    Ok(AlarmRow {
                        n,
                        at,
                        mailbox,
                        mailbox_address: address(&at_address)?,
                        subject,
                        recipients: from_json("a sent copy", &recipients)?,
                        written_at,
                        seen_at,
                    })
                })
                .collect()
        })
    }

    /// A person has seen an alarm.
    pub fn alarm_seen(&self, n: i64, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let changed = tx
                .conn
                .prepare_cached("UPDATE alarms SET seen_at = ?2 WHERE n = ?1 AND seen_at IS NULL")?
                .execute(params![n, at.micros()])?;
            if changed == 0 {
                return Err(Fault(StoreError::not_found("open alarm", n)));
            }
            let body = json!({ "alarm": n });
            tx.operated(at, Actor::Operator, JournalKind::AlarmSeen, "alarms", &body)?;
            tx.change(at, ChangeKind::Mailboxes)?;
            Ok(())
        })
    }
}

impl Tx<'_> {
    fn sent_seen(&mut self, seen: &SentSeen) -> Done<SentJudged> {
        let at = self.at(seen.now);
        let account = self.account_n(seen.place.account)?;
        let identity = identity(seen.message_id.as_deref(), &seen.bytes);
        self.move_cursor(account, &seen.place, at)?;
        let known = self
            .conn
            .prepare_cached("SELECT 1 FROM sent_copies WHERE identity = ?1 AND account = ?2")?
            .exists(params![identity, account])?;
        if known {
            return Ok(SentJudged::Known);
        }
        let submission = self.left_as(seen)?;
        let mailbox = self.mailbox_of_sender(seen, account)?;
        let Some((mailbox, since)) = mailbox else {
            return Ok(SentJudged::Theirs);
        };
        let recipients: Vec<&str> = seen.to.iter().map(domain::Address::as_str).collect();
        self.conn
            .prepare_cached(
                "INSERT INTO sent_copies (account, identity, mailbox, submission, at, written_at,
                 message_id, subject, recipients) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                account,
                identity,
                mailbox,
                submission,
                at.micros(),
                seen.written_at.map(Timestamp::micros),
                seen.message_id,
                seen.subject,
                to_json(&recipients)?
            ])?;
        let copy = self.conn.last_insert_rowid();
        if let Some(n) = submission {
            let id: SubmissionId = by_number(self.conn, n)?.row.id;
            let settled = seen.proves && self.settled_by_copy(n, at)?;
            return Ok(if settled {
                SentJudged::Settled(id)
            } else {
                SentJudged::Ours(id)
            });
        }
        self.person_wrote(seen, at)?;
        // What was written before the mailbox was set up, or read, is history; what has no date is
        // new.
        let written = seen.written_at;
        let is_old = written.is_some_and(|written| written.is_in_an_earlier_second(since));
        if seen.people_write || is_old {
            return Ok(SentJudged::Theirs);
        }
        self.conn
            .prepare_cached(
                "INSERT INTO alarms (at, kind, mailbox, sent) VALUES (?1, 'sent_around', ?2, ?3)",
            )?
            .execute(params![at.micros(), mailbox, copy])?;
        let alarm = self.conn.last_insert_rowid();
        let body = json!({ "alarm": alarm, "recipients": recipients.len() });
        self.operated(at, Actor::System, JournalKind::SentAround, "alarms", &body)?;
        self.change(at, ChangeKind::Mailboxes)?;
        Ok(SentJudged::Alarm)
    }

    /// The submission a copy is of, by row number. Where the provider gave it another Message-ID, that
    /// one is ours from now on: what answers it answers the submission.
    fn left_as(&self, seen: &SentSeen) -> Done<Option<i64>> {
        for id in seen.message_id.iter().chain(&seen.own_id) {
            let Some(n) = by_message_id(self.conn, id)? else {
                continue;
            };
            if let Some(given) = seen.message_id.as_ref().filter(|given| *given != id) {
                self.put_client_id(given, n)?;
            }
            return Ok(Some(n));
        }
        Ok(None)
    }

    /// Remembers a Message-ID that is not of our making.
    pub(crate) fn put_client_id(&self, message_id: &str, submission: i64) -> Done<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO client_ids (message, submission) VALUES (?1, ?2)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![message_key(message_id), submission])?;
        Ok(())
    }

    /// The mailbox a sent message is from, and since when it is here and read; the account's first
    /// where its sender is none of ours.
    fn mailbox_of_sender(&self, seen: &SentSeen, account: i64) -> Done<Option<(i64, Timestamp)>> {
        let from = seen.from.as_ref().map_or("", |from| from.as_str());
        Ok(self
            .conn
            .prepare_cached(
                "SELECT m.n, MAX(m.created_at, COALESCE(a.read_since, 0))
                 FROM mailboxes m JOIN accounts a ON a.n = m.account WHERE m.account = ?1
                 ORDER BY m.address = ?2 DESC, m.n LIMIT 1",
            )?
            .query_row(params![account, from], |row| {
                Ok((row.get(0)?, time(row, 1)?))
            })
            .optional()?)
    }

    /// A person of ours wrote to these contacts by themselves, and into the threads it answers.
    fn person_wrote(&mut self, seen: &SentSeen, at: Timestamp) -> Done<()> {
        let written = seen.written_at.unwrap_or(at).min(at);
        for to in &seen.to {
            let contact = self.contact(&to.folded())?;
            self.conn
                .prepare_cached(
                    "UPDATE contacts SET person_at = MAX(COALESCE(person_at, 0), ?2)
                     WHERE n = ?1",
                )?
                .execute(params![contact, written.micros()])?;
        }
        let ids = seen.message_id.iter().chain(&seen.references);
        for id in ids.take(REFERENCES_MAX) {
            self.conn
                .prepare_cached(
                    "UPDATE conversations SET person_at = MAX(COALESCE(person_at, 0), ?2)
                     WHERE n = (SELECT conversation FROM threads WHERE message = ?1)",
                )?
                .execute(params![message_key(id), written.micros()])?;
        }
        Ok(())
    }
}
