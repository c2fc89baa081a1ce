//! How alike two bodies are, from a kilobyte kept of each.
//!
//! A sketch is the smallest [`Sketch::GRAMS_MAX`] hashes of a text's distinct character trigrams,
//! after folding case and white space. Two short texts (no more trigrams than that) are compared
//! exactly; of longer ones the smallest hashes of both are a fair sample of all, and the answer is
//! within two or three percent. So comparing costs the same for a line and for a megabyte.

use std::sync::atomic::{AtomicU8, Ordering};

/// What is kept of a text to compare it later.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sketch {
    /// Ascending, each once.
    hashes: Vec<u32>,
}

/// Octets from which on a table of all grams of ASCII is worth its making.
const LONG: usize = 64 * 1024;
/// Three ASCII characters.
const MARK_BITS: u32 = 21;

/// Basis points of the whole.
const WHOLE: u64 = 10_000;

impl Sketch {
    /// Hashes kept.
    pub const GRAMS_MAX: usize = 256;

    /// Reads a text. Linear in its length.
    pub fn of(text: &str) -> Sketch {
        let mut grams = Grams::default();
        match (text.is_ascii(), text.len() >= LONG) {
            (true, true) => return Sketch::of_long(text.as_bytes()),
            (true, false) => grams.read_ascii(text.as_bytes()),
            (false, _) => grams.read(text.chars()),
        }
        Sketch {
            hashes: grams.smallest.done(),
        }
    }

    /// The same of long ASCII: which grams there are is marked in a table of all there can be, and
    /// each is hashed once.
    fn of_long(text: &[u8]) -> Sketch {
        let mut marks = vec![0_u64; 1 << (MARK_BITS - 6)];
        let mut mark = |packed: u64| {
            let place = packed & ((1 << MARK_BITS) - 1);
            if let Some(word) = marks.get_mut((place >> 6) as usize) {
                *word |= 1 << (place & 63);
            }
        };
        let low = |octet: &u8| {
            LOW_ASCII
                .get(usize::from(*octet))
                .copied()
                .unwrap_or(*octet)
        };
        let mut octets = text.iter().map(low);
        let mut last = octets.find(|octet| *octet != b' ').unwrap_or(b' ');
        let behind = |packed: u64, octet: u8| packed << 7 | u64::from(octet);
        // What the first character makes with the blank in front of it is no gram yet.
        let mut packed = behind(u64::from(b' '), last);
        for octet in octets {
            if octet == b' ' && last == b' ' {
                continue;
            }
            last = octet;
            packed = behind(packed, octet);
            mark(packed);
        }
        if last != b' ' {
            mark(behind(packed, b' '));
        }
        let mut smallest = Smallest::default();
        for (place, word) in marks.into_iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                let packed = (place as u64) << 6 | u64::from(rest.trailing_zeros());
                rest &= rest - 1;
                let gram = [packed >> 14, packed >> 7, packed];
                let gram = gram
                    .iter()
                    .fold(0, |gram, letter| gram << 21 | (letter & 0x7f));
                smallest.add(hash(gram));
            }
        }
        Sketch {
            hashes: smallest.done(),
        }
    }

    /// True if there was nothing to read.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Dice similarity of the two texts' trigrams in basis points: 10,000 for the same words, 0 for
    /// nothing in common or nothing to compare.
    pub fn similarity_bp(&self, other: &Sketch) -> u16 {
        let (mut ours, mut theirs) = (
            self.hashes.iter().peekable(),
            other.hashes.iter().peekable(),
        );
        let sample = match self.is_cut() || other.is_cut() {
            true => Self::GRAMS_MAX,
            false => usize::MAX,
        };
        let (mut seen, mut shared) = (0_usize, 0_u64);
        while seen < sample {
            match (ours.peek(), theirs.peek()) {
                (Some(one), Some(two)) => {
                    let (one, two) = (**one, **two);
                    if one <= two {
                        ours.next();
                    }
                    if two <= one {
                        theirs.next();
                    }
                    shared += u64::from(one == two);
                }
                (Some(_), None) => drop(ours.next()),
                (None, Some(_)) => drop(theirs.next()),
                (None, None) => break,
            }
            seen += 1;
        }
        // With J = shared / seen (Jaccard), Dice is 2J / (1 + J).
        let whole = seen as u64 + shared;
        basis_points(2 * shared, whole)
    }

    /// How much of this text, in basis points, stands in at least one of the others.
    pub fn share_in(&self, others: &[Sketch]) -> u16 {
        // Beyond the largest hash a cut sketch kept, nobody knows what its text had.
        let horizon = others
            .iter()
            .filter(|other| other.is_cut())
            .filter_map(|other| other.hashes.last())
            .min()
            .copied()
            .unwrap_or(u32::MAX);
        let (mut all, mut known) = (0, 0);
        for hash in self.hashes.iter().take_while(|hash| **hash <= horizon) {
            all += 1;
            let stands = |other: &Sketch| other.hashes.binary_search(hash).is_ok();
            known += u64::from(others.iter().any(stands));
        }
        basis_points(known, all)
    }

    /// About a kilobyte: steps between the hashes as variable-length integers (LEB128).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.hashes.len() * 4);
        let mut before = 0;
        for hash in &self.hashes {
            let mut step = hash - before;
            while step >= 0x80 {
                bytes.push((step & 0x7f) as u8 | 0x80);
                step >>= 7;
            }
            bytes.push(step as u8);
            before = *hash;
        }
        bytes
    }

    /// Reads what [`Sketch::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Sketch> {
        let mut hashes: Vec<u32> = Vec::new();
        let (mut step, mut shift) = (0_u64, 0);
        for byte in bytes {
            step |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 != 0 {
                if shift > 28 {
                    return None;
                }
                continue;
            }
            let hash = u64::from(hashes.last().copied().unwrap_or(0)) + step;
            let ascends = hashes.is_empty() || step > 0;
            hashes.push(u32::try_from(hash).ok().filter(|_| ascends)?);
            (step, shift) = (0, 0);
        }
        (shift == 0 && hashes.len() <= Self::GRAMS_MAX).then_some(Sketch { hashes })
    }

    /// True if the text had, or may have had, more than was kept.
    fn is_cut(&self) -> bool {
        self.hashes.len() >= Self::GRAMS_MAX
    }
}

fn basis_points(part: u64, whole: u64) -> u16 {
    let share = part.saturating_mul(WHOLE).checked_div(whole).unwrap_or(0);
    u16::try_from(share.min(WHOLE)).unwrap_or(0)
}

/// Spreads trigrams evenly (the finaliser of SplitMix64); the upper half is the better one.
const fn hash(gram: u64) -> u32 {
    let mut x = gram.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 32) as u32
}

/// The distinct characters of a text in threes, each packed: a character takes 21 bits.
struct Grams {
    packed: u64,
    /// False until the second character: with the blank in front of a text that makes three.
    is_whole: bool,
    seen: Seen,
    smallest: Smallest,
}

/// At each place the last gram that belongs there: a text repeats most of its grams, and what was just
/// seen need not be hashed again.
struct Seen(Vec<u64>);

impl Seen {
    /// So many places, as a power of two.
    const BITS: u32 = 11;
    /// Spreads grams over the places: 2⁶⁴ over the golden ratio.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

    /// Notes a gram; true if it was not just seen.
    #[inline]
    fn is_new(&mut self, gram: u64) -> bool {
        let place = gram.wrapping_mul(Self::SPREAD) >> (u64::BITS - Self::BITS);
        match self.0.get_mut(place as usize) {
            Some(seen) if *seen == gram => false,
            Some(seen) => {
                *seen = gram;
                true
            }
            None => true,
        }
    }
}

/// The bits of three characters.
const GRAM: u64 = (1 << 63) - 1;
impl Default for Grams {
    fn default() -> Self {
        Grams {
            packed: u64::from(' '),
            is_whole: false,
            // No gram: those take 63 bits.
            seen: Seen(vec![u64::MAX; 1 << Seen::BITS]),
            smallest: Smallest::default(),
        }
    }
}

impl Grams {
    fn read(&mut self, text: impl Iterator<Item = char>) {
        let (mut has_begun, mut in_gap) = (false, false);
        for character in text {
            if character.is_whitespace() {
                in_gap = has_begun;
                continue;
            }
            if std::mem::take(&mut in_gap) {
                self.add(' ');
            }
            has_begun = true;
            match is_low(character) {
                true => self.add(character),
                false => character.to_lowercase().for_each(|low| self.add(low)),
            }
        }
        if has_begun {
            self.add(' ');
        }
    }

    /// The same of ASCII.
    fn read_ascii(&mut self, text: &[u8]) {
        let Some(begin) = text.iter().position(|octet| low_ascii(*octet) != b' ') else {
            return;
        };
        let (first, rest) = text.split_at(begin + 1);
        let mut last = first.last().map_or(b' ', |octet| low_ascii(*octet));
        // What the first character makes with the blank in front of it is no gram yet.
        self.add(char::from(last));
        let mut packed = self.packed;
        for octet in rest {
            let octet = low_ascii(*octet);
            if octet == b' ' && last == b' ' {
                continue;
            }
            last = octet;
            packed = (packed << 21 | u64::from(octet)) & GRAM;
            self.keep(packed);
        }
        self.packed = packed;
        if last != b' ' {
            self.add(' ');
        }
    }

    fn add(&mut self, character: char) {
        self.packed = (self.packed << 21 | u64::from(character)) & GRAM;
        if std::mem::replace(&mut self.is_whole, true) {
            self.keep(self.packed);
        }
    }

    #[inline]
    fn keep(&mut self, gram: u64) {
        if self.seen.is_new(gram) {
            self.smallest.add(hash(gram));
        }
    }
}

/// A blank for white space as `char::is_whitespace` has it (the vertical tab counts), else the letter
/// in lower case.
const fn low_ascii(octet: u8) -> u8 {
    match octet {
        b'\t'..=b'\r' => b' ',
        other => other.to_ascii_lowercase(),
    }
}

/// The same, looked up.
static LOW_ASCII: [u8; 256] = {
    let (mut table, mut octet) = ([0; 256], 0_u8);
    let mut rest = table.as_mut_slice();
    while let Some((place, behind)) = rest.split_first_mut() {
        *place = low_ascii(octet);
        octet = octet.wrapping_add(1);
        rest = behind;
    }
    table
};

/// Letters of the first plane, by code point: 0 not looked up yet, [`LOW`] or [`NOT_LOW`]. Looking
/// one up is slow, and texts repeat their letters.
static CASES: [AtomicU8; 0x1_0000] = [const { AtomicU8::new(0) }; 0x1_0000];
const LOW: u8 = 1;
const NOT_LOW: u8 = 2;

/// True if a letter is its own lower case.
fn is_low(letter: char) -> bool {
    let look_up = || letter.to_lowercase().eq([letter]);
    let Some(place) = CASES.get(u32::from(letter) as usize) else {
        return look_up();
    };
    match place.load(Ordering::Relaxed) {
        LOW => true,
        NOT_LOW => false,
        _ => {
            let is_low = look_up();
            let known = if is_low { LOW } else { NOT_LOW };
            place.store(known, Ordering::Relaxed);
            is_low
        }
    }
}

/// The smallest hashes so far: sorted out now and then, so that most are turned away at a glance.
struct Smallest {
    hashes: Vec<u32>,
    /// From this on a hash is too large.
    limit: u64,
}

impl Default for Smallest {
    fn default() -> Self {
        Smallest {
            hashes: Vec::new(),
            limit: u64::MAX,
        }
    }
}

impl Smallest {
    fn add(&mut self, hash: u32) {
        if u64::from(hash) >= self.limit {
            return;
        }
        self.hashes.push(hash);
        if self.hashes.len() >= Sketch::GRAMS_MAX * 8 {
            self.sort_out();
        }
    }

    fn sort_out(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.hashes.truncate(Sketch::GRAMS_MAX);
        if self.hashes.len() == Sketch::GRAMS_MAX {
            self.limit = self.hashes.last().map_or(u64::MAX, |last| u64::from(*last));
        }
    }

    fn done(mut self) -> Vec<u32> {
        self.sort_out();
        self.hashes.shrink_to_fit();
        self.hashes
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn similar(one: &str, two: &str) -> u16 {
        Sketch::of(one).similarity_bp(&Sketch::of(two))
    }

    /// The definition, spelled out.
    fn dice(one: &str, two: &str) -> f64 {
        let grams = |text: &str| -> BTreeSet<Vec<char>> {
            let folded: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
            let padded: Vec<char> = format!(" {} ", folded.join(" ")).chars().collect();
            padded.windows(3).map(<[char]>::to_vec).collect()
        };
        let (one, two) = (grams(one), grams(two));
        2.0 * one.intersection(&two).count() as f64 / (one.len() + two.len()) as f64
    }

    #[test]
    fn case_and_white_space_make_no_difference_and_words_do() {
        assert_eq!(
            similar("Hello  Dana,\r\nsee you", "hello dana, SEE you "),
            10_000
        );
        assert_eq!(similar("", ""), 0);
        assert_eq!(similar("", "hello"), 0);
        assert_eq!(similar("abcdef", "uvwxyz"), 0);
        assert_eq!(similar("a", "a"), 10_000);
        let one = "Hello Dana, your order 4711 is on its way and will arrive on Monday.";
        let two = "Hello Dana, your order 4712 is on its way and will arrive on Monday.";
        assert!((8_500..10_000).contains(&similar(one, two)));
    }

    #[test]
    fn a_long_text_is_read_as_a_short_one_is() {
        let numbers: String = (0..20_000).map(|n| format!("{n} Order,\t\r\n ")).collect();
        let every: String = ('\0'..='\u{7f}').cycle().take(LONG).collect();
        let gaps = |text: &str| format!("  {text}{}", " ".repeat(LONG));
        for text in [numbers, every, gaps(""), gaps("x"), "aB".repeat(LONG)] {
            assert!(text.len() >= LONG);
            let mut grams = Grams::default();
            grams.read_ascii(text.as_bytes());
            let read = grams.smallest.done();
            assert_eq!(Sketch::of(&text).hashes, read);
        }
    }

    #[test]
    fn long_texts_are_compared_within_a_few_percent() {
        let words = |from: u32, to: u32| -> String {
            (from..to)
                .map(|n| format!("w{} ", n * 7_919 % 99_991))
                .collect()
        };
        for (from, to) in [(0, 2_000), (200, 2_200), (1_000, 3_000)] {
            let (one, two) = (words(0, 2_000), words(from, to));
            let (got, exact) = (f64::from(similar(&one, &two)) / 10_000.0, dice(&one, &two));
            assert!((got - exact).abs() < 0.06, "{got} for {exact}");
        }
    }

    #[test]
    fn what_is_familiar_is_a_share_of_this_text() {
        let old = Sketch::of("Hello Dana, the meeting is at ten.");
        let same = Sketch::of("Hello Dana, the meeting is at ten.");
        assert_eq!(same.share_in(std::slice::from_ref(&old)), 10_000);
        assert_eq!(same.share_in(&[]), 0);
        assert!(Sketch::of("zzz qqq xxx kkk").share_in(&[old]) < 1_000);
    }

    #[test]
    fn ascii_and_letters_are_read_alike() {
        for text in [
            "a",
            " a",
            "a b",
            " \t a \r\nb\u{b}c ",
            "\n",
            "Hello  Dana, see you at TEN.",
        ] {
            let (mut octets, mut letters) = (Grams::default(), Grams::default());
            octets.read_ascii(text.as_bytes());
            letters.read(text.chars());
            assert_eq!(octets.smallest.done(), letters.smallest.done(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn short_texts_are_compared_exactly(one in "[a-e ]{1,60}", two in "[a-e ]{1,60}") {
            prop_assume!(!one.trim().is_empty() && !two.trim().is_empty());
            let exact = (dice(&one, &two) * 10_000.0).floor();
            prop_assert!((f64::from(similar(&one, &two)) - exact).abs() <= 1.0);
        }

        #[test]
        fn a_sketch_reads_back_and_is_bounded(text in "\\PC{0,2000}", junk in prop::collection::vec(any::<u8>(), 0..40)) {
            let sketch = Sketch::of(&text);
            prop_assert!(sketch.hashes.len() <= Sketch::GRAMS_MAX);
            prop_assert_eq!(Sketch::from_bytes(&sketch.to_bytes()), Some(sketch));
            if let Some(read) = Sketch::from_bytes(&junk) {
                prop_assert!(read.hashes.is_sorted_by(|a, b| a < b));
            }
        }
    }
}
