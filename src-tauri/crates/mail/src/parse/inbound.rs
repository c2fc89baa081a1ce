//! A received message, taken apart for the judgement: [`domain::inbound::Message`].
//!
//! Never fails. What is broken is read as well as it can be and said in `defects`; what is too
//! much is left out and said too.

use std::borrow::Cow;
use std::collections::HashSet;

use domain::inbound::{
    Content, FILE_HEAD_OCTETS, HEADER_OCTETS_MAX, HEADERS_MAX, Header, MESSAGE_OCTETS_MAX, Message,
    NESTING_MAX, PART_TEXT_OCTETS_MAX, PARTS_MAX, Part,
};
use mail_parser::parsers::MessageStream;
use mail_parser::{HeaderValue, MessagePart, MimeHeaders, PartType};

use super::closed::{self, Closed};

/// Multiparts inside multiparts that are walked into.
const MULTIPART_DEPTH_MAX: usize = 40;

/// Takes a received message apart.
pub fn inbound(bytes: &[u8]) -> Message {
    let mut out = Message::default();
    let bytes = if bytes.len() > MESSAGE_OCTETS_MAX {
        out.defects.push(format!(
            "only the first {MESSAGE_OCTETS_MAX} of its {} octets are read",
            bytes.len()
        ));
        bytes.get(..MESSAGE_OCTETS_MAX).unwrap_or(bytes)
    } else {
        bytes
    };
    let bytes = readable(bytes, &mut out.defects);
    if !take_apart(&bytes, 0, &mut out) {
        // Without a header there is still a text a person would see.
        out.defects
            .push("it has no header a mail program would read".to_owned());
        out.parts.push(plain(text_of(&bytes)));
    }
    out
}

/// Line ends a parser knows, and no mbox separator in front.
pub(super) fn readable<'a>(bytes: &'a [u8], defects: &mut Vec<String>) -> Cow<'a, [u8]> {
    let mut bytes = Cow::Borrowed(bytes);
    if bytes.contains(&b'\r') && !bytes.contains(&b'\n') {
        defects.push("its lines end in bare carriage returns".to_owned());
        bytes = Cow::Owned(
            bytes
                .iter()
                .map(|&b| if b == b'\r' { b'\n' } else { b })
                .collect(),
        );
    }
    if bytes.contains(&0) {
        defects.push("it has NUL octets, which are left out".to_owned());
        bytes = Cow::Owned(bytes.iter().copied().filter(|&b| b != 0).collect());
    }
    let mut skip = 0;
    while bytes
        .get(skip..)
        .is_some_and(|rest| rest.starts_with(b"\n") || rest.starts_with(b"\r\n"))
    {
        skip += 1;
    }
    let rest = bytes.get(skip..).unwrap_or_default();
    if rest.starts_with(b"From ") || rest.starts_with(b">From ") {
        skip += rest.iter().position(|&b| b == b'\n').map_or(0, |n| n + 1);
    }
    if skip > 0 {
        defects.push("something stands before its first header".to_owned());
        bytes = Cow::Owned(bytes.get(skip..).unwrap_or_default().to_vec());
    }
    bytes
}

/// One message; false if it has no header.
fn take_apart(bytes: &[u8], nesting: usize, out: &mut Message) -> bool {
    let closed = Closed::new(bytes);
    let Some(parsed) = closed.parse() else {
        return false;
    };
    for header in parsed.headers().iter().take(HEADERS_MAX) {
        let bytes = closed
            .given()
            .get(header.offset_start() as usize..header.offset_end() as usize)
            .unwrap_or_default();
        let bytes = bytes.get(..HEADER_OCTETS_MAX).unwrap_or(bytes);
        let unfolded = unfold(&text_of(bytes));
        let value = if unfolded.contains("=?") {
            match MessageStream::new(bytes).parse_unstructured() {
                HeaderValue::Text(text) => unfold(&text),
                HeaderValue::Address(_)
                | HeaderValue::TextList(_)
                | HeaderValue::DateTime(_)
                | HeaderValue::ContentType(_)
                | HeaderValue::Received(_)
                | HeaderValue::Empty => unfolded.clone(),
            }
        } else {
            unfolded.clone()
        };
        out.headers.push(Header {
            name: header.name().to_owned(),
            raw: unfolded,
            value,
        });
    }
    if parsed.headers().len() > HEADERS_MAX {
        out.defects
            .push(format!("only the first {HEADERS_MAX} headers are read"));
    }
    let broken = parsed
        .parts
        .iter()
        .filter(|part| part.is_encoding_problem)
        .count();
    if broken > 0 {
        out.defects.push(format!(
            "{broken} of its parts are not in the encoding they claim"
        ));
    }
    Walk {
        closed: &closed,
        parsed: &parsed,
        messages: closed::messages(&parsed),
        nesting,
    }
    .part(0, 0, out);
    if out.parts.len() >= PARTS_MAX {
        out.defects
            .push(format!("only the first {PARTS_MAX} parts are read"));
    }
    true
}

/// A message whose parts are gone through.
struct Walk<'a> {
    closed: &'a Closed<'a>,
    parsed: &'a mail_parser::Message<'a>,
    /// Its parts that are messages.
    messages: HashSet<usize>,
    /// Messages it stands in.
    nesting: usize,
}

impl Walk<'_> {
    /// One part and those in it, in document order.
    fn part(&self, id: usize, depth: usize, out: &mut Message) {
        let Some(part) = self.parsed.parts.get(id) else {
            return;
        };
        if out.parts.len() >= PARTS_MAX || depth > MULTIPART_DEPTH_MAX {
            return;
        }
        let is_message = self.messages.contains(&id);
        let kind = content_type(part, is_message);
        let content = match &part.body {
            PartType::Multipart(_) => Content::Multipart,
            _ if is_message => self.attached(part),
            PartType::Text(text) => Content::Text(bounded(&self.closed.text(text))),
            PartType::Html(html) => Content::Html(bounded(&self.closed.text(html))),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => self.file(bytes, &kind),
            PartType::Message(inner) => self.file(inner.raw_message(), &kind),
        };
        let children = part.sub_parts().unwrap_or_default();
        out.parts.push(Part {
            parameters: parameters(part),
            is_attachment: part
                .content_disposition()
                .is_some_and(|disposition| disposition.is_attachment()),
            filename: part.attachment_name().map(str::to_owned),
            content_type: kind,
            depth,
            content,
        });
        for child in children {
            self.part(*child as usize, depth + 1, out);
        }
    }

    /// An attached message, opened if it does not stand too deep and has a header.
    fn attached(&self, part: &MessagePart<'_>) -> Content {
        let bytes = self.closed.restored(super::content(self.parsed, part));
        let mut message = Message::default();
        if self.nesting < NESTING_MAX && take_apart(&bytes, self.nesting + 1, &mut message) {
            return Content::Message(Box::new(message));
        }
        Content::Text(bounded(&text_of(&bytes)))
    }

    fn file(&self, bytes: &[u8], kind: &str) -> Content {
        let bytes = self.closed.restored(Cow::Borrowed(bytes));
        if kind.starts_with("message/") {
            return Content::Text(bounded(&text_of(&bytes)));
        }
        let head = bytes.get(..FILE_HEAD_OCTETS).unwrap_or(&bytes).to_vec();
        Content::File {
            octets: bytes.len(),
            head,
        }
    }
}

fn content_type(part: &MessagePart<'_>, is_message: bool) -> String {
    match closed::content_type(part) {
        Some((kind, sub)) => {
            let sub = sub.as_deref().unwrap_or("plain");
            format!("{kind}/{sub}")
        }
        None if is_message => "message/rfc822".to_owned(),
        None => "text/plain".to_owned(),
    }
}

fn parameters(part: &MessagePart<'_>) -> Vec<(String, String)> {
    part.content_type()
        .and_then(|kind| kind.attributes())
        .unwrap_or_default()
        .iter()
        .take(HEADERS_MAX)
        .map(|attribute| {
            (
                attribute.name.to_ascii_lowercase(),
                attribute.value.to_string(),
            )
        })
        .collect()
}

fn plain(text: Cow<'_, str>) -> Part {
    Part {
        content_type: "text/plain".to_owned(),
        parameters: Vec::new(),
        is_attachment: false,
        filename: None,
        depth: 0,
        content: Content::Text(bounded(&text)),
    }
}

/// At most [`PART_TEXT_OCTETS_MAX`] octets, whole characters, line ends as `\n`.
fn bounded(text: &str) -> String {
    let mut end = text.len().min(PART_TEXT_OCTETS_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}

fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// RFC 5322 unfolding; control characters become spaces, ends are trimmed.
fn unfold(text: &str) -> String {
    let one: String = text
        .chars()
        .filter(|c| *c != '\r' && *c != '\n')
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    one.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_keeps_its_fields_and_the_returned_message() {
        let raw = b"From: MAILER-DAEMON@mx.example.net\r\nSubject: =?utf-8?q?Zur=C3=BCck?=\r\n\
            Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
            --b\r\n\r\nnot delivered\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
            Final-Recipient: rfc822; a@example.org\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
            Message-ID: <1@example.net>\r\n\r\nhello\r\n--b--\r\n";
        let message = inbound(raw);
        assert_eq!(message.value("subject"), "Zurück");
        let kinds: Vec<&str> = message
            .parts
            .iter()
            .map(|p| p.content_type.as_str())
            .collect();
        let expected = [
            "multipart/report",
            "text/plain",
            "message/delivery-status",
            "message/rfc822",
        ];
        assert_eq!(kinds, expected);
        assert!(
            matches!(&message.parts[2].content, Content::Text(t) if t.contains("a@example.org"))
        );
        let Content::Message(inner) = &message.parts[3].content else {
            panic!("the returned message is opened");
        };
        assert_eq!(inner.value("message-id"), "<1@example.net>");
    }

    #[test]
    fn line_ends_do_not_change_what_is_read() {
        let lf = "From: a@example.org\nSubject: x\n\nhello\nworld\n";
        let read = |text: &str| {
            let message = inbound(text.as_bytes());
            (message.headers, message.parts)
        };
        assert_eq!(read(lf), read(&lf.replace('\n', "\r\n")));
        assert_eq!(read(lf), read(&lf.replace('\n', "\r")));
    }

    #[test]
    fn ten_thousand_parts_and_no_header_are_read_within_limits() {
        let mut raw = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned();
        for _ in 0..10_000 {
            raw.push_str("--b\n\nx\n");
        }
        let message = inbound(raw.as_bytes());
        assert_eq!(message.parts.len(), PARTS_MAX);
        assert!(!message.defects.is_empty());
        assert!(!inbound(b"").defects.is_empty());
    }
}
