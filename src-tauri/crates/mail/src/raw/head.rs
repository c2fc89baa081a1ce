//! The header section of a message somebody else composed: taken apart without guessing, checked,
//! and written out again.

use domain::{Address, OWN_ID_FIELD};
use mail_parser::Message;

use super::{FIELDS_MAX, HEAD_OCTETS_MAX, RawError, breaks};
use crate::header::{begins_an_encoded_word, shown};

/// One header field, folded as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Field {
    /// As written, without the colon.
    pub name: String,
    /// All of its octets, from the name to the last CRLF.
    pub octets: Vec<u8>,
}

/// Fields that may stand once (RFC 5322, section 3.6; RFC 2045, section 3; and ours). Readers differ
/// in which of two they show.
const SINGLE: [&str; 19] = [
    "Bcc",
    "Cc",
    "Content-Description",
    "Content-Disposition",
    "Content-ID",
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "In-Reply-To",
    "MIME-Version",
    "Message-ID",
    "References",
    "Reply-To",
    "Resend-Idempotency-Key",
    "Sender",
    "Subject",
    "To",
    "X-Dedupe-Key",
];

/// Fields that are not the client's to write, and those that were only for us.
const TAKEN_OUT: [&str; 10] = [
    "Bcc",
    "DKIM-Signature",
    "Date",
    "Received",
    "Resend-Idempotency-Key",
    "Return-Path",
    "Sender",
    "Status",
    "X-Dedupe-Key",
    OWN_ID_FIELD,
];

/// Headers that carry an idempotency key, the first that is there counts.
const KEYS: [&str; 2] = ["Resend-Idempotency-Key", "X-Dedupe-Key"];

impl Field {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value unfolded, without the blanks around it.
    fn value(&self) -> String {
        let octets = self.octets.get(self.name.len() + 1..).unwrap_or_default();
        let text = String::from_utf8_lossy(octets);
        text.replace("\r\n", "").trim().to_owned()
    }
}

/// The fields, and everything behind the empty line. A message may end with its header section.
pub(super) fn split(bytes: &[u8]) -> Result<(Vec<Field>, &[u8]), RawError> {
    let mut fields: Vec<Field> = Vec::new();
    let mut at = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        at += line.len();
        if line == b"\r\n" {
            break;
        }
        let odd = |why| {
            Err(RawError::Head {
                line: index + 1,
                why,
            })
        };
        if at > HEAD_OCTETS_MAX {
            return odd("it is longer than 64 KiB");
        }
        let Ok(text) = std::str::from_utf8(line) else {
            return odd("it is not UTF-8; encode what is beyond ASCII");
        };
        if text.trim_end_matches("\r\n").contains(breaks) {
            return odd("it has a control character or a line separator in it; take it out");
        }
        if text.starts_with([' ', '\t']) {
            if text.trim().is_empty() {
                return odd("a folded line is blank, which some readers take for its end");
            }
            match fields.last_mut() {
                Some(field) => field.octets.extend_from_slice(line),
                None => return odd("it begins with a folded line"),
            }
            continue;
        }
        let name = text.split_once(':').map(|(name, _)| name);
        let holds =
            |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        let Some(name) = name.filter(holds) else {
            return odd("a line is neither `Name: value` nor folded");
        };
        if fields.len() >= FIELDS_MAX {
            return odd("there are more than 500 headers");
        }
        fields.push(Field {
            name: name.to_owned(),
            octets: line.to_vec(),
        });
    }
    if let Some(last) = fields.last_mut()
        && !last.octets.ends_with(b"\r\n")
    {
        last.octets.extend_from_slice(b"\r\n");
    }
    Ok((fields, bytes.get(at..).unwrap_or_default()))
}

/// No field that may stand once stands twice.
pub(super) fn check(fields: &[Field]) -> Result<(), RawError> {
    let twice = SINGLE
        .into_iter()
        .find(|name| fields.iter().filter(|field| field.is(name)).count() > 1);
    match twice {
        Some(name) => Err(RawError::Repeated { name }),
        None => Ok(()),
    }
}

/// The one author, and nothing in the header that another reader could take for another one.
pub(super) fn from(fields: &[Field], message: &Message<'_>) -> Result<Address, RawError> {
    let field = fields.iter().find(|field| field.is("From"));
    let value = field.map(Field::value).unwrap_or_default();
    let mut all = message
        .from()
        .into_iter()
        .flat_map(mail_parser::Address::iter);
    let (Some(one), None) = (all.next(), all.next()) else {
        return Err(RawError::From);
    };
    let written = one.address().unwrap_or_default();
    let address: Address = written.parse().map_err(|_| RawError::From)?;
    let bare = unquoted(&value);
    let alone = bare == written;
    let behind_name = bare.ends_with(&format!("<{written}>"))
        && bare.matches('<').count() == 1
        && !bare.contains([',', ';', ':', '(']);
    match alone || behind_name {
        true => Ok(address),
        false => Err(RawError::From),
    }
}

/// No address that another reader takes for another one: an encoded word decodes where an address
/// is looked for, or before it.
pub(super) fn addresses(fields: &[Field]) -> Result<(), RawError> {
    let named = ["From", "To", "Cc", "Reply-To"];
    let lists = fields
        .iter()
        .filter(|field| named.iter().any(|name| field.is(name)));
    for field in lists {
        let value = field.value();
        let pieces = value.split(|c: char| c.is_whitespace() || "<>,;:()".contains(c));
        for piece in pieces.filter(|piece| begins_an_encoded_word(piece)) {
            if without_words(piece).contains('@') {
                return Err(RawError::Address {
                    address: shown(piece),
                });
            }
        }
    }
    Ok(())
}

/// A text without the encoded words in it that are whole.
fn without_words(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some((before, word)) = rest.split_once("=?") {
        let mut parts = word.splitn(3, '?');
        let after = parts.nth(2).and_then(|text| text.split_once("?="));
        let Some((_, after)) = after else { break };
        left.push_str(before);
        rest = after;
    }
    left.push_str(rest);
    left
}

/// Without quoted strings.
fn unquoted(value: &str) -> String {
    let (mut out, mut quoted, mut escaped) = (String::new(), false, false);
    for c in value.chars() {
        match (quoted, c) {
            (true, _) if escaped => escaped = false,
            (true, '\\') => escaped = true,
            (_, '"') => quoted = !quoted,
            (true, _) => {}
            (false, c) => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// The Message-ID the client gave, as written.
pub(super) fn message_id(fields: &[Field]) -> Option<String> {
    let field = fields.iter().find(|field| field.is("Message-ID"))?;
    Some(field.value()).filter(|id| !id.is_empty())
}

/// The client's own idempotency key.
pub(super) fn dedupe_key(fields: &[Field]) -> Option<String> {
    let given = KEYS
        .iter()
        .find_map(|name| fields.iter().find(|field| field.is(name)))?;
    Some(given.value()).filter(|key| !key.is_empty())
}

/// The header section without its empty line: what is not the client's to write is out, and the
/// Message-ID is this one, said a second time in front of it all: who reads only the first of many
/// fields finds it.
pub(super) fn rewritten(fields: &[Field], message_id: &str) -> Vec<u8> {
    let mut out = format!("{OWN_ID_FIELD}: {message_id}\r\n").into_bytes();
    let mut named = false;
    let ours = format!("Message-ID: {message_id}\r\n");
    for field in fields {
        let resent = field.name.to_ascii_lowercase().starts_with("resent-");
        if resent || TAKEN_OUT.iter().any(|name| field.is(name)) {
            continue;
        }
        if field.is("Message-ID") {
            named = true;
            match field.value() == message_id {
                true => out.extend_from_slice(&field.octets),
                false => out.extend_from_slice(ours.as_bytes()),
            }
            continue;
        }
        out.extend_from_slice(&field.octets);
    }
    if !named {
        out.extend_from_slice(ours.as_bytes());
    }
    out
}
