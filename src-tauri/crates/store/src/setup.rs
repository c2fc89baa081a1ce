//! Who may ask and how mail leaves: agents, mailboxes, accounts.

use domain::journal::JournalKind;
use domain::{
    Account, Actor, Agent, AgentId, ChangeKind, Digest, Level, Mailbox, MailboxId, Timestamp,
    TokenDigest,
};
use rusqlite::{OptionalExtension, ToSql, params};
use serde_json::json;

use crate::error::StoreError;
use crate::handle::Store;
use crate::reply::Reply;
use crate::sqlite::codec::json as to_json;
use crate::sqlite::directory::{StoredAccount, accounts_where, need_agent, need_mailbox};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::tx::Tx;

impl Store {
    /// Adds an agent with its token's digest and its grants, at its `created_at`.
    ///
    /// Errors: [`StoreError::AlreadyExists`] if its name (in any case) or token is taken,
    /// [`StoreError::NotFound`] for a grant of an unknown mailbox.
    pub fn add_agent(&self, agent: Agent, token: TokenDigest) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(agent.created_at);
            tx.must_be_free(
                "SELECT 1 FROM agents WHERE name = ?1",
                &agent.name,
                format!("an agent called `{}`", agent.name),
            )?;
            tx.must_be_free(
                "SELECT 1 FROM agents WHERE token = ?1",
                &token.0.0,
                "an agent with this token".to_owned(),
            )?;
            tx.conn
                .prepare_cached(
                    "INSERT INTO agents (id, name, token, level, paused_at, revoked_at, expires_at,
                     created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    agent.id.uuid().as_bytes(),
                    agent.name,
                    token.0.0,
                    u8::from(agent.level),
                    agent.paused_at.map(Timestamp::micros),
                    agent.revoked_at.map(Timestamp::micros),
                    agent.expires_at.map(Timestamp::micros),
                    at.micros()
                ])?;
            let subject = agent.id.to_string();
            let body = json!({
                "level": agent.level,
                "token": token_mark(&token),
                "ends": agent.expires_at.map(Timestamp::micros),
                "paused": agent.paused_at.is_some(),
                "revoked": agent.revoked_at.is_some(),
            });
            tx.operated(
                at,
                Actor::Operator,
                JournalKind::AgentAdded,
                &subject,
                &body,
            )?;
            for grant in &agent.grants {
                tx.grant(agent.id, grant.mailbox, grant.level, at)?;
            }
            tx.change(at, ChangeKind::Agents)?;
            tx.touch_directory();
            Ok(())
        })
    }

    /// Sets an agent's level. An agent may lower its own; anything else by an agent is
    /// [`StoreError::HumanOnly`].
    pub fn set_level(&self, id: AgentId, level: Level, actor: Actor, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let entry = need_agent(tx.conn, id)?;
            let was = entry.agent.level;
            match actor {
                Actor::Operator | Actor::System => {}
                Actor::Agent(agent) if agent == id && level <= was => {}
                Actor::Agent(_) => {
                    return Err(Fault(StoreError::HumanOnly {
                        what: "raise an agent's level".to_owned(),
                    }));
                }
            }
            if level == was {
                return Ok(());
            }
            // What happened at another level says nothing about this one.
            tx.forget_receipts(entry.n)?;
            tx.conn
                .prepare_cached("UPDATE agents SET level = ?2 WHERE id = ?1")?
                .execute(params![id.uuid().as_bytes(), u8::from(level)])?;
            let body = json!({ "from": was, "to": level });
            tx.operated(at, actor, JournalKind::AgentLevel, &id.to_string(), &body)?;
            tx.change(at, ChangeKind::Agents)?;
            tx.touch_directory();
            Ok(())
        })
    }

    /// Lets an agent send as a mailbox, with a lower level there if one is given; in place of an
    /// earlier grant.
    pub fn grant(
        &self,
        agent: AgentId,
        mailbox: MailboxId,
        level: Option<Level>,
        now: Timestamp,
    ) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            tx.grant(agent, mailbox, level, at)?;
            tx.change(at, ChangeKind::Agents)?;
            tx.touch_directory();
            Ok(())
        })
    }

    /// Ends an agent's token. What waits for it alone is a person's from then on. Ending it twice
    /// changes nothing.
    pub fn revoke_agent(&self, id: AgentId, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let entry = need_agent(tx.conn, id)?;
            if entry.agent.revoked_at.is_some() {
                return Ok(());
            }
            tx.conn
                .prepare_cached("UPDATE agents SET revoked_at = ?2 WHERE id = ?1")?
                .execute(params![id.uuid().as_bytes(), at.micros()])?;
            let (by, kind) = (Actor::Operator, JournalKind::AgentRevoked);
            tx.operated(at, by, kind, &id.to_string(), &json!({}))?;
            tx.leave_work(entry.n, at)?;
            tx.change(at, ChangeKind::Agents)?;
            tx.touch_directory();
            Ok(())
        })
    }

    /// Gives an agent another token in place of its old one; a revoked agent is back with it.
    pub fn replace_token(
        &self,
        id: AgentId,
        token: TokenDigest,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            need_agent(tx.conn, id)?;
            tx.must_be_free(
                "SELECT 1 FROM agents WHERE token = ?1",
                &token.0.0,
                "an agent with this token".to_owned(),
            )?;
            tx.conn
                .prepare_cached(
                    "UPDATE agents SET token = ?2, expires_at = ?3, revoked_at = NULL
                     WHERE id = ?1",
                )?
                .execute(params![
                    id.uuid().as_bytes(),
                    token.0.0,
                    expires_at.map(Timestamp::micros)
                ])?;
            let body = json!({
                "token": token_mark(&token),
                "ends": expires_at.map(Timestamp::micros),
            });
            let (by, kind) = (Actor::Operator, JournalKind::AgentToken);
            tx.operated(at, by, kind, &id.to_string(), &body)?;
            tx.change(at, ChangeKind::Agents)?;
            tx.touch_directory();
            Ok(())
        })
    }

    /// Adds a mailbox, and its account if that is not here yet.
    ///
    /// Errors: [`StoreError::AlreadyExists`] if the address (in any case) is taken.
    pub fn add_mailbox(&self, account: Account, mailbox: Mailbox, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            tx.must_be_free(
                "SELECT 1 FROM mailboxes WHERE address = ?1",
                &mailbox.address.as_str(),
                format!("a mailbox `{}`", mailbox.address),
            )?;
            let account_id = account.id.uuid().as_bytes();
            if accounts_where(tx.conn, "WHERE id = ?1", &[account_id])?.is_empty() {
                let settings = account_settings(&account)?;
                tx.conn
                    .prepare_cached(
                        "INSERT INTO accounts (id, created_at, settings, read_since)
                         VALUES (?1, ?2, ?3, CASE WHEN ?4 THEN ?2 END)",
                    )?
                    .execute(params![
                        account_id,
                        at.micros(),
                        settings,
                        account.imap.is_some()
                    ])?;
                let body = json!({ "settings": Digest::of(settings.as_bytes()) });
                let (by, kind) = (Actor::Operator, JournalKind::AccountAdded);
                tx.operated(at, by, kind, &account.id.to_string(), &body)?;
            }
            tx.conn
                .prepare_cached(
                    "INSERT INTO mailboxes (id, address, display_name, account, paused_at,
                     created_at) VALUES (?1, ?2, ?3, (SELECT n FROM accounts WHERE id = ?4), ?5, ?6)",
                )?
                .execute(params![
                    mailbox.id.uuid().as_bytes(),
                    mailbox.address.as_str(),
                    mailbox.display_name,
                    account_id,
                    mailbox.paused_at.map(Timestamp::micros),
                    at.micros()
                ])?;
            let body = json!({
                "account": account.id,
                "address": Digest::of(mailbox.address.as_str().as_bytes()),
                "paused": mailbox.paused_at.is_some(),
            });
            let (by, kind) = (Actor::Operator, JournalKind::MailboxAdded);
            tx.operated(at, by, kind, &mailbox.id.to_string(), &body)?;
            tx.change(at, ChangeKind::Mailboxes)?;
            tx.touch_directory();
            Ok(())
        })
    }

    /// Changes an account's settings. The first that have its mail read say since when it is.
    pub fn update_account(&self, account: Account, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            let settings = account_settings(&account)?;
            let changed = tx
                .conn
                .prepare_cached(
                    "UPDATE accounts SET settings = ?2,
                     read_since = COALESCE(read_since, CASE WHEN ?3 THEN ?4 END) WHERE id = ?1",
                )?
                .execute(params![
                    account.id.uuid().as_bytes(),
                    settings,
                    account.imap.is_some(),
                    at.micros()
                ])?;
            if changed == 0 {
                return Err(Fault(StoreError::not_found("account", account.id)));
            }
            let body = json!({ "settings": Digest::of(settings.as_bytes()) });
            let (by, kind) = (Actor::Operator, JournalKind::AccountChanged);
            tx.operated(at, by, kind, &account.id.to_string(), &body)?;
            tx.change(at, ChangeKind::Mailboxes)?;
            // Whether a mailbox only rehearses is its account's to say.
            tx.touch_directory();
            Ok(())
        })
    }
}

/// What the journal keeps of a token: a digest of its digest, which opens nothing.
pub(crate) fn token_mark(token: &TokenDigest) -> Digest {
    Digest::of(&token.0.0)
}

impl Tx<'_> {
    fn must_be_free(&self, sql: &str, value: &dyn ToSql, what: String) -> Done<()> {
        let taken = self
            .conn
            .prepare_cached(sql)?
            .query_row([value], |_| Ok(()))
            .optional()?;
        match taken {
            Some(()) => Err(Fault(StoreError::AlreadyExists { what })),
            None => Ok(()),
        }
    }

    fn grant(
        &mut self,
        agent: AgentId,
        mailbox: MailboxId,
        level: Option<Level>,
        at: Timestamp,
    ) -> Done<()> {
        let agent_n = need_agent(self.conn, agent)?.n;
        let mailbox_n = need_mailbox(self.conn, mailbox)?.n;
        self.conn
            .prepare_cached(
                "INSERT INTO grants (agent, mailbox, level) VALUES (?1, ?2, ?3)
                 ON CONFLICT (agent, mailbox) DO UPDATE SET level = excluded.level",
            )?
            .execute(params![agent_n, mailbox_n, level.map(u8::from)])?;
        let body = json!({ "mailbox": mailbox, "level": level });
        let (by, kind) = (Actor::Operator, JournalKind::AgentGranted);
        self.operated(at, by, kind, &agent.to_string(), &body)?;
        Ok(())
    }
}

/// An account's settings as its column has them: how mail leaves, and beside it how it arrives.
fn account_settings(account: &Account) -> Done<String> {
    to_json(&StoredAccount {
        kind: account.kind.clone(),
        imap: account.imap.clone(),
    })
}
