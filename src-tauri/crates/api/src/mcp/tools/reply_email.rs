//! `reply_email`: ask to send an answer to a received message.

use std::sync::Arc;

use domain::{Code, InboundId, Problem, limits};
use engine::{InboundRow, answerable_id, unfenced};
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::{Call, Hints, Row, id_of, judged};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, read, schema};
use crate::shapes::AskShape;

/// What the message that is answered says, and the agent therefore does not.
const FROM_THE_MESSAGE: &[&str] = &[
    "mailbox",
    "to",
    "subject",
    "in_reply_to",
    "conversation",
    "if_latest",
];

pub(super) const ROW: Row = Row {
    name: "reply_email",
    title: "Answer a received e-mail",
    about: "Asks to send an answer to a received message: to whoever wrote it, from the mailbox it \
            came to, in its conversation. Judged as `send_email` is; if a newer message has come in \
            meanwhile, a person is asked first.",
    input: || -> Arc<JsonObject> {
        schema::component_of("Ask", "The message to answer: `inb_…`", FROM_THE_MESSAGE)
    },
    output: "SubmissionAnswer",
    hints: Hints::Sends,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

async fn call(door: Door, caller: Caller, mut arguments: JsonObject) -> Result<Said, Problem> {
    let id: InboundId = id_of(&super::take_id(&mut arguments)?, "message", "inb_")?;
    door.budget().ask(caller.agent.id, 1, door.engine().now())?;
    let engine = door.engine();
    let message = engine.message_of(&caller.agent, id).await?;
    let canary = engine.canary(&caller.agent).await?;
    for (field, value) in answering(&message, &canary)? {
        if arguments.insert(field.to_owned(), value).is_some() {
            let detail = format!(
                "`{field}` of an answer is taken from the message; leave it out, or use `send_email`"
            );
            return Err(Problem::new(Code::UnknownField, detail).at(format!("/{field}")));
        }
    }
    let ask = read::<AskShape>(arguments)?.into_ask(None, "")?;
    judged(engine.submit(&caller.agent, ask).await?)
}

/// The fields an answer takes from its message.
fn answering(message: &InboundRow, canary: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
    let from = message.read.from.as_ref().ok_or_else(|| {
        let detail = format!(
            "`{}` names no sender that could be answered; use `send_email`",
            message.id
        );
        Problem::new(Code::InvalidAddress, detail).at("/id")
    })?;
    let mut fields = vec![
        ("mailbox", json!(message.mailbox_address)),
        ("to", json!([from.address])),
        ("subject", json!(subject(&message.read.subject, canary))),
        ("if_latest", json!(message.id)),
    ];
    // Where it has no id that could be named, its conversation has one that is near.
    fields.push(match answerable_id(message) {
        Some(id) => ("in_reply_to", json!(id)),
        None => ("conversation", json!(message.conversation)),
    });
    Ok(fields)
}

/// A stranger's subject as an answer carries it: one line, nothing unseen, marked once.
fn subject(theirs: &str, canary: &str) -> String {
    let (plain, _) = unfenced(theirs, canary);
    let plain: Vec<&str> = plain.split_whitespace().collect();
    let plain = plain.join(" ");
    let marked = plain
        .get(..3)
        .is_some_and(|head| head.eq_ignore_ascii_case("re:"));
    let answer = match marked {
        true => plain,
        false => format!("Re: {plain}"),
    };
    answer
        .trim_end()
        .chars()
        .take(limits::SUBJECT_CHARS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_of_an_answer_is_one_line_and_marked_once() {
        assert_eq!(subject("The plan", "so-1"), "Re: The plan");
        assert_eq!(subject("RE: The plan", "so-1"), "RE: The plan");
        assert_eq!(subject("", "so-1"), "Re:");
        assert_eq!(
            subject("a\r\nBcc: eve@x.example\u{200b}  so-1", "so-1"),
            "Re: a Bcc: eve@x.example [removed]"
        );
        assert_eq!(subject("äöü", "so-1"), "Re: äöü");
    }
}
