//! Whether a text spells an address, and not a longer one that ends or begins like it.
//!
//! What is found is emptied for good, so `pal@x.example` must not be taken for `al@x.example`, nor
//! `al@x.com` for `al@x.co`. Texts set addresses into brackets, quotes, lists and running words of
//! scripts without spaces: whatever cannot stand in an address ends one.

/// What stands inside a local part, or around an address: inside, if a letter is before it.
const JOINERS: &str = "._%+-'&";

/// True if `text` spells the address `form`; both in small letters.
pub(super) fn spells(text: &str, form: &str) -> bool {
    !form.is_empty()
        && text.match_indices(form).any(|(at, _)| {
            let (before, rest) = text.split_at(at);
            let after = rest.get(form.len()..).unwrap_or_default();
            !goes_on_before(before, form) && !goes_on_after(after, form)
        })
}

/// True if the local part began earlier.
fn goes_on_before(before: &str, form: &str) -> bool {
    if ends_in_escape(before) {
        return false;
    }
    let mut last = None;
    for c in before.chars().rev() {
        let may_be_a_word = form.starts_with(|first: char| first.is_ascii());
        if is_letter(c) || (c.is_alphanumeric() && !may_be_a_word) {
            return true;
        }
        // No local part holds two dots in a row.
        if !JOINERS.contains(c) || (c == '.' && last == Some('.')) {
            return false;
        }
        last = Some(c);
    }
    false
}

/// True if the domain goes on.
fn goes_on_after(after: &str, form: &str) -> bool {
    let rest = after.strip_prefix('.').unwrap_or(after);
    let rest = rest.trim_start_matches('-');
    let may_be_a_word = form.ends_with(|last: char| last.is_ascii());
    rest.starts_with(|c: char| is_letter(c) || (c.is_alphanumeric() && !may_be_a_word))
}

/// A letter or digit of a script that sets spaces between words; of another, it may be the word
/// before.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && (c.is_lowercase() || c.is_uppercase()))
}

/// True for `%3C` of an URL, and `\n` or `\u003c` of a text in quotes: their letters are none. Looks
/// at the end alone: a text may hold a form, or one like it, any number of times.
fn ends_in_escape(before: &str) -> bool {
    let hex = |digits: &[&u8]| digits.iter().all(|digit| digit.is_ascii_hexdigit());
    match before.as_bytes() {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., b'%', a, b] if hex(&[a, b]) => true,
        [.., b'\\', b'u', a, b, c, d] => hex(&[a, b, c, d]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::spells;

    #[test]
    fn an_address_is_found_wherever_a_text_may_put_it() {
        for text in [
            "al@x.co",
            "<al@x.co>",
            "write to al@x.co.",
            "is it al@x.co?",
            "'al@x.co'",
            "_al@x.co_ and *al@x.co*",
            "mailto:al@x.co?subject=hi",
            "?to=%3cal@x.co%3e",
            r#"{"to":"\nal@x.co"}"#,
            r#""\u003cal@x.co\u003e""#,
            "bo@x.co,al@x.co;cy@x.co",
            "bo@x.co/al@x.co",
            "so...al@x.co",
            "- al@x.co -- as he said",
            "请联系al@x.co谢谢",
            "pal@x.co and al@x.co",
            "al@x.co.\nthen",
        ] {
            assert!(spells(text, "al@x.co"), "{text}");
        }
        assert!(spells("请联系al@例.测试。谢谢", "al@例.测试"));
    }

    #[test]
    fn another_address_that_ends_or_begins_like_it_is_not_it() {
        for text in [
            "pal@x.co",
            "p.al@x.co",
            "p_al@x.co",
            "p-al@x.co",
            "p--al@x.co",
            "p+al@x.co",
            "r&al@x.co",
            "o'al@x.co",
            "éal@x.co",
            "7al@x.co",
            "al@x.com",
            "al@x.co.uk",
            "al@x.co-op.example",
            "al@x.co7",
            "al@x",
            "",
        ] {
            assert!(!spells(text, "al@x.co"), "{text}");
        }
        assert!(!spells("谢联系@x.co", "联系@x.co"));
        assert!(!spells("al@例.测试谢", "al@例.测试"));
        assert!(!spells("al@例.测试.中国", "al@例.测试"));
    }

    #[test]
    fn what_only_looks_like_an_escape_is_a_local_part() {
        for text in ["%3al@x.co", "%3zal@x.co", "\\xal@x.co", "\\u003al@x.co"] {
            assert!(!spells(text, "al@x.co"), "{text}");
        }
    }

    /// Each match looks at what is beside it, not at all that is before: looked at from its
    /// beginning, this text takes hours.
    #[test]
    fn a_long_text_full_of_a_longer_address_is_read_once() {
        const OCTETS: usize = 16 * 1024 * 1024;
        let longer = "pal@x.co ";
        let mut text = longer.repeat(OCTETS / longer.len());
        assert!(!spells(&text, "al@x.co"));
        text.push_str("al@x.co");
        assert!(spells(&text, "al@x.co"));
    }
}
