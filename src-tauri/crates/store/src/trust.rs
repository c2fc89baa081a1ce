//! What the record says of itself: its keys, its signatures, and that it was an old copy once.

use std::path::Path;
use std::sync::Mutex;

use domain::journal::JournalKind;
use domain::{Actor, Digest, RecipientState, StateName, SubmissionId, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value, json};

use crate::asks::PauseScope;
use crate::error::StoreError;
use crate::handle::Store;
use crate::reads_setup::{checkpoints, checkpoints_where};
use crate::reply::Reply;
use crate::rows::Checkpoint;
use crate::sqlite::codec::{digest, time};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::open::{DATABASE, FORMAT, format};
use crate::sqlite::readers::open_reader;
use crate::sqlite::submissions::by_number;
use crate::sqlite::tx::{Step, Tx, read_chain_head};
use crate::sqlite::writer::lock;

/// What entries about signing keys are about.
const SIGNING_KEY: &str = "signing-key";
/// What entries about the record itself are about.
const RECORD: &str = "record";

impl Store {
    /// Writes into the record that this public key (64 hexadecimal digits) signs it from now on.
    pub fn add_key(&self, key: String, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let body = json!({ "algorithm": "ed25519", "key": key });
            tx.operated(at, Actor::System, JournalKind::KeyAdded, SIGNING_KEY, &body)?;
            Ok(())
        })
    }

    /// This database is older than what was signed outside it, up to entry `seq` with `hash`:
    /// pauses everything and makes whatever is queued, deferred or sending uncertain, for it may
    /// have left already; so may whoever is still open of what was uncertain. One transaction; gives
    /// the submissions that became uncertain.
    pub fn doubt(&self, seq: u64, hash: Digest, now: Timestamp) -> Reply<Vec<SubmissionId>> {
        self.write(move |tx| {
            let at = tx.at(now);
            tx.set_pause(PauseScope::Workspace, Actor::System, Some(at), at)?;
            let doubted = tx.doubt_the_outbox(at)?;
            tx.conn
                .execute("DELETE FROM meta WHERE key = ?1", [crate::copy::COPY])?;
            let body = json!({
                "behind": { "seq": seq, "hash": hash },
                "uncertain": doubted.len(),
            });
            tx.operated(at, Actor::System, JournalKind::Recovered, RECORD, &body)?;
            Ok(doubted)
        })
    }

    /// The record as whoever holds it to account reads it.
    pub fn record(&self) -> Record {
        Record(Source::Open(self.clone()))
    }

    /// The record of a folder this process does not hold; another process may have it open.
    ///
    /// Errors: [`StoreError::NotFound`] without a database there, [`StoreError::Newer`].
    pub fn look(dir: &Path) -> Result<Record, StoreError> {
        let path = dir.join(DATABASE);
        if !path.exists() {
            return Err(StoreError::not_found("database", path.display()));
        }
        let looked = || -> Done<Connection> {
            let conn = open_reader(&path)?;
            match format(&conn)? {
                found if found > FORMAT => Err(Fault(StoreError::Newer {
                    found,
                    known: FORMAT,
                })),
                _ => Ok(conn),
            }
        };
        let conn = looked().map_err(|Fault(error)| error)?;
        Ok(Record(Source::Looked(Box::new(Mutex::new(conn)))))
    }
}

impl Tx<'_> {
    fn doubt_the_outbox(&mut self, at: Timestamp) -> Done<Vec<SubmissionId>> {
        // Attempts are ended first, as at any start; what that queues again is doubted with the rest.
        let mut doubted = self.abandon(at, None)?.uncertain;
        let waiting: Vec<i64> = self
            .conn
            .prepare_cached(
                "SELECT n FROM submissions
                 WHERE state IN ('queued', 'deferred', 'uncertain') ORDER BY n",
            )?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for n in waiting {
            let before = by_number(self.conn, n)?;
            // What was uncertain before is written to again once its uncertain recipients are
            // settled, if somebody is still open: those are doubted like any other.
            let is_uncertain = before.row.state.name() == StateName::Uncertain;
            if is_uncertain && !before.any_open() {
                continue;
            }
            let mut after = before.clone();
            if !is_uncertain {
                after.row.state = before.row.state.clone().doubted(at)?;
                doubted.push(before.row.id);
            }
            after.leased_until = None;
            after.set_recipients(RecipientState::Open, RecipientState::Uncertain);
            after.set_recipients(RecipientState::Deferred, RecipientState::Uncertain);
            let (by, kind) = (Actor::System, JournalKind::Recovered);
            self.step(
                &before,
                &mut after,
                Step {
                    at,
                    actor: by,
                    kind,
                    body: Map::new(),
                    judged: None,
                },
            )?;
        }
        Ok(doubted)
    }
}

/// A public key, and since when the record is signed with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedKey {
    /// 64 hexadecimal digits.
    pub key: String,
    /// The entry that names it.
    pub seq: u64,
    /// When that was written.
    pub at: Timestamp,
}

/// Head, signatures, keys and hashes of a record; needs neither lock nor vault.
pub struct Record(Source);

enum Source {
    Open(Store),
    Looked(Box<Mutex<Connection>>),
}

impl Record {
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Done<T>) -> Result<T, StoreError> {
        match &self.0 {
            Source::Open(store) => store.read(read),
            Source::Looked(conn) => read(&lock(conn)).map_err(|Fault(error)| error),
        }
    }

    /// The last entry's number; 0 if there is none.
    pub fn head(&self) -> Result<u64, StoreError> {
        self.read(|conn| read_chain_head(conn).map(|(seq, _, _)| seq))
    }

    /// The hash of an entry; `None` if there is no such entry.
    pub fn hash_at(&self, seq: u64) -> Result<Option<Digest>, StoreError> {
        let Ok(seq) = i64::try_from(seq) else {
            return Ok(None);
        };
        self.read(|conn| {
            let hash = conn
                .prepare_cached("SELECT hash FROM journal WHERE seq = ?1")?
                .query_row([seq], |row| digest(row, 0))
                .optional()?;
            Ok(hash)
        })
    }

    /// All checkpoints, ascending.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        self.read(checkpoints)
    }

    /// The public keys the record says it is signed with, oldest first.
    pub fn keys(&self) -> Result<Vec<String>, StoreError> {
        let keys = self.named_keys()?;
        Ok(keys.into_iter().map(|named| named.key).collect())
    }

    /// The same, each with the entry that names it. One that does not read back says nothing here,
    /// and `verify` names it.
    pub fn named_keys(&self) -> Result<Vec<NamedKey>, StoreError> {
        self.read(|conn| {
            let rows: Vec<(u64, Timestamp, String)> = conn
                .prepare_cached(
                    "SELECT seq, at, body FROM journal WHERE subject = ?1 AND kind = ?2 ORDER BY seq",
                )?
                .query_map([SIGNING_KEY, JournalKind::KeyAdded.as_str()], |row| {
                    Ok((row.get::<_, i64>(0)?.cast_unsigned(), time(row, 1)?, row.get(2)?))
                })?
                .collect::<Result<_, _>>()?;
            let named = rows.into_iter().filter_map(|(seq, at, body)| {
                let body: Value = serde_json::from_str(&body).ok()?;
                let key = body.get("key")?.as_str()?.to_owned();
                Some(NamedKey { key, seq, at })
            });
            Ok(named.collect())
        })
    }

    /// The last signature, if there is one.
    pub fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.read(|conn| Ok(checkpoints_where(conn, "ORDER BY seq DESC LIMIT 1")?.pop()))
    }

    /// Entries that were signed and that this record lost when an old copy was put back, each as
    /// given to [`Store::doubt`].
    pub fn doubts(&self) -> Result<Vec<(u64, Digest)>, StoreError> {
        let of = |body: Value| {
            let behind = body.get("behind")?;
            let hash = behind.get("hash")?.as_str()?.parse().ok()?;
            Some((behind.get("seq")?.as_u64()?, hash))
        };
        self.bodies(JournalKind::Recovered, RECORD, of)
    }

    /// A setting, if it was ever set.
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|conn| {
            let value = conn
                .prepare_cached("SELECT value FROM settings WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?;
            Ok(value)
        })
    }

    /// What `of` finds in the bodies of entries of a kind; one that does not read back says
    /// nothing here, and `verify` names it.
    fn bodies<T>(
        &self,
        kind: JournalKind,
        subject: &str,
        of: impl Fn(Value) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.read(|conn| {
            let bodies: Vec<String> = conn
                .prepare_cached(
                    "SELECT body FROM journal WHERE subject = ?1 AND kind = ?2 ORDER BY seq",
                )?
                .query_map([subject, kind.as_str()], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            Ok(bodies
                .iter()
                .filter_map(|body| of(serde_json::from_str(body).ok()?))
                .collect())
        })
    }
}
