//! Many patterns over one text. Each names the literal words without one of which it cannot match:
//! those are looked for first, at the speed of memory, and most patterns end there.

use domain::scan::Spot;
use memchr::memmem::Finder;
use regex::Regex;

/// Places kept per pattern and part.
const SPOTS_PER_PATTERN: usize = 5;

/// Patterns of named kinds, each with what else a match must be.
pub(super) struct Patterns<T> {
    each: Vec<Pattern<T>>,
}

struct Pattern<T> {
    kind: &'static str,
    /// One of these is in every match, in lower case.
    needles: Vec<Finder<'static>>,
    regex: Regex,
    rest: T,
}

/// A text, and the same in lower-case ASCII.
pub(super) struct Folded<'t> {
    pub(super) text: &'t str,
    lower: String,
}

impl<'t> Folded<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Folded {
            lower: text.to_ascii_lowercase(),
            text,
        }
    }
}

impl<T> Patterns<T> {
    /// Compiles `(kind, needles, pattern, rest)`; needles in lower case. A pattern that does not
    /// compile would find nothing; the tests of each list see that all of them do.
    pub(super) fn new(
        patterns: impl IntoIterator<Item = (&'static str, &'static [&'static str], String, T)>,
    ) -> Self {
        let compile = |(kind, needles, pattern, rest): (_, &'static [&'static str], String, _)| {
            Some(Pattern {
                kind,
                needles: needles.iter().map(|needle| Finder::new(*needle)).collect(),
                regex: Regex::new(&pattern).ok()?,
                rest,
            })
        };
        Patterns {
            each: patterns.into_iter().filter_map(compile).collect(),
        }
    }

    /// Patterns that can be found.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.each.len()
    }

    /// The places of whatever matches and is `proved`.
    pub(super) fn spots(
        &self,
        part: &str,
        text: &Folded<'_>,
        proved: impl Fn(&str, &T) -> bool,
    ) -> Vec<Spot> {
        let mut spots = Vec::new();
        let lower = text.lower.as_bytes();
        for pattern in &self.each {
            let occurs = |needle: &Finder<'_>| needle.find(lower).is_some();
            if !pattern.needles.iter().any(occurs) {
                continue;
            }
            let candidates = pattern
                .regex
                .find_iter(text.text)
                .filter(|found| proved(found.as_str(), &pattern.rest));
            spots.extend(candidates.take(SPOTS_PER_PATTERN).map(|found| Spot {
                kind: pattern.kind.to_owned(),
                part: part.to_owned(),
                offset: found.start() as u64,
            }));
        }
        spots
    }
}
