//! Places in a text that a rule looked at, so that a person's eye finds them.
//!
//! The scan keeps kinds and places, never values; here a place becomes a span of the text on
//! screen. A span ends where the word ends. What the scan found in other parts has no span here.

use domain::scan::Found;

use crate::view::Mark;

/// Spans of one text; more would colour everything and tell nothing.
const MARKS_MAX: usize = 40;

/// Spans of `text` that `found` speaks of, in their order, none inside another.
pub(crate) fn of(text: &str, found: &Found) -> Vec<Mark> {
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
    for (spot, what) in spots.filter(|(spot, _)| spot.part == "text") {
        let Some(start) = usize::try_from(spot.offset).ok() else {
            continue;
        };
        if let Some(end) = word_end(text, start) {
            spans.push((start, end, what));
        }
    }
    for link in &found.links {
        let what = format!("link: {}", words(link.kind));
        for (start, _) in text.match_indices(link.host.as_str()) {
            let from = word_start(text, start);
            if let Some(end) = word_end(text, start) {
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

fn words(kind: domain::scan::LinkKind) -> &'static str {
    use domain::scan::LinkKind as Kind;
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
    use domain::scan::{LinkKind, OddLink, Spot};

    use super::*;

    fn spot(kind: &str, part: &str, offset: u64) -> Spot {
        Spot {
            kind: kind.to_owned(),
            part: part.to_owned(),
            offset,
        }
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
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let seen: Vec<(String, String)> = of(text, &found)
            .into_iter()
            .map(|mark| {
                let (start, end) = (mark.start as usize, mark.end as usize);
                (String::from_utf16(&utf16[start..end]).unwrap(), mark.what)
            })
            .collect();
        assert_eq!(
            seen,
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
