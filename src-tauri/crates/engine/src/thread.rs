//! Where in a thread a message stands: the conversation it names, what it answers, and the
//! Message-IDs before that.

use domain::{Agent, Code, ConversationId, Draft, Mailbox, Problem, limits};
use mail::compose::is_message_id;
use store::{ConversationStory, InboundRow, Store};

use crate::problems;

/// The draft with its place in a thread filled in. `agent` asks; `None` is a person. What an
/// agent's own program composed keeps its headers as they are.
///
/// # Errors
/// `not_found` for a conversation the agent may not see, `invalid_field` for one of another
/// mailbox, or named beside a message to answer.
pub(crate) fn placed(
    store: &Store,
    agent: Option<&Agent>,
    mailbox: &Mailbox,
    mut draft: Draft,
) -> Result<Draft, Problem> {
    if draft.composed.is_some() {
        return Ok(draft);
    }
    if let Some(id) = draft.conversation
        && let Some(agent) = agent
    {
        if draft.in_reply_to.is_some() {
            let detail = "name either `in_reply_to` or `conversation`; the one leads to the other";
            return Err(Problem::new(Code::InvalidField, detail).at("/conversation"));
        }
        let story = store
            .conversation(id, store::STORY_MAX)
            .map_err(problems::from_store)?;
        let story = story
            .filter(|story| may_write_into(agent, story))
            .ok_or_else(|| {
                problems::not_found(format_args!("conversation `{id}`")).at("/conversation")
            })?;
        in_its_mailbox(id, &story, mailbox)?;
        let open = story
            .inbound
            .iter()
            .rev()
            .filter(|one| one.is_open_to_agents());
        draft.in_reply_to = open.filter_map(message_id).next();
    }
    if let Some(parent) = &draft.in_reply_to
        && draft.references.is_empty()
    {
        let before = store.thread_before(parent).map_err(problems::from_store)?;
        draft.references = kept(before);
    }
    Ok(draft)
}

/// A received message's Message-ID with its angle brackets, if it is one that can be answered.
pub fn message_id(row: &InboundRow) -> Option<String> {
    let id = format!("<{}>", row.read.message_id.as_ref()?);
    is_message_id(&id).then_some(id)
}

fn may_write_into(agent: &Agent, story: &ConversationStory) -> bool {
    let owner = story.row.agent.as_ref().map(|(owner, _)| *owner);
    let mut grants = agent.grants.iter();
    grants.any(|grant| grant.mailbox == story.row.mailbox)
        && owner.is_none_or(|owner| owner == agent.id)
}

fn in_its_mailbox(
    id: ConversationId,
    story: &ConversationStory,
    mailbox: &Mailbox,
) -> Result<(), Problem> {
    if story.row.mailbox == mailbox.id {
        return Ok(());
    }
    let detail = format!(
        "conversation `{id}` is in the mailbox `{}`; send as that one",
        story.row.mailbox_address
    );
    Err(Problem::new(Code::InvalidField, detail).at("/conversation"))
}

/// The first of the thread and the nearest, as they may stand in a header.
fn kept(before: Vec<String>) -> Vec<String> {
    let usable = before.into_iter().map(|id| format!("<{id}>"));
    let mut usable: Vec<String> = usable.filter(|id| is_message_id(id)).collect();
    // The one that is answered is written too.
    let room = limits::REFERENCES_MAX - 1;
    if usable.len() > room {
        usable.drain(1..=usable.len() - room);
    }
    usable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_thread_keeps_its_beginning_and_what_is_near() {
        let before: Vec<String> = (0..60).map(|n| format!("{n}@x.example")).collect();
        let kept = kept(before);
        assert_eq!(kept.len(), limits::REFERENCES_MAX - 1);
        assert_eq!(kept.first().unwrap(), "<0@x.example>");
        assert_eq!(kept.get(1).unwrap(), "<42@x.example>");
        assert_eq!(kept.last().unwrap(), "<59@x.example>");
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_left_out() {
        let strange = ["a b@x", "a@x\r\nBcc: y", "", "no-at", "ok@x.example"];
        let strange = strange.map(str::to_owned).to_vec();
        assert_eq!(kept(strange), ["<ok@x.example>"]);
    }
}
