//! What that service's clients read: an email as they know it, with our own fields beside.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Decision, State, Timestamp};
use engine::{Reported, Story, SubmissionRow};
use serde::Serialize;
use serde_json::json;

use super::{Name, blocked};
use crate::shapes::{CheckAnswer, NextShape, sentence};
use crate::told::{Outcome, Refused};

/// The answer to one email: ours as it is, for its `id` is all that clients of theirs look at.
pub fn of(outcome: Outcome) -> Response {
    let Outcome {
        verdict,
        answer,
        headers,
    } = outcome;
    match verdict {
        Ok(taken) => {
            let status = match taken.waits {
                true => StatusCode::ACCEPTED,
                false => StatusCode::OK,
            };
            (status, headers, Json(answer)).into_response()
        }
        Err(refused) => error(&refused, answer, headers),
    }
}

/// The answer to an email that was looked at without effect, and would be refused.
pub fn unrecorded(refused: &Refused, decision: &Decision, headers: HeaderMap) -> Response {
    error(refused, CheckAnswer::of(decision), headers)
}

fn error<T: Serialize>(refused: &Refused, answer: T, headers: HeaderMap) -> Response {
    let Name(status_code, name) = blocked(refused);
    let error = ErrorAnswer {
        status_code,
        name,
        message: refused.sentence.clone(),
        answer,
    };
    let status = StatusCode::from_u16(status_code);
    let status = status.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    (status, headers, Json(error)).into_response()
}

/// A block as an error of theirs, with our answer beside.
#[derive(Serialize)]
struct ErrorAnswer<T> {
    #[serde(rename = "statusCode")]
    status_code: u16,
    name: &'static str,
    message: String,
    #[serde(flatten)]
    answer: T,
}

/// An email as `GET /emails` lists it.
#[derive(Serialize)]
pub struct EmailRow {
    id: String,
    from: String,
    to: Vec<String>,
    cc: Option<Vec<String>>,
    bcc: Option<Vec<String>>,
    subject: String,
    created_at: Timestamp,
    scheduled_at: Option<Timestamp>,
    message_id: String,
    last_event: &'static str,
    state: String,
}

/// An email as `GET /emails/{id}` shows it.
#[derive(Serialize)]
pub struct EmailAnswer {
    object: &'static str,
    #[serde(flatten)]
    row: EmailRow,
    reply_to: Option<Vec<String>>,
    html: Option<String>,
    text: Option<String>,
    tags: Vec<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sentence: Option<String>,
    next: NextShape,
}

impl EmailRow {
    /// A submission as it stands. Who is in it twice is listed where it stands first.
    pub fn of(row: &SubmissionRow, reported: Option<Reported>, now: Timestamp) -> Self {
        let people = |role: &str| -> Option<Vec<String>> {
            let of_role = row
                .recipients
                .iter()
                .filter(|one| one.role.as_str() == role);
            let list: Vec<String> = of_role.map(|one| one.address.to_string()).collect();
            (!list.is_empty()).then_some(list)
        };
        EmailRow {
            id: row.id.to_string(),
            from: row.mailbox_address.to_string(),
            to: people("to").unwrap_or_default(),
            cc: people("cc"),
            bcc: people("bcc"),
            subject: row.subject.clone(),
            created_at: row.asked_at,
            scheduled_at: row.send_at,
            message_id: row.message_id.clone(),
            last_event: last_event(row, reported, now),
            state: row.state.name().to_string(),
        }
    }
}

impl EmailAnswer {
    /// A submission as it stands.
    pub fn of(story: &Story, reported: Option<Reported>, now: Timestamp) -> Self {
        let draft = story.versions.last().map(|version| &version.draft);
        let tags = story.row.tags.iter();
        let reply_to = draft.map(|draft| draft.reply_to.iter().map(ToString::to_string).collect());
        EmailAnswer {
            object: "email",
            row: EmailRow::of(&story.row, reported, now),
            tags: tags
                .map(|(name, value)| json!({"name": name, "value": value}))
                .collect(),
            reply_to: reply_to.filter(|list: &Vec<String>| !list.is_empty()),
            html: draft.and_then(|draft| draft.html.clone()),
            text: draft.and_then(|draft| draft.text.clone()),
            sentence: sentence(&story.row),
            next: NextShape::of(&story.next),
        }
    }
}

/// Where it stands, in their closed list of words.
fn last_event(row: &SubmissionRow, reported: Option<Reported>, now: Timestamp) -> &'static str {
    let scheduled = row.send_at.is_some_and(|at| at > now);
    match &row.state {
        State::Queued { .. } | State::Deferred { .. } if scheduled => "scheduled",
        // Nobody has taken it yet, or nobody knows.
        State::Held { .. }
        | State::Deferred { .. }
        | State::Queued { .. }
        | State::Sending { .. }
        | State::Uncertain { .. } => "queued",
        State::Sent { .. } => match reported {
            Some(Reported::Complained) => "complained",
            Some(Reported::Delivered) => "delivered",
            None => "sent",
        },
        State::Bounced { .. } => "bounced",
        State::Blocked if row.primary_rule.as_deref() == Some("suppression") => "suppressed",
        State::Blocked | State::Failed { .. } => "failed",
        State::Observed | State::Rejected { .. } | State::Expired | State::Cancelled => "canceled",
    }
}
