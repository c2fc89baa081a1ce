//! HTML as text whose quotes are marked with `>`, as plain mail marks them.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};

use crate::text::{HTML_OCTETS_MAX, breaks_line, is_void, start};

/// Open elements that are remembered.
const OPEN_MAX: usize = 256;

/// What an element means for what is in it and after it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Means {
    Nothing,
    /// What is in it is quoted.
    Quote,
    /// What is in it and everything after it is quoted.
    QuoteFromHere,
}

/// The text of a body, quoted lines behind `>`.
pub(super) fn marked(body: &str) -> String {
    let mut emitter: DefaultEmitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut out = Writer::default();
    let mut open: Vec<(Vec<u8>, bool)> = Vec::new();
    let mut unseen: Option<Vec<u8>> = None;
    for token in Tokenizer::new_with_emitter(start(body, HTML_OCTETS_MAX), emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = tag.name.as_slice().to_vec();
                if breaks_line(&name) {
                    out.end_line();
                }
                if name == b"hr" {
                    out.write("_____");
                    out.end_line();
                }
                let means = means(&tag);
                if means == Means::QuoteFromHere {
                    out.end_line();
                    out.rest_is_quoted = true;
                }
                if matches!(name.as_slice(), b"style" | b"script" | b"title") {
                    if !tag.self_closing {
                        unseen = Some(name);
                    }
                } else if !is_void(&name) && !tag.self_closing && open.len() < OPEN_MAX {
                    let quotes = means == Means::Quote;
                    if quotes {
                        out.end_line();
                        out.depth += 1;
                    }
                    open.push((name, quotes));
                }
            }
            Token::EndTag(tag) => {
                let name = tag.name.as_slice();
                if unseen.as_deref() == Some(name) {
                    unseen = None;
                }
                if breaks_line(name) {
                    out.end_line();
                }
                if let Some(at) = open.iter().rposition(|(one, _)| one == name) {
                    for (_, quotes) in open.drain(at..) {
                        if quotes {
                            out.end_line();
                            out.depth = out.depth.saturating_sub(1);
                        }
                    }
                }
            }
            Token::String(words) if unseen.is_none() => {
                out.write(&String::from_utf8_lossy(&words));
            }
            Token::String(_) | Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    out.end_line();
    out.text
}

#[derive(Default)]
struct Writer {
    text: String,
    line: String,
    depth: usize,
    rest_is_quoted: bool,
}

impl Writer {
    fn write(&mut self, words: &str) {
        for c in words.chars() {
            if c.is_whitespace() {
                if !self.line.is_empty() && !self.line.ends_with(' ') {
                    self.line.push(' ');
                }
            } else {
                self.line.push(c);
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        if self.depth > 0 || self.rest_is_quoted {
            self.text.push_str("> ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// What the classes, ids and styles of mail programs say about quotes.
fn means(tag: &StartTag<()>) -> Means {
    let attribute = |name: &[u8]| {
        tag.attributes
            .get(name)
            .map(|value| String::from_utf8_lossy(value).to_ascii_lowercase())
            .unwrap_or_default()
    };
    if tag.name.as_slice() == b"blockquote" {
        return Means::Quote;
    }
    let class = attribute(b"class");
    let has_class = |one: &str| class.split_whitespace().any(|c| c == one);
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
    if QUOTES.iter().any(|one| has_class(one)) {
        return Means::Quote;
    }
    let id = attribute(b"id");
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
    if FROM_HERE.iter().any(|one| id.ends_with(one)) {
        return Means::QuoteFromHere;
    }
    let style: String = attribute(b"style")
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let is_rule = tag.name.as_slice() == b"div"
        && (style.contains("border-top:solid#b5c4df") || style.contains("border-top:solid#e1e1e1"))
        && style.contains("border:none");
    if is_rule {
        return Means::QuoteFromHere;
    }
    Means::Nothing
}
