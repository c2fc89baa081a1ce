//! A text as it is looked at: in lower case, on one line, and without what nobody says.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{TEXT_OCTETS_MAX, stay};
use crate::text::start;

/// Octets of the end of a longer text in which a wish to hear no more is looked for as well.
const END_OCTETS_MAX: usize = 4 << 10;

/// A text, of a long one the beginning and the end: a wish to hear no more stands in either.
pub(super) fn ends(text: &str) -> Cow<'_, str> {
    let begin = start(text, TEXT_OCTETS_MAX);
    let rest = text.get(begin.len()..).unwrap_or_default();
    if rest.is_empty() {
        return Cow::Borrowed(begin);
    }
    let from = rest.ceil_char_boundary(rest.len().saturating_sub(END_OCTETS_MAX));
    let end = rest.get(from..).unwrap_or_default();
    Cow::Owned(format!("{begin}\n\n{end}"))
}

/// A plain text without what asks to stay or is said to readers, and without what links are made
/// of. Lines are wrapped anywhere, so a sentence goes on over the end of one; none goes on over an
/// empty line.
pub(super) fn going(text: &str) -> String {
    let mut paragraphs = vec![String::new()];
    for line in text.lines() {
        match paragraphs.last_mut() {
            Some(paragraph) if !line.trim().is_empty() => {
                paragraph.push_str(line);
                paragraph.push('\n');
            }
            Some(paragraph) if paragraph.is_empty() => {}
            Some(_) | None => paragraphs.push(String::new()),
        }
    }
    let kept = paragraphs.iter().map(|paragraph| {
        let paragraph = plain(paragraph);
        let paragraph = without_links(&paragraph);
        stay::without(&paragraph).trim().to_owned()
    });
    kept.filter(|paragraph| !paragraph.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Lower case, straight apostrophes, single spaces.
pub(super) fn plain(text: &str) -> String {
    let lower = text
        .to_lowercase()
        .replace(['\u{2018}', '\u{2019}', '`', '\u{00b4}'], "'");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands for a link.
const LINK: &str = "http:";

#[expect(
    clippy::unwrap_used,
    reason = "a constant pattern, compiled by the tests of this room"
)]
static LINKS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u:\b)(?:(?:https?|ftp)://|www\.)[!-;=?-~]+").unwrap());

/// A text in lower case with one word for each link: the words of an address ("/unsubscribe.asp")
/// are nobody's. The marks a link ends with are those of its sentence.
fn without_links(text: &str) -> Cow<'_, str> {
    LINKS.replace_all(text, |found: &Captures<'_>| {
        let link = found.get(0).map_or("", |all| all.as_str());
        let marks = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '\'']);
        format!("{LINK}{}", link.get(marks.len()..).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_letter_both_ends_are_looked_at() {
        let long = format!("{}\n\nPlease stop.", "Yes, é. ".repeat(2_000));
        let ends = ends(&long);
        assert!(ends.len() <= TEXT_OCTETS_MAX + END_OCTETS_MAX + 2);
        assert!(ends.starts_with("Yes") && ends.ends_with("Please stop."));
        assert!(matches!(super::ends("short"), Cow::Borrowed("short")));
    }

    #[test]
    fn the_words_of_a_link_are_nobodys() {
        for (text, left) in [
            ("see https://x.example/unsubscribe.asp?a=1.", "see http:."),
            ("(www.x.example/optout)", "(http:)"),
            ("请看https://x.example/退订", "请看http:退订"),
            ("awww.cute", "awww.cute"),
            ("remove me", "remove me"),
        ] {
            assert_eq!(without_links(text), left, "{text}");
        }
    }
}
