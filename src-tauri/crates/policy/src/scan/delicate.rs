//! Words that make a message delicate: about money, banks, passwords or law.

use super::words::Text;

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

/// Each word with the place of its kind.
pub(super) fn words() -> impl Iterator<Item = (usize, &'static str)> {
    let each = WORDS.iter().enumerate();
    each.flat_map(|(place, (_, words))| words.iter().map(move |word| (place, *word)))
}

/// The kinds found in any of the texts, in the order of the table.
pub(super) fn find(texts: [&Text<'_>; 3]) -> Vec<String> {
    let each = WORDS.iter().enumerate();
    let found = each.filter(|(place, _)| texts.iter().any(|text| text.delicate.has(*place)));
    found.map(|(_, (kind, _))| (*kind).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let none = Text::of("");
            assert_eq!(find([&none, &Text::of(text), &none]), kinds, "{text}");
        }
        let texts = ["invoice", "my iban", "2FA lawsuit"].map(Text::of);
        assert_eq!(find(texts.each_ref()).len(), 4);
    }
}
