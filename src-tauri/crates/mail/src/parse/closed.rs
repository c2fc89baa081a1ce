//! A message as the parser is given it: those attached to it stay closed.
//!
//! By itself the parser opens attached messages as deep as they go, one inside the other: 45,000
//! of them are 1.4 MB of mail, and taking them apart again overflows the stack of a thread, which
//! ends the process. Encoded ones it copies whole at every level. So the words that say "a message"
//! in a `Content-Type` are made strange in a copy of the same length, and what they stood for
//! arrives as a file, to be taken apart by us, level by level, as deep as we want.
//!
//! Which lines are a `Content-Type` is decided more freely than the parser does it: white space
//! inside the name, behind the end of a boundary, in a line that is folded. A text that quotes such
//! a line is made strange too, and [`Closed::restored`] undoes it.

use std::borrow::Cow;
use std::collections::HashSet;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders};

/// The field, without its white space.
const FIELD: &[u8] = b"content-type:";
/// Words made strange, each by its first letter: what makes a part a message (RFC 2046 section
/// 5.2.1), and the multipart whose parts are messages if they say nothing (section 5.1.5).
const WORDS: [&[u8]; 2] = [b"message", b"digest"];
/// A letter and what stands for it: a control character no text needs.
const STRANGE: [(u8, u8); 4] = [(b'm', 1), (b'M', 2), (b'd', 3), (b'D', 4)];

/// Bytes for the parser.
pub(crate) struct Closed<'a> {
    given: &'a [u8],
    bytes: Cow<'a, [u8]>,
}

impl<'a> Closed<'a> {
    /// Of these.
    pub(crate) fn new(given: &'a [u8]) -> Closed<'a> {
        Closed {
            given,
            bytes: closed(given),
        }
    }

    /// The bytes as they were given; what the parser says of places is true of them too.
    pub(crate) fn given(&self) -> &'a [u8] {
        self.given
    }

    /// What the parser makes of it, if it has a header.
    pub(crate) fn parse(&self) -> Option<Message<'_>> {
        MessageParser::default().parse(self.bytes.as_ref())
    }

    /// The header section alone, every value as it was given.
    pub(crate) fn head(&self) -> Option<Message<'a>> {
        MessageParser::default().parse_headers(self.given)
    }

    /// Content of a part, as it was given.
    pub(crate) fn restored<'b>(&self, content: Cow<'b, [u8]>) -> Cow<'b, [u8]> {
        match self.bytes {
            Cow::Borrowed(_) => content,
            Cow::Owned(_) => restored(content),
        }
    }

    /// Text of a part, as it was given.
    pub(crate) fn text<'b>(&self, text: &'b str) -> Cow<'b, str> {
        match self.restored(Cow::Borrowed(text.as_bytes())) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}

/// `type` and `subtype` of a part, in lower case.
pub(crate) fn content_type(part: &MessagePart<'_>) -> Option<(String, Option<String>)> {
    let kind = part.content_type()?;
    Some((word(kind.ctype()), kind.subtype().map(word)))
}

/// Which parts are messages of their own, by number: those that say so, and those that say nothing
/// in a multipart whose parts then are.
pub(crate) fn messages(message: &Message<'_>) -> HashSet<usize> {
    let mut found = HashSet::new();
    for (id, part) in message.parts.iter().enumerate() {
        let Some((kind, Some(sub))) = content_type(part) else {
            continue;
        };
        match (kind.as_str(), sub.as_str()) {
            ("message", "rfc822" | "global") => {
                found.insert(id);
            }
            ("multipart", "digest") => {
                let parts = part.sub_parts().unwrap_or_default().iter();
                let parts = parts.filter_map(|id| usize::try_from(*id).ok());
                found.extend(parts.filter(|id| {
                    let part = message.parts.get(*id);
                    part.is_some_and(|part| part.content_type().is_none())
                }));
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> String {
    String::from_utf8_lossy(&restored(Cow::Borrowed(text.as_bytes()))).to_ascii_lowercase()
}

fn closed(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(bytes);
    let mut begin = 0;
    let mut field = Field::default();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let is_folded = line.first().is_some_and(u8::is_ascii_whitespace);
        if !field.goes_on_in(is_folded) && !line.contains(&b':') {
            begin += line.len();
            continue;
        }
        for place in begin..begin + line.len() {
            let Some(letter) = bytes.get(place).copied() else {
                break;
            };
            let strange = STRANGE.iter().find(|(given, _)| *given == letter);
            if let Some((_, strange)) = strange
                && field.is_inside
                && WORDS.iter().any(|word| stands_at(bytes, place, word))
                && let Some(byte) = out.to_mut().get_mut(place)
            {
                *byte = *strange;
            }
            field.take(letter);
        }
        begin += line.len();
    }
    out
}

/// How far a `Content-Type` is read.
#[derive(Default)]
struct Field {
    /// Letters of [`FIELD`] that were met.
    met: usize,
    /// True from its name to its first parameter.
    is_inside: bool,
    /// True if a comment stood in it: a `;` may be one's.
    has_comment: bool,
}

impl Field {
    /// A line begins. True if it still belongs to the value.
    fn goes_on_in(&mut self, is_folded: bool) -> bool {
        self.met = 0;
        self.is_inside &= is_folded;
        self.is_inside
    }

    fn take(&mut self, letter: u8) {
        match letter {
            b'(' => self.has_comment = true,
            b';' if !self.has_comment => self.is_inside = false,
            _ => {}
        }
        if letter.is_ascii_whitespace() {
            return;
        }
        let letter = letter.to_ascii_lowercase();
        // Nothing in the name begins as the name does.
        self.met = match FIELD.get(self.met) {
            Some(wanted) if *wanted == letter => self.met + 1,
            _ => usize::from(letter == b'c'),
        };
        if self.met == FIELD.len() {
            *self = Field {
                is_inside: true,
                ..Field::default()
            };
        }
    }
}

fn stands_at(bytes: &[u8], place: usize, word: &[u8]) -> bool {
    let here = bytes.get(place..place + word.len());
    here.is_some_and(|here| here.eq_ignore_ascii_case(word))
}

fn restored(content: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let mut out = content;
    for place in 0..out.len() {
        let letter = out.get(place).copied();
        let Some((given, _)) = STRANGE.iter().find(|(_, strange)| letter == Some(*strange)) else {
            continue;
        };
        let is_ours = WORDS.iter().any(|word| {
            word.split_first().is_some_and(|(first, rest)| {
                first.eq_ignore_ascii_case(given) && stands_at(&out, place + 1, rest)
            })
        });
        if is_ours && let Some(byte) = out.to_mut().get_mut(place) {
            *byte = *given;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use mail_parser::PartType;
    use proptest::prelude::*;

    use super::*;

    /// What header sections, boundaries and the tricks with them are made of.
    const PIECES: [&str; 34] = [
        "Content-Type:",
        "content-TYPE :",
        "Con tent-Type:",
        ":Content-Type:",
        "Subject: x; ",
        "message/rfc822",
        "Message",
        " / ",
        "/",
        "rfc822",
        "GLOBAL",
        "(c)",
        "(;",
        ")",
        "\"",
        "\\",
        "multipart/digest",
        "multipart/mixed",
        "; boundary=b",
        "; boundary=\"x:y\"",
        "--b",
        "--x:y",
        "--",
        "\r\n",
        "\n",
        "\r\n\r\n",
        "\n\n",
        "\r",
        " ",
        "\t",
        "\u{c}",
        ";",
        "a: b",
        "text",
    ];

    fn raw() -> impl Strategy<Value = String> {
        proptest::collection::vec(proptest::sample::select(&PIECES[..]), 1..24)
            .prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn the_parser_opens_no_attached_message(raw in raw()) {
            let closed = Closed::new(raw.as_bytes());
            let message = closed.parse();
            let parts = message.iter().flat_map(|message| &message.parts);
            for part in parts {
                prop_assert!(!matches!(part.body, PartType::Message(_)), "{raw:?}");
            }
        }

        #[test]
        fn what_was_made_strange_is_restored(raw in raw()) {
            let closed = Closed::new(raw.as_bytes());
            let restored = closed.restored(Cow::Borrowed(closed.bytes.as_ref()));
            prop_assert_eq!(restored.as_ref(), raw.as_bytes());
        }
    }

    #[test]
    fn only_the_kind_of_a_part_is_made_strange() {
        let raw = "Subject: a message\r\nContent-Type: multipart/mixed; boundary=message\r\n\r\n\
                   --message\r\n\r\nno message here: digest\r\n--message--\r\n";
        assert!(matches!(
            Closed::new(raw.as_bytes()).bytes,
            Cow::Borrowed(_)
        ));
        let quoted = "Subject: x\r\n\r\nContent-Type: Message/rfc822; digest\r\n";
        let closed = Closed::new(quoted.as_bytes());
        let message = closed.parse().unwrap();
        let text = message.body_text(0).unwrap();
        assert_ne!(text, "Content-Type: Message/rfc822; digest\r\n");
        assert_eq!(
            closed.text(&text),
            "Content-Type: Message/rfc822; digest\r\n"
        );
    }
}
