//! Every tool of the MCP door: one line each, one file each.
//!
//! A tool is what an agent may do anyway, put for a model. To add one: a file in `tools/`, and a line
//! in [`TOOLS`].

mod add_suppression;
mod cancel_send;
mod check_send;
mod get_limits;
mod get_send;
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
    /// Somebody out there may get mail from it.
    Sends,
}

/// The tools.
pub(super) const TOOLS: &[Row] = &[
    send_email::ROW,
    check_send::ROW,
    get_send::ROW,
    wait_for_decision::ROW,
    cancel_send::ROW,
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
}

/// An id as a model writes it.
fn submission(id: &str) -> Result<domain::SubmissionId, Problem> {
    id.trim().parse().map_err(|_| {
        let id = crate::problem::cut(id, 80);
        let detail = format!("there is no submission `{id}` of yours; ids look like sub_…");
        Problem::new(domain::Code::NotFound, detail).at("/id")
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
