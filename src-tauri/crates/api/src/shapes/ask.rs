//! An ask to send, as an agent writes it.

use std::collections::BTreeMap;

use domain::canonical::canonical_digest;
use domain::{Address, Attachment, Code, ConversationId, Problem, Stream, Timestamp};
use engine::Ask;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::body::Object;
use crate::letter::{self, Key, Letter, Mention, People};

use super::words;

// Written out again without the key and without empty fields, this is what "same content" means for
// an idempotency key. Keys are kept for good: a field added here must be left out when it is empty,
// or every repeat from before the addition becomes a mismatch.
/// The body of `POST /v1/submissions`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Ask)]
pub struct AskShape {
    /// The mailbox to send as; `GET /v1/me` lists yours.
    #[schema(example = "you@example.com")]
    pub mailbox: String,
    /// Visible recipients: `local@domain` or `Name <local@domain>`.
    #[serde(default, skip_serializing_if = "nothing_in")]
    #[schema(required)]
    pub to: Option<Vec<String>>,
    /// Visible copies.
    #[serde(default, skip_serializing_if = "nothing_in")]
    pub cc: Option<Vec<String>>,
    /// Hidden copies.
    #[serde(default, skip_serializing_if = "nothing_in")]
    pub bcc: Option<Vec<String>>,
    /// Where answers should go, if not to the mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Subject, without line breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Plain text body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// HTML body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Files.
    #[serde(
        default,
        deserialize_with = "attachments",
        skip_serializing_if = "nothing_in"
    )]
    pub attachments: Option<Vec<AttachmentShape>>,
    /// Message-ID, with its angle brackets, of the message this answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// Id of the conversation it goes on with, instead of `in_reply_to`: it answers the newest
    /// message there that you may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Kind of mail; `personal` unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::StreamWord>)]
    pub stream: Option<Stream>,
    /// Why you send it, in your own words; shown to the person who decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Your own labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// Not before (RFC 3339), at most 30 days ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    pub send_at: Option<Timestamp>,
    /// Not after (RFC 3339); 24 h from now unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    pub send_by: Option<Timestamp>,
    /// Id of the latest inbound message you have read in this conversation; if a newer one is
    /// there, a person is asked first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_latest: Option<String>,
    /// Idempotency key, 1 to 256 octets, kept for good: the same key with the same content gives
    /// the first answer again. What was blocked is judged anew under its key where `next` said
    /// `retry_after`, or once what blocked it is gone. The header `Idempotency-Key` is the same
    /// thing.
    #[serde(default, skip_serializing_if = "always_left_out")]
    pub dedupe_key: Option<String>,
}

/// A file, base64 in JSON.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Attachment)]
pub struct AttachmentShape {
    /// File name, without path separators.
    pub filename: String,
    /// Media type, such as `application/pdf`.
    pub content_type: String,
    /// The bytes as standard base64 with padding (RFC 4648, section 4).
    #[schema(format = Byte)]
    pub content: String,
}

impl AskShape {
    /// The ask in domain words. `header_key` is the `Idempotency-Key` header; pointers of problems
    /// begin with `base`.
    ///
    /// # Errors
    /// `invalid_address`, `invalid_attachment`, `too_many_recipients` and `invalid_field`, each
    /// with its pointer. What needs more than the shape to see is the engine's to say.
    pub fn into_ask(mut self, header_key: Option<String>, base: &str) -> Result<Ask, Problem> {
        let dedupe_key = one_key(self.dedupe_key.take(), header_key)
            .map_err(|problem| problem.at(format!("{base}/dedupe_key")))?;
        let request = canonical_digest(&self);
        let from = Mention::new(self.mailbox, format!("{base}/mailbox"));
        // Ours names the mailbox alone, without a name beside it.
        address(&from.text, || from.pointer.clone())?;
        let listed = |list: Option<Vec<String>>, field: &str| {
            People::listed(list.unwrap_or_default(), format!("{base}/{field}"))
        };
        let reply_to = format!("{base}/reply_to");
        let if_latest = self.if_latest.take();
        let conversation = self.conversation.take().map(|id| {
            id.parse::<ConversationId>().map_err(|error| {
                let pointer = format!("{base}/conversation");
                Problem::new(Code::InvalidField, error.to_string()).at(pointer)
            })
        });
        let conversation = conversation.transpose()?;
        let letter = Letter {
            from,
            to: listed(self.to, "to"),
            cc: listed(self.cc, "cc"),
            bcc: listed(self.bcc, "bcc"),
            reply_to: People {
                mentions: self
                    .reply_to
                    .into_iter()
                    .map(|text| Mention::new(text, reply_to.clone()))
                    .collect(),
                pointer: reply_to.clone(),
            },
            subject: self.subject.unwrap_or_default(),
            text: self.text,
            html: self.html,
            attachments: self
                .attachments
                .unwrap_or_default()
                .into_iter()
                .enumerate()
                .map(|(index, file)| file.decoded(|| format!("{base}/attachments/{index}/content")))
                .collect::<Result<_, _>>()?,
            in_reply_to: self.in_reply_to,
            stream: self.stream.unwrap_or_default(),
            reason: self.reason,
            tags: self.tags.unwrap_or_default(),
            send_at: self.send_at,
            send_by: self.send_by,
        };
        let key = Key {
            text: dedupe_key,
            lasts: None,
        };
        let mut ask = letter.into_ask(key, |_, _| request)?;
        ask.draft.if_latest = if_latest;
        ask.draft.conversation = conversation;
        Ok(ask)
    }
}

impl AttachmentShape {
    fn decoded(self, pointer: impl Fn() -> String) -> Result<Attachment, Problem> {
        let content = letter::decoded(&self.filename, &self.content, pointer)?;
        Ok(Attachment {
            filename: self.filename,
            content_type: self.content_type,
            content,
        })
    }
}

/// A key may stand in the body, in the header, or in both if it is the same.
fn one_key(body: Option<String>, header: Option<String>) -> Result<Option<String>, Problem> {
    match (body, header) {
        (Some(body), Some(header)) if body != header => {
            let detail = "`dedupe_key` and the header `Idempotency-Key` differ; send one of them";
            Err(Problem::new(Code::InvalidField, detail))
        }
        (body, header) => Ok(body.or(header)),
    }
}

/// One address, or the problem with its pointer.
pub fn address(text: &str, pointer: impl Fn() -> String) -> Result<Address, Problem> {
    Mention::new(text, pointer()).address()
}

/// The key is no part of the content. (`skip_serializing` would hide it from the schema as well.)
fn always_left_out(_key: &Option<String>) -> bool {
    true
}

fn nothing_in<T>(list: &Option<Vec<T>>) -> bool {
    list.as_ref().is_none_or(Vec::is_empty)
}

fn attachments<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<AttachmentShape>>, D::Error> {
    let files: Option<Vec<Object<AttachmentShape>>> = Option::deserialize(deserializer)?;
    Ok(files.map(|files| files.into_iter().map(|Object(file)| file).collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::body;

    fn read(body: &Value, header_key: Option<&str>) -> Result<Ask, Problem> {
        let bytes = serde_json::to_vec(body).unwrap();
        body::object::<AskShape>(&bytes, "")?.into_ask(header_key.map(str::to_owned), "")
    }

    fn with(field: &str, value: Value) -> Value {
        let mut body = json!({"mailbox": "me@example.com", "to": ["a@x.example"], "subject": "s"});
        body[field] = value;
        body
    }

    #[test]
    fn every_field_reaches_the_draft() {
        let ask = read(
            &json!({
                "mailbox": "me@example.com", "to": ["Ann <a@x.example>"], "cc": ["b@x.example"],
                "bcc": ["c@x.example"], "reply_to": "d@x.example", "subject": "s", "text": "t",
                "html": "<p>t", "attachments": [{"filename": "f.txt", "content_type": "text/plain",
                "content": "aGk="}], "in_reply_to": "<m@x.example>", "stream": "marketing",
                "reason": "r", "tags": {"k": "v"}, "send_at": "2026-11-22T10:00:00+01:00",
                "send_by": "2026-11-23T10:00:00Z", "dedupe_key": "k-1"
            }),
            None,
        )
        .unwrap();
        assert_eq!(ask.draft.to[0].name.as_deref(), Some("Ann"));
        assert_eq!(ask.draft.attachments[0].content, b"hi");
        assert_eq!(ask.draft.reply_to[0].address.as_str(), "d@x.example");
        assert_eq!(ask.draft.stream, Stream::Marketing);
        assert_eq!(
            ask.draft.send_at.unwrap().to_string(),
            "2026-11-22T09:00:00.000000Z"
        );
        assert_eq!(ask.dedupe_key.as_deref(), Some("k-1"));
        assert_eq!(ask.draft.recipients().len(), 3);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let cases: [(&str, Value, Code, &str); 17] = [
            (
                "to",
                json!(["a@x.example", "nobody"]),
                Code::InvalidAddress,
                "/to/1",
            ),
            (
                "to",
                json!(["A\r\nBcc: e@x.example <a@x.example>"]),
                Code::HeaderInjection,
                "/to/0",
            ),
            ("to", json!("a@x.example"), Code::InvalidField, "/to"),
            ("to", json!([7]), Code::InvalidField, "/to/0"),
            (
                "to",
                json!(vec!["a@x.example"; 501]),
                Code::TooManyRecipients,
                "/to",
            ),
            ("cc", json!(["@"]), Code::InvalidAddress, "/cc/0"),
            ("mailbox", json!("me"), Code::InvalidAddress, "/mailbox"),
            ("mailbox", json!(null), Code::InvalidField, "/mailbox"),
            (
                "reply_to",
                json!(["a@x.example"]),
                Code::InvalidField,
                "/reply_to",
            ),
            ("reply_to", json!("x"), Code::InvalidAddress, "/reply_to"),
            ("stream", json!("bulk"), Code::InvalidField, "/stream"),
            ("send_at", json!("tomorrow"), Code::InvalidField, "/send_at"),
            ("tags", json!({"a/b": 1}), Code::InvalidField, "/tags/a~1b"),
            (
                "conversation",
                json!("cnv_7"),
                Code::InvalidField,
                "/conversation",
            ),
            ("subjekt", json!("s"), Code::UnknownField, "/subjekt"),
            (
                "attachments",
                json!([{"filename": "f", "content_type": "t/p", "content": "a$"}]),
                Code::InvalidAttachment,
                "/attachments/0/content",
            ),
            (
                "attachments",
                json!([{"filename": "f", "content_type": "t/p", "content": "aGk=", "foo": 1}]),
                Code::UnknownField,
                "/attachments/0/foo",
            ),
        ];
        for (field, value, code, pointer) in cases {
            let problem = read(&with(field, value.clone()), None).expect_err(field);
            assert_eq!(
                (problem.code, problem.pointer.as_deref()),
                (code, Some(pointer)),
                "{problem}"
            );
        }
        let missing = read(&json!({"to": ["a@x.example"]}), None).unwrap_err();
        assert_eq!(missing.pointer.as_deref(), Some("/mailbox"));
    }

    #[test]
    fn a_key_in_body_and_header_is_one_key_or_a_mistake() {
        let keyed = with("dedupe_key", json!("k"));
        assert_eq!(
            read(&keyed, Some("k")).unwrap().dedupe_key.as_deref(),
            Some("k")
        );
        assert_eq!(
            read(&with("text", json!("t")), Some("k"))
                .unwrap()
                .dedupe_key
                .as_deref(),
            Some("k")
        );
        let problem = read(&keyed, Some("other")).unwrap_err();
        assert_eq!(
            (problem.code, problem.pointer.as_deref()),
            (Code::InvalidField, Some("/dedupe_key"))
        );
    }

    #[test]
    fn the_same_content_has_the_same_digest_however_it_is_spelt() {
        let digest = |body: &Value, key| read(body, key).unwrap().request;
        let plain = digest(&with("text", json!("t")), None);
        let mut empty = with("text", json!("t"));
        empty["cc"] = json!([]);
        empty["html"] = json!(null);
        assert_eq!(digest(&empty, None), plain);
        let mut keyed = with("text", json!("t"));
        keyed["dedupe_key"] = json!("k");
        assert_eq!(digest(&keyed, None), plain, "the key is not content");
        assert_eq!(digest(&with("text", json!("t")), Some("k")), plain);
        assert_ne!(digest(&with("text", json!("u")), None), plain);
        assert_ne!(digest(&with("html", json!("t")), None), plain);
    }
}
