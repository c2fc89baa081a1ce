//! `POST /v1/submissions`: ask to send.

use axum::extract::State;
use axum::http::HeaderMap;
use domain::{Code, Problem};

use crate::body::{self, JsonBody};
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::shapes::{AskShape, SubmissionAnswer};

/// Judges and records an ask in one transaction, and answers at once.
///
/// Nobody waits for a relay or a person inside the call.
#[utoipa::path(
    post, path = "/v1/submissions", tag = "submissions", operation_id = "submit",
    request_body = AskShape,
    params(("Idempotency-Key" = Option<String>, Header, description = "Same as `dedupe_key`.")),
    responses(
        (status = 200, description = "It leaves, is blocked, or is only observed.", body = SubmissionAnswer),
        (status = 202, description = "It waits: for a person, or for its time.", body = SubmissionAnswer),
    )
)]
pub async fn submit(
    State(door): State<Door>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<SubmissionAnswer, Refusal> {
    door.budget().ask(caller.agent.id, 1, door.engine().now())?;
    let key = idempotency_key(&headers)?;
    let ask = body
        .read(|bytes| body::object::<AskShape>(bytes, "").and_then(|ask| ask.into_ask(key, "")))
        .await?;
    Ok(door.engine().submit(&caller.agent, ask).await?.into())
}

/// The `Idempotency-Key` header, if there is one.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let refuse = |detail: &str| Err(Problem::new(Code::InvalidField, detail).at("/dedupe_key"));
    let mut values = headers.get_all("idempotency-key").iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => refuse("there is more than one `Idempotency-Key`; send one"),
        (Some(value), None) => match value.to_str() {
            Ok(key) => Ok(Some(key.to_owned())),
            Err(_) => refuse("`Idempotency-Key` is not plain ASCII; use letters and digits"),
        },
    }
}
