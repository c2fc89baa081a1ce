//! Agents: let in, dialled, paused, shown out.

use std::collections::BTreeMap;

use domain::facts::CountScope;
use domain::journal::JournalKind;
use domain::{Actor, Address, Agent, AgentId, Code, Level, MailboxId, Problem};
use engine::PauseScope;
use serde::Deserialize;
use ts_rs::TS;

use crate::args::{self, ById, NoArgs};
use crate::snippets;
use crate::table::Desk;
use crate::view::{
    AgentGranted, AgentMade, AgentView, BudgetView, BudgetWindow, ReceiptsView, RiskView,
};
use crate::words;

pub(crate) async fn list(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<Vec<AgentView>, Problem> {
    let mut views = Vec::new();
    for agent in desk.engine.agents().await? {
        views.push(view(desk, agent).await?);
    }
    Ok(views)
}

/// What is left for an agent, as `GET /v1/limits` tells it.
pub(crate) async fn budget(desk: &Desk<'_>, args: ById) -> Result<BudgetView, Problem> {
    let id: AgentId = args::parse(&args.id, "/id")?;
    let agent = desk.engine.agent(id).await?;
    let limits = desk.engine.limits(&agent, None).await?;
    let now = desk.engine.now();
    let mut windows: Vec<BudgetWindow> = Vec::new();
    for scope in [
        CountScope::Agent,
        CountScope::Mailbox,
        CountScope::Workspace,
    ] {
        for row in limits.windows.iter().filter(|row| row.scope == scope) {
            let of_mailbox = scope == CountScope::Mailbox;
            let window = BudgetWindow {
                scope: scope.as_str().to_owned(),
                mailbox: of_mailbox.then(|| row.mailbox.to_string()),
                window: row.window.as_str().to_owned(),
                used: row.used,
                limit: row.limit,
                next_at: (row.next_slot > now).then(|| row.next_slot.to_string()),
            };
            let same = windows.iter_mut().find(|one| {
                (&one.scope, &one.mailbox, &one.window)
                    == (&window.scope, &window.mailbox, &window.window)
            });
            // What is counted once may be limited otherwise from mailbox to mailbox.
            match same {
                Some(same) if window.limit < same.limit => *same = window,
                Some(_) => {}
                None => windows.push(window),
            }
        }
    }
    Ok(BudgetView {
        risk: limits.risk.map(|risk| RiskView {
            spent: risk.spent,
            limit: risk.limit,
        }),
        held: limits.held,
        held_max: limits.held_max,
        windows,
    })
}

/// A new agent.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "AgentAddArgs", optional_fields)]
pub(crate) struct Add {
    pub name: String,
    /// The address of a mailbox it may send as.
    pub mailbox: String,
    /// The policy's `autonomy.default_level` if absent.
    pub level: Option<u8>,
}

pub(crate) async fn add(desk: &Desk<'_>, args: Add) -> Result<AgentMade, Problem> {
    let mailbox = args::address(&args.mailbox, "/mailbox")?;
    let level = match args.level {
        Some(level) => args::level(level)?,
        None => desk.engine.default_level().await?,
    };
    let (agent, token) = desk
        .engine
        .add_agent(&args.name, &mailbox, level, None)
        .await?;
    made(desk, agent, token).await
}

/// How much an agent decides itself.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "AgentLevelArgs", optional_fields)]
pub(crate) struct SetLevel {
    pub id: String,
    pub level: u8,
    /// Only as this mailbox, which it is granted already; the lower of the two counts.
    pub mailbox: Option<String>,
}

/// Raising loosens; lowering anyone at the console may.
pub(crate) async fn set_level(desk: &Desk<'_>, args: SetLevel) -> Result<AgentView, Problem> {
    let id: AgentId = args::parse(&args.id, "/id")?;
    let level = args::level(args.level)?;
    if let Some(mailbox) = args.mailbox.filter(|address| !address.is_empty()) {
        let mailbox = args::address(&mailbox, "/mailbox")?;
        return level_there(desk, id, &mailbox, level).await;
    }
    if level > desk.engine.agent(id).await?.level {
        desk.operator.may_loosen("agents.set_level")?;
    }
    let agent = desk.engine.set_level(id, level, Actor::Operator).await?;
    view(desk, agent).await
}

async fn level_there(
    desk: &Desk<'_>,
    id: AgentId,
    mailbox: &Address,
    level: Level,
) -> Result<AgentView, Problem> {
    let there = desk.engine.mailbox_at(mailbox).await?.id;
    let agent = desk.engine.agent(id).await?;
    let grant = agent.grants.iter().find(|grant| grant.mailbox == there);
    let Some(grant) = grant else {
        let detail = format!(
            "`{}` may not send as `{mailbox}`; grant it first",
            agent.name
        );
        return Err(Problem::new(Code::InvalidField, detail).at("/mailbox"));
    };
    if level > grant.level.unwrap_or(agent.level) {
        desk.operator.may_loosen("agents.set_level")?;
    }
    let agent = desk.engine.grant(id, mailbox, Some(level)).await?;
    view(desk, agent).await
}

/// Another mailbox for an agent.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "AgentGrantArgs", optional_fields)]
pub(crate) struct Grant {
    pub id: String,
    /// The mailbox's address.
    pub mailbox: String,
    /// A lower level for this mailbox.
    pub level: Option<u8>,
}

pub(crate) async fn grant(desk: &Desk<'_>, args: Grant) -> Result<AgentView, Problem> {
    let id: AgentId = args::parse(&args.id, "/id")?;
    let mailbox = args::address(&args.mailbox, "/mailbox")?;
    let level = args.level.map(args::level).transpose()?;
    let agent = desk.engine.grant(id, &mailbox, level).await?;
    view(desk, agent).await
}

pub(crate) async fn pause(desk: &Desk<'_>, args: ById) -> Result<AgentView, Problem> {
    let id: AgentId = args::parse(&args.id, "/id")?;
    desk.engine
        .pause(PauseScope::Agent(id), Actor::Operator)
        .await?;
    view(desk, desk.engine.agent(id).await?).await
}

pub(crate) async fn resume(desk: &Desk<'_>, args: ById) -> Result<AgentView, Problem> {
    let id: AgentId = args::parse(&args.id, "/id")?;
    desk.engine.resume(PauseScope::Agent(id)).await?;
    view(desk, desk.engine.agent(id).await?).await
}

pub(crate) async fn revoke(desk: &Desk<'_>, args: ById) -> Result<AgentView, Problem> {
    let agent = desk
        .engine
        .revoke_agent(args::parse(&args.id, "/id")?)
        .await?;
    view(desk, agent).await
}

pub(crate) async fn replace_token(desk: &Desk<'_>, args: ById) -> Result<AgentMade, Problem> {
    let (agent, token) = desk
        .engine
        .replace_token(args::parse(&args.id, "/id")?, None)
        .await?;
    made(desk, agent, token).await
}

async fn made(desk: &Desk<'_>, agent: Agent, token: String) -> Result<AgentMade, Problem> {
    let agent = view(desk, agent).await?;
    let mailbox = agent
        .mailboxes
        .first()
        .map(|granted| granted.address.clone());
    let snippets = snippets::first_calls(&token, mailbox.as_deref().unwrap_or("you@example.com"));
    Ok(AgentMade {
        agent,
        token,
        snippets,
    })
}

/// Why an agent is paused, if Sendoff did it and no person: only a canary it put back does that. Of
/// a revoked one nothing is left to look at or resume, though its pause stays written down.
async fn stopped(desk: &Desk<'_>, agent: &Agent) -> Result<Option<String>, Problem> {
    if agent.paused_at.is_none() || agent.revoked_at.is_some() {
        return Ok(None);
    }
    let entries = desk.engine.journal_of(&agent.id.to_string()).await?;
    let mut paused = entries.iter().rev();
    let paused = paused.find(|entry| entry.kind == JournalKind::Paused.as_str());
    let by_itself = paused.is_some_and(|entry| entry.actor == Actor::System.to_string());
    Ok(by_itself.then(|| STEERED.to_owned()))
}

/// What is said of an agent that put back its canary.
const STEERED: &str = "It put back what must never leave, and was paused: something it read may \
                       steer it. Look at that before you resume it.";

pub(crate) async fn view(desk: &Desk<'_>, agent: Agent) -> Result<AgentView, Problem> {
    let addresses: BTreeMap<MailboxId, String> = desk
        .engine
        .mailboxes()
        .await?
        .into_iter()
        .map(|(mailbox, _)| (mailbox.id, mailbox.address.to_string()))
        .collect();
    let mailboxes = agent
        .grants
        .iter()
        .map(|grant| AgentGranted {
            id: grant.mailbox.to_string(),
            address: addresses.get(&grant.mailbox).cloned().unwrap_or_default(),
            level: grant.level.map(u8::from),
        })
        .collect();
    let standing = desk.engine.standing(agent.id).await?;
    let rules = desk.engine.recipient_rules(agent.id).await?;
    let stopped = stopped(desk, &agent).await?;
    Ok(AgentView {
        id: agent.id.to_string(),
        name: agent.name,
        level: u8::from(agent.level),
        level_name: agent.level.name().to_owned(),
        mailboxes,
        paused_at: agent.paused_at.map(|at| at.to_string()),
        stopped,
        revoked_at: agent.revoked_at.map(|at| at.to_string()),
        expires_at: agent.expires_at.map(|at| at.to_string()),
        created_at: agent.created_at.to_string(),
        held: standing.held,
        sent: standing.sent,
        receipts: ReceiptsView {
            approved: standing.receipts.approved,
            edited: standing.receipts.edited,
            rejected: standing.receipts.rejected,
            bounced: standing.receipts.bounced,
            bounced_soft: standing.receipts.bounced_soft,
            complained: standing.receipts.complained,
            declined: standing.receipts.declined,
        },
        suggestion: standing.suggestion,
        writes_to: words::writes_to(&rules),
    })
}
