//! What passed between us and one contact, both ways: every agent's mail and people's own, what
//! they wrote, where they asked to be left out, and what a person last decided.

use domain::{AgentId, Intent, ReceivedKind, SubmissionId, Timestamp};
use engine::{ContactFacts, InboundRow, SubmissionRow};

use crate::view::{ContactCard, ContactEvent};
use crate::words;

/// Events listed per contact.
const HISTORY_MAX: usize = 20;
/// Times they asked to be left out that are quoted.
const OPT_OUTS_MAX: usize = 3;
/// Characters quoted of what they wrote.
const QUOTED_CHARS_MAX: usize = 200;

/// One contact, as the pane beside the mail `of` shows them.
pub(crate) fn card(contact: &ContactFacts, of: SubmissionId) -> ContactCard {
    let facts = &contact.facts;
    let suppressed = facts.suppressions.first().map(|row| match &row.note {
        Some(note) => format!("{}: {note}", words::sentence(row.reason.words())),
        None => words::sentence(row.reason.words()),
    });
    ContactCard {
        address: facts.address.to_string(),
        domain: facts.address.domain().to_owned(),
        established: facts.established.as_ref().map(words::established),
        last_send: facts
            .last_by_anyone
            .as_ref()
            .map(|send| send.at.to_string()),
        suppressed,
        zone: facts.zone.clone(),
        history: history(contact, of),
        opt_outs: contact
            .received
            .iter()
            .filter(|row| is_opt_out(row))
            .take(OPT_OUTS_MAX)
            .map(opted_out)
            .collect(),
        last_decision: last_decision(contact, of),
    }
}

/// Both ways in one list. A person's mail from their own program is known by its time alone.
fn history(contact: &ContactFacts, of: SubmissionId) -> Vec<ContactEvent> {
    let sent = contact.history.iter().filter(|row| row.id != of);
    let mut events: Vec<(Timestamp, ContactEvent)> =
        sent.map(|row| (row.asked_at, sent_event(row))).collect();
    let received = contact.received.iter();
    events.extend(received.map(|row| (row.arrived_at, received_event(row))));
    if let Some(person) = &contact.facts.last_by_person {
        let mut ours = contact.history.iter();
        if !ours.any(|row| row.agent == AgentId::BY_HAND) {
            let text = "A person wrote to them by hand".to_owned();
            events.push((person.at, event(person.at, text)));
        }
    }
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let events = events.into_iter().map(|(_, event)| event);
    events.take(HISTORY_MAX).collect()
}

fn event(at: Timestamp, text: String) -> ContactEvent {
    ContactEvent {
        at: at.to_string(),
        text,
        received: false,
        id: None,
        conversation: None,
    }
}

fn sent_event(row: &SubmissionRow) -> ContactEvent {
    let who = match row.agent == AgentId::BY_HAND {
        true => "A person",
        false => row.agent_name.as_str(),
    };
    let text = format!("{who}: {} · {}", row.subject, row.state.name());
    ContactEvent {
        id: Some(row.id.to_string()),
        ..event(row.asked_at, text)
    }
}

fn received_event(row: &InboundRow) -> ContactEvent {
    let text = format!("{} · to {}", row.read.subject, row.mailbox_address);
    ContactEvent {
        received: true,
        conversation: Some(row.conversation.to_string()),
        ..event(row.arrived_at, text)
    }
}

/// Somebody asked to be left out, or a machine did for them, or a person should say whether.
fn is_opt_out(row: &InboundRow) -> bool {
    row.opt_out_open || row.intent() == Intent::Unsubscribe || row.read.kind == ReceivedKind::OptOut
}

fn opted_out(row: &InboundRow) -> ContactEvent {
    let words: Vec<&str> = row.read.new_text.split_whitespace().collect();
    let said = match words.is_empty() {
        true => row.read.subject.clone(),
        false => words.join(" "),
    };
    ContactEvent {
        text: said.chars().take(QUOTED_CHARS_MAX).collect(),
        ..received_event(row)
    }
}

fn last_decision(contact: &ContactFacts, of: SubmissionId) -> Option<ContactEvent> {
    let decided = contact
        .history
        .iter()
        .filter(|row| row.id != of && row.agent != AgentId::BY_HAND)
        .filter_map(|row| Some((row, row.review.as_ref()?)));
    let (row, review) = decided.max_by_key(|(_, review)| review.at)?;
    let because = review.reason.as_ref().map(|why| format!(": {why}"));
    let text = words::sentence(&format!(
        "{} “{}” of {}{}",
        review.outcome.as_str(),
        row.subject,
        row.agent_name,
        because.unwrap_or_default()
    ));
    Some(ContactEvent {
        id: Some(row.id.to_string()),
        ..event(review.at, text)
    })
}
