//! What a reader sees of an HTML body: its words, and where its links lead.

use std::borrow::Cow;
use std::convert::Infallible;

use domain::sight::{Looks, Sight};
use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Emitter, ForwardingEmitter, Span, Tokenizer};

/// An HTML body, read.
#[derive(Default, Debug)]
pub(super) struct Html {
    /// The words shown, blocks apart by line breaks.
    pub(super) text: String,
    /// The source without what stands in `text` as it does there, runs apart by line breaks: tags,
    /// comments, scripts, whatever is encoded, and words that markup joins to others.
    pub(super) beside: String,
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

/// Reads an HTML body as a browser would (WHATWG tokenizer); never fails.
pub(super) fn read(html: &str) -> Html {
    let mut reader = Reader {
        source: html,
        ..Reader::default()
    };
    // Most of a body is words; growing to it takes as long as reading it.
    reader.seen.text.reserve(html.len());
    let mut emitter = CallbackEmitter::new(
        |event: CallbackEvent<'_>, span: Span| -> Option<Infallible> {
            reader.take(event, span.start);
            None
        },
    );
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, Quiet(emitter)).for_each(drop);
    reader.finished()
}

/// Does not tell what is against the standard, which nobody here asks: telling takes a look at every
/// character.
struct Quiet<F: Callback<Infallible, usize>>(CallbackEmitter<F, Infallible, usize>);

impl<F: Callback<Infallible, usize>> ForwardingEmitter for Quiet<F> {
    type Token = Infallible;

    fn inner(&mut self) -> &mut impl Emitter<Token = Infallible> {
        &mut self.0
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }
}

/// What is being read.
#[derive(Default)]
struct Reader<'s> {
    source: &'s str,
    /// Up to where the source is in `beside`, or left out of it.
    read: usize,
    /// The last run of words, if it stands in the source as it is shown and nothing is joined to it in
    /// front: where it begins and ends.
    run: Option<(usize, usize)>,
    seen: Html,
    /// The start tag whose attributes come in.
    tag: Option<Tag>,
    /// The link whose words come in.
    open: Option<Anchor>,
    /// `style` or `script`, whose text nobody reads.
    unseen: Option<&'static [u8]>,
    sight: Sight,
}

/// A start tag, as far as it is read. Of an attribute given twice the first counts, as in a browser.
#[derive(Default)]
struct Tag {
    name: Vec<u8>,
    href: Option<Vec<u8>>,
    src: Option<Vec<u8>>,
    style: Option<Vec<u8>>,
    background: Option<Vec<u8>>,
    ground: Option<Vec<u8>>,
    colour: Option<Vec<u8>>,
    text: Option<Vec<u8>>,
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
    Ground,
    Colour,
    Text,
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
            b"bgcolor" => (Attribute::Ground, &mut self.ground),
            b"color" => (Attribute::Colour, &mut self.colour),
            b"text" => (Attribute::Text, &mut self.text),
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
            Attribute::Ground => &mut self.ground,
            Attribute::Colour => &mut self.colour,
            Attribute::Text => &mut self.text,
            Attribute::Other => return,
        };
        place.get_or_insert_default().extend_from_slice(value);
    }

    /// What it says about how it looks.
    fn looks(&self) -> [(&'static str, Option<Cow<'_, str>>); 5] {
        fn text(value: &Option<Vec<u8>>) -> Option<Cow<'_, str>> {
            value.as_deref().map(String::from_utf8_lossy)
        }
        [
            ("style", text(&self.style)),
            ("bgcolor", text(&self.ground)),
            ("color", text(&self.colour)),
            ("text", text(&self.text)),
            ("hidden", self.is_hidden.then_some(Cow::Borrowed(""))),
        ]
    }
}

impl Reader<'_> {
    fn take(&mut self, event: CallbackEvent<'_>, at: usize) {
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
            CallbackEvent::String { value } => self.words(value, at),
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
        // What closes itself is only opened, as in a browser.
        let (looks, tag_name) = (tag.looks(), String::from_utf8_lossy(name));
        let said = |wanted: &str| looks.iter().find(|(name, _)| *name == wanted);
        let said = |wanted: &str| said(wanted).and_then(|(_, value)| value.as_deref());
        self.sight.opens(&tag_name, Looks::of(&tag_name, said));
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
        self.sight.closes(&String::from_utf8_lossy(name));
        if name == b"a" {
            self.seen.anchors.extend(self.open.take());
        }
        if BLOCKS.contains(&name) {
            self.seen.text.push('\n');
        }
    }

    /// Nothing is joined to the last run: what it says is in the words shown.
    fn leave_out(&mut self) {
        if let Some((start, end)) = self.run.take() {
            let before = self.source.get(self.read..start).unwrap_or_default();
            self.seen.beside.push_str(before);
            self.seen.beside.push('\n');
            self.read = end;
        }
    }

    fn finished(mut self) -> Html {
        self.leave_out();
        let rest = self.source.get(self.read..).unwrap_or_default();
        self.seen.beside.push_str(rest);
        self.seen.anchors.extend(self.open);
        self.seen
    }

    fn words(&mut self, words: &[u8], at: usize) {
        if self.unseen.is_some() {
            return;
        }
        // Where the tokenizer says it begins is believed only if that is so.
        let end = at.saturating_add(words.len());
        let there = self.source.get(at..end).filter(|_| at >= self.read);
        let there = there.filter(|there| there.as_bytes() == words);
        let stands = there.is_some();
        let words = there.map_or_else(|| String::from_utf8_lossy(words), Cow::Borrowed);
        let is_joined = goes_on(&self.seen.text, &words);
        if !is_joined {
            self.leave_out();
        }
        self.run = (stands && !is_joined).then_some((at, end));
        self.seen.text.push_str(&words);
        let is_unseen = self.sight.words().is_some();
        self.seen.has_hidden_text |= is_unseen && !words.trim().is_empty();
        if let Some(anchor) = &mut self.open {
            anchor.shown.push_str(&words);
        }
    }
}

/// True if a word at the end of what is shown goes on in what comes.
fn goes_on(shown: &str, more: &str) -> bool {
    let is_word = |letter: Option<char>| {
        letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    };
    is_word(shown.chars().next_back()) && is_word(more.chars().next())
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
            "<div style='color:rgba(0,0,0,0)'>x</div>",
            "<div style='color:rgb(255 255 255)'>x</div>",
            "<table bgcolor=#204080><td><font color=#204080>x</font></table>",
            "<body text=white>x",
            "<div style='display:none'/>x",
            "<p><font color=white></p><p>x",
            "<p style='margin:0 0 0 -9999px'>x</p>",
        ] {
            assert!(read(source).has_hidden_text, "{source}");
        }
        for source in [
            "<div style='display:none'> </div>x",
            "<div style='display:none'><div>&#10;</div></div>x",
            "<p style='opacity:0.9; font-size:0.9em'>x</p>",
            "<img hidden alt=x>y",
            "<table><td bgcolor='#204080'><a style='color:#fff'>x</a></td>",
            "<table><td style='font-size:0'><p style='font-size:14px'>x</p></td>",
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
    fn what_is_shown_as_it_stands_is_left_out_beside_and_nothing_else() {
        for (source, beside) in [
            ("<p>Hello Dana</p>\n<p>bye</p>", "<p>\n</p>\n<p>\n</p>"),
            ("plain", "\n"),
            ("a <b>bold</b> word", "\n<b>\n</b>\n"),
            // Joined to others, encoded, or unseen.
            ("<b>x</b>AKIA<i>1</i> y", "<b>x</b>AKIA<i>1</i>\n"),
            ("<p>4111&nbsp;1111</p>", "<p>4111&nbsp;1111</p>"),
            (
                "<style>a</style><script>key</script>",
                "<style>a</style><script>key</script>",
            ),
            ("<!-- key --><p title=key>x", "<!-- key --><p title=key>\n"),
            ("x<a href='key", "\n<a href='key"),
            ("a\r\nb", "a\r\nb"),
        ] {
            assert_eq!(read(source).beside, beside, "{source}");
        }
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
