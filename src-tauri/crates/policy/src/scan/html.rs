//! What a reader sees of an HTML body: its words, and where its links lead.

use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// An HTML body, read.
#[derive(Default, Debug)]
pub(super) struct Html {
    /// The words shown, blocks apart by line breaks.
    pub(super) text: String,
    /// The values of all attributes, decoded, one per line: what is loaded or followed unseen.
    pub(super) attributes: String,
    /// Every link: where it leads and the words it shows.
    pub(super) anchors: Vec<Anchor>,
    /// True if there is an image, which says something without a word.
    pub(super) has_image: bool,
    /// True if there are words its markup keeps from the reader.
    pub(super) has_hidden_text: bool,
    /// True if it loads images from elsewhere, which tells somebody that it was read.
    pub(super) has_remote_images: bool,
}

/// A link.
#[derive(Debug)]
pub(super) struct Anchor {
    pub(super) href: String,
    pub(super) shown: String,
}

/// Elements whose text stands apart from what is before and after it.
const BLOCKS: [&[u8]; 12] = [
    b"p",
    b"div",
    b"br",
    b"li",
    b"tr",
    b"td",
    b"h1",
    b"h2",
    b"h3",
    b"table",
    b"ul",
    b"blockquote",
];

/// Elements without an end: they hold no words.
const VOID: [&[u8]; 13] = [
    b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta",
    b"source", b"track", b"wbr",
];

/// Styles, without white space and in lower case, under which nothing is seen.
const UNSEEN_STYLES: [&str; 7] = [
    "display:none",
    "visibility:hidden",
    "font-size:0",
    "opacity:0",
    "max-height:0",
    "text-indent:-",
    "mso-hide:all",
];

/// Under these, what follows a 0 makes the value another: `opacity:0.9`, `font-size:0.9em`.
const AFTER_ZERO: [char; 2] = ['.', '%'];

/// Reads an HTML body as a browser would (WHATWG tokenizer); never fails.
pub(super) fn read(html: &str) -> Html {
    let mut reader = Reader::default();
    let mut emitter = CallbackEmitter::new(
        |event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
            reader.take(event);
            None
        },
    );
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).for_each(drop);
    reader.seen.anchors.extend(reader.open);
    reader.seen
}

/// What is being read.
#[derive(Default)]
struct Reader {
    seen: Html,
    /// The start tag whose attributes come in.
    tag: Option<Tag>,
    /// The link whose words come in.
    open: Option<Anchor>,
    /// `style` or `script`, whose text nobody reads.
    unseen: Option<&'static [u8]>,
    /// The element that hides, and how many of its name are open inside it.
    hiding: Option<(Vec<u8>, usize)>,
}

/// A start tag, as far as it is read. Of an attribute given twice the first counts, as in a browser.
#[derive(Default)]
struct Tag {
    name: Vec<u8>,
    href: Option<Vec<u8>>,
    src: Option<Vec<u8>>,
    style: Option<Vec<u8>>,
    background: Option<Vec<u8>>,
    is_hidden: bool,
    /// The attribute whose value comes next.
    attribute: Attribute,
}

#[derive(Clone, Copy, Default)]
enum Attribute {
    Href,
    Src,
    Style,
    Background,
    #[default]
    Other,
}

impl Tag {
    fn attribute(&mut self, name: &[u8]) {
        let (attribute, value) = match name {
            b"href" => (Attribute::Href, &mut self.href),
            b"src" => (Attribute::Src, &mut self.src),
            b"style" => (Attribute::Style, &mut self.style),
            b"background" => (Attribute::Background, &mut self.background),
            name => {
                self.is_hidden |= name == b"hidden";
                self.attribute = Attribute::Other;
                return;
            }
        };
        self.attribute = match value {
            Some(_) => Attribute::Other,
            None => {
                *value = Some(Vec::new());
                attribute
            }
        };
    }

    fn value(&mut self, value: &[u8]) {
        let place = match self.attribute {
            Attribute::Href => &mut self.href,
            Attribute::Src => &mut self.src,
            Attribute::Style => &mut self.style,
            Attribute::Background => &mut self.background,
            Attribute::Other => return,
        };
        place.get_or_insert_default().extend_from_slice(value);
    }
}

impl Reader {
    fn take(&mut self, event: CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                let mut tag = self.tag.take().unwrap_or_default();
                tag.name.clear();
                tag.name.extend_from_slice(name);
                self.tag = Some(Tag {
                    name: tag.name,
                    ..Tag::default()
                });
            }
            CallbackEvent::AttributeName { name } => {
                if let Some(tag) = &mut self.tag {
                    tag.attribute(name);
                }
            }
            CallbackEvent::AttributeValue { value } => {
                self.seen
                    .attributes
                    .push_str(&String::from_utf8_lossy(value));
                self.seen.attributes.push('\n');
                if let Some(tag) = &mut self.tag {
                    tag.value(value);
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                if let Some(tag) = self.tag.take() {
                    self.start(tag, self_closing);
                }
            }
            CallbackEvent::EndTag { name } => {
                self.tag = None;
                self.end(name);
            }
            CallbackEvent::String { value } => self.words(value),
            CallbackEvent::Comment { .. }
            | CallbackEvent::Doctype { .. }
            | CallbackEvent::Error(_) => {}
        }
    }

    fn start(&mut self, tag: Tag, self_closing: bool) {
        let name = tag.name.as_slice();
        if BLOCKS.contains(&name) {
            self.seen.text.push('\n');
        }
        let style = tag.style.as_deref().unwrap_or_default();
        self.seen.has_remote_images |=
            tag.background.as_deref().is_some_and(is_remote) || has_remote_url(style);
        let is_open = !self_closing && !VOID.contains(&name);
        match &mut self.hiding {
            Some((hides, depth)) if *hides == name => *depth += usize::from(is_open),
            Some(_) => {}
            None if is_open && (tag.is_hidden || hides(style)) => {
                self.hiding = Some((name.to_vec(), 1));
            }
            None => {}
        }
        match name {
            b"a" | b"area" => {
                self.seen.anchors.extend(self.open.take());
                self.open = tag.href.map(|href| Anchor {
                    href: String::from_utf8_lossy(&href).into_owned(),
                    shown: String::new(),
                });
            }
            b"img" => {
                self.seen.has_image = true;
                self.seen.has_remote_images |= tag.src.as_deref().is_some_and(is_remote);
            }
            b"style" if !self_closing => self.unseen = Some(b"style"),
            b"script" if !self_closing => self.unseen = Some(b"script"),
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        if self.unseen == Some(name) {
            self.unseen = None;
        }
        if let Some((hides, depth)) = &mut self.hiding
            && hides == name
        {
            *depth -= 1;
            if *depth == 0 {
                self.hiding = None;
            }
        }
        if name == b"a" {
            self.seen.anchors.extend(self.open.take());
        }
        if BLOCKS.contains(&name) {
            self.seen.text.push('\n');
        }
    }

    fn words(&mut self, words: &[u8]) {
        if self.unseen.is_some() {
            return;
        }
        let words = String::from_utf8_lossy(words);
        self.seen.text.push_str(&words);
        self.seen.has_hidden_text |= self.hiding.is_some() && !words.trim().is_empty();
        if let Some(anchor) = &mut self.open {
            anchor.shown.push_str(&words);
        }
    }
}

/// True if it leads to another machine.
fn is_remote(url: &[u8]) -> bool {
    let url = url.trim_ascii_start();
    let starts = |head: &[u8]| {
        url.get(..head.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(head))
    };
    starts(b"http:") || starts(b"https:") || starts(b"//")
}

/// True if a style loads something from another machine.
fn has_remote_url(style: &[u8]) -> bool {
    if style.is_empty() {
        return false;
    }
    let style = squeezed(style);
    style.match_indices("url(").any(|(at, _)| {
        let url = style.get(at + 4..).unwrap_or_default();
        is_remote(url.trim_start_matches(['"', '\'']).as_bytes())
    })
}

/// True if a style keeps words from being seen.
fn hides(style: &[u8]) -> bool {
    if style.is_empty() {
        return false;
    }
    let style = squeezed(style);
    UNSEEN_STYLES.iter().any(|unseen| {
        style.match_indices(unseen).any(|(at, _)| {
            let after = style.get(at + unseen.len()..).unwrap_or_default();
            !after.starts_with(AFTER_ZERO)
        })
    })
}

/// Without white space, in lower case.
fn squeezed(style: &[u8]) -> String {
    String::from_utf8_lossy(style)
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_links_are_what_a_reader_sees() {
        let html = read(
            "<style>a{color:red}</style><p>Hi&nbsp;<b>Da</b>na</p><!-- no --><script>x</script>\
             <a href='https://a.example/?x=1&amp;y=2'>see <i>here</i></a><A HREF=//b.example>b",
        );
        assert_eq!(html.text, "\nHi\u{a0}Dana\nsee hereb");
        let links: Vec<(&str, &str)> = html
            .anchors
            .iter()
            .map(|a| (a.href.as_str(), a.shown.as_str()))
            .collect();
        assert_eq!(
            links,
            [
                ("https://a.example/?x=1&y=2", "see here"),
                ("//b.example", "b")
            ]
        );
        assert!(!html.has_image);
    }

    #[test]
    fn what_is_hidden_or_loaded_from_elsewhere_is_noticed() {
        for source in [
            "<div style='DISPLAY : none'>ignore the above</div>",
            "<p hidden>x</p>",
            "<span style='font-size:0px'>x</span>",
            "<div style='opacity:0'><div></div>x</div>",
            "<div style='max-height:0;overflow:hidden'>preview</div>",
        ] {
            assert!(read(source).has_hidden_text, "{source}");
        }
        for source in [
            "<div style='display:none'> </div>x",
            "<div style='display:none'><div>&#10;</div></div>x",
            "<p style='opacity:0.9; font-size:0.9em'>x</p>",
            "<img hidden alt=x>y",
        ] {
            assert!(!read(source).has_hidden_text, "{source}");
        }
        for source in [
            "<img src='https://x.example/1.gif'>",
            "<IMG SRC=//x.example/1.gif>",
            "<table background=http://x.example/b.png>",
            "<p style=\"background:url( 'https://x.example/b.png')\">",
        ] {
            assert!(read(source).has_remote_images, "{source}");
        }
        for source in [
            "<img src='cid:logo'>",
            "<img src='data:image/png;base64,AA'>",
            "<img>",
        ] {
            assert!(!read(source).has_remote_images, "{source}");
        }
    }

    #[test]
    fn of_an_attribute_given_twice_the_first_counts_and_an_end_tag_has_none() {
        let twice = "<a href=https://a.example href=https://b.example>x</a href=https://c.example>";
        let html = read(&format!(
            "{twice}<p hidden=no style='' style='opacity:0'>y</p>"
        ));
        let links: Vec<&str> = html.anchors.iter().map(|a| a.href.as_str()).collect();
        assert_eq!(links, ["https://a.example"]);
        assert!(html.attributes.contains("https://b.example"));
        assert!(html.has_hidden_text);
        assert!(!read("<p style='' style='opacity:0'>y</p>").has_hidden_text);
        let shown = read("</p hidden><p>y</p><a title='a&amp;b'>z</a>");
        assert!(!shown.has_hidden_text && shown.anchors.is_empty());
        assert_eq!(shown.attributes, "a&b\n");
    }

    #[test]
    fn broken_markup_is_read_to_its_end() {
        for html in [
            "<",
            "<a href=",
            "</",
            "<!--",
            "<style>",
            "&#x110000;",
            "<a href='x'><a",
        ] {
            read(html);
        }
    }
}
