//! `ack_reply`: done with a message.

use std::sync::Arc;

use domain::Problem;
use rmcp::model::JsonObject;

use super::{Call, Hints, OnlyId, Row};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, schema};

pub(super) const ROW: Row = Row {
    name: "ack_reply",
    title: "Be done with a message",
    about: "You are done with a message you claimed: nobody is given it again.",
    input: || -> Arc<JsonObject> {
        schema::object(&[("id", schema::text("The message: `inb_…`"))], 1)
    },
    output: "WorkAnswer",
    hints: Hints::Changes,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

async fn call(door: Door, caller: Caller, arguments: JsonObject) -> Result<Said, Problem> {
    let id = OnlyId::message(arguments)?;
    let row = door.engine().ack_reply(&caller.agent, id).await?;
    super::worked(&row)
}
