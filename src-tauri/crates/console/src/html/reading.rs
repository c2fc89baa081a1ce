//! One pass over a message's HTML with the tokenizer browsers agree on: what is seen, what is
//! hidden, where links go, what would be fetched.
//!
//! Hiding is recognised where mail hides things: inline styles and attributes ([`domain::sight`]). A
//! style sheet can hide too; the sanitised rendering drops style sheets, so what they hide is shown.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use domain::sight::{Colour, Looks, Sight, Why};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use crate::view::LinkView;

/// Ways to hide that are remembered, so that the rendering marks them.
const HIDING_MAX: usize = 1_000;

/// Elements whose words stand apart from what is before and after them.
const BLOCKS: [&str; 11] = [
    "br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "td", "th",
];

/// What one pass found.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Text a reader sees.
    pub(crate) visible: String,
    /// Text that is there and not seen.
    pub(crate) hidden: String,
    /// Styles and colours as they are written on the elements that hide some of it.
    pub(crate) hiding: BTreeSet<String>,
    /// True if some of it has the colour of what is behind it, and nothing else hides it.
    pub(crate) pale: bool,
    /// True if some of it is too small to be read, and nothing else hides it.
    pub(crate) tiny: bool,
    /// The ground and the colour of the whole page, where it says so before any word.
    pub(crate) page: (Option<Colour>, Option<Colour>),
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

#[derive(Default)]
struct Walk {
    reading: Reading,
    sight: Sight,
    /// What is written on the elements that turn what was seen into what is not, by their numbers.
    turns: BTreeMap<usize, Written>,
    /// True if what is hidden next stands apart from what was hidden last.
    is_apart: bool,
    /// `html` and `body`, as far as they have begun.
    pages: BTreeSet<String>,
    has_words: bool,
    link: Option<LinkView>,
    /// Inside `script`, `style` and the like: neither seen nor hidden, not text at all.
    skipping: Option<String>,
}

/// What an element says about its looks, as it is written.
struct Written {
    style: String,
    /// Its attributes of old.
    of_old: Vec<String>,
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
        let is_blank = text.trim().is_empty();
        self.has_words |= !is_blank;
        if let Some(unseen) = self.sight.words() {
            let is_apart = std::mem::take(&mut self.is_apart);
            if is_apart && !self.reading.hidden.is_empty() {
                self.reading.hidden.push(' ');
            }
            self.reading.hidden.push_str(text);
            if !is_blank {
                self.reading.pale |= unseen.why == Why::Pale;
                self.reading.tiny |= unseen.why == Why::Tiny;
                self.remember(unseen.by, unseen.why);
            }
            return;
        }
        self.is_apart = true;
        self.reading.visible.push_str(text);
        if let Some(link) = &mut self.link {
            link.text.push_str(text);
        }
    }

    /// What is written on the element of this number hides words.
    fn remember(&mut self, number: usize, why: Why) {
        let Some(written) = self.turns.get(&number) else {
            return;
        };
        let of_old = written.of_old.iter().filter(|_| why == Why::Pale);
        for said in of_old.chain([&written.style]) {
            if !said.is_empty() && self.reading.hiding.len() < HIDING_MAX {
                self.reading.hiding.insert(said.clone());
            }
        }
    }

    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let attribute = |wanted: &str| -> Option<&str> {
            let found = tag.attrs.iter().find(|attr| &*attr.name.local == wanted);
            found.map(|attr| &*attr.value)
        };
        let looks = Looks::of(name, attribute);
        let style = squeezed(looks.style);
        self.look_at_pictures(name, &attribute, &style);
        self.is_apart |= BLOCKS.contains(&name);
        match name {
            "script" | "iframe" | "object" | "embed" | "form" | "input" | "button" | "svg"
            | "math" => self.reading.active = true,
            "td" | "th" => self.reading.visible.push(' '),
            block if BLOCKS.contains(&block) => self.reading.visible.push('\n'),
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
        // Of two pages the first is believed, and none that begins behind the first words.
        let is_page = matches!(name, "html" | "body") && !self.has_words;
        if is_page && self.pages.insert(name.to_owned()) {
            let (ground, colour) = looks.colours();
            let (page_ground, page_colour) = &mut self.reading.page;
            *page_ground = ground.or(*page_ground);
            *page_colour = colour.or(*page_colour);
        }
        // What closes itself is only opened, as in a browser.
        if let Some(number) = self.sight.opens(name, looks) {
            self.is_apart = true;
            let of_old = [looks.ground, looks.colour].into_iter().flatten();
            let written = Written {
                style: looks.style.to_owned(),
                of_old: of_old.map(str::to_owned).collect(),
            };
            self.turns.insert(number, written);
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
        self.is_apart |= BLOCKS.contains(&name);
        self.sight.closes(name);
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
fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_lowercase()
}
