//! `POST /v1/replies/{id}/ack`: done with it.

use axum::Json;
use axum::extract::State;
use domain::InboundId;

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::PathId;
use crate::shapes::WorkAnswer;

/// You are done with a message you claimed.
#[utoipa::path(
    post, path = "/v1/replies/{id}/ack", tag = "replies", operation_id = "ack_reply",
    params(("id" = String, Path, description = "`inb_…`")),
    responses((status = 200, description = "Where it stands.", body = WorkAnswer))
)]
pub async fn ack(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
) -> Result<Json<WorkAnswer>, Refusal> {
    let id: InboundId = id.read("reply")?;
    let row = door.engine().ack_reply(&caller.agent, id).await?;
    Ok(Json(WorkAnswer::of(&row)))
}
