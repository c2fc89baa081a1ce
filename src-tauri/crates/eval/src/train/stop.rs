//! Learning who wants to hear no more, from lines of our own: wishes, and letters that use the
//! same words for something else. What is no wish is none in any of its sentences.
//!
//! The report judges each line by a learner that saw no reading of it, so that it tells how unseen
//! wordings fare; the weights are then learned from all lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use triage::intent::{stop_decided, stop_features};
use triage::model::sigmoid;

use super::sgd::{Chance, Learner, Rates, packed};
use super::{Made, is_held, lines};
use crate::data::Set;

const BITS: u32 = 16;
const ROUNDS: usize = 10;
const RATES: Rates = Rates {
    step: 0.3,
    pull: 2e-5,
};
/// Lines are judged in so many turns.
const FOLDS: usize = 5;

struct Example {
    /// Of the whole, and of each sentence.
    texts: Vec<Vec<u32>>,
    wants: bool,
    importance: f32,
    /// Its turn; what is not ours has none.
    fold: Option<usize>,
    language: &'static str,
    /// Of ours, as it is written.
    text: String,
}

/// Learns from our lines; the sets give what is no wish.
pub fn train(sets: &[Set]) -> Made {
    let mut digest = super::digest();
    let mut examples = Vec::new();
    let mut chance = Chance::new(20);
    let own = [
        (include_str!("../../lines/stop.txt"), "stop"),
        (include_str!("../../lines/intent.txt"), "unsubscribe"),
    ];
    for (text, word) in own {
        super::feed_text(&mut digest, text);
        for (at, (label, ways)) in lines::by_line(text).into_iter().enumerate() {
            for way in ways {
                let wants = label == word;
                let language = if way.is_ascii() {
                    "ASCII"
                } else {
                    "beyond ASCII"
                };
                let importance = if word == "stop" { 1.0 } else { 0.5 };
                for text in [way.clone(), dressed(&way, &mut chance)] {
                    examples.push(Example {
                        texts: stop_features(&text),
                        wants,
                        importance,
                        fold: Some(at % FOLDS),
                        language,
                        text,
                    });
                }
            }
        }
    }
    for set in sets
        .iter()
        .filter(|set| set.name.starts_with("reply-intent"))
    {
        for line in set.lines.iter().filter(|line| !is_held(line)) {
            super::feed(&mut digest, line);
            examples.push(Example {
                texts: stop_features(line.text("text")),
                wants: false,
                importance: 0.3,
                fold: None,
                language: "",
                text: String::new(),
            });
        }
    }
    let mut counts: BTreeMap<(bool, &str), (usize, usize)> = BTreeMap::new();
    for fold in 0..FOLDS {
        let learner = learn(&examples, |one| one.fold != Some(fold));
        for one in examples.iter().filter(|one| one.fold == Some(fold)) {
            let count = counts.entry((one.wants, one.language)).or_default();
            count.1 += 1;
            let likely = sigmoid(best(&learner, one));
            count.0 += usize::from(stop_decided(&one.text, likely).is_some());
        }
    }
    let mut report = format!("{} texts\n", examples.len());
    for ((wants, language), (taken, of)) in counts {
        let kind = if wants { "wishes" } else { "other letters" };
        let _ = writeln!(
            report,
            "  in wordings not learned from, {language}: {taken} of {of} {kind} taken for a wish"
        );
    }
    let title = super::title("stop", BITS, 1, &digest, examples.len());
    Made {
        model: packed(title, &[learn(&examples, |_| true)], 1.0, 0.0),
        report,
    }
}

fn best(learner: &Learner, one: &Example) -> f32 {
    one.texts
        .iter()
        .map(|text| learner.score(text))
        .fold(f32::MIN, f32::max)
}

fn learn(examples: &[Example], takes: impl Fn(&Example) -> bool) -> Learner {
    let mut learner = Learner::new(BITS, RATES);
    let mut chance = Chance::new(21);
    for _ in 0..ROUNDS {
        for at in chance.order(examples.len()) {
            let Some(one) = examples.get(at).filter(|one| takes(one)) else {
                continue;
            };
            if one.wants {
                // Of a wish, the whole says it, which stands last; a sentence of it may not.
                if let Some(whole) = one.texts.last() {
                    learner.learn(whole, true, one.importance);
                }
            } else {
                for text in &one.texts {
                    learner.learn(text, false, one.importance);
                }
            }
        }
    }
    learner
}

/// The same with a greeting or a farewell, or a slip of the hand in one of its words.
fn dressed(text: &str, chance: &mut Chance) -> String {
    match chance.below(6) {
        0 => format!("Hi Ann, {text}"),
        1 => format!("Hello, {text} Best regards, Bo"),
        2 => format!("{text} Sincerely, Ann Lee"),
        3 => text.to_lowercase(),
        _ => misspelt(text, chance),
    }
}

/// Two letters of a long word change places, or one is left out.
fn misspelt(text: &str, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..8 {
        let at = chance.below(letters.len());
        let around = letters.get(at.saturating_sub(1)..(at + 3).min(letters.len()));
        if around.is_none_or(|some| some.len() < 4 || !some.iter().all(char::is_ascii_alphabetic)) {
            continue;
        }
        if chance.below(2) == 0 {
            letters.swap(at, at + 1);
        } else {
            letters.remove(at);
        }
        break;
    }
    letters.into_iter().collect()
}
