//! Learning what orders to an assistant look like: from stretches, not from whole mails. In an
//! attack only the worst stretch is held against it; of a harmless mail the worst ones teach most.
//!
//! Bare goals in mail are left out on purpose (see `triage::threat`): learning them would make a
//! customer's wish an attack.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use triage::threat::{Strip, strip};

use super::sgd::{Learner, Rates, packed};
use super::{Made, is_held, lines};
use crate::chance::Chance;
use crate::data::{Line, Set};

const BITS: u32 = 16;
const ROUNDS: usize = 14;
const FOLDS: usize = 5;
const RATES: Rates = Rates {
    step: 0.25,
    pull: 2e-4,
};
/// Of harmless mail, how many of a thousand may reach the product's threshold.
const ALARMS_PER_THOUSAND: usize = 8;
/// The same for the threshold above which mail is kept from agents.
const HELD_PER_THOUSAND: usize = 1;

/// A text to learn from.
struct Text {
    strip: Strip,
    is_attack: bool,
    /// Words of the attack, where it is known.
    span: Option<(usize, usize)>,
    importance: f32,
    /// Whose threshold it sets: harmless mail.
    is_mail: bool,
    fold: usize,
}

/// Learns from the sets; says how it went.
pub fn train(sets: &[Set]) -> Made {
    let mut texts = Vec::new();
    let mut digest = super::digest();
    for set in sets {
        for line in &set.lines {
            if is_held(line) || !is_ours(set, line) {
                continue;
            }
            super::feed(&mut digest, line);
            texts.push(text_of(set, line));
        }
    }
    let own = include_str!("../../lines/threat.txt");
    super::feed_text(&mut digest, own);
    for (at, (label, line)) in lines::read(own).into_iter().enumerate() {
        texts.push(Text {
            strip: strip(&line),
            is_attack: label == "attack",
            span: None,
            importance: if label == "attack" { 0.5 } else { 0.8 },
            is_mail: false,
            fold: at % FOLDS,
        });
    }
    for (at, (_, line)) in lines::read(include_str!("../../lines/intent.txt"))
        .into_iter()
        .enumerate()
    {
        texts.push(Text {
            strip: strip(&line),
            is_attack: false,
            span: None,
            importance: 0.3,
            is_mail: false,
            fold: at % FOLDS,
        });
    }
    // The threshold is set where each text is judged by a learner that has not seen it.
    let mut harmless: Vec<f32> = Vec::new();
    for fold in 0..FOLDS {
        let learner = learn(&texts, |text| text.fold != fold);
        harmless.extend(
            texts
                .iter()
                .filter(|text| text.fold == fold && text.is_mail)
                .map(|text| score(&learner, text)),
        );
    }
    harmless.sort_by(|a, b| b.total_cmp(a));
    let at = |per_thousand: usize| {
        harmless
            .get(harmless.len() * per_thousand / 1000)
            .copied()
            .unwrap_or_default()
    };
    let middle = at(ALARMS_PER_THOUSAND);
    let high = at(HELD_PER_THOUSAND);
    // sigmoid(slope × (high − middle)) is what the product keeps from agents (0.8).
    let slope = (1.386 / (high - middle).max(0.2)).clamp(0.8, 4.0);
    let learner = learn(&texts, |_| true);
    let mut report = format!(
        "{} texts, {} attacks; harmless mail at {middle:.3} (label) and {high:.3} (held)\n",
        texts.len(),
        texts.iter().filter(|text| text.is_attack).count(),
    );
    report.push_str(&unseen(&learner, sets, middle));
    report.push_str(&heaviest(&learner));
    let title = super::title("threat", BITS, 1, &digest, texts.len());
    Made {
        model: packed(title, &[learner], slope, middle),
        report,
    }
}

/// How the learner does on what it never learned from: by source, attacks and harmless texts.
fn unseen(learner: &Learner, sets: &[Set], middle: f32) -> String {
    let mut counts: BTreeMap<(String, bool), (usize, usize)> = BTreeMap::new();
    for set in sets.iter().filter(|set| set.name.starts_with("injection")) {
        for line in set
            .lines
            .iter()
            .filter(|line| is_held(line) && is_ours(set, line))
        {
            let text = text_of(set, line);
            let count = counts
                .entry((line.text("source").to_owned(), text.is_attack))
                .or_default();
            count.1 += 1;
            count.0 += usize::from(score(learner, &text) > middle);
        }
    }
    counts.iter().fold(
        String::new(),
        |mut all, ((source, is_attack), (found, of))| {
            let kind = if *is_attack { "attacks" } else { "harmless" };
            let _ = writeln!(
                all,
                "  never learned from: {found} of {of} {kind} labelled in {source}"
            );
            all
        },
    )
}

/// The words of our own lines that weigh most either way: a look at what was really learned.
fn heaviest(learner: &Learner) -> String {
    let own = include_str!("../../lines/threat.txt").to_lowercase();
    let mut words: Vec<(f32, &str)> = own
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            (
                learner.weight(triage::model::features::hash(b'w', word)),
                word,
            )
        })
        .collect();
    words.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    words.dedup();
    let list = |some: &[(f32, &str)]| {
        some.iter()
            .map(|(w, word)| format!("{word} {w:.1}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let few = words.len().min(25);
    format!(
        "heaviest words: {}\nlightest words: {}\n",
        list(words.get(..few).unwrap_or_default()),
        list(words.get(words.len() - few..).unwrap_or_default()),
    )
}

/// True for the lines this model learns from.
fn is_ours(set: &Set, line: &Line) -> bool {
    if set.name.starts_with("injection") {
        let source = line.text("source");
        let is_bare = line.text("family") == "raw_goal" || source.starts_with("BIPIA/email+");
        return !is_bare;
    }
    if set.name.starts_with("spam-phish") {
        return line.text("cls").starts_with("ham");
    }
    set.name.starts_with("reply-intent")
}

fn text_of(set: &Set, line: &Line) -> Text {
    let is_attack = line.label.get("label").and_then(serde_json::Value::as_i64) == Some(1);
    let mut text = line.text("text").to_owned();
    if set.name.starts_with("spam-phish") {
        text = super::body_of(set, line);
    }
    let strip = strip(&text);
    let attack = line.text("attack");
    let span = text
        .find(attack)
        .filter(|_| !attack.is_empty())
        .map(|from| {
            let within = |octet: u32| (from..from + attack.len()).contains(&(octet as usize));
            let first = strip.spans.iter().position(|span| within(span.0));
            let last = strip.spans.iter().rposition(|span| within(span.0));
            (
                first.unwrap_or(0),
                last.map_or(strip.spans.len(), |last| last + 1),
            )
        });
    let is_mail =
        !is_attack && (line.text("carrier") == "email" || set.name.starts_with("spam-phish"));
    let importance = match (is_attack, line.text("carrier")) {
        (true, "email") => 2.0,
        (true, "mixed") => 0.6,
        (false, _) if is_mail => 2.0,
        (false, _) if line.text("source").starts_with("NotInject") => 2.0,
        (false, _) if set.name.starts_with("reply-intent") => 0.3,
        (true | false, _) => 1.0,
    };
    Text {
        strip,
        is_attack,
        span,
        importance,
        is_mail,
        fold: super::checksum(&line.group()) as usize % FOLDS,
    }
}

fn learn(texts: &[Text], takes: impl Fn(&Text) -> bool) -> Learner {
    let mut learner = Learner::new(BITS, RATES);
    let mut chance = Chance::new(20);
    for round in 0..ROUNDS {
        for at in chance.order(texts.len()) {
            let Some(text) = texts.get(at).filter(|text| takes(text)) else {
                continue;
            };
            for stretch in chosen(&learner, text, round, &mut chance) {
                learner.learn(
                    text.strip.features(stretch),
                    text.is_attack,
                    text.importance,
                );
            }
        }
    }
    learner
}

/// The stretches of a text that teach in this round.
fn chosen(
    learner: &Learner,
    text: &Text,
    round: usize,
    chance: &mut Chance,
) -> Vec<(usize, usize)> {
    let mut all = text
        .strip
        .all(learner.bias, |feature| learner.weight(feature));
    if let Some((first, last)) = text.span {
        // Mostly attack, or the whole of it.
        all.retain(|one| {
            let shared = one.to.min(last).saturating_sub(one.from.max(first));
            shared * 2 >= (one.to - one.from) || shared >= last - first
        });
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut out: Vec<(usize, usize)> = Vec::new();
    let take = if text.is_attack { 1 } else { 3 };
    if round > 0 || !text.is_attack {
        out.extend(all.iter().take(take).map(|one| (one.from, one.to)));
    }
    // And one by chance, so that a first guess is not all that is ever seen.
    if round < 3 || !text.is_attack {
        out.extend(
            all.get(chance.below(all.len()))
                .map(|one| (one.from, one.to)),
        );
    }
    out
}

fn score(learner: &Learner, text: &Text) -> f32 {
    text.strip
        .best(learner.bias, |feature| learner.weight(feature))
        .map_or(learner.bias, |best| best.score)
}
