//! `revise_send`: say it better while it waits.

use std::sync::Arc;

use domain::Problem;
use rmcp::model::JsonObject;

use super::{Call, Hints, Row, judged, submission};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, read, schema};
use crate::shapes::AskShape;

pub(super) const ROW: Row = Row {
    name: "revise_send",
    title: "Revise a held e-mail",
    about: "Replaces one of your held e-mails by a new version, whole and from the same mailbox; \
            every rule judges it again. It also answers what a person asked about it.",
    input: || -> Arc<JsonObject> {
        // A revision goes with the submission it revises and has no key of its own.
        schema::component_of("Ask", "The held submission: `sub_…`", &["dedupe_key"])
    },
    output: "SubmissionAnswer",
    hints: Hints::Sends,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

async fn call(door: Door, caller: Caller, mut arguments: JsonObject) -> Result<Said, Problem> {
    let id = submission(&super::take_id(&mut arguments)?)?;
    door.budget().ask(caller.agent.id, 1, door.engine().now())?;
    let ask = read::<AskShape>(arguments)?.into_ask(None, "")?;
    judged(door.engine().revise(&caller.agent, id, ask).await?)
}
