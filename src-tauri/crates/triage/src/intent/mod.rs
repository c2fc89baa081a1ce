//! What a person wants: the intent of the new text, how sure that is, and why.
//!
//! Phrases that say it outright come first ([`phrases`]), since a phrase is a reason a person can
//! check. What neither says it is `unclear`: a confident guess would mask what was written.

mod phrases;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use domain::Intent;
use serde::Serialize;

use crate::reading::{Evidence, quote};
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
    /// For each phrase what it says; nothing for those that only ask.
    says: Vec<(Say, f32)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Say {
    Intent(Intent),
    Asks,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut all: Vec<&str> = Vec::new();
    let mut says = Vec::new();
    let mut put = |say: Say, weight: f32, phrases: &[&'static str]| {
        for phrase in phrases {
            all.push(phrase);
            says.push((say, weight));
        }
    };
    put(Say::Intent(Intent::Unsubscribe), 0.95, phrases::STOP);
    for (intent, weight, phrases) in phrases::ROWS {
        put(Say::Intent(*intent), *weight, phrases);
    }
    put(Say::Intent(Intent::Thanks), 0.6, phrases::THANKS);
    put(Say::Asks, 0.0, phrases::ASKS);
    Phrases {
        matcher: AhoCorasick::new(&all).ok(),
        says,
    }
});

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
    let mut asks = text.contains(['?', '？', '¿']);
    for (say, weight, said) in hits(&text) {
        match say {
            Say::Asks => asks = true,
            Say::Intent(intent) => {
                if !best.iter().any(|(known, ..)| *known == intent) {
                    best.push((intent, weight, said));
                }
            }
        }
    }
    let chosen = choose(&best, words, asks);
    let asks = asks
        || matches!(
            chosen.map(|(intent, ..)| intent),
            Some(Intent::Unsubscribe | Intent::Meeting)
        );
    match chosen {
        Some((intent, confidence, said)) => Wish {
            intent,
            confidence,
            asks,
            evidence: std::iter::once(Evidence::new("text", said))
                .chain(
                    best.iter()
                        .filter(|(other, ..)| *other != intent)
                        .map(|(_, _, said)| Evidence::new("text", said)),
                )
                .take(REASONS_MAX)
                .collect(),
        },
        None if asks && words > 0 => Wish {
            intent: Intent::Question,
            confidence: if text.contains(['?', '？', '¿']) {
                0.7
            } else {
                0.5
            },
            asks,
            evidence: vec![Evidence::new("text", &quote(last_question(&text)))],
        },
        None => Wish {
            asks,
            ..Wish::nothing()
        },
    }
}

/// The intent that is believed: a wish to stop before everything but the law, then the row that
/// comes first, thanks last and only where little else is said.
fn choose<'a>(
    found: &[(Intent, f32, &'a str)],
    words: usize,
    asks: bool,
) -> Option<(Intent, f32, &'a str)> {
    let of = |intent: Intent| found.iter().find(|(one, ..)| *one == intent).copied();
    if let Some((_, _, said)) = of(Intent::Unsubscribe) {
        // In a long letter the words may be about something else.
        let confidence = if words <= 60 {
            0.95
        } else if words <= 150 {
            0.9
        } else {
            0.75
        };
        return Some((Intent::Unsubscribe, confidence, said));
    }
    let long = if words > 150 { 0.15 } else { 0.0 };
    let row = phrases::ROWS
        .iter()
        .find_map(|(intent, ..)| of(*intent))
        .map(|(intent, weight, said)| (intent, weight - long, said));
    row.or_else(|| {
        of(Intent::Thanks)
            .filter(|_| words <= 12 && !asks)
            .map(|(intent, _, said)| (intent, 0.85, said))
    })
}

/// Every phrase that begins a word and is not taken back by a "not" in front.
fn hits(text: &str) -> Vec<(Say, f32, &str)> {
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
                .is_some_and(|c| c.is_alphabetic() && !is_unspaced(c));
            let (say, weight) = PHRASES.says.get(hit.pattern().as_usize())?;
            let is_taken_back = *say == Say::Intent(Intent::Unsubscribe)
                && is_negated(before)
                && !said.contains("no");
            (begins_word && !is_taken_back).then_some((*say, *weight, said))
        })
        .collect()
}

/// Scripts written without spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0E00..=0x0E7F | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xAC00..=0xD7AF)
}

fn is_negated(before: &str) -> bool {
    let last = before.trim_end().rsplit(' ').next().unwrap_or_default();
    matches!(
        last,
        "don't" | "dont" | "not" | "never" | "didn't" | "nicht"
    )
}

fn last_question(text: &str) -> &str {
    text.split_inclusive(['?', '？', '.', '!', '\n'])
        .find(|sentence| sentence.ends_with(['?', '？']))
        .map_or(text, str::trim)
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
    fn a_wish_to_stop_is_not_read_into_other_mail() {
        let cases = [
            "Please don't unsubscribe me, I like it!",
            "The bus stops in front of the house.",
            "We removed the old fence.",
        ];
        for text in cases {
            assert_ne!(judge("", text).intent, Intent::Unsubscribe, "{text}");
        }
    }

    #[test]
    fn an_empty_reply_is_read_by_its_subject() {
        assert_eq!(judge("Unsubscribe", "").intent, Intent::Unsubscribe);
        assert_eq!(judge("Re: hello", "").intent, Intent::Unclear);
    }
}
