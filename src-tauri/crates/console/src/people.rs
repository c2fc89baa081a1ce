//! Whom agents may write to: their lists, consents, and contacts held in the operator's own hands.
//! What narrows anyone may do; what widens needs the operator.

use domain::{Address, AgentId, Problem, Timestamp};
use engine::{ConsentRow, ContactZone, InHand, PeopleList};
use serde::Deserialize;
use ts_rs::TS;

use crate::args::{self, ById, NoArgs, Stretch, page_of};
use crate::frame::count;
use crate::table::Desk;
use crate::view::{
    ConsentView, ContactZoneView, Ended, InHandView, Page, PeopleCounts, RecipientRuleView,
    RecipientsView,
};
use crate::words;

/// How many there are in each list of people.
pub(crate) async fn counts(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<PeopleCounts, Problem> {
    let how_many = async |list| desk.engine.how_many_people(list).await.map(count);
    Ok(PeopleCounts {
        suppressed: how_many(PeopleList::Suppressed).await?,
        agreed: how_many(PeopleList::Agreed).await?,
        in_hand: how_many(PeopleList::InHand).await?,
        zones: how_many(PeopleList::Zones).await?,
    })
}

/// How many a list holds, if it is to be counted.
pub(crate) async fn total(
    desk: &Desk<'_>,
    list: Option<PeopleList>,
) -> Result<Option<u64>, Problem> {
    match list {
        Some(list) => desk.engine.how_many_people(list).await.map(Some),
        None => Ok(None),
    }
}

pub(crate) async fn recipients(desk: &Desk<'_>, args: ById) -> Result<RecipientsView, Problem> {
    shown(desk, args::parse(&args.id, "/id")?).await
}

async fn shown(desk: &Desk<'_>, agent: AgentId) -> Result<RecipientsView, Problem> {
    let rules = desk.engine.recipient_rules(agent).await?;
    Ok(RecipientsView {
        writes_to: words::writes_to(&rules),
        listed_only: rules.listed_only,
        rows: rules
            .rows
            .into_iter()
            .map(|row| RecipientRuleView {
                id: row.id,
                pattern: row.pattern,
                allowed: row.allowed,
                added_at: row.added_at.to_string(),
                expires_at: row.expires_at.map(|at| at.to_string()),
            })
            .collect(),
    })
}

/// Anyone, or only those on the list.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "ListedOnlyArgs")]
pub(crate) struct ListedOnly {
    pub id: String,
    pub only: bool,
}

pub(crate) async fn listed_only(
    desk: &Desk<'_>,
    args: ListedOnly,
) -> Result<RecipientsView, Problem> {
    let agent: AgentId = args::parse(&args.id, "/id")?;
    if !args.only {
        desk.operator.may_loosen("agents.listed_only")?;
    }
    desk.engine.set_listed_only(agent, args.only).await?;
    shown(desk, agent).await
}

/// A row for an agent's list.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "ListRecipientArgs", optional_fields)]
pub(crate) struct ListRecipient {
    pub id: String,
    /// An address, or `@domain`.
    pub address: String,
    /// True to allow, false to forbid.
    pub allowed: bool,
    /// Until when, if not for good.
    pub until: Option<String>,
}

pub(crate) async fn list_recipient(
    desk: &Desk<'_>,
    args: ListRecipient,
) -> Result<RecipientsView, Problem> {
    let agent: AgentId = args::parse(&args.id, "/id")?;
    if args.allowed {
        desk.operator.may_loosen("agents.list_recipient")?;
    }
    let until = instant(args.until.as_deref())?;
    desk.engine
        .list_recipient(agent, &args.address, args.allowed, until)
        .await?;
    shown(desk, agent).await
}

/// A row of an agent's list.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "UnlistRecipientArgs")]
pub(crate) struct UnlistRecipient {
    pub id: String,
    pub row: i64,
}

pub(crate) async fn unlist_recipient(
    desk: &Desk<'_>,
    args: UnlistRecipient,
) -> Result<RecipientsView, Problem> {
    let agent: AgentId = args::parse(&args.id, "/id")?;
    let rules = desk.engine.recipient_rules(agent).await?;
    let forbids = rules
        .rows
        .iter()
        .any(|row| row.id == args.row && !row.allowed);
    if forbids {
        desk.operator.may_loosen("agents.unlist_recipient")?;
    }
    desk.engine.unlist_recipient(agent, args.row).await?;
    shown(desk, agent).await
}

/// Which consents.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "ConsentListArgs", optional_fields)]
pub(crate) struct ConsentList {
    pub search: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    pub limit: Option<u32>,
}

pub(crate) async fn consents(
    desk: &Desk<'_>,
    args: ConsentList,
) -> Result<Page<ConsentView>, Problem> {
    let asked = Stretch::asked(args.search, args.after, args.limit)?;
    let total = total(desk, asked.counts(PeopleList::Agreed)).await?;
    let Stretch {
        search,
        after,
        limit,
    } = asked;
    let found = desk.engine.consents(search, after, limit).await?;
    let number = |row: &ConsentRow| row.id.to_string();
    Ok(page_of(found, limit, total, number, consent))
}

fn consent(row: ConsentRow) -> ConsentView {
    ConsentView {
        id: row.id,
        address: row.contact,
        source: row.source,
        at: row.at.to_string(),
        expires_at: row.expires_at.map(|at| at.to_string()),
    }
}

/// Who agreed, and how we know.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "ConsentRecordArgs", optional_fields)]
pub(crate) struct ConsentRecord {
    pub address: String,
    pub source: String,
    /// Until when, if not for good.
    pub until: Option<String>,
}

pub(crate) async fn record_consent(
    desk: &Desk<'_>,
    args: ConsentRecord,
) -> Result<ConsentView, Problem> {
    let whom = args::address(&args.address, "/address")?;
    let until = instant(args.until.as_deref())?;
    desk.engine
        .record_consent(&whom, args.source, until)
        .await
        .map(consent)
}

/// Somebody by their address.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByAddress {
    pub address: String,
}

pub(crate) async fn end_consent(desk: &Desk<'_>, args: ByAddress) -> Result<Ended, Problem> {
    let whom = args::address(&args.address, "/address")?;
    Ok(Ended {
        ended: desk.engine.end_consent(&whom).await?,
    })
}

/// Whose time zones.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "ZoneListArgs", optional_fields)]
pub(crate) struct ZoneList {
    pub search: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    pub limit: Option<u32>,
}

pub(crate) async fn zones(
    desk: &Desk<'_>,
    args: ZoneList,
) -> Result<Page<ContactZoneView>, Problem> {
    let asked = Stretch::asked(args.search, args.after, args.limit)?;
    let total = total(desk, asked.counts(PeopleList::Zones)).await?;
    let Stretch {
        search,
        after,
        limit,
    } = asked;
    let found = desk.engine.contact_zones(search, after, limit).await?;
    let number = |row: &ContactZone| row.id.to_string();
    Ok(page_of(found, limit, total, number, zone))
}

/// In which time zone somebody's day runs.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "SetZoneArgs", optional_fields)]
pub(crate) struct SetZone {
    pub address: String,
    /// An IANA name such as `Europe/Berlin`; none takes back what was set.
    pub zone: Option<String>,
}

pub(crate) async fn set_zone(
    desk: &Desk<'_>,
    args: SetZone,
) -> Result<Option<ContactZoneView>, Problem> {
    let whom = args::address(&args.address, "/address")?;
    let set = desk
        .engine
        .set_contact_zone(&whom, args.zone.as_deref())
        .await?;
    Ok(set.map(zone))
}

fn zone(row: ContactZone) -> ContactZoneView {
    ContactZoneView {
        id: row.id,
        address: row.contact,
        zone: row.zone,
        at: row.at.to_string(),
    }
}

/// A contact of a mailbox.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "TakeOverArgs", optional_fields)]
pub(crate) struct TakeOver {
    /// The mailbox's address.
    pub mailbox: String,
    pub address: String,
    /// Why, in your words.
    pub note: Option<String>,
}

pub(crate) async fn take_over(desk: &Desk<'_>, args: TakeOver) -> Result<InHandView, Problem> {
    let mailbox: Address = args::address(&args.mailbox, "/mailbox")?;
    let whom = args::address(&args.address, "/address")?;
    let there = desk.engine.mailbox_at(&mailbox).await?.id;
    let note = args.note.filter(|note| !note.trim().is_empty());
    let row = desk.engine.take_over_contact(there, &whom, note).await?;
    Ok(in_hand(row, mailbox.to_string()))
}

pub(crate) async fn hand_back(desk: &Desk<'_>, args: TakeOver) -> Result<Ended, Problem> {
    let mailbox: Address = args::address(&args.mailbox, "/mailbox")?;
    let whom = args::address(&args.address, "/address")?;
    let there = desk.engine.mailbox_at(&mailbox).await?.id;
    let given = desk.engine.hand_back_contact(there, &whom).await?;
    Ok(Ended {
        ended: u32::from(given),
    })
}

/// Which page.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub(crate) struct PageArgs {
    /// The `next` of the page before.
    pub after: Option<String>,
    pub limit: Option<u32>,
}

pub(crate) async fn held_in_hand(
    desk: &Desk<'_>,
    args: PageArgs,
) -> Result<Page<InHandView>, Problem> {
    let asked = Stretch::asked(None, args.after, args.limit)?;
    let total = total(desk, asked.counts(PeopleList::InHand)).await?;
    let Stretch { after, limit, .. } = asked;
    let found = desk.engine.in_hand(after, limit).await?;
    let mailboxes = desk.engine.mailboxes().await?;
    let shown = |row: InHand| {
        let name = mailboxes
            .iter()
            .find(|(mailbox, _)| mailbox.id == row.mailbox)
            .map(|(mailbox, _)| mailbox.address.to_string());
        in_hand(row, name.unwrap_or_default())
    };
    let number = |row: &InHand| row.id.to_string();
    Ok(page_of(found, limit, total, number, shown))
}

fn in_hand(row: InHand, mailbox: String) -> InHandView {
    InHandView {
        id: row.id,
        mailbox,
        address: row.contact,
        at: row.at.to_string(),
        note: row.note,
    }
}

fn instant(text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.filter(|text| !text.is_empty())
        .map(|text| args::instant(text, "/until"))
        .transpose()
}
