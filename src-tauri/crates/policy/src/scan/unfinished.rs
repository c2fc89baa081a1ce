//! Signs that a message is not finished.

use std::sync::LazyLock;

use domain::scan::Spot;

use super::patterns::Patterns;
use super::words::Text;

/// The kind of a message without subject or words.
pub(crate) const EMPTY: &str = "empty";
/// The kind of something to be filled in.
pub(crate) const PLACEHOLDER: &str = "placeholder";
/// The kind of a note to oneself.
pub(crate) const NOTE: &str = "note";
/// The kind of a model speaking of itself.
pub(crate) const MODEL_TALK: &str = "model talk";

const PATTERNS: [(&str, &[&str], &str); 6] = [
    (
        PLACEHOLDER,
        &["{{", "{%", "<%", "${"],
        r"\{\{[^{}\n]*\}\}|\{%[^%\n]*%\}|<%[^%\n]*%>|\$\{[A-Za-z_. ]+\}",
    ),
    (
        PLACEHOLDER,
        &["["],
        r"\[(?i-u:your|my|our|the|insert|enter|add|recipient|recipient's|client|customer|company|sender|contact|first|last|full)(?:[ _-][^\[\]\n]*)?\]",
    ),
    (
        PLACEHOLDER,
        &["["],
        r"\[(?i-u:name|date|time|title|position|phone|address|email|signature|link|amount|product|topic|placeholder)\]",
    ),
    (NOTE, &["todo", "fixme"], r"(?-u:\b)(?:TODO|FIXME)(?-u:\b)"),
    (PLACEHOLDER, &["lorem ipsum"], r"(?i-u:\blorem ipsum\b)"),
    (
        MODEL_TALK,
        &[
            "language model",
            "language assistant",
            "ai model",
            "ai assistant",
            "intelligence model",
            "intelligence assistant",
        ],
        r"(?i-u:\bas an? (?:ai|artificial intelligence)(?: language)? (?:model|assistant)\b|\bas a (?:large )?language model\b|\bi'?m (?:just |only )?an? (?:ai|large) language model\b)",
    ),
];

static COMPILED: LazyLock<Patterns<()>> = LazyLock::new(|| {
    Patterns::new(PATTERNS.map(|(kind, _, pattern)| (kind, pattern.to_owned(), ())))
});

/// The words without one of which a pattern cannot match, each with the pattern's place.
pub(super) fn words() -> impl Iterator<Item = (usize, &'static str)> {
    let each = PATTERNS.iter().enumerate();
    each.flat_map(|(place, (_, words, _))| words.iter().map(move |word| (place, *word)))
}

/// Finds them in subject and bodies; `plain` is the plain body and `words` those of the HTML one.
pub(super) fn find([subject, plain, words]: [&Text<'_>; 3], has_image: bool) -> Vec<Spot> {
    let mut spots = Vec::new();
    let empty = |part: &str| Spot {
        kind: EMPTY.to_owned(),
        part: part.to_owned(),
        offset: 0,
    };
    if subject.text.trim().is_empty() {
        spots.push(empty("subject"));
    }
    if plain.text.trim().is_empty() && words.text.trim().is_empty() && !has_image {
        spots.push(empty("body"));
    }
    for (part, text) in [("subject", subject), ("text", plain), ("html", words)] {
        spots.extend(look(part, text));
    }
    spots
}

pub(super) fn look(part: &str, text: &Text<'_>) -> Vec<Spot> {
    COMPILED.spots(part, text.text, text.unfinished, |_, ()| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<String> {
        look("text", &Text::of(text))
            .into_iter()
            .map(|spot| spot.kind)
            .collect()
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
            assert_eq!(kinds(text), Vec::<String>::new(), "{text}");
        }
    }
}
