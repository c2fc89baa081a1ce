//! Many patterns over one text. Each names the literal words without one of which it cannot match;
//! what is not among the words found ([`super::words`]) is not looked for.

use domain::scan::Spot;
use regex::Regex;

use super::words::Entries;

/// Places kept per pattern and part.
const SPOTS_PER_PATTERN: usize = 5;

/// Patterns of named kinds, each with what else a match must be.
pub(super) struct Patterns<T>(Vec<Pattern<T>>);

struct Pattern<T> {
    kind: &'static str,
    /// Absent if it does not compile: it would find nothing, and the tests of each list see that
    /// all of them do.
    regex: Option<Regex>,
    rest: T,
}

impl<T> Patterns<T> {
    /// Compiles `(kind, pattern, rest)`.
    pub(super) fn new(patterns: impl IntoIterator<Item = (&'static str, String, T)>) -> Self {
        let compiled = patterns.into_iter().map(|(kind, pattern, rest)| Pattern {
            kind,
            regex: Regex::new(&pattern).ok(),
            rest,
        });
        Patterns(compiled.collect())
    }

    /// Patterns that can be found.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let compiled = self.0.iter().filter(|pattern| pattern.regex.is_some());
        compiled.count()
    }

    /// The places of whatever matches and is `proved`, pattern by pattern; of those one of whose
    /// words occurs.
    pub(super) fn spots(
        &self,
        part: &str,
        text: &str,
        occurring: Entries,
        proved: impl Fn(&str, &T) -> bool,
    ) -> Vec<Spot> {
        let mut spots = Vec::new();
        let each = self.0.iter().enumerate();
        for (_, pattern) in each.filter(|(place, _)| occurring.has(*place)) {
            let found = pattern.regex.iter().flat_map(|regex| regex.find_iter(text));
            let candidates = found.filter(|found| proved(found.as_str(), &pattern.rest));
            spots.extend(candidates.take(SPOTS_PER_PATTERN).map(|found| Spot {
                kind: pattern.kind.to_owned(),
                part: part.to_owned(),
                offset: found.start() as u64,
            }));
        }
        spots
    }
}
