//! The MIME tree of a message somebody else composed: every text, every file, and whatever makes two
//! readers see two trees.

use domain::{Attachment, limits};
use mail_parser::{HeaderName, HeaderValue, Message, MessagePart, MimeHeaders, PartType};

use super::{PARTS_MAX, RawError, visible};
use crate::parse::closed::Closed;

/// What is in it.
pub(super) struct Content {
    /// All plain texts, one below the other.
    pub text: Option<String>,
    /// All HTML, one below the other.
    pub html: Option<String>,
    /// Everything else.
    pub files: Vec<Attachment>,
}

/// Reads every part.
pub(super) fn read(closed: &Closed<'_>, message: &Message<'_>) -> Result<Content, RawError> {
    if message.parts.len() > PARTS_MAX {
        return odd("it has more than 500 parts");
    }
    let mut content = Content {
        text: None,
        html: None,
        files: Vec::new(),
    };
    for (index, part) in message.parts.iter().enumerate() {
        check(message, part)?;
        let attached = message
            .attachments
            .iter()
            .any(|id| usize::try_from(*id).is_ok_and(|id| id == index));
        match &part.body {
            PartType::Multipart(_) => {}
            PartType::Text(text) if !attached => add(&mut content.text, &closed.text(text)),
            PartType::Html(html) if !attached => add(&mut content.html, &closed.text(html)),
            PartType::Text(_)
            | PartType::Html(_)
            | PartType::Binary(_)
            | PartType::InlineBinary(_)
            | PartType::Message(_) => {
                let number = content.files.len() + 1;
                content.files.push(file(closed, message, part, number));
            }
        }
    }
    Ok(content)
}

fn odd<T>(why: &'static str) -> Result<T, RawError> {
    Err(RawError::Structure { why })
}

fn add(all: &mut Option<String>, more: &str) {
    match all {
        Some(all) => {
            all.push('\n');
            all.push_str(more);
        }
        None => *all = Some(more.to_owned()),
    }
}

fn file(
    closed: &Closed<'_>,
    message: &Message<'_>,
    part: &MessagePart<'_>,
    number: usize,
) -> Attachment {
    let given = part.attachment_name().map(visible).unwrap_or_default();
    // A path is no name; what stands in the message itself stays as it is.
    let name: String = given
        .chars()
        .map(|c| if matches!(c, '/' | '\\') { '_' } else { c })
        .take(limits::FILENAME_CHARS_MAX)
        .collect();
    let content_type = crate::parse::media_type(part);
    Attachment {
        filename: match name.trim() {
            "" => format!("part-{number}"),
            name => name.to_owned(),
        },
        content_type: visible(&content_type)
            .chars()
            .take(limits::FILENAME_CHARS_MAX)
            .collect(),
        content: closed
            .restored(crate::parse::content(message, part))
            .into_owned(),
    }
}

/// What readers are known to disagree about.
fn check(message: &Message<'_>, part: &MessagePart<'_>) -> Result<(), RawError> {
    if part.is_encoding_problem {
        return odd("a part is not in the encoding it claims");
    }
    for name in [
        HeaderName::ContentType,
        HeaderName::ContentTransferEncoding,
        HeaderName::ContentDisposition,
    ] {
        if part
            .headers
            .iter()
            .filter(|header| header.name == name)
            .count()
            > 1
        {
            return odd("a part has a `Content-` header twice");
        }
    }
    let encoding = part.content_transfer_encoding().unwrap_or("7bit");
    let known = ["7bit", "8bit", "base64", "quoted-printable"];
    if !known.iter().any(|one| encoding.eq_ignore_ascii_case(one)) {
        return odd(
            "a part has a transfer encoding other than 7bit, 8bit, base64 and quoted-printable",
        );
    }
    let encoded = !encoding.eq_ignore_ascii_case("7bit") && !encoding.eq_ignore_ascii_case("8bit");
    let kind = crate::parse::media_type(part).to_ascii_lowercase();
    match kind.split_once('/') {
        Some(("multipart", _)) => multipart(message, part, encoded),
        Some(("message", "partial" | "external-body")) => {
            odd("a part is somewhere else (`message/partial`, `message/external-body`)")
        }
        Some(("message", "rfc822" | "global")) if encoded => odd("an attached message is encoded"),
        Some(_) => Ok(()),
        None => odd("a part has a content type that is none"),
    }
}

/// A multipart has a boundary, parts, and an end (RFC 2046, section 5.1).
fn multipart(message: &Message<'_>, part: &MessagePart<'_>, encoded: bool) -> Result<(), RawError> {
    if encoded {
        return odd("a multipart is encoded");
    }
    let boundaries = part
        .headers
        .iter()
        .filter_map(|header| match &header.value {
            HeaderValue::ContentType(kind) => kind.attribute("boundary"),
            HeaderValue::Address(_)
            | HeaderValue::Text(_)
            | HeaderValue::TextList(_)
            | HeaderValue::DateTime(_)
            | HeaderValue::Received(_)
            | HeaderValue::Empty => None,
        });
    let Some(boundary) = boundaries
        .into_iter()
        .next()
        .filter(|text| !text.is_empty())
    else {
        return odd("a multipart has no boundary");
    };
    let PartType::Multipart(children) = &part.body else {
        return odd("a multipart has no parts");
    };
    if children.is_empty() {
        return odd("a multipart has no parts");
    }
    let (from, to) = (part.raw_body_offset(), part.raw_end_offset());
    let raw = message
        .raw_message()
        .get(from as usize..to as usize)
        .unwrap_or_default();
    let end = format!("--{boundary}--");
    let ended = raw
        .split(|byte| *byte == b'\n')
        .any(|line| line.trim_ascii_end() == end.as_bytes());
    match ended {
        true => Ok(()),
        false => odd("a multipart does not end with its boundary"),
    }
}
