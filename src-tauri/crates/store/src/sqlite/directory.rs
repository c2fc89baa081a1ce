//! Who and what is set up here: agents, mailboxes, accounts, the pause switch, the policy.
//!
//! It changes by the operator's hand only, so the writer remembers what it read until then.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{
    Account, AccountId, AccountKind, Agent, AgentGrant, AgentId, ImapSettings, Level, Mailbox,
    MailboxId, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::rows::PublishedPolicy;
use crate::sqlite::codec::{from_json, id, time, time_maybe};
use crate::sqlite::fault::{Done, Fault};

/// An agent and its row number.
#[derive(Clone, Debug)]
pub(crate) struct AgentEntry {
    pub n: i64,
    pub agent: Agent,
    /// It may write to nobody but those its rows allow.
    pub listed_only: bool,
    /// There are rows that allow or forbid it somebody, though they may have expired.
    pub has_lists: bool,
}

/// A mailbox and its row number.
#[derive(Clone, Debug)]
pub(crate) struct MailboxEntry {
    pub n: i64,
    pub mailbox: Mailbox,
    /// Its account sends nothing anywhere.
    pub rehearsal: bool,
}

/// What the writer remembers of the set-up.
#[derive(Default)]
pub(crate) struct Directory {
    agents: HashMap<AgentId, Arc<AgentEntry>>,
    mailboxes: HashMap<MailboxId, Arc<MailboxEntry>>,
    paused: Option<Option<Timestamp>>,
    policy: Option<PublishedPolicy>,
}

impl Directory {
    /// An agent by id.
    pub fn agent(&mut self, conn: &Connection, id: AgentId) -> Done<Arc<AgentEntry>> {
        if let Some(entry) = self.agents.get(&id) {
            return Ok(Arc::clone(entry));
        }
        let entry = Arc::new(need_agent(conn, id)?);
        self.agents.insert(id, Arc::clone(&entry));
        Ok(entry)
    }

    /// A mailbox by id.
    pub fn mailbox(&mut self, conn: &Connection, id: MailboxId) -> Done<Arc<MailboxEntry>> {
        if let Some(entry) = self.mailboxes.get(&id) {
            return Ok(Arc::clone(entry));
        }
        let entry = Arc::new(need_mailbox(conn, id)?);
        self.mailboxes.insert(id, Arc::clone(&entry));
        Ok(entry)
    }

    /// Since when everything is paused, if it is.
    pub fn paused_at(&mut self, conn: &Connection) -> Done<Option<Timestamp>> {
        if let Some(paused) = self.paused {
            return Ok(paused);
        }
        let paused = paused_at(conn)?;
        self.paused = Some(paused);
        Ok(paused)
    }

    /// The policy in force.
    pub fn policy(&mut self, conn: &Connection) -> Done<PublishedPolicy> {
        if let Some(policy) = &self.policy {
            return Ok(policy.clone());
        }
        let policy = latest_policy(conn)?;
        self.policy = Some(policy.clone());
        Ok(policy)
    }
}

const AGENT: &str =
    "SELECT n, id, name, level, paused_at, revoked_at, expires_at, created_at, listed_only,
        EXISTS (SELECT 1 FROM agent_recipients r WHERE r.agent = agents.n AND r.removed_at IS NULL)
    FROM agents";

/// Row number, level as a number, whether it is listed only, whether it has lists.
type AgentColumns = (i64, u8, bool, bool);

fn agent_row(row: &Row<'_>) -> rusqlite::Result<(AgentColumns, Agent)> {
    let agent = Agent {
        id: id(row, 1, AgentId::from_uuid)?,
        name: row.get(2)?,
        // The number is read into the level by the caller, where it can be called damaged.
        level: Level::Observe,
        grants: Vec::new(),
        paused_at: time_maybe(row, 4)?,
        revoked_at: time_maybe(row, 5)?,
        expires_at: time_maybe(row, 6)?,
        created_at: time(row, 7)?,
    };
    let columns = (row.get(0)?, row.get(3)?, row.get(8)?, row.get(9)?);
    Ok((columns, agent))
}

fn level(number: u8) -> Done<Level> {
    Level::try_from(number).map_err(|error| Fault(StoreError::damaged("an agent", error)))
}

/// Agents that a condition picks, with their grants, by row number.
pub(crate) fn agents_where(
    conn: &Connection,
    condition: &str,
    values: &[&dyn ToSql],
) -> Done<Vec<AgentEntry>> {
    let rows: Vec<(AgentColumns, Agent)> = conn
        .prepare_cached(&format!("{AGENT} {condition} ORDER BY n"))?
        .query_map(values, agent_row)?
        .collect::<Result<_, _>>()?;
    let mut grants = conn.prepare_cached(
        "SELECT m.id, g.level FROM grants g JOIN mailboxes m ON m.n = g.mailbox
         WHERE g.agent = ?1 ORDER BY g.mailbox",
    )?;
    let mut entries = Vec::with_capacity(rows.len());
    for ((n, number, listed_only, has_lists), mut agent) in rows {
        agent.level = level(number)?;
        let granted: Vec<(MailboxId, Option<u8>)> = grants
            .query_map([n], |row| {
                Ok((id(row, 0, MailboxId::from_uuid)?, row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        for (mailbox, number) in granted {
            agent.grants.push(AgentGrant {
                mailbox,
                level: number.map(level).transpose()?,
            });
        }
        entries.push(AgentEntry {
            n,
            agent,
            listed_only,
            has_lists,
        });
    }
    Ok(entries)
}

/// One agent, if there is one of that id.
pub(crate) fn find_agent(conn: &Connection, id: AgentId) -> Done<Option<AgentEntry>> {
    Ok(agents_where(conn, "WHERE id = ?1", &[id.uuid().as_bytes()])?.pop())
}

/// One agent; `NotFound` otherwise.
pub(crate) fn need_agent(conn: &Connection, id: AgentId) -> Done<AgentEntry> {
    find_agent(conn, id)?.ok_or_else(|| Fault(StoreError::not_found("agent", id)))
}

/// Row number, id, address, display name, account, paused, made, the account's settings.
type MailboxColumns = (
    i64,
    MailboxId,
    String,
    Option<String>,
    AccountId,
    Option<Timestamp>,
    Timestamp,
    String,
);

/// Mailboxes that a condition picks, by row number.
pub(crate) fn mailboxes_where(
    conn: &Connection,
    condition: &str,
    values: &[&dyn ToSql],
) -> Done<Vec<MailboxEntry>> {
    let rows: Vec<MailboxColumns> = conn
        .prepare_cached(&format!(
            "SELECT m.n, m.id, m.address, m.display_name, c.id, m.paused_at, m.created_at,
                    c.settings
             FROM mailboxes m JOIN accounts c ON c.n = m.account {condition} ORDER BY m.n"
        ))?
        .query_map(values, |row| {
            Ok((
                row.get(0)?,
                id(row, 1, MailboxId::from_uuid)?,
                row.get(2)?,
                row.get(3)?,
                id(row, 4, AccountId::from_uuid)?,
                time_maybe(row, 5)?,
                time(row, 6)?,
                row.get(7)?,
            ))
        })?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(
            |(n, id, address, display_name, account, paused_at, created_at, settings)| {
                // Settings that do not read back are the account's trouble, not the mailbox's.
                let kind = from_json::<AccountKind>("an account", &settings).ok();
                let address = address
                    .parse()
                    .map_err(|error| Fault(StoreError::damaged("a mailbox", error)))?;
                let mailbox = Mailbox {
                    id,
                    address,
                    display_name,
                    account,
                    paused_at,
                    created_at,
                };
                Ok(MailboxEntry {
                    n,
                    mailbox,
                    rehearsal: kind == Some(AccountKind::Rehearsal),
                })
            },
        )
        .collect()
}

/// One mailbox, if there is one of that id.
pub(crate) fn find_mailbox(conn: &Connection, id: MailboxId) -> Done<Option<MailboxEntry>> {
    Ok(mailboxes_where(conn, "WHERE m.id = ?1", &[id.uuid().as_bytes()])?.pop())
}

/// One mailbox; `NotFound` otherwise.
pub(crate) fn need_mailbox(conn: &Connection, id: MailboxId) -> Done<MailboxEntry> {
    find_mailbox(conn, id)?.ok_or_else(|| Fault(StoreError::not_found("mailbox", id)))
}

/// An account's settings as they stand in their column.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredAccount {
    #[serde(flatten)]
    pub kind: AccountKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imap: Option<ImapSettings>,
}

/// Accounts that a condition picks.
pub(crate) fn accounts_where(
    conn: &Connection,
    condition: &str,
    values: &[&dyn ToSql],
) -> Done<Vec<Account>> {
    let rows: Vec<(AccountId, String, Timestamp)> = conn
        .prepare_cached(&format!(
            "SELECT id, settings, created_at FROM accounts {condition} ORDER BY n"
        ))?
        .query_map(values, |row| {
            Ok((
                id(row, 0, AccountId::from_uuid)?,
                row.get(1)?,
                time(row, 2)?,
            ))
        })?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(id, settings, created_at)| {
            let StoredAccount { kind, imap } = from_json("an account", &settings)?;
            Ok(Account {
                id,
                kind,
                imap,
                created_at,
            })
        })
        .collect()
}

/// Since when everything is paused, if it is.
pub(crate) fn paused_at(conn: &Connection) -> Done<Option<Timestamp>> {
    let paused = conn
        .prepare_cached("SELECT paused_at FROM workspace WHERE one = 1")?
        .query_row([], |row| time_maybe(row, 0))?;
    Ok(paused)
}

/// The policy last published, or version 0.
pub(crate) fn latest_policy(conn: &Connection) -> Done<PublishedPolicy> {
    let policy = conn
        .prepare_cached(
            "SELECT version, text, published_at FROM policies ORDER BY version DESC LIMIT 1",
        )?
        .query_row([], policy_row)
        .optional()?;
    Ok(policy.unwrap_or_else(|| PublishedPolicy {
        version: 0,
        text: Arc::from(""),
        published_at: Timestamp::from_micros(0),
    }))
}

/// One published version; version 0 stands for none.
pub(crate) fn policy_version(conn: &Connection, version: u64) -> Done<Option<PublishedPolicy>> {
    if version == 0 {
        return Ok(Some(PublishedPolicy {
            version: 0,
            text: Arc::from(""),
            published_at: Timestamp::from_micros(0),
        }));
    }
    Ok(conn
        .prepare_cached("SELECT version, text, published_at FROM policies WHERE version = ?1")?
        .query_row(params![version.cast_signed()], policy_row)
        .optional()?)
}

/// Reads `version, text, published_at`.
pub(crate) fn policy_row(row: &Row<'_>) -> rusqlite::Result<PublishedPolicy> {
    let text: String = row.get(1)?;
    Ok(PublishedPolicy {
        version: row.get::<_, i64>(0)?.cast_unsigned(),
        text: Arc::from(text),
        published_at: time(row, 2)?,
    })
}
