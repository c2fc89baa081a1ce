//! `GET /v1/conversations`: what you were written.

use axum::Json;
use axum::extract::State;
use domain::limits;

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::Query;
use crate::shapes::ConversationsAnswer;

/// Rows of a page unless said otherwise.
const PAGE_DEFAULT: usize = 50;

/// Your conversations with received mail, a page at a time.
#[utoipa::path(
    get, path = "/v1/conversations", tag = "conversations", operation_id = "conversations",
    params(
        ("after" = Option<String>, Query, description = "The `after` of the page before."),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 500,
            description = "Rows of a page, 1 to 500; 50 by default."),
    ),
    responses((status = 200, description = "One page.", body = ConversationsAnswer))
)]
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    query: Query,
) -> Result<Json<ConversationsAnswer>, Refusal> {
    let query = query.only(&["after", "limit"])?;
    let limit = query.page(PAGE_DEFAULT, limits::PAGE_MAX)?;
    let after = query.one("after")?.map(str::to_owned);
    let engine = door.engine();
    let page = engine.conversations_of(&caller.agent, after, limit).await?;
    let withheld = engine.withheld_from(&caller.agent).await?;
    let canary = engine.canary(&caller.agent).await?;
    Ok(Json(ConversationsAnswer::of(&page, withheld, &canary)))
}
