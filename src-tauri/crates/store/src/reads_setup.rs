//! Reading: who and what is set up here, what is known of a recipient, and the record.

use domain::facts::{RecipientFacts, UsageFacts, WarmupFacts};
use domain::{
    Account, AccountId, Address, Agent, AgentId, Digest, JournalEntry, Mailbox, MailboxId,
    Suppression, Timestamp, TokenDigest,
};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use crate::error::StoreError;
use crate::handle::Store;
use crate::rows::{Checkpoint, PublishedPolicy};
use crate::sqlite::codec::{digest, from_json, int, time};
use crate::sqlite::directory::{
    accounts_where, agents_where, latest_policy, mailboxes_where, need_agent, need_mailbox,
    paused_at, policy_row,
};
use crate::sqlite::facts::{Own, SUPPRESSION, recipient, suppression, suppression_columns};
use crate::sqlite::fault::Done;
use crate::sqlite::ledger::{Keys, read_usage};
use crate::sqlite::people::{self, Around};
use crate::sqlite::spend::{OwnSpend, warmup};
use crate::sqlite::submissions::{JOURNAL, journal_row};
use crate::sqlite::tx::read_chain_head;

impl Store {
    /// All agents, oldest first.
    pub fn agents(&self) -> Result<Vec<Agent>, StoreError> {
        self.read(|conn| picked_agents(conn, "", &[]))
    }

    /// One agent.
    pub fn agent(&self, id: AgentId) -> Result<Option<Agent>, StoreError> {
        self.read(|conn| Ok(picked_agents(conn, "WHERE id = ?1", &[id.uuid().as_bytes()])?.pop()))
    }

    /// The agent of a name, in any case.
    pub fn agent_by_name(&self, name: &str) -> Result<Option<Agent>, StoreError> {
        self.read(|conn| Ok(picked_agents(conn, "WHERE name = ?1", &[&name])?.pop()))
    }

    /// The agent a token belongs to, revoked or not.
    pub fn agent_by_token(&self, token: TokenDigest) -> Result<Option<Agent>, StoreError> {
        self.read(|conn| Ok(picked_agents(conn, "WHERE token = ?1", &[&token.0.0])?.pop()))
    }

    /// All mailboxes, oldest first.
    pub fn mailboxes(&self) -> Result<Vec<Mailbox>, StoreError> {
        self.read(|conn| picked_mailboxes(conn, "", &[]))
    }

    /// One mailbox.
    pub fn mailbox(&self, id: MailboxId) -> Result<Option<Mailbox>, StoreError> {
        self.read(|conn| {
            Ok(picked_mailboxes(conn, "WHERE m.id = ?1", &[id.uuid().as_bytes()])?.pop())
        })
    }

    /// The mailbox of an address, in any case.
    pub fn mailbox_by_address(&self, address: &Address) -> Result<Option<Mailbox>, StoreError> {
        self.read(|conn| {
            Ok(picked_mailboxes(conn, "WHERE m.address = ?1", &[&address.as_str()])?.pop())
        })
    }

    /// All accounts, oldest first.
    pub fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.read(|conn| accounts_where(conn, "", &[]))
    }

    /// One account.
    pub fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(|conn| Ok(accounts_where(conn, "WHERE id = ?1", &[id.uuid().as_bytes()])?.pop()))
    }

    /// Suppressions that were not lifted, by number, after `after`; with `search`, those whose
    /// pattern contains it.
    pub fn suppressions(
        &self,
        search: Option<&str>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        self.read(|conn| {
            let rows: Vec<_> = conn
                .prepare_cached(&format!(
                    "{SUPPRESSION} WHERE lifted_at IS NULL AND id > ?1
                     AND (?2 IS NULL OR instr(pattern, lower(?2)) > 0) ORDER BY id LIMIT ?3"
                ))?
                .query_map(
                    params![after.unwrap_or(0), search, int(limit)],
                    suppression_columns,
                )?
                .collect::<Result<_, _>>()?;
            rows.into_iter().map(suppression).collect()
        })
    }

    /// Since when everything is paused, if it is.
    pub fn paused_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(paused_at)
    }

    /// The policy in force; version 0 if none was published.
    pub fn policy(&self) -> Result<PublishedPolicy, StoreError> {
        self.read(latest_policy)
    }

    /// All published policies, oldest first.
    pub fn policies(&self) -> Result<Vec<PublishedPolicy>, StoreError> {
        self.read(|conn| {
            let policies = conn
                .prepare_cached(
                    "SELECT version, text, published_at FROM policies ORDER BY version",
                )?
                .query_map([], policy_row)?
                .collect::<Result<_, _>>()?;
            Ok(policies)
        })
    }

    /// Slots taken and promised, as a judgement now would see them; without an agent its counters
    /// are empty.
    pub fn usage(
        &self,
        agent: Option<AgentId>,
        mailbox: MailboxId,
        now: Timestamp,
    ) -> Result<Vec<UsageFacts>, StoreError> {
        self.read(|conn| {
            let keys = Keys {
                mailbox: need_mailbox(conn, mailbox)?.n,
                // Rows are numbered from 1: nothing is counted under 0.
                agent: match agent {
                    Some(agent) => need_agent(conn, agent)?.n,
                    None => 0,
                },
            };
            read_usage(conn, keys, now.max(read_chain_head(conn)?.2))
        })
    }

    /// How warm a mailbox's sending domain is; `None` for a rehearsal, which has no reputation.
    pub fn warmup(
        &self,
        mailbox: MailboxId,
        now: Timestamp,
    ) -> Result<Option<WarmupFacts>, StoreError> {
        self.read(|conn| {
            let found = need_mailbox(conn, mailbox)?;
            if found.rehearsal {
                return Ok(None);
            }
            let domain = found.mailbox.address.domain();
            warmup(conn, domain, now, &OwnSpend::default()).map(Some)
        })
    }

    /// What is known of a recipient, as a judgement now would see it.
    pub fn recipient_facts(
        &self,
        agent: AgentId,
        mailbox: MailboxId,
        address: &Address,
        now: Timestamp,
    ) -> Result<RecipientFacts, StoreError> {
        self.read(|conn| {
            let agent = need_agent(conn, agent)?;
            let mailbox = need_mailbox(conn, mailbox)?;
            let at = now.max(read_chain_head(conn)?.2);
            let folded = address.folded();
            let (mut facts, contact) = recipient(conn, &agent, &mailbox, address, &folded, at)?;
            if let Some(contact) = contact {
                let (agent, own) = (agent.n, Own::NEW);
                people::sends(conn, &mut facts, contact, Around { agent, at, own }, None)?;
            }
            Ok(facts)
        })
    }

    /// A setting, if it was set.
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached("SELECT value FROM settings WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?)
        })
    }

    /// Journal entries after a number, ascending, at most `limit`.
    pub fn journal(&self, after_seq: u64, limit: usize) -> Result<Vec<JournalEntry>, StoreError> {
        self.read(|conn| {
            entries(
                conn,
                &format!("{JOURNAL} WHERE seq > ?1 ORDER BY seq LIMIT ?2"),
                &[&after_seq.cast_signed(), &int(limit)],
            )
        })
    }

    /// Every journal entry about a subject, ascending.
    pub fn journal_of(&self, subject: &str) -> Result<Vec<JournalEntry>, StoreError> {
        self.read(|conn| {
            entries(
                conn,
                &format!("{JOURNAL} WHERE subject = ?1 ORDER BY seq"),
                &[&subject],
            )
        })
    }

    /// The last entry's number and hash.
    pub fn head(&self) -> Result<(u64, Digest), StoreError> {
        self.read(|conn| read_chain_head(conn).map(|(seq, hash, _)| (seq, hash)))
    }

    /// All checkpoints, ascending.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        self.read(checkpoints)
    }
}

/// All checkpoints, ascending.
pub(crate) fn checkpoints(conn: &Connection) -> Done<Vec<Checkpoint>> {
    checkpoints_where(conn, "ORDER BY seq")
}

/// Some of them, as `clause` says.
pub(crate) fn checkpoints_where(conn: &Connection, clause: &str) -> Done<Vec<Checkpoint>> {
    let rows = conn
        .prepare_cached(&format!(
            "SELECT seq, hash, at, key, signature FROM checkpoints {clause}"
        ))?
        .query_map([], |row| {
            Ok(Checkpoint {
                seq: row.get::<_, i64>(0)?.cast_unsigned(),
                hash: digest(row, 1)?,
                at: time(row, 2)?,
                key: row.get(3)?,
                signature: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

fn picked_agents(conn: &Connection, condition: &str, values: &[&dyn ToSql]) -> Done<Vec<Agent>> {
    let entries = agents_where(conn, condition, values)?;
    Ok(entries.into_iter().map(|entry| entry.agent).collect())
}

fn picked_mailboxes(
    conn: &Connection,
    condition: &str,
    values: &[&dyn ToSql],
) -> Done<Vec<Mailbox>> {
    let entries = mailboxes_where(conn, condition, values)?;
    Ok(entries.into_iter().map(|entry| entry.mailbox).collect())
}

fn entries(conn: &Connection, sql: &str, values: &[&dyn ToSql]) -> Done<Vec<JournalEntry>> {
    let rows: Vec<_> = conn
        .prepare_cached(sql)?
        .query_map(values, journal_row)?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(mut entry, body)| {
            entry.body = from_json("a journal entry", &body)?;
            Ok(entry)
        })
        .collect()
}
