//! Delivery status notifications (RFC 3464, RFC 6533): the fields of a report, wherever they
//! stand.

use domain::OWN_ID_FIELD;
use domain::inbound::{Content, Message};

use super::address::{self, of_field};
use super::cause;
use super::fields::{self, Fields};
use crate::reading::{Action, Cause, RECIPIENTS_MAX, Recipient, quote};
use crate::text::start;

/// Octets of one status part that are read: a few hundred recipients.
const REPORT_OCTETS_MAX: usize = 256 << 10;
/// Fields that name the message a report is about.
const MESSAGE_ID_FIELDS: [&str; 3] = ["message-id", "original-message-id", "x-original-message-id"];

/// The recipients of every status part of a message; empty if there is none.
pub(super) fn recipients(message: &Message) -> Vec<Recipient> {
    let mut found = Vec::new();
    for part in &message.parts {
        let is_status = matches!(
            part.content_type.as_str(),
            "message/delivery-status" | "message/global-delivery-status"
        );
        match &part.content {
            Content::Text(text) if is_status => read(start(text, REPORT_OCTETS_MAX), &mut found),
            // A status part that claims to be a message, or says its type twice.
            Content::Message(inner) if is_status => {
                if let Some(text) = inner.parts.iter().find_map(text_of) {
                    read(start(text, REPORT_OCTETS_MAX), &mut found);
                }
            }
            Content::Text(_)
            | Content::Message(_)
            | Content::Html(_)
            | Content::Multipart
            | Content::File { .. } => {}
        }
    }
    found
}

fn text_of(part: &domain::inbound::Part) -> Option<&str> {
    match &part.content {
        Content::Text(text) => Some(text),
        Content::Html(_) | Content::Message(_) | Content::Multipart | Content::File { .. } => None,
    }
}

/// True if a message has a status part at all.
pub(super) fn has_status(message: &Message) -> bool {
    message.parts.iter().any(|part| {
        matches!(
            part.content_type.as_str(),
            "message/delivery-status" | "message/global-delivery-status"
        )
    })
}

/// Reads per-recipient fields, from a status part or from a text that quotes one.
pub(super) fn read(text: &str, found: &mut Vec<Recipient>) {
    for block in blocks(text) {
        if found.len() >= RECIPIENTS_MAX {
            return;
        }
        let Some(one) = recipient(&block) else {
            continue;
        };
        // Reports of some systems say everything twice.
        if !found.iter().any(|known| known.address == one.address) {
            found.push(one);
        }
    }
}

/// Blocks apart by empty lines, and by a second `Final-Recipient` where a system forgot the line.
fn blocks(text: &str) -> Vec<Fields> {
    let mut spaced = String::with_capacity(text.len() + 16);
    let mut has_final = false;
    for line in text.lines() {
        let name = fields::field(line).map(|(name, _)| name);
        if line.trim().is_empty() {
            has_final = false;
        } else if name.as_deref() == Some("final-recipient") {
            if has_final {
                spaced.push('\n');
            }
            has_final = true;
        }
        spaced.push_str(line);
        spaced.push('\n');
    }
    fields::blocks(&spaced)
}

fn recipient(block: &Fields) -> Option<Recipient> {
    let last = block.get("final-recipient").and_then(of_field);
    let original = block
        .get("original-recipient")
        .and_then(of_field)
        .filter(|address| address.contains('@'));
    let actual = block.get("x-actual-recipient").and_then(of_field);
    let address = match &last {
        Some(last) if last.contains('@') => last.clone(),
        Some(_) | None => original.clone().or(actual).or(last)?,
    };
    // The last word on why: some systems keep the plain text in a field of their own.
    let diagnostics: Vec<&str> = block.all("diagnostic-code").collect();
    let diagnostic = diagnostics
        .iter()
        .map(|said| strip_type(said))
        .collect::<Vec<_>>()
        .join(" ");
    let status = block
        .get("status")
        .and_then(cause::status_in)
        .or_else(|| cause::status_in(&diagnostic));
    let action = action(block.get("action"), status.as_deref());
    let cause = match action {
        Action::Failed | Action::Delayed => cause::judge(&diagnostic, status.as_deref()),
        Action::Delivered | Action::Relayed | Action::Expanded => Cause::Undefined,
    };
    Some(Recipient {
        original_address: original.filter(|original| *original != address),
        address,
        action,
        status,
        diagnostic: (!diagnostic.trim().is_empty()).then(|| quote(&diagnostic)),
        cause,
    })
}

/// A field's value without its leading `smtp;`.
fn strip_type(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, rest)) if kind.trim().len() <= 10 && !kind.trim().contains(' ') => rest.trim(),
        Some(_) | None => value.trim(),
    }
}

fn action(said: Option<&str>, status: Option<&str>) -> Action {
    let word = said.unwrap_or_default().trim().to_ascii_lowercase();
    let starts = |prefix: &str| word.starts_with(prefix);
    if starts("delayed") {
        Action::Delayed
    } else if starts("deliver") || (word.is_empty() && status.is_some_and(|s| s.starts_with('2'))) {
        Action::Delivered
    } else if starts("relayed") {
        Action::Relayed
    } else if starts("expanded") {
        Action::Expanded
    } else {
        Action::Failed
    }
}

/// Message-ID of the returned message, as it was before a provider gave it another: from the message
/// inside, its headers as text, or a text that goes on with them.
pub(super) fn original_message_id(message: &Message, notice: &str) -> Option<String> {
    for part in &message.parts {
        let id = match &part.content {
            Content::Message(inner) => {
                let own = [OWN_ID_FIELD, "message-id"]
                    .into_iter()
                    .filter_map(|name| inner.header(name))
                    .find_map(|header| address::message_id(&header.raw));
                own.or_else(|| inner.parts.iter().find_map(text_of).and_then(id_in_headers))
            }
            Content::Text(text) if part.content_type.contains("rfc822") || part.is_attachment => {
                id_in_headers(text)
            }
            Content::Text(text) if part.content_type.contains("global-headers") => {
                id_in_headers(text)
            }
            Content::File { head, .. } => id_in_headers(&String::from_utf8_lossy(head)),
            Content::Text(_) | Content::Html(_) | Content::Multipart => None,
        };
        if id.is_some() {
            return id;
        }
    }
    id_in_headers(notice)
}

/// The Message-ID of headers that stand in a text, marked as quoted or not.
fn id_in_headers(text: &str) -> Option<String> {
    let mut given = None;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let bare = line.trim_start_matches(['>', ' ', '\t', '|', '*']);
        if bare.is_empty() && given.is_some() {
            break;
        }
        let Some((name, value)) = fields::field(bare) else {
            continue;
        };
        let is_own = name.eq_ignore_ascii_case(OWN_ID_FIELD);
        if !is_own && !MESSAGE_ID_FIELDS.contains(&name.as_str()) {
            continue;
        }
        let next = lines.peek().copied().unwrap_or_default();
        let value = if value.is_empty() { next } else { value };
        match address::message_id(value) {
            Some(id) if is_own => return Some(id),
            Some(id) => given = given.or(Some(id)),
            None => {}
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_each_recipient_once_with_its_cause() {
        let mut found = Vec::new();
        read(
            "Reporting-MTA: dns; mx.example.net\n\n\
             Original-Recipient: rfc822;Ann@example.org\nFinal-Recipient: rfc822; ann@in.example.org\n\
             Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n\
             Final-Recipient: utf-8; bj\u{f6}rn@example.org\nAction: delayed\nStatus: 4.4.1\n\n\
             Final-Recipient: rfc822; ann@in.example.org\nAction: failed\n",
            &mut found,
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].address, "ann@in.example.org");
        assert_eq!(
            found[0].original_address.as_deref(),
            Some("ann@example.org")
        );
        assert!(found[0].is_dead());
        assert_eq!(found[1].action, Action::Delayed);
        assert!(!found[1].is_dead());
    }

    #[test]
    fn the_id_we_gave_counts_where_a_provider_gave_another() {
        let returned = "> From: a@b.example\n> Message-ID: <theirs@ses.example>\n\
             > X-Sendoff-ID: <ours@b.example>\n> Subject: x\n";
        assert_eq!(id_in_headers(returned).as_deref(), Some("ours@b.example"));
        let without = "Message-ID: <one@b.example>\n\nwords\nX-Sendoff-ID: <two@b.example>\n";
        assert_eq!(id_in_headers(without).as_deref(), Some("one@b.example"));
    }
}
