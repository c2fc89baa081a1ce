//! `check_send`: what would become of an e-mail.

use std::sync::Arc;

use domain::Problem;
use rmcp::model::JsonObject;

use super::{Call, Hints, Row};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, data, read, schema};
use crate::shapes::{AskShape, CheckAnswer};

pub(super) const ROW: Row = Row {
    name: "check_send",
    title: "Check an e-mail",
    about: "The same judgement as `send_email`, without any effect: nothing is recorded or sent.",
    input: || -> Arc<JsonObject> { schema::component("Ask") },
    output: "CheckAnswer",
    hints: Hints::Reads,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

async fn call(door: Door, caller: Caller, arguments: JsonObject) -> Result<Said, Problem> {
    door.budget().ask(caller.agent.id, 1, door.engine().now())?;
    let ask = read::<AskShape>(arguments)?.into_ask(None, "")?;
    let decision = door.engine().check(&caller.agent, ask).await?;
    let why = decision
        .primary()
        .map(|finding| format!(" {}", finding.sentence))
        .unwrap_or_default();
    Ok(Said {
        text: format!(
            "Nothing was sent. The verdict would be {}.{why}",
            decision.verdict.as_str()
        ),
        data: data(&CheckAnswer::of(&decision))?,
    })
}
