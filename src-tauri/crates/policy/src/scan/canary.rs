//! Whether a token that must not leave is in a message, plain or disguised.
//!
//! Disguises that are seen through: other case, spaces or signs between the letters, letters that
//! look alike, and base64. A canary is a dozen random letters or more, so that nothing else comes
//! to look like it.

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
    // Both alphabets of base64 (RFC 4648) as the first.
    let unspaced: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
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
        .any(|token| memmem::find(plain.as_bytes(), token.plain.as_bytes()).is_some())
}

/// A token as it is looked for.
struct Disguises {
    plain: String,
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
fn plain(text: &str) -> String {
    let plain: String = match text.is_ascii() {
        // What the table of lookalikes does to ASCII, without the table and in one walk.
        true => text
            .bytes()
            .map(ascii_look)
            .filter(u8::is_ascii_alphanumeric)
            .map(char::from)
            .collect(),
        false => skeleton(&text.to_lowercase())
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect(),
    };
    // Whether `m` or `rn` was written, an `m` is looked for.
    plain.replace("rn", "m")
}

const fn ascii_look(byte: u8) -> u8 {
    match byte.to_ascii_lowercase() {
        b'i' | b'1' | b'|' => b'l',
        b'0' => b'o',
        other => other,
    }
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
