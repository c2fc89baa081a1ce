//! Places in a text that a rule looked at, so that a person's eye finds them.
//!
//! The scan keeps kinds and places, never values; here a place becomes a span of the text on
//! screen. A span ends where the word ends. What the scan found in other parts has no span here.

use domain::scan::{Found, LinkKind};

use crate::view::Mark;

/// Spans of one text; more would colour everything and tell nothing.
const MARKS_MAX: usize = 40;

/// Spans of the plain text that `found` speaks of, in their order, none inside another.
pub(crate) fn of(text: &str, found: &Found) -> Vec<Mark> {
    in_part(text, found, "text")
}

/// Spans of the subject. Links are looked for in texts alone.
pub(crate) fn of_subject(subject: &str, found: &Found) -> Vec<Mark> {
    in_part(subject, found, "subject")
}

/// A place in the HTML is one of its source or one of its words, and the scan does not say which:
/// a span there could stand on the wrong words, so there is none.
fn in_part(text: &str, found: &Found, part: &str) -> Vec<Mark> {
    let mut spans: Vec<(usize, usize, String)> = Vec::new();
    let spots = found
        .unfinished
        .iter()
        .map(|spot| (spot, spot.kind.clone()))
        .chain(
            found
                .secrets
                .iter()
                .map(|spot| (spot, format!("looks like a secret: {}", spot.kind))),
        );
    for (spot, what) in spots.filter(|(spot, _)| spot.part == part) {
        let Some(start) = usize::try_from(spot.offset).ok() else {
            continue;
        };
        if let Some(end) = word_end(text, start) {
            spans.push((start, end, what));
        }
    }
    // Hosts are kept in lower case; lower case in ASCII moves no place.
    let lower = text.to_ascii_lowercase();
    let links = found.links.iter().filter(|_| part == "text");
    for link in links {
        let what = format!("link: {}", words(link.kind));
        let hits = lower.match_indices(link.host.as_str());
        for (start, host) in hits.filter(|(at, host)| is_of_link(&lower, *at, host, link.kind)) {
            let from = word_start(text, start);
            if let Some(end) = word_end(text, start + host.len()) {
                spans.push((from, end, what.clone()));
            }
        }
    }
    spans.sort();
    let mut marks: Vec<Mark> = Vec::new();
    let mut covered = 0;
    for (start, end, what) in spans {
        if start < covered || start >= end || marks.len() >= MARKS_MAX {
            continue;
        }
        covered = end;
        let (Some(before), Some(inside)) = (text.get(..start), text.get(start..end)) else {
            continue;
        };
        let start = units(before);
        marks.push(Mark {
            start,
            end: start.saturating_add(units(inside)),
            what,
        });
    }
    marks
}

/// True if the name at `at` stands for itself, and not inside a longer one or in a sentence about
/// something else.
fn is_of_link(text: &str, at: usize, name: &str, kind: LinkKind) -> bool {
    let (Some(before), Some(after)) = (text.get(..at), text.get(at + name.len()..)) else {
        return false;
    };
    let goes_on = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let begun = before.ends_with(goes_on) || before.ends_with('.');
    // A dot ends a sentence, unless the name goes on behind it.
    let ended = !after
        .strip_prefix('.')
        .unwrap_or(after)
        .starts_with(goes_on);
    // What is kept of a link without a host is its scheme, which is a word like any other.
    let named = kind != LinkKind::Scheme || before.ends_with("://") || after.starts_with("://");
    !begun && ended && named
}

fn words(kind: LinkKind) -> &'static str {
    use LinkKind as Kind;
    match kind {
        Kind::Mismatch => "its text shows another site",
        Kind::Lookalike => "a host that looks like another",
        Kind::IpAddress => "a bare address instead of a name",
        Kind::Plain => "not encrypted",
        Kind::Shortener => "nobody sees where it leads",
        Kind::Scheme => "neither web, mail nor telephone",
    }
}

/// Where the word at `start` ends; nothing if `start` is inside a letter or beyond the text.
fn word_end(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
    Some(start + length)
}

fn word_start(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|before| {
            before
                .rfind(char::is_whitespace)
                .map(|space| (before, space))
        })
        .and_then(|(before, space)| Some(space + before.get(space..)?.chars().next()?.len_utf8()))
        .unwrap_or(0)
}

fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use domain::scan::{OddLink, Spot};

    use super::*;

    fn spot(kind: &str, part: &str, offset: u64) -> Spot {
        Spot {
            kind: kind.to_owned(),
            part: part.to_owned(),
            offset,
        }
    }

    /// Each mark's own words, and what they are.
    fn seen(text: &str, found: &Found) -> Vec<(String, String)> {
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let marks = of(text, found).into_iter();
        marks
            .map(|mark| {
                let (start, end) = (mark.start as usize, mark.end as usize);
                (String::from_utf16(&utf16[start..end]).unwrap(), mark.what)
            })
            .collect()
    }

    #[test]
    fn the_subject_has_its_own_spans_and_none_of_the_texts() {
        let found = Found {
            unfinished: vec![
                spot("a placeholder", "subject", 6),
                spot("a placeholder", "text", 0),
            ],
            ..Found::default()
        };
        let marks = of_subject("Hello {{name}}, a word", &found);
        let places: Vec<_> = marks.iter().map(|mark| (mark.start, mark.end)).collect();
        assert_eq!(places, [(6, 15)]);
    }

    #[test]
    fn a_host_is_marked_where_it_is_the_host_and_nowhere_else() {
        let marked = |text: &str, kind: LinkKind, host: &str| -> Vec<String> {
            let link = OddLink {
                kind,
                host: host.to_owned(),
                shown: None,
            };
            let found = Found {
                links: vec![link],
                ..Found::default()
            };
            seen(text, &found)
                .into_iter()
                .map(|(word, _)| word)
                .collect()
        };
        let text = "The profile at http://t.co/x, not https://act.com nor http://not.co nor \
                    http://t.co.uk, but HTTP://T.CO.";
        assert_eq!(
            marked(text, LinkKind::Plain, "t.co"),
            ["http://t.co/x,", "HTTP://T.CO."]
        );
        let text = "The profile and the file: see file:///etc/passwd";
        assert_eq!(
            marked(text, LinkKind::Scheme, "file"),
            ["file:///etc/passwd"]
        );
        let text = "old.example writes, get ftp://old.example/list";
        assert_eq!(
            marked(text, LinkKind::Scheme, "old.example"),
            ["ftp://old.example/list"]
        );
    }

    #[test]
    fn a_span_is_the_word_there_counted_as_the_window_counts() {
        let text = "Hi 🙂 {{first_name}}, see http://198.51.100.7/x now";
        let found = Found {
            unfinished: vec![
                spot("placeholder", "text", 8),
                spot("placeholder", "subject", 0),
                spot("placeholder", "text", 4),
                spot("placeholder", "text", 900),
            ],
            links: vec![OddLink {
                kind: LinkKind::IpAddress,
                host: "198.51.100.7".to_owned(),
                shown: None,
            }],
            ..Found::default()
        };
        assert_eq!(
            seen(text, &found),
            [
                ("{{first_name}},".to_owned(), "placeholder".to_owned()),
                (
                    "http://198.51.100.7/x".to_owned(),
                    "link: a bare address instead of a name".to_owned()
                ),
            ]
        );
    }
}
