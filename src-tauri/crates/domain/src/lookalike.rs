//! Domains that can be taken for one another: one letter apart, or made of letters that look alike.
//!
//! To find what a domain resembles among many: keep each known domain under every key of
//! [`keys`], look the new one's keys up, and ask [`resembles`] about what was found. Two domains
//! one edit apart always share a key, because leaving out the letter that differs makes them equal.

use unicode_security::confusable_detection::skeleton as confusable;

/// Characters below which one letter's difference says nothing: `hp.com` is not a fake `hq.com`.
const EDIT_CHARS_MIN: usize = 8;

/// Counts what [`skeleton`] and [`keys`] became: whoever keeps keys makes them anew when those they
/// have are of another fold.
pub const FOLD: u32 = 2;

/// What a domain looks like: letters replaced by the plainest that look the same (UTS 39), in
/// lower case. Takes the ASCII form, as in [`crate::Address::domain`], or a Unicode one.
pub fn skeleton(domain: &str) -> String {
    let shown = match domain.contains("xn--") {
        true => idna::domain_to_unicode(domain).0,
        false => domain.to_owned(),
    };
    let looks: String = confusable(&shown).collect();
    // The table takes an `m` for `rn`; the other way round a letter stays one letter, and `co` one
    // edit from `com`. What looks like `O` or `I` was a digit or capital: here all is lower case.
    looks
        .to_lowercase()
        .replace("rn", "m")
        // In no table, and a `w` to the eye.
        .replace("vv", "w")
        .chars()
        .map(|letter| match letter {
            'i' | '1' | '|' => 'l',
            '0' => 'o',
            other => other,
        })
        .collect()
}

/// What to keep a domain under, and to look one up by: its skeleton, and that with each one
/// character left out. At most as many as it has characters, and one more.
pub fn keys(domain: &str) -> Vec<String> {
    let whole: Vec<char> = skeleton(domain).chars().collect();
    let mut keys = vec![whole.iter().collect::<String>()];
    if whole.len() >= EDIT_CHARS_MIN {
        keys.extend((0..whole.len()).map(|left_out| {
            let kept = whole.iter().enumerate();
            kept.filter_map(|(place, letter)| (place != left_out).then_some(*letter))
                .collect()
        }));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// True if the domains differ and one can be taken for the other: they look the same, or are one
/// letter more, less, other, or two swapped apart. A domain and its own subdomain never are.
pub fn resembles(one: &str, two: &str) -> bool {
    if one == two {
        return false;
    }
    let (one, two): (Vec<char>, Vec<char>) = (
        skeleton(one).chars().collect(),
        skeleton(two).chars().collect(),
    );
    if one == two {
        return true;
    }
    one.len().min(two.len()) >= EDIT_CHARS_MIN && one_edit(&one, &two)
}

/// True if they differ and look the same, letter by letter.
pub fn looks_like(one: &str, two: &str) -> bool {
    one != two && skeleton(one) == skeleton(two)
}

/// True if one insertion, deletion, replacement or swap of neighbours makes them equal.
fn one_edit(one: &[char], two: &[char]) -> bool {
    let (short, long) = match one.len() <= two.len() {
        true => (one, two),
        false => (two, one),
    };
    let differs = |(a, b): (&char, &char)| a != b;
    let front = short
        .iter()
        .zip(long)
        .take_while(|pair| !differs(*pair))
        .count();
    let tail = |letters: &[char], from: usize| -> Vec<char> {
        letters.iter().skip(from).copied().collect()
    };
    match long.len() - short.len() {
        0 => {
            let same_after = tail(short, front + 1) == tail(long, front + 1);
            let swapped = short.get(front) == long.get(front + 1)
                && short.get(front + 1) == long.get(front)
                && short.get(front + 1).is_some()
                && tail(short, front + 2) == tail(long, front + 2);
            same_after || swapped
        }
        1 => tail(short, front) == tail(long, front + 1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_can_be_mistaken_resembles() {
        for (one, two) in [
            ("acme-inc.com", "acrne-inc.com"),
            ("northwind.com", "northwlnd.com"),
            ("northwind.com", "n0rthwind.com"),
            ("northwind.com", "nothwind.com"),
            ("northwind.com", "northwinds.com"),
            ("northwind.com", "nortwhind.com"),
            ("northwind.com", "northwind.co"),
            ("paypal.com", "paypa1.com"),
            ("window.com", "vvindovv.com"),
            ("acme.com", "\u{430}cme.com"),
            ("hp.com", "\u{4bb}p.com"),
        ] {
            assert!(resembles(one, two), "{one} {two}");
            assert!(resembles(two, one), "{two} {one}");
        }
    }

    #[test]
    fn what_looks_the_same_is_told_from_what_is_one_letter_off() {
        for (one, two) in [
            ("paypal.com", "paypa1.com"),
            ("paypal.com", "paypai.com"),
            ("modern.com", "modem.com"),
            ("window.com", "vvindow.com"),
            ("google.com", "g00gle.com"),
        ] {
            assert!(looks_like(one, two) && looks_like(two, one), "{one} {two}");
        }
        for (one, two) in [
            ("paypal.com", "paypal.com"),
            ("paypal.com", "paypals.com"),
            ("northwind.com", "southwind.com"),
            ("", "a.com"),
        ] {
            assert!(!looks_like(one, two), "{one} {two}");
        }
    }

    /// If this fails, the fold is another than before: count [`FOLD`] up, and write the new digest here.
    #[test]
    fn a_fold_that_changes_is_counted() {
        let letters = ('\0'..='\u{ffff}').map(|letter| skeleton(&format!("a{letter}b.example")));
        let pairs = ('!'..='~')
            .flat_map(|one| ('!'..='~').map(move |two| format!("{one}{two}")))
            .flat_map(|pair| keys(&format!("{pair}.example")));
        let puny = skeleton("xn--pple-43d.example");
        let all: Vec<String> = letters.chain(pairs).chain([puny]).collect();
        let digest = crate::Digest::of_parts(all.iter().map(String::as_bytes));
        assert_eq!(
            (FOLD, digest.to_string().as_str()),
            (
                2,
                "3d4896cd0bad6e0b6499e76befd892348cc458fa8ce01df6d5fbfd97398d0133"
            )
        );
    }

    #[test]
    fn what_is_plainly_another_does_not() {
        for (one, two) in [
            ("northwind.com", "northwind.com"),
            ("northwind.com", "southwind.com"),
            ("northwind.com", "mail.northwind.com"),
            ("northwind.com", "northwind.de"),
            ("hp.com", "hq.com"),
            ("a.com", "b.com"),
            ("", "a.com"),
        ] {
            assert!(!resembles(one, two), "{one} {two}");
        }
    }

    proptest! {
        #[test]
        fn what_resembles_shares_a_key(name in "[a-z]{4,12}", at in 0_usize..20, letter in "[a-z]", kind in 0..4) {
            let one = format!("{name}.example");
            let mut letters: Vec<char> = one.chars().collect();
            let at = at % (letters.len() - 1);
            match kind {
                0 => letters[at] = letter.chars().next().unwrap(),
                1 => letters.insert(at, letter.chars().next().unwrap()),
                2 => drop(letters.remove(at)),
                _ => letters.swap(at, at + 1),
            }
            let two: String = letters.into_iter().collect();
            if resembles(&one, &two) {
                let (one, two) = (keys(&one), keys(&two));
                prop_assert!(one.iter().any(|key| two.contains(key)));
            }
        }

        #[test]
        fn any_text_has_keys(text in "\\PC{0,60}", other in "\\PC{0,60}") {
            prop_assert!(keys(&text).len() <= skeleton(&text).chars().count() + 1);
            prop_assert_eq!(resembles(&text, &other), resembles(&other, &text));
        }
    }
}
