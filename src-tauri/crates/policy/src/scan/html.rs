//! What a reader sees of an HTML body: its words, and where its links lead.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, Token, Tokenizer};

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
    let mut emitter: DefaultEmitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut seen = Html::default();
    let mut open: Option<Anchor> = None;
    let mut unseen: Option<HtmlString> = None;
    // The element that hides, and how many of its name are open inside it.
    let mut hiding: Option<(HtmlString, usize)> = None;
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                if BLOCKS.contains(&tag.name.as_slice()) {
                    seen.text.push('\n');
                }
                for value in tag.attributes.values() {
                    seen.attributes.push_str(&String::from_utf8_lossy(value));
                    seen.attributes.push('\n');
                }
                let attribute =
                    |name: &[u8]| tag.attributes.get(name).map(|value| value.as_slice());
                let style = attribute(b"style").unwrap_or_default();
                seen.has_remote_images |= attribute(b"background").is_some_and(is_remote)
                    || (!style.is_empty() && has_remote_url(style));
                let is_open = !tag.self_closing && !VOID.contains(&tag.name.as_slice());
                match &mut hiding {
                    Some((name, depth)) if *name == tag.name => *depth += usize::from(is_open),
                    Some(_) => {}
                    None if is_open && (attribute(b"hidden").is_some() || hides(style)) => {
                        hiding = Some((tag.name.clone(), 1));
                    }
                    None => {}
                }
                match tag.name.as_slice() {
                    b"a" | b"area" => {
                        seen.anchors.extend(open.take());
                        let href = tag.attributes.get(b"href".as_slice());
                        open = href.map(|href| Anchor {
                            href: String::from_utf8_lossy(href).into_owned(),
                            shown: String::new(),
                        });
                    }
                    b"img" => {
                        seen.has_image = true;
                        seen.has_remote_images |= attribute(b"src").is_some_and(is_remote);
                    }
                    b"style" | b"script" if !tag.self_closing => unseen = Some(tag.name),
                    _ => {}
                }
            }
            Token::EndTag(tag) => {
                if unseen.as_ref() == Some(&tag.name) {
                    unseen = None;
                }
                if let Some((name, depth)) = &mut hiding
                    && *name == tag.name
                {
                    *depth -= 1;
                    if *depth == 0 {
                        hiding = None;
                    }
                }
                if tag.name.as_slice() == b"a" {
                    seen.anchors.extend(open.take());
                }
                if BLOCKS.contains(&tag.name.as_slice()) {
                    seen.text.push('\n');
                }
            }
            Token::String(words) if unseen.is_none() => {
                let words = String::from_utf8_lossy(&words);
                seen.text.push_str(&words);
                seen.has_hidden_text |= hiding.is_some() && !words.trim().is_empty();
                if let Some(anchor) = &mut open {
                    anchor.shown.push_str(&words);
                }
            }
            Token::String(_) | Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    seen.anchors.extend(open);
    seen
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
