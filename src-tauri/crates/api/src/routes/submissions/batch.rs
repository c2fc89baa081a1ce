//! `POST /v1/submissions/batch`: many asks, each with its own transaction and its own answer.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::{Code, Problem, limits};
use engine::Ask;
use serde_json::value::RawValue;

use super::submit::idempotency_key;
use crate::body::{self, JsonBody};
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::shapes::{AskShape, BatchAnswer, BatchRow, SubmissionAnswer};

/// Judges and records each row by itself, in order.
///
/// What is wrong with one row is that row's answer; the others are not touched by it.
#[utoipa::path(
    post, path = "/v1/submissions/batch", tag = "submissions", operation_id = "batch",
    request_body(content = Vec<AskShape>, description = "1 to 500 asks; keys as `dedupe_key`."),
    responses((status = 200, description = "One result per row, in order.", body = BatchAnswer))
)]
pub async fn batch(
    State(door): State<Door>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Json<BatchAnswer>, Refusal> {
    if idempotency_key(&headers)?.is_some() {
        let detail = "a batch takes one key per row; send it as the row's `dedupe_key` instead of \
                      `Idempotency-Key`";
        return Err(Refusal::new(Code::InvalidField, detail));
    }
    let asks = body.read(rows).await?;
    door.budget()
        .ask(caller.agent.id, asks.len(), door.engine().now())?;
    let mut results = Vec::with_capacity(asks.len());
    for (index, ask) in asks.into_iter().enumerate() {
        results.push(BatchRow::from(row(&door, &caller, index, ask).await));
    }
    Ok(Json(BatchAnswer { results }))
}

async fn row(
    door: &Door,
    caller: &Caller,
    index: usize,
    ask: Result<Ask, Problem>,
) -> Result<SubmissionAnswer, Refusal> {
    let submitted = door.engine().submit(&caller.agent, ask?).await;
    // The engine knows one ask and points into it; the visitor sent a list of them.
    let submitted = submitted.map_err(|problem| match problem.pointer.clone() {
        Some(pointer) => problem.at(format!("/{index}{pointer}")),
        None => problem,
    });
    Ok(submitted?.into())
}

fn rows(bytes: &[u8]) -> Result<Vec<Result<Ask, Problem>>, Problem> {
    let rows: Vec<&RawValue> = body::value(bytes, "")?;
    if rows.is_empty() || rows.len() > limits::BATCH_MAX {
        let (found, max) = (rows.len(), limits::BATCH_MAX);
        let detail = format!("a batch has 1 to {max} asks, and this one has {found}; split it");
        return Err(Problem::new(Code::InvalidField, detail).at(""));
    }
    let ask = |(index, row): (usize, &&RawValue)| {
        let base = format!("/{index}");
        body::object::<AskShape>(row.get().as_bytes(), &base)?.into_ask(None, &base)
    };
    Ok(rows.iter().enumerate().map(ask).collect())
}
