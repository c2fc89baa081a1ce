//! What the operator sets: pauses, suppressions, the policy, settings, checkpoints.

use domain::journal::JournalKind;
use domain::{Actor, ChangeKind, Digest, Suppression, Timestamp};
use rusqlite::params;
use serde_json::{Value, json};

use crate::asks::{NewSuppression, PauseScope};
use crate::erasure::erased_pattern;
use crate::error::StoreError;
use crate::handle::Store;
use crate::reply::Reply;
use crate::rows::Checkpoint;
use crate::sqlite::codec::word;
use crate::sqlite::directory::{find_agent, find_mailbox, need_agent, need_mailbox, paused_at};
use crate::sqlite::facts::{SUPPRESSION, scope_text, suppression, suppression_columns};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::tx::{Entry, Tx};

impl Store {
    /// Stops a scope. Stopping what is stopped changes nothing. An agent may stop itself only,
    /// else [`StoreError::HumanOnly`].
    pub fn pause(&self, scope: PauseScope, actor: Actor, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            match (actor, scope) {
                (Actor::Operator | Actor::System, _) => {}
                (Actor::Agent(agent), PauseScope::Agent(own)) if agent == own => {}
                (Actor::Agent(_), _) => {
                    return Err(Fault(StoreError::HumanOnly {
                        what: "pause anything but the agent itself".to_owned(),
                    }));
                }
            }
            let at = tx.at(now);
            tx.set_pause(scope, actor, Some(at), at)
        })
    }

    /// Lets a scope go again. Letting go what is not stopped changes nothing.
    pub fn resume(&self, scope: PauseScope, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            tx.set_pause(scope, Actor::Operator, None, at)
        })
    }

    /// Adds a suppression, or gives the one in force that already covers as much.
    pub fn suppress(&self, new: NewSuppression, now: Timestamp) -> Reply<Suppression> {
        self.write(move |tx| tx.suppress(new, now))
    }

    /// Lifts every suppression in force of a pattern, in all scopes, also where its address was
    /// erased since; the rows stay, marked. Gives how many there were.
    pub fn lift(&self, pattern: String, note: Option<String>, now: Timestamp) -> Reply<u32> {
        self.write(move |tx| {
            let at = tx.at(now);
            let erased = erased_pattern(tx.conn, &pattern)?.unwrap_or_else(|| pattern.clone());
            let ids: Vec<i64> = tx
                .conn
                .prepare_cached(
                    "SELECT id FROM suppressions WHERE pattern IN (?1, ?2) AND lifted_at IS NULL
                     ORDER BY id",
                )?
                .query_map([&pattern, &erased], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            if ids.is_empty() {
                return Ok(0);
            }
            tx.conn
                .prepare_cached(
                    "UPDATE suppressions SET lifted_at = ?2, lift_note = ?3
                     WHERE pattern IN (?1, ?4) AND lifted_at IS NULL",
                )?
                .execute(params![pattern, at.micros(), note, erased])?;
            let body = json!({ "ids": ids });
            tx.operated(
                at,
                Actor::Operator,
                JournalKind::SuppressionLifted,
                "suppressions",
                &body,
            )?;
            tx.change(at, ChangeKind::Suppressions)?;
            Ok(u32::try_from(ids.len()).unwrap_or(u32::MAX))
        })
    }

    /// Publishes a policy document as a whole; it is in force from the next judgement on. Gives
    /// its version.
    pub fn publish_policy(&self, text: String, now: Timestamp) -> Reply<u64> {
        self.publish(text, None, now)
    }

    /// The same, if the version in force is still `over`: what was written from an older text would
    /// take back what came between. Else [`StoreError::PolicyMoved`].
    pub fn publish_policy_over(&self, text: String, over: u64, now: Timestamp) -> Reply<u64> {
        self.publish(text, Some(over), now)
    }

    fn publish(&self, text: String, over: Option<u64>, now: Timestamp) -> Reply<u64> {
        self.write(move |tx| {
            let at = tx.at(now);
            let newest: i64 = tx
                .conn
                .prepare_cached("SELECT COALESCE(MAX(version), 0) FROM policies")?
                .query_row([], |row| row.get(0))?;
            if over.is_some_and(|over| over != newest.cast_unsigned()) {
                let version = newest.cast_unsigned();
                return Err(Fault(StoreError::PolicyMoved { version }));
            }
            let version = newest + 1;
            tx.conn
                .prepare_cached(
                    "INSERT INTO policies (version, published_at, text) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![version, at.micros(), text])?;
            // In full: the record alone must be able to reproduce every decision.
            let body = json!({
                "version": version,
                "sha256": Digest::of(text.as_bytes()),
                "text": text,
            });
            tx.operated(
                at,
                Actor::Operator,
                JournalKind::PolicyPublished,
                "policy",
                &body,
            )?;
            tx.change(at, ChangeKind::Policy)?;
            tx.touch_directory();
            Ok(version.cast_unsigned())
        })
    }

    /// Sets a setting, in place of what it was.
    pub fn set_setting(&self, key: String, value: String, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            tx.conn
                .prepare_cached(
                    "INSERT INTO settings (key, value) VALUES (?1, ?2)
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                )?
                .execute(params![key, value])?;
            let body = json!({ "key": key, "digest": setting_digest(&key, &value) });
            tx.operated(
                at,
                Actor::Operator,
                JournalKind::SettingChanged,
                "settings",
                &body,
            )?;
            tx.change(at, ChangeKind::Settings)?;
            Ok(())
        })
    }

    /// Keeps a signed checkpoint. A second one for the same entry is not kept.
    pub fn add_checkpoint(&self, checkpoint: Checkpoint) -> Reply<()> {
        self.write(move |tx| {
            tx.conn
                .prepare_cached(
                    "INSERT INTO checkpoints (seq, hash, at, key, signature)
                     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    checkpoint.seq.cast_signed(),
                    checkpoint.hash.0,
                    checkpoint.at.micros(),
                    checkpoint.key,
                    checkpoint.signature
                ])?;
            Ok(())
        })
    }
}

/// What the journal keeps of a setting.
pub(crate) fn setting_digest(key: &str, value: &str) -> Digest {
    Digest::of_parts([key.as_bytes(), value.as_bytes()])
}

/// What the journal keeps of a suppression, salted: patterns are addresses.
pub(crate) fn suppression_digest(
    salt: &[u8],
    pattern: &str,
    scope: &str,
    reason: &str,
    expires_at: Option<i64>,
) -> Digest {
    let end = expires_at.map_or_else(String::new, |end| end.to_string());
    Digest::of_parts([
        salt,
        pattern.as_bytes(),
        scope.as_bytes(),
        reason.as_bytes(),
        end.as_bytes(),
    ])
}

impl Tx<'_> {
    /// An entry about something other than a submission.
    pub fn operated(
        &mut self,
        at: Timestamp,
        actor: Actor,
        kind: JournalKind,
        subject: &str,
        body: &Value,
    ) -> Done<u64> {
        let entry = Entry {
            at,
            actor,
            kind,
            subject,
        };
        self.journal(entry, body)
    }

    pub fn set_pause(
        &mut self,
        scope: PauseScope,
        actor: Actor,
        paused: Option<Timestamp>,
        at: Timestamp,
    ) -> Done<()> {
        let conn = self.conn;
        let micros = paused.map(Timestamp::micros);
        let (subject, was) = match scope {
            PauseScope::Workspace => ("workspace".to_owned(), paused_at(conn)?),
            PauseScope::Mailbox(id) => (id.to_string(), need_mailbox(conn, id)?.mailbox.paused_at),
            PauseScope::Agent(id) => (id.to_string(), need_agent(conn, id)?.agent.paused_at),
        };
        if was.is_some() == paused.is_some() {
            return Ok(());
        }
        match scope {
            PauseScope::Workspace => {
                conn.execute(
                    "UPDATE workspace SET paused_at = ?1 WHERE one = 1",
                    [micros],
                )?;
            }
            PauseScope::Mailbox(id) => {
                let id = id.uuid().as_bytes();
                conn.execute(
                    "UPDATE mailboxes SET paused_at = ?1 WHERE id = ?2",
                    params![micros, id],
                )?;
            }
            PauseScope::Agent(id) => {
                let id = id.uuid().as_bytes();
                conn.execute(
                    "UPDATE agents SET paused_at = ?1 WHERE id = ?2",
                    params![micros, id],
                )?;
            }
        }
        let kind = match paused {
            Some(_) => JournalKind::Paused,
            None => JournalKind::Resumed,
        };
        self.operated(at, actor, kind, &subject, &json!({}))?;
        self.change(at, ChangeKind::Pause)?;
        self.touch_directory();
        Ok(())
    }

    pub fn suppress(&mut self, new: NewSuppression, now: Timestamp) -> Done<Suppression> {
        let at = self.at(now);
        match new.scope {
            domain::SuppressionScope::Workspace => {}
            domain::SuppressionScope::Mailbox(id) => {
                find_mailbox(self.conn, id)?
                    .ok_or_else(|| Fault(StoreError::not_found("mailbox", id)))?;
            }
            domain::SuppressionScope::Agent(id) => {
                find_agent(self.conn, id)?
                    .ok_or_else(|| Fault(StoreError::not_found("agent", id)))?;
            }
        }
        let (scope, reason) = (scope_text(new.scope), word(&new.reason)?);
        let known: Vec<_> = self
            .conn
            .prepare_cached(&format!(
                "{SUPPRESSION} WHERE pattern = ?1 AND lifted_at IS NULL ORDER BY id"
            ))?
            .query_map([&new.pattern], suppression_columns)?
            .collect::<Result<_, _>>()?;
        for columns in known {
            let row = suppression(columns)?;
            let lasts_as_long = match (row.expires_at, new.expires_at) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(end), Some(asked)) => end >= asked,
            };
            if row.scope == new.scope && row.reason == new.reason && lasts_as_long {
                return Ok(row);
            }
        }
        let salt = self.salt();
        let expires_at = new.expires_at.map(Timestamp::micros);
        self.conn
            .prepare_cached(
                "INSERT INTO suppressions
                 (pattern, scope, reason, note, added_by, added_at, expires_at, salt)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                new.pattern,
                scope,
                reason,
                new.note,
                new.by.to_string(),
                at.micros(),
                expires_at,
                salt
            ])?;
        let id = self.conn.last_insert_rowid();
        let body = json!({
            "id": id,
            "reason": reason,
            "scope": scope,
            "digest": suppression_digest(&salt, &new.pattern, &scope, &reason, expires_at),
        });
        self.operated(
            at,
            new.by,
            JournalKind::SuppressionAdded,
            "suppressions",
            &body,
        )?;
        self.change(at, ChangeKind::Suppressions)?;
        Ok(Suppression {
            id,
            pattern: new.pattern,
            scope: new.scope,
            reason: new.reason,
            note: new.note,
            added_by: new.by,
            added_at: at,
            expires_at: new.expires_at,
        })
    }
}
