//! An email as that service's clients write it, and what of it is which part of a letter.

use std::collections::BTreeMap;
use std::fmt;

use domain::canonical::canonical_json;
use domain::{Address, Attachment, Code, Digest, Draft, Problem, Span, Timestamp};
use engine::Ask;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::KEY_LASTS;
use crate::body::Object;
use crate::letter::{self, Key, Letter, Mention, People};
use crate::problem::cut;

/// One email.
#[derive(Deserialize)]
pub struct Email {
    from: Option<String>,
    to: Option<OneOrMany>,
    cc: Option<OneOrMany>,
    bcc: Option<OneOrMany>,
    #[serde(alias = "replyTo")]
    reply_to: Option<OneOrMany>,
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    attachments: Option<Vec<Object<File>>>,
    tags: Option<Vec<Object<Tag>>>,
    #[serde(alias = "scheduledAt")]
    scheduled_at: Option<String>,
    template: Option<IgnoredAny>,
}

/// An address or a list of them: its clients send both.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct File {
    filename: Option<String>,
    content: Option<Content>,
    path: Option<String>,
    #[serde(alias = "contentType")]
    content_type: Option<String>,
    #[serde(alias = "inline_content_id")]
    content_id: Option<String>,
}

/// A file's bytes: base64, a list of numbers (Python), or a `Buffer` as JSON writes it (Node).
enum Content {
    Base64(String),
    Octets(Vec<u8>),
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Content;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a file as base64 text or as a list of octets")
            }

            fn visit_str<E>(self, text: &str) -> Result<Content, E> {
                Ok(Content::Base64(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
                let mut octets = Vec::new();
                while let Some(octet) = list.next_element::<u8>()? {
                    octets.push(octet);
                }
                Ok(Content::Octets(octets))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
                let mut octets = None;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "data" => octets = Some(map.next_value::<Vec<u8>>()?),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                let missing = || serde::de::Error::missing_field("data");
                octets.map(Content::Octets).ok_or_else(missing)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl Email {
    /// The ask in domain words; pointers of problems begin with `base`. The same key means the same
    /// ask if `salt` is the same too: a batch puts the digest of the whole into each row.
    ///
    /// # Errors
    /// What cannot be used, each with its pointer.
    pub fn into_ask(
        self,
        key: Option<String>,
        salt: &[u8],
        base: &str,
        now: Timestamp,
    ) -> Result<Ask, Problem> {
        let at = |field: &str| format!("{base}/{field}");
        let refuse =
            |field: &str, detail: &str| Err(Problem::new(Code::InvalidField, detail).at(at(field)));
        if self.template.is_some() {
            return refuse(
                "template",
                "templates are not kept here; send `html` or `text`",
            );
        }
        let Some(from) = self.from else {
            return refuse("from", "`from` is missing");
        };
        let people = |given: Option<OneOrMany>, field: &str| match given {
            None => People::listed(Vec::new(), at(field)),
            Some(OneOrMany::One(text)) => People::listed(vec![text], at(field)),
            Some(OneOrMany::Many(list)) => People::listed(list, at(field)),
        };
        let scheduled = self.scheduled_at.filter(|text| !text.trim().is_empty());
        let send_at = scheduled
            .as_deref()
            .map(|text| instant(text, now).map_err(|problem| problem.at(at("scheduled_at"))))
            .transpose()?;
        let tags = self.tags.unwrap_or_default();
        let letter = Letter {
            from: Mention::new(from, at("from")),
            to: people(self.to, "to"),
            cc: people(self.cc, "cc"),
            bcc: people(self.bcc, "bcc"),
            reply_to: people(self.reply_to, "reply_to"),
            subject: self.subject.unwrap_or_default(),
            text: self.text,
            html: self.html,
            attachments: files(self.attachments.unwrap_or_default(), &at("attachments"))?,
            in_reply_to: letter::answered(self.headers.unwrap_or_default(), &at("headers"))?,
            tags: tags
                .into_iter()
                .map(|Object(tag)| (tag.name, tag.value))
                .collect(),
            send_at,
            ..Letter::default()
        };
        let key = Key {
            lasts: key.is_some().then_some(KEY_LASTS),
            text: key,
        };
        // "in 5 minutes" names another instant in each retry, and is the same ask.
        let digest = |mailbox: &Address, draft: &Draft| {
            let timeless = Draft {
                send_at: None,
                ..draft.clone()
            };
            let when = scheduled.as_deref().unwrap_or_default();
            Digest::of_parts([
                salt,
                mailbox.as_str().as_bytes(),
                when.as_bytes(),
                &canonical_json(&timeless),
            ])
        };
        letter.into_ask(key, digest)
    }
}

fn files(files: Vec<Object<File>>, base: &str) -> Result<Vec<Attachment>, Problem> {
    files
        .into_iter()
        .enumerate()
        .map(|(index, Object(file))| file.read(&format!("{base}/{index}")))
        .collect()
}

impl File {
    fn read(self, base: &str) -> Result<Attachment, Problem> {
        let refuse = |detail: String| Err(Problem::new(Code::InvalidAttachment, detail).at(base));
        let filename = self.filename.unwrap_or_else(|| "attachment".to_owned());
        let named = cut(&filename, 80);
        if self.content_id.is_some_and(|id| !id.is_empty()) {
            return refuse(format!(
                "`{named}` has a `content_id`, and images inside the text are not sent here; attach \
                 it without one"
            ));
        }
        let content = match (self.content, self.path) {
            (Some(Content::Base64(text)), _) => {
                let text = letter::unwrapped(&text);
                letter::decoded(&filename, &text, || format!("{base}/content"))?
            }
            (Some(Content::Octets(octets)), _) => octets,
            (None, Some(_)) => {
                return refuse(format!(
                    "`{named}` is named by a `path`, and nothing is fetched here; send its `content`"
                ));
            }
            (None, None) => return refuse(format!("`{named}` has no `content`")),
        };
        let content_type = self
            .content_type
            .unwrap_or_else(|| letter::media_type(&filename));
        Ok(Attachment {
            filename,
            content_type,
            content,
        })
    }
}

/// RFC 3339, or `in 5 minutes`.
pub fn instant(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    if let Ok(instant) = text.trim().parse::<Timestamp>() {
        return Ok(instant);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let span = match words.as_slice() {
        ["in", count, unit] => count
            .parse::<u32>()
            .ok()
            .and_then(|count| span(i64::from(count), unit)),
        _ => None,
    };
    span.map(|span| now + span).ok_or_else(|| {
        let detail = format!(
            "`{}` is not a time read here; send it as `2026-01-31T09:00:00Z` or `in 30 minutes`",
            cut(text, 80)
        );
        Problem::new(Code::InvalidField, detail)
    })
}

fn span(count: i64, unit: &str) -> Option<Span> {
    Some(match unit {
        "sec" | "second" | "seconds" => Span::from_seconds(count),
        "min" | "mins" | "minute" | "minutes" => Span::from_seconds(count * 60),
        "h" | "hr" | "hour" | "hours" => Span::from_hours(count),
        "day" | "days" => Span::from_days(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::body;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn read(body: &Value) -> Result<Ask, Problem> {
        let bytes = serde_json::to_vec(body).unwrap();
        body::object::<Email>(&bytes, "")?.into_ask(Some("k".into()), b"", "", NOW)
    }

    fn with(field: &str, value: Value) -> Value {
        let mut body = json!({"from": "Me <me@example.com>", "to": "a@x.example", "subject": "s"});
        body[field] = value;
        body
    }

    #[test]
    fn a_file_in_lines_is_the_same_file() {
        let file = |content: &str| json!([{"filename": "f.txt", "content": content}]);
        let wrapped = read(&with("attachments", file("aGVs\nbG8g\r\ndGhlcmU=\n"))).unwrap();
        assert_eq!(wrapped.draft.attachments[0].content, b"hello there");
        assert!(read(&with("attachments", file("aGVs-bG8="))).is_err());
    }

    #[test]
    fn every_field_reaches_the_draft() {
        let ask = read(&json!({
            "from": "Me <me@example.com>", "to": ["Ann <a@x.example>"], "cc": "b@x.example",
            "bcc": [], "reply_to": ["d@x.example", "e@x.example"], "subject": "s", "text": "t",
            "html": "<p>t", "tags": [{"name": "k", "value": "v"}], "topic_id": null,
            "headers": {"In-Reply-To": "<m@x.example>"},
            "attachments": [
                {"filename": "f.txt", "content": "aGk="},
                {"filename": "g.pdf", "content": [104, 105]},
                {"filename": "h.bin", "content": {"type": "Buffer", "data": [104, 105]},
                 "content_type": "application/x-own"},
            ],
            "scheduled_at": "2026-11-22T10:00:00+01:00", "somethingNew": {"deep": 1},
        }))
        .unwrap();
        assert_eq!(ask.mailbox.as_str(), "me@example.com");
        let draft = ask.draft;
        assert_eq!(draft.to[0].name.as_deref(), Some("Ann"));
        assert_eq!(
            (draft.cc.len(), draft.bcc.len(), draft.reply_to.len()),
            (1, 0, 2)
        );
        assert_eq!(draft.in_reply_to.as_deref(), Some("<m@x.example>"));
        assert_eq!(draft.tags["k"], "v");
        let files: Vec<(&str, &[u8])> = draft
            .attachments
            .iter()
            .map(|file| (file.content_type.as_str(), file.content.as_slice()))
            .collect();
        assert_eq!(
            files,
            [
                ("text/plain", b"hi".as_slice()),
                ("application/pdf", b"hi"),
                ("application/x-own", b"hi")
            ]
        );
        assert_eq!(
            draft.send_at.unwrap().to_string(),
            "2026-11-22T09:00:00.000000Z"
        );
        assert_eq!(ask.key_lasts, Some(Span::from_hours(24)));
    }

    #[test]
    fn a_string_and_a_list_of_one_are_the_same_ask() {
        let digest = |body: &Value| read(body).unwrap().request;
        let one = digest(&with("text", json!("t")));
        let mut listed = with("text", json!("t"));
        listed["to"] = json!(["a@x.example"]);
        listed["reply_to"] = json!([]);
        assert_eq!(digest(&listed), one);
        assert_ne!(digest(&with("text", json!("u"))), one);
    }

    #[test]
    fn a_time_may_be_said_in_words_and_stays_the_same_ask() {
        assert_eq!(
            instant("in 30 minutes", NOW).unwrap(),
            NOW + Span::from_seconds(1_800)
        );
        assert_eq!(
            instant("in 1 hour", NOW).unwrap(),
            NOW + Span::from_hours(1)
        );
        for nonsense in ["tomorrow", "in some minutes", "in -1 hours", "in 5"] {
            assert!(instant(nonsense, NOW).is_err(), "{nonsense}");
        }
        let body = serde_json::to_vec(&with("scheduled_at", json!("in 1 hour"))).unwrap();
        let at = |now| {
            let email = body::object::<Email>(&body, "").unwrap();
            email.into_ask(None, b"", "", now).unwrap().request
        };
        assert_eq!(at(NOW), at(NOW + Span::from_seconds(5)));
    }

    #[test]
    fn what_would_change_the_message_and_is_not_kept_is_refused_by_name() {
        let cases = [
            ("template", json!({"id": "t"}), "/template"),
            (
                "attachments",
                json!([{"filename": "a", "path": "https://x.example/a"}]),
                "/attachments/0",
            ),
            (
                "attachments",
                json!([{"filename": "a", "content": "aGk=", "content_id": "c"}]),
                "/attachments/0",
            ),
            (
                "attachments",
                json!([{"filename": "a", "content": "?"}]),
                "/attachments/0/content",
            ),
            ("headers", json!({"Bcc": "e@x.example"}), "/headers/Bcc"),
            ("scheduled_at", json!("someday"), "/scheduled_at"),
            ("to", json!(["a@x.example", "b"]), "/to/1"),
            ("from", json!("me"), "/from"),
        ];
        for (field, value, pointer) in cases {
            let problem = read(&with(field, value)).expect_err(field);
            assert_eq!(problem.pointer.as_deref(), Some(pointer), "{problem}");
        }
    }
}
