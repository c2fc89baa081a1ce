//! `GET /v1/conversations/{id}`: one conversation, new text apart from quoted.

use axum::Json;
use axum::extract::State;
use domain::ConversationId;

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::{PathId, Query};
use crate::shapes::ConversationAnswer;

/// One conversation, with the messages you may see. It counts as read up to its newest.
#[utoipa::path(
    get, path = "/v1/conversations/{id}", tag = "conversations", operation_id = "conversation",
    params(("id" = String, Path, description = "`cnv_…`")),
    responses((status = 200, description = "As it stands.", body = ConversationAnswer))
)]
pub async fn show(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
    query: Query,
) -> Result<Json<ConversationAnswer>, Refusal> {
    query.only(&[])?;
    let id: ConversationId = id.read("conversation")?;
    let engine = door.engine();
    let found = engine.conversation_of(&caller.agent, id).await?;
    let canary = engine.canary(&caller.agent).await?;
    Ok(Json(ConversationAnswer::of(&found, &canary)))
}
