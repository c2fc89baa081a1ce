//! Lists of submissions: what waits for a person, and everything that happened.

use domain::{Problem, StateName};
use engine::{ListFilter, ListOrder, QueueTab};
use serde::Deserialize;
use ts_rs::TS;

use crate::args;
use crate::rows::{self, Rehearsals};
use crate::table::Desk;
use crate::view::{self, ActivityRow, Page, QueueRow};

/// The lists of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "QueueTab")]
pub(crate) enum Tab {
    /// Held and in sight, oldest first.
    NeedsYou,
    /// Held and about to lapse.
    Expiring,
    /// Put off.
    Snoozed,
    /// Uncertain or failed.
    Attention,
}

/// Which rows of the queue.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "QueueListArgs", optional_fields)]
pub(crate) struct ListArgs {
    pub tab: Tab,
    pub after: Option<String>,
    pub limit: Option<u32>,
}

pub(crate) async fn list(desk: &Desk<'_>, args: ListArgs) -> Result<Page<QueueRow>, Problem> {
    let tab = match args.tab {
        Tab::NeedsYou => QueueTab::NeedsYou,
        Tab::Expiring => QueueTab::Expiring,
        Tab::Snoozed => QueueTab::Snoozed,
        Tab::Attention => QueueTab::Attention,
    };
    let rehearsals = Rehearsals::of(desk.engine).await?;
    let filter = desk.engine.in_queue(tab);
    let total = total(desk, &filter, args.after.as_deref()).await?;
    let page = desk
        .engine
        .list(filter, args.after, args::page(args.limit))
        .await?;
    Ok(Page {
        rows: page
            .rows
            .iter()
            .map(|row| rows::queue_row(row, &rehearsals))
            .collect(),
        next: page.next,
        total,
    })
}

/// How many a list holds: told with its first page.
async fn total(
    desk: &Desk<'_>,
    filter: &ListFilter,
    after: Option<&str>,
) -> Result<Option<u32>, Problem> {
    if after.is_some() {
        return Ok(None);
    }
    let total = desk.engine.how_many(filter.clone()).await?;
    Ok(total.map(|total| u32::try_from(total).unwrap_or(u32::MAX)))
}

/// Which rows of the activity list.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub(crate) struct ActivityArgs {
    pub after: Option<String>,
    pub limit: Option<u32>,
    /// Only those in one of these states.
    pub states: Option<Vec<view::StateName>>,
    /// Only this agent's.
    pub agent: Option<String>,
    /// Only those as this mailbox.
    pub mailbox: Option<String>,
    /// Only those to this address.
    pub contact: Option<String>,
    /// Only those whose latest decision came to this.
    pub verdict: Option<view::Verdict>,
    /// Only those whose latest decision this rule made.
    pub rule: Option<String>,
}

pub(crate) async fn activity(
    desk: &Desk<'_>,
    args: ActivityArgs,
) -> Result<Page<ActivityRow>, Problem> {
    let states = args.states.unwrap_or_default();
    let filter = ListFilter {
        held: None,
        states: states.into_iter().map(StateName::from).collect(),
        agent: args
            .agent
            .map(|id| args::parse(&id, "/agent"))
            .transpose()?,
        mailbox: args
            .mailbox
            .map(|id| args::parse(&id, "/mailbox"))
            .transpose()?,
        contact: args
            .contact
            .filter(|text| !text.trim().is_empty())
            .map(|text| args::address(&text, "/contact").map(|address| address.folded()))
            .transpose()?,
        verdict: args.verdict.map(domain::Verdict::from),
        rule: args.rule.filter(|rule| !rule.is_empty()),
        order: ListOrder::Newest,
    };
    let total = total(desk, &filter, args.after.as_deref()).await?;
    let page = desk
        .engine
        .list(filter, args.after, args::page(args.limit))
        .await?;
    Ok(Page {
        rows: page.rows.iter().map(rows::activity_row).collect(),
        next: page.next,
        total,
    })
}
