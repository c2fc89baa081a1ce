//! `POST /emails/batch`: several emails, each judged and recorded by itself.
//!
//! `x-batch-validation: strict`, the default, sends none if one cannot be sent: all are looked at
//! first, without effect; a repeat under its key is answered as it was the first time, and not
//! looked at anew. `permissive` sends those that can be and lists the others. What comes in
//! between the look and the judgement (the last slot of a window) is listed in either.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use domain::{Code, Digest, Problem, Timestamp, Verdict, limits};
use engine::Ask;
use serde::Serialize;
use serde_json::value::RawValue;

use super::answer;
use super::send::key;
use super::shape::Email;
use crate::body::{self, JsonBody};
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::{Refusal, cut};
use crate::shapes::SubmissionAnswer;
use crate::told::{self, Outcome, Taken};

#[derive(Serialize)]
struct BatchAnswer {
    data: Vec<SubmissionAnswer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<RowError>,
}

#[derive(Serialize)]
struct RowError {
    index: usize,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<SubmissionAnswer>,
}

type Rows = Vec<Result<Ask, Problem>>;

/// Judges and records each email, in order.
pub async fn batch(
    State(door): State<Door>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Refusal> {
    let strict = strict(headers.get("x-batch-validation"))?;
    let (key, now) = (key(&headers)?, door.engine().now());
    let rows = body
        .read(move |bytes| rows(bytes, key.as_deref(), now))
        .await?;
    door.budget().ask(caller.agent.id, rows.len(), now)?;
    if strict
        && !repeated(&door, &caller, &rows).await?
        && let Some(refused) = look(&door, &caller, &rows).await?
    {
        return Ok(refused);
    }
    let mut said = BatchAnswer {
        data: Vec::new(),
        errors: Vec::new(),
    };
    for (index, ask) in rows.into_iter().enumerate() {
        let judged = match ask {
            Ok(ask) => door.engine().submit(&caller.agent, ask).await,
            Err(problem) => Err(problem),
        };
        match judged {
            Ok(submitted) => {
                let Outcome {
                    verdict, answer, ..
                } = told::of(&door, &caller, submitted).await;
                match verdict {
                    Ok(Taken { .. }) => said.data.push(answer),
                    Err(refused) => said.errors.push(RowError {
                        index,
                        message: refused.sentence,
                        answer: Some(answer),
                    }),
                }
            }
            // A key that belongs to another batch is wrong for the whole of this one.
            Err(problem) if problem.code == Code::IdempotencyMismatch && index == 0 => {
                return Err(problem.into());
            }
            Err(problem) => said.errors.push(RowError {
                index,
                message: problem.detail,
                answer: None,
            }),
        }
    }
    Ok(Json(said).into_response())
}

fn strict(value: Option<&HeaderValue>) -> Result<bool, Refusal> {
    match value.map(HeaderValue::as_bytes) {
        None | Some(b"strict") => Ok(true),
        Some(b"permissive") => Ok(false),
        Some(other) => {
            let said = cut(&String::from_utf8_lossy(other), 40);
            let detail =
                format!("`x-batch-validation` is `{said}`; it takes `strict` or `permissive`");
            Err(Refusal::new(Code::InvalidField, detail))
        }
    }
}

/// True if this batch was taken before: its first row, which goes first, says it for all. What was
/// sent then is answered again, whatever the rules would say to it today.
async fn repeated(door: &Door, caller: &Caller, rows: &Rows) -> Result<bool, Refusal> {
    match rows.first() {
        Some(Ok(ask)) => Ok(door.engine().is_repeat(&caller.agent, ask).await?),
        Some(Err(_)) | None => Ok(false),
    }
}

/// The answer if one of them cannot be sent; nothing has happened then.
async fn look(door: &Door, caller: &Caller, rows: &Rows) -> Result<Option<Response>, Refusal> {
    for ask in rows {
        let ask = ask.as_ref().map_err(|problem| Refusal(problem.clone()))?;
        let decision = door.engine().check(&caller.agent, ask.clone()).await?;
        let repeated = decision
            .primary()
            .is_some_and(|finding| finding.rule == "duplicate");
        if decision.verdict == Verdict::Block && !decision.observed_only && !repeated {
            let (refused, headers) = told::refused(door.engine().now(), &decision);
            return Ok(Some(answer::unrecorded(&refused, &decision, headers)));
        }
    }
    Ok(None)
}

fn rows(bytes: &[u8], key: Option<&str>, now: Timestamp) -> Result<Rows, Problem> {
    let rows: Vec<&RawValue> = body::value(bytes, "")?;
    if rows.is_empty() || rows.len() > limits::BATCH_MAX {
        let (found, max) = (rows.len(), limits::BATCH_MAX);
        let detail = format!("a batch has 1 to {max} emails, and this one has {found}; split it");
        return Err(Problem::new(Code::InvalidField, detail).at(""));
    }
    // One key for all: each row has its own out of it, and means the same only in the same batch.
    let whole = Digest::of(bytes);
    let ask = |(index, row): (usize, &&RawValue)| {
        let base = format!("/{index}");
        let key = key.map(|key| format!("batch-{}-{index}", Digest::of(key.as_bytes())));
        let salt: &[u8] = if key.is_some() { &whole.0 } else { b"" };
        body::object::<Email>(row.get().as_bytes(), &base)?.into_ask(key, salt, &base, now)
    };
    Ok(rows.iter().enumerate().map(ask).collect())
}
