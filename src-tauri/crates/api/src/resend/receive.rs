//! `GET /emails/receiving` and `GET /emails/receiving/{id}`: what you were sent and may see.

use axum::Json;
use axum::extract::State;
use domain::{InboundId, Timestamp};
use engine::{InboundRow, ListOrder};
use serde::Serialize;
use serde_json::{Map, Value};

use super::look::{EmailList, PAGE_DEFAULT, PAGE_MAX, place};
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::{PathId, Query};
use crate::shapes::{FileShape, MessageShape};

/// A received email as it is listed. What its sender wrote is untrusted.
#[derive(Serialize)]
pub struct ReceivedRow {
    id: InboundId,
    to: Vec<String>,
    from: String,
    created_at: Timestamp,
    subject: String,
    // Nobody is told who else got it, or where answers should go instead.
    bcc: [String; 0],
    cc: [String; 0],
    reply_to: [String; 0],
    message_id: String,
    attachments: Vec<ReceivedFile>,
    content_trust: &'static str,
}

/// A received email as it is shown, with our reading of it beside.
#[derive(Serialize)]
pub struct ReceivedEmail {
    object: &'static str,
    #[serde(flatten)]
    row: ReceivedRow,
    received_for: [String; 1],
    // A stranger's page is not handed to agents: they get its text, fenced.
    html: Option<String>,
    text: String,
    headers: Map<String, Value>,
    /// As our own door shows it.
    sendoff: MessageShape,
}

/// A file of it. Its bytes stay here.
#[derive(Serialize)]
struct ReceivedFile {
    id: String,
    filename: String,
    size: u64,
    content_type: String,
    content_id: Option<String>,
    content_disposition: &'static str,
}

/// Your received emails, newest first; `after` and `before` take the id of a row.
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    query: Query,
) -> Result<Json<EmailList<ReceivedRow>>, Refusal> {
    let limit = query.page(PAGE_DEFAULT, PAGE_MAX)?;
    let place = place(&query)?
        .map(|(text, order)| begin(&text, order))
        .transpose()?;
    let engine = door.engine();
    let (rows, has_more) = engine.received_of(&caller.agent, place, limit).await?;
    let canary = engine.canary(&caller.agent).await?;
    let data = rows.iter().map(|row| received(row, &canary).0).collect();
    Ok(Json(EmailList::of(data, has_more)))
}

fn begin(text: &str, order: ListOrder) -> Result<(InboundId, ListOrder), Refusal> {
    let id = text.parse().map_err(|_| {
        let detail = "`after` and `before` take the id of a received email: `inb_…`";
        Refusal::new(domain::Code::MalformedRequest, detail)
    })?;
    Ok((id, order))
}

/// One received email that you may see. Its conversation counts as read.
pub async fn show(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
) -> Result<Json<ReceivedEmail>, Refusal> {
    let id: InboundId = id.read("received email")?;
    let row = door.engine().message_of(&caller.agent, id).await?;
    let canary = door.engine().canary(&caller.agent).await?;
    let (row, ours) = received(&row, &canary);
    Ok(Json(ReceivedEmail {
        object: "email",
        row,
        received_for: [ours.mailbox.clone()],
        html: None,
        text: ours.text.clone(),
        headers: Map::new(),
        sendoff: ours,
    }))
}

/// A message in their shape and in ours.
fn received(row: &InboundRow, canary: &str) -> (ReceivedRow, MessageShape) {
    let ours = MessageShape::of(row, canary);
    let theirs = ReceivedRow {
        id: row.id,
        to: row.read.to.iter().map(ToString::to_string).collect(),
        from: ours.from.clone().unwrap_or_default(),
        created_at: row.arrived_at,
        subject: ours.subject.clone(),
        bcc: [],
        cc: [],
        reply_to: [],
        message_id: ours.message_id.clone().unwrap_or_default(),
        attachments: ours.attachments.iter().enumerate().map(file).collect(),
        content_trust: ours.content_trust,
    };
    (theirs, ours)
}

fn file((index, file): (usize, &FileShape)) -> ReceivedFile {
    ReceivedFile {
        id: index.to_string(),
        filename: file.filename.clone().unwrap_or_default(),
        size: file.octets,
        content_type: file.content_type.clone(),
        content_id: None,
        content_disposition: "attachment",
    }
}
