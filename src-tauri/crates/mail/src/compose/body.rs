//! Bodies: MIME parts in the encoding that fits them, and the multiparts that hold them.

use std::fmt::Write as _;

use domain::Attachment;
use email_encoding::headers::rfc2231;
use email_encoding::headers::writer::EmailWriter;

use super::check::{self, ComposeError};

/// Longest line that goes out unencoded (RFC 5322, section 2.1.1: 78; 998 is where servers break).
const LINE_OCTETS: usize = 78;

/// A part, or parts in a part.
pub(super) enum Entity {
    Leaf(Leaf),
    Multi(Multipart),
}

/// A part with content: its header lines and its encoded body.
pub(super) struct Leaf {
    headers: String,
    body: Vec<u8>,
}

/// Parts between boundaries.
pub(super) struct Multipart {
    pub subtype: &'static str,
    pub boundary: String,
    pub parts: Vec<Entity>,
}

impl Entity {
    /// Headers, empty line, body. A leaf's body ends as its content does.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Entity::Leaf(leaf) => {
                out.extend_from_slice(leaf.headers.as_bytes());
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(&leaf.body);
            }
            Entity::Multi(Multipart {
                subtype,
                boundary,
                parts,
            }) => {
                let head = format!(
                    "Content-Type: multipart/{subtype};\r\n boundary=\"{boundary}\"\r\n\r\n"
                );
                out.extend_from_slice(head.as_bytes());
                for part in parts {
                    out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
                    part.write(out);
                    // This line break belongs to the boundary, not to the part (RFC 2046, 5.1.1).
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            }
        }
    }
}

/// A boundary no part can contain: base64 and quoted-printable never hold `=_` (RFC 2045, 6.7),
/// and text that does is not sent unencoded, see [`text`].
pub(super) fn boundary(seed: &[u8; 32], which: char) -> String {
    let mut boundary = format!("=_{which}");
    for byte in seed.iter().take(16) {
        let _ = write!(boundary, "{byte:02x}");
    }
    boundary
}

/// A `text/…; charset=utf-8` part.
pub(super) fn text(subtype: &str, content: &str) -> Entity {
    let lines = with_crlf(content);
    let (encoding, body) = encoded(&lines);
    Entity::Leaf(Leaf {
        headers: format!(
            "Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
        ),
        body,
    })
}

/// A file, always base64: its bytes arrive as they are.
pub(super) fn file(index: usize, file: &Attachment) -> Result<Entity, ComposeError> {
    let content_type = check::content_type(index, &file.content_type)?;
    let mut headers = format!("Content-Type: {content_type}\r\nContent-Disposition: attachment;");
    {
        let mut writer = EmailWriter::new(
            &mut headers,
            "Content-Disposition: attachment;".len(),
            1,
            true,
        );
        // Writing to a `String` cannot fail.
        let _ = rfc2231::encode("filename", &file.filename, &mut writer);
    }
    headers.push_str("\r\nContent-Transfer-Encoding: base64\r\n");
    Ok(Entity::Leaf(Leaf {
        headers,
        body: base64_lines(&file.content),
    }))
}

/// Every line break as CRLF.
fn with_crlf(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    unix.replace('\n', "\r\n")
}

/// The readable encoding where it is readable, the short one where it is not.
fn encoded(lines: &str) -> (&'static str, Vec<u8>) {
    let plain = !lines.contains("=_")
        && lines.split("\r\n").all(|line| {
            line.len() <= LINE_OCTETS
                && !line.ends_with([' ', '\t'])
                && line
                    .bytes()
                    .all(|b| b == b'\t' || (b' '..=b'~').contains(&b))
        });
    if plain {
        return ("7bit", lines.as_bytes().to_vec());
    }
    let escaped = lines
        .bytes()
        .filter(|b| !matches!(b, b'\r' | b'\n' | b' '..=b'~'))
        .count();
    // Quoted-printable spends two more octets per escape, base64 a third of everything.
    if escaped * 2 <= lines.len() / 3 {
        ("quoted-printable", quoted_printable::encode(lines))
    } else {
        ("base64", base64_lines(lines.as_bytes()))
    }
}

fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = String::with_capacity(email_encoding::body::base64::encoded_len(bytes.len()));
    // Writing to a `String` cannot fail.
    let _ = email_encoding::body::base64::encode(bytes, &mut out);
    out.into_bytes()
}
