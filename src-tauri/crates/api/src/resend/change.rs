//! `PATCH /emails/{id}` and `POST /emails/{id}/cancel`: another time, or not at all.

use axum::Json;
use axum::extract::State;
use domain::SubmissionId;
use serde::Serialize;

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::PathId;

/// What they answer: the email it was about.
#[derive(Serialize)]
pub struct Changed {
    object: &'static str,
    id: SubmissionId,
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
