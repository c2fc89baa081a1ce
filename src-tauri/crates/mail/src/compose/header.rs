//! Header lines: addresses and the subject, folded and encoded (RFC 5322, 2047, 6532).

use std::fmt::Write as _;

use domain::NamedAddress;
use email_encoding::headers::writer::EmailWriter;
use email_encoding::headers::{quoted_string, rfc2047};

/// Where lines fold: 76 leaves room for the CRLF in 78 (RFC 5322, section 2.1.1).
const LINE_OCTETS: usize = 76;
/// Longest word of a subject that may stand unencoded: a longer one could not be folded.
const WORD_OCTETS: usize = 60;

/// `name: ` and whatever `write` writes, folded. Writing to a `String` cannot fail, which is why
/// the results are let go.
fn line(
    out: &mut String,
    name: &str,
    write: impl FnOnce(&mut EmailWriter<'_>) -> std::fmt::Result,
) {
    out.push_str(name);
    out.push_str(": ");
    {
        let mut writer = EmailWriter::new(out, name.len() + 2, 0, false);
        let _ = write(&mut writer);
    }
    out.push_str("\r\n");
}

/// A header with a list of addresses; nothing if the list is empty.
pub(super) fn addresses(out: &mut String, name: &str, list: &[NamedAddress]) {
    if list.is_empty() {
        return;
    }
    line(out, name, |w| {
        for (index, named) in list.iter().enumerate() {
            let shown = named.name.as_deref().map(str::trim).unwrap_or_default();
            if index > 0 {
                w.write_char(',')?;
                w.space();
                let wide = shown.len() + named.address.as_str().len() + 4;
                if w.projected_line_len() + wide > LINE_OCTETS {
                    w.new_line()?;
                }
            }
            if shown.is_empty() {
                w.write_str(named.address.as_str())?;
            } else {
                phrase(shown, w)?;
                w.space();
                w.folding().write_str(&format!("<{}>", named.address))?;
            }
        }
        Ok(())
    });
}

/// A display name: an atom or quoted string where it is plain, encoded words where it is not.
fn phrase(name: &str, w: &mut EmailWriter<'_>) -> std::fmt::Result {
    // Runs of blanks do not survive every reader's unfolding; a long word cannot be folded; and a
    // plain `=?utf-8?q?…?=` would show the recipient another name than was approved.
    if name.contains("  ")
        || name.contains("=?")
        || name.split(' ').any(|word| word.len() > WORD_OCTETS)
    {
        return rfc2047::encode(name, w);
    }
    quoted_string::encode(name, w)
}

/// The thread before a message, `parent` last: one id to a line, for each may be as long as one.
pub(super) fn references(out: &mut String, earlier: &[String], parent: &str) {
    out.push_str("References:");
    for id in earlier.iter().filter(|id| *id != parent) {
        out.push_str(&format!(" {id}\r\n"));
    }
    out.push_str(&format!(" {parent}\r\n"));
}

/// The subject: as it is where every reader reads it back so, in encoded words otherwise.
pub(super) fn subject(out: &mut String, text: &str) {
    // An ASCII `=?utf-8?q?…?=` would show the recipient another subject than was approved.
    let plain = text.chars().all(|c| c == ' ' || c.is_ascii_graphic())
        && !text.contains("=?")
        && !text.contains("  ")
        && text.trim() == text
        && text.split(' ').all(|word| word.len() <= WORD_OCTETS);
    line(out, "Subject", |w| {
        if plain {
            w.folding().write_str(text)
        } else {
            rfc2047::encode(text, w)
        }
    });
}
