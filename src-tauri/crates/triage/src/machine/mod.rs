//! Mail written by machines, told from structure.
//!
//! The order is the design: a report about a delivery is decided before anything that looks like
//! an automatic reply, because many bounces carry `Auto-Submitted: auto-replied`.

pub(crate) mod address;
mod arf;
mod auto;
mod cause;
mod dsn;
mod fields;
mod notice;
mod sns;

use domain::inbound::{Content, Message};

use crate::reading::{Action, EVIDENCE_MAX, Evidence, Kind, Reading, Recipient};
use crate::text::{Texts, start};

/// Reads a message: what it is, and what it says about our deliveries.
pub fn read(message: &Message) -> Reading {
    judge(message, &Texts::of(message))
}

/// Judges a message whose texts were read.
pub(crate) fn judge(message: &Message, texts: &Texts) -> Reading {
    let mut reading = decide(message, &texts.body);
    reading.evidence.truncate(EVIDENCE_MAX);
    reading
}

fn decide(message: &Message, body: &str) -> Reading {
    if let Some(reading) = sns::read(message, body).or_else(|| arf::read(message, body)) {
        return reading;
    }
    if let Some(reading) = receipt(message) {
        return reading;
    }
    if let Some(reading) = delivery(message, body) {
        return reading;
    }
    if let Some((kind, evidence)) = auto::read(message, body) {
        return plain(kind, evidence);
    }
    match auto::list(message) {
        Some(why) => plain(Kind::List, vec![why]),
        None => letter(),
    }
}

/// What somebody wrote.
pub(crate) fn letter() -> Reading {
    plain(Kind::Person, Vec::new())
}

fn plain(kind: Kind, evidence: Vec<Evidence>) -> Reading {
    Reading {
        kind,
        recipients: Vec::new(),
        original_message_id: None,
        evidence,
    }
}

/// A disposition notice (RFC 8098).
fn receipt(message: &Message) -> Option<Reading> {
    let says = message.parts.iter().find(|part| {
        part.content_type.ends_with("disposition-notification")
            || part
                .parameter("report-type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("disposition-notification"))
    })?;
    let fields = message.parts.iter().find_map(|part| match &part.content {
        Content::Text(text) if part.content_type.ends_with("disposition-notification") => {
            Some(fields::headers(text))
        }
        Content::Text(_)
        | Content::Html(_)
        | Content::Message(_)
        | Content::Multipart
        | Content::File { .. } => None,
    });
    let original = fields
        .as_ref()
        .and_then(|fields| fields.get("original-message-id"))
        .and_then(address::message_id);
    Some(Reading {
        kind: Kind::Receipt,
        recipients: Vec::new(),
        original_message_id: original,
        evidence: vec![Evidence::new("Content-Type", &says.content_type)],
    })
}

/// A report or a notice about a delivery.
fn delivery(message: &Message, body: &str) -> Option<Reading> {
    let notice = notice::cut(body);
    let mut reported = dsn::recipients(message);
    // A program or a file that failed is not an address; the notice says whose it was.
    if reported.iter().any(|one| one.address.contains('@')) {
        reported.retain(|one| one.address.contains('@'));
    }
    let names_somebody = reported.iter().any(|one| one.address.contains('@'));
    if dsn::has_status(message) && names_somebody {
        let evidence = vec![Evidence::new("Content-Type", "message/delivery-status")];
        return Some(concluded(
            message,
            body,
            enriched(reported, message, &notice),
            evidence,
        ));
    }
    let is_report = message
        .parts
        .first()
        .and_then(|part| part.parameter("report-type"))
        .is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status"));
    let has_failed_header = message.header("x-failed-recipients").is_some();
    let signs = notice::signs(message, &notice.prose);
    // Words alone never make a bounce; nor does a mail system's name alone.
    let is_notice = signs.len() >= 2 && signs.iter().any(|(place, _)| *place != "From");
    if !(is_report || has_failed_header || is_notice || dsn::has_status(message)) {
        return None;
    }
    // A notice that names nobody may carry the report of another system that does.
    let told = (!notice.prose.contains('@'))
        .then(|| returned_report(message))
        .flatten();
    let recipients = told.unwrap_or_else(|| notice::recipients(message, &notice));
    let mut evidence: Vec<Evidence> = signs
        .iter()
        .map(|(place, said)| Evidence::new(*place, said))
        .collect();
    if has_failed_header {
        evidence.insert(
            0,
            Evidence::new("X-Failed-Recipients", message.value("x-failed-recipients")),
        );
    }
    if is_report {
        evidence.insert(0, Evidence::new("Content-Type", "multipart/report"));
    }
    let mut recipients = if recipients.is_empty() {
        // A gateway that wraps another system's report, or a report of a file or a pipe.
        returned_report(message).unwrap_or(reported)
    } else {
        recipients
    };
    if is_delay(message, &notice.prose) {
        for one in &mut recipients {
            one.action = Action::Delayed;
        }
    }
    Some(concluded(message, body, recipients, evidence))
}

/// The recipients of a report that came back inside the notice.
fn returned_report(message: &Message) -> Option<Vec<Recipient>> {
    message.parts.iter().find_map(|part| match &part.content {
        Content::Message(inner) => Some(dsn::recipients(inner)).filter(|found| !found.is_empty()),
        Content::Text(_) | Content::Html(_) | Content::Multipart | Content::File { .. } => None,
    })
}

/// True if a notice says the delivery is still being tried.
fn is_delay(message: &Message, prose: &str) -> bool {
    let subject = message.value("subject").to_lowercase();
    let prose = start(prose, 4 << 10).to_lowercase();
    let given_up = [
        "giving up",
        "given up",
        "returned",
        "permanent",
        "failed",
        "could not be delivered",
    ]
    .iter()
    .any(|words| prose.contains(words));
    let warns = subject.starts_with("warning") || subject.contains("delay");
    let trying = [
        "still trying",
        "will be retried",
        "will keep trying",
        "continue to try",
        "no action is required",
        "do not need to resend",
        "will continue to",
    ]
    .iter()
    .any(|words| prose.contains(words));
    trying || (warns && !given_up)
}

/// What the prose beside a report knows better: the words of a refusal the report leaves out.
fn enriched(
    mut reported: Vec<Recipient>,
    message: &Message,
    notice: &notice::Notice,
) -> Vec<Recipient> {
    use crate::reading::{Cause, Group};
    let is_vague = |one: &Recipient| {
        one.action == Action::Failed
            && (one.diagnostic.is_none() || one.cause.group() == Group::Unclear)
    };
    if reported.iter().any(is_vague) {
        let told = notice::recipients(message, notice);
        let alone = reported.len() == 1;
        for one in reported.iter_mut().filter(|one| is_vague(one)) {
            let same = told
                .iter()
                .find(|other| other.address == one.address)
                .or(if alone { told.first() } else { None });
            if let Some(other) = same
                && other.cause != Cause::Undefined
            {
                one.cause = other.cause;
                one.diagnostic = one.diagnostic.take().or_else(|| other.diagnostic.clone());
            }
        }
    }
    // Which command was refused says whether an unknown user is one, and only the prose has it.
    let prose = notice.prose.to_lowercase();
    for one in reported
        .iter_mut()
        .filter(|one| one.action == Action::Failed)
    {
        let said = one.diagnostic.as_deref().unwrap_or_default().to_lowercase();
        match (one.cause, refused_command(&prose, &one.address)) {
            (Cause::UserUnknown, Some(Refused::Data)) => one.cause = Cause::Filtered,
            (Cause::Suspended, Some(Refused::Recipient)) if said.contains("user unknown") => {
                one.cause = Cause::UserUnknown;
            }
            (_, _) => {}
        }
    }
    reported
}

/// The command a server refused.
enum Refused {
    /// The recipient.
    Recipient,
    /// The whole message, after it was taken.
    Data,
}

/// Which command was refused for an address, where the prose says so behind it.
fn refused_command(prose: &str, address: &str) -> Option<Refused> {
    let at = prose.find(&format!("<{address}>"))?;
    let said = prose.get(at..)?.split("\n\n").next()?;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, command) = said.split_once("in reply to ")?;
    if command.starts_with("rcpt") {
        Some(Refused::Recipient)
    } else if command.starts_with("end of data") {
        Some(Refused::Data)
    } else {
        None
    }
}

fn concluded(
    message: &Message,
    body: &str,
    recipients: Vec<Recipient>,
    evidence: Vec<Evidence>,
) -> Reading {
    let has = |action: Action| recipients.iter().any(|one| one.action == action);
    let kind = if recipients.is_empty() || has(Action::Failed) {
        Kind::Bounce
    } else if has(Action::Delayed) {
        Kind::Delay
    } else {
        Kind::Delivered
    };
    Reading {
        kind,
        original_message_id: dsn::original_message_id(message, body),
        recipients,
        evidence,
    }
}
