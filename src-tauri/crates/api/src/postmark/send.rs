//! `POST /email` and `POST /email/batch`.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::{Json, response::IntoResponse};
use domain::{AgentId, Code, Problem, limits};
use engine::Ask;
use serde_json::value::RawValue;

use super::answer::Sent;
use super::shape::Message;
use crate::body::{self, JsonBody};
use crate::door::Door;
use crate::guard::{Caller, NOBODY, Trying};
use crate::problem::Refusal;
use crate::told;

/// Who sends: an agent, or somebody who only tries the shape.
pub enum Sender {
    Agent(Caller),
    Trying,
}

impl<S: Sync> FromRequestParts<S> for Sender {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match parts.extensions.get::<Trying>() {
            Some(Trying) => Ok(Sender::Trying),
            None => Caller::from_request_parts(parts, state)
                .await
                .map(Sender::Agent),
        }
    }
}

impl Sender {
    fn id(&self) -> AgentId {
        match self {
            Sender::Agent(caller) => caller.agent.id,
            Sender::Trying => NOBODY,
        }
    }

    async fn send(&self, door: &Door, (to, ask): (String, Ask)) -> Result<Sent, Problem> {
        let now = door.engine().now();
        match self {
            Sender::Trying => {
                ask.draft.check()?;
                Ok(Sent::tried(to, now))
            }
            Sender::Agent(caller) => {
                let submitted = door.engine().submit(&caller.agent, ask).await?;
                let outcome = told::of(door, caller, submitted).await;
                Ok(Sent::judged(to, now, outcome))
            }
        }
    }
}

/// Judges and records one message, and answers at once.
pub async fn send(
    State(door): State<Door>,
    sender: Sender,
    body: JsonBody,
) -> Result<Sent, Refusal> {
    door.budget().ask(sender.id(), 1, door.engine().now())?;
    let ask = body.read(|bytes| one(bytes, "")).await?;
    Ok(sender.send(&door, ask).await?)
}

fn one(bytes: &[u8], base: &str) -> Result<(String, Ask), Problem> {
    let message = body::object::<Message>(bytes, base)?;
    Ok((message.to(), message.into_ask(base)?))
}

/// Judges and records each message by itself. Always 200; what became of one is in its row.
pub async fn batch(
    State(door): State<Door>,
    sender: Sender,
    body: JsonBody,
) -> Result<Response, Refusal> {
    let rows = body.read(rows).await?;
    let now = door.engine().now();
    door.budget().ask(sender.id(), rows.len(), now)?;
    let mut sent = Vec::with_capacity(rows.len());
    for row in rows {
        let answered = match row {
            Ok(ask) => sender.send(&door, ask).await,
            Err(problem) => Err(problem),
        };
        let row = answered.unwrap_or_else(|problem| Sent::refused(String::new(), now, problem));
        sent.push(row);
    }
    Ok(Json(sent).into_response())
}

type Rows = Vec<Result<(String, Ask), Problem>>;

fn rows(bytes: &[u8]) -> Result<Rows, Problem> {
    let rows: Vec<&RawValue> = body::value(bytes, "")?;
    if rows.is_empty() || rows.len() > limits::BATCH_MAX {
        let (found, max) = (rows.len(), limits::BATCH_MAX);
        let detail = format!("a batch has 1 to {max} messages, and this one has {found}; split it");
        return Err(Problem::new(Code::InvalidField, detail).at(""));
    }
    let one = |(index, row): (usize, &&RawValue)| one(row.get().as_bytes(), &format!("/{index}"));
    Ok(rows.iter().enumerate().map(one).collect())
}
