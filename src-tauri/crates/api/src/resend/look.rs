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
pub const PAGE_DEFAULT: usize = 20;
pub const PAGE_MAX: usize = 100;

/// One page.
#[derive(Serialize)]
pub struct EmailList<T = EmailRow> {
    object: &'static str,
    has_more: bool,
    data: Vec<T>,
}

impl<T> EmailList<T> {
    /// A page of rows, newest first.
    pub fn of(data: Vec<T>, has_more: bool) -> Self {
        EmailList {
            object: "list",
            has_more,
            data,
        }
    }
}

/// Where a page begins: behind the row `after`, or in front of the row `before`.
pub fn place(query: &Query) -> Result<Option<(String, ListOrder)>, Refusal> {
    match (query.one("after")?, query.one("before")?) {
        (Some(_), Some(_)) => {
            let detail = "`after` and `before` exclude each other; send one";
            Err(Refusal::new(Code::MalformedRequest, detail))
        }
        (Some(after), None) => Ok(Some((after.to_owned(), ListOrder::Newest))),
        (None, Some(before)) => Ok(Some((before.to_owned(), ListOrder::Oldest))),
        (None, None) => Ok(None),
    }
}

/// Your emails, newest first; `after` and `before` take the id of a row.
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    query: Query,
) -> Result<Json<EmailList>, Refusal> {
    let limit = query.page(PAGE_DEFAULT, PAGE_MAX)?;
    let (place, order) = place(&query)?.unzip();
    let order = order.unwrap_or(ListOrder::Newest);
    let filter = ListFilter {
        agent: Some(caller.agent.id),
        order,
        ..ListFilter::default()
    };
    let page = door.engine().list(filter, place, limit).await?;
    let now = door.engine().now();
    let reported = door.engine().reported(&page.rows).await?;
    let rows = page.rows.iter().zip(reported);
    let mut data: Vec<EmailRow> = rows
        .map(|(row, reported)| EmailRow::of(row, reported, now))
        .collect();
    if matches!(order, ListOrder::Oldest) {
        data.reverse();
    }
    Ok(Json(EmailList::of(data, page.next.is_some())))
}

/// One email of yours, as it stands.
pub async fn show(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
) -> Result<Json<EmailAnswer>, Refusal> {
    let id: SubmissionId = id.read("email")?;
    let story = door.engine().story(caller.actor(), id).await?;
    let reported = door
        .engine()
        .reported(std::slice::from_ref(&story.row))
        .await?;
    let reported = reported.into_iter().next().flatten();
    Ok(Json(EmailAnswer::of(&story, reported, door.engine().now())))
}
