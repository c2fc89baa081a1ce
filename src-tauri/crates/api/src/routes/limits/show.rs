//! `GET /v1/limits`: what is left, before asking.

use axum::Json;
use axum::extract::State;
use domain::{Address, Code};

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::Query;
use crate::shapes::LimitsAnswer;

/// What is left in every window, and what is known of one recipient.
#[utoipa::path(
    get, path = "/v1/limits", tag = "me", operation_id = "limits",
    params(("to" = Option<String>, Query, description = "A recipient to look up.")),
    responses((status = 200, description = "As it is now.", body = LimitsAnswer))
)]
pub async fn show(
    State(door): State<Door>,
    caller: Caller,
    query: Query,
) -> Result<Json<LimitsAnswer>, Refusal> {
    let query = query.only(&["to"])?;
    let to = query.one("to")?.map(str::parse::<Address>).transpose();
    // What fits the shape and is nobody's address is what it is in a body: 422.
    let to = to.map_err(|error| Refusal::new(Code::InvalidAddress, error.to_string()))?;
    Ok(Json(door.engine().limits(&caller.agent, to).await?.into()))
}
