//! Words that make a message delicate: about money, banks, passwords or law.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Kinds and their words, in some languages; whole words in any case.
const WORDS: [(&str, &[&str]); 4] = [
    (
        "money",
        &[
            "invoice",
            "payment",
            "refund",
            "wire transfer",
            "gift card",
            "gift cards",
            "past due",
            "purchase order",
            "bitcoin",
            "payroll",
            "rechnung",
            "\u{fc}berweisung",
            "zahlung",
            "mahnung",
            "facture",
            "virement",
            "paiement",
            "factura",
            "transferencia",
            "pago",
        ],
    ),
    (
        "bank",
        &[
            "bank account",
            "bank details",
            "account number",
            "routing number",
            "sort code",
            "iban",
            "swift code",
            "credit card",
            "debit card",
            "direct debit",
            "bankverbindung",
            "kontonummer",
            "kreditkarte",
            "compte bancaire",
            "cuenta bancaria",
        ],
    ),
    (
        "password",
        &[
            "password",
            "passwords",
            "passcode",
            "verification code",
            "one-time code",
            "login code",
            "credentials",
            "2fa",
            "pin code",
            "passwort",
            "kennwort",
            "zugangsdaten",
            "mot de passe",
            "contrase\u{f1}a",
        ],
    ),
    (
        "legal",
        &[
            "lawyer",
            "attorney",
            "lawsuit",
            "legal action",
            "contract",
            "liability",
            "subpoena",
            "cease and desist",
            "terminate",
            "breach of",
            "anwalt",
            "klage",
            "vertrag",
            "k\u{fc}ndigung",
            "avocat",
            "contrat",
            "abogado",
            "contrato",
        ],
    ),
];

static WORDS_FOUND: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    // Longest first, so that a word is not taken for the shorter one it begins with.
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::DFA))
        .build(WORDS.iter().flat_map(|(_, words)| words.iter()))
        .ok()
});

/// The kinds found in any of the texts, in the order of the table.
pub(super) fn find(texts: &[&str]) -> Vec<String> {
    let Some(words) = WORDS_FOUND.as_ref() else {
        return Vec::new();
    };
    let mut found = [false; WORDS.len()];
    for text in texts {
        for hit in words.find_iter(text) {
            let mark = found.get_mut(kind(hit.pattern().as_usize()));
            if is_whole(text, hit.start(), hit.end())
                && let Some(mark) = mark
            {
                *mark = true;
                if found.iter().all(|mark| *mark) {
                    break;
                }
            }
        }
    }
    let named = WORDS.iter().zip(found);
    named
        .filter(|(_, is_found)| *is_found)
        .map(|((kind, _), _)| (*kind).to_owned())
        .collect()
}

/// The kind a word of the flat list is of.
fn kind(word: usize) -> usize {
    let mut before = 0;
    let ends = WORDS.iter().map(|(_, words)| {
        before += words.len();
        before
    });
    ends.take_while(|end| *end <= word).count()
}

/// True if no letter stands right before or after.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|text| text.chars().next_back());
    let after = text.get(end..).and_then(|text| text.chars().next());
    let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    !is_letter(before) && !is_letter(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_compiles() {
        assert!(WORDS_FOUND.is_some());
    }

    #[test]
    fn delicate_words_are_known_by_kind() {
        for (text, kinds) in [
            ("Please settle the Invoice.", vec!["money"]),
            ("your BANK ACCOUNT and password", vec!["bank", "password"]),
            ("Ihre Rechnung, der Vertrag", vec!["money", "legal"]),
            ("invoices", vec![]),
            ("contractor, attorneys", vec![]),
            ("Hello Dana, see you at ten.", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(find(&[text]), kinds, "{text}");
        }
        assert_eq!(find(&["invoice", "iban", "2FA", "lawsuit"]).len(), 4);
    }
}
