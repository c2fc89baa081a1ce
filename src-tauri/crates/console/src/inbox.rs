//! The inbox: conversations, what was received in them, and what a person decides about it.

mod shown;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::{ConversationId, InboundId, Intent, Problem};
use engine::{
    Conversation, ConversationFilter, ConversationTab, Gone, HandReply, Story, ThreadPlace,
};
use serde::Deserialize;
use ts_rs::TS;

use crate::args::{self, ById, NoArgs};
use crate::frame::count;
use crate::html::{self, Reading};
use crate::pictures;
use crate::rows::decided;
use crate::search;
use crate::table::Desk;
use crate::view::{
    AgentRef, AlarmView, ConversationDetail, ConversationView, Decided, HeaderView, InboundParts,
    InboundView, InboxCounts, IntentWord, OutboundView, Page, RawAttachment, Source, ThreadItem,
};
use crate::{marks, words};

pub(crate) use shown::found;
use shown::{row_view, view};

/// Octets of source shown.
const SOURCE_OCTETS_MAX: usize = 512 * 1024;
/// Messages of a conversation shown if not asked otherwise.
const SHOWN: usize = 40;
/// Messages of a conversation shown at once; more come page by page.
const SHOWN_MAX: u32 = 200;

/// The lists of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "InboxTab")]
pub(crate) enum Tab {
    /// All conversations with received mail.
    All,
    /// With messages nobody has looked at.
    Unread,
    /// With messages kept from agents.
    Quarantine,
    /// Where a person should decide something.
    Decide,
    /// A person has them in hand.
    TakenOver,
}

/// Which conversations.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "InboxListArgs", optional_fields)]
pub(crate) struct ListArgs {
    pub tab: Tab,
    /// Whose newest message wants this.
    pub intent: Option<IntentWord>,
    /// In this mailbox, by id.
    pub mailbox: Option<String>,
    /// With this address.
    pub contact: Option<String>,
    /// What is typed to search: words in a message, and filters one message answers to.
    pub search: Option<String>,
    /// Whose days `before:` and `after:` name, as `Europe/Lisbon`; UTC's without one.
    pub zone: Option<String>,
    pub after: Option<String>,
    pub limit: Option<u32>,
}

pub(crate) async fn list(
    desk: &Desk<'_>,
    args: ListArgs,
) -> Result<Page<ConversationView>, Problem> {
    let contact = args
        .contact
        .map(|text| args::address(&text, "/contact"))
        .transpose()?;
    let is_whole = args.intent.is_none() && args.mailbox.is_none() && contact.is_none();
    let typed = args.search.unwrap_or_default();
    let search = search::typed(&typed, args.zone.as_deref(), "/search")?;
    let filter = ConversationFilter {
        tab: match args.tab {
            Tab::All => ConversationTab::All,
            Tab::Unread => ConversationTab::Unread,
            Tab::Quarantine => ConversationTab::Quarantine,
            Tab::Decide => ConversationTab::Decide,
            Tab::TakenOver => ConversationTab::TakenOver,
        },
        intent: args.intent.map(Intent::from),
        mailbox: args
            .mailbox
            .map(|id| args::parse(&id, "/mailbox"))
            .transpose()?,
        agent: None,
        contact: contact.map(|address| address.folded()),
        search,
    };
    // Known without a look at each; told with the first page.
    let total = match args.tab {
        Tab::All | Tab::Unread | Tab::Decide
            if is_whole && typed.trim().is_empty() && args.after.is_none() =>
        {
            let counts = desk.engine.inbox_counts().await?;
            Some(match args.tab {
                Tab::Unread => counts.unread,
                Tab::Decide => counts.decide,
                Tab::All | Tab::Quarantine | Tab::TakenOver => counts.all,
            })
        }
        Tab::All | Tab::Unread | Tab::Quarantine | Tab::Decide | Tab::TakenOver => None,
    };
    let page = desk
        .engine
        .conversations(filter, args.after, args::page(args.limit))
        .await?;
    Ok(Page {
        rows: page.rows.iter().map(row_view).collect(),
        next: page.next,
        total: total.map(|total| u32::try_from(total).unwrap_or(u32::MAX)),
    })
}

pub(crate) async fn counts(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<InboxCounts, Problem> {
    let counts = desk.engine.inbox_counts().await?;
    let alarms = desk.engine.alarms(true).await?.len();
    Ok(InboxCounts {
        unread: u32::try_from(counts.unread).unwrap_or(u32::MAX),
        decide: u32::try_from(counts.decide).unwrap_or(u32::MAX),
        alarms: count(alarms),
    })
}

/// Which conversation, and how much of it.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "InboxShowArgs", optional_fields)]
pub(crate) struct Show {
    pub id: String,
    /// So many messages, the newest; [`SHOWN`] if left out, and at most [`SHOWN_MAX`].
    pub last: Option<u32>,
    /// Only what came before these: a page further back.
    pub before: Option<Before>,
}

/// The oldest messages on screen, one of each direction where there is one.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "InboxBefore", optional_fields)]
pub(crate) struct Before {
    pub received: Option<String>,
    pub sent: Option<String>,
}

pub(crate) async fn show(desk: &Desk<'_>, args: Show) -> Result<ConversationDetail, Problem> {
    let id: ConversationId = args::parse(&args.id, "/id")?;
    let last = args
        .last
        .map_or(SHOWN, |last| last.clamp(1, SHOWN_MAX) as usize);
    // One more than is shown says whether there are others.
    let before = match args.before {
        None => ThreadPlace::default(),
        Some(Before { received, sent }) => ThreadPlace {
            received: received
                .map(|id| args::parse(&id, "/before/received"))
                .transpose()?,
            sent: sent
                .map(|id| args::parse(&id, "/before/sent"))
                .transpose()?,
        },
    };
    let conversation = desk
        .engine
        .conversation_before(id, last + 1, before)
        .await?;
    // Hundreds of long messages are a while's work.
    desk.engine
        .blocking(move || Ok(detail(&conversation, last)))
        .await
}

fn detail(conversation: &Conversation, last: usize) -> ConversationDetail {
    let inbound = conversation.inbound.iter().map(|row| {
        let item = ThreadItem {
            at: row.arrived_at.to_string(),
            inbound: Some(view(row)),
            outbound: None,
        };
        (row.arrived_at, item)
    });
    let outbound = conversation.outbound.iter().map(|story| {
        let item = ThreadItem {
            at: story.row.asked_at.to_string(),
            inbound: None,
            outbound: Some(asked(story)),
        };
        (story.row.asked_at, item)
    });
    let mut messages: Vec<_> = inbound.chain(outbound).collect();
    messages.sort_by_key(|(at, _)| *at);
    let earlier = messages.len().saturating_sub(last);
    ConversationDetail {
        row: row_view(&conversation.row),
        messages: messages
            .into_iter()
            .skip(earlier)
            .map(|(_, item)| item)
            .collect(),
        has_earlier: earlier > 0,
    }
}

fn asked(story: &Story) -> OutboundView {
    let row = &story.row;
    let draft = story.versions.last().map(|version| &version.draft);
    OutboundView {
        id: row.id.to_string(),
        agent: AgentRef {
            id: row.agent.to_string(),
            name: row.agent_name.clone(),
        },
        to: row
            .recipients
            .iter()
            .map(|recipient| recipient.address.to_string())
            .collect(),
        subject: row.subject.clone(),
        text: draft.and_then(|draft| {
            let html = draft.html.as_deref();
            draft.text.clone().or_else(|| html.map(html::words_of))
        }),
        state: row.state.name().into(),
        state_text: words::state(row),
    }
}

/// What one message looks like; only what is looked at is taken apart, and its bytes never change.
pub(crate) async fn parts(desk: &Desk<'_>, args: ById) -> Result<InboundParts, Problem> {
    let id: InboundId = args::parse(&args.id, "/id")?;
    if let Some((what, at)) = desk.engine.gone_from_received(id).await? {
        let row = desk.engine.inbound(id).await?;
        let from = row.read.from.filter(|_| what != Gone::Erased);
        return Ok(InboundParts {
            answer_to: from.iter().map(|from| from.address.to_string()).collect(),
            warnings: vec![crate::erasure::gone_words(what, at)],
            ..InboundParts::default()
        });
    }
    let seen = desk.engine.inbound_view(id).await?;
    let read = desk.engine.inbound(id).await?.read;
    desk.engine
        .blocking(move || {
            let mut reading = seen.html.as_deref().map(Reading::of);
            let elsewhere = reading.as_mut().and_then(pictures::offered);
            Ok(InboundParts {
                html: seen
                    .html
                    .as_deref()
                    .zip(reading.as_ref())
                    .map(|(html, reading)| html::clean(html, reading))
                    .map(|clean| marks::orders_in_html(clean, &read.evidence)),
                marks: marks::orders_in_text(&read.new_text, &read.evidence),
                links: reading.as_ref().map(html::links).unwrap_or_default(),
                headers: seen
                    .headers
                    .into_iter()
                    .map(|header| HeaderView {
                        name: header.name,
                        value: header.value,
                    })
                    .collect(),
                answer_to: seen.answer_to.iter().map(ToString::to_string).collect(),
                warnings: reading
                    .as_ref()
                    .map(|reading| html::warnings(reading, seen.text.as_deref()))
                    .unwrap_or_default(),
                elsewhere,
            })
        })
        .await
}

pub(crate) async fn source(desk: &Desk<'_>, args: ById) -> Result<Source, Problem> {
    let id: InboundId = args::parse(&args.id, "/id")?;
    let bytes = desk.engine.inbound_source(id).await?;
    let shown = bytes.get(..SOURCE_OCTETS_MAX).unwrap_or(&bytes);
    Ok(Source {
        text: String::from_utf8_lossy(shown).into_owned(),
        truncated: shown.len() < bytes.len(),
    })
}

/// Which file of which message.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "InboxAttachmentArgs")]
pub(crate) struct AttachmentArgs {
    pub id: String,
    pub index: u32,
}

pub(crate) async fn attachment(
    desk: &Desk<'_>,
    args: AttachmentArgs,
) -> Result<RawAttachment, Problem> {
    let id: InboundId = args::parse(&args.id, "/id")?;
    let index = usize::try_from(args.index).unwrap_or(usize::MAX);
    let found = desk.engine.inbound_attachment(id, index).await?;
    Ok(RawAttachment {
        filename: found.filename,
        content_type: found.content_type,
        content_base64: BASE64.encode(found.content),
    })
}

pub(crate) async fn seen(desk: &Desk<'_>, args: ById) -> Result<ConversationView, Problem> {
    let id: ConversationId = args::parse(&args.id, "/id")?;
    desk.engine.mark_seen(id).await?;
    row_of(desk, id).await
}

/// What a message wants, in a person's word.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "InboxCorrectArgs")]
pub(crate) struct Correct {
    pub id: String,
    pub intent: IntentWord,
}

pub(crate) async fn correct(desk: &Desk<'_>, args: Correct) -> Result<InboundView, Problem> {
    let id: InboundId = args::parse(&args.id, "/id")?;
    let row = desk.engine.correct_intent(id, args.intent.into()).await?;
    Ok(view(&row))
}

pub(crate) async fn release(desk: &Desk<'_>, args: ById) -> Result<InboundView, Problem> {
    let row = desk
        .engine
        .release_inbound(args::parse(&args.id, "/id")?)
        .await?;
    Ok(view(&row))
}

pub(crate) async fn keep(desk: &Desk<'_>, args: ById) -> Result<InboundView, Problem> {
    let row = desk
        .engine
        .keep_inbound(args::parse(&args.id, "/id")?)
        .await?;
    Ok(view(&row))
}

pub(crate) async fn done(desk: &Desk<'_>, args: ById) -> Result<InboundView, Problem> {
    let row = desk
        .engine
        .person_done(args::parse(&args.id, "/id")?)
        .await?;
    Ok(view(&row))
}

pub(crate) async fn suppress(desk: &Desk<'_>, args: ById) -> Result<InboundView, Problem> {
    let row = desk
        .engine
        .suppress_sender(args::parse(&args.id, "/id")?)
        .await?;
    Ok(view(&row))
}

/// A person's own answer to a received message.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "InboxReplyArgs", optional_fields)]
pub(crate) struct Reply {
    /// The message answered.
    pub id: String,
    pub text: String,
    /// `Re:` and its subject if left out.
    pub subject: Option<String>,
    /// To whom; `answer_to` of the message if left out.
    pub to: Option<Vec<String>>,
    pub cc: Option<Vec<String>>,
}

/// Leaves after the undo window, or is held with what a rule found in it.
pub(crate) async fn reply(desk: &Desk<'_>, args: Reply) -> Result<Decided, Problem> {
    let id: InboundId = args::parse(&args.id, "/id")?;
    let reply = HandReply {
        to: args::named(&args.to.unwrap_or_default(), "/to")?,
        cc: args::named(&args.cc.unwrap_or_default(), "/cc")?,
        subject: args.subject,
        text: args.text,
    };
    let answer = desk.engine.reply_by_hand(id, reply).await?;
    Ok(decided(&answer.submission, Some(&answer.decision)))
}

/// Whether a message asks to be left out.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "InboxOptOutArgs")]
pub(crate) struct OptOut {
    pub id: String,
    pub wants_out: bool,
}

pub(crate) async fn opt_out(desk: &Desk<'_>, args: OptOut) -> Result<InboundView, Problem> {
    if !args.wants_out {
        desk.operator.may_loosen("inbox.opt_out")?;
    }
    let id = args::parse(&args.id, "/id")?;
    let row = desk.engine.confirm_opt_out(id, args.wants_out).await?;
    Ok(view(&row))
}

/// Which conversation, and why.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "InboxTakeOverArgs", optional_fields)]
pub(crate) struct TakeOver {
    pub id: String,
    pub note: Option<String>,
}

pub(crate) async fn take_over(
    desk: &Desk<'_>,
    args: TakeOver,
) -> Result<ConversationView, Problem> {
    let id: ConversationId = args::parse(&args.id, "/id")?;
    let note = args.note.filter(|note| !note.trim().is_empty());
    desk.engine.take_over_conversation(id, note).await?;
    row_of(desk, id).await
}

pub(crate) async fn hand_back(desk: &Desk<'_>, args: ById) -> Result<ConversationView, Problem> {
    let id: ConversationId = args::parse(&args.id, "/id")?;
    desk.engine.hand_back_conversation(id).await?;
    row_of(desk, id).await
}

pub(crate) async fn alarms(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<Vec<AlarmView>, Problem> {
    let rows = desk.engine.alarms(false).await?;
    Ok(rows
        .into_iter()
        .map(|row| AlarmView {
            n: row.n,
            at: row.at.to_string(),
            text: format!(
                "Mail left {} without passing here. If nobody wrote it by hand, an agent has a \
                 way around the gate.",
                row.mailbox_address
            ),
            mailbox: row.mailbox_address.to_string(),
            subject: row.subject,
            recipients: row.recipients,
            written_at: row.written_at.map(|at| at.to_string()),
            seen_at: row.seen_at.map(|at| at.to_string()),
        })
        .collect())
}

/// Which alarm.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "AlarmSeenArgs")]
pub(crate) struct AlarmSeen {
    pub n: i64,
}

pub(crate) async fn alarm_seen(
    desk: &Desk<'_>,
    args: AlarmSeen,
) -> Result<Vec<AlarmView>, Problem> {
    desk.engine.alarm_seen(args.n).await?;
    alarms(desk, NoArgs {}).await
}

async fn row_of(desk: &Desk<'_>, id: ConversationId) -> Result<ConversationView, Problem> {
    Ok(row_view(
        &desk.engine.newest_of_conversation(id, 1).await?.row,
    ))
}
