//! Whom we do not write to. Adding tightens, lifting loosens.

use std::collections::BTreeMap;

use domain::{Actor, AgentId, Code, MailboxId, Problem, Suppression, SuppressionReason};
use engine::PeopleList;
use serde::Deserialize;
use ts_rs::TS;

use crate::args::{Stretch, page_of};
use crate::people;
use crate::table::Desk;
use crate::view::{Lifted, Page, SuppressionView};
use crate::words;

/// Which suppressions.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "SuppressionListArgs", optional_fields)]
pub(crate) struct ListArgs {
    pub search: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    pub limit: Option<u32>,
}

pub(crate) async fn list(
    desk: &Desk<'_>,
    args: ListArgs,
) -> Result<Page<SuppressionView>, Problem> {
    let asked = Stretch::asked(args.search, args.after, args.limit)?;
    let total = people::total(desk, asked.counts(PeopleList::Suppressed)).await?;
    let Stretch {
        search,
        after,
        limit,
    } = asked;
    let found = desk.engine.suppressions(search, after, limit).await?;
    let names = Names::of(desk).await?;
    let view = |row| names.view(&row);
    let number = |row: &Suppression| row.id.to_string();
    Ok(page_of(found, limit, total, number, view))
}

/// Whom not to write to, and why.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "SuppressionAddArgs", optional_fields)]
pub(crate) struct Add {
    /// An address, or `@domain`.
    pub address: String,
    pub reason: Option<String>,
    pub note: Option<String>,
}

pub(crate) async fn add(desk: &Desk<'_>, args: Add) -> Result<SuppressionView, Problem> {
    let reason = match args.reason.filter(|text| !text.is_empty()) {
        None => SuppressionReason::Manual,
        Some(text) => reason(&text)?,
    };
    let note = args.note.filter(|note| !note.trim().is_empty());
    let row = desk
        .engine
        .suppress(Actor::Operator, args.address, None, reason, note)
        .await?;
    Ok(Names::of(desk).await?.view(&row))
}

pub(crate) fn reason(text: &str) -> Result<SuppressionReason, Problem> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| {
        let said: String = text.chars().take(40).collect();
        let detail = format!("`{said}` is not a reason; say `manual`, `unsubscribe`, `complaint`, `hard_bounce`, `legal` or `not_interested`");
        Problem::new(Code::InvalidField, detail).at("/reason")
    })
}

/// Whom to write to again.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "SuppressionLiftArgs", optional_fields)]
pub(crate) struct Lift {
    pub address: String,
    pub note: Option<String>,
}

pub(crate) async fn lift(desk: &Desk<'_>, args: Lift) -> Result<Lifted, Problem> {
    Ok(Lifted {
        lifted: desk.engine.lift(args.address, args.note).await?,
    })
}

/// Names for ids, looked up once per answer.
struct Names {
    agents: BTreeMap<AgentId, String>,
    mailboxes: BTreeMap<MailboxId, String>,
}

impl Names {
    async fn of(desk: &Desk<'_>) -> Result<Self, Problem> {
        let agents = desk.engine.agents().await?;
        let mailboxes = desk.engine.mailboxes().await?;
        Ok(Names {
            agents: agents
                .into_iter()
                .map(|agent| (agent.id, agent.name))
                .collect(),
            mailboxes: mailboxes
                .into_iter()
                .map(|(m, _)| (m.id, m.address.to_string()))
                .collect(),
        })
    }

    fn view(&self, row: &Suppression) -> SuppressionView {
        SuppressionView {
            id: row.id,
            pattern: row.pattern.clone(),
            scope: words::scope(
                row.scope,
                |id| self.mailboxes.get(&id).cloned(),
                |id| self.agents.get(&id).cloned(),
            ),
            reason: row.reason.words().to_owned(),
            note: row.note.clone(),
            added_by: match row.added_by {
                Actor::Agent(id) => self
                    .agents
                    .get(&id)
                    .cloned()
                    .unwrap_or_else(|| id.to_string()),
                Actor::Operator => "you".to_owned(),
                Actor::System => "Sendoff".to_owned(),
            },
            added_at: row.added_at.to_string(),
            expires_at: row.expires_at.map(|at| at.to_string()),
        }
    }
}
