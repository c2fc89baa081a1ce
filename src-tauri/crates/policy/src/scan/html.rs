//! What a reader sees of an HTML body: its words, and where its links lead.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, Token, Tokenizer};

/// An HTML body, read.
#[derive(Default, Debug)]
pub(super) struct Html {
    /// The words shown, blocks apart by line breaks.
    pub(super) text: String,
    /// Every link: where it leads and the words it shows.
    pub(super) anchors: Vec<Anchor>,
    /// True if there is an image, which says something without a word.
    pub(super) has_image: bool,
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
    let mut emitter: DefaultEmitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut seen = Html::default();
    let mut open: Option<Anchor> = None;
    let mut unseen: Option<HtmlString> = None;
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                if BLOCKS.contains(&tag.name.as_slice()) {
                    seen.text.push('\n');
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
                    b"img" => seen.has_image = true,
                    b"style" | b"script" if !tag.self_closing => unseen = Some(tag.name),
                    _ => {}
                }
            }
            Token::EndTag(tag) => {
                if unseen.as_ref() == Some(&tag.name) {
                    unseen = None;
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
