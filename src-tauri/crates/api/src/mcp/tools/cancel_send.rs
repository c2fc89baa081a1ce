//! `cancel_send`: take an unsent one back.

use domain::Problem;
use rmcp::model::JsonObject;

use super::{Call, Hints, OnlyId, Row, only_id, told};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::Said;

pub(super) const ROW: Row = Row {
    name: "cancel_send",
    title: "Take an e-mail back",
    about: "Takes back one of your e-mails that has not left yet.",
    input: only_id,
    output: "StoryAnswer",
    hints: Hints::Tightens,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

async fn call(door: Door, caller: Caller, arguments: JsonObject) -> Result<Said, Problem> {
    let id = OnlyId::read(arguments)?;
    door.engine().cancel(caller.actor(), id).await?;
    told(&door.engine().story(caller.actor(), id).await?)
}
