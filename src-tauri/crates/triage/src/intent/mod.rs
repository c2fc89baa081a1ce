//! What a person wants: the intent of the new text, how sure that is, and why.
//!
//! Phrases that say it outright ([`phrases`]) and a model bear each other out; a phrase is a reason
//! a person can check. What neither says is `unclear`: a confident guess would mask what was written.

mod ideas;
mod phrases;
mod plain;
mod shapes;
mod stay;
mod stop;
mod tongues;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use domain::Intent;
use serde::Serialize;

use self::plain::{ends, going, plain};
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
    stop::sentences(&going(&ends(new)))
        .into_iter()
        .map(stop::features)
        .collect()
}

/// How sure it is that the writer of a text wants to hear no more, by the likelihood a model gave
/// each of its [`stop_features`]; nothing if they do not.
pub fn stop_decided(new: &str, likely: &[f32]) -> Option<f32> {
    stop::decide(&going(&ends(new)), likely).and_then(|wish| wish.sure)
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
    let going = going(&ends(new));
    let wish = stop::judge(&going);
    if let Some(wish) = &wish
        && let Some(sure) = wish.sure
        && !(wish.is_guessed && is_masked(wish.likely, &best))
    {
        best.push((Intent::Unsubscribe, sure, &wish.said));
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

/// True if a guess that somebody wants to hear no more says less than what else they say. What is
/// said outright is not masked by a guess; a threat of the law goes to a person anyway.
fn is_masked(likely: f32, said: &[(Intent, f32, &str)]) -> bool {
    said.iter().any(|(known, ..)| match known {
        Intent::Legal => likely < stop::BESIDE_LAW_FROM,
        Intent::Interested | Intent::Meeting | Intent::Billing | Intent::Support => {
            likely < stop::BESIDE_ANOTHER_FROM
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
    })
}

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

/// Words a phrase may end with that begin too many others ("remove me" is no "remove menu"), and
/// phrases that do ("tak" is no "take").
const ENDS_WORD: &[&str] = &["me", "us", "tak", "tack"];

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
            let after = text.get(hit.end()..)?;
            let goes_on = |c: Option<char>| {
                c.is_some_and(|c| c.is_alphabetic() && !crate::model::features::is_unspaced(c))
            };
            let last = said.rsplit(' ').next().unwrap_or(said);
            let is_inside = goes_on(before.chars().next_back())
                || (ENDS_WORD.contains(&last) && goes_on(after.chars().next()));
            let (say, weight) = PHRASES.says.get(hit.pattern().as_usize())?;
            (!is_inside).then_some((*say, *weight, said))
        })
        .collect()
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
    fn a_wish_behind_a_long_letter_is_found() {
        let long = "We ship the parts on Monday and will call you about them.\n\n".repeat(400);
        let wish = judge("", &format!("{long}Please take me off your mailing list."));
        assert_eq!(wish.intent, Intent::Unsubscribe);
        assert_ne!(judge("", &long).intent, Intent::Unsubscribe);
    }

    #[test]
    fn the_words_of_a_link_are_no_wish() {
        let letter = "Here is what is new in May: the bridge is open, the fair begins on Friday, \
                      and the library has moved to Mill Lane. Read it all at \
                      https://news.example/may and tell your friends about it. Bring the children, \
                      there will be music, cakes and a small market with things from the farms \
                      around. The band plays from four until the lights go out.";
        let footer = "https://news.example/emails/unsubscribe.asp?remove-me";
        let wish = judge("", &format!("{letter}\n\n{footer}"));
        assert_ne!(wish.intent, Intent::Unsubscribe, "{wish:?}");
        let asked = judge("", &format!("{letter}\n\nPlease unsubscribe me. {footer}"));
        assert_eq!(asked.intent, Intent::Unsubscribe);
    }

    #[test]
    fn a_word_that_only_begins_like_a_phrase_is_none() {
        for text in [
            "Take the second one.",
            "Remove menus from the page",
            "spam messages",
        ] {
            let text = plain(text);
            let said: Vec<&str> = hits(&text).into_iter().map(|(.., said)| said).collect();
            assert_eq!(said, [""; 0], "{text}");
        }
        assert_eq!(hits("tak!").len(), 1);
    }

    #[test]
    fn an_empty_reply_is_read_by_its_subject() {
        assert_eq!(judge("Unsubscribe", "").intent, Intent::Unsubscribe);
        assert_eq!(judge("Re: hello", "").intent, Intent::Unclear);
    }
}
