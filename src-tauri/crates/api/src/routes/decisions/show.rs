//! `GET /v1/decisions/{id}`: one judgement with everything it said.

use axum::Json;
use axum::extract::State;
use domain::DecisionId;

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::PathId;
use crate::shapes::DecisionTrace;

/// One decision about a submission of yours: every rule's finding, the policy it was judged under.
#[utoipa::path(
    get, path = "/v1/decisions/{id}", tag = "decisions", operation_id = "decision",
    params(("id" = String, Path, description = "`dec_…`")),
    responses((status = 200, description = "As recorded.", body = DecisionTrace))
)]
pub async fn show(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
) -> Result<Json<DecisionTrace>, Refusal> {
    let id: DecisionId = id.read("decision")?;
    let row = door.engine().decision(caller.actor(), id).await?;
    Ok(Json(DecisionTrace::of(&row)))
}
