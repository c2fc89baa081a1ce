//! A message as that service's clients write it, and what of it is which part of a letter.

use std::collections::BTreeMap;

use domain::canonical::canonical_digest;
use domain::{Address, Attachment, Code, Draft, Problem, Stream};
use engine::Ask;
use serde::Deserialize;

use crate::body::Object;
use crate::letter::{self, Key, Letter, Mention, People};
use crate::problem::cut;

/// The stream for mail to many; every other name is mail somebody waits for.
const BROADCAST: &[&str] = &["broadcast", "broadcasts"];

/// One message.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    from: Option<String>,
    to: Option<String>,
    cc: Option<String>,
    bcc: Option<String>,
    reply_to: Option<String>,
    subject: Option<String>,
    text_body: Option<String>,
    html_body: Option<String>,
    tag: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
    headers: Option<Vec<Object<Header>>>,
    attachments: Option<Vec<Object<File>>>,
    message_stream: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct File {
    name: String,
    content: String,
    content_type: Option<String>,
    #[serde(rename = "ContentID")]
    content_id: Option<String>,
}

impl Message {
    /// The visible recipients as written: its answers repeat them.
    pub fn to(&self) -> String {
        self.to.clone().unwrap_or_default()
    }

    /// The ask in domain words; pointers of problems begin with `base`. There is no key: a repeat
    /// is told from a new message by its content.
    ///
    /// # Errors
    /// What cannot be used, each with its pointer.
    pub fn into_ask(self, base: &str) -> Result<Ask, Problem> {
        let at = |field: &str| format!("{base}/{field}");
        let Some(from) = self.from else {
            return Err(Problem::new(Code::InvalidField, "`From` is missing").at(at("From")));
        };
        let people = |line: Option<String>, field: &str| {
            People::in_line(&line.unwrap_or_default(), at(field))
        };
        let broadcast = |name: String| BROADCAST.contains(&name.as_str());
        let mut tags = self.metadata.unwrap_or_default();
        tags.extend(self.tag.map(|tag| ("tag".to_owned(), tag)));
        let headers = self.headers.unwrap_or_default();
        let headers = headers.into_iter().map(|Object(one)| (one.name, one.value));
        let letter = Letter {
            from: Mention::new(from, at("From")),
            to: people(self.to, "To"),
            cc: people(self.cc, "Cc"),
            bcc: people(self.bcc, "Bcc"),
            reply_to: people(self.reply_to, "ReplyTo"),
            subject: self.subject.unwrap_or_default(),
            text: self.text_body,
            html: self.html_body,
            attachments: self
                .attachments
                .unwrap_or_default()
                .into_iter()
                .enumerate()
                .map(|(index, Object(file))| file.read(&at(&format!("Attachments/{index}"))))
                .collect::<Result<_, _>>()?,
            in_reply_to: letter::answered(headers, &at("Headers"))?,
            stream: match self.message_stream.is_some_and(broadcast) {
                true => Stream::Marketing,
                false => Stream::Transactional,
            },
            tags,
            ..Letter::default()
        };
        let digest = |mailbox: &Address, draft: &Draft| canonical_digest(&(mailbox, draft));
        letter.into_ask(Key::default(), digest)
    }
}

impl File {
    fn read(self, base: &str) -> Result<Attachment, Problem> {
        // Its clients write the field out, null or empty, where it was not given.
        if self.content_id.is_some_and(|id| !id.is_empty()) {
            let detail = format!(
                "`{}` has a `ContentID`, and images inside the text are not sent here; attach it \
                 without one",
                cut(&self.name, 80)
            );
            return Err(Problem::new(Code::InvalidAttachment, detail).at(base));
        }
        let content = letter::unwrapped(&self.content);
        let content = letter::decoded(&self.name, &content, || format!("{base}/Content"))?;
        let content_type = self.content_type.filter(|given| !given.is_empty());
        Ok(Attachment {
            content_type: content_type.unwrap_or_else(|| letter::media_type(&self.name)),
            filename: self.name,
            content,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::body;

    fn read(body: &Value) -> Result<Ask, Problem> {
        let bytes = serde_json::to_vec(body).unwrap();
        body::object::<Message>(&bytes, "")?.into_ask("")
    }

    #[test]
    fn every_field_reaches_the_draft() {
        let ask = read(&json!({
            "From": "Me <me@example.com>", "To": "\"Doe, Ann\" <a@x.example>,b@x.example",
            "Cc": "c@x.example", "Bcc": "", "ReplyTo": "d@x.example", "Subject": "s",
            "TextBody": "t", "HtmlBody": "<p>t", "Tag": "hello", "Metadata": {"k": "v"},
            "Headers": [{"Name": "In-Reply-To", "Value": "<m@x.example>"}],
            "Attachments": [{"Name": "f.txt", "Content": "aGk=", "ContentType": "text/plain"}],
            "MessageStream": "broadcasts", "TrackOpens": true, "Unheard": {"Of": 1},
        }))
        .unwrap();
        assert_eq!(
            (ask.mailbox.as_str(), ask.dedupe_key),
            ("me@example.com", None)
        );
        let draft = ask.draft;
        assert_eq!(draft.to[0].name.as_deref(), Some("Doe, Ann"));
        assert_eq!((draft.to.len(), draft.cc.len(), draft.bcc.len()), (2, 1, 0));
        assert_eq!(draft.in_reply_to.as_deref(), Some("<m@x.example>"));
        assert_eq!(
            (draft.tags["tag"].as_str(), draft.tags["k"].as_str()),
            ("hello", "v")
        );
        assert_eq!(draft.attachments[0].content, b"hi");
        assert_eq!(draft.stream, Stream::Marketing);
    }

    #[test]
    fn a_file_in_lines_is_the_same_file() {
        let mut body = json!({"From": "me@example.com", "To": "a@x.example",
            "Attachments": [{"Name": "f.txt", "Content": "aGVs\r\nbG8g\ndGhlcmU=\n"}]});
        let ask = read(&body).unwrap();
        assert_eq!(ask.draft.attachments[0].content, b"hello there");
        body["Attachments"][0]["Content"] = json!("aGVs\u{a0}bG8=");
        assert!(read(&body).is_err(), "only what wraps lines is let go");
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let cases = [
            ("From", json!(null), "/From"),
            ("From", json!("me"), "/From"),
            ("To", json!("a@x.example, b"), "/To"),
            ("To", json!(["a@x.example"]), "/To"),
            (
                "Headers",
                json!([{"Name": "Sender", "Value": "x"}]),
                "/Headers/Sender",
            ),
            (
                "Attachments",
                json!([{"Name": "a", "Content": "?"}]),
                "/Attachments/0/Content",
            ),
            (
                "Attachments",
                json!([{"Name": "a", "Content": "aGk=", "ContentID": "cid:a"}]),
                "/Attachments/0",
            ),
        ];
        for (field, value, pointer) in cases {
            let mut body = json!({"From": "me@example.com", "To": "a@x.example"});
            body[field] = value;
            let problem = read(&body).expect_err(field);
            assert_eq!(problem.pointer.as_deref(), Some(pointer), "{problem}");
        }
    }
}
