//! What a person wants: the intent of the new text, how sure that is, and why.
//!
//! Phrases that say it outright ([`phrases`]) and a model bear each other out; a phrase is a reason
//! a person can check. What neither says is `unclear`: a confident guess would mask what was written.

mod ideas;
mod phrases;
mod shapes;
mod stay;
mod stop;
mod tongues;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use domain::Intent;
use serde::Serialize;

use crate::model::SHIPPED;
use crate::reading::Evidence;
use crate::text::start;

/// Octets of new text that are read for an intent.
const TEXT_OCTETS_MAX: usize = 8 << 10;
/// Phrases of one text that are looked at.
const HITS_MAX: usize = 200;
/// Reasons that are kept.
const REASONS_MAX: usize = 6;
/// From this confidence a request to stop acts by itself, if the sender is who they say.
pub const CLEAR_FROM: f32 = 0.9;
/// Below this confidence an intent is `unclear`.
pub const UNCLEAR_BELOW: f32 = 0.5;

/// What the new text of a message wants.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Wish {
    /// The intent, `unclear` below [`UNCLEAR_BELOW`].
    pub intent: Intent,
    /// From 0 to 1.
    pub confidence: f32,
    /// True if it asks for or proposes something, so that an answer is due.
    pub asks: bool,
    /// Why, strongest first.
    pub evidence: Vec<Evidence>,
}

impl Wish {
    /// Of mail nobody wrote: nothing is wanted.
    pub fn nothing() -> Self {
        Self {
            intent: Intent::Unclear,
            confidence: 0.0,
            asks: false,
            evidence: Vec::new(),
        }
    }
}

struct Phrases {
    matcher: Option<AhoCorasick>,
    /// For each phrase what it says, and how much it is believed.
    says: Vec<(Intent, f32)>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut all: Vec<&str> = Vec::new();
    let mut says = Vec::new();
    let mut put = |say: Intent, weight: f32, phrases: &[&'static str]| {
        for phrase in phrases {
            all.push(phrase);
            says.push((say, weight));
        }
    };
    put(Intent::Unsubscribe, 0.95, phrases::STOP);
    for (intent, weight, phrases) in phrases::ROWS {
        put(*intent, *weight, phrases);
    }
    put(Intent::Thanks, 0.6, phrases::THANKS);
    Phrases {
        matcher: AhoCorasick::new(&all).ok(),
        says,
    }
});

/// Words of new text the learned part looks at.
const WORDS_MAX: usize = 300;

/// A text as the learned part sees it.
pub fn features(new: &str) -> Vec<u32> {
    crate::model::features::of(&plain(start(new, TEXT_OCTETS_MAX)), WORDS_MAX)
}

/// The texts in which a wish to hear no more is looked for, as the learned part sees each: the
/// sentences of a text, and the whole where it is short. What asks to stay is left out.
pub fn stop_features(new: &str) -> Vec<Vec<u32>> {
    stop::sentences(&going(start(new, TEXT_OCTETS_MAX)))
        .into_iter()
        .map(stop::features)
        .collect()
}

/// How sure it is that the writer of a text wants to hear no more, by a likelihood a model gave
/// it; nothing if they do not.
pub fn stop_decided(new: &str, likely: f32) -> Option<f32> {
    let text = going(start(new, TEXT_OCTETS_MAX));
    let shape = shapes::stop(&text).is_some();
    wants_no_more(
        says_stop(&text).is_some(),
        shape,
        likely,
        stop::is_long(&text),
    )
}

/// Judges the new text of a message, and its subject where the text says nothing.
pub fn judge(subject: &str, new: &str) -> Wish {
    let text = plain(start(new, TEXT_OCTETS_MAX));
    let words = text.split_whitespace().count();
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    let title = plain(start(subject, 400));
    let title = title.trim();
    let alone = |text: &str| {
        let text = text.trim_matches(|c: char| !c.is_alphanumeric());
        phrases::STOP_ALONE.contains(&text)
    };
    if alone(bare) || (bare.is_empty() && alone(title)) || title == "unsubscribe" {
        return Wish {
            intent: Intent::Unsubscribe,
            confidence: 0.98,
            asks: true,
            evidence: vec![Evidence::new(
                "text",
                if bare.is_empty() { title } else { bare },
            )],
        };
    }
    let mut best: Vec<(Intent, f32, &str)> = Vec::new();
    let is_question = text.contains(['?', '？', '¿']);
    let request = reads_as_request(&text);
    let asks = request >= 0.5 || (is_question && request >= 0.2);
    for hit in hits(&text) {
        if !best.iter().any(|(known, ..)| *known == hit.0) {
            best.push(hit);
        }
    }
    best.retain(|(known, ..)| *known != Intent::Unsubscribe);
    let going = going(start(new, TEXT_OCTETS_MAX));
    let (likely, sentence) = stop::judge(&going);
    let phrase = says_stop(&going);
    let shape = shapes::stop(&going);
    let said = phrase.or(shape.as_deref()).unwrap_or(sentence);
    // What is said outright is not masked by a guess; a threat of the law goes to a person anyway.
    let is_guessed = phrase.is_none() && shape.is_none();
    let is_masked = is_guessed
        && best.iter().any(|(known, ..)| match known {
            Intent::Legal => likely < LONG_ALONE_FROM,
            Intent::Interested | Intent::Meeting | Intent::Billing | Intent::Support => {
                likely < BESIDE_ANOTHER_FROM
            }
            Intent::Question
            | Intent::NotNow
            | Intent::NotInterested
            | Intent::Unsubscribe
            | Intent::WrongPerson
            | Intent::Referral
            | Intent::Objection
            | Intent::Security
            | Intent::OutOfOffice
            | Intent::Thanks
            | Intent::Unclear => false,
        });
    let is_long = stop::is_long(&going);
    if !is_masked
        && let Some(sure) = wants_no_more(phrase.is_some(), shape.is_some(), likely, is_long)
    {
        best.push((Intent::Unsubscribe, sure, said));
    }
    let mut learned = learned(new);
    // That one is judged above.
    for (intent, learned) in Intent::ALL.iter().zip(&mut learned) {
        if *intent == Intent::Unsubscribe {
            *learned = 0.0;
        }
    }
    let chosen = choose(&best, &learned, words);
    let reasons = best
        .iter()
        .filter(|(intent, ..)| *intent == chosen.0)
        .chain(best.iter().filter(|(intent, ..)| *intent != chosen.0))
        .map(|(_, _, said)| Evidence::new("text", said))
        .take(REASONS_MAX);
    let (intent, confidence) = match chosen {
        (_, confidence) if confidence < UNCLEAR_BELOW && asks && words > 0 => (
            Intent::Question,
            if text.contains(['?', '？', '¿']) {
                0.7
            } else {
                0.5
            },
        ),
        (_, confidence) if confidence < UNCLEAR_BELOW => (Intent::Unclear, confidence),
        sure => sure,
    };
    Wish {
        intent,
        confidence,
        asks,
        evidence: reasons.collect(),
    }
}

/// How sure it is that somebody wants to hear no more, by what the tables found and the model
/// thinks. Words of a table that the model bears out act by themselves; what it doubts, or thinks
/// of alone, goes to a person. One missed is a breach and one too many is a key pressed, so a person
/// is asked long before it is likely. In a long letter the words may stand in the footer of a list,
/// and one sentence of many sounds like a wish by chance.
fn wants_no_more(phrase: bool, shape: bool, likely: f32, is_long: bool) -> Option<f32> {
    let (phrase_from, alone_from) = if is_long {
        (LONG_PHRASE_FROM, LONG_ALONE_FROM)
    } else {
        (PHRASE_FROM, ALONE_FROM)
    };
    match (phrase, shape) {
        (true, _) if likely >= PHRASE_BORNE_OUT_FROM => Some(0.95),
        (true, _) if likely >= phrase_from => Some(0.6),
        (false, true) if likely >= SHAPE_BORNE_OUT_FROM => Some(0.9),
        (false, true) if likely >= SHAPE_DOUBTED_FROM => Some(0.6),
        (false, false) if likely >= alone_from => {
            Some(likely.clamp(UNCLEAR_BELOW, CLEAR_FROM - 0.01))
        }
        (true | false, _) => None,
    }
}

/// From here a phrase of the table is believed. One missed is a breach: the benefit is its.
const PHRASE_BORNE_OUT_FROM: f32 = 0.3;
/// From here a phrase of the table is asked about: below it the model is as sure as it gets that
/// the words are about something else.
const PHRASE_FROM: f32 = 0.1;
/// The same in a long letter.
const LONG_PHRASE_FROM: f32 = 0.1;
/// From here words in the shape of a wish are believed.
const SHAPE_BORNE_OUT_FROM: f32 = 0.5;
/// From here words in the shape of a wish are asked about.
const SHAPE_DOUBTED_FROM: f32 = 0.2;
/// From here the model is believed by itself, so far that a person is asked.
const ALONE_FROM: f32 = 0.4;
/// The same where another wish is said outright.
const BESIDE_ANOTHER_FROM: f32 = 0.5;
/// The same in a long letter, and beside a threat of the law.
const LONG_ALONE_FROM: f32 = 0.85;

/// The first phrase of the table in a text.
fn says_stop(text: &str) -> Option<&str> {
    hits(text)
        .into_iter()
        .find(|(say, ..)| *say == Intent::Unsubscribe)
        .map(|(.., said)| said)
}

/// What the model thinks of each intent, in their order.
fn learned(new: &str) -> Vec<f32> {
    let model = &SHIPPED.intent;
    let features = features(new);
    (0..Intent::ALL.len())
        .map(|class| model.probability(model.score(class, &features)))
        .collect()
}

/// Sentences that are judged for whether they ask.
const SENTENCES_MAX: usize = 40;
/// Words up to which a text is one sentence.
const SENTENCE_WORDS: usize = 40;

/// How much a text reads as if it asked for or proposed something: the whole where it is short,
/// else its sentences.
fn reads_as_request(text: &str) -> f32 {
    let model = &SHIPPED.asks;
    let one = |words: &str| {
        let features = crate::model::features::of(words, WORDS_MAX);
        model.probability(model.score(0, &features))
    };
    if text.split_whitespace().count() <= SENTENCE_WORDS {
        return one(text);
    }
    text.split_inclusive(['.', '!', '?', '。', '？', '！'])
        .filter(|sentence| sentence.split_whitespace().count() >= 4)
        .take(SENTENCES_MAX)
        .map(one)
        .fold(0.0, f32::max)
}

/// The intent that is believed, and how much. A phrase and the model bear each other out; a wish to
/// stop that is said outright comes before everything; thanks only where little else is said.
fn choose(found: &[(Intent, f32, &str)], learned: &[f32], words: usize) -> (Intent, f32) {
    let said = |intent: Intent| {
        found
            .iter()
            .find(|(one, ..)| *one == intent)
            .map_or(0.0, |(_, weight, _)| *weight)
    };
    let stop = said(Intent::Unsubscribe);
    if stop > 0.0 {
        // In a long letter the words may be about something else.
        let confidence = if words <= 60 {
            stop
        } else if words <= 150 {
            stop.min(0.9)
        } else {
            stop.min(0.75)
        };
        return (Intent::Unsubscribe, confidence);
    }
    let long = if words > 150 { 0.15 } else { 0.0 };
    let mut best = (Intent::Unclear, 0.0);
    for (intent, learned) in Intent::ALL.iter().zip(learned) {
        if *intent == Intent::Unclear {
            continue;
        }
        let row = phrases::ROWS.iter().position(|(one, ..)| one == intent);
        // Earlier rows are believed before later ones.
        let order = row.map_or(0.0, |row| match u8::try_from(row) {
            Ok(row) => f32::from(row) * 0.01,
            Err(_) => 0.1,
        });
        let phrase = if *intent == Intent::Thanks && words > 12 {
            0.0
        } else {
            (said(*intent) * 0.9 - long - order).max(0.0)
        };
        let both = 1.0 - (1.0 - phrase) * (1.0 - learned);
        if both > best.1 {
            best = (*intent, both);
        }
    }
    best
}

/// Every phrase that begins a word.
fn hits(text: &str) -> Vec<(Intent, f32, &str)> {
    let Some(matcher) = PHRASES.matcher.as_ref() else {
        return Vec::new();
    };
    matcher
        .find_overlapping_iter(text)
        .take(HITS_MAX)
        .filter_map(|hit| {
            let before = text.get(..hit.start())?;
            let said = text.get(hit.start()..hit.end())?;
            let begins_word = !before
                .chars()
                .next_back()
                .is_some_and(|c| c.is_alphabetic() && !crate::model::features::is_unspaced(c));
            let (say, weight) = PHRASES.says.get(hit.pattern().as_usize())?;
            begins_word.then_some((*say, *weight, said))
        })
        .collect()
}

/// A plain text without what asks to stay or is said to readers. Lines are wrapped anywhere, so a
/// sentence goes on over the end of one; none goes on over an empty line.
fn going(text: &str) -> String {
    let mut paragraphs = vec![String::new()];
    for line in text.lines() {
        match paragraphs.last_mut() {
            Some(paragraph) if !line.trim().is_empty() => {
                paragraph.push_str(line);
                paragraph.push('\n');
            }
            Some(paragraph) if paragraph.is_empty() => {}
            Some(_) | None => paragraphs.push(String::new()),
        }
    }
    let kept = paragraphs.iter().map(|paragraph| {
        let paragraph = plain(paragraph);
        stay::without(&paragraph).trim().to_owned()
    });
    kept.filter(|paragraph| !paragraph.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Lower case, straight apostrophes, single spaces.
fn plain(text: &str) -> String {
    let lower = text
        .to_lowercase()
        .replace(['\u{2018}', '\u{2019}', '`', '\u{00b4}'], "'");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_told_in_many_languages() {
        let cases = [
            (Intent::Unsubscribe, "Please take me off your list."),
            (Intent::Unsubscribe, "STOP"),
            (
                Intent::Unsubscribe,
                "Bitte löschen Sie meine Adresse aus Ihrem Verteiler",
            ),
            (Intent::Unsubscribe, "Merci de ne plus me contacter"),
            (Intent::Unsubscribe, "请不要再发邮件给我"),
            (Intent::Unsubscribe, "配信停止をお願いします"),
            (Intent::Unsubscribe, "Don\u{2019}t email me again!"),
            (Intent::NotInterested, "Thanks, but we're not interested."),
            (Intent::Interested, "Sounds great, tell me more!"),
            (
                Intent::Meeting,
                "Happy to chat. Does Tuesday at 10 suit you?",
            ),
            (Intent::WrongPerson, "I am not the right person for this."),
            (Intent::NotNow, "Not right now, maybe next quarter."),
            (Intent::Objection, "We already use another tool."),
            (Intent::Legal, "You will hear from our lawyers."),
            (Intent::Thanks, "Thank you!"),
            (Intent::Question, "How many seats does that include?"),
            (Intent::Unclear, "The weather was mild."),
        ];
        for (intent, text) in cases {
            let wish = judge("Re: hello", text);
            assert_eq!(wish.intent, intent, "{text}: {wish:?}");
        }
    }

    #[test]
    fn a_wish_to_stop_is_found_where_a_list_seems_to_speak() {
        let cases = [
            "Please go ahead and unsubscribe us from your newsletter.",
            "go ahead and unsubscribe this address",
            "If you do not want to hear from our lawyers, unsubscribe us.",
            "you are receiving this because we want to be removed from your list",
            // An offer without a full stop ends with its paragraph.
            "If you no longer wish to receive this, click here\n \nTake this address off the list.",
        ];
        for text in cases {
            assert_eq!(judge("", text).intent, Intent::Unsubscribe, "{text}");
        }
    }

    #[test]
    fn a_wish_to_stop_is_not_read_into_other_mail() {
        let cases = [
            "Please don't unsubscribe me, I like it!",
            "The bus stops in front of the house.",
            "We removed the old fence.",
            "No dejen de avisarme.",
            "Please do not take us off the list!",
            "Great, thank you.\n\nIf you no longer wish\nto receive our mail, click here\nto unsubscribe.",
        ];
        for text in cases {
            assert_ne!(judge("", text).intent, Intent::Unsubscribe, "{text}");
        }
    }

    #[test]
    fn a_wish_to_stop_beside_one_to_stay_is_not_lost() {
        let cases = [
            "Please don't remove me from the list, but stop sending me newsletters.",
            "Don't take me off the invoices. Do take me off the newsletter.",
            "Never remove me from the alerts, just unsubscribe me from the digest.",
            "Bitte löschen Sie mich nicht aus dem Kundenkonto, aber schicken Sie mir keine Werbung mehr.",
            "No me borren del registro, pero dejen de enviarme publicidad.",
            "You did not remove me. Take me off your list.",
            "If you do not remove me from your list I will complain.",
            "Why don't you take me off your list?",
            "Please don't remove me from the customer list\nStop sending the newsletter",
            "Don't remove me from invoices – stop the newsletter",
            "Do not delete my account and unsubscribe me from the newsletter",
            "No me borren del registro y dejen de enviarme publicidad",
        ];
        for text in cases {
            assert_eq!(judge("", text).intent, Intent::Unsubscribe, "{text}");
        }
    }

    #[test]
    fn an_empty_reply_is_read_by_its_subject() {
        assert_eq!(judge("Unsubscribe", "").intent, Intent::Unsubscribe);
        assert_eq!(judge("Re: hello", "").intent, Intent::Unclear);
    }
}
