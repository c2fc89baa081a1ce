//! The learned part: a text as a strip of words with their features, and the stretch of it that
//! reads most like an order to an assistant.
//!
//! An attack is a few sentences in an otherwise ordinary mail, so stretches are judged, not the
//! whole: otherwise a long harmless quote would drown it. Stretches of three lengths, each begun
//! every half of its length, scored from running sums.

use crate::model::features::{at_word, hash, tokens};
use crate::model::{Linear, length};

use super::marks::Mark;
use super::patterns::Find;

/// Words of one place that are looked at: a place has fewer octets.
const WORDS_MAX: usize = 64 << 10;
/// Words of a stretch.
const LENGTHS: [usize; 3] = [12, 32, 80];
/// How many features a shape or mark counts for: it is worth more than a word.
const LOUDNESS: u8 = 3;

/// A folded text as words and their features.
#[derive(Clone, Debug, Default)]
pub struct Strip {
    /// All features, word by word.
    pub features: Vec<u32>,
    /// For each word, where its features end.
    pub ends: Vec<u32>,
    /// For each word, its octets in the folded text.
    pub spans: Vec<(u32, u32)>,
}

/// A stretch of a strip that scored highest.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stretch {
    /// Its score, before calibration.
    pub score: f32,
    /// First word.
    pub from: usize,
    /// Word after the last.
    pub to: usize,
}

impl Strip {
    /// Of a folded text with what was found in it.
    pub(super) fn of(folded: &str, shapes: &[Find], marks: &[Mark]) -> Self {
        let tokens = tokens(folded, WORDS_MAX);
        let mut extra: Vec<(usize, &'static str)> = shapes
            .iter()
            .filter_map(|find| Some((find.to, super::patterns::PATTERNS.get(find.pattern)?.code)))
            .chain(marks.iter().map(|mark| (mark.to, mark.code)))
            .collect();
        extra.sort_unstable();
        let mut extra = extra.into_iter().peekable();
        let mut strip = Self::default();
        for (at, token) in tokens.iter().enumerate() {
            at_word(&tokens, at, &mut strip.features);
            while let Some((_, code)) = extra.next_if(|(to, _)| *to <= token.to) {
                strip
                    .features
                    .extend((0..LOUDNESS).map(|n| hash(b'0' + n, code)));
            }
            let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            strip.ends.push(narrow(strip.features.len()));
            strip.spans.push((narrow(token.from), narrow(token.to)));
        }
        strip
    }

    /// The stretches: first word and word after the last.
    pub fn stretches(&self) -> Vec<(usize, usize)> {
        let words = self.ends.len();
        let mut out = Vec::new();
        for length in LENGTHS {
            let mut from = 0;
            loop {
                let to = (from + length).min(words);
                out.push((from, to));
                if to >= words {
                    break;
                }
                from += length / 2;
            }
            if length >= words {
                break;
            }
        }
        out
    }

    /// Where the features of the words before this one end.
    pub fn begin(&self, word: usize) -> usize {
        word.checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .map_or(0, |end| *end as usize)
    }

    /// The features of a stretch.
    pub fn features(&self, (from, to): (usize, usize)) -> &[u32] {
        self.features
            .get(self.begin(from)..self.begin(to))
            .unwrap_or_default()
    }

    /// The stretch that scores highest, by what each feature weighs.
    pub fn best(&self, bias: f32, weight: impl Fn(u32) -> f32) -> Option<Stretch> {
        self.all(bias, weight)
            .into_iter()
            .max_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// Every stretch with its score.
    pub fn all(&self, bias: f32, weight: impl Fn(u32) -> f32) -> Vec<Stretch> {
        let mut sums = Vec::with_capacity(self.ends.len() + 1);
        let mut sum = 0.0_f32;
        sums.push(0.0);
        for word in 0..self.ends.len() {
            sum += self
                .features((word, word + 1))
                .iter()
                .map(|one| weight(*one))
                .sum::<f32>();
            sums.push(sum);
        }
        let at = |word: usize| sums.get(word).copied().unwrap_or_default();
        self.stretches()
            .into_iter()
            .map(|(from, to)| Stretch {
                score: bias + (at(to) - at(from)) / length(self.begin(to) - self.begin(from)),
                from,
                to,
            })
            .collect()
    }

    /// The octets of the folded text behind a stretch.
    pub(super) fn octets(&self, stretch: &Stretch) -> (usize, usize) {
        let first = self.spans.get(stretch.from).map_or(0, |span| span.0);
        let last = stretch
            .to
            .checked_sub(1)
            .and_then(|word| self.spans.get(word))
            .map_or(first, |span| span.1);
        (first as usize, last as usize)
    }
}

/// The stretch of a strip the model thinks worst of.
pub(super) fn worst(strip: &Strip, model: &Linear) -> Option<Stretch> {
    let bias = model.bias.first().copied().unwrap_or_default();
    strip.best(bias, |feature| model.weight(0, feature))
}
