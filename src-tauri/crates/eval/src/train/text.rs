//! Learning intents, requests and spam: whole texts, one learner per class.

use domain::Intent;
use serde_json::Value;
use triage::model::features;

use super::sgd::{Learner, Rates, packed};
use super::{Made, is_held, lines};
use crate::chance::Chance;
use crate::data::Set;

const ROUNDS: usize = 12;
const RATES: Rates = Rates {
    step: 0.3,
    pull: 1e-5,
};

struct Example {
    features: Vec<u32>,
    /// The class; none of them for what is unclear.
    class: Option<usize>,
    importance: f32,
}

/// Learns the intents from lines of our own and from the short lines of `reply-intent`.
pub fn intents(sets: &[Set]) -> Made {
    const BITS: u32 = 14;
    let mut digest = super::digest();
    let mut examples = Vec::new();
    let own = include_str!("../../lines/intent.txt");
    super::feed_text(&mut digest, own);
    let class_of = |word: &str| {
        Intent::of(word)
            .filter(|intent| *intent != Intent::Unclear)
            .and_then(|intent| Intent::ALL.iter().position(|one| *one == intent))
    };
    for (label, line) in lines::read(own) {
        examples.push(Example {
            features: triage::intent::features(&line),
            class: class_of(&label),
            importance: 1.0,
        });
    }
    for set in sets
        .iter()
        .filter(|set| set.name.starts_with("reply-intent"))
    {
        for line in set.lines.iter().filter(|line| !is_held(line)) {
            let word = super::intent_of_line(line.text("intent"));
            let Some(word) = word else { continue };
            super::feed(&mut digest, line);
            examples.push(Example {
                features: triage::intent::features(line.text("text")),
                class: class_of(word),
                importance: 0.5,
            });
        }
    }
    let classes = Intent::ALL.len();
    let learners: Vec<Learner> = (0..classes)
        .map(|class| learn(&examples, BITS, |one| one.class == Some(class)))
        .collect();
    let title = super::title("intent", BITS, classes, &digest, examples.len());
    Made {
        model: packed(title, &learners, 1.0, 0.0),
        report: format!("{} texts in {classes} classes\n", examples.len()),
    }
}

/// Learns which sentences ask for something.
pub fn asks(sets: &[Set]) -> Made {
    const BITS: u32 = 15;
    let mut digest = super::digest();
    let mut examples = Vec::new();
    for set in sets
        .iter()
        .filter(|set| set.name.starts_with("reply-intent"))
    {
        for line in set.lines.iter().filter(|line| !is_held(line)) {
            let Some(asks) = line.label.get("asks").and_then(Value::as_bool) else {
                continue;
            };
            super::feed(&mut digest, line);
            examples.push(Example {
                features: triage::intent::features(line.text("text")),
                class: asks.then_some(0),
                importance: 1.0,
            });
        }
    }
    let learner = learn(&examples, BITS, |one| one.class.is_some());
    let title = super::title("asks", BITS, 1, &digest, examples.len());
    Made {
        model: packed(title, &[learner], 1.0, 0.0),
        report: format!("{} sentences\n", examples.len()),
    }
}

/// Learns spam from whole mails.
pub fn bulk(sets: &[Set]) -> Made {
    const BITS: u32 = 16;
    let mut digest = super::digest();
    let mut examples = Vec::new();
    for set in sets {
        for line in set.lines.iter().filter(|line| !is_held(line)) {
            if set.name.starts_with("spam-phish") {
                let Ok(message) = crate::areas::mail_of(set, line) else {
                    continue;
                };
                super::feed(&mut digest, line);
                examples.push(Example {
                    features: triage::bulk::features(&message, &triage::text::Texts::of(&message)),
                    class: line.text("cls").starts_with("spam").then_some(0),
                    importance: if line.text("cls") == "ham_hard" {
                        2.0
                    } else {
                        1.0
                    },
                });
            }
        }
    }
    // Letters of our own are no spam, in any language.
    for (_, line) in lines::read(include_str!("../../lines/intent.txt")) {
        examples.push(Example {
            features: features::of(&line.to_lowercase(), 400),
            class: None,
            importance: 0.1,
        });
    }
    let learner = learn(&examples, BITS, |one| one.class.is_some());
    let title = super::title("bulk", BITS, 1, &digest, examples.len());
    Made {
        model: packed(title, &[learner], 2.0, 0.3),
        report: format!("{} mails\n", examples.len()),
    }
}

fn learn(examples: &[Example], bits: u32, is_one: impl Fn(&Example) -> bool) -> Learner {
    let mut learner = Learner::new(bits, RATES);
    let mut chance = Chance::new(20);
    let ones = examples.iter().filter(|one| is_one(one)).count();
    // Rare classes are as loud as the rest together, within reason.
    let rest = examples.len() - ones;
    let loud = ratio(rest, ones).sqrt().clamp(1.0, 4.0);
    for _ in 0..ROUNDS {
        for at in chance.order(examples.len()) {
            let Some(example) = examples.get(at) else {
                continue;
            };
            let is_one = is_one(example);
            let importance = example.importance * if is_one { loud } else { 1.0 };
            learner.learn(&example.features, is_one, importance);
        }
    }
    learner
}

#[expect(clippy::cast_precision_loss, reason = "counts of lines are small")]
fn ratio(a: usize, b: usize) -> f32 {
    a as f32 / b.max(1) as f32
}
