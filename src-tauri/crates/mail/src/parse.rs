//! What is in a message, for the eye: headers decoded, bodies, files. Never fails and trusts
//! nothing: what cannot be read is said in [`MessageView::defects`].

pub(crate) mod closed;
#[cfg(test)]
mod hostile;
pub mod inbound;
mod texts;

pub use texts::texts;

use std::borrow::Cow;

use domain::NamedAddress;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, HeaderValue, Message, MessagePart, MimeHeaders, PartType};
use serde::Serialize;

use closed::Closed;

/// A message taken apart.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct MessageView {
    /// Headers in their order, values unfolded and decoded.
    pub headers: Vec<HeaderLine>,
    /// Where an answer goes: its `Reply-To`, else its `From` (RFC 5322, section 3.6.2). Empty if it
    /// names nobody who could be written to.
    pub answer_to: Vec<NamedAddress>,
    /// Whom its `To` and `Cc` name, at most [`NAMED_MAX`].
    pub named: Vec<NamedAddress>,
    /// The plain text body.
    pub text: Option<String>,
    /// The HTML body, as it is: never show it without making it harmless.
    pub html: Option<String>,
    /// The files.
    pub attachments: Vec<AttachmentView>,
    /// What was odd, in words; empty for everything composed here.
    pub defects: Vec<String>,
}

/// One header.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HeaderLine {
    /// As written.
    pub name: String,
    /// Unfolded and decoded, at most [`HEADER_CHARS_MAX`] characters.
    pub value: String,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AttachmentView {
    /// To ask for its bytes with, see [`attachment`].
    pub index: usize,
    /// Its name, if it has one.
    pub filename: Option<String>,
    /// `type/subtype`.
    pub content_type: String,
    /// Octets, decoded.
    pub octets: usize,
}

/// Characters of one header value that are shown.
pub const HEADER_CHARS_MAX: usize = 10_000;
/// Headers that are shown.
pub const HEADERS_MAX: usize = 500;

/// People named in `To` and `Cc` that are listed.
pub const NAMED_MAX: usize = 500;

/// Files that are listed.
pub const ATTACHMENTS_MAX: usize = 500;

/// Takes a message apart.
pub fn view(bytes: &[u8]) -> MessageView {
    let mut view = MessageView::default();
    let closed = Closed::new(bytes);
    let Some(message) = closed.parse() else {
        view.defects
            .push("the bytes have no header a mail program would read".to_owned());
        return view;
    };
    let head = closed.head();
    let headers = head.as_ref().map_or(&[][..], Message::headers);
    for header in headers.iter().take(HEADERS_MAX) {
        let raw = bytes
            .get(header.offset_start() as usize..header.offset_end() as usize)
            .unwrap_or_default();
        view.headers.push(HeaderLine {
            name: header.name().to_owned(),
            value: shown(header.value(), raw),
        });
    }
    if headers.len() > HEADERS_MAX {
        view.defects
            .push(format!("only the first {HEADERS_MAX} headers are shown"));
    }
    if let Some(head) = &head {
        view.answer_to = crate::raw::named(head.reply_to());
        if view.answer_to.is_empty() {
            view.answer_to = crate::raw::named(head.from());
        }
        view.named = crate::raw::named(head.to());
        view.named.extend(crate::raw::named(head.cc()));
        view.named.truncate(NAMED_MAX);
    }
    // The parser offers HTML made into text and the reverse; only what is really there is shown.
    view.text = message.text_bodies().find_map(|part| match &part.body {
        PartType::Text(text) => Some(closed.text(text).into_owned()),
        PartType::Html(_)
        | PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Message(_)
        | PartType::Multipart(_) => None,
    });
    view.html = message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(closed.text(html).into_owned()),
        PartType::Text(_)
        | PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Message(_)
        | PartType::Multipart(_) => None,
    });
    let files = message.attachment_count();
    if files > ATTACHMENTS_MAX {
        view.defects.push(format!(
            "only the first {ATTACHMENTS_MAX} of its {files} files are listed"
        ));
    }
    for (index, part) in message.attachments().take(ATTACHMENTS_MAX).enumerate() {
        view.attachments.push(listed(&message, index, part));
    }
    view.defects.extend(defects(&message));
    view
}

/// The instant a `Date` header names (RFC 5322), if it can be read and a calendar can hold it.
pub fn date(value: &str) -> Option<domain::Timestamp> {
    let read = mail_parser::DateTime::parse_rfc822(value)?;
    if !read.is_valid() {
        return None;
    }
    let at = domain::Timestamp::from_seconds(read.to_timestamp());
    (at >= domain::Timestamp::from_seconds(0) && at <= domain::Timestamp::MAX).then_some(at)
}

/// What `each` makes of the first files of [`MessageView::attachments`] and their bytes, decoded.
/// The message is taken apart once, however many they are.
pub fn files<T>(
    bytes: &[u8],
    files_max: usize,
    mut each: impl FnMut(AttachmentView, &[u8]) -> T,
) -> Vec<T> {
    let closed = Closed::new(bytes);
    let Some(message) = closed.parse() else {
        return Vec::new();
    };
    let parts = message.attachments().take(files_max.min(ATTACHMENTS_MAX));
    let parts = parts.enumerate().map(|(index, part)| {
        let seen = listed(&message, index, part);
        each(seen, &closed.restored(content(&message, part)))
    });
    parts.collect()
}

fn listed(message: &Message<'_>, index: usize, part: &MessagePart<'_>) -> AttachmentView {
    AttachmentView {
        index,
        filename: part.attachment_name().map(str::to_owned),
        content_type: media_type(part),
        octets: content(message, part).len(),
    }
}

/// The bytes of one file of [`MessageView::attachments`], decoded.
pub fn attachment(bytes: &[u8], index: usize) -> Option<Vec<u8>> {
    let closed = Closed::new(bytes);
    let message = closed.parse()?;
    message
        .attachments()
        .nth(index)
        .map(|part| closed.restored(content(&message, part)).into_owned())
}

/// `type/subtype` of a part, as written.
pub(crate) fn media_type(part: &MessagePart<'_>) -> String {
    match closed::content_type(part) {
        Some((kind, Some(sub))) => format!("{kind}/{sub}"),
        Some((kind, None)) => kind,
        None => "application/octet-stream".to_owned(),
    }
}

/// The decoded bytes of a part. The parser turns text into UTF-8; a file is its bytes, whatever
/// character set they are in.
pub(crate) fn content<'a>(message: &'a Message<'_>, part: &'a MessagePart<'_>) -> Cow<'a, [u8]> {
    match &part.body {
        PartType::Text(_) | PartType::Html(_) => {
            let (from, to) = (part.raw_body_offset(), part.raw_end_offset());
            let raw = message
                .raw_message()
                .get(from as usize..to as usize)
                .unwrap_or_default();
            let decoded = match part.encoding {
                Encoding::Base64 => base64_decode(raw),
                Encoding::QuotedPrintable => quoted_printable_decode(raw),
                Encoding::None => None,
            };
            decoded.map_or(Cow::Borrowed(raw), Cow::Owned)
        }
        PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Message(_)
        | PartType::Multipart(_) => Cow::Borrowed(part.contents()),
    }
}

/// A header's value as a person reads it.
fn shown(value: &HeaderValue<'_>, raw: &[u8]) -> String {
    let text = match value {
        HeaderValue::Text(text) => text.to_string(),
        HeaderValue::TextList(list) => list.join(" "),
        HeaderValue::Address(list) => list
            .iter()
            .map(|one| match (one.name(), one.address()) {
                (Some(name), Some(address)) => format!("{name} <{address}>"),
                (None, Some(address)) => address.to_owned(),
                (Some(name), None) => name.to_owned(),
                (None, None) => String::new(),
            })
            .collect::<Vec<_>>()
            .join(", "),
        HeaderValue::DateTime(_)
        | HeaderValue::ContentType(_)
        | HeaderValue::Received(_)
        | HeaderValue::Empty => String::from_utf8_lossy(raw)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    };
    text.chars()
        .filter(|c| !c.is_control())
        .take(HEADER_CHARS_MAX)
        .collect()
}

/// What the parser had to guess.
fn defects(message: &Message<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let broken = message
        .parts
        .iter()
        .filter(|part| part.is_encoding_problem)
        .count();
    if broken > 0 {
        found.push(format!(
            "{broken} of its parts are not in the encoding they claim"
        ));
    }
    found
}
