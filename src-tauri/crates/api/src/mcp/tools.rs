//! Every tool of the MCP door: one line each, one file each.
//!
//! A tool is what an agent may do anyway, put for a model. To add one: a file in `tools/`, and a line
//! in [`TOOLS`].

mod ack_reply;
mod add_suppression;
mod answer_question;
mod cancel_send;
mod check_send;
mod claim_reply;
mod get_limits;
mod get_send;
mod get_thread;
mod list_inbox;
mod reply_email;
mod return_reply;
mod revise_send;
mod send_email;
mod wait_for_decision;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use domain::Problem;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};

use super::{Said, schema};
use crate::door::Door;
use crate::guard::Caller;

/// What a call comes to.
pub(super) type Call = Pin<Box<dyn Future<Output = Result<Said, Problem>> + Send>>;

/// One tool.
pub(super) struct Row {
    /// What it is called by.
    pub name: &'static str,
    title: &'static str,
    about: &'static str,
    input: fn() -> Arc<JsonObject>,
    /// The component of the OpenAPI document it answers with.
    output: &'static str,
    hints: Hints,
    /// Does it.
    pub call: fn(Door, Caller, JsonObject) -> Call,
}

/// What a client may tell its user before it lets a model call a tool.
enum Hints {
    /// Changes nothing.
    Reads,
    /// Changes something of ours; done twice it is done once.
    Tightens,
    /// Changes something of ours, each time anew.
    Changes,
    /// Somebody out there may get mail from it.
    Sends,
}

/// The tools.
pub(super) const TOOLS: &[Row] = &[
    send_email::ROW,
    reply_email::ROW,
    check_send::ROW,
    get_send::ROW,
    wait_for_decision::ROW,
    cancel_send::ROW,
    revise_send::ROW,
    answer_question::ROW,
    list_inbox::ROW,
    get_thread::ROW,
    claim_reply::ROW,
    ack_reply::ROW,
    return_reply::ROW,
    get_limits::ROW,
    add_suppression::ROW,
];

/// The tool of this name.
pub(super) fn named(name: &str) -> Option<&'static Row> {
    TOOLS.iter().find(|row| row.name == name)
}

impl Row {
    /// As a client is told of it.
    pub fn described(&self) -> Tool {
        let hints = match self.hints {
            Hints::Reads => ToolAnnotations::new().read_only(true).open_world(false),
            Hints::Tightens => ToolAnnotations::new()
                .read_only(false)
                .destructive(false)
                .idempotent(true)
                .open_world(false),
            Hints::Changes => ToolAnnotations::new()
                .read_only(false)
                .destructive(false)
                .idempotent(false)
                .open_world(false),
            Hints::Sends => ToolAnnotations::new()
                .read_only(false)
                .destructive(false)
                .idempotent(false)
                .open_world(true),
        };
        Tool::new(self.name, self.about, (self.input)())
            .with_title(self.title)
            .with_annotations(hints)
            .with_raw_output_schema(schema::component(self.output))
    }
}

/// Longest wait of a tool in seconds: clients give a call up at 60.
const WAIT_SECONDS_MAX: u32 = 45;

/// The one argument most tools take.
fn only_id() -> Arc<JsonObject> {
    schema::object(&[("id", schema::text("The submission: `sub_…`"))], 1)
}

/// Arguments of such a tool.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OnlyId {
    id: String,
}

impl OnlyId {
    fn read(arguments: JsonObject) -> Result<domain::SubmissionId, Problem> {
        let OnlyId { id } = super::read(arguments)?;
        submission(&id)
    }

    fn message(arguments: JsonObject) -> Result<domain::InboundId, Problem> {
        let OnlyId { id } = super::read(arguments)?;
        id_of(&id, "message", "inb_")
    }
}

/// The `id` beside the fields of a shape that has none.
fn take_id(arguments: &mut JsonObject) -> Result<String, Problem> {
    match arguments.remove("id") {
        Some(serde_json::Value::String(id)) => Ok(id),
        Some(_) | None => {
            let detail = "`id` is missing; say which one";
            Err(Problem::new(domain::Code::InvalidField, detail).at("/id"))
        }
    }
}

fn submission(id: &str) -> Result<domain::SubmissionId, Problem> {
    id_of(id, "submission", "sub_")
}

/// An id as a model writes it.
fn id_of<T: std::str::FromStr>(id: &str, what: &str, prefix: &str) -> Result<T, Problem> {
    id.trim().parse().map_err(|_| {
        let id = crate::problem::cut(id, 80);
        let detail = format!("there is no {what} `{id}` of yours; ids look like {prefix}…");
        Problem::new(domain::Code::NotFound, detail).at("/id")
    })
}

/// What became of an ask, in a sentence.
fn judged(submitted: engine::Submitted) -> Result<Said, Problem> {
    let answer = crate::shapes::SubmissionAnswer::from(submitted);
    let why = answer
        .decision
        .primary
        .as_ref()
        .map(|primary| format!(" {}", primary.sentence))
        .unwrap_or_default();
    Ok(Said {
        text: format!(
            "{} is {}.{why} {}",
            answer.id, answer.state, answer.next.message
        ),
        data: super::data(&answer)?,
    })
}

/// Where work on a message stands, in a sentence.
fn worked(row: &engine::InboundRow) -> Result<Said, Problem> {
    let answer = crate::shapes::WorkAnswer::of(row);
    Ok(Said {
        text: format!("Work on {} stands at {}.", answer.id, answer.state),
        data: super::data(&answer)?,
    })
}

/// Where a submission stands, in a sentence.
fn told(story: &engine::Story) -> Result<Said, Problem> {
    let answer = crate::shapes::StoryAnswer::of(story);
    let why = answer
        .row
        .sentence
        .as_ref()
        .map(|sentence| format!(" {sentence}"))
        .unwrap_or_default();
    Ok(Said {
        text: format!(
            "{} is {}.{why} {}",
            answer.row.id, answer.row.state, answer.next.message
        ),
        data: super::data(&answer)?,
    })
}
