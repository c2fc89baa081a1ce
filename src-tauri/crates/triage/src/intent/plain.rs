//! A text as it is looked at: in lower case, on one line, and without what nobody says.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{TEXT_OCTETS_MAX, stay, stop};
use crate::text::start;

/// Octets of the end of a longer text in which a wish to hear no more is looked for as well.
const END_OCTETS_MAX: usize = 4 << 10;
/// Octets that either of them is longer so that it holds whole sentences.
const SEAM_OCTETS_MAX: usize = 600;

/// A text, of a long one the beginning and the end: a wish to hear no more stands in either. Both
/// hold whole sentences, or whole lines where none ends; what is left out between is a break.
pub(super) fn ends(text: &str) -> Cow<'_, str> {
    let begin = start(text, TEXT_OCTETS_MAX).len();
    let until = begin + to_end(text.get(begin..).unwrap_or_default());
    let end = text.ceil_char_boundary(text.len().saturating_sub(END_OCTETS_MAX));
    let from = end - from_begin(text.get(..end).unwrap_or_default());
    match (text.get(..until), text.get(from..)) {
        (Some(begin), Some(end)) if until < from => Cow::Owned(format!("{begin}\n\n{end}")),
        (_, _) => Cow::Borrowed(text),
    }
}

/// Octets until what a text begins in the middle of ends; none if that is not near.
fn to_end(text: &str) -> usize {
    let near = start(text, SEAM_OCTETS_MAX);
    let sentence = stop::sentence_ends(near).next();
    sentence.or(near.find('\n')).unwrap_or_default()
}

/// Octets since what a text ends in the middle of began; none if that is not near.
fn from_begin(text: &str) -> usize {
    let from = text.ceil_char_boundary(text.len().saturating_sub(SEAM_OCTETS_MAX));
    let near = text.get(from..).unwrap_or_default();
    let sentence = stop::sentence_ends(near).last();
    let begin = sentence.or(near.rfind('\n'));
    begin.map_or(0, |at| near.len() - at)
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
        assert!(ends.len() <= TEXT_OCTETS_MAX + END_OCTETS_MAX + 2 * SEAM_OCTETS_MAX + 2);
        assert!(ends.starts_with("Yes") && ends.ends_with("Please stop."));
        assert!(matches!(super::ends("short"), Cow::Borrowed("short")));
    }

    #[test]
    fn no_sentence_is_cut_where_a_long_letter_is() {
        let sentence = "We ship the parts, all é of them,\nto you by mail.";
        for count in 1..600 {
            let long = vec![sentence; count].join(" ");
            for one in ends(&long).split("\n\n") {
                let one = one.trim();
                assert!(one.starts_with("We") && one.ends_with("mail."), "{count}");
            }
        }
        // Lines where no sentence ends, and what stands there where neither does.
        let lines = "remove the old parts\n".repeat(1_000);
        assert!(
            ends(&lines)
                .lines()
                .all(|line| line.is_empty() || line.len() == 20)
        );
        let words = "parts ".repeat(4_000);
        assert_eq!(ends(&words).len(), TEXT_OCTETS_MAX + 2 + END_OCTETS_MAX);
    }

    #[test]
    fn a_letter_that_both_ends_hold_is_one_text() {
        let sentence = "We ship the parts to you by mail. ";
        let text = sentence.repeat((TEXT_OCTETS_MAX + END_OCTETS_MAX) / sentence.len());
        assert!(matches!(ends(&text), Cow::Borrowed(_)));
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
