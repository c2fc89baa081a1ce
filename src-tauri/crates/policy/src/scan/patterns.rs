//! Many patterns over one text. Each names the literal words without one of which it cannot match:
//! all of them are looked for in one walk, and most patterns end there.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use domain::scan::Spot;
use regex::Regex;

/// Places kept per pattern and part.
const SPOTS_PER_PATTERN: usize = 5;

/// Patterns of named kinds, each with what else a match must be.
pub(super) struct Patterns<T> {
    each: Vec<Pattern<T>>,
    /// The words of all patterns, in any case; `None` if they do not compile.
    needles: Option<AhoCorasick>,
    /// The pattern each word is of.
    owners: Vec<usize>,
}

struct Pattern<T> {
    kind: &'static str,
    regex: Regex,
    rest: T,
}

impl<T> Patterns<T> {
    /// Compiles `(kind, needles, pattern, rest)`: one of the needles is in every match, in any
    /// case. A pattern that does not compile would find nothing; the tests of each list see that
    /// all of them do.
    pub(super) fn new(
        patterns: impl IntoIterator<Item = (&'static str, &'static [&'static str], String, T)>,
    ) -> Self {
        let (mut each, mut owners) = (Vec::new(), Vec::new());
        let mut words: Vec<&str> = Vec::new();
        for (kind, needles, pattern, rest) in patterns {
            let Ok(regex) = Regex::new(&pattern) else {
                continue;
            };
            words.extend(needles);
            owners.extend(needles.iter().map(|_| each.len()));
            each.push(Pattern { kind, regex, rest });
        }
        // Small and asked of every message: the table that takes one look per octet.
        let needles = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words);
        Patterns {
            each,
            needles: needles.ok(),
            owners,
        }
    }

    /// Patterns that can be found.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.needles.as_ref().map_or(0, |_| self.each.len())
    }

    /// The places of whatever matches and is `proved`, pattern by pattern.
    pub(super) fn spots(
        &self,
        part: &str,
        text: &str,
        proved: impl Fn(&str, &T) -> bool,
    ) -> Vec<Spot> {
        let mut spots = Vec::new();
        let occurring = self.each.iter().zip(self.occurring(text));
        for (pattern, _) in occurring.filter(|(_, occurs)| *occurs) {
            let candidates = pattern
                .regex
                .find_iter(text)
                .filter(|found| proved(found.as_str(), &pattern.rest));
            spots.extend(candidates.take(SPOTS_PER_PATTERN).map(|found| Spot {
                kind: pattern.kind.to_owned(),
                part: part.to_owned(),
                offset: found.start() as u64,
            }));
        }
        spots
    }

    /// Which patterns have one of their words in the text.
    fn occurring(&self, text: &str) -> Vec<bool> {
        let mut occurring = vec![false; self.each.len()];
        let mut left = occurring.len();
        for hit in self
            .needles
            .iter()
            .flat_map(|needles| needles.find_overlapping_iter(text))
        {
            let owner = self.owners.get(hit.pattern().as_usize());
            if let Some(occurs) = owner.and_then(|owner| occurring.get_mut(*owner))
                && !std::mem::replace(occurs, true)
            {
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        occurring
    }
}
