//! Whether somebody wants to hear no more: what a model thinks of each sentence, told what the
//! tables of phrases and shapes found in it.
//!
//! The tables say the words are there; the model says whether they mean it: "the unsubscribe link
//! in our shop is broken" has all the words and asks for help.

use crate::model::SHIPPED;
use crate::model::features::{hash, of};
use crate::text::start;

/// Words of a text up to which it is read as one sentence too.
const WHOLE_WORDS_MAX: usize = 60;
/// Sentences that are read.
const SENTENCES_MAX: usize = 60;
/// Words of a sentence that are read.
const WORDS_MAX: usize = 120;
/// Octets of a sentence in which ideas are looked for.
const IDEAS_OCTETS_MAX: usize = 600;
/// How many features what a table says counts for: it is worth more than a word.
const LOUDNESS: u8 = 3;

/// A sentence in plain lower case as the model sees it: its words, what the tables found in it, and
/// its ideas.
pub(crate) fn features(sentence: &str) -> Vec<u32> {
    let mut features = of(&super::ideas::unaccented(sentence), WORDS_MAX);
    let words = sentence.split_whitespace().take(5).count();
    for (code, says) in [
        ("phrase", super::says_stop(sentence).is_some()),
        ("shape", super::shapes::stop(sentence).is_some()),
        ("short", words <= 2),
        ("brief", words <= 4),
    ] {
        if says {
            features.extend((b'0'..b'0' + LOUDNESS).map(|n| hash(n, code)));
        }
    }
    super::ideas::features(start(sentence, IDEAS_OCTETS_MAX), &mut features);
    features.sort_unstable();
    features.dedup();
    features
}

/// The sentences of a text, and the whole where it is short.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut out: Vec<&str> = text
        .split_inclusive(['.', '!', '?', ';', '。', '？', '！'])
        .map(str::trim)
        .filter(|sentence| sentence.chars().any(char::is_alphanumeric))
        .take(SENTENCES_MAX)
        .collect();
    if out.len() > 1 && !is_long(text) {
        out.push(text);
    }
    out
}

/// True if a text is too long to be read as one sentence.
pub(super) fn is_long(text: &str) -> bool {
    text.split_whitespace().take(WHOLE_WORDS_MAX + 1).count() > WHOLE_WORDS_MAX
}

/// The sentence that says it most, and how sure that is, from 0 to 1.
pub(super) fn judge(text: &str) -> (f32, &str) {
    let model = &SHIPPED.stop;
    sentences(text)
        .into_iter()
        .map(|one| (model.probability(model.score(0, &features(one))), one))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or((0.0, text))
}
