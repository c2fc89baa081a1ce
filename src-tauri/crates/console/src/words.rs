//! Sentences for the screen: where something stands, how a try went, what an entry records.
//!
//! Everything here is total: each state, outcome and kind has its words, and instants are left to
//! the screen, which knows the reader's time zone.

use domain::delivery::Phase;
use domain::facts::Established;
use domain::{
    Attempt, Decision, JournalEntry, JournalKind, Outcome, RecipientState, SmtpReply, State,
    SuppressionScope, Verdict,
};
use engine::{RecipientRules, SubmissionRow};

/// Characters of another machine's words that are quoted.
const QUOTED_CHARS_MAX: usize = 300;

/// `1 entry`, `2 entries`.
pub fn many(count: u64, what: &str) -> String {
    match (count, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {what}s"),
    }
}

/// Why a decision came out as it did.
pub(crate) fn decision(decision: &Decision) -> String {
    match decision.shown() {
        Some(finding) => finding.sentence.clone(),
        None if decision.observed_only => "Judged and recorded; nothing is sent.".to_owned(),
        None => match decision.verdict {
            Verdict::Allow => "Every rule lets it go.".to_owned(),
            Verdict::Defer => "It waits for its time.".to_owned(),
            Verdict::Hold => "A person decides.".to_owned(),
            Verdict::Block => "The policy refuses it.".to_owned(),
        },
    }
}

/// A rule's name on screen; one the table does not know is its code as words.
pub(crate) fn rule_title(code: &str) -> String {
    if let Some(title) = engine::rule_title(code) {
        return title.to_owned();
    }
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

/// Where a submission stands, in one sentence.
pub(crate) fn state(row: &SubmissionRow) -> String {
    match &row.state {
        State::Observed => "Observed: this agent only watches, nothing is sent.".to_owned(),
        State::Held {
            snoozed_until: Some(_),
            ..
        } => "Snoozed: it waits for you.".to_owned(),
        State::Held {
            snoozed_until: None,
            ..
        } => "Held: it waits for you.".to_owned(),
        State::Deferred { .. } => "Deferred: it leaves by itself at its time.".to_owned(),
        State::Queued { .. } => match row.approved {
            Some(_) => "Approved: it leaves in a moment.".to_owned(),
            None => "Queued: it leaves in a moment.".to_owned(),
        },
        State::Sending { .. } => "Sending: it is on the wire.".to_owned(),
        State::Sent { .. } => sent(row),
        State::Uncertain { .. } => {
            "Uncertain: the connection broke after the last dot; it may or may not have arrived."
                .to_owned()
        }
        State::Bounced { .. } => "Bounced: it was taken and came back.".to_owned(),
        State::Blocked => "Blocked: the policy refuses it.".to_owned(),
        State::Rejected { reason } => format!("Rejected: {reason}"),
        State::Expired => "Expired: nobody decided, or no slot came, in time.".to_owned(),
        State::Cancelled => "Cancelled: it was taken back before it left.".to_owned(),
        State::Failed { reason } => format!("Failed: {reason}"),
    }
}

fn sent(row: &SubmissionRow) -> String {
    let all = row.recipients.len();
    let accepted = row
        .recipients
        .iter()
        .filter(|r| r.state == RecipientState::Accepted)
        .count();
    match (accepted, all) {
        (a, b) if a == b => "Sent: the relay has taken it.".to_owned(),
        (a, b) => format!("Sent: the relay has taken it for {a} of {b} recipients."),
    }
}

/// The first line above a message: why it is where it is.
pub(crate) fn why(row: &SubmissionRow) -> String {
    let because = row.sentence.as_deref();
    match (&row.state, because) {
        (State::Held { .. }, Some(sentence)) => format!("Held: {sentence}"),
        (State::Deferred { .. }, Some(sentence)) => format!("Deferred: {sentence}"),
        (State::Blocked, Some(sentence)) => format!("Blocked: {sentence}"),
        (_, _) => state(row),
    }
}

/// Why it is in the list, in one phrase.
pub(crate) fn phrase(row: &SubmissionRow) -> String {
    let said = row.sentence.clone().unwrap_or_else(|| state(row));
    said.trim_end_matches('.').to_owned()
}

/// What is wrong, for the two states a person must settle.
pub(crate) fn attention(row: &SubmissionRow) -> Option<String> {
    match &row.state {
        State::Uncertain { .. } | State::Failed { .. } => Some(state(row)),
        State::Observed
        | State::Held { .. }
        | State::Deferred { .. }
        | State::Queued { .. }
        | State::Sending { .. }
        | State::Sent { .. }
        | State::Bounced { .. }
        | State::Blocked
        | State::Rejected { .. }
        | State::Expired
        | State::Cancelled => None,
    }
}

/// Whom an agent may write to; an empty list is never left to be guessed at.
pub(crate) fn writes_to(rules: &RecipientRules) -> String {
    let allowed = rules.rows.iter().filter(|row| row.allowed).count();
    let forbidden = rules.rows.len() - allowed;
    let to = match (rules.listed_only, allowed) {
        (false, _) => "anyone".to_owned(),
        (true, 0) => "no one".to_owned(),
        (true, 1) => "one on its list".to_owned(),
        (true, many) => format!("{many} on its list"),
    };
    match forbidden {
        0 => to,
        1 => format!("{to}, but one"),
        many => format!("{to}, but {many}"),
    }
}

/// How a try went.
pub(crate) fn attempt(attempt: &Attempt) -> String {
    match &attempt.outcome {
        None if attempt.final_dot_at.is_some() => "The last dot is out; no answer yet.".to_owned(),
        None => "Under way.".to_owned(),
        Some(Outcome::Answered { recipients }) => {
            let count = |wanted: RecipientState| {
                recipients
                    .iter()
                    .filter(|recipient| recipient.state == wanted)
                    .count()
            };
            let taken = count(RecipientState::Accepted);
            let later = count(RecipientState::Deferred);
            let refused = count(RecipientState::Refused);
            let mut said = vec![format!("Taken for {taken} of {}", recipients.len())];
            if later > 0 {
                said.push(format!("{later} refused for now"));
            }
            if refused > 0 {
                said.push(format!("{refused} refused for good"));
            }
            let last = recipients
                .iter()
                .rev()
                .find_map(|recipient| recipient.reply.as_ref());
            let words = last
                .map(|r| format!(" The server said {}.", reply(r)))
                .unwrap_or_default();
            format!("{}.{words}", said.join(", "))
        }
        Some(Outcome::NotAccepted {
            phase,
            reply: said,
            reason,
        }) => {
            let words = said
                .as_ref()
                .map(|r| format!(" The server said {}.", reply(r)));
            let reason = sentence(reason);
            format!(
                "Nothing was sent; it stopped {}. {reason}{}",
                at(*phase),
                words.unwrap_or_default()
            )
        }
        Some(Outcome::Unanswered { reason, .. }) => {
            format!(
                "The last dot was sent and no answer came. {}",
                sentence(reason)
            )
        }
    }
}

fn at(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "while connecting",
        Phase::Auth => "at the login",
        Phase::MailFrom => "at the sender (MAIL FROM)",
        Phase::RcptTo => "at the recipients (RCPT TO)",
        Phase::Data => "before the end of the message",
    }
}

/// What a server said: `550 5.1.1 no such user`.
pub(crate) fn reply(reply: &SmtpReply) -> String {
    let text: String = reply.text.chars().take(QUOTED_CHARS_MAX).collect();
    match &reply.enhanced {
        Some(enhanced) => format!("`{} {enhanced} {text}`", reply.code),
        None => format!("`{} {text}`", reply.code),
    }
}

/// An error's words as a sentence of their own.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => return String::new(),
    };
    match start.ends_with(['.', '!', '?', '`']) {
        true => start,
        false => format!("{start}."),
    }
}

/// Why we know a contact.
pub(crate) fn established(known: &Established) -> String {
    match known {
        Established::Delivered { .. } => "Mail to them has arrived before.".to_owned(),
        Established::Wrote { .. } => "They have written to us.".to_owned(),
    }
}

/// How far a suppression reaches, with names where they are known.
pub(crate) fn scope(
    scope: SuppressionScope,
    mailbox: impl FnOnce(domain::MailboxId) -> Option<String>,
    agent: impl FnOnce(domain::AgentId) -> Option<String>,
) -> String {
    match scope {
        SuppressionScope::Workspace => "everyone".to_owned(),
        SuppressionScope::Mailbox(id) => mailbox(id).unwrap_or_else(|| id.to_string()),
        SuppressionScope::Agent(id) => agent(id).unwrap_or_else(|| id.to_string()),
    }
}

/// What an entry of the record says.
pub(crate) fn entry(entry: &JournalEntry) -> String {
    let who = match entry.actor.split_once(':') {
        Some(("agent", _)) => "The agent",
        Some(_) | None if entry.actor == "operator" => "A person",
        Some(_) | None => "Sendoff",
    };
    let Some(kind) = JournalKind::ALL
        .iter()
        .find(|kind| kind.as_str() == entry.kind)
    else {
        return format!("{who}: {}", entry.kind);
    };
    let verdict = entry
        .body
        .get("verdict")
        .and_then(serde_json::Value::as_str);
    let judged = verdict
        .map(|verdict| format!("; the policy says {verdict}"))
        .unwrap_or_default();
    match kind {
        JournalKind::Began => "The record begins.".to_owned(),
        JournalKind::Submitted => format!("{who} asked{judged}."),
        JournalKind::Revised => format!("{who} changed the message{judged}."),
        JournalKind::Approved => format!("{who} approved{judged}."),
        JournalKind::Undone => format!("{who} took the approval back."),
        JournalKind::Rescheduled => format!("{who} took it back to give it another time."),
        JournalKind::Rejected => format!("{who} rejected it."),
        JournalKind::Snoozed => format!("{who} put it off."),
        JournalKind::Asked => format!("{who} asked its agent about it."),
        JournalKind::Answered => format!("{who} answered."),
        JournalKind::Override => format!("{who} released it from a block{judged}."),
        JournalKind::Expired => "Nobody decided, or no slot came, in time.".to_owned(),
        JournalKind::Cancelled => format!("{who} took it back."),
        JournalKind::HeldBack => format!("Judged again before it left, and held back{judged}."),
        JournalKind::Attempted => "A try at delivering it began.".to_owned(),
        JournalKind::FinalDot => "The last dot is about to be sent.".to_owned(),
        JournalKind::Outcome => "The try ended.".to_owned(),
        JournalKind::Settled => format!("{who} settled the delivery."),
        JournalKind::Bounced => "It came back.".to_owned(),
        JournalKind::Arrived => "A message arrived and was read.".to_owned(),
        JournalKind::Released => format!("{who} let a message go to agents."),
        JournalKind::Kept => format!("{who} keeps a message from agents."),
        JournalKind::Corrected => format!("{who} read a message otherwise."),
        JournalKind::OptOutAnswered => {
            format!("{who} said whether a message asks to be left out.")
        }
        JournalKind::SentAround => "Mail left a mailbox around the gate.".to_owned(),
        JournalKind::AlarmSeen => format!("{who} has seen an alarm."),
        JournalKind::CopyFiled => "A copy was filed in Sent.".to_owned(),
        JournalKind::CopyGivenUp => "No copy could be filed in Sent; it left.".to_owned(),
        JournalKind::PutAside => {
            "A message that its server does not give was put aside.".to_owned()
        }
        JournalKind::AsideOver => "A message that was put aside came, or is gone.".to_owned(),
        JournalKind::ReplyClaimed => format!("{who} took a reply to work on."),
        JournalKind::ReplyDone => format!("{who} is done with a reply."),
        JournalKind::ReplyReturned => format!("{who} gave a reply back."),
        JournalKind::Paused => format!("{who} paused sending."),
        JournalKind::Resumed => format!("{who} resumed sending."),
        JournalKind::SuppressionAdded => format!("{who} added a suppression."),
        JournalKind::SuppressionLifted => format!("{who} lifted a suppression."),
        JournalKind::TakenOver => format!("{who} took it over."),
        JournalKind::HandedBack => format!("{who} handed it back."),
        JournalKind::PolicyPublished => format!("{who} published a policy."),
        JournalKind::AgentAdded => format!("{who} added an agent."),
        JournalKind::AgentLevel => format!("{who} changed an agent's level."),
        JournalKind::AgentRecipients => format!("{who} changed whom an agent may write to."),
        JournalKind::CanaryHit => {
            format!("{who} put back what must never leave, and was paused.")
        }
        JournalKind::ConsentRecorded => format!("{who} recorded a consent."),
        JournalKind::ConsentEnded => format!("{who} ended a consent."),
        JournalKind::ContactZone => format!("{who} changed a contact's time zone."),
        JournalKind::AgentGranted => format!("{who} granted a mailbox."),
        JournalKind::AgentRevoked => format!("{who} ended an agent's token."),
        JournalKind::AgentToken => format!("{who} replaced an agent's token."),
        JournalKind::AccountChanged => format!("{who} changed an account."),
        JournalKind::AccountAdded => format!("{who} added an account."),
        JournalKind::MailboxAdded => format!("{who} added a mailbox."),
        JournalKind::SettingChanged => format!("{who} changed a setting."),
        JournalKind::Copied => format!("{who} took a copy of the record."),
        JournalKind::KeyAdded => "A signing key came into use.".to_owned(),
        JournalKind::Erased => format!("{who} erased a contact."),
        JournalKind::Retained => "Content that had grown old was taken out.".to_owned(),
        JournalKind::Recovered => "Sendoff started and settled what was left open.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Digest, Timestamp};

    use super::*;

    #[test]
    fn every_kind_of_entry_has_its_sentence() {
        for kind in JournalKind::ALL {
            let entry = JournalEntry {
                seq: 1,
                at: Timestamp::from_seconds(0),
                actor: "agent:agt_1".into(),
                kind: kind.as_str().into(),
                subject: "sub_1".into(),
                body: serde_json::json!({"verdict": "hold"}),
                prev: JournalEntry::GENESIS,
                hash: Digest([0; 32]),
            };
            let said = super::entry(&entry);
            assert!(
                said.ends_with('.') && !said.contains(kind.as_str()),
                "{said}"
            );
        }
    }

    #[test]
    fn a_code_is_read_as_words() {
        assert_eq!(rule_title("rate_limit"), "Rate limit");
        assert_eq!(rule_title("send_by"), "Send by");
        assert_eq!(rule_title(""), "");
        assert_eq!(
            sentence("could not connect to `x`"),
            "Could not connect to `x`"
        );
        assert_eq!(sentence("no route"), "No route.");
    }
}
