//! `POST /v1/submissions/{id}/answers`: answer what your person asked.

use axum::Json;
use axum::extract::State;
use domain::SubmissionId;

use crate::body::JsonBody;
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::PathId;
use crate::shapes::{AnswerAsk, StoryAnswer};

/// Answers the question under `review`.
///
/// If nothing is asked, or it is no longer held: 409 `wrong_state`.
#[utoipa::path(
    post, path = "/v1/submissions/{id}/answers", tag = "submissions", operation_id = "answer",
    params(("id" = String, Path, description = "`sub_…`")),
    request_body = AnswerAsk,
    responses((status = 200, description = "As it stands, answered.", body = StoryAnswer))
)]
pub async fn answer(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
    body: JsonBody,
) -> Result<Json<StoryAnswer>, Refusal> {
    let id: SubmissionId = id.read("submission")?;
    let AnswerAsk { answer } = body.object().await?;
    door.engine().answer(&caller.agent, id, answer).await?;
    Ok(Json(StoryAnswer::of(
        &door.engine().story(caller.actor(), id).await?,
    )))
}
