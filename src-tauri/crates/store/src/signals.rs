//! How mail was received, and what Sendoff does about it by itself: stop the mailbox, lower the
//! agent, once each time a line is crossed.

use domain::facts::Signals;
use domain::journal::JournalKind;
use domain::{Actor, AgentId, ChangeKind, Level, MailboxId, Span, Timestamp};
use rusqlite::params;
use serde_json::json;

use crate::asks::PauseScope;
use crate::error::StoreError;
use crate::handle::Store;
use crate::reply::Reply;
use crate::rows::PublishedPolicy;
use crate::sqlite::codec::time_maybe;
use crate::sqlite::directory::{need_agent, need_mailbox};
use crate::sqlite::spend::{SignalScope, signals};
use crate::sqlite::tx::read_chain_head;

/// An agent is lowered by itself at most once in the time signals count.
const LOWERED_ONCE_IN: Span = Span::from_days(7);

/// What Sendoff did by itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heeded {
    /// The mailbox was paused now, for this reason.
    pub paused: Option<String>,
    /// The agent was lowered now, to this level, for this reason.
    pub lowered: Option<(Level, String)>,
}

impl Store {
    /// What came back in the last seven days for a mailbox's mail, and for an agent's.
    pub fn signals(
        &self,
        mailbox: MailboxId,
        agent: AgentId,
        now: Timestamp,
    ) -> Result<(Signals, Signals), StoreError> {
        self.read(|conn| {
            let at = now.max(read_chain_head(conn)?.2);
            let mailbox = SignalScope::Mailbox(need_mailbox(conn, mailbox)?.n);
            let agent = SignalScope::Agent(need_agent(conn, agent)?.n);
            Ok((signals(conn, mailbox, at)?, signals(conn, agent, at)?))
        })
    }

    /// An agent put back its canary: it is stopped, and the record says why. Once stopped, another
    /// hit is not recorded again.
    pub fn canary_hit(&self, agent: AgentId, now: Timestamp) -> Reply<()> {
        self.write(move |tx| {
            let at = tx.at(now);
            if need_agent(tx.conn, agent)?.agent.paused_at.is_some() {
                return Ok(());
            }
            let (by, kind) = (Actor::Agent(agent), JournalKind::CanaryHit);
            tx.operated(at, by, kind, &agent.to_string(), &json!({}))?;
            tx.set_pause(PauseScope::Agent(agent), Actor::System, Some(at), at)
        })
    }

    /// Looks at how mail of a mailbox, and of an agent, was received, and acts where `crossed` says
    /// why a line is crossed: pauses the mailbox, lowers the agent by one level. Asked again, it
    /// does not do the same twice.
    pub fn heed_signals(
        &self,
        mailbox: MailboxId,
        agent: Option<AgentId>,
        now: Timestamp,
        crossed: impl Fn(&PublishedPolicy, &Signals) -> Option<String> + Send + 'static,
    ) -> Reply<Heeded> {
        self.write(move |tx| {
            let at = tx.at(now);
            let policy = tx.policy()?;
            let mut heeded = Heeded::default();
            let entry = need_mailbox(tx.conn, mailbox)?;
            let seen = signals(tx.conn, SignalScope::Mailbox(entry.n), at)?;
            if entry.mailbox.paused_at.is_none()
                && let Some(why) = crossed(&policy, &seen)
            {
                tx.set_pause(PauseScope::Mailbox(mailbox), Actor::System, Some(at), at)?;
                heeded.paused = Some(why);
            }
            // A person is not lowered for what came back.
            let Some(id) = agent.filter(|id| *id != AgentId::BY_HAND) else {
                return Ok(heeded);
            };
            let entry = need_agent(tx.conn, id)?;
            let seen = signals(tx.conn, SignalScope::Agent(entry.n), at)?;
            let lowered_at: Option<Timestamp> = tx
                .conn
                .prepare_cached("SELECT lowered_at FROM agents WHERE n = ?1")?
                .query_row([entry.n], |row| time_maybe(row, 0))?;
            let lately = lowered_at.is_some_and(|last| last + LOWERED_ONCE_IN > at);
            let was = entry.agent.level;
            let lower = Level::ALL.into_iter().rev().find(|level| *level < was);
            if let (Some(level), false, Some(why)) = (lower, lately, crossed(&policy, &seen)) {
                tx.conn
                    .prepare_cached("UPDATE agents SET level = ?2, lowered_at = ?3 WHERE n = ?1")?
                    .execute(params![entry.n, u8::from(level), at.micros()])?;
                tx.forget_receipts(entry.n)?;
                let body = json!({ "from": was, "to": level });
                let (by, kind) = (Actor::System, JournalKind::AgentLevel);
                tx.operated(at, by, kind, &id.to_string(), &body)?;
                tx.change(at, ChangeKind::Agents)?;
                tx.touch_directory();
                heeded.lowered = Some((level, why));
            }
            Ok(heeded)
        })
    }
}
