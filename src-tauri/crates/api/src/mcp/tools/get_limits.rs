//! `get_limits`: what is left, before asking.

use std::sync::Arc;

use domain::Problem;
use rmcp::model::JsonObject;

use super::{Call, Hints, Row};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, data, read, schema};
use crate::shapes::{LimitsAnswer, address};

pub(super) const ROW: Row = Row {
    name: "get_limits",
    title: "See what is left",
    about: "What is left in every window, and with `to` what is known of one recipient.",
    input,
    output: "LimitsAnswer",
    hints: Hints::Reads,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    to: Option<String>,
}

fn input() -> Arc<JsonObject> {
    schema::object(&[("to", schema::text("A recipient to look up."))], 0)
}

async fn call(door: Door, caller: Caller, arguments: JsonObject) -> Result<Said, Problem> {
    let Arguments { to } = read(arguments)?;
    let to = to
        .map(|text| address(&text, || "/to".to_owned()))
        .transpose()?;
    let limits: LimitsAnswer = door.engine().limits(&caller.agent, to).await?.into();
    Ok(Said {
        text: "What is left, window by window, is in the data.".to_owned(),
        data: data(&limits)?,
    })
}
