//! `PATCH /v1/me`: ask a person more often from now on.

use axum::Json;
use axum::extract::State;

use super::show::answer;
use crate::body::JsonBody;
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::shapes::{LevelChange, MeAnswer};

/// Lowers your level.
///
/// Raising it is a person's: 403 `human_decision_required`.
#[utoipa::path(
    patch, path = "/v1/me", tag = "me", operation_id = "lower",
    request_body = LevelChange,
    responses((status = 200, description = "You, as you are now.", body = MeAnswer))
)]
pub async fn lower(
    State(door): State<Door>,
    caller: Caller,
    body: JsonBody,
) -> Result<Json<MeAnswer>, Refusal> {
    let LevelChange { level } = body.object().await?;
    let agent = door
        .engine()
        .agent_lower_level(&caller.agent, level)
        .await?;
    answer(&door, &agent).await
}
