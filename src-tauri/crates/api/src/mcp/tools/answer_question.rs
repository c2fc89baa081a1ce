//! `answer_question`: what a person asked about a held e-mail.

use std::sync::Arc;

use domain::Problem;
use rmcp::model::JsonObject;

use super::{Call, Hints, Row, submission, told};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, read, schema};
use crate::shapes::AnswerAsk;

pub(super) const ROW: Row = Row {
    name: "answer_question",
    title: "Answer a person's question",
    about: "Answers what a person asked about one of your held e-mails; the question stands under \
            `review`. The person reads your answer beside the message, and decides.",
    input: || -> Arc<JsonObject> {
        schema::component_of("AnswerAsk", "The submission: `sub_…`", &[])
    },
    output: "StoryAnswer",
    hints: Hints::Changes,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

async fn call(door: Door, caller: Caller, mut arguments: JsonObject) -> Result<Said, Problem> {
    let id = submission(&super::take_id(&mut arguments)?)?;
    let AnswerAsk { answer } = read(arguments)?;
    door.engine().answer(&caller.agent, id, answer).await?;
    told(&door.engine().story(caller.actor(), id).await?)
}
