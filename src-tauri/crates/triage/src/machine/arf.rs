//! Complaints: abuse reports (RFC 5965), Microsoft's older form (JMRP), and reports about
//! authentication that are not complaints (RFC 6591, DMARC aggregates).

use domain::inbound::{Content, Message};

use super::{address, dsn, fields};
use crate::reading::{Action, Cause, Evidence, Kind, RECIPIENTS_MAX, Reading, Recipient, quote};

/// A complaint or an authentication report, if this is one.
pub(super) fn read(message: &Message, body: &str) -> Option<Reading> {
    feedback(message, body)
        .or_else(|| jmrp(message))
        .or_else(|| by_program(message))
        .or_else(|| aggregate(message))
}

fn feedback(message: &Message, body: &str) -> Option<Reading> {
    let report = message.parts.iter().find_map(|part| match &part.content {
        Content::Text(text) if part.content_type == "message/feedback-report" => {
            Some(text.as_str())
        }
        Content::Text(_)
        | Content::Html(_)
        | Content::Message(_)
        | Content::Multipart
        | Content::File { .. } => None,
    });
    let is_report = message
        .parts
        .first()
        .and_then(|part| part.parameter("report-type"))
        .is_some_and(|kind| kind.eq_ignore_ascii_case("feedback-report"));
    // Some relays flatten the parts: the fields then stand in the text.
    let report = match report {
        Some(report) => report,
        None if is_report || starts_a_line(body, "feedback-type:") => {
            let at = body.to_ascii_lowercase().find("feedback-type:")?;
            body.get(at..)?
        }
        None => return None,
    };
    let fields = fields::headers(report);
    let kind = fields
        .get("feedback-type")
        .unwrap_or("abuse")
        .trim()
        .to_ascii_lowercase();
    let reading = match kind.as_str() {
        "auth-failure" | "dmarc" => Kind::AuthReport,
        "opt-out" | "opt-out-list" => Kind::Unsubscribe,
        _ => Kind::Complaint,
    };
    let mut addresses: Vec<String> = fields
        .all("original-rcpt-to")
        .chain(fields.all("removal-recipient"))
        .filter_map(address::first)
        .collect();
    if addresses.is_empty() {
        addresses = returned_to(message);
    }
    Some(Reading {
        recipients: complained(addresses, &kind),
        original_message_id: dsn::original_message_id(message, body),
        evidence: vec![Evidence::new("Feedback-Type", &kind)],
        kind: reading,
    })
}

fn starts_a_line(text: &str, prefix: &str) -> bool {
    text.lines().take(200).any(|line| {
        line.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    })
}

/// Microsoft's Junk Mail Reporting Program before it spoke ARF: the message comes back whole,
/// with the complaining address in a header of its own.
fn jmrp(message: &Message) -> Option<Reading> {
    let inner = message.parts.iter().find_map(|part| match &part.content {
        Content::Message(inner) => Some(inner.as_ref()),
        Content::Text(_) | Content::Html(_) | Content::Multipart | Content::File { .. } => None,
    })?;
    let who = inner
        .header("x-hmxmroriginalrecipient")
        .or_else(|| message.header("x-hmxmroriginalrecipient"))
        .and_then(|header| address::first(&header.raw));
    let from = message.value("from").to_lowercase();
    let subject = message.value("subject").to_lowercase();
    let is_jmrp = who.is_some()
        || (from.contains("staff@hotmail.com")
            && subject.starts_with("complaint about message from"));
    if !is_jmrp {
        return None;
    }
    let addresses = who.map_or_else(|| returned_to(message), |who| vec![who]);
    Some(Reading {
        kind: Kind::Complaint,
        recipients: complained(addresses, "abuse"),
        original_message_id: dsn::original_message_id(message, ""),
        evidence: vec![Evidence::new(
            "X-HmXmrOriginalRecipient",
            message.value("subject"),
        )],
    })
}

/// A mail program that asks to be left out on behalf of its reader: it says so in a header, or
/// sends what `List-Unsubscribe` (RFC 2369) told it to and that no person did (RFC 3834).
fn by_program(message: &Message) -> Option<Reading> {
    let says = |name: &str, is: fn(&str) -> bool| {
        message
            .header(name)
            .filter(|header| is(&header.raw.trim().to_ascii_lowercase()))
    };
    let asked = says("subject", |subject| subject == "unsubscribe");
    let why = says("x-apple-unsubscribe", |value| value == "true").or_else(|| {
        says("auto-submitted", |value| !value.starts_with("no")).filter(|_| asked.is_some())
    })?;
    let who = address::first(message.value("from"))?;
    Some(Reading {
        kind: Kind::Unsubscribe,
        recipients: complained(vec![who], "opt-out"),
        original_message_id: None,
        evidence: vec![Evidence::new(why.name.as_str(), &why.raw)],
    })
}

/// A DMARC aggregate report (RFC 7489, section 7.2): a compressed file and a telling subject.
fn aggregate(message: &Message) -> Option<Reading> {
    let subject = message.value("subject");
    let lower = subject.to_lowercase();
    let is_one = lower.contains("report domain:") && lower.contains("submitter:");
    is_one.then(|| Reading {
        kind: Kind::AuthReport,
        recipients: Vec::new(),
        original_message_id: None,
        evidence: vec![Evidence::new("Subject", subject)],
    })
}

/// The recipient of the returned message, if it names exactly one: of several, nobody knows which
/// complained, and the others would be suppressed with them.
fn returned_to(message: &Message) -> Vec<String> {
    let inside = message.parts.iter().find_map(|part| match &part.content {
        Content::Message(inner) => Some(format!("{}, {}", inner.value("to"), inner.value("cc"))),
        Content::Text(text) if part.content_type.contains("rfc822") => {
            let fields = fields::headers(text);
            let named = |name| fields.get(name).unwrap_or_default();
            Some(format!("{}, {}", named("to"), named("cc")))
        }
        Content::Text(_) | Content::Html(_) | Content::Multipart | Content::File { .. } => None,
    });
    let mut named: Vec<String> = address::find(&inside.unwrap_or_default(), RECIPIENTS_MAX)
        .into_iter()
        .map(|found| found.address)
        .collect();
    named.sort_unstable();
    named.dedup();
    match named.len() {
        1 => named,
        _ => Vec::new(),
    }
}

/// The mail arrived; the person behind the address did not want it.
fn complained(addresses: Vec<String>, kind: &str) -> Vec<Recipient> {
    let mut out: Vec<Recipient> = Vec::new();
    for address in addresses {
        if out.len() < RECIPIENTS_MAX && !out.iter().any(|known| known.address == address) {
            out.push(Recipient {
                address,
                original_address: None,
                action: Action::Delivered,
                status: None,
                diagnostic: Some(quote(kind)),
                cause: Cause::Undefined,
            });
        }
    }
    out
}
