//! Whether a token that must not leave is in a message, plain or disguised.
//!
//! Disguises that are seen through: other case, spaces or signs between the letters, letters that
//! look alike, and base64. A canary is a dozen random letters or more, so that nothing else comes
//! to look like it.

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use domain::lookalike::skeleton;
use memchr::memmem;

/// Letters and digits below which a token is too common to look for.
const TOKEN_CHARS_MIN: usize = 8;

/// True if one of the tokens is in one of the texts.
pub(super) fn is_in(tokens: &[String], texts: &[&str]) -> bool {
    let tokens: Vec<Disguises> = tokens
        .iter()
        .filter_map(|token| Disguises::of(token))
        .collect();
    !tokens.is_empty() && texts.iter().any(|text| found(&tokens, text))
}

fn found(tokens: &[Disguises], text: &str) -> bool {
    let unspaced = unspaced(text);
    let encoded = |token: &Disguises| {
        let mut forms = token.encoded.iter();
        forms.any(|form| memmem::find(&unspaced, form.as_bytes()).is_some())
    };
    if tokens.iter().any(encoded) {
        return true;
    }
    let plain = plain(text);
    tokens
        .iter()
        .any(|token| memmem::find(&plain, &token.plain).is_some())
}

/// A token as it is looked for.
struct Disguises {
    plain: Vec<u8>,
    /// Base64 of it at each of the three places it can begin at; the letters that depend on what
    /// is before and after left out.
    encoded: Vec<String>,
}

impl Disguises {
    fn of(token: &str) -> Option<Disguises> {
        let plain = plain(token);
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
                .into_iter()
                .filter(|form| form.len() >= TOKEN_CHARS_MIN)
                .collect(),
            plain,
        })
    }
}

/// Letters and digits only, each as the plainest that looks like it, in lower case.
fn plain(text: &str) -> Vec<u8> {
    let mut plain = Plain(Vec::with_capacity(text.len()), &LOOKS);
    if text.is_ascii() {
        // What the table of lookalikes does to ASCII, without the table and in one walk.
        text.bytes().for_each(|octet| plain.add(octet));
        return plain.0;
    }
    // A text repeats its letters, and looking one up is slow.
    let mut looks: HashMap<char, String> = HashMap::new();
    for letter in text.chars() {
        match u8::try_from(letter).ok().filter(u8::is_ascii) {
            Some(octet) => plain.add(octet),
            None => looks
                .entry(letter)
                .or_insert_with(|| skeleton(&letter.to_lowercase().to_string()))
                .bytes()
                .for_each(|octet| plain.add(octet)),
        }
    }
    plain.0
}

/// Letters as they look at their plainest.
struct Plain(Vec<u8>, &'static Table);

impl Plain {
    fn add(&mut self, octet: u8) {
        let octet = self.1.of(octet);
        match self.0.last_mut() {
            // Whether `m` or `rn` was written, an `m` is looked for.
            Some(last) if octet == b'n' && *last == b'r' => *last = b'm',
            Some(_) | None if octet != LEFT_OUT => self.0.push(octet),
            Some(_) | None => {}
        }
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

/// A text without white space, in one walk without a branch to foresee.
fn unspaced(text: &str) -> Vec<u8> {
    let (mut unspaced, mut kept, table) = (vec![LEFT_OUT; text.len()], 0, &*ENCODED);
    for octet in text.bytes() {
        let octet = table.of(octet);
        if let Some(place) = unspaced.get_mut(kept) {
            *place = octet;
        }
        kept += usize::from(octet != LEFT_OUT);
    }
    unspaced.truncate(kept);
    unspaced
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "qx7vn2mdkz4w";

    fn hit(text: &str) -> bool {
        is_in(&[TOKEN.to_owned()], &["hello", text])
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
        assert!(!is_in(&[], &[TOKEN]));
        assert!(
            !is_in(&["abc".to_owned()], &["abc"]),
            "too short to mean anything"
        );
    }
}
