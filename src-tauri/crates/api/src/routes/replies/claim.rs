//! `POST /v1/replies/claim`: the next message to work on.

use axum::Json;
use axum::extract::State;
use domain::{Span, limits};

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::Query;
use crate::shapes::ClaimAnswer;

/// The oldest message you may work on, yours until the lease ends: nobody else gets it meanwhile.
///
/// `ack` it when you are done, `return` it if you cannot. A lease that ends gives it to the next.
#[utoipa::path(
    post, path = "/v1/replies/claim", tag = "replies", operation_id = "claim_reply",
    params(
        ("wait" = Option<u64>, Query, description = "Seconds to wait for one, at most 50."),
        ("lease" = Option<u64>, Query, description = "Seconds it is yours; 900 by default."),
    ),
    responses((status = 200, description = "It, or null.", body = ClaimAnswer))
)]
pub async fn claim(
    State(door): State<Door>,
    caller: Caller,
    query: Query,
) -> Result<Json<ClaimAnswer>, Refusal> {
    let query = query.only(&["wait", "lease"])?;
    let wait = query.number("wait", "a number of seconds")?;
    let lease = query.number("lease", "a number of seconds")?;
    let span =
        |seconds: u64| Span::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 2_000_000));
    let wait = span(wait.unwrap_or(0).min(limits::WAIT_SECONDS_MAX));
    let engine = door.engine();
    let found = tokio::select! {
        found = engine.claim_reply(&caller.agent, lease.map(span), wait) => found?,
        () = door.closing() => None,
    };
    let canary = engine.canary(&caller.agent).await?;
    let withheld = engine.withheld_from(&caller.agent).await?;
    Ok(Json(ClaimAnswer::of(found.as_ref(), withheld, &canary)))
}
