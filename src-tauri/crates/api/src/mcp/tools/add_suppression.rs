//! `add_suppression`: nobody writes to this address any more.

use std::sync::Arc;

use domain::{Problem, SuppressionReason};
use rmcp::model::JsonObject;

use super::{Call, Hints, Row};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, data, read, schema};
use crate::shapes::{SuppressionAnswer, SuppressionAsk, address};

pub(super) const ROW: Row = Row {
    name: "add_suppression",
    title: "Never write to somebody again",
    about: "Keeps everything you send from going to one address, as when somebody asks not to be \
            written to. Only a person lifts it.",
    input: || -> Arc<JsonObject> { schema::component("SuppressionAsk") },
    output: "Suppression",
    hints: Hints::Tightens,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

async fn call(door: Door, caller: Caller, arguments: JsonObject) -> Result<Said, Problem> {
    let ask: SuppressionAsk = read(arguments)?;
    let mailbox = ask
        .mailbox
        .map(|text| address(&text, || "/mailbox".to_owned()))
        .transpose()?;
    let reason = ask.reason.unwrap_or(SuppressionReason::Manual);
    let row = door
        .engine()
        .suppress(caller.actor(), ask.address, mailbox, reason, ask.note)
        .await?;
    let answer = SuppressionAnswer::from(row);
    Ok(Said {
        text: format!("Nobody writes to {} from here any more.", answer.address),
        data: data(&answer)?,
    })
}
