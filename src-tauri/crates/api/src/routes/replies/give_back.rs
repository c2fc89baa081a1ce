//! `POST /v1/replies/{id}/return`: not mine after all.

use axum::Json;
use axum::extract::State;
use domain::InboundId;

use crate::body::JsonBody;
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::PathId;
use crate::shapes::{ReturnAsk, WorkAnswer};

/// Gives a message you claimed back: to the next agent, or to a person.
#[utoipa::path(
    post, path = "/v1/replies/{id}/return", tag = "replies", operation_id = "return_reply",
    params(("id" = String, Path, description = "`inb_…`")),
    request_body = ReturnAsk,
    responses((status = 200, description = "Where it stands.", body = WorkAnswer))
)]
pub async fn give_back(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
    body: JsonBody,
) -> Result<Json<WorkAnswer>, Refusal> {
    let id: InboundId = id.read("reply")?;
    let ask: ReturnAsk = body.object().await?;
    let row = door
        .engine()
        .return_reply(&caller.agent, id, ask.to_person, ask.note)
        .await?;
    Ok(Json(WorkAnswer::of(&row)))
}
