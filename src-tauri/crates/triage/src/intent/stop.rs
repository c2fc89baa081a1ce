//! Whether somebody wants to hear no more: what a model thinks of each sentence, told what the
//! tables of phrases and shapes found in it.
//!
//! The tables say the words are there; the model says whether they mean it: "the unsubscribe link
//! in our shop is broken" has all the words and asks for help.

use std::borrow::Cow;

use crate::model::SHIPPED;
use crate::model::features::{self, hash};
use crate::text::start;

/// Words of a text up to which it is read as one sentence too.
const WHOLE_WORDS_MAX: usize = 60;
/// Sentences at the beginning of a text that are read, and at the end of one that has more.
const FIRST_SENTENCES_MAX: usize = 400;
const LAST_SENTENCES_MAX: usize = 100;
/// Words of a sentence that are read.
const WORDS_MAX: usize = 120;
/// Octets of a sentence in which ideas are looked for.
const IDEAS_OCTETS_MAX: usize = 600;
/// How many features what a table says counts for: it is worth more than a word.
const LOUDNESS: u8 = 3;

/// A sentence in plain lower case as the model sees it: its words, what the tables found in it, and
/// its ideas.
pub(crate) fn features(sentence: &str) -> Vec<u32> {
    let mut features = features::of(&super::ideas::unaccented(sentence), WORDS_MAX);
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
    let mut from = 0;
    let mut out: Vec<&str> = sentence_ends(text)
        .chain([text.len()])
        .filter_map(|end| text.get(std::mem::replace(&mut from, end)..end))
        .map(str::trim)
        .filter(|sentence| sentence.chars().any(char::is_alphanumeric))
        .collect();
    let last = out.len().saturating_sub(LAST_SENTENCES_MAX);
    if last > FIRST_SENTENCES_MAX {
        out.drain(FIRST_SENTENCES_MAX..last);
    }
    if out.len() > 1 && !is_long(text) {
        out.push(text);
    }
    out
}

/// Where the sentences of a text end that end with a mark.
pub(super) fn sentence_ends(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter_map(|(at, c)| {
        let end = at + c.len_utf8();
        let rest = text.get(end..)?;
        ends_sentence(c, rest).then_some(end)
    })
}

/// True if a sentence ends with this mark: none does within a number or an address.
fn ends_sentence(mark: char, rest: &str) -> bool {
    match mark {
        '.' => !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        '!' | '?' | ';' | '。' | '？' | '！' => true,
        _ => false,
    }
}

/// True if a text is too long to be read as one sentence.
pub(super) fn is_long(text: &str) -> bool {
    text.split_whitespace().take(WHOLE_WORDS_MAX + 1).count() > WHOLE_WORDS_MAX
}

/// A wish to hear no more, or how near a text comes to one.
pub(super) struct Wanted<'a> {
    /// How sure it is, from 0 to 1; absent if it is none.
    pub sure: Option<f32>,
    /// How likely the model thinks it.
    pub likely: f32,
    /// True if no table holds the words.
    pub is_guessed: bool,
    /// The words that say it.
    pub said: Cow<'a, str>,
}

/// Whether the writer of a text wants to hear no more.
pub(super) fn judge(text: &str) -> Option<Wanted<'_>> {
    let model = &SHIPPED.stop;
    let likely: Vec<f32> = sentences(text)
        .into_iter()
        .map(|one| model.probability(model.score(0, &features(one))))
        .collect();
    decide(text, &likely)
}

/// The same by what a model thinks of each of [`sentences`]. Of a short text, what the tables find
/// anywhere is borne out by any of it; of a long letter, each sentence stands for itself: a word of
/// the footer of a list is no wish because another sentence sounds like one. A wish in the words of
/// the tables comes before any guess, for a guess is masked by what else the letter says.
pub(super) fn decide<'a>(text: &'a str, likely: &[f32]) -> Option<Wanted<'a>> {
    let sentences = sentences(text).into_iter().zip(likely.iter().copied());
    if is_long(text) {
        let each = sentences.map(|(one, likely)| of(one, one, likely, true));
        return each.max_by(|a, b| {
            let is_said = |one: &Wanted<'_>| one.sure.is_some() && !one.is_guessed;
            let sure = |one: &Wanted<'_>| one.sure.unwrap_or(0.0);
            is_said(a)
                .cmp(&is_said(b))
                .then(sure(a).total_cmp(&sure(b)))
                .then(a.likely.total_cmp(&b.likely))
        });
    }
    let (sentence, likely) = sentences.max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(of(text, sentence, likely, false))
}

/// What the tables find in a text, and the model thinks of a sentence of it.
fn of<'a>(text: &'a str, sentence: &'a str, likely: f32, is_long: bool) -> Wanted<'a> {
    let phrase = super::says_stop(text);
    let shape = super::shapes::stop(text);
    Wanted {
        sure: wants_no_more(phrase.is_some(), shape.is_some(), likely, is_long),
        likely,
        is_guessed: phrase.is_none() && shape.is_none(),
        said: match (phrase, shape) {
            (Some(phrase), _) => Cow::Borrowed(phrase),
            (None, Some(shape)) => Cow::Owned(shape),
            (None, None) => Cow::Borrowed(sentence),
        },
    }
}

/// How sure it is that somebody wants to hear no more, by what the tables found and the model
/// thinks. Words of a table that the model bears out act by themselves; what it doubts, or thinks
/// of alone, goes to a person. One missed is a breach and one too many is a key pressed, so a person
/// is asked long before it is likely. In a long letter the words may stand in the footer of a list,
/// and one sentence of many sounds like a wish by chance.
fn wants_no_more(phrase: bool, shape: bool, likely: f32, is_long: bool) -> Option<f32> {
    let alone_from = if is_long { LONG_ALONE_FROM } else { ALONE_FROM };
    match (phrase, shape) {
        (true, _) if likely >= PHRASE_BORNE_OUT_FROM => Some(0.95),
        (true, _) if likely >= PHRASE_FROM => Some(0.6),
        (false, true) if likely >= SHAPE_BORNE_OUT_FROM => Some(0.9),
        (false, true) if likely >= SHAPE_DOUBTED_FROM => Some(0.6),
        (false, false) if likely >= alone_from => {
            Some(likely.clamp(super::UNCLEAR_BELOW, super::CLEAR_FROM - 0.01))
        }
        (true | false, _) => None,
    }
}

/// From here a phrase of the table is believed. One missed is a breach: the benefit is its.
const PHRASE_BORNE_OUT_FROM: f32 = 0.3;
/// From here a phrase of the table is asked about: below it the model is as sure as it gets that
/// the words are about something else.
const PHRASE_FROM: f32 = 0.1;
/// From here words in the shape of a wish are believed.
const SHAPE_BORNE_OUT_FROM: f32 = 0.5;
/// From here words in the shape of a wish are asked about.
const SHAPE_DOUBTED_FROM: f32 = 0.2;
/// From here the model is believed by itself, so far that a person is asked.
const ALONE_FROM: f32 = 0.4;
/// The same where another wish is said outright.
pub(super) const BESIDE_ANOTHER_FROM: f32 = 0.5;
/// The same of a sentence of a long letter.
const LONG_ALONE_FROM: f32 = 0.85;
/// The same beside a threat of the law, which goes to a person anyway.
pub(super) const BESIDE_LAW_FROM: f32 = 0.95;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_sentences_the_first_and_the_last_are_read() {
        let count = FIRST_SENTENCES_MAX + LAST_SENTENCES_MAX;
        for more in [0, 1, 400] {
            let text = (0..count + more).map(|n| format!("n {n}! "));
            let text: String = text.collect();
            let read = sentences(&text);
            assert_eq!(read.len(), count);
            assert_eq!(read.first(), Some(&"n 0!"));
            assert_eq!(
                read.last().copied(),
                text.trim().rsplit_once("! ").map(|(_, last)| last)
            );
        }
    }

    #[test]
    fn what_is_said_outright_comes_before_a_guess_in_a_long_letter() {
        let filler = "the parts go out on monday. ".repeat(20);
        let text = format!("{filler}unsubscribe me. there is nothing left to say to you.");
        let all = sentences(&text);
        let likely = |said: f32, guessed: f32| {
            let mut likely = vec![0.0; all.len()];
            likely[all.len() - 2] = said;
            likely[all.len() - 1] = guessed;
            decide(&text, &likely).unwrap()
        };
        let doubted = likely(PHRASE_FROM, 0.99);
        assert!(!doubted.is_guessed && doubted.sure.is_some());
        // Words of a table about something else are none.
        let guess = likely(0.0, 0.99);
        assert!(guess.is_guessed && guess.sure.is_some());
    }
}
