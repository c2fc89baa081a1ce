//! The text of a message: what a reader is shown, and what was put where no reader looks.

use domain::inbound::{Content, Message};
use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};

/// Octets of text of one message that are judged; the rest is left unread.
pub const TEXT_OCTETS_MAX: usize = 64 << 10;
/// Octets of HTML of one part that are read.
pub const HTML_OCTETS_MAX: usize = 256 << 10;
/// Open elements that are remembered.
const OPEN_MAX: usize = 256;

/// An HTML body, read as a browser would.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Html {
    /// What a reader is shown, blocks on lines of their own.
    pub shown: String,
    /// What the markup hides: by style, by attribute, in comments, in alternative texts.
    pub hidden: String,
}

/// The text of the shown parts: plain where there is plain, HTML read where there is only HTML.
/// Stops at the first message inside, and at [`TEXT_OCTETS_MAX`].
pub fn body(message: &Message) -> String {
    let mut out = String::new();
    let mut has_plain = false;
    for part in &message.parts {
        match &part.content {
            Content::Text(text)
                if part.content_type == "text/plain" || part.content_type == "text/x-amp-html" =>
            {
                has_plain |= !text.trim().is_empty();
                push(&mut out, text);
            }
            Content::Message(_) => break,
            Content::Text(_) | Content::Html(_) | Content::Multipart | Content::File { .. } => {}
        }
    }
    if has_plain {
        return out;
    }
    for part in &message.parts {
        match &part.content {
            Content::Html(html) => push(&mut out, &read_html(html).shown),
            Content::Message(_) => break,
            Content::Text(_) | Content::Multipart | Content::File { .. } => {}
        }
    }
    out
}

fn push(out: &mut String, text: &str) {
    let room = TEXT_OCTETS_MAX.saturating_sub(out.len());
    out.push_str(start(text, room));
    out.push('\n');
}

/// The first `octets` octets of a text, whole characters.
pub fn start(text: &str, octets: usize) -> &str {
    let mut end = text.len().min(octets);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Reads HTML; never fails.
pub fn read_html(html: &str) -> Html {
    let mut emitter: DefaultEmitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut seen = Html::default();
    let mut open: Vec<(Vec<u8>, bool)> = Vec::new();
    let mut unseen: Option<Vec<u8>> = None;
    for token in Tokenizer::new_with_emitter(start(html, HTML_OCTETS_MAX), emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name: Vec<u8> = tag.name.as_slice().to_vec();
                let in_hidden = open.last().is_some_and(|(_, hidden)| *hidden);
                if breaks_line(&name) && !in_hidden {
                    line_break(&mut seen.shown, name == b"p");
                }
                for words in [b"alt".as_slice(), b"title", b"aria-label"] {
                    if let Some(value) = tag.attributes.get(words) {
                        seen.hidden.push_str(&String::from_utf8_lossy(value));
                        seen.hidden.push('\n');
                    }
                }
                if matches!(name.as_slice(), b"style" | b"script" | b"title") {
                    if !tag.self_closing {
                        unseen = Some(name);
                    }
                } else if !tag.self_closing && !is_void(&name) && open.len() < OPEN_MAX {
                    let hidden = in_hidden || hides(&tag);
                    open.push((name, hidden));
                }
            }
            Token::EndTag(tag) => {
                let name = tag.name.as_slice();
                if unseen.as_deref() == Some(name) {
                    unseen = None;
                }
                if breaks_line(name) && !open.last().is_some_and(|(_, hidden)| *hidden) {
                    line_break(&mut seen.shown, name == b"p");
                }
                if let Some(at) = open.iter().rposition(|(one, _)| one == name) {
                    open.truncate(at);
                }
            }
            Token::String(words) if unseen.is_none() => {
                let words = String::from_utf8_lossy(&words);
                if open.last().is_some_and(|(_, hidden)| *hidden) {
                    seen.hidden.push_str(&words);
                    seen.hidden.push('\n');
                } else {
                    flow(&mut seen.shown, &words);
                }
            }
            Token::Comment(words) => {
                seen.hidden.push_str(&String::from_utf8_lossy(&words));
                seen.hidden.push('\n');
            }
            Token::String(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    seen
}

/// Text as it flows: runs of white space are one space.
fn flow(out: &mut String, words: &str) {
    for c in words.chars() {
        if c.is_whitespace() && c != '\u{a0}' {
            if !out.is_empty() && !out.ends_with([' ', '\n']) {
                out.push(' ');
            }
        } else {
            out.push(if c == '\u{a0}' { ' ' } else { c });
        }
    }
}

fn line_break(out: &mut String, is_paragraph: bool) {
    while out.ends_with(' ') {
        out.pop();
    }
    if out.is_empty() || (out.ends_with("\n\n")) {
        return;
    }
    if is_paragraph || !out.ends_with('\n') {
        out.push('\n');
    }
}

pub(crate) fn breaks_line(name: &[u8]) -> bool {
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

pub(crate) fn is_void(name: &[u8]) -> bool {
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

/// True if an element's own markup keeps its words from the eye.
fn hides(tag: &StartTag<()>) -> bool {
    let attribute = |name: &[u8]| {
        tag.attributes
            .get(name)
            .map(|value| String::from_utf8_lossy(value).to_ascii_lowercase())
    };
    if attribute(b"hidden").is_some() || attribute(b"aria-hidden").is_some_and(|v| v == "true") {
        return true;
    }
    if matches!(tag.name.as_slice(), b"template" | b"noscript" | b"head") {
        return tag.name.as_slice() != b"head";
    }
    let Some(style) = attribute(b"style") else {
        return false;
    };
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    let says = |needle: &str| style.contains(needle);
    says("display:none")
        || says("visibility:hidden")
        || says("visibility:collapse")
        || says("mso-hide:all")
        || says("clip:rect(0")
        || says("clip-path:inset(100%")
        || says("transform:scale(0")
        || says("color:transparent")
        || is_nothing(&style, "font-size:")
        || is_nothing(&style, "opacity:")
        || is_nothing(&style, "max-height:")
        || says("left:-9")
        || says("top:-9")
        || says("text-indent:-9")
        || same_colours(&style)
}

/// True if a length or number in a style is zero, or a font too small to read.
fn is_nothing(style: &str, property: &str) -> bool {
    style.split(';').any(|one| {
        one.strip_prefix(property).is_some_and(|value| {
            let number: String = value
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '.')
                .collect();
            let small = if property == "font-size:" { 2.0 } else { 0.05 };
            let unit = value.get(number.len()..).unwrap_or_default();
            matches!(unit, "" | "px" | "pt" | "%" | "!important" | "px!important")
                && number.parse::<f32>().is_ok_and(|n| n < small)
        })
    })
}

/// True if words have the colour of what is behind them, or white with nothing said behind.
fn same_colours(style: &str) -> bool {
    let value = |names: [&str; 2]| {
        style.split(';').find_map(|one| {
            names
                .iter()
                .find_map(|name| one.strip_prefix(name))
                .map(|v| v.trim_end_matches("!important").to_owned())
        })
    };
    let ink = value(["color:", "color:"]);
    let paper = value(["background-color:", "background:"]);
    match (ink, paper) {
        (Some(ink), Some(paper)) => ink == paper,
        (Some(ink), None) => {
            matches!(
                ink.as_str(),
                "#fff" | "#ffffff" | "white" | "rgb(255,255,255)" | "#fefefe"
            )
        }
        (None, Some(_) | None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_shown_words_and_not_what_hides() {
        let html = read_html(
            "<p>Hello <b>Ann</b></p><div style='display: none'>secret <i>words</i></div>\
             <span style=\"font-size:0px\">tiny</span><!-- note --><img alt='a cat'><p>Bye</p>",
        );
        assert_eq!(html.shown.trim(), "Hello Ann\n\nBye");
        for hidden in ["secret", "words", "tiny", "note", "a cat"] {
            assert!(html.hidden.contains(hidden), "{hidden} is hidden");
        }
    }

    #[test]
    fn ordinary_styles_hide_nothing() {
        let html = read_html(
            "<div style='font-size:0.9em;opacity:0.8;color:#333'>seen</div>\
             <td style='background:#fff;color:#fff0'>seen too</td>",
        );
        assert!(html.shown.contains("seen") && html.shown.contains("seen too"));
        assert!(html.hidden.trim().is_empty());
    }

    #[test]
    fn a_start_never_cuts_a_character() {
        assert_eq!(start("aé", 2), "a");
    }
}
