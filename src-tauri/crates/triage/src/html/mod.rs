//! An HTML body as a browser would read it, in one pass: what a reader is shown, what is hidden
//! from them, what is quoted, and where links lead.
//!
//! Every judgement that needs HTML shares this reading ([`crate::text::Texts`]): taking apart a
//! body that was made to hurt is what reading a message costs.

mod quotes;
mod tag;

use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use crate::text::{TEXT_OCTETS_MAX, start};
use quotes::Quotes;
use tag::{Means, Tag};

/// Octets of HTML of one message that are read.
pub const HTML_OCTETS_MAX: usize = 256 << 10;
/// How a drawn line is written among the marked words: above headers it belongs to them.
pub(crate) const RULE: &str = "\u{2500}\u{2500}\u{2500}\u{2500}\u{2500}";
/// Links of one body that are remembered.
pub const LINKS_MAX: usize = 200;
/// Octets of the words of a link that are remembered.
const LINK_WORDS_MAX: usize = 400;
/// Octets of an address a link leads to that are remembered.
const TARGET_OCTETS_MAX: usize = 2 << 10;
/// Open elements that are remembered.
const OPEN_MAX: usize = 256;

/// An HTML body, read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Html {
    /// What a reader is shown, blocks on lines of their own.
    pub shown: String,
    /// What the markup hides: by style, by attribute, in comments, in alternative texts.
    pub hidden: String,
    /// What a reader is shown, quoted lines behind `>` as plain mail marks them.
    pub marked: String,
    /// Its links, in order.
    pub links: Vec<Link>,
    /// True if it asks to be filled in.
    pub has_form: bool,
}

/// A link.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Link {
    /// Where it leads, as written.
    pub target: String,
    /// What it shows.
    pub words: String,
}

/// Reads HTML, its first [`HTML_OCTETS_MAX`] octets; never fails.
pub fn read(html: &str) -> Html {
    let mut reader = Reader::default();
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
        reader.take(&event);
        None::<Infallible>
    });
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(start(html, HTML_OCTETS_MAX), emitter).for_each(drop);
    reader.close_link();
    reader.html.marked = reader.quotes.finish();
    reader.html
}

/// An element that is open.
struct Open {
    name: u32,
    hides: bool,
    quotes: bool,
}

#[derive(Default)]
struct Reader {
    html: Html,
    quotes: Quotes,
    tag: Tag,
    open: Vec<Open>,
    /// The element whose words are no text, until it ends.
    unseen: Option<u32>,
    link: Option<Link>,
}

impl Reader {
    fn take(&mut self, event: &CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => self.tag.begin(name),
            CallbackEvent::AttributeName { name } => self.tag.attribute(name),
            CallbackEvent::AttributeValue { value } => self.tag.value(value),
            CallbackEvent::CloseStartTag { self_closing } => self.starts(*self_closing),
            CallbackEvent::EndTag { name } => self.ends(name),
            CallbackEvent::String { value } => self.words(&String::from_utf8_lossy(value)),
            CallbackEvent::Comment { value } => {
                hide(&mut self.html, &String::from_utf8_lossy(value))
            }
            CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
    }

    fn is_hidden(&self) -> bool {
        self.open.last().is_some_and(|one| one.hides)
    }

    fn starts(&mut self, is_closed: bool) {
        let in_hidden = self.is_hidden();
        let name = self.tag.name();
        if tag::breaks_line(name) {
            if !in_hidden {
                line_break(&mut self.html.shown, name == b"p");
            }
            self.quotes.end_line();
        }
        for words in [b"alt".as_slice(), b"title", b"aria-label"] {
            if let Some(value) = self.tag.get(words) {
                hide(&mut self.html, value);
            }
        }
        let means = self.tag.means();
        match means {
            Means::Rule => {
                self.quotes.write(RULE);
                self.quotes.end_line();
            }
            Means::QuoteFromHere => self.quotes.quote_the_rest(),
            Means::Quote | Means::Nothing => {}
        }
        self.html.has_form |= name == b"form";
        if name == b"a" {
            let target = self
                .tag
                .get(b"href")
                .map(|one| start(one, TARGET_OCTETS_MAX).to_owned());
            self.close_link();
            self.link = target.map(|target| Link {
                target,
                words: String::new(),
            });
        }
        let name = self.tag.name();
        if is_closed || tag::is_void(name) {
            return;
        }
        if matches!(name, b"style" | b"script" | b"title") {
            self.unseen = Some(tag::number(name));
        } else if self.open.len() < OPEN_MAX {
            let quotes = means == Means::Quote;
            if quotes {
                self.quotes.open();
            }
            self.open.push(Open {
                name: tag::number(name),
                hides: in_hidden || self.tag.hides(),
                quotes,
            });
        }
    }

    fn ends(&mut self, name: &[u8]) {
        let number = tag::number(name);
        if self.unseen == Some(number) {
            self.unseen = None;
        }
        if tag::breaks_line(name) {
            if !self.is_hidden() {
                line_break(&mut self.html.shown, name == b"p");
            }
            self.quotes.end_line();
        }
        if name == b"a" {
            self.close_link();
        }
        if let Some(at) = self.open.iter().rposition(|one| one.name == number) {
            for one in self.open.drain(at..) {
                if one.quotes {
                    self.quotes.close();
                }
            }
        }
    }

    fn words(&mut self, words: &str) {
        if let Some(link) = &mut self.link
            && link.words.len() < LINK_WORDS_MAX
        {
            link.words.push_str(start(words, LINK_WORDS_MAX));
        }
        if self.unseen.is_some() {
            return;
        }
        if self.is_hidden() {
            hide(&mut self.html, words);
            return;
        }
        if self.html.shown.len() < TEXT_OCTETS_MAX {
            flow(&mut self.html.shown, words);
        }
        self.quotes.write(words);
    }

    fn close_link(&mut self) {
        if let Some(link) = self.link.take()
            && self.html.links.len() < LINKS_MAX
        {
            self.html.links.push(link);
        }
    }
}

fn hide(html: &mut Html, words: &str) {
    if html.hidden.len() < TEXT_OCTETS_MAX {
        html.hidden.push_str(words);
        html.hidden.push('\n');
    }
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
    out.truncate(out.trim_end_matches(' ').len());
    if out.is_empty() || out.ends_with("\n\n") {
        return;
    }
    if is_paragraph || !out.ends_with('\n') {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_shown_words_and_not_what_hides() {
        let html = read(
            "<p>Hello <b>Ann</b></p><div style='display: none'>secret <i>words</i></div>\
             <span style=\"font-size:0px\">tiny</span><!-- note --><img alt='a cat'><p>Bye</p>",
        );
        assert_eq!(html.shown.trim(), "Hello Ann\n\nBye");
        for hidden in ["secret", "words", "tiny", "note", "a cat"] {
            assert!(html.hidden.contains(hidden), "{hidden} is hidden");
            assert!(!html.marked.contains(hidden), "{hidden} is nobody's text");
        }
    }

    #[test]
    fn ordinary_styles_hide_nothing() {
        let html = read(
            "<div style='font-size:0.9em;opacity:0.8;color:#333'>seen</div>\
             <td style='background:#fff;color:#fff0'>seen too</td>",
        );
        assert!(html.shown.contains("seen") && html.shown.contains("seen too"));
        assert!(html.hidden.trim().is_empty());
    }

    #[test]
    fn the_first_of_two_attributes_counts_as_in_a_browser() {
        let html = read("<p style='color:red' style='display:none'>seen</p><p hidden>not</p>");
        assert_eq!(html.shown.trim(), "seen");
        assert_eq!(html.hidden.trim(), "not");
    }

    #[test]
    fn links_and_forms_are_told() {
        let html =
            read("<a href='https://a.example/x'>www.<b>b</b>.example</a> <a name=x>y</a><form>");
        let link = Link {
            target: "https://a.example/x".to_owned(),
            words: "www.b.example".to_owned(),
        };
        assert_eq!(html.links, [link]);
        assert!(html.has_form);
    }

    #[test]
    fn a_body_is_read_within_its_limits() {
        let html = read(&"<a href=x title=y>words and </i>words</a><!--z-->".repeat(20_000));
        assert_eq!(html.links.len(), LINKS_MAX);
        for text in [&html.shown, &html.hidden, &html.marked] {
            assert!(text.len() <= TEXT_OCTETS_MAX + 100, "{}", text.len());
        }
    }
}
