//! `POST /emails`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{Code, limits};

use super::answer;
use super::shape::Email;
use crate::body::{self, JsonBody};
use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::routes::submissions::submit::idempotency_key;
use crate::told;

/// Judges and records one email, and answers at once.
pub async fn send(
    State(door): State<Door>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Refusal> {
    let now = door.engine().now();
    door.budget().ask(caller.agent.id, 1, now)?;
    let key = key(&headers)?;
    let ask = body
        .read(move |bytes| body::object::<Email>(bytes, "")?.into_ask(key, b"", "", now))
        .await?;
    let submitted = door.engine().submit(&caller.agent, ask).await?;
    Ok(answer::of(told::of(&door, &caller, submitted).await))
}

/// The key of a request: 1 to 256 characters, as theirs.
pub fn key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let key = idempotency_key(headers)?;
    let within = |key: &String| (1..=limits::DEDUPE_KEY_OCTETS_MAX).contains(&key.len());
    if key.as_ref().is_none_or(within) {
        return Ok(key);
    }
    let max = limits::DEDUPE_KEY_OCTETS_MAX;
    let detail = format!("`Idempotency-Key` has 1 to {max} characters");
    let problem = domain::Problem::new(Code::InvalidField, detail);
    Err(Refusal(problem.at("/dedupe_key")))
}
