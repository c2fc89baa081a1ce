//! Copies that Sendoff files in an account's Sent folder itself, after the relay took the mail.
//!
//! A copy is owed in the transaction that records the relay's answer, so that no crash forgets it.
//! Every try is counted before it begins: one that ends the process is a try too. A copy proves
//! nothing and moves no submission.

use domain::journal::JournalKind;
use domain::{AccountId, Actor, RecipientState, SentCopy, Span, SubmissionId, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::rows::{Filing, FilingStanding};
use crate::reads::sealed_version;
use crate::reply::Reply;
use crate::sqlite::codec::{id, time};
use crate::sqlite::directory::accounts_where;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::Loaded;
use crate::sqlite::tx::{Entry, Tx};

/// Tries before a copy is given up: a bit over two hours.
const TRIES_MAX: u32 = 8;
/// The wait after the first try; each later one is twice the one before.
const FIRST_WAIT: Span = Span::from_minutes(1);

impl Store {
    /// What left whose copy is to be filed next for an account, its try counted. What is in Sent
    /// already, or was tried too often, is none any more.
    pub fn begin_filing(&self, account: AccountId, now: Timestamp) -> Reply<Option<SubmissionId>> {
        self.write(move |tx| tx.begin_filing(account, now))
    }

    /// The copy to file of what left. Read apart from [`Store::begin_filing`], so that what cannot be
    /// read is a try that failed, and no writer waits for its octets.
    pub fn filing(&self, submission: SubmissionId) -> Result<Filing, StoreError> {
        self.read(|conn| {
            let (version, dated_at) = conn
                .prepare_cached(
                    "SELECT f.version, f.dated_at FROM submissions s
                     JOIN filings f ON f.submission = s.n WHERE s.id = ?1",
                )?
                .query_row([submission.uuid().as_bytes()], |row| {
                    Ok((row.get(0)?, time(row, 1)?))
                })
                .optional()?
                .ok_or_else(|| Fault(StoreError::not_found("copy to file of", submission)))?;
            Ok(Filing {
                submission,
                sealed: sealed_version(conn, version)?,
                dated_at,
            })
        })
    }

    /// A copy stands in Sent: `found` if it did before this try.
    pub fn filed(&self, submission: SubmissionId, found: bool, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = tx.filing_n(submission)?;
            tx.end_filing(n, submission, if found { "found" } else { "appended" }, at)
        })
    }

    /// A try failed, for this reason; the last one gives the copy up.
    pub fn filing_failed(
        &self,
        submission: SubmissionId,
        why: String,
        now: Timestamp,
    ) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = tx.filing_n(submission)?;
            tx.conn
                .prepare_cached("UPDATE filings SET why = ?2 WHERE submission = ?1")?
                .execute(params![n, why])?;
            tx.give_up_filing(n, submission, at)
        })
    }

    /// How filing copies of an account goes; what was given up before `since` is history.
    pub fn filing_standing(
        &self,
        account: AccountId,
        since: Timestamp,
    ) -> Result<FilingStanding, StoreError> {
        self.read(|conn| {
            let id = account.uuid();
            let counted = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            // Of what waits, the last try is told by when it is due less the wait before that.
            let (waiting, waits_for): (i64, Option<String>) = conn
                .prepare_cached(
                    "SELECT COUNT(*) OVER (), f.why FROM filings f
                     JOIN accounts a ON a.n = f.account
                     WHERE a.id = ?1 AND f.state = 'due' AND f.why IS NOT NULL
                     ORDER BY f.due_at - (?2 << MAX(f.tries - 1, 0)) DESC LIMIT 1",
                )?
                .query_row(params![id.as_bytes(), FIRST_WAIT.micros()], counted)
                .optional()?
                .unwrap_or_default();
            let (given_up, failed_for): (i64, Option<String>) = conn
                .prepare_cached(
                    "SELECT COUNT(*) OVER (), f.why FROM filings f
                     JOIN accounts a ON a.n = f.account
                     WHERE a.id = ?1 AND f.state = 'given_up' AND f.ended_at >= ?2
                     ORDER BY f.ended_at DESC LIMIT 1",
                )?
                .query_row(params![id.as_bytes(), since.micros()], counted)
                .optional()?
                .unwrap_or_default();
            Ok(FilingStanding {
                waiting: waiting.cast_unsigned(),
                given_up: given_up.cast_unsigned(),
                why: waits_for.or(failed_for),
            })
        })
    }
}

impl Tx<'_> {
    /// Owes a copy of what a relay has just taken, where the account wants one.
    pub(crate) fn owe_copy(&mut self, before: &Loaded, after: &Loaded, at: Timestamp) -> Done<()> {
        let taken = |loaded: &Loaded| {
            let states = loaded.row.recipients.iter().map(|one| one.state);
            states
                .filter(|state| *state == RecipientState::Accepted)
                .count()
        };
        let Some(dated_at) = after
            .first_attempt_at
            .filter(|_| taken(after) > taken(before))
        else {
            return Ok(());
        };
        let uuid = after.row.account.uuid();
        let account = accounts_where(self.conn, "WHERE id = ?1", &[uuid.as_bytes()])?.pop();
        let wanted = account
            .and_then(|account| account.imap)
            .is_some_and(|imap| imap.sent_copy == SentCopy::Append);
        if !wanted {
            return Ok(());
        }
        let account = self.account_n(after.row.account)?;
        self.conn
            .prepare_cached(
                "INSERT INTO filings (submission, account, version, dated_at, state, due_at)
                 VALUES (?1, ?2, ?3, ?4, 'due', ?5) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                after.n,
                account,
                after.version_n,
                dated_at.micros(),
                at.micros()
            ])?;
        Ok(())
    }

    fn begin_filing(&mut self, account: AccountId, now: Timestamp) -> Done<Option<SubmissionId>> {
        let at = self.at(now);
        let account = self.account_n(account)?;
        loop {
            let next = self
                .conn
                .prepare_cached(
                    "SELECT f.submission, s.id, f.tries FROM filings f
                     JOIN submissions s ON s.n = f.submission
                     WHERE f.account = ?1 AND f.state = 'due' AND f.due_at <= ?2
                     ORDER BY f.due_at LIMIT 1",
                )?
                .query_row(params![account, at.micros()], |row| {
                    let submission = id(row, 1, SubmissionId::from_uuid)?;
                    Ok((row.get(0)?, submission, row.get(2)?))
                })
                .optional()?;
            let Some((n, submission, tries)) = next else {
                return Ok(None);
            };
            let (n, tries): (i64, u32) = (n, tries);
            let stands = self
                .conn
                .prepare_cached("SELECT 1 FROM sent_copies WHERE submission = ?1 AND account = ?2")?
                .exists(params![n, account])?;
            if stands {
                self.end_filing(n, submission, "found", at)?;
                continue;
            }
            if tries >= TRIES_MAX {
                // The last try ended the process.
                self.give_up_filing(n, submission, at)?;
                continue;
            }
            let wait = FIRST_WAIT
                .micros()
                .saturating_mul(1_i64 << tries.min(TRIES_MAX));
            self.conn
                .prepare_cached(
                    "UPDATE filings SET tries = tries + 1, due_at = ?2 WHERE submission = ?1",
                )?
                .execute(params![n, at.micros().saturating_add(wait)])?;
            return Ok(Some(submission));
        }
    }

    fn filing_n(&self, submission: SubmissionId) -> Done<i64> {
        self.conn
            .prepare_cached(
                "SELECT f.submission FROM submissions s JOIN filings f ON f.submission = s.n
                 WHERE s.id = ?1",
            )?
            .query_row([submission.uuid().as_bytes()], |row| row.get(0))
            .optional()?
            .ok_or_else(|| Fault(StoreError::not_found("copy to file of", submission)))
    }

    fn end_filing(
        &mut self,
        n: i64,
        submission: SubmissionId,
        how: &str,
        at: Timestamp,
    ) -> Done<()> {
        let ended = self
            .conn
            .prepare_cached(
                "UPDATE filings SET state = 'filed', ended_at = ?2, why = NULL
                 WHERE submission = ?1 AND state <> 'filed'",
            )?
            .execute(params![n, at.micros()])?;
        if ended == 0 {
            return Ok(());
        }
        self.tell_filing(
            submission,
            JournalKind::CopyFiled,
            &json!({ "how": how }),
            at,
        )
    }

    fn give_up_filing(&mut self, n: i64, submission: SubmissionId, at: Timestamp) -> Done<()> {
        let ended = self
            .conn
            .prepare_cached(
                "UPDATE filings SET state = 'given_up', ended_at = ?2
                 WHERE submission = ?1 AND state = 'due' AND tries >= ?3",
            )?
            .execute(params![n, at.micros(), TRIES_MAX])?;
        if ended == 0 {
            return Ok(());
        }
        let body = json!({ "tries": TRIES_MAX });
        self.tell_filing(submission, JournalKind::CopyGivenUp, &body, at)
    }

    fn tell_filing(
        &mut self,
        submission: SubmissionId,
        kind: JournalKind,
        body: &serde_json::Value,
        at: Timestamp,
    ) -> Done<()> {
        let entry = Entry {
            at,
            actor: Actor::System,
            kind,
            subject: &submission.to_string(),
        };
        self.journal(entry, body)?;
        Ok(())
    }
}
