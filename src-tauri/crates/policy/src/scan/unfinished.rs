//! Signs that a message is not finished.

use std::sync::LazyLock;

use domain::Draft;
use domain::scan::Spot;
use regex::Regex;

use super::html::Html;

/// The kind of a message without subject or words.
pub(crate) const EMPTY: &str = "empty";
/// The kind of something to be filled in.
pub(crate) const PLACEHOLDER: &str = "placeholder";
/// The kind of a note to oneself.
pub(crate) const NOTE: &str = "note";
/// The kind of a model speaking of itself.
pub(crate) const MODEL_TALK: &str = "model talk";

const PATTERNS: [(&str, &str); 6] = [
    (
        PLACEHOLDER,
        r"\{\{[^{}\n]{0,80}\}\}|\{%[^%\n]{0,80}%\}|<%[^%\n]{0,80}%>|\$\{[A-Za-z_. ]{1,60}\}",
    ),
    (
        PLACEHOLDER,
        r"(?i)\[(?:your|my|our|the|insert|enter|add|recipient|recipient's|client|customer|company|sender|contact|first|last|full)(?:[ _-][^\[\]\n]{0,60})?\]",
    ),
    (
        PLACEHOLDER,
        r"(?i)\[(?:name|date|time|title|position|phone|address|email|signature|link|amount|product|topic|placeholder)\]",
    ),
    (NOTE, r"\b(?:TODO|FIXME)\b"),
    (PLACEHOLDER, r"(?i)\blorem ipsum\b"),
    (
        MODEL_TALK,
        r"(?i)\bas an? (?:ai|artificial intelligence)(?: language)? (?:model|assistant)\b|\bas a (?:large )?language model\b|\bi(?:'|’)?m (?:just |only )?an? (?:ai|large) language model\b",
    ),
];

/// Patterns that do not compile would find nothing; a test compiles them all.
static COMPILED: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let compile = |(kind, pattern): &(&'static str, &str)| Some((*kind, Regex::new(pattern).ok()?));
    PATTERNS.iter().filter_map(compile).collect()
});

/// Finds them in subject and bodies.
pub(super) fn find(draft: &Draft, html: &Html) -> Vec<Spot> {
    let text = draft.text.as_deref().unwrap_or_default();
    let mut spots = Vec::new();
    let empty = |part: &str| Spot {
        kind: EMPTY.to_owned(),
        part: part.to_owned(),
        offset: 0,
    };
    if draft.subject.trim().is_empty() {
        spots.push(empty("subject"));
    }
    if text.trim().is_empty() && html.text.trim().is_empty() && !html.has_image {
        spots.push(empty("body"));
    }
    for (part, words) in [
        ("subject", draft.subject.as_str()),
        ("text", text),
        ("html", &html.text),
    ] {
        for (kind, pattern) in COMPILED.iter() {
            spots.extend(pattern.find_iter(words).take(5).map(|found| Spot {
                kind: (*kind).to_owned(),
                part: part.to_owned(),
                offset: found.start() as u64,
            }));
        }
    }
    spots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<&'static str> {
        let found = COMPILED
            .iter()
            .filter(|(_, pattern)| pattern.is_match(text));
        found.map(|(kind, _)| *kind).collect()
    }

    #[test]
    fn all_patterns_compile() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
    }

    #[test]
    fn what_was_left_to_fill_in_is_found() {
        for (text, kind) in [
            ("Dear {{first_name}},", PLACEHOLDER),
            ("Dear {{}},", PLACEHOLDER),
            ("{% if x %}", PLACEHOLDER),
            ("Hello ${user.name}", PLACEHOLDER),
            ("Best, [Your Name]", PLACEHOLDER),
            ("[your company]", PLACEHOLDER),
            ("[Insert date here]", PLACEHOLDER),
            ("Dear [Name],", PLACEHOLDER),
            ("TODO: price", NOTE),
            ("Lorem ipsum dolor", PLACEHOLDER),
            ("As an AI language model, I", MODEL_TALK),
            ("as a large language model", MODEL_TALK),
        ] {
            assert_eq!(kinds(text), [kind], "{text}");
        }
    }

    #[test]
    fn what_people_write_is_not() {
        for text in [
            "Dear Dana, [1] see below, [sic] and {curly}",
            "todo lists help; a toDo",
            "the price is $5 {or so}",
            "[PATCH] fix",
            "[EXTERNAL] hello",
            "We sell an AI assistant for shops",
            "mastodon TODOS",
            "yes [x] done [ ] open",
        ] {
            assert_eq!(kinds(text), Vec::<&str>::new(), "{text}");
        }
    }
}
