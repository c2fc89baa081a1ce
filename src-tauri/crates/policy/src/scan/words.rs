//! One walk over a text for the words of all lists: those without which a pattern cannot match, and
//! those that make a message delicate.

use std::sync::LazyLock;

use memchr::memmem::Finder;

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
#[derive(Clone, Copy)]
enum List {
    Unfinished,
    Secrets,
    Delicate,
}

/// A word in lower case, and the entry of the list it is of.
type Word = (&'static str, List, usize);

/// All words, found by their first four octets: a bit for each says at a glance, of nearly every
/// place in a text, that no word begins there. A table of states (Aho-Corasick) takes a look into a
/// quarter of a megabyte per octet.
struct Words {
    /// Those of four octets and more, by their heads.
    long: Vec<(u32, Word)>,
    /// Those of three: whatever comes fourth, the bit of that head is set.
    threes: Vec<Word>,
    heads: Heads,
    /// Those too short for a head: signs, each alike in either case, with the entries they are of.
    signs: Vec<(Finder<'static>, Vec<(List, usize)>)>,
}

/// One bit for each of some values of a spread-out head.
struct Heads([u64; 1 << (Heads::BITS - 6)]);

impl Heads {
    const BITS: u32 = 16;
    /// 2³² over the golden ratio.
    const SPREAD: u32 = 0x9e37_79b9;

    const fn place(head: u32) -> (usize, u64) {
        let spread = head.wrapping_mul(Self::SPREAD) >> (u32::BITS - Self::BITS);
        ((spread >> 6) as usize, 1 << (spread & 63))
    }

    fn set(&mut self, head: u32) {
        let (word, bit) = Self::place(head);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    #[inline]
    fn may_have(&self, head: u32) -> bool {
        let (word, bit) = Self::place(head);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// One bit of each octet is the case of a letter; that it is set in other octets too only lets a few
/// more places be looked at.
const CASE: u32 = 0x2020_2020;

/// The first four octets as a number.
fn head(octets: [u8; 4]) -> u32 {
    u32::from_le_bytes(octets) | CASE
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let unfinished = unfinished::words().map(|(place, word)| (word, List::Unfinished, place));
    let secrets = secrets::words().map(|(place, word)| (word, List::Secrets, place));
    let delicate = delicate::words().map(|(place, word)| (word, List::Delicate, place));
    let mut words = Words {
        long: Vec::new(),
        threes: Vec::new(),
        heads: Heads([0; 1 << (Heads::BITS - 6)]),
        signs: Vec::new(),
    };
    for (word, list, place) in unfinished.chain(secrets).chain(delicate) {
        match *word.as_bytes() {
            [a, b, c, d, ..] => {
                let head = head([a, b, c, d]);
                words.heads.set(head);
                words.long.push((head, (word, list, place)));
            }
            [a, b, c] => {
                (0..=u8::MAX).for_each(|d| words.heads.set(head([a, b, c, d])));
                words.threes.push((word, list, place));
            }
            _ => {
                let known = |(sign, _): &&mut (Finder<'_>, _)| sign.needle() == word.as_bytes();
                match words.signs.iter_mut().find(known) {
                    Some((_, entries)) => entries.push((list, place)),
                    None => words.signs.push((Finder::new(word), vec![(list, place)])),
                }
            }
        }
    }
    words.long.sort_by_key(|(head, _)| *head);
    words
});

impl<'t> Text<'t> {
    pub(super) fn of(text: &'t str) -> Text<'t> {
        let mut found = Text::of_file(text);
        for (sign, entries) in &WORDS.signs {
            if sign.find(text.as_bytes()).is_some() {
                entries
                    .iter()
                    .for_each(|(list, place)| found.add(*list, *place));
            }
        }
        found
    }

    /// The same of a file, without signs: no secret needs one.
    pub(super) fn of_file(text: &'t str) -> Text<'t> {
        let words = &*WORDS;
        let mut found = Text {
            text,
            unfinished: Entries::default(),
            secrets: Entries::default(),
            delicate: Entries::default(),
        };
        let (fours, rest) = text.as_bytes().as_chunks::<4>();
        for (place, pair) in fours.windows(2).enumerate() {
            if let [these, next] = pair {
                found.four(words, place * 4, these, next);
            }
        }
        let (mut last, nothing) = ([0; 4], [0; 4]);
        for (place, octet) in last.iter_mut().zip(rest) {
            *place = *octet;
        }
        if let Some(these) = fours.last() {
            found.four(words, (fours.len() - 1) * 4, these, &last);
        }
        found.four(words, fours.len() * 4, &last, &nothing);
        found
    }

    /// Looks at four places at once: none waits for what was made of the one before.
    #[inline]
    fn four(&mut self, words: &Words, start: usize, these: &[u8; 4], next: &[u8; 4]) {
        let both = u64::from(u32::from_le_bytes(*these))
            | u64::from(u32::from_le_bytes(*next)) << u32::BITS;
        let head = |shift: u32| (both >> shift) as u32 | CASE;
        let may = |shift: u32| words.heads.may_have(head(shift));
        if may(0) | may(8) | may(16) | may(24) {
            for place in 0..4 {
                self.begins(words, head(8 * place), start + place as usize);
            }
        }
    }

    /// Notes the words of this head that begin at a place.
    #[cold]
    fn begins(&mut self, words: &Words, head: u32, start: usize) {
        if !words.heads.may_have(head) {
            return;
        }
        let first = words.long.partition_point(|(other, _)| *other < head);
        let rest = words.long.iter().skip(first);
        let rest = rest.take_while(|(other, _)| *other == head);
        for (word, list, place) in rest.map(|(_, word)| word).chain(&words.threes) {
            let end = start.saturating_add(word.len());
            let there = self.text.as_bytes().get(start..end);
            let is_it = there.is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes()));
            let counts = match list {
                List::Delicate => !self.delicate.has(*place) && is_whole(self.text, start, end),
                List::Unfinished | List::Secrets => true,
            };
            if is_it && counts {
                self.add(*list, *place);
            }
        }
    }

    fn add(&mut self, list: List, place: usize) {
        match list {
            List::Unfinished => self.unfinished.add(place),
            List::Secrets => self.secrets.add(place),
            List::Delicate => self.delicate.add(place),
        }
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

    fn all() -> impl Iterator<Item = Word> {
        let long = WORDS.long.iter().map(|(_, word)| *word);
        long.chain(WORDS.threes.iter().copied())
    }

    #[test]
    fn every_word_is_in_lower_case_and_every_entry_has_its_place() {
        for (word, _, place) in all() {
            assert_eq!(word, word.to_ascii_lowercase());
            assert!(place < 32, "{word}");
        }
        for (sign, entries) in &WORDS.signs {
            assert!(!sign.needle().iter().any(u8::is_ascii_alphabetic));
            assert!(entries.iter().all(|(_, place)| *place < 32));
        }
    }

    #[test]
    fn each_word_is_found_wherever_it_stands_and_in_any_case() {
        for (word, list, place) in all() {
            for before in ["", " ", "  ", ". .", "see: "] {
                for behind in ["", " ", ", and more"] {
                    for said in [word.to_owned(), word.to_ascii_uppercase()] {
                        let text = format!("{before}{said}{behind}");
                        let found = Text::of(&text);
                        let has = match list {
                            List::Unfinished => found.unfinished.has(place),
                            List::Secrets => found.secrets.has(place),
                            List::Delicate => found.delicate.has(place),
                        };
                        assert!(has, "{text}");
                    }
                }
            }
        }
        for text in ["", "a", "ab", "{", "<", "iba"] {
            let found = Text::of(text);
            assert!(found.secrets == Entries::default() && found.delicate == Entries::default());
        }
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
