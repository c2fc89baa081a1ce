//! Marks in HTML that is clean already: nothing but `<mark>` around words, so that a person's eye
//! finds in the rendering what a rule looked at.
//!
//! What is read here is what the sanitiser wrote, never what a stranger did: text with four
//! entities in it, tags with every value in double quotes, no comments, nothing whose text is not
//! text. Every octet of it stays where it is; a mark opens and closes between two tags, inside one
//! text, and says in its title what is there. The sanitiser takes out a stranger's own marks, so
//! that all of them are ours.

use std::ops::Range;

use crate::marks::Span;

/// Pieces that are marked: a place that runs through many elements is one piece in each.
const PIECES_MAX: usize = 400;
/// Characters of what a mark says.
const WHAT_CHARS_MAX: usize = 120;
/// What the sanitiser writes for a letter that would otherwise be markup, and for the space that
/// does not break.
const ENTITIES: [(&str, &str); 5] = [
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&nbsp;", "\u{a0}"),
];
/// Elements whose words stand apart from what is before and after them.
const BLOCKS: [&str; 32] = [
    "address",
    "article",
    "blockquote",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "td",
    "th",
    "tr",
    "ul",
];

/// The words of clean HTML, and where each of them stands in it.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// As they are read, blocks apart by line breaks.
    pub(crate) text: String,
    /// Where in `text` the words of each link stand, in order.
    pub(crate) links: Vec<Range<usize>>,
    runs: Vec<Run>,
}

/// Words that stand in the source as they are read, or one entity.
#[derive(Debug)]
struct Run {
    text: Range<usize>,
    source: Range<usize>,
}

impl Words {
    /// Reads what the sanitiser wrote. Of anything it would not write, the rest has no words.
    pub(crate) fn of(clean: &str) -> Words {
        let mut words = Words::default();
        let mut link = None;
        let mut at = 0;
        while let Some(rest) = clean.get(at..).filter(|rest| !rest.is_empty()) {
            let length = match rest.strip_prefix('<') {
                Some(inside) => {
                    let Some(length) = tag_length(inside) else {
                        break;
                    };
                    words.tag(inside, &mut link);
                    1 + length
                }
                None => words.run(rest, at),
            };
            at += length;
        }
        words
    }

    /// Takes in the words that `rest` begins with, up to the next tag or entity; the octets read.
    fn run(&mut self, rest: &str, at: usize) -> usize {
        let entity = ENTITIES
            .iter()
            .find(|(written, _)| rest.starts_with(written));
        let begun = self.text.len();
        let length = match entity {
            Some((written, letter)) => {
                self.text.push_str(letter);
                written.len()
            }
            None => {
                // An ampersand that begins no entity is one; what follows is looked at again.
                let tail = rest.get(1..).unwrap_or_default();
                let length = match rest.starts_with('&') {
                    true => 1,
                    false => rest.find(['<', '&']).unwrap_or(1 + tail.len()),
                };
                self.text.push_str(rest.get(..length).unwrap_or_default());
                length
            }
        };
        self.runs.push(Run {
            text: begun..self.text.len(),
            source: at..at + length,
        });
        length
    }

    fn tag(&mut self, inside: &str, link: &mut Option<usize>) {
        let name = inside.strip_prefix('/').unwrap_or(inside);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric());
        let name = name.get(..end.unwrap_or(name.len())).unwrap_or_default();
        if name == "a" {
            let begun = link.take();
            self.links.extend(begun.map(|begun| begun..self.text.len()));
            *link = (!inside.starts_with('/')).then_some(self.text.len());
        }
        if BLOCKS.contains(&name) && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}

/// Octets of a tag behind its `<`, its `>` included; values stand in double quotes.
fn tag_length(inside: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut octets = inside.bytes();
    let end = octets.position(|octet| {
        is_quoted ^= octet == b'"';
        octet == b'>' && !is_quoted
    })?;
    Some(end + 1)
}

/// `clean` with `spans` of its `words` marked; they are in order and none inside another.
pub(crate) fn marked(clean: &str, words: &Words, spans: &[Span]) -> String {
    let mut out = String::with_capacity(clean.len());
    let mut done = 0;
    for (source, what) in pieces(words, spans) {
        let (Some(before), Some(inside)) =
            (clean.get(done..source.start), clean.get(source.clone()))
        else {
            return clean.to_owned();
        };
        done = source.end;
        let title = attribute(what);
        out.extend([before, "<mark title=\"", &title, "\">", inside, "</mark>"]);
    }
    out.push_str(clean.get(done..).unwrap_or_default());
    out
}

/// What to mark in the source: each span as often as tags stand in it.
fn pieces<'a>(words: &Words, spans: &'a [Span]) -> Vec<(Range<usize>, &'a str)> {
    // The place in the text comes along: a piece that shows nothing is none.
    let mut pieces: Vec<(Range<usize>, Range<usize>, &Span)> = Vec::new();
    let mut spans = spans.iter().peekable();
    for run in &words.runs {
        while spans.next_if(|span| span.end <= run.text.start).is_some() {}
        let here = spans.clone().take_while(|span| span.start < run.text.end);
        for span in here {
            let text = span.start.max(run.text.start)..span.end.min(run.text.end);
            let source = match run.text.len() == run.source.len() {
                true => {
                    let moved = |at: usize| run.source.start + (at - run.text.start);
                    moved(text.start)..moved(text.end)
                }
                false => run.source.clone(),
            };
            match pieces.last_mut() {
                Some((last, seen, of)) if last.end == source.start && *of == span => {
                    (last.end, seen.end) = (source.end, text.end);
                }
                Some(_) | None => pieces.push((source, text, span)),
            }
        }
    }
    let shows = |text: &Range<usize>| {
        let text = words.text.get(text.clone()).unwrap_or_default();
        !text.trim().is_empty()
    };
    let shown = pieces.into_iter().filter(|(_, text, _)| shows(text));
    let shown = shown.map(|(source, _, span)| (source, span.what.as_str()));
    shown.take(PIECES_MAX).collect()
}

/// As the value of an attribute in double quotes.
fn attribute(text: &str) -> String {
    let mut value = String::new();
    for letter in text.chars().take(WHAT_CHARS_MAX) {
        match letter {
            '&' => value.push_str("&amp;"),
            '"' => value.push_str("&quot;"),
            '<' => value.push_str("&lt;"),
            '>' => value.push_str("&gt;"),
            other => value.push(other),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::{self, Reading};

    fn clean(html: &str) -> String {
        html::clean(html, &Reading::of(html))
    }

    /// Clean, with every place marked where `wanted` is read.
    fn lit(source: &str, wanted: &str) -> String {
        let clean = clean(source);
        let words = Words::of(&clean);
        let found = words.text.match_indices(wanted);
        let spans: Vec<Span> = found
            .map(|(start, found)| Span {
                start,
                end: start + found.len(),
                what: "it".into(),
            })
            .collect();
        marked(&clean, &words, &spans)
    }

    #[test]
    fn a_place_is_marked_in_each_element_it_runs_through() {
        for (source, wanted, shown) in [
            (
                "<p>Dear {{name}},</p>",
                "{{name}}",
                "<p>Dear <mark title=\"it\">{{name}}</mark>,</p>",
            ),
            (
                "<p>{{<b>first</b>_name}} x</p>",
                "{{first_name}}",
                "<p><mark title=\"it\">{{</mark><b><mark title=\"it\">first</mark></b>\
                 <mark title=\"it\">_name}}</mark> x</p>",
            ),
            (
                "a &lt;%= x %&gt; b",
                "<%= x %>",
                "a <mark title=\"it\">&lt;%= x %&gt;</mark> b",
            ),
            (
                "[your&nbsp;name]",
                "[your\u{a0}name]",
                "<mark title=\"it\">[your&nbsp;name]</mark>",
            ),
            (
                "f&uuml;r &amp;amp; x",
                "&amp; x",
                "für <mark title=\"it\">&amp;amp; x</mark>",
            ),
            // What stands in a block apart is other words.
            ("<p>one</p><p>two</p>", "onetwo", "<p>one</p><p>two</p>"),
        ] {
            assert_eq!(lit(source, wanted), shown, "{source}");
        }
    }

    #[test]
    fn a_tag_is_no_text_whatever_its_values_say() {
        let source = r#"<p title="{{a}} > {{b}} &quot;>{{c}}">{{d}}</p>"#;
        let shown = lit(source, "{{");
        assert_eq!(shown.matches("<mark").count(), 1, "{shown}");
        assert!(shown.contains("<mark title=\"it\">{{</mark>d}}"), "{shown}");
    }

    #[test]
    fn a_strangers_own_mark_is_none() {
        assert_eq!(clean("a <mark title='allowed'>b</mark> c"), "a b c");
    }

    #[test]
    fn what_a_mark_says_cannot_end_it() {
        let words = Words::of("x");
        let span = Span {
            start: 0,
            end: 1,
            what: format!("\"><script>&{}", "y".repeat(500)),
        };
        let shown = marked("x", &words, &[span]);
        assert!(
            shown.starts_with("<mark title=\"&quot;&gt;&lt;script&gt;&amp;y"),
            "{shown}"
        );
        assert!(shown.len() < 200, "{shown}");
    }

    #[test]
    fn one_place_in_ten_thousand_elements_has_no_more_marks_than_are_worth_it() {
        let shown = lit(&"<b>x</b>".repeat(10_000), &"x".repeat(10_000));
        assert_eq!(shown.matches("<mark").count(), PIECES_MAX);
        assert_eq!(shown.matches("<b>").count(), 10_000);
    }

    /// Marks are all that is added, and a browser reads the rest as it did: what was cleaned, marked
    /// and cleaned again is what was cleaned twice.
    #[test]
    fn no_mark_opens_a_way_for_markup() {
        let hostile = [
            "<p onclick=x()>Hi <b>Dana</b></p><script>steal()</script>&lt;script&gt;x&lt;/script&gt;",
            "<table><tr><td>a<td>b</table><table>loose<tr><form>words</form></tr></table>",
            "<a title='\"><img src=x onerror=y()>'>z</a><a href='x'>1<a href='y'>2</a>",
            "<svg><style><img src=x onerror=y()></style></svg><math><mtext>&lt;b&gt;</mtext></math>",
            "<noscript><p title=\"</noscript><img src=x onerror=y()>\">q</noscript>",
            "&amp;lt;img&amp;gt; &#60;i&#62; &ampamp; &nbsp;&shy;\u{0}\u{fffd}",
            "<b><i>over</b>lap</i><p>un<div>closed<ul><li>one<li>two",
            "<mark>m<mark title='\"'>n</mark></mark><![CDATA[x]]><!-- <b> --><?php x ?>",
            "<pre>\n\n a < b && c > d </pre><xmp><b>x</b></xmp><plaintext><b>y",
            "<img alt='<mark>' src='data:image/png;base64,AA'><p style='--hidden:1'>z</p>",
        ];
        for source in hostile {
            let once = clean(source);
            let words = Words::of(&once);
            let letters = words
                .text
                .char_indices()
                .filter(|(_, c)| !c.is_whitespace());
            let spans: Vec<Span> = letters
                .map(|(start, letter)| Span {
                    start,
                    end: start + letter.len_utf8(),
                    what: "a < \"b\"".into(),
                })
                .collect();
            let shown = marked(&once, &words, &spans);
            let open = "<mark title=\"a &lt; &quot;b&quot;\">";
            assert_eq!(shown.matches(open).count(), spans.len(), "{once}");
            assert_eq!(shown.replace(open, "").replace("</mark>", ""), once);
            assert_eq!(clean(&shown), clean(&once), "{shown}");
        }
    }

    #[test]
    fn what_no_sanitiser_writes_has_no_words_and_is_left_alone() {
        for odd in ["a <b", "<a title=\"x>y", "& &x; &", "<", "\"<>\""] {
            let words = Words::of(odd);
            assert!(words.text.len() <= odd.len());
            assert_eq!(marked(odd, &words, &[]), odd);
        }
        assert_eq!(Words::of("a <b title=\"c").text, "a ");
    }
}
