//! `return_reply`: not mine after all.

use std::sync::Arc;

use domain::{InboundId, Problem};
use rmcp::model::JsonObject;

use super::{Call, Hints, Row, id_of};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, read, schema};
use crate::shapes::ReturnAsk;

pub(super) const ROW: Row = Row {
    name: "return_reply",
    title: "Give a message back",
    about: "Gives a message you claimed back: to the next agent, or with `to_person` to a person, \
            with a note of why.",
    input: || -> Arc<JsonObject> {
        schema::component_of("ReturnAsk", "The message: `inb_…`", &[])
    },
    output: "WorkAnswer",
    hints: Hints::Changes,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

async fn call(door: Door, caller: Caller, mut arguments: JsonObject) -> Result<Said, Problem> {
    let id: InboundId = id_of(&super::take_id(&mut arguments)?, "message", "inb_")?;
    let ReturnAsk { to_person, note } = read(arguments)?;
    let row = door
        .engine()
        .return_reply(&caller.agent, id, to_person, note)
        .await?;
    super::worked(&row)
}
