//! Messages a server lists and does not give. Their folder waits for a few tries and then goes on
//! without them; they stay noted here, and are asked for again until they come or are gone.

use domain::journal::JournalKind;
use domain::{AccountId, Actor, Span, Timestamp};
use rusqlite::{OptionalExtension as _, params};
use serde_json::json;

use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::asks::Withheld;
use crate::inbound::rows::AsideRow;
use crate::reply::Reply;
use crate::sqlite::codec::time;
use crate::sqlite::fault::Done;
use crate::sqlite::tx::Tx;

/// How long one that was put aside is left before it is asked for again the first time; later
/// waits are twice the one before.
const AGAIN: Span = Span::from_minutes(15);
/// The longest such wait.
const AGAIN_MAX: Span = Span::from_hours(24);
/// Messages put aside that are asked for again in one round, and that are listed.
const ROWS_MAX: i64 = 50;

impl Store {
    /// Counts a try at a message that did not come. True if its folder goes on without it: then the
    /// cursor has passed it.
    pub fn withheld(&self, ask: Withheld) -> Reply<bool> {
        self.write(move |tx| tx.withheld(&ask))
    }

    /// Messages of a folder that were put aside and are to be asked for again: UID and octets.
    pub fn asides_due(
        &self,
        account: AccountId,
        folder: &str,
        now: Timestamp,
    ) -> Result<Vec<(u32, u32)>, StoreError> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT p.uid, p.octets FROM accounts a JOIN put_aside p ON p.account = a.n
                     WHERE a.id = ?1 AND p.folder = ?2 AND p.passed = 1 AND p.due_at <= ?3
                     ORDER BY p.uid LIMIT ?4",
                )?
                .query_map(
                    params![account.uuid().as_bytes(), folder, now.micros(), ROWS_MAX],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?
                .collect::<Result<_, _>>()?)
        })
    }

    /// A message that was withheld came (`came`), or is gone: nothing is missed there any more.
    pub fn aside_over(
        &self,
        account: AccountId,
        folder: String,
        uid: u32,
        came: bool,
        now: Timestamp,
    ) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = tx.account_n(account)?;
            tx.end_aside((account, n), &folder, uid, came, at)
        })
    }

    /// These are the folders of an account that are read: what was put aside in others is missed no
    /// more.
    pub fn end_asides_elsewhere(
        &self,
        account: AccountId,
        folders: Vec<String>,
        now: Timestamp,
    ) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = tx.account_n(account)?;
            let all: Vec<(String, u32)> = tx
                .conn
                .prepare_cached("SELECT folder, uid FROM put_aside WHERE account = ?1")?
                .query_map([n], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            for (folder, uid) in all {
                if !folders.contains(&folder) {
                    tx.end_aside((account, n), &folder, uid, false, at)?;
                }
            }
            Ok(())
        })
    }

    /// What an account's folders went on without, the oldest first.
    pub fn asides(&self, account: AccountId) -> Result<Vec<AsideRow>, StoreError> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT p.folder, p.uid, p.octets, p.first_at, p.why FROM accounts a
                     JOIN put_aside p ON p.account = a.n WHERE a.id = ?1 AND p.passed = 1
                     ORDER BY p.folder, p.uid LIMIT ?2",
                )?
                .query_map(params![account.uuid().as_bytes(), ROWS_MAX], |row| {
                    Ok(AsideRow {
                        folder: row.get(0)?,
                        uid: row.get(1)?,
                        octets: row.get(2)?,
                        first_at: time(row, 3)?,
                        why: row.get(4)?,
                    })
                })?
                .collect::<Result<_, _>>()?)
        })
    }
}

impl Tx<'_> {
    fn withheld(&mut self, ask: &Withheld) -> Done<bool> {
        let at = self.at(ask.now);
        let place = &ask.place;
        let account = self.account_n(place.account)?;
        let (tries, passed): (u32, bool) = self
            .conn
            .prepare_cached(
                "INSERT INTO put_aside (account, folder, uid, uid_validity, octets, tries,
                 first_at, due_at, passed, why) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6, 0, ?7)
                 ON CONFLICT (account, folder, uid) DO UPDATE SET tries = tries + 1,
                 why = excluded.why RETURNING tries, passed",
            )?
            .query_row(
                params![
                    account,
                    place.folder,
                    place.uid,
                    place.uid_validity,
                    ask.octets,
                    at.micros(),
                    ask.why
                ],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
        if tries < ask.tries_max {
            return Ok(false);
        }
        let doubled = 1_i64 << (tries - ask.tries_max).min(10);
        let wait = AGAIN.micros().saturating_mul(doubled);
        self.conn
            .prepare_cached(
                "UPDATE put_aside SET passed = 1, due_at = ?4
                 WHERE account = ?1 AND folder = ?2 AND uid = ?3",
            )?
            .execute(params![
                account,
                place.folder,
                place.uid,
                at.micros().saturating_add(wait.min(AGAIN_MAX.micros()))
            ])?;
        if !passed {
            self.move_cursor(account, place, at)?;
            let body = json!({
                "uid": place.uid,
                "uid_validity": place.uid_validity,
                "octets": ask.octets,
                "tries": tries,
            });
            let subject = place.account.to_string();
            self.operated(at, Actor::System, JournalKind::PutAside, &subject, &body)?;
        }
        Ok(true)
    }

    fn end_aside(
        &mut self,
        (account, n): (AccountId, i64),
        folder: &str,
        uid: u32,
        came: bool,
        at: Timestamp,
    ) -> Done<()> {
        let passed = self
            .conn
            .prepare_cached(
                "DELETE FROM put_aside WHERE account = ?1 AND folder = ?2 AND uid = ?3
                 RETURNING passed",
            )?
            .query_row(params![n, folder, uid], |row| row.get(0))
            .optional()?;
        if passed == Some(true) {
            let body = json!({ "uid": uid, "came": came });
            let subject = account.to_string();
            self.operated(at, Actor::System, JournalKind::AsideOver, &subject, &body)?;
        }
        Ok(())
    }

    /// The cursor of a folder stands at `uid` now: what failed below it and was not put aside has
    /// come since, or is gone.
    pub(crate) fn forget_tries(&mut self, account: i64, folder: &str, uid: u32) -> Done<()> {
        self.conn
            .prepare_cached(
                "DELETE FROM put_aside
                 WHERE account = ?1 AND folder = ?2 AND uid <= ?3 AND passed = 0",
            )?
            .execute(params![account, folder, uid])?;
        Ok(())
    }

    /// A folder that was made anew is read again: what was missed there has other numbers now.
    pub(crate) fn forget_asides(
        &mut self,
        account: i64,
        folder: &str,
        uid_validity: u32,
    ) -> Done<()> {
        self.conn
            .prepare_cached(
                "DELETE FROM put_aside
                 WHERE account = ?1 AND folder = ?2 AND uid_validity <> ?3",
            )?
            .execute(params![account, folder, uid_validity])?;
        Ok(())
    }
}
