//! What that service's clients read of one message.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Problem, SubmissionId, Timestamp};
use serde::Serialize;

use super::{Said, blocked, said};
use crate::shapes::SubmissionAnswer;
use crate::told::Outcome;

/// What its clients know as a sent message's id: the digits of ours, as a UUID is written.
fn message_id(id: SubmissionId) -> String {
    id.uuid().hyphenated().to_string()
}

/// One message's answer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Sent {
    to: String,
    submitted_at: Timestamp,
    #[serde(rename = "MessageID")]
    message_id: String,
    error_code: u16,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sendoff: Option<SubmissionAnswer>,
    #[serde(skip)]
    status: u16,
    #[serde(skip)]
    headers: HeaderMap,
}

impl Sent {
    /// What became of a message to `to`.
    pub fn judged(to: String, now: Timestamp, outcome: Outcome) -> Self {
        let Outcome {
            verdict,
            answer,
            headers,
        } = outcome;
        let (Said(status, error_code), message) = match &verdict {
            Err(refused) => blocked(refused),
            Ok(taken) => {
                let said = match &taken.sentence {
                    None => "OK".to_owned(),
                    // Who reads only this learns that it has not left, and where to look.
                    Some(sentence) => format!("OK: {} as {}. {sentence}", answer.state, answer.id),
                };
                (Said(200, 0), said)
            }
        };
        Sent {
            to,
            submitted_at: now,
            message_id: message_id(answer.id),
            error_code,
            message,
            sendoff: Some(answer),
            status,
            headers,
        }
    }

    /// A message whose shape holds, tried with the test token.
    pub fn tried(to: String, now: Timestamp) -> Self {
        Sent {
            to,
            submitted_at: now,
            message_id: message_id(SubmissionId::NIL),
            error_code: 0,
            message: "Test job accepted".to_owned(),
            sendoff: None,
            status: 200,
            headers: HeaderMap::new(),
        }
    }

    /// A row of a batch that cannot be used. Its clients read all fields of every row.
    pub fn refused(to: String, now: Timestamp, problem: Problem) -> Self {
        let Said(status, error_code) = said(problem.code);
        Sent {
            to,
            submitted_at: now,
            message_id: message_id(SubmissionId::NIL),
            error_code,
            message: problem.detail,
            sendoff: None,
            status,
            headers: HeaderMap::new(),
        }
    }
}

impl IntoResponse for Sent {
    fn into_response(mut self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let headers = std::mem::take(&mut self.headers);
        (status, headers, Json(self)).into_response()
    }
}
