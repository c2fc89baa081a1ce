//! What the operator set up, as the journal tells it, against the rows.

use std::collections::BTreeMap;

use domain::journal::{JournalEntry, JournalKind};
use domain::{Digest, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use crate::operator::{setting_digest, suppression_digest};
use crate::people::row_digest;
use crate::setup::token_mark;
use crate::sqlite::codec::id;
use crate::sqlite::directory::{agents_where, mailboxes_where, paused_at};
use crate::sqlite::fault::Done;
use crate::verify::{Walk, text};

/// The set-up by the journal. Small: what people did by hand.
#[derive(Default)]
pub(super) struct Setup {
    agents: BTreeMap<String, AgentTold>,
    mailboxes: BTreeMap<String, MailboxTold>,
    accounts: BTreeMap<String, String>,
    settings: BTreeMap<String, String>,
    policies: BTreeMap<i64, String>,
    suppressions: BTreeMap<i64, SuppressionTold>,
    recipients: BTreeMap<i64, RowTold>,
    consents: BTreeMap<i64, RowTold>,
    in_hand: BTreeMap<i64, RowTold>,
    zones: BTreeMap<i64, RowTold>,
    workspace_paused: bool,
}

/// A row about somebody: its salted digest, and whether it has ended.
#[derive(PartialEq)]
struct RowTold {
    digest: String,
    ended: bool,
}

/// Notes a row that began.
fn began(rows: &mut BTreeMap<i64, RowTold>, id: Option<i64>, digest: &str) {
    if let Some(id) = id {
        let digest = digest.to_owned();
        rows.insert(
            id,
            RowTold {
                digest,
                ended: false,
            },
        );
    }
}

/// Notes a row that ended.
fn ended(rows: &mut BTreeMap<i64, RowTold>, id: Option<i64>) {
    if let Some(told) = id.and_then(|id| rows.get_mut(&id)) {
        told.ended = true;
    }
}

#[derive(Clone, Default, PartialEq, Debug)]
struct AgentTold {
    level: u64,
    grants: BTreeMap<String, Option<u64>>,
    token: String,
    ends: Option<i64>,
    paused: bool,
    revoked: bool,
    listed_only: bool,
}

#[derive(Default, PartialEq)]
struct MailboxTold {
    account: String,
    address: String,
    paused: bool,
}

struct SuppressionTold {
    seq: u64,
    digest: String,
    lifted: bool,
}

impl Setup {
    /// Takes in what one entry says.
    pub fn learn(&mut self, kind: JournalKind, entry: &JournalEntry) {
        let (subject, body) = (entry.subject.as_str(), &entry.body);
        let flag = |key: &str| body.get(key).and_then(Value::as_bool).unwrap_or(false);
        let number = |key: &str| body.get(key).and_then(Value::as_u64);
        match kind {
            JournalKind::AgentAdded => {
                let told = AgentTold {
                    level: number("level").unwrap_or(0),
                    token: text(body, "token").to_owned(),
                    ends: body.get("ends").and_then(Value::as_i64),
                    paused: flag("paused"),
                    revoked: flag("revoked"),
                    listed_only: false,
                    grants: BTreeMap::new(),
                };
                self.agents.insert(subject.to_owned(), told);
            }
            JournalKind::AgentLevel => {
                self.agents.entry(subject.to_owned()).or_default().level =
                    number("to").unwrap_or(0);
            }
            JournalKind::AgentGranted => {
                let agent = self.agents.entry(subject.to_owned()).or_default();
                agent
                    .grants
                    .insert(text(body, "mailbox").to_owned(), number("level"));
            }
            JournalKind::AgentRevoked => {
                self.agents.entry(subject.to_owned()).or_default().revoked = true;
            }
            JournalKind::AgentToken => {
                let agent = self.agents.entry(subject.to_owned()).or_default();
                text(body, "token").clone_into(&mut agent.token);
                agent.ends = body.get("ends").and_then(Value::as_i64);
                agent.revoked = false;
            }
            JournalKind::MailboxAdded => {
                let told = MailboxTold {
                    account: text(body, "account").to_owned(),
                    address: text(body, "address").to_owned(),
                    paused: flag("paused"),
                };
                self.mailboxes.insert(subject.to_owned(), told);
            }
            JournalKind::AccountAdded | JournalKind::AccountChanged => {
                self.accounts
                    .insert(subject.to_owned(), text(body, "settings").to_owned());
            }
            JournalKind::Paused => self.pause(subject, true),
            JournalKind::Resumed => self.pause(subject, false),
            JournalKind::PolicyPublished => {
                let version = body.get("version").and_then(Value::as_i64).unwrap_or(0);
                self.policies.insert(version, text(body, "text").to_owned());
            }
            JournalKind::SettingChanged => {
                self.settings.insert(
                    text(body, "key").to_owned(),
                    text(body, "digest").to_owned(),
                );
            }
            JournalKind::SuppressionAdded => {
                let told = SuppressionTold {
                    seq: entry.seq,
                    digest: text(body, "digest").to_owned(),
                    lifted: false,
                };
                let id = body.get("id").and_then(Value::as_i64).unwrap_or(0);
                self.suppressions.insert(id, told);
            }
            JournalKind::SuppressionLifted => {
                let ids = body.get("ids").and_then(Value::as_array);
                for id in ids.into_iter().flatten().filter_map(Value::as_i64) {
                    if let Some(told) = self.suppressions.get_mut(&id) {
                        told.lifted = true;
                    }
                }
            }
            JournalKind::AgentRecipients => {
                let id = |key: &str| body.get(key).and_then(Value::as_i64);
                began(&mut self.recipients, id("added"), text(body, "digest"));
                ended(&mut self.recipients, id("removed"));
                if let Some(only) = body.get("listed_only").and_then(Value::as_bool) {
                    self.agents
                        .entry(subject.to_owned())
                        .or_default()
                        .listed_only = only;
                }
            }
            JournalKind::ConsentRecorded => {
                let id = body.get("id").and_then(Value::as_i64);
                began(&mut self.consents, id, text(body, "digest"));
            }
            JournalKind::ConsentEnded => {
                let ids = body.get("ids").and_then(Value::as_array);
                for id in ids.into_iter().flatten() {
                    ended(&mut self.consents, id.as_i64());
                }
            }
            JournalKind::ContactZone => {
                let id = |key: &str| body.get(key).and_then(Value::as_i64);
                began(&mut self.zones, id("id"), text(body, "digest"));
                ended(&mut self.zones, id("ended"));
            }
            // Those of conversations carry no row number.
            JournalKind::TakenOver => {
                let id = body.get("id").and_then(Value::as_i64);
                began(&mut self.in_hand, id, text(body, "digest"));
            }
            JournalKind::HandedBack => {
                ended(&mut self.in_hand, body.get("id").and_then(Value::as_i64));
            }
            JournalKind::Erased => self.erased(body),
            JournalKind::Began
            | JournalKind::Retained
            | JournalKind::Submitted
            | JournalKind::Revised
            | JournalKind::Approved
            | JournalKind::Undone
            | JournalKind::Rescheduled
            | JournalKind::Rejected
            | JournalKind::Snoozed
            | JournalKind::Asked
            | JournalKind::Answered
            | JournalKind::Override
            | JournalKind::CanaryHit
            | JournalKind::Expired
            | JournalKind::Cancelled
            | JournalKind::HeldBack
            | JournalKind::Attempted
            | JournalKind::FinalDot
            | JournalKind::Outcome
            | JournalKind::Settled
            | JournalKind::Arrived
            | JournalKind::Released
            | JournalKind::Kept
            | JournalKind::Corrected
            | JournalKind::OptOutAnswered
            | JournalKind::Bounced
            | JournalKind::SentAround
            | JournalKind::AlarmSeen
            | JournalKind::CopyFiled
            | JournalKind::CopyGivenUp
            | JournalKind::PutAside
            | JournalKind::AsideOver
            | JournalKind::ReplyClaimed
            | JournalKind::ReplyDone
            | JournalKind::ReplyReturned
            | JournalKind::KeyAdded
            | JournalKind::Copied
            | JournalKind::Recovered => {}
        }
    }

    /// Rows that an erasure emptied are vouched for by it from then on; those it took are gone.
    fn erased(&mut self, body: &Value) {
        let list = |key: &str| {
            body.get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        for row in list("suppressions") {
            let id = row.get("id").and_then(Value::as_i64);
            if let Some(told) = id.and_then(|id| self.suppressions.get_mut(&id)) {
                text(row, "digest").clone_into(&mut told.digest);
            }
        }
        for row in list("recipients") {
            let id = row.get("id").and_then(Value::as_i64);
            if let Some(told) = id.and_then(|id| self.recipients.get_mut(&id)) {
                text(row, "digest").clone_into(&mut told.digest);
            }
        }
        for id in list("consents").filter_map(Value::as_i64) {
            self.consents.remove(&id);
        }
        for id in list("in_hand").filter_map(Value::as_i64) {
            self.in_hand.remove(&id);
        }
        for id in list("zones").filter_map(Value::as_i64) {
            self.zones.remove(&id);
        }
    }

    fn pause(&mut self, subject: &str, paused: bool) {
        if subject == "workspace" {
            self.workspace_paused = paused;
        } else if let Some(agent) = self.agents.get_mut(subject) {
            agent.paused = paused;
        } else if let Some(mailbox) = self.mailboxes.get_mut(subject) {
            mailbox.paused = paused;
        }
    }

    /// Holds the rows against what was learnt.
    pub fn compare<P: FnMut(u64, u64)>(&self, conn: &Connection, walk: &mut Walk<P>) -> Done<()> {
        if paused_at(conn)?.is_some() != self.workspace_paused {
            walk.diverges(None, "workspace", "its pause is not as the journal says");
        }
        let rows = agent_rows(conn)?;
        differences(walk, "agent", &rows, &self.agents);
        let rows = mailbox_rows(conn)?;
        differences(walk, "mailbox", &rows, &self.mailboxes);
        let rows: BTreeMap<String, String> =
            pairs(conn, "SELECT id, settings FROM accounts", |row| {
                let settings: String = row.get(1)?;
                let id = id(row, 0, domain::AccountId::from_uuid)?;
                Ok((id.to_string(), Digest::of(settings.as_bytes()).to_string()))
            })?;
        differences(walk, "account", &rows, &self.accounts);
        let rows: BTreeMap<String, String> =
            pairs(conn, "SELECT key, value FROM settings", |row| {
                let (key, value): (String, String) = (row.get(0)?, row.get(1)?);
                let digest = setting_digest(&key, &value).to_string();
                Ok((key, digest))
            })?;
        differences(walk, "setting", &rows, &self.settings);
        let rows: BTreeMap<i64, String> =
            pairs(conn, "SELECT version, text FROM policies", |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        differences(walk, "policy", &rows, &self.policies);
        for (kind, sql, told) in [
            (
                "recipient row",
                "SELECT id, salt, pattern, CASE allowed WHEN 1 THEN 'allow' ELSE 'forbid' END,
                 expires_at, removed_at IS NOT NULL FROM agent_recipients",
                &self.recipients,
            ),
            (
                "consent",
                "SELECT c.id, c.salt, k.folded, c.source, c.expires_at, c.ended_at IS NOT NULL
                 FROM consents c JOIN contacts k ON k.n = c.contact",
                &self.consents,
            ),
            (
                "contact in hand",
                "SELECT t.id, t.salt, k.folded, '', NULL, t.ended_at IS NOT NULL
                 FROM takeovers t JOIN contacts k ON k.n = t.contact",
                &self.in_hand,
            ),
            (
                "contact's zone",
                "SELECT z.id, z.salt, k.folded, z.zone, NULL, z.ended_at IS NOT NULL
                 FROM contact_zones z JOIN contacts k ON k.n = z.contact",
                &self.zones,
            ),
        ] {
            let rows: BTreeMap<i64, RowTold> = pairs(conn, sql, |row| {
                let (salt, whom, what): (Vec<u8>, String, String) =
                    (row.get(1)?, row.get(2)?, row.get(3)?);
                let end = row.get::<_, Option<i64>>(4)?.map(Timestamp::from_micros);
                let told = RowTold {
                    digest: row_digest(&salt, &whom, &what, end).to_string(),
                    ended: row.get(5)?,
                };
                Ok((row.get(0)?, told))
            })?;
            differences(walk, kind, &rows, told);
        }
        self.compare_suppressions(conn, walk)
    }

    fn compare_suppressions<P: FnMut(u64, u64)>(
        &self,
        conn: &Connection,
        walk: &mut Walk<P>,
    ) -> Done<()> {
        for (id, told) in &self.suppressions {
            let row = conn
                .prepare_cached(
                    "SELECT salt, pattern, scope, reason, expires_at, lifted_at IS NOT NULL
                     FROM suppressions WHERE id = ?1",
                )?
                .query_row([id], |row| {
                    let salt: Vec<u8> = row.get(0)?;
                    let (pattern, scope, reason): (String, String, String) =
                        (row.get(1)?, row.get(2)?, row.get(3)?);
                    let digest = suppression_digest(&salt, &pattern, &scope, &reason, row.get(4)?);
                    Ok((digest.to_string(), row.get::<_, bool>(5)?))
                })
                .optional()?;
            match row {
                Some((digest, lifted)) if digest == told.digest && lifted == told.lifted => {}
                Some(_) | None => {
                    let what = "is gone, changed, or lifted without an entry";
                    walk.diverges(Some(told.seq), &format!("suppression {id}"), what);
                }
            }
        }
        let n: i64 = conn.query_row("SELECT COUNT(*) FROM suppressions", [], |row| row.get(0))?;
        if n.cast_unsigned() > self.suppressions.len() as u64 {
            walk.diverges(
                None,
                "suppressions",
                "there are rows the journal does not know",
            );
        }
        Ok(())
    }
}

fn agent_rows(conn: &Connection) -> Done<BTreeMap<String, AgentTold>> {
    let mut rows = BTreeMap::new();
    for entry in agents_where(conn, "", &[])? {
        let token: [u8; 32] = conn
            .prepare_cached("SELECT token FROM agents WHERE n = ?1")?
            .query_row([entry.n], |row| row.get(0))?;
        let agent = entry.agent;
        let told = AgentTold {
            level: u64::from(u8::from(agent.level)),
            grants: agent
                .grants
                .iter()
                .map(|grant| {
                    let level = grant.level.map(|level| u64::from(u8::from(level)));
                    (grant.mailbox.to_string(), level)
                })
                .collect(),
            token: token_mark(&domain::TokenDigest(Digest(token))).to_string(),
            ends: agent.expires_at.map(domain::Timestamp::micros),
            paused: agent.paused_at.is_some(),
            revoked: agent.revoked_at.is_some(),
            listed_only: entry.listed_only,
        };
        rows.insert(agent.id.to_string(), told);
    }
    Ok(rows)
}

fn mailbox_rows(conn: &Connection) -> Done<BTreeMap<String, MailboxTold>> {
    let mut rows = BTreeMap::new();
    for entry in mailboxes_where(conn, "", &[])? {
        let mailbox = entry.mailbox;
        let told = MailboxTold {
            account: mailbox.account.to_string(),
            address: Digest::of(mailbox.address.as_str().as_bytes()).to_string(),
            paused: mailbox.paused_at.is_some(),
        };
        rows.insert(mailbox.id.to_string(), told);
    }
    Ok(rows)
}

fn pairs<K: Ord, V>(
    conn: &Connection,
    sql: &str,
    read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<(K, V)>,
) -> Done<BTreeMap<K, V>> {
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| read(row))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn differences<P: FnMut(u64, u64), K: Ord + std::fmt::Display, V: PartialEq>(
    walk: &mut Walk<P>,
    kind: &str,
    rows: &BTreeMap<K, V>,
    told: &BTreeMap<K, V>,
) {
    for (key, row) in rows {
        if told.get(key) != Some(row) {
            walk.diverges(None, &format!("{kind} {key}"), "is not as the journal says");
        }
    }
    for key in told.keys().filter(|key| !rows.contains_key(*key)) {
        walk.diverges(
            None,
            &format!("{kind} {key}"),
            "is in the journal and its row is gone",
        );
    }
}
