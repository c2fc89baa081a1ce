//! Texts as numbers: words, neighbours, and pieces of words, each hashed to a number. Digits are
//! all alike, addresses are all alike: a model that learns names and amounts learns nothing.

/// Octets of a word that are looked at.
const WORD_OCTETS_MAX: usize = 40;

/// Hashes a feature: FNV-1a, its ends mixed so that few bits are enough.
pub fn hash(kind: u8, text: &str) -> u32 {
    mix(feed(feed(0x811C_9DC5, &[kind]), text.as_bytes()))
}

/// A name as a number.
pub(crate) fn number(name: &[u8]) -> u32 {
    mix(feed(0x811C_9DC5, name))
}

fn hash_two(kind: u8, a: &str, b: &str) -> u32 {
    let h = feed(feed(0x811C_9DC5, &[kind]), a.as_bytes());
    mix(feed(feed(h, b" "), b.as_bytes()))
}

fn feed(h: u32, bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(h, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}

fn mix(h: u32) -> u32 {
    let h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    let h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    h ^ (h >> 15)
}

/// A word of a text in lower case, and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token<'a> {
    /// As it is hashed: digits, addresses and links by what they are.
    pub word: &'a str,
    /// First octet.
    pub from: usize,
    /// Octet after the last.
    pub to: usize,
}

/// The words of a text in lower case, at most `max`. Scripts without spaces give a word a letter.
pub fn tokens(text: &str, max: usize) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut from: Option<usize> = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if out.len() >= max {
            break;
        }
        let alone = is_unspaced(c);
        let is_part = !alone && (c.is_alphanumeric() || matches!(c, '\'' | '@' | '_'))
            || (from.is_some() && matches!(c, '.' | '-' | '/' | ':') && goes_on(text, at));
        match (from, is_part) {
            (None, true) => from = Some(at),
            (Some(start), false) => {
                from = None;
                out.extend(token(text, start, at));
            }
            (None, false) | (Some(_), true) => {}
        }
        let is_mark = matches!(
            c,
            '!' | '?' | '<' | '>' | '[' | '{' | '|' | '#' | '？' | '！' | '。'
        );
        if alone || is_mark {
            out.extend(token(text, at, at + c.len_utf8()));
        }
    }
    out
}

fn goes_on(text: &str, at: usize) -> bool {
    text.get(at + 1..)
        .and_then(|rest| rest.chars().next())
        .is_some_and(|c| c.is_ascii_alphanumeric() || c == '/')
}

fn token(text: &str, from: usize, to: usize) -> Option<Token<'_>> {
    let raw = text.get(from..to)?;
    let word = if raw.contains('@') {
        "<address>"
    } else if raw.starts_with("http") && raw.contains("//") || raw.starts_with("www.") {
        "<link>"
    } else if raw.starts_with(|c: char| c.is_ascii_digit()) {
        "<number>"
    } else {
        crate::text::start(raw, WORD_OCTETS_MAX).trim_matches(['\'', '.', '-', '/', ':'])
    };
    (!word.is_empty()).then_some(Token { word, from, to })
}

/// Scripts written without spaces between words.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0E00..=0x0E7F | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xAC00..=0xD7AF)
}

/// The features that end at a word: itself, with the one before, with the one before that, and
/// its pieces of four letters.
pub fn at_word(tokens: &[Token<'_>], at: usize, out: &mut Vec<u32>) {
    let Some(token) = tokens.get(at) else { return };
    let word = token.word;
    out.push(hash(b'w', word));
    let before = |n: usize| {
        at.checked_sub(n)
            .and_then(|i| tokens.get(i))
            .map_or("^", |t| t.word)
    };
    out.push(hash_two(b'b', before(1), word));
    if at >= 2 {
        out.push(hash_two(b's', before(2), word));
    }
    if word.chars().next().is_some_and(is_unspaced) {
        if at >= 2 {
            let three = feed(feed(0x811C_9DC5, b"3"), before(2).as_bytes());
            out.push(mix(feed(
                feed(three, before(1).as_bytes()),
                word.as_bytes(),
            )));
        }
    } else if !word.starts_with('<') {
        pieces(word, out);
    }
}

/// Pieces of four letters of a word, its ends marked.
fn pieces(word: &str, out: &mut Vec<u32>) {
    let mut window = ['\0', '\0', '\0', '^'];
    let mut buffer = [0_u8; 4];
    for c in word.chars().take(WORD_OCTETS_MAX).chain(['$']) {
        window.rotate_left(1);
        window[3] = c;
        if window[0] != '\0' {
            let mut h = feed(0x811C_9DC5, b"p");
            for one in window {
                h = feed(h, one.encode_utf8(&mut buffer).as_bytes());
            }
            out.push(mix(h));
        }
    }
}

/// All features of a text in lower case, sorted, each once.
pub fn of(text: &str, words_max: usize) -> Vec<u32> {
    let tokens = tokens(text, words_max);
    let mut out = Vec::new();
    for at in 0..tokens.len() {
        at_word(&tokens, at, &mut out);
    }
    out.sort_unstable();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_amounts_are_all_alike() {
        let words = |text: &str| -> Vec<String> {
            tokens(text, 99).iter().map(|t| t.word.to_owned()).collect()
        };
        assert_eq!(
            words("send 3,000 to a@b.example via https://x.example/y now!"),
            [
                "send",
                "<number>",
                "<number>",
                "to",
                "<address>",
                "via",
                "<link>",
                "now",
                "!"
            ]
        );
        assert_eq!(words("请停"), ["请", "停"]);
        assert_eq!(of("a b", 9), of("a  b", 9));
        assert_ne!(of("a b", 9), of("b a", 9));
    }
}
