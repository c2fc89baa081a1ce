//! `POST /v1/suppressions`: nobody writes to this address any more.

use axum::Json;
use axum::extract::State;
use domain::SuppressionReason;

use crate::body::JsonBody;
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::shapes::{SuppressionAnswer, SuppressionAsk, address};

/// Suppresses one address: for one of your mailboxes, or for everything you send.
///
/// A person lifts it. Asked again, the row that stands is answered.
#[utoipa::path(
    post, path = "/v1/suppressions", tag = "suppressions", operation_id = "suppress",
    request_body = SuppressionAsk,
    responses((status = 200, description = "The row that stands.", body = SuppressionAnswer))
)]
pub async fn add(
    State(door): State<Door>,
    caller: Caller,
    body: JsonBody,
) -> Result<Json<SuppressionAnswer>, Refusal> {
    let ask: SuppressionAsk = body.object().await?;
    let mailbox = ask
        .mailbox
        .map(|text| address(&text, || "/mailbox".to_owned()))
        .transpose()?;
    let reason = ask.reason.unwrap_or(SuppressionReason::Manual);
    let row = door
        .engine()
        .suppress(caller.actor(), ask.address, mailbox, reason, ask.note)
        .await?;
    Ok(Json(row.into()))
}
