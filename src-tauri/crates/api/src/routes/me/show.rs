//! `GET /v1/me`: who am I here.

use axum::Json;
use axum::extract::State;
use domain::Agent;

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::shapes::MeAnswer;

/// Your name, level and mailboxes.
#[utoipa::path(
    get, path = "/v1/me", tag = "me", operation_id = "me",
    responses((status = 200, description = "You.", body = MeAnswer))
)]
pub async fn show(State(door): State<Door>, caller: Caller) -> Result<Json<MeAnswer>, Refusal> {
    answer(&door, &caller.agent).await
}

/// An agent as it is now.
pub async fn answer(door: &Door, agent: &Agent) -> Result<Json<MeAnswer>, Refusal> {
    let mailboxes = door.engine().mailbox_names(agent).await?;
    Ok(Json(MeAnswer::of(agent, mailboxes)))
}
