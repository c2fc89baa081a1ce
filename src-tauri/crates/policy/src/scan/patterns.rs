//! Many patterns over one text: one pass tells which occur at all, and only those are looked for.

use domain::scan::Spot;
use regex::{Regex, RegexSet};

/// Places kept per pattern and part.
const SPOTS_PER_PATTERN: usize = 5;

/// Patterns of named kinds, each with what else a match must be.
pub(super) struct Patterns<T> {
    occur: RegexSet,
    each: Vec<(&'static str, Regex, T)>,
}

impl<T> Patterns<T> {
    /// Compiles `(kind, pattern, rest)`. A pattern that does not compile would find nothing; the
    /// tests of each list see that all of them do.
    pub(super) fn new(patterns: impl IntoIterator<Item = (&'static str, String, T)>) -> Self {
        let compile =
            |(kind, pattern, rest): (_, String, _)| Some((kind, Regex::new(&pattern).ok()?, rest));
        let each: Vec<_> = patterns.into_iter().filter_map(compile).collect();
        let all = each.iter().map(|(_, regex, _)| regex.as_str());
        Patterns {
            occur: RegexSet::new(all).unwrap_or_else(|_| RegexSet::empty()),
            each,
        }
    }

    /// Patterns that can be found.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.occur.len(), self.each.len());
        self.each.len()
    }

    /// The places of whatever matches and is `proved`.
    pub(super) fn spots(
        &self,
        part: &str,
        text: &str,
        proved: impl Fn(&str, &T) -> bool,
    ) -> Vec<Spot> {
        let occurring = self.occur.matches(text);
        let mut spots = Vec::new();
        for (index, (kind, regex, rest)) in self.each.iter().enumerate() {
            if !occurring.matched(index) {
                continue;
            }
            let candidates = regex
                .find_iter(text)
                .filter(|found| proved(found.as_str(), rest));
            spots.extend(candidates.take(SPOTS_PER_PATTERN).map(|found| Spot {
                kind: (*kind).to_owned(),
                part: part.to_owned(),
                offset: found.start() as u64,
            }));
        }
        spots
    }
}
