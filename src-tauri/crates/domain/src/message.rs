//! What an agent asks to send, before it is composed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::{Address, NamedAddress};
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
