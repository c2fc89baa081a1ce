//! The message exactly as it will leave, made safe to look at.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Mark;

/// The message as it will leave.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "MessageView")]
pub(crate) struct MessageShown {
    pub from: String,
    pub to: Vec<RecipientView>,
    pub cc: Vec<RecipientView>,
    /// In the envelope, never in the message.
    pub bcc: Vec<RecipientView>,
    pub reply_to: Vec<String>,
    pub subject: String,
    pub text: Option<String>,
    /// Sanitised, without anything remote; for a sandboxed frame all the same.
    pub html: Option<String>,
    pub attachments: Vec<AttachmentView>,
    pub message_id: String,
    pub envelope: EnvelopeView,
    /// Whom its headers name as recipients and it does not go to.
    pub named_only: Vec<String>,
    pub links: Vec<LinkView>,
    /// Places in the text that a rule looked at.
    pub marks: Vec<Mark>,
    /// The same in the subject.
    pub subject_marks: Vec<Mark>,
    /// What a person should know before they trust what they see; one sentence each.
    pub warnings: Vec<String>,
}

/// One recipient as shown.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "Recipient")]
pub(crate) struct RecipientView {
    pub name: Option<String>,
    /// With its domain in its own script.
    pub address: String,
    /// The address as it goes over the wire, where that reads differently.
    pub punycode: Option<String>,
    /// Nobody here has ever reached them.
    pub new_contact: bool,
}

/// A file in the message.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct AttachmentView {
    pub index: u32,
    pub filename: String,
    pub content_type: String,
    pub octets: u32,
}

/// Who the relay is told about.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct EnvelopeView {
    pub mail_from: String,
    pub rcpt_to: Vec<String>,
}

/// What a link says and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub(crate) struct LinkView {
    pub text: String,
    pub target: String,
}

/// The sealed bytes, as text.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Source {
    pub text: String,
    pub truncated: bool,
}

/// One file of the message.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct RawAttachment {
    pub filename: String,
    pub content_type: String,
    pub content_base64: String,
}

/// A message as a person edits it. Addresses as typed: `Dana <dana@acme.com>`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftEdit {
    pub to: Vec<String>,
    #[serde(default)]
    pub cc: Vec<String>,
    #[serde(default)]
    pub bcc: Vec<String>,
    #[serde(default)]
    pub reply_to: Vec<String>,
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
    /// Attachments of the version before that stay, by index.
    #[serde(default)]
    pub keep_attachments: Vec<u32>,
}
