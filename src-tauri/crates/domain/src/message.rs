//! What an agent asks to send, before it is composed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::{Address, NamedAddress};
use crate::id::ConversationId;
use crate::limits;
use crate::problem::{Code, Problem};
use crate::time::Timestamp;

/// Which kind of mail this is; consent and unsubscribe rules look at it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// One person to another.
    #[default]
    Personal,
    /// An answer to something the recipient did.
    Transactional,
    /// Anything else sent to many.
    Marketing,
}

/// The content of a message as asked for: checked for shape by its door, not yet composed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Draft {
    /// Visible recipients.
    pub to: Vec<NamedAddress>,
    /// Visible copies.
    #[serde(default)]
    pub cc: Vec<NamedAddress>,
    /// Hidden copies: in the envelope, never in the message.
    #[serde(default)]
    pub bcc: Vec<NamedAddress>,
    /// Where answers should go, if not to the mailbox.
    #[serde(default)]
    pub reply_to: Vec<NamedAddress>,
    /// Subject, without line breaks.
    pub subject: String,
    /// Plain text body.
    #[serde(default)]
    pub text: Option<String>,
    /// HTML body.
    #[serde(default)]
    pub html: Option<String>,
    /// Files.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// Message-ID (with angle brackets) of the message this answers.
    #[serde(default)]
    pub in_reply_to: Option<String>,
    /// Message-IDs of the thread before it, the first message's first, the one it answers last (RFC
    /// 5322, section 3.6.4). With angle brackets; empty stands for that one alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// The conversation it is part of, where that is said and not told from what it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// Kind of mail.
    #[serde(default)]
    pub stream: Stream,
    /// Why the agent sends it, in its own words; shown to the person who decides.
    #[serde(default)]
    pub reason: Option<String>,
    /// The agent's own labels.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Not before.
    #[serde(default)]
    pub send_at: Option<Timestamp>,
    /// Not after.
    #[serde(default)]
    pub send_by: Option<Timestamp>,
    /// The inbound message the agent says is the latest it has read; a newer one holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_latest: Option<String>,
    /// There if the agent's own program composed the message: its bytes leave, not ours. An edit
    /// takes it away, and the message is composed anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub composed: Option<Composed>,
}

/// What is to be remembered of a message its agent composed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Composed {
    /// The Message-ID it came with, as written: later mail of the agent may refer to it, even if
    /// the message left under one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The name beside its `From`, as a reader sees it, if there is one: it leaves as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
}

/// A file in a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// File name, without path separators or control characters.
    pub filename: String,
    /// Media type, such as `application/pdf`.
    pub content_type: String,
    /// The bytes, base64 in JSON.
    #[serde(with = "crate::message::base64_bytes")]
    pub content: Vec<u8>,
}

impl Draft {
    /// Every envelope recipient once, in the order to, cc, bcc.
    pub fn recipients(&self) -> Vec<&Address> {
        let mut seen: Vec<&Address> = Vec::new();
        for named in self.to.iter().chain(&self.cc).chain(&self.bcc) {
            if !seen.contains(&&named.address) {
                seen.push(&named.address);
            }
        }
        seen
    }

    /// Whether it is within the limits every door and every edit share.
    ///
    /// # Errors
    /// The first limit it breaks, with the JSON pointer of the field. Line breaks and control
    /// characters in header fields are refused too: what is composed is what was meant.
    pub fn check(&self) -> Result<(), Problem> {
        let recipients = self.to.len() + self.cc.len() + self.bcc.len();
        if recipients == 0 {
            let detail = "the message has no recipient; name at least one in `to`, `cc` or `bcc`";
            return Err(Problem::new(Code::NoRecipients, detail).at("/to"));
        }
        if recipients > limits::RECIPIENTS_MAX {
            let max = limits::RECIPIENTS_MAX;
            let detail = format!(
                "{recipients} recipients are more than the {max} an ask may carry; send it in parts"
            );
            return Err(Problem::new(Code::TooManyRecipients, detail).at("/to"));
        }
        if self.reply_to.len() > limits::REPLY_TO_MAX {
            let (n, max) = (self.reply_to.len(), limits::REPLY_TO_MAX);
            let detail = format!("{n} addresses in `reply_to` are more than the {max} allowed");
            return Err(Problem::new(Code::InvalidField, detail).at("/reply_to"));
        }
        header(
            "subject",
            "/subject",
            &self.subject,
            limits::SUBJECT_CHARS_MAX,
        )?;
        if let Some(id) = &self.in_reply_to {
            header(
                "in_reply_to",
                "/in_reply_to",
                id,
                limits::MESSAGE_ID_CHARS_MAX,
            )?;
        }
        for (field, body) in [("text", &self.text), ("html", &self.html)] {
            let octets = body.as_ref().map_or(0, String::len);
            if octets > limits::TEXT_OCTETS_MAX {
                let max = limits::TEXT_OCTETS_MAX;
                let detail = format!("`{field}` is {octets} octets long; the most is {max}");
                return Err(Problem::new(Code::InvalidField, detail).at(format!("/{field}")));
            }
        }
        if let Some(reason) = &self.reason {
            within("reason", "/reason", reason, limits::REASON_CHARS_MAX)?;
        }
        if self.tags.len() > limits::TAGS_MAX {
            let detail = format!(
                "{} tags are more than the {} allowed",
                self.tags.len(),
                limits::TAGS_MAX
            );
            return Err(Problem::new(Code::InvalidField, detail).at("/tags"));
        }
        for (key, value) in &self.tags {
            let pointer = format!("/tags/{}", key.replace('~', "~0").replace('/', "~1"));
            within("tags", &pointer, key, limits::TAG_CHARS_MAX)?;
            within("tags", &pointer, value, limits::TAG_CHARS_MAX)?;
        }
        self.check_attachments()
    }

    fn check_attachments(&self) -> Result<(), Problem> {
        let refuse = |index: usize, field: &str, detail: String| {
            Err(Problem::new(Code::InvalidAttachment, detail)
                .at(format!("/attachments/{index}{field}")))
        };
        if self.attachments.len() > limits::ATTACHMENTS_MAX {
            let (n, max) = (self.attachments.len(), limits::ATTACHMENTS_MAX);
            let detail = format!("{n} attachments are more than the {max} allowed");
            return Err(Problem::new(Code::InvalidAttachment, detail).at("/attachments"));
        }
        let mut octets = 0;
        for (index, file) in self.attachments.iter().enumerate() {
            header(
                "filename",
                &format!("/attachments/{index}/filename"),
                &file.filename,
                limits::FILENAME_CHARS_MAX,
            )?;
            header(
                "content_type",
                &format!("/attachments/{index}/content_type"),
                &file.content_type,
                limits::FILENAME_CHARS_MAX,
            )?;
            if file.filename.is_empty() || file.filename.contains(['/', '\\']) {
                return refuse(
                    index,
                    "/filename",
                    "a file name is not empty and has no `/` or `\\` in it".into(),
                );
            }
            octets += file.content.len();
            if octets > limits::ATTACHMENTS_OCTETS_MAX {
                let max = limits::ATTACHMENTS_OCTETS_MAX;
                return refuse(
                    index,
                    "/content",
                    format!("the attachments come to more than {max} octets"),
                );
            }
        }
        Ok(())
    }
}

/// Text that goes into a header: no control characters, so no second header can hide in it.
fn header(field: &str, pointer: &str, text: &str, chars_max: usize) -> Result<(), Problem> {
    if text.chars().any(char::is_control) {
        let detail = format!("`{field}` has a line break or control character in it; take it out");
        return Err(Problem::new(Code::HeaderInjection, detail).at(pointer));
    }
    within(field, pointer, text, chars_max)
}

fn within(field: &str, pointer: &str, text: &str, chars_max: usize) -> Result<(), Problem> {
    let chars = text.chars().count();
    if chars > chars_max {
        let detail = format!("`{field}` is {chars} characters long; the most is {chars_max}");
        return Err(Problem::new(Code::InvalidField, detail).at(pointer));
    }
    Ok(())
}

/// Bytes as standard base64 in JSON.
pub mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes bytes as base64.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    /// Reads base64, padding required.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        STANDARD
            .decode(text.as_bytes())
            .map_err(serde::de::Error::custom)
    }
}
