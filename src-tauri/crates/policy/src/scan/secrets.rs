//! Things that should not leave by mail: keys, tokens, card numbers, bank accounts.
//!
//! What is kept is the kind and the place, never the value.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use domain::Draft;
use domain::scan::Spot;

use super::html::Html;
use super::patterns::Patterns;
use super::source::Source;
use super::words::Text;

/// The kind of a token of this very house: it is nobody else's to see, whatever the policy says.
pub(crate) const OWN_TOKEN: &str = "a Sendoff token";

/// The kind of a password of one of our own accounts.
pub(crate) const OWN_CREDENTIAL: &str = "a credential of this account";
/// Kinds that block whatever the policy says.
pub(crate) const OWN: [&str; 2] = [OWN_TOKEN, OWN_CREDENTIAL];

/// What a candidate must also be.
#[derive(Clone, Copy)]
enum Proof {
    /// Its shape is proof enough.
    Shape,
    /// Its characters are spread as chance spreads them, unlike `sk_live_xxxxxxxxxxxx`.
    Entropy,
}

/// Bits per character below which a token is an example.
const ENTROPY_BITS_MIN: f64 = 3.0;
/// Digits of the shortest card number.
const CARD_DIGITS_MIN: usize = 13;
/// And of the longest.
const CARD_DIGITS_MAX: usize = 19;
/// Octets below which a password is too common a word to look for.
const CREDENTIAL_OCTETS_MIN: usize = 6;

const PATTERNS: [(&str, &[&str], &str, Proof); 15] = [
    (
        OWN_TOKEN,
        &["so_live_"],
        r"\bso_live_[A-Za-z0-9_-]{43}",
        Proof::Shape,
    ),
    (
        "a private key",
        &["-----begin "],
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        Proof::Shape,
    ),
    (
        "an AWS access key",
        &["akia", "asia"],
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        Proof::Entropy,
    ),
    (
        "a GitHub token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        r"\bgh[pousr]_[A-Za-z0-9]{36,}\b",
        Proof::Entropy,
    ),
    (
        "a GitHub token",
        &["github_pat_"],
        r"\bgithub_pat_[A-Za-z0-9_]{22,}\b",
        Proof::Entropy,
    ),
    (
        "a GitLab token",
        &["glpat-"],
        r"\bglpat-[A-Za-z0-9_-]{20,}",
        Proof::Entropy,
    ),
    (
        "a Slack token",
        &["xox"],
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
        Proof::Entropy,
    ),
    (
        "a Stripe key",
        &["k_live_"],
        r"\b[rs]k_live_[A-Za-z0-9]{16,}\b",
        Proof::Entropy,
    ),
    (
        "a model provider's key",
        &["sk-"],
        r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}",
        Proof::Entropy,
    ),
    (
        "a Google API key",
        &["aiza"],
        r"\bAIza[0-9A-Za-z_-]{35}",
        Proof::Entropy,
    ),
    (
        "a Google token",
        &["ya29."],
        r"\bya29\.[0-9A-Za-z_-]{20,}",
        Proof::Entropy,
    ),
    (
        "a SendGrid key",
        &["sg."],
        r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        Proof::Entropy,
    ),
    (
        "an npm token",
        &["npm_"],
        r"\bnpm_[A-Za-z0-9]{36}\b",
        Proof::Entropy,
    ),
    (
        "a PyPI token",
        &["pypi-"],
        r"\bpypi-[A-Za-z0-9_-]{50,}",
        Proof::Entropy,
    ),
    (
        "a signed token (JWT)",
        &["eyj"],
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
        Proof::Shape,
    ),
];

static COMPILED: LazyLock<Patterns<Proof>> = LazyLock::new(|| {
    // ASCII words: faster, and every pattern is ASCII.
    let bounded = |pattern: &str| pattern.replace(r"\b", r"(?-u:\b)");
    Patterns::new(PATTERNS.map(|(kind, _, pattern, proof)| (kind, bounded(pattern), proof)))
});

/// The words without one of which a pattern cannot match, each with the pattern's place.
pub(super) fn words() -> impl Iterator<Item = (usize, &'static str)> {
    let each = PATTERNS.iter().enumerate();
    each.flat_map(|(place, (_, words, _, _))| words.iter().map(move |word| (place, *word)))
}

const CARD_KIND: &str = "a card number";
const IBAN_KIND: &str = "a bank account (IBAN)";
/// Numbers kept per kind and part.
const NUMBERS_MAX: usize = 5;
/// Letters and digits of a bank account: the shortest that are given out have 15 (ISO 13616).
const IBAN_CHARS_MIN: usize = 15;
/// And the longest.
const IBAN_CHARS_MAX: usize = 34;

/// Finds them in subject, plain body and the words of the HTML one, in what stands beside those words
/// in its source, in the header fields and in text files; and in the bytes its agent composed.
pub(super) fn find(
    draft: &Draft,
    [subject, plain, words]: [&Text<'_>; 3],
    (source, html): (&str, &Html),
    headers: &str,
    sent: &Source<'_>,
    credentials: &[String],
) -> Vec<Spot> {
    let mut spots = look("subject", subject);
    spots.extend(look("text", plain));
    spots.extend(look("header fields", &Text::of(headers)));
    let shown = look("html", words);
    let known = |spot: &Spot| shown.iter().any(|known| known.kind == spot.kind);
    let beside = look("html", &Text::of(&html.beside));
    spots.extend(beside.into_iter().filter(|spot| !known(spot)));
    spots.extend(shown);
    for credential in credentials
        .iter()
        .filter(|one| one.len() >= CREDENTIAL_OCTETS_MIN)
    {
        let places = [
            ("subject", subject.text),
            ("text", plain.text),
            ("html", source),
            ("html", words.text),
            ("header fields", headers),
            (SOURCE, &sent.text),
        ];
        let place = places
            .iter()
            .find_map(|(part, text)| Some((*part, text.find(credential)?)));
        let as_it_is = || {
            Some((
                SOURCE,
                memchr::memmem::find(sent.raw, credential.as_bytes())?,
            ))
        };
        let place = place.or_else(as_it_is);
        spots.extend(place.map(|(part, offset)| spot(OWN_CREDENTIAL, part, offset)));
    }
    for file in &draft.attachments {
        let has = |one: &String| {
            one.len() >= CREDENTIAL_OCTETS_MIN
                && memchr::memmem::find(&file.content, one.as_bytes()).is_some()
        };
        if credentials.iter().any(has) {
            spots.push(spot(OWN_CREDENTIAL, &file.filename, 0));
        }
        // A binary file has zeros; what has none is read as the text it mostly is.
        if memchr::memchr(0, &file.content).is_none() {
            let text = match std::str::from_utf8(&file.content) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => String::from_utf8_lossy(&file.content),
            };
            spots.extend(look(&file.filename, &Text::of_file(&text)));
        }
    }
    spots.extend(beside_all(&sent.text, &spots));
    spots
}

/// The part of what stands in the bytes of a message and in nothing that was read of it.
const SOURCE: &str = "message source";

/// Of the kinds found nowhere else. Numbers are left out: boundaries and message ids are full of
/// digits, and one in ten of those that begin like a card number ends like one.
fn beside_all(source: &str, known: &[Spot]) -> Vec<Spot> {
    let mut spots = patterns(SOURCE, &Text::of_file(source));
    spots.retain(|spot| !known.iter().any(|known| known.kind == spot.kind));
    spots
}

pub(super) fn look(part: &str, text: &Text<'_>) -> Vec<Spot> {
    let mut spots = patterns(part, text);
    spots.extend(numbers(part, text.text));
    spots
}

fn patterns(part: &str, text: &Text<'_>) -> Vec<Spot> {
    let proved = |candidate: &str, proof: &Proof| proved(candidate, *proof);
    COMPILED.spots(part, text.text, text.secrets, proved)
}

fn spot(kind: &str, part: &str, offset: usize) -> Spot {
    Spot {
        kind: kind.to_owned(),
        part: part.to_owned(),
        offset: offset as u64,
    }
}

/// Octets counted as one: whether a number may be there costs less to say of many at once.
const STRETCH: usize = 32;

/// How thick digits and capitals stand where a number is.
struct Thick {
    /// Stretches that the shortest number touches.
    stretches: usize,
    /// Digits and capitals that at least one of those has.
    count: u8,
}

impl Thick {
    /// Where a gap between two digits takes so many octets.
    const fn with_gaps_of(octets: usize) -> Thick {
        let longest = CARD_DIGITS_MIN + (CARD_DIGITS_MIN - 1) * octets;
        let stretches = (longest - 1).div_ceil(STRETCH) + 1;
        Thick {
            stretches,
            count: CARD_DIGITS_MIN.div_ceil(stretches) as u8,
        }
    }

    const ASCII: Thick = Thick::with_gaps_of(1);
    const WIDE: Thick = Thick::with_gaps_of(3);

    fn is_here(&self, stretch: &[u8; STRETCH]) -> bool {
        let counts = |octet: &u8| octet.is_ascii_digit() | octet.is_ascii_uppercase();
        let count: u8 = stretch.iter().map(|octet| u8::from(counts(octet))).sum();
        count >= self.count
    }
}

/// Card numbers and bank accounts, which begin like any number or word: one walk over the octets
/// where they stand thick enough, and a closer look where one may begin.
fn numbers(part: &str, text: &str) -> Vec<Spot> {
    let mut found = Numbers {
        part,
        text,
        spots: Vec::new(),
        cards: 0,
        ibans: 0,
    };
    let thick = match text.is_ascii() {
        true => Thick::ASCII,
        false => Thick::WIDE,
    };
    let (stretches, rest) = text.as_bytes().as_chunks::<STRETCH>();
    let mut walked = 0;
    let first_of = |last: usize| (last + 1).saturating_sub(thick.stretches);
    for (place, stretch) in stretches.iter().enumerate() {
        if thick.is_here(stretch) {
            found.walk(walked.max(first_of(place)) * STRETCH..(place + 1) * STRETCH);
            walked = place + 1;
        }
    }
    let from = walked.max(first_of(stretches.len()));
    found.walk(from * STRETCH..stretches.len() * STRETCH + rest.len());
    found.spots
}

/// What was found so far.
struct Numbers<'t> {
    part: &'t str,
    text: &'t str,
    spots: Vec<Spot>,
    cards: usize,
    ibans: usize,
}

impl Numbers<'_> {
    /// Looks for those that begin at these places.
    fn walk(&mut self, places: Range<usize>) {
        let table = &*MAY;
        let may = |octet: u8| table.get(usize::from(octet)).copied().unwrap_or_default();
        let octets = self.text.as_bytes();
        let ahead = places.start.checked_sub(1).and_then(|at| octets.get(at));
        let mut before = may(ahead.copied().unwrap_or(b' '));
        let mut rest = octets.iter().skip(places.start).copied();
        let Some(mut here) = rest.next().map(may) else {
            return;
        };
        for (at, behind) in places.zip(rest.map(may)) {
            let begins = here & before >> BEFORE & behind >> BEHIND;
            if begins & (CARD | IBAN) != 0 {
                self.look(at, begins);
            }
            (before, here) = (here, behind);
        }
    }

    #[cold]
    fn look(&mut self, at: usize, begins: u8) {
        let Some((ahead, rest)) = self.text.split_at_checked(at) else {
            return;
        };
        if is_in_word(ahead.chars().next_back()) {
            return;
        }
        if begins & CARD != 0 && self.cards < NUMBERS_MAX && is_card(rest) {
            self.spots.push(spot(CARD_KIND, self.part, at));
            self.cards += 1;
        } else if begins & IBAN != 0 && self.ibans < NUMBERS_MAX && is_iban(rest) {
            self.spots.push(spot(IBAN_KIND, self.part, at));
            self.ibans += 1;
        }
    }
}

/// Where a card number may begin.
const CARD: u8 = 1;
/// Where a bank account may begin.
const IBAN: u8 = 2;
/// Shifted by so many bits: what may stand right before one.
const BEFORE: u8 = 2;
/// And what may stand second in one.
const BEHIND: u8 = 4;

/// What each octet may be to a number, as bits.
static MAY: LazyLock<[u8; 256]> = LazyLock::new(|| {
    std::array::from_fn(|octet| {
        let octet = u8::try_from(octet).unwrap_or_default();
        let begins = match octet {
            b'2'..=b'6' => CARD,
            b'A'..=b'Z' => IBAN,
            _ => 0,
        };
        let before = match octet {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' => 0,
            _ => CARD | IBAN,
        };
        let behind = match octet {
            b'0'..=b'9' | b' ' | b'-' | 0x80.. => CARD,
            b'A'..=b'Z' => IBAN,
            _ => 0,
        };
        begins | before << BEFORE | behind << BEHIND
    })
});

/// True for what goes on with a number, so that it is another.
fn is_in_word(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
}

/// True for what stands between the groups of a number: blanks, and for cards dashes, of any width.
const fn is_blank(letter: char) -> bool {
    matches!(
        letter,
        ' ' | '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}'
    )
}

fn proved(candidate: &str, proof: Proof) -> bool {
    match proof {
        Proof::Shape => true,
        Proof::Entropy => entropy(candidate) >= ENTROPY_BITS_MIN,
    }
}

/// Shannon entropy, in bits per octet.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let all = text.len().max(1) as f64;
    let present = counts.iter().filter(|count| **count > 0);
    present
        .map(|count| f64::from(*count) / all)
        .map(|share| -share * share.log2())
        .sum()
}

/// True if the digits here, or those up to a gap, are a card number: a known issuer's first digits,
/// a length it uses, and the check digit (ISO/IEC 7812, Luhn). A date behind a card number must not
/// hide it.
fn is_card(text: &str) -> bool {
    let (mut digits, mut count) = ([0; CARD_DIGITS_MAX], 0);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_gap = is_blank(letter) || matches!(letter, '-' | '\u{2010}'..='\u{2013}');
        match letter.to_digit(10) {
            Some(found) => match digits.get_mut(count) {
                Some(digit) => {
                    *digit = found;
                    count += 1;
                }
                None => return false,
            },
            None if is_gap && letters.peek().is_some_and(char::is_ascii_digit) => continue,
            None => return false,
        }
        if count >= CARD_DIGITS_MIN
            && !is_in_word(letters.peek().copied())
            && is_card_number(digits.get(..count).unwrap_or_default())
        {
            return true;
        }
    }
    false
}

fn is_card_number(digits: &[u32]) -> bool {
    let leading = |count: usize| {
        digits
            .iter()
            .take(count)
            .fold(0, |number, digit| number * 10 + digit)
    };
    let known = match digits.len() {
        13 | 19 => leading(1) == 4,
        14 => matches!(leading(2), 30 | 36 | 38),
        15 => matches!(leading(2), 34 | 37),
        16 => {
            leading(1) == 4
                || matches!(leading(2), 51..=55 | 35 | 62 | 65)
                || matches!(leading(4), 2221..=2720 | 6011)
        }
        _ => false,
    };
    let doubled = |(place, digit): (usize, &u32)| match (place % 2, *digit) {
        (0, digit) => digit,
        (_, digit) if digit > 4 => digit * 2 - 9,
        (_, digit) => digit * 2,
    };
    known && digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// True if a bank account begins here: two letters, two digits, groups of four that may be spaced,
/// and check digits that agree (ISO 13616, mod 97) at some end it may have. The word behind it looks
/// like one more group, and must not hide it.
fn is_iban(text: &str) -> bool {
    let Some(head @ [country_a, country_b, check_a, check_b]) = text.as_bytes().first_chunk::<4>()
    else {
        return false;
    };
    let begins = country_a.is_ascii_uppercase()
        && country_b.is_ascii_uppercase()
        && check_a.is_ascii_digit()
        && check_b.is_ascii_digit();
    if !begins {
        return false;
    }
    let (mut rest, mut count) = (0, head.len());
    let mut letters = text.chars().skip(head.len()).peekable();
    while count < IBAN_CHARS_MAX {
        if count.is_multiple_of(head.len()) {
            letters.next_if(|letter| is_blank(*letter));
        }
        rest = match letters.next() {
            Some(letter @ ('0'..='9' | 'A'..='Z')) => behind(rest, letter),
            Some(_) | None => return false,
        };
        count += 1;
        let whole = || {
            head.iter()
                .fold(rest, |rest, octet| behind(rest, char::from(*octet)))
        };
        if count >= IBAN_CHARS_MIN && !is_in_word(letters.peek().copied()) && whole() == 1 {
            return true;
        }
    }
    false
}

/// The remainder by 97 with one more character behind: a letter counts as two digits, `A` as 10.
fn behind(rest: u32, letter: char) -> u32 {
    let value = letter.to_digit(36).unwrap_or(0);
    (rest * if value > 9 { 100 } else { 10 } + value) % 97
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<String> {
        look("text", &Text::of(text))
            .into_iter()
            .map(|spot| spot.kind)
            .collect()
    }

    #[test]
    fn a_number_is_found_wherever_a_stretch_ends_and_however_wide_its_gaps_are() {
        let wide = |text: &str| text.replace(' ', "\u{2009}");
        let spaced: String = "4222222222222".chars().flat_map(|c| [c, ' ']).collect();
        for number in [
            "4111 1111 1111 1111",
            "4222222222222",
            spaced.trim(),
            "DE89 3704 0044 0532 0130 00",
            "NO9386011117947",
        ] {
            for number in [number.to_owned(), wide(number)] {
                for before in 0..STRETCH * 3 {
                    let text = format!("{} {number}", "x".repeat(before));
                    assert_eq!(kinds(&text).len(), 1, "{text}");
                    let text = format!("{text} {}", "y".repeat(STRETCH * 2));
                    assert_eq!(kinds(&text).len(), 1, "{text}");
                }
            }
        }
    }

    #[test]
    fn all_patterns_compile() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
    }

    #[test]
    fn secrets_are_known_by_their_shape() {
        // Spelt apart, so that no file of ours looks like a leak.
        let token = |head: &str, length: usize| -> String {
            let tail = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAbCdEfGhIjKlMnOpQrStUvWxYz";
            head.chars().chain(tail.chars().take(length)).collect()
        };
        for (text, kind) in [
            (token("so_live_", 43), OWN_TOKEN),
            (
                "-----BEGIN RSA PRIVATE ".to_owned() + "KEY-----",
                "a private key",
            ),
            (
                "-----BEGIN ".to_owned() + "PRIVATE KEY-----",
                "a private key",
            ),
            ("AKIA".to_owned() + "Q3EGYF7XW2LT5NBV", "an AWS access key"),
            (token("ghp_", 36), "a GitHub token"),
            (token("glpat-", 20), "a GitLab token"),
            (token("xoxb-", 24), "a Slack token"),
            (token("sk_live_", 24), "a Stripe key"),
            (token("sk-proj-", 40), "a model provider's key"),
            (token("AIza", 35), "a Google API key"),
            (token("npm_", 36), "an npm token"),
        ] {
            assert_eq!(kinds(&format!("here: {text}, keep it")), [kind], "{text}");
        }
    }

    #[test]
    fn examples_and_ordinary_words_are_not_secrets() {
        for text in [
            "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx",
            "AKIAAAAAAAAAAAAAAAAA",
            "so_live_ tokens are shown once",
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----",
            "call +1 415 555 2671 or 0049 30 1234567",
            "order 1234567890123456",
            "on 2026-11-22 at 10:00:00",
        ] {
            assert_eq!(kinds(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn card_numbers_carry_their_check_digit() {
        for card in [
            "4111 1111 1111 1111",
            "5555-5555-5555-4444",
            "378282246310005",
        ] {
            assert_eq!(
                kinds(&format!("my card is {card}.")),
                ["a card number"],
                "{card}"
            );
        }
        // However wide the gaps are, and whatever sign stands around it.
        for card in [
            "4111\u{a0}1111\u{a0}1111\u{a0}1111",
            "4111\u{2011}1111\u{2011}1111\u{2011}1111",
            "\u{201c}4111111111111111\u{201d}",
            "Karte:\u{a0}4111111111111111\u{2026}",
        ] {
            assert_eq!(kinds(card), ["a card number"], "{card}");
        }
        assert!(kinds("\u{e9}4111111111111111").is_empty());
        assert!(kinds("4111111111111111\u{e9}").is_empty());
        // With a date behind it, and with one digit wrong.
        assert_eq!(kinds("4111 1111 1111 1111 12 28"), ["a card number"]);
        assert!(kinds("4111 1111 1111 1112").is_empty());
        assert!(kinds("9111 1111 1111 1111").is_empty());
    }

    #[test]
    fn bank_accounts_carry_their_check_digits() {
        for iban in ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"] {
            assert_eq!(kinds(iban), ["a bank account (IBAN)"], "{iban}");
        }
        let wide = "\u{bb}DE89\u{a0}3704\u{a0}0044\u{a0}0532\u{a0}0130\u{a0}00";
        assert_eq!(kinds(wide), ["a bank account (IBAN)"]);
        assert_eq!(
            kinds("SWIFT and DE89370400440532013000."),
            ["a bank account (IBAN)"]
        );
        // Whatever is written behind it.
        for iban in [
            "BE68 5390 0754 7034",
            "BE68539007547034",
            "NO93 8601 1117 947",
            "GB82 WEST 1234 5698 7654 32",
        ] {
            for behind in [
                " BIC",
                " GEBABEBB",
                " EUR 12",
                " A",
                " OK THEN",
                ", BIC",
                "\nEUR",
                "\u{20ac}",
                "",
            ] {
                let text = format!("IBAN: {iban}{behind}");
                assert_eq!(kinds(&text), ["a bank account (IBAN)"], "{text}");
            }
            assert!(kinds(&format!("{iban}x")).is_empty());
            assert!(kinds(&format!("{iban}_1")).is_empty());
        }
        assert!(kinds("xDE89370400440532013000").is_empty());
        assert!(kinds("DE88 3704 0044 0532 0130 00").is_empty());
    }

    #[test]
    fn a_place_is_kept_and_the_value_is_not() {
        let spots = look("text", &Text::of("card: 4111111111111111"));
        assert_eq!(spots.len(), 1);
        assert_eq!((spots[0].part.as_str(), spots[0].offset), ("text", 6));
        assert!(!format!("{spots:?}").contains("4111"));
    }
}
