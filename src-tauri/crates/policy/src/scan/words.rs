//! One walk over a text for the words of all lists: those without which a pattern cannot match, and
//! those that make a message delicate.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{delicate, secrets, unfinished};

/// A text, and which entries of each list have a word in it.
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    pub(super) unfinished: Entries,
    pub(super) secrets: Entries,
    pub(super) delicate: Entries,
}

/// Some entries of a list, by their place in it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Entries(u32);

impl Entries {
    fn add(&mut self, place: usize) {
        self.0 |= 1 << place;
    }

    pub(super) fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }
}

/// Whose word it is.
enum List {
    Unfinished,
    Secrets,
    Delicate,
}

struct Words {
    /// In any case; `None` if they do not compile.
    all: Option<AhoCorasick>,
    /// The list each word is of, and the entry there.
    owners: Vec<(List, usize)>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let unfinished = unfinished::words().map(|(place, word)| (List::Unfinished, place, word));
    let secrets = secrets::words().map(|(place, word)| (List::Secrets, place, word));
    let delicate = delicate::words().map(|(place, word)| (List::Delicate, place, word));
    let all = unfinished.chain(secrets).chain(delicate);
    let (owners, words): (Vec<_>, Vec<_>) =
        all.map(|(list, place, word)| ((list, place), word)).unzip();
    Words {
        // Asked of every message: the table that takes one look per octet.
        all: AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words)
            .ok(),
        owners,
    }
});

impl<'t> Text<'t> {
    pub(super) fn of(text: &'t str) -> Text<'t> {
        let words = &*WORDS;
        let mut found = Text {
            text,
            unfinished: Entries::default(),
            secrets: Entries::default(),
            delicate: Entries::default(),
        };
        let hits = words
            .all
            .iter()
            .flat_map(|all| all.find_overlapping_iter(text));
        for hit in hits {
            match words.owners.get(hit.pattern().as_usize()) {
                Some((List::Unfinished, place)) => found.unfinished.add(*place),
                Some((List::Secrets, place)) => found.secrets.add(*place),
                Some((List::Delicate, place))
                    if !found.delicate.has(*place) && is_whole(text, hit.start(), hit.end()) =>
                {
                    found.delicate.add(*place);
                }
                Some((List::Delicate, _)) | None => {}
            }
        }
        found
    }
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
    fn all_words_compile_and_every_entry_has_its_place() {
        assert!(WORDS.all.is_some());
        assert!(WORDS.owners.iter().all(|(_, place)| *place < 32));
    }

    #[test]
    fn a_word_within_another_is_seen_too() {
        let text = Text::of("ASIAKIA gift cards, so_live_");
        let both: Vec<usize> = (0..32).filter(|place| text.secrets.has(*place)).collect();
        assert_eq!(both, [0, 2]);
        assert!(text.delicate.has(0) && !text.delicate.has(1));
        assert_eq!(text.unfinished, Entries::default());
    }
}
