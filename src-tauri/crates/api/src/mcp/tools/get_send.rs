//! `get_send`: where a submission stands.

use domain::Problem;
use rmcp::model::JsonObject;

use super::{Call, Hints, OnlyId, Row, only_id, told};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::Said;

pub(super) const ROW: Row = Row {
    name: "get_send",
    title: "Look up an e-mail",
    about: "Where one of your e-mails stands: its state, decisions, versions, and each recipient.",
    input: only_id,
    output: "StoryAnswer",
    hints: Hints::Reads,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

async fn call(door: Door, caller: Caller, arguments: JsonObject) -> Result<Said, Problem> {
    let id = OnlyId::read(arguments)?;
    told(&door.engine().story(caller.actor(), id).await?)
}
