//! `POST /v1/submissions/{id}/revisions`: say it better while it waits.

use axum::extract::State;
use domain::SubmissionId;

use crate::body::{self, JsonBody};
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::PathId;
use crate::shapes::{AskShape, SubmissionAnswer};

/// Replaces a held one of yours by a new version, judged again by every rule.
///
/// The body is that of an ask, with the same mailbox and no key. What your person asked about it is
/// answered with that. Once it is no longer held: 409 `wrong_state`.
#[utoipa::path(
    post, path = "/v1/submissions/{id}/revisions", tag = "submissions", operation_id = "revise",
    params(("id" = String, Path, description = "`sub_…`")),
    request_body = AskShape,
    responses(
        (status = 200, description = "It leaves.", body = SubmissionAnswer),
        (status = 202, description = "It waits: for a person, or for its time.", body = SubmissionAnswer),
    )
)]
pub async fn revise(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
    body: JsonBody,
) -> Result<SubmissionAnswer, Refusal> {
    let id: SubmissionId = id.read("submission")?;
    door.budget().ask(caller.agent.id, 1, door.engine().now())?;
    let ask = body
        .read(|bytes| body::object::<AskShape>(bytes, "").and_then(|ask| ask.into_ask(None, "")))
        .await?;
    Ok(door.engine().revise(&caller.agent, id, ask).await?.into())
}
