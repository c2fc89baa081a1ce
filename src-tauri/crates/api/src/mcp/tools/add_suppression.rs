//! `add_suppression`: the agent, or a mailbox of its, writes to this address no more.

use std::sync::Arc;

use domain::{Problem, SuppressionReason, SuppressionScope};
use rmcp::model::JsonObject;

use super::{Call, Hints, Row};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, data, read, schema};
use crate::shapes::{SuppressionAnswer, SuppressionAsk, address};

pub(super) const ROW: Row = Row {
    name: "add_suppression",
    title: "Stop writing to somebody",
    about: "Keeps everything you send from going to one address, as when somebody asks not to be \
            written to; with `mailbox`, everything anyone sends as that mailbox. Only a person \
            lifts it.",
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
    let scope = row.scope;
    let answer = SuppressionAnswer::from(row);
    let address = &answer.address;
    let text = match scope {
        SuppressionScope::Agent(_) => {
            format!("You do not write to {address} any more; other agents still may.")
        }
        SuppressionScope::Mailbox(_) => {
            format!("Nobody writes to {address} as that mailbox any more; others still may.")
        }
        SuppressionScope::Workspace => format!("Nobody here writes to {address} any more."),
    };
    Ok(Said {
        text,
        data: data(&answer)?,
    })
}
