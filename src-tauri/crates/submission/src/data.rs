//! The bytes between `354` and the final dot.
//!
//! Only CRLF.CRLF ends a message; every other arrangement of CR, LF and dot is content, which the
//! engine then refuses for its bare line breaks. So nothing behind a smuggled end is ever read as a
//! command (CVE-2023-51764 and its kin).

use memchr::memmem;

/// A message as it comes in.
pub(crate) struct Body {
    content: Vec<u8>,
    octets_max: usize,
    over: bool,
    at_line_start: bool,
}

/// Octets kept back while they could still be the beginning of the end.
const TAIL: usize = 2;

impl Body {
    pub fn new(octets_max: usize) -> Self {
        Body {
            content: Vec::new(),
            octets_max,
            over: false,
            at_line_start: true,
        }
    }

    /// Takes what it can out of `input`; true at the end of the message, with what follows it left
    /// in `input`.
    pub fn take(&mut self, input: &mut Vec<u8>) -> bool {
        let mut at = 0;
        let mut ended = false;
        while let Some(rest) = input.get(at..) {
            let Some(length) = memmem::find(rest, b"\r\n") else {
                // A long piece of a line may go in; its last octets could belong to a line's end.
                if rest.len() > TAIL {
                    let piece = rest.len() - TAIL;
                    self.push(rest.get(..piece).unwrap_or_default());
                    self.at_line_start = false;
                    at += piece;
                }
                break;
            };
            let line = rest.get(..length).unwrap_or_default();
            at += length + 2;
            if self.at_line_start && line == b"." {
                ended = true;
                break;
            }
            self.push(line);
            self.store(b"\r\n");
            self.at_line_start = true;
        }
        input.drain(..at.min(input.len()));
        ended
    }

    /// Octets taken so far; none once it is too long.
    pub fn octets(&self) -> usize {
        self.content.len()
    }

    /// Forgets it, and whatever of it is still to come.
    pub fn discard(&mut self) {
        self.over = true;
        self.content = Vec::new();
    }

    /// The message, dots unstuffed; nothing if it was too long.
    pub fn finish(self) -> Option<Vec<u8>> {
        (!self.over).then_some(self.content)
    }

    /// A line, or a piece of one: a dot in front of a line was put there by the client (RFC 5321,
    /// section 4.5.2).
    fn push(&mut self, piece: &[u8]) {
        let unstuffed = match self.at_line_start {
            true => piece.strip_prefix(b".").unwrap_or(piece),
            false => piece,
        };
        self.store(unstuffed);
    }

    fn store(&mut self, octets: &[u8]) {
        if self.over || self.content.len() + octets.len() > self.octets_max {
            self.discard();
            return;
        }
        self.content.extend_from_slice(octets);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `wire` in pieces of these sizes; the message and what is left behind its end.
    fn fed(wire: &[u8], sizes: &[usize]) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut body = Body::new(1_000_000);
        let (mut input, mut rest) = (Vec::new(), wire);
        let mut sizes = sizes.iter().cycle();
        while !rest.is_empty() {
            let (now, later) = rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len()));
            input.extend_from_slice(now);
            rest = later;
            if body.take(&mut input) {
                input.extend_from_slice(rest);
                return body.finish().map(|content| (content, input));
            }
        }
        None
    }

    fn text(wire: &str) -> Option<(String, String)> {
        fed(wire.as_bytes(), &[usize::MAX]).map(|(content, rest)| {
            (
                String::from_utf8(content).unwrap(),
                String::from_utf8(rest).unwrap(),
            )
        })
    }

    #[test]
    fn a_message_ends_at_its_dot_and_its_stuffed_dots_are_taken_out() {
        assert_eq!(
            text("a\r\n..b\r\n.c\r\n.\r\nQUIT\r\n"),
            Some(("a\r\n.b\r\nc\r\n".into(), "QUIT\r\n".into()))
        );
        assert_eq!(text(".\r\n"), Some((String::new(), String::new())));
        assert_eq!(text("no end\r\n"), None);
    }

    #[test]
    fn no_other_arrangement_of_cr_lf_and_dot_is_an_end() {
        for end in [
            "\n.\n",
            "\n.\r\n",
            "\r.\r\n",
            "\r\n.\n",
            "\r\n.\r",
            "\r.\r",
            "\r\n.\r\r\n",
            "\r\n\0.\r\n",
            "\r\n.\0\r\n",
            "\r\r\n.\r\r\n",
            "\n\n.\r\r\n",
            "\r\n. \r\n",
            "\n.\r\n\r",
        ] {
            let wire = format!("a{end}MAIL FROM:<x@y.example>\r\n.\r\n");
            let (content, rest) = text(&wire).unwrap();
            assert!(content.contains("MAIL FROM"), "{end:?}: {content:?}");
            assert_eq!(rest, "", "{end:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_read_to_its_end_and_not_kept() {
        let mut body = Body::new(10);
        let mut input = b"0123456789ab\r\n.\r\nNOOP\r\n".to_vec();
        assert!(body.take(&mut input));
        assert_eq!(input, b"NOOP\r\n");
        assert_eq!(body.octets(), 0);
        assert_eq!(body.finish(), None);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_in_which_pieces_it_comes(
            wire in proptest::collection::vec(proptest::sample::select(&b"\r\n.ab\0"[..]), 0..60),
            sizes in proptest::collection::vec(1_usize..9, 1..6),
        ) {
            prop_assert_eq!(fed(&wire, &sizes), fed(&wire, &[usize::MAX]));
        }

        #[test]
        fn stuffed_lines_come_out_as_they_were(
            lines in proptest::collection::vec("[.a]{0,4}", 0..20),
            sizes in proptest::collection::vec(1_usize..9, 1..6),
        ) {
            let mut wire = String::new();
            let mut meant = String::new();
            for line in &lines {
                if line.starts_with('.') {
                    wire.push('.');
                }
                wire.push_str(line);
                wire.push_str("\r\n");
                meant.push_str(line);
                meant.push_str("\r\n");
            }
            wire.push_str(".\r\n");
            let (content, rest) = fed(wire.as_bytes(), &sizes).unwrap();
            prop_assert_eq!(content, meant.into_bytes());
            prop_assert!(rest.is_empty());
        }
    }
}
