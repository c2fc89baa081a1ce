//! What an element's own markup says of the words in it: that nobody sees them, that they are
//! quoted, that they stand on a line of their own.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::model::features;

/// The attributes that are looked at.
const ATTRIBUTES: [&[u8]; 9] = [
    b"style",
    b"class",
    b"id",
    b"href",
    b"alt",
    b"title",
    b"hidden",
    b"aria-hidden",
    b"aria-label",
];

/// Styles that hide, in lower case without white space.
const HIDING: [&str; 11] = [
    "display:none",
    "visibility:hidden",
    "visibility:collapse",
    "mso-hide:all",
    "clip:rect(0",
    "clip-path:inset(100%",
    "transform:scale(0",
    "color:transparent",
    "left:-9",
    "top:-9",
    "text-indent:-9",
];
static HIDES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(HIDING).ok());

/// What an element means for what is in it and after it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    Nothing,
    /// A line across the page.
    Rule,
    /// What is in it is quoted.
    Quote,
    /// What is in it and everything after it is quoted.
    QuoteFromHere,
}

/// The start of an element, its buffers used again for the next.
#[derive(Default)]
pub(super) struct Tag {
    name: Vec<u8>,
    /// The attribute that is being read.
    at: Option<usize>,
    values: [Option<String>; ATTRIBUTES.len()],
}

impl Tag {
    pub(super) fn begin(&mut self, name: &[u8]) {
        self.name.clear();
        self.name.extend_from_slice(name);
        self.at = None;
        self.values = Default::default();
    }

    /// Of two attributes with one name the first counts.
    pub(super) fn attribute(&mut self, name: &[u8]) {
        self.at = ATTRIBUTES.iter().position(|one| *one == name);
        match self.at.and_then(|at| self.values.get_mut(at)) {
            Some(value @ None) => *value = Some(String::new()),
            Some(Some(_)) | None => self.at = None,
        }
    }

    pub(super) fn value(&mut self, value: &[u8]) {
        if let Some(Some(slot)) = self.at.and_then(|at| self.values.get_mut(at)) {
            slot.push_str(&String::from_utf8_lossy(value));
        }
    }

    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn get(&self, attribute: &[u8]) -> Option<&str> {
        let at = ATTRIBUTES.iter().position(|one| *one == attribute)?;
        self.values.get(at)?.as_deref()
    }

    /// True if its own markup keeps its words from the eye.
    pub(super) fn hides(&self) -> bool {
        let says_true = |value: &str| value.eq_ignore_ascii_case("true");
        if self.get(b"hidden").is_some()
            || self.get(b"aria-hidden").is_some_and(says_true)
            || matches!(self.name(), b"template" | b"noscript")
        {
            return true;
        }
        let Some(style) = self.get(b"style").filter(|style| style.contains(':')) else {
            return false;
        };
        let style = squeezed(style);
        HIDES.as_ref().is_some_and(|one| one.is_match(&style))
            || style.split(';').any(is_nothing)
            || same_colours(&style)
    }

    /// What the classes, ids and styles of mail programs say about quotes.
    pub(super) fn means(&self) -> Means {
        match self.name() {
            b"blockquote" => return Means::Quote,
            b"hr" if self.get(b"id").is_none() => return Means::Rule,
            _ => {}
        }
        if self.get(b"class").is_some_and(|class| {
            class
                .split_ascii_whitespace()
                .any(|one| QUOTES.iter().any(|quote| one.eq_ignore_ascii_case(quote)))
        }) {
            return Means::Quote;
        }
        if self.get(b"id").is_some_and(|id| {
            let id = id.to_ascii_lowercase();
            FROM_HERE.iter().any(|one| id.ends_with(one))
        }) {
            return Means::QuoteFromHere;
        }
        let is_rule = self.name() == b"div"
            && self.get(b"style").is_some_and(|style| {
                let style = squeezed(style);
                style.contains("border:none")
                    && (style.contains("border-top:solid#b5c4df")
                        || style.contains("border-top:solid#e1e1e1"))
            });
        match (is_rule, self.name()) {
            (true, _) => Means::QuoteFromHere,
            (false, b"hr") => Means::Rule,
            (false, _) => Means::Nothing,
        }
    }
}

/// Classes of elements that quote.
const QUOTES: [&str; 8] = [
    "gmail_quote",
    "gmail_attr",
    "moz-cite-prefix",
    "yahoo_quoted",
    "protonmail_quote",
    "zmail_extra",
    "tutanota_quote",
    "ms-outlook-mobile-reference-message",
];

/// How ids of elements end from which on all is quoted, in lower case.
const FROM_HERE: [&str; 8] = [
    "stopspelling",
    "divrplyfwdmsg",
    "appendonsend",
    "replyseparator",
    "mail-editor-reference-message-container",
    "ymail_android_quote",
    "olk_src_body_section",
    "reply-intro",
];

/// A name as a number: the stack of open elements is searched for every end.
pub(super) fn number(name: &[u8]) -> u32 {
    features::number(name)
}

/// In lower case, without white space.
fn squeezed(style: &str) -> String {
    style
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// True if a declaration says a length or number of nothing, or a font too small to read.
fn is_nothing(declaration: &str) -> bool {
    let Some((property, value)) = declaration.split_once(':') else {
        return false;
    };
    let small = match property {
        "font-size" => 2.0,
        "opacity" | "max-height" => 0.05,
        _ => return false,
    };
    let end = value
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(value.len());
    let (number, unit) = value.split_at(end);
    matches!(unit, "" | "px" | "pt" | "%" | "!important" | "px!important")
        && number.parse::<f32>().is_ok_and(|n| n < small)
}

/// True if words have the colour of what is behind them, or white with nothing said behind.
fn same_colours(style: &str) -> bool {
    let value = |name: &str| {
        style
            .split(';')
            .find_map(|one| one.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.trim_end_matches("!important"))
    };
    let Some(ink) = value("color") else {
        return false;
    };
    match value("background-color").or_else(|| value("background")) {
        Some(paper) => ink == paper,
        None => matches!(
            ink,
            "#fff" | "#ffffff" | "white" | "rgb(255,255,255)" | "#fefefe"
        ),
    }
}

/// True if an element begins and ends a line.
pub(super) fn breaks_line(name: &[u8]) -> bool {
    matches!(
        name,
        b"p" | b"div"
            | b"br"
            | b"li"
            | b"tr"
            | b"td"
            | b"th"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"h5"
            | b"h6"
            | b"table"
            | b"ul"
            | b"ol"
            | b"hr"
            | b"pre"
            | b"blockquote"
            | b"section"
            | b"header"
            | b"footer"
            | b"dd"
            | b"dt"
    )
}

/// True if an element has nothing in it.
pub(super) fn is_void(name: &[u8]) -> bool {
    matches!(
        name,
        b"br"
            | b"hr"
            | b"img"
            | b"input"
            | b"meta"
            | b"link"
            | b"area"
            | b"base"
            | b"col"
            | b"embed"
            | b"source"
            | b"track"
            | b"wbr"
    )
}
