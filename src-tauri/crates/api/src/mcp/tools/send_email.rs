//! `send_email`: ask to send.

use std::sync::Arc;

use domain::Problem;
use rmcp::model::JsonObject;

use super::{Call, Hints, Row, judged};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, read, schema};
use crate::shapes::AskShape;

pub(super) const ROW: Row = Row {
    name: "send_email",
    title: "Send an e-mail",
    about: "Asks to send an e-mail and answers at once. `queued`: it leaves by itself. `held` or \
            `deferred`: it waits; do not send it again. `blocked`: read why and what to change. Give \
            a `dedupe_key` of your own for each message you mean: the same key never sends twice.",
    input: || -> Arc<JsonObject> { schema::component("Ask") },
    output: "SubmissionAnswer",
    hints: Hints::Sends,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

async fn call(door: Door, caller: Caller, arguments: JsonObject) -> Result<Said, Problem> {
    door.budget().ask(caller.agent.id, 1, door.engine().now())?;
    let ask = read::<AskShape>(arguments)?.into_ask(None, "")?;
    judged(door.engine().submit(&caller.agent, ask).await?)
}
