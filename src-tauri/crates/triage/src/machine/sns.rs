//! Notices of a sending service as JSON: Amazon SES through SNS, which comes as a mail whose text
//! is one object, or an object in a string of another.

use domain::inbound::Message;
use serde_json::Value;

use super::{address, cause};
use crate::reading::{Action, Cause, Evidence, Kind, RECIPIENTS_MAX, Reading, Recipient, quote};
use crate::text::start;

/// Octets of the text that are read.
const JSON_OCTETS_MAX: usize = 64 << 10;

/// A notice of that kind, if this is one.
pub(super) fn read(message: &Message, body: &str) -> Option<Reading> {
    let text = start(body, JSON_OCTETS_MAX).trim_start();
    let is_told = message.header("x-amz-sns-message-id").is_some()
        || message
            .value("from")
            .to_lowercase()
            .contains("amazonaws.com");
    if !text.starts_with('{') || !is_told {
        return None;
    }
    let notice = notice(text)?;
    let word = |key: &str| notice.get(key).and_then(Value::as_str);
    let kind = word("notificationType")
        .or_else(|| word("eventType"))?
        .to_lowercase();
    let (part, list, action, reading) = match kind.as_str() {
        "bounce" => ("bounce", "bouncedRecipients", Action::Failed, Kind::Bounce),
        "complaint" => (
            "complaint",
            "complainedRecipients",
            Action::Delivered,
            Kind::Complaint,
        ),
        "delivery" => ("delivery", "recipients", Action::Delivered, Kind::Delivered),
        "deliverydelay" => (
            "deliveryDelay",
            "delayedRecipients",
            Action::Delayed,
            Kind::Delay,
        ),
        _ => return None,
    };
    let part = notice.get(part)?;
    let recipients = part.get(list).and_then(Value::as_array);
    let recipients = recipients
        .into_iter()
        .flatten()
        .take(RECIPIENTS_MAX)
        .filter_map(|one| recipient(one, action, part))
        .collect();
    let mail = notice.get("mail");
    // The sender's own Message-ID, not the one the service gave.
    let id = mail
        .and_then(|mail| mail.pointer("/commonHeaders/messageId"))
        .and_then(Value::as_str)
        .and_then(address::message_id);
    Some(Reading {
        kind: reading,
        recipients,
        original_message_id: id,
        evidence: vec![Evidence::new("notificationType", &kind)],
    })
}

/// The object that says what happened.
fn notice(text: &str) -> Option<Value> {
    // Folded by a relay in the middle of a string.
    let joined = text.replace("\n ", "").replace('\n', " ");
    let outer = first_value(&joined)?;
    match outer.get("Message").and_then(Value::as_str) {
        Some(inner) => first_value(inner),
        None => Some(outer),
    }
}

/// The first JSON value of a text; what follows it is a footer.
fn first_value(text: &str) -> Option<Value> {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .next()?
        .ok()
}

fn recipient(one: &Value, action: Action, part: &Value) -> Option<Recipient> {
    let word = |key: &str| one.get(key).and_then(Value::as_str);
    let address = address::first(word("emailAddress").or_else(|| one.as_str())?)?;
    let said = word("diagnosticCode").unwrap_or_default();
    let status = word("status")
        .and_then(cause::status_in)
        .or_else(|| cause::status_in(said));
    let judged = match action {
        Action::Failed | Action::Delayed => Some(cause::judge(said, status.as_deref()))
            .filter(|cause| *cause != Cause::Undefined)
            .unwrap_or_else(|| by_type(part)),
        Action::Delivered | Action::Relayed | Action::Expanded => Cause::Undefined,
    };
    Some(Recipient {
        address,
        original_address: None,
        action,
        status,
        diagnostic: (!said.trim().is_empty()).then(|| quote(said)),
        cause: judged,
    })
}

/// What the service's own types say where the server's words do not.
fn by_type(part: &Value) -> Cause {
    let sub = part.get("bounceSubType").and_then(Value::as_str);
    match sub.unwrap_or_default() {
        "NoEmail" | "Suppressed" | "OnAccountSuppressionList" => Cause::UserUnknown,
        "MailboxFull" => Cause::MailboxFull,
        "MessageTooLarge" => Cause::TooBig,
        "ContentRejected" | "AttachmentRejected" => Cause::Content,
        _ => Cause::Undefined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::inbound::Header;

    fn read_json(json: &str) -> Option<Reading> {
        let header = |name: &str, value: &str| Header {
            name: name.to_owned(),
            raw: value.to_owned(),
            value: value.to_owned(),
        };
        let message = Message {
            headers: vec![header("From", "no-reply@sns.amazonaws.com")],
            ..Message::default()
        };
        read(&message, json)
    }

    #[test]
    fn a_notice_in_json_is_read_like_any_other() {
        let bounce = r#"{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[
            {"emailAddress":"Ann@shop.example","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},
            "mail":{"commonHeaders":{"messageId":"<1@ours.example>"}}}

            -- to stop receiving"#;
        let reading = read_json(bounce).unwrap();
        assert_eq!(reading.kind, Kind::Bounce);
        assert!(reading.recipients[0].is_dead());
        assert_eq!(
            reading.original_message_id.as_deref(),
            Some("1@ours.example")
        );

        let wrapped = r#"{"Type":"Notification","Message":"{\"eventType\":\"Complaint\",\"complaint\":{\"complainedRecipients\":[{\"emailAddress\":\"a@b.example\"}]}}"}"#;
        let reading = read_json(wrapped).unwrap();
        assert_eq!(reading.kind, Kind::Complaint);
        assert_eq!(reading.recipients[0].address, "a@b.example");

        let delivery =
            r#"{"notificationType":"Delivery","delivery":{"recipients":["a@b.example"]}}"#;
        assert_eq!(read_json(delivery).unwrap().kind, Kind::Delivered);
        assert_eq!(read_json("{\"hello\":1}"), None);
        assert_eq!(read_json("{broken"), None);
    }
}
