//! `GET /v1/events`: what becomes of your submissions, as it happens.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::Event;
use domain::Code;
use futures_util::Stream;
use futures_util::stream;
use utoipa::ToSchema;

use super::follow::{Follower, Told};
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::{Refusal, cut};
use crate::query::Query;

/// Server-sent events about your submissions.
///
/// `id` is the number of the committed change; sent back as `Last-Event-ID` it resumes there. A
/// `gap` event says that changes in between are no longer kept: look at `GET /v1/submissions` then.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", operation_id = "events",
    params(
        ("Last-Event-ID" = Option<u64>, Header, description = "Resume after this change."),
        ("after" = Option<u64>, Query, description = "The same, for clients that set no header."),
    ),
    responses((
        status = 200, content_type = "text/event-stream",
        description = "`submission.changed` with `{id, state, at, verdict, next}` for each of your \
          submissions' changes; `message.changed` with `{id, conversation, at, work, \
          with_a_person}` for received mail; `gap`; comments to keep the connection alive.",
        body = EventShape,
    ))
)]
pub async fn stream(
    State(door): State<Door>,
    caller: Caller,
    headers: HeaderMap,
    query: Query,
) -> Result<Sse<impl Stream<Item = Result<Event, axum::Error>>>, Refusal> {
    let query = query.only(&["after"])?;
    let asked = query.number("after", "the number of a change")?;
    let after = last_event_id(&headers)?.or(asked);
    let follower = Follower::start(door, caller, after).await?;
    Ok(Sse::new(stream::unfold(
        follower,
        |mut follower| async move {
            let told = follower.next().await?;
            Some((event(told), follower))
        },
    )))
}

fn event(told: Told) -> Result<Event, axum::Error> {
    match told {
        Told::Changed(seq, change) => Event::default()
            .event("submission.changed")
            .id(seq.to_string())
            .json_data(&change),
        Told::Mail(seq, mail) => Event::default()
            .event("message.changed")
            .id(seq.to_string())
            .json_data(&mail),
        Told::Gap(seq, gap) => Event::default()
            .event("gap")
            .id(seq.to_string())
            .json_data(&gap),
        // No data: a client dispatches nothing, and still remembers the number.
        Told::Nothing(seq) => Ok(Event::default().id(seq.to_string()).comment("still here")),
    }
}

/// One event of the stream, its fields as they stand in it.
#[derive(ToSchema)]
#[schema(as = Event)]
#[expect(dead_code, reason = "the document's alone: axum writes the fields")]
pub struct EventShape {
    /// The number of the change: the next `Last-Event-ID`.
    id: Option<String>,
    /// `submission.changed`, `message.changed` or `gap`.
    event: Option<String>,
    /// JSON on one line.
    data: String,
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let number = text.parse::<i64>().ok();
    let number = number.and_then(|number| u64::try_from(number).ok());
    number.map(Some).ok_or_else(|| {
        let detail = format!(
            "`Last-Event-ID` is `{}`, and not the number of a change",
            cut(text, 80)
        );
        Refusal::new(Code::MalformedRequest, detail)
    })
}
