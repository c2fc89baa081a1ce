//! `POST /v1/submissions/check`: what would become of an ask.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;

use super::submit::idempotency_key;
use crate::body::{self, JsonBody};
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::shapes::{AskShape, CheckAnswer};

/// The same judgement as an ask, without any effect: counters are looked at, nothing is recorded.
#[utoipa::path(
    post, path = "/v1/submissions/check", tag = "submissions", operation_id = "check",
    request_body = AskShape,
    params(("Idempotency-Key" = Option<String>, Header, description = "Same as `dedupe_key`.")),
    responses((status = 200, description = "What it would come to.", body = CheckAnswer))
)]
pub async fn check(
    State(door): State<Door>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Json<CheckAnswer>, Refusal> {
    door.budget().ask(caller.agent.id, 1, door.engine().now())?;
    let key = idempotency_key(&headers)?;
    let ask = body
        .read(|bytes| body::object::<AskShape>(bytes, "").and_then(|ask| ask.into_ask(key, "")))
        .await?;
    Ok(Json(CheckAnswer::of(
        &door.engine().check(&caller.agent, ask).await?,
    )))
}
