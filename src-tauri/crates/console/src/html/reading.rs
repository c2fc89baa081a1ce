//! One pass over a message's HTML with the tokenizer browsers agree on: what is seen, what is
//! hidden, where links go, what would be fetched.
//!
//! Hiding is recognised where mail hides things: inline styles and the `hidden` attribute. A style
//! sheet can hide too; the sanitised rendering drops style sheets, so what they hide is shown.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use crate::view::LinkView;

/// Elements open at once that are followed; deeper ones are read as part of the last.
const DEPTH_MAX: usize = 512;

/// What one pass found.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Text a reader sees.
    pub(crate) visible: String,
    /// Text that is there and not seen.
    pub(crate) hidden: String,
    /// True if some of it is hidden by being as pale as its ground.
    pub(crate) pale: bool,
    /// Links with their text, in order.
    pub(crate) links: Vec<LinkView>,
    /// Images and files that would be fetched from elsewhere.
    pub(crate) remote: usize,
    /// Where those of them stand that are pictures in the text, as they are written there.
    pub(crate) pictures_at: Vec<String>,
    /// True if it shows a picture, whether it is fetched or carried along: words tell only half.
    pub(crate) pictures: bool,
    /// True if there are scripts, forms, frames or plug-ins.
    pub(crate) active: bool,
}

impl Reading {
    /// Reads `html`. Never fails: broken HTML is read as a browser would.
    pub(crate) fn of(html: &str) -> Self {
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(html));
        let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
        let _paused = tokenizer.feed(&input);
        tokenizer.end();
        let mut walk = tokenizer.sink.walk.into_inner();
        walk.end_link();
        walk.reading
    }
}

#[derive(Default)]
struct Sink {
    walk: RefCell<Walk>,
}

struct Open {
    name: String,
    /// What is in it is not seen.
    hides: bool,
    /// The ground it paints, if it paints one: true for one that is nearly white.
    ground: Option<bool>,
}

#[derive(Default)]
struct Walk {
    reading: Reading,
    open: Vec<Open>,
    link: Option<LinkView>,
    /// Inside `script`, `style` and the like: neither seen nor hidden, not text at all.
    skipping: Option<String>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut walk = self.walk.borrow_mut();
        match token {
            Token::CharacterTokens(text) => walk.text(&text),
            Token::TagToken(tag) => match tag.kind {
                TagKind::StartTag => return walk.start(&tag),
                TagKind::EndTag => walk.end(&tag.name),
            },
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl Walk {
    fn text(&mut self, text: &str) {
        if self.skipping.is_some() {
            return;
        }
        if self.open.iter().any(|open| open.hides) {
            self.reading.hidden.push_str(text);
            return;
        }
        self.reading.visible.push_str(text);
        if let Some(link) = &mut self.link {
            link.text.push_str(text);
        }
    }

    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let attribute = |wanted: &str| -> Option<&str> {
            let found = tag.attrs.iter().find(|attr| &*attr.name.local == wanted);
            found.map(|attr| &*attr.value)
        };
        let style = attribute("style").map(squeezed).unwrap_or_default();
        self.look_at_pictures(name, &attribute, &style);
        match name {
            "script" | "iframe" | "object" | "embed" | "form" | "input" | "button" | "svg"
            | "math" => self.reading.active = true,
            "br" | "p" | "div" | "tr" | "li" | "h1" | "h2" | "h3" | "table" => {
                self.reading.visible.push('\n');
            }
            "td" | "th" => self.reading.visible.push(' '),
            "a" => {
                self.end_link();
                if let Some(target) = attribute("href") {
                    self.link = Some(LinkView {
                        text: String::new(),
                        target: target.trim().to_owned(),
                    });
                }
            }
            "img" => {
                if let (Some(link), Some(alt)) = (&mut self.link, attribute("alt")) {
                    link.text.push_str(alt);
                }
            }
            _ => {}
        }
        if !tag.self_closing && !is_void(name) && self.open.len() < DEPTH_MAX {
            let ground = ground(&style, attribute("bgcolor"));
            let behind = ground.or_else(|| self.open.iter().rev().find_map(|open| open.ground));
            let pale = pales(&style) && behind.unwrap_or(true);
            self.reading.pale |= pale;
            let hides = pale || attribute("hidden").is_some() || hides(&style);
            self.open.push(Open {
                name: name.to_owned(),
                hides,
                ground,
            });
        }
        match name {
            "script" | "style" | "noscript" | "noframes" | "iframe" | "noembed" | "xmp" => {
                self.skipping = Some(name.to_owned());
                TokenSinkResult::RawData(RawKind::Rawtext)
            }
            "title" | "textarea" => {
                self.skipping = Some(name.to_owned());
                TokenSinkResult::RawData(RawKind::Rcdata)
            }
            _ => TokenSinkResult::Continue,
        }
    }

    fn end(&mut self, name: &str) {
        if self.skipping.as_deref() == Some(name) {
            self.skipping = None;
        }
        if name == "a" {
            self.end_link();
        }
        // A closing tag nobody opened closes nothing; one that skips others closes those too.
        if let Some(place) = self.open.iter().rposition(|open| open.name == name) {
            self.open.truncate(place);
        }
    }

    fn end_link(&mut self) {
        if let Some(mut link) = self.link.take() {
            link.text = link.text.split_whitespace().collect::<Vec<_>>().join(" ");
            self.reading.links.push(link);
        }
    }

    fn look_at_pictures<'a>(
        &mut self,
        name: &str,
        attribute: &impl Fn(&str) -> Option<&'a str>,
        style: &str,
    ) {
        let fetched = match name {
            "img" | "video" | "audio" | "source" | "iframe" | "embed" | "input" | "script" => {
                attribute("src").or(attribute("srcset"))
            }
            "link" | "image" => attribute("href"),
            "object" => attribute("data"),
            _ => None,
        };
        let elsewhere = |target: &str| {
            let target = squeezed(target);
            target.starts_with("http:") || target.starts_with("https:") || target.starts_with("//")
        };
        self.reading.pictures |= matches!(name, "img" | "image" | "video" | "audio")
            || attribute("background").is_some()
            || style.contains("url(");
        self.reading.remote += usize::from(fetched.is_some_and(elsewhere));
        if let ("img", Some(source)) = (name, attribute("src").filter(|at| elsewhere(at))) {
            self.reading.pictures_at.push(source.trim().to_owned());
        }
        self.reading.remote += usize::from(attribute("background").is_some_and(elsewhere));
        self.reading.remote += usize::from(
            style.contains("url(http")
                || style.contains("url('http")
                || style.contains("url(\"http")
                || style.contains("url(//"),
        );
    }
}

/// Lower case without white space, as styles are compared.
pub(super) fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_lowercase()
}

/// True if a style, [`squeezed`], keeps what it is on from being seen, whatever is around it.
pub(super) fn hides(style: &str) -> bool {
    declarations(style).any(|(property, value)| {
        let zero = || {
            let digits = value.trim_end_matches(|c: char| c.is_alphabetic() || c == '%');
            digits.parse::<f32>().is_ok_and(|number| number < 2.0)
        };
        match property {
            "display" => value == "none",
            "visibility" => value == "hidden" || value == "collapse",
            "opacity" => value.parse::<f32>().is_ok_and(|number| number < 0.1),
            "font-size" => zero() && !value.ends_with("em"),
            "max-height" | "max-width" => value == "0" || value == "0px",
            "color" => value == "transparent",
            "text-indent" => value.starts_with("-9"),
            "mso-hide" => value == "all",
            _ => false,
        }
    })
}

/// True if a style, [`squeezed`], writes in something near white: unseen on a ground like it.
pub(super) fn pales(style: &str) -> bool {
    declarations(style).any(|(property, value)| property == "color" && is_pale(value))
}

/// The ground an element paints: true for one near white, which a mail has anyway.
fn ground(style: &str, bgcolor: Option<&str>) -> Option<bool> {
    let styled = declarations(style)
        .filter(|(property, _)| matches!(*property, "background" | "background-color"))
        .map(|(_, value)| value)
        .last();
    match styled {
        Some("none" | "transparent" | "inherit") => None,
        Some(value) => Some(is_pale(value)),
        None => bgcolor.map(|value| is_pale(&squeezed(value))),
    }
}

/// True for white and what the eye does not tell from it.
fn is_pale(colour: &str) -> bool {
    const NEAR_WHITE: u8 = 0xf4;
    let of_hex = |hex: &str| -> Option<bool> {
        let nibbles: Vec<u8> = hex
            .chars()
            .map(|digit| {
                digit
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok())
            })
            .collect::<Option<_>>()?;
        Some(match nibbles.as_slice() {
            [r, g, b] => [r, g, b].iter().all(|nibble| **nibble == 0xf),
            pairs if pairs.len() == 6 => pairs
                .chunks_exact(2)
                .all(|pair| matches!(pair, [high, low] if high * 16 + low >= NEAR_WHITE)),
            _ => false,
        })
    };
    if let Some(hex) = colour.strip_prefix('#') {
        return of_hex(hex).unwrap_or(false);
    }
    let channels = colour
        .strip_prefix("rgb(")
        .and_then(|rest| rest.strip_suffix(')'));
    match channels {
        Some(channels) => channels
            .split(',')
            .all(|channel| channel.parse::<u8>().is_ok_and(|value| value >= NEAR_WHITE)),
        None => matches!(
            colour,
            "white" | "snow" | "ivory" | "ghostwhite" | "whitesmoke"
        ),
    }
}

fn declarations(style: &str) -> impl Iterator<Item = (&str, &str)> {
    style
        .split(';')
        .filter_map(|declaration| declaration.split_once(':'))
        .map(|(property, value)| (property, value.trim_end_matches("!important")))
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "track"
            | "wbr"
    )
}
