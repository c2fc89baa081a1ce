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
use memchr::{memchr_iter, memchr2_iter, memchr3_iter};

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
        true => tokens.iter().any(|token| token.is_in_octets(file)),
        false => is_in_letters(&tokens, file),
    };
    let is_in_text = |text: &str| match text.is_ascii() {
        true => tokens
            .iter()
            .any(|token| token.is_in_octets(text.as_bytes())),
        false => is_in_letters(&tokens, text.as_bytes()),
    };
    texts.into_iter().any(is_in_text) || files.into_iter().any(is_in_file)
}

/// Letters that are brought into their form at once: they and what becomes of them stay at hand.
const PIECE: usize = 16 * 1024;

/// True if one of the tokens is in a text, letter by letter. What is no UTF-8 is left out.
fn is_in_letters(tokens: &[Disguises], octets: &[u8]) -> bool {
    if tokens.iter().any(|token| token.is_encoded_in(octets)) {
        return true;
    }
    let plain: Vec<Finder<'_>> = tokens
        .iter()
        .map(|token| Finder::new(&token.plain))
        .collect();
    let longest = tokens.iter().map(|token| token.plain.len()).max();
    let mut letters = octets.utf8_chunks().flat_map(|chunk| chunk.valid().chars());
    let (mut piece, mut formed) = (Vec::with_capacity(PIECE), Vec::new());
    loop {
        piece.clear();
        piece.extend(letters.by_ref().take(PIECE));
        plain_letters(&piece, &mut formed);
        if piece.is_empty() {
            return false;
        }
        if plain.iter().any(|form| form.find(&formed).is_some()) {
            return true;
        }
        // So much stays as may be the beginning of what ends in the next piece.
        let done = formed.len().saturating_sub(longest.unwrap_or(0));
        formed.drain(..done);
    }
}

/// A token as it is looked for.
struct Disguises {
    /// Its plainest letters.
    plain: Vec<u8>,
    /// Those as they are looked for among octets; absent if none of them gives them away.
    among_octets: Option<Form>,
    /// Base64 of it at each of the three places it can begin at; the letters that depend on what
    /// is before and after left out.
    encoded: Vec<Form>,
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
            text.get(skip..keep).unwrap_or_default().as_bytes().to_vec()
        });
        Some(Disguises {
            encoded: encoded
                .into_iter()
                .filter(|form| form.len() >= TOKEN_CHARS_MIN)
                .filter_map(|form| Form::of(form, &ENCODED))
                .collect(),
            among_octets: Form::of(plain.clone(), &PLAIN),
            plain,
        })
    }

    /// True if it is in what is ASCII or no text.
    fn is_in_octets(&self, octets: &[u8]) -> bool {
        match &self.among_octets {
            Some(form) => form.is_in(octets) || self.is_encoded_in(octets),
            None => is_in_letters(std::slice::from_ref(self), octets),
        }
    }

    fn is_encoded_in(&self, octets: &[u8]) -> bool {
        self.encoded.iter().any(|form| form.is_in(octets))
    }
}

/// Letters in some form, looked for among octets that are not: only around the rarest of them is
/// anything brought into form.
struct Form {
    letters: Vec<u8>,
    /// The place of the rarest letter.
    rare: usize,
    /// The octets that become it: one to three.
    written: &'static [u8],
    forming: &'static Forming,
}

/// Letters and digits from the rarest on, as mail has them; all others are more common.
const RARE: &[u8] = b"qzxjQZXJK976854V32UYkvWGFHBPNRMLDCw";

impl Form {
    /// `None` if no letter is written in few enough ways.
    fn of(letters: Vec<u8>, forming: &'static Forming) -> Option<Form> {
        let rank = |letter: u8| {
            let place = RARE.iter().position(|rare| *rare == letter);
            place.unwrap_or(RARE.len())
        };
        let each = letters.iter().enumerate();
        let written = each.filter_map(|(place, letter)| {
            let written = forming.written(*letter)?;
            Some((rank(*letter), place, written))
        });
        let (_, rare, written) = written.min()?;
        Some(Form {
            letters,
            rare,
            written,
            forming,
        })
    }

    fn is_in(&self, octets: &[u8]) -> bool {
        let is_at = |place| self.is_at(octets, place);
        match *self.written {
            [one] => memchr_iter(one, octets).any(is_at),
            [one, two] => memchr2_iter(one, two, octets).any(is_at),
            [one, two, three] => memchr3_iter(one, two, three, octets).any(is_at),
            _ => false,
        }
    }

    /// True if the octet at this place is the rarest letter, and the others are around it.
    fn is_at(&self, octets: &[u8], place: usize) -> bool {
        let Some((before, rest)) = octets.split_at_checked(place) else {
            return false;
        };
        let formed = |octet: &u8| self.forming.of(*octet).iter();
        let mut after = rest.iter().skip(1).flat_map(formed);
        let mut before = before.iter().rev().flat_map(|octet| formed(octet).rev());
        let mut ahead = self.letters.iter().take(self.rare).rev();
        let mut behind = self.letters.iter().skip(self.rare + 1);
        behind.all(|letter| after.next() == Some(letter))
            && ahead.all(|letter| before.next() == Some(letter))
    }
}

/// What each octet becomes in some form, and which octets become each letter.
struct Forming {
    /// No letter, one or two.
    formed: [(u8, [u8; 2]); 256],
    /// Absent where there are more than three, or one of them becomes another letter too.
    written: [Option<(u8, [u8; 3])>; 256],
}

impl Forming {
    fn new(form: impl Fn(u8) -> (u8, [u8; 2])) -> Forming {
        let formed = std::array::from_fn(|octet| form(u8::try_from(octet).unwrap_or_default()));
        let mut forming = Forming {
            formed,
            written: [None; 256],
        };
        forming.written = std::array::from_fn(|letter| {
            let letter = u8::try_from(letter).unwrap_or_default();
            let (mut count, mut octets) = (0_u8, [0; 3]);
            for octet in (0..=u8::MAX).filter(|octet| forming.of(*octet).contains(&letter)) {
                *octets.get_mut(usize::from(count))? = octet;
                count += 1;
                (forming.of(octet).len() == 1).then_some(())?;
            }
            (count > 0).then_some((count, octets))
        });
        forming
    }

    fn of(&self, octet: u8) -> &[u8] {
        let formed = self.formed.get(usize::from(octet));
        formed.map_or(&[], |(count, letters)| {
            letters.get(..usize::from(*count)).unwrap_or_default()
        })
    }

    /// The octets that become this letter, if they are few and become no other.
    fn written(&self, letter: u8) -> Option<&[u8]> {
        let (count, octets) = self.written.get(usize::from(letter))?.as_ref()?;
        octets.get(..usize::from(*count))
    }
}

/// Letters and digits as they look at their plainest, an `m` as two.
static PLAIN: LazyLock<Forming> = LazyLock::new(|| {
    Forming::new(|octet| match LOOKS.of(octet) {
        LEFT_OUT => (0, [LEFT_OUT; 2]),
        b'm' => (2, TWO_FOR_M),
        plain => (1, [plain, LEFT_OUT]),
    })
});

/// Without white space, both alphabets of base64 (RFC 4648) as the first.
static ENCODED: LazyLock<Forming> = LazyLock::new(|| {
    Forming::new(|octet| match octet {
        // A zero is what UTF-16 has between.
        gap if gap == 0 || gap.is_ascii_whitespace() => (0, [LEFT_OUT; 2]),
        b'-' => (1, [b'+', LEFT_OUT]),
        b'_' => (1, [b'/', LEFT_OUT]),
        other => (1, [other, LEFT_OUT]),
    })
});

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

/// How a letter or digit looks at its plainest.
static LOOKS: LazyLock<Table> = LazyLock::new(|| {
    Table::new(|octet| match octet.to_ascii_lowercase() {
        b'i' | b'1' | b'|' => b'l',
        b'0' => b'o',
        other if other.is_ascii_alphanumeric() => other,
        _ => LEFT_OUT,
    })
});

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
            let octets: Vec<u8> = text
                .bytes()
                .flat_map(|octet| PLAIN.of(octet).to_vec())
                .collect();
            let mut letters = Vec::new();
            plain_letters(&text.chars().collect::<Vec<_>>(), &mut letters);
            assert_eq!(octets, letters, "{text:?}");
        }
    }

    #[test]
    fn whatever_letter_is_the_rarest_the_token_is_found() {
        for token in [
            "qx7vn2mdkz4w",
            "eeeeeeee",
            "mmmmmmmm",
            "nrnrnrnr",
            "nmnnmeeer",
            "iiiiiiiil",
            "zzzzzzzzq",
            "aaaaaaaaz",
        ] {
            let hit = |text: &str| is_in(&[token.to_owned()], [text], []);
            let spaced: String = token.chars().flat_map(|letter| [letter, '-']).collect();
            for said in [
                token.to_owned(),
                token.to_uppercase(),
                token.replace('m', "rn"),
                spaced,
                format!("qzx m{token}m qzx"),
                STANDARD_NO_PAD.encode(format!("q{token}z")),
            ] {
                assert!(hit(&said), "{said}");
                assert!(hit(&format!("{said} \u{445}")), "{said}");
            }
            let (short, _) = token.split_at(token.len() - 1);
            assert!(!hit(&format!("x {short} x")), "{short}");
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
