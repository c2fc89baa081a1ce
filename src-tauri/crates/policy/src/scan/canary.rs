//! Whether a token that must not leave is in a message, plain or disguised.
//!
//! Disguises that are seen through: other case, spaces or signs between the letters, letters that
//! look alike, and base64. A canary is a dozen random letters or more, so that nothing else comes
//! to look like it.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use domain::lookalike::skeleton;
use memchr::memmem::Finder;

/// Letters and digits below which a token is too common to look for.
const TOKEN_CHARS_MIN: usize = 8;

/// True if one of the tokens is in one of the texts or files.
///
/// A file that is no text is read octet by octet: what looks like a letter of another script there
/// is chance. Its ASCII is seen through all the same, however it is spaced (UTF-16 is ASCII with
/// zeros between).
pub(super) fn is_in<'a>(
    tokens: &[String],
    texts: impl IntoIterator<Item = &'a str>,
    files: impl IntoIterator<Item = &'a [u8]>,
) -> bool {
    let tokens: Vec<Disguises> = tokens
        .iter()
        .filter_map(|token| Disguises::of(token))
        .collect();
    if tokens.is_empty() {
        return false;
    }
    let is_in_file = |file: &[u8]| match file.is_ascii() || memchr::memchr(0, file).is_some() {
        true => is_in_octets(&tokens, file),
        false => is_in_letters(&tokens, file),
    };
    let is_in_text = |text: &str| match text.is_ascii() {
        true => is_in_octets(&tokens, text.as_bytes()),
        false => is_in_letters(&tokens, text.as_bytes()),
    };
    texts.into_iter().any(is_in_text) || files.into_iter().any(is_in_file)
}

/// What is no UTF-8 is left out.
fn is_in_letters(tokens: &[Disguises], octets: &[u8]) -> bool {
    let mut letters = octets.utf8_chunks().flat_map(|chunk| chunk.valid().chars());
    let mut piece = Vec::with_capacity(PIECE);
    let plain = |formed: &mut Vec<u8>| {
        piece.clear();
        piece.extend(letters.by_ref().take(PIECE));
        plain_letters(&piece, formed);
        !piece.is_empty()
    };
    is_encoded_in(tokens, octets) || is_in_pieces(plain, &plain_forms(tokens))
}

fn is_in_octets(tokens: &[Disguises], octets: &[u8]) -> bool {
    is_encoded_in(tokens, octets)
        || is_in_pieces(pieces(octets, plain_octets), &plain_forms(tokens))
}

fn is_encoded_in(tokens: &[Disguises], octets: &[u8]) -> bool {
    let forms: Vec<_> = tokens.iter().flat_map(|token| &token.encoded).collect();
    is_in_pieces(pieces(octets, unspaced), &forms)
}

fn plain_forms(tokens: &[Disguises]) -> Vec<&Finder<'static>> {
    tokens.iter().map(|token| &token.plain).collect()
}

/// Letters that are brought into their form at once: they and what becomes of them stay at hand.
const PIECE: usize = 16 * 1024;

/// Brings octets into form piece by piece, as [`is_in_pieces`] asks for them.
fn pieces(octets: &[u8], bring: impl Fn(&[u8], &mut Vec<u8>)) -> impl FnMut(&mut Vec<u8>) -> bool {
    let mut rest = octets.chunks(PIECE);
    move |formed| {
        let piece = rest.next();
        bring(piece.unwrap_or_default(), formed);
        piece.is_some()
    }
}

/// Whether one of the forms is in a text that is brought into form piece by piece: `next` adds one,
/// and says whether there was one. So much of each stays as may be the beginning of what ends in the
/// next.
fn is_in_pieces(mut next: impl FnMut(&mut Vec<u8>) -> bool, forms: &[&Finder<'_>]) -> bool {
    let longest = forms.iter().map(|form| form.needle().len()).max();
    let mut formed = Vec::new();
    while next(&mut formed) {
        if forms.iter().any(|form| form.find(&formed).is_some()) {
            return true;
        }
        let done = formed.len().saturating_sub(longest.unwrap_or(0));
        formed.drain(..done);
    }
    false
}

/// A token as it is looked for.
struct Disguises {
    plain: Finder<'static>,
    /// Base64 of it at each of the three places it can begin at; the letters that depend on what
    /// is before and after left out.
    encoded: Vec<Finder<'static>>,
}

impl Disguises {
    fn of(token: &str) -> Option<Disguises> {
        let mut plain = Vec::new();
        plain_letters(&token.chars().collect::<Vec<_>>(), &mut plain);
        if plain.len() < TOKEN_CHARS_MIN {
            return None;
        }
        // With so many octets before it in a group of three, so many letters are not its alone.
        let encoded = [(0, 0), (1, 2), (2, 3)].map(|(before, skip)| {
            let bytes: Vec<u8> = std::iter::repeat_n(0, before)
                .chain(token.bytes())
                .collect();
            let keep = bytes.len() / 3 * 4;
            let text = STANDARD_NO_PAD.encode(&bytes);
            text.get(skip..keep).unwrap_or_default().to_owned()
        });
        Some(Disguises {
            encoded: encoded
                .iter()
                .filter(|form| form.len() >= TOKEN_CHARS_MIN)
                .map(|form| Finder::new(form).into_owned())
                .collect(),
            plain: Finder::new(&plain).into_owned(),
        })
    }
}

/// Letters and digits only, each as the plainest that looks like it, in lower case; added to what
/// is there.
fn plain_letters(text: &[char], plain: &mut Vec<u8>) {
    let mut add = |octet: u8| match LOOKS.of(octet) {
        LEFT_OUT => {}
        b'm' => plain.extend(TWO_FOR_M),
        octet => plain.push(octet),
    };
    for letter in text {
        match u8::try_from(*letter).ok().filter(u8::is_ascii) {
            Some(octet) => add(octet),
            None => Look::of(*letter).octets().for_each(&mut add),
        }
    }
}

/// The same of what is ASCII or no text, without a branch to foresee.
fn plain_octets(octets: &[u8], plain: &mut Vec<u8>) {
    let (mut kept, table) = (plain.len(), &*LOOKS);
    plain.resize(kept + octets.len() * TWO_FOR_M.len(), LEFT_OUT);
    for octet in octets {
        let octet = table.of(*octet);
        let [m, n] = TWO_FOR_M;
        let is_m = octet == b'm';
        // Two are written at once; what does not count is written over by what follows.
        if let Some(place) = plain.get_mut(kept..).and_then(<[u8]>::first_chunk_mut) {
            *place = [if is_m { m } else { octet }, n];
        }
        kept += usize::from(octet != LEFT_OUT) + usize::from(is_m);
    }
    plain.truncate(kept);
}

/// An `m` is read as these two: then it does not matter which of both was written.
const TWO_FOR_M: [u8; 2] = *b"rn";

/// What a letter beyond ASCII looks like in ASCII, in eight octets: how many there are, and they.
#[derive(Clone, Copy)]
struct Look(u64);

/// Letters that are looked up once and remembered: those of the first two planes. No letter of the
/// others looks like any of ASCII.
const REMEMBERED: usize = 0x2_0000;
/// What each came to, zero for not yet. Looking one up takes a walk through two tables and some
/// strings, and texts repeat their letters.
static REMEMBER: [AtomicU64; REMEMBERED] = [const { AtomicU64::new(0) }; REMEMBERED];

impl Look {
    /// Nothing in ASCII.
    const NONE: Look = Look(1);

    fn of(letter: char) -> Look {
        let Some(place) = REMEMBER.get(u32::from(letter) as usize) else {
            return Look::NONE;
        };
        match place.load(Ordering::Relaxed) {
            0 => {
                let look = Look::up(letter);
                place.store(look.0, Ordering::Relaxed);
                look
            }
            known => Look(known),
        }
    }

    fn up(letter: char) -> Look {
        let mut octets = [0; 8];
        let looks = skeleton(&letter.to_lowercase().to_string());
        let ascii = looks.bytes().filter(|octet| LOOKS.of(*octet) != LEFT_OUT);
        let mut count = 1;
        for (place, octet) in octets.iter_mut().skip(1).zip(ascii) {
            *place = octet;
            count += 1;
        }
        if let Some(first) = octets.first_mut() {
            *first = count;
        }
        Look(u64::from_le_bytes(octets))
    }

    fn octets(self) -> impl Iterator<Item = u8> {
        let octets = self.0.to_le_bytes();
        let count = usize::from(octets.first().copied().unwrap_or(0));
        octets.into_iter().take(count).skip(1)
    }
}

/// What each octet becomes.
struct Table([u8; 256]);

/// In a [`Table`]: leave it out.
const LEFT_OUT: u8 = 0;

impl Table {
    fn new(of: impl Fn(u8) -> u8) -> Table {
        Table(std::array::from_fn(|octet| {
            u8::try_from(octet).map_or(LEFT_OUT, &of)
        }))
    }

    fn of(&self, octet: u8) -> u8 {
        self.0.get(usize::from(octet)).copied().unwrap_or(LEFT_OUT)
    }
}

/// Without white space, both alphabets of base64 (RFC 4648) as the first.
static ENCODED: LazyLock<Table> = LazyLock::new(|| {
    Table::new(|octet| match octet {
        _ if octet.is_ascii_whitespace() => LEFT_OUT,
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    })
});

/// How a letter or digit looks at its plainest.
static LOOKS: LazyLock<Table> = LazyLock::new(|| {
    Table::new(|octet| match octet.to_ascii_lowercase() {
        b'i' | b'1' | b'|' => b'l',
        b'0' => b'o',
        other if other.is_ascii_alphanumeric() => other,
        _ => LEFT_OUT,
    })
});

/// Without white space, without a branch to foresee; added to what is there.
fn unspaced(octets: &[u8], unspaced: &mut Vec<u8>) {
    let (mut kept, table) = (unspaced.len(), &*ENCODED);
    unspaced.resize(kept + octets.len(), LEFT_OUT);
    for octet in octets {
        let octet = table.of(*octet);
        if let Some(place) = unspaced.get_mut(kept) {
            *place = octet;
        }
        kept += usize::from(octet != LEFT_OUT);
    }
    unspaced.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "qx7vn2mdkz4w";

    fn hit(text: &str) -> bool {
        is_in(&[TOKEN.to_owned()], ["hello", text], [])
    }

    fn is_in_file(file: &[u8]) -> bool {
        is_in(&[TOKEN.to_owned()], [], [file])
    }

    #[test]
    fn a_canary_is_found_in_any_disguise() {
        let encoded = |text: &str| STANDARD_NO_PAD.encode(text);
        for text in [
            TOKEN.to_owned(),
            format!("it says {TOKEN}."),
            TOKEN.to_uppercase(),
            "q x 7 v n 2 m d k z 4 w".to_owned(),
            "q-x-7-v\nn.2.m.d_k_z_4_w".to_owned(),
            "q\u{445}7vn2mdkz4w".to_owned(),
            "qx7vn2rndkz4w".to_owned(),
            encoded(TOKEN),
            encoded(&format!("a{TOKEN}b")),
            encoded(&format!("ab{TOKEN}")),
            encoded(&format!("abc {TOKEN} and more of it")),
            encoded(&format!("x{TOKEN}"))
                .chars()
                .flat_map(|letter| [letter, '\n'])
                .collect(),
        ] {
            assert!(hit(&text), "{text}");
        }
    }

    #[test]
    fn what_is_no_canary_is_not_taken_for_one() {
        for text in [
            "",
            "qx7vn2mdkz4",
            "Dear Dana, your order 4711 is on its way.",
            "qx7vn2mdkz5w",
        ] {
            assert!(!hit(text), "{text}");
        }
        assert!(!is_in(&[], [TOKEN], []));
        assert!(
            !is_in(&["abc".to_owned()], ["abc"], []),
            "too short to mean anything"
        );
    }

    #[test]
    fn a_file_is_read_whatever_it_is() {
        let wide: Vec<u8> = TOKEN.bytes().flat_map(|octet| [octet, 0]).collect();
        let among = |token: &[u8]| [b"\x89PNG\0\xff\xfe", token, b"\0\xff"].concat();
        for file in [
            TOKEN.as_bytes().to_vec(),
            "q\u{445}7vn2mdkz4w".as_bytes().to_vec(),
            [b"\xff", "q\u{445}7vn2mdkz4w".as_bytes()].concat(),
            among(TOKEN.as_bytes()),
            among(&wide),
            among(STANDARD_NO_PAD.encode(format!("a{TOKEN}b")).as_bytes()),
        ] {
            assert!(is_in_file(&file), "{file:?}");
        }
        assert!(!is_in_file(&among(b"qx7vn2mdkz5w")));
        assert!(!is_in_file(b""));
    }

    #[test]
    fn a_look_holds_what_the_table_of_lookalikes_says() {
        let ascii = |letter: char| -> String {
            let looks = skeleton(&letter.to_lowercase().to_string());
            let kept = looks.chars().filter(char::is_ascii_alphanumeric);
            kept.collect()
        };
        let letters = ('\u{80}'..'\u{3400}').chain('\u{f900}'..'\u{10000}');
        for letter in letters.chain('\u{1d400}'..'\u{1d800}') {
            let look: Vec<u8> = Look::of(letter).octets().collect();
            assert_eq!(
                String::from_utf8(look).unwrap(),
                ascii(letter),
                "{letter:?}"
            );
        }
        // Beyond the planes that are remembered nothing looks like ASCII.
        for letter in ('\u{20000}'..'\u{20100}').chain('\u{2f800}'..='\u{2fa1f}') {
            assert_eq!(ascii(letter), "", "{letter:?}");
        }
    }

    #[test]
    fn octets_and_letters_are_read_alike() {
        for text in [
            "",
            "rn",
            "RRN r n",
            "n",
            "rrnn",
            "a-r_n m|1iI0oO",
            "\0r\0n\0",
            "mm",
        ] {
            let (mut octets, mut letters) = (b"x".to_vec(), b"x".to_vec());
            plain_octets(text.as_bytes(), &mut octets);
            plain_letters(&text.chars().collect::<Vec<_>>(), &mut letters);
            assert_eq!(octets, letters, "{text:?}");
        }
    }

    #[test]
    fn a_canary_is_found_wherever_a_piece_ends() {
        let spaced = TOKEN.chars().flat_map(|letter| [letter, ' ']);
        let spaced: String = spaced.collect();
        for token in [TOKEN, &spaced, &STANDARD_NO_PAD.encode(TOKEN)] {
            for before in PIECE - token.len() - 3..PIECE + 3 {
                let text = format!("{}{token}m", "m".repeat(before));
                assert!(hit(&text), "{before}");
                let text = format!("{}{token}\u{445}", "m".repeat(before));
                assert!(hit(&text), "{before}");
            }
        }
    }
}
