//! `GET /v1/submissions`: your own, newest first.

use axum::Json;
use axum::extract::State;
use domain::{Code, StateName, limits};
use engine::ListFilter;

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::Query;
use crate::shapes::{ListAnswer, StateWord};

/// Rows of a page unless said otherwise.
const PAGE_DEFAULT: usize = 50;

/// Your submissions, newest first, a page at a time.
#[utoipa::path(
    get, path = "/v1/submissions", tag = "submissions", operation_id = "list",
    params(
        ("state" = Option<Vec<StateWord>>, Query, style = Form, explode = false,
            description = "Only these states, separated by commas."),
        ("after" = Option<String>, Query, description = "The `after` of the page before."),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 500,
            description = "Rows of a page, 1 to 500; 50 by default."),
    ),
    responses((status = 200, description = "One page.", body = ListAnswer))
)]
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    query: Query,
) -> Result<Json<ListAnswer>, Refusal> {
    let query = query.only(&["state", "after", "limit"])?;
    let states: Result<Vec<StateName>, String> = query.all("state").map(str::parse).collect();
    let states = states.map_err(|said| {
        let known: Vec<&str> = StateName::ALL.iter().map(|state| state.as_str()).collect();
        Refusal::new(
            Code::MalformedRequest,
            format!("{said}; known: {}", known.join(", ")),
        )
    })?;
    let limit = query.page(PAGE_DEFAULT, limits::PAGE_MAX)?;
    let after = query.one("after")?.map(str::to_owned);
    let filter = ListFilter {
        states,
        agent: Some(caller.agent.id),
        ..ListFilter::default()
    };
    Ok(Json(door.engine().list(filter, after, limit).await?.into()))
}
