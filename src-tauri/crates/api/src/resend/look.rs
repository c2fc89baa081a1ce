//! `GET /emails` and `GET /emails/{id}`: your own.

use axum::Json;
use axum::extract::State;
use domain::{Code, SubmissionId};
use engine::{ListFilter, ListOrder};
use serde::Serialize;

use super::answer::{EmailAnswer, EmailRow};
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::{PathId, Query};

/// Rows of a page unless said otherwise, and at most: theirs.
const PAGE_DEFAULT: usize = 20;
const PAGE_MAX: usize = 100;

/// One page.
#[derive(Serialize)]
pub struct EmailList {
    object: &'static str,
    has_more: bool,
    data: Vec<EmailRow>,
}

/// Your emails, newest first; `after` and `before` take the id of a row.
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    query: Query,
) -> Result<Json<EmailList>, Refusal> {
    let limit = query.page(PAGE_DEFAULT, PAGE_MAX)?;
    let (after, before) = (query.one("after")?, query.one("before")?);
    if after.is_some() && before.is_some() {
        let detail = "`after` and `before` exclude each other; send one";
        return Err(Refusal::new(Code::MalformedRequest, detail));
    }
    let filter = ListFilter {
        agent: Some(caller.agent.id),
        order: match before {
            Some(_) => ListOrder::Oldest,
            None => ListOrder::Newest,
        },
        ..ListFilter::default()
    };
    let place = after.or(before).map(str::to_owned);
    let newest_first = before.is_none();
    let page = door.engine().list(filter, place, limit).await?;
    let now = door.engine().now();
    let mut data: Vec<EmailRow> = page.rows.iter().map(|row| EmailRow::of(row, now)).collect();
    if !newest_first {
        data.reverse();
    }
    Ok(Json(EmailList {
        object: "list",
        has_more: page.next.is_some(),
        data,
    }))
}

/// One email of yours, as it stands.
pub async fn show(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
) -> Result<Json<EmailAnswer>, Refusal> {
    let id: SubmissionId = id.read("email")?;
    let story = door.engine().story(caller.actor(), id).await?;
    Ok(Json(EmailAnswer::of(&story, door.engine().now())))
}
