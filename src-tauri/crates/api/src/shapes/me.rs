//! Who an agent is here.

use domain::{Address, Agent, AgentId, Level, Mailbox, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;

/// `GET /v1/me`.
#[derive(Serialize, ToSchema)]
pub struct MeAnswer {
    /// Your id.
    #[schema(value_type = String)]
    pub id: AgentId,
    /// Your name.
    pub name: String,
    /// Your level.
    #[schema(value_type = words::LevelNumber)]
    pub level: Level,
    /// What the level is called.
    pub level_name: &'static str,
    /// Paused since; null if you are not.
    #[schema(value_type = Option<words::Instant>)]
    pub paused_at: Option<Timestamp>,
    /// When your token ends; null if it does not.
    #[schema(value_type = Option<words::Instant>)]
    pub expires_at: Option<Timestamp>,
    /// The mailboxes you may send as.
    pub mailboxes: Vec<MailboxShape>,
}

/// A mailbox you may send as.
#[derive(Serialize, ToSchema)]
#[schema(as = Mailbox)]
pub struct MailboxShape {
    /// Its address: what `mailbox` is set to in an ask.
    #[schema(value_type = String)]
    pub address: Address,
    /// The name shown beside it.
    pub display_name: Option<String>,
    /// Your level there: the lower of yours and the mailbox's own.
    #[schema(value_type = words::LevelNumber)]
    pub level: Level,
}

/// `PATCH /v1/me`: the level may only go down.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelChange {
    /// The new level.
    #[schema(value_type = words::LevelNumber)]
    pub level: Level,
}

impl MeAnswer {
    /// An agent and the mailboxes granted to it.
    pub fn of(agent: &Agent, mailboxes: Vec<Mailbox>) -> Self {
        let mailboxes = mailboxes.into_iter().map(|mailbox| {
            let grant = agent
                .grants
                .iter()
                .find(|grant| grant.mailbox == mailbox.id);
            let own = grant.and_then(|grant| grant.level).unwrap_or(agent.level);
            MailboxShape {
                address: mailbox.address,
                display_name: mailbox.display_name,
                level: own.min(agent.level),
            }
        });
        MeAnswer {
            id: agent.id,
            name: agent.name.clone(),
            level: agent.level,
            level_name: agent.level.name(),
            paused_at: agent.paused_at,
            expires_at: agent.expires_at,
            mailboxes: mailboxes.collect(),
        }
    }
}
