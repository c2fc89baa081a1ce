//! `POST /v1/me/pause`: stop me.

use axum::Json;
use axum::extract::State;

use super::show::answer;
use crate::body::JsonBody;
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::shapes::MeAnswer;

/// Pauses you: every ask is blocked until a person resumes you.
///
/// Takes no body, or an empty one.
#[utoipa::path(
    post, path = "/v1/me/pause", tag = "me", operation_id = "pause",
    responses((status = 200, description = "You, paused.", body = MeAnswer))
)]
pub async fn pause(
    State(door): State<Door>,
    caller: Caller,
    _body: JsonBody,
) -> Result<Json<MeAnswer>, Refusal> {
    door.engine().agent_pause(&caller.agent).await?;
    answer(&door, &caller.again(&door).await?).await
}
