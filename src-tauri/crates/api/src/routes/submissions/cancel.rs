//! `DELETE /v1/submissions/{id}`: take an unsent one back.

use axum::Json;
use axum::extract::State;
use domain::SubmissionId;

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::PathId;
use crate::shapes::StoryAnswer;

/// Takes back one of yours that has not left.
///
/// Once it is on the wire: 409 `wrong_state`.
#[utoipa::path(
    delete, path = "/v1/submissions/{id}", tag = "submissions", operation_id = "cancel",
    params(("id" = String, Path, description = "`sub_…`")),
    responses((status = 200, description = "Taken back.", body = StoryAnswer))
)]
pub async fn cancel(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
) -> Result<Json<StoryAnswer>, Refusal> {
    let id: SubmissionId = id.read("submission")?;
    door.engine().cancel(caller.actor(), id).await?;
    Ok(Json(StoryAnswer::of(
        &door.engine().story(caller.actor(), id).await?,
    )))
}
