//! `PATCH /emails/{id}` and `POST /emails/{id}/cancel`: another time, or not at all.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{Code, Problem, SubmissionId, Verdict};
use serde::{Deserialize, Serialize};

use super::shape::instant;
use crate::body::JsonBody;
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::PathId;
use crate::shapes::NextShape;

/// What they answer: the email it was about.
#[derive(Serialize)]
pub struct Changed {
    object: &'static str,
    id: SubmissionId,
}

/// What `PATCH` takes: another time, and nothing else.
#[derive(Deserialize)]
pub struct Change {
    #[serde(alias = "scheduledAt")]
    scheduled_at: Option<String>,
}

/// Gives one of yours that has not left another time. Every rule judges it again; one a person had
/// approved for the time before waits for them again.
pub async fn update(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
    body: JsonBody,
) -> Result<Response, Refusal> {
    let id: SubmissionId = id.read("email")?;
    let now = door.engine().now();
    door.budget().ask(caller.agent.id, 1, now)?;
    let Change { scheduled_at } = body.object().await?;
    let refuse = |problem: Problem| Refusal(problem.at("/scheduled_at"));
    let Some(text) = scheduled_at.filter(|text| !text.trim().is_empty()) else {
        let detail = "`scheduled_at` is missing";
        return Err(refuse(Problem::new(Code::InvalidField, detail)));
    };
    let send_at = instant(&text, now).map_err(refuse)?;
    let moved = door.engine().reschedule(&caller.agent, id, send_at).await?;
    let changed = Changed {
        object: "email",
        id,
    };
    let state = moved.row.state.name().to_string();
    let status = match moved.decision.decision.verdict {
        Verdict::Allow => StatusCode::OK,
        Verdict::Hold | Verdict::Defer | Verdict::Block => StatusCode::ACCEPTED,
    };
    let next = NextShape::of(&moved.next);
    let answer = Rescheduled {
        changed,
        state,
        next,
    };
    Ok((status, Json(answer)).into_response())
}

/// What `PATCH` answers, with where it stands now.
#[derive(Serialize)]
struct Rescheduled {
    #[serde(flatten)]
    changed: Changed,
    state: String,
    next: NextShape,
}

/// Takes one of yours back that has not left. Its clients declare a JSON body and send none, or
/// `{}`: it is not read.
pub async fn cancel(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
) -> Result<Json<Changed>, Refusal> {
    let id: SubmissionId = id.read("email")?;
    door.engine().cancel(caller.actor(), id).await?;
    Ok(Json(Changed {
        object: "email",
        id,
    }))
}
