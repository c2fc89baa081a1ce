//! Intents of replies, and which sentences ask.

use serde_json::{Value, json};

use super::{Predicted, title};
use crate::data::{DataError, Line, Set};
use crate::tally::{Bar, Tally};
use crate::train::intent_of_line;

pub fn predict(_: &Set, line: &Line) -> Result<Value, DataError> {
    let text = [line.text("text"), line.text("body")]
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let wish = triage::intent::judge(line.text("subject"), text);
    if line.label.get("asks").is_some() {
        return Ok(json!({ "id": line.id(), "asks": wish.asks }));
    }
    Ok(json!({
        "id": line.id(),
        "intent": wish.intent.word(),
        "confidence": wish.confidence,
    }))
}

const MEASURES: &[(&str, Bar)] = &[
    ("right", Bar::None),
    ("precision", Bar::None),
    ("stops found", Bar::AtLeast(0.99)),
    ("interest in a no", Bar::AtMost(0.01)),
    ("stops imagined", Bar::AtMost(0.01)),
];

pub fn score(set: &Set, lines: &[Predicted<'_>], tallies: &mut Vec<Tally>) {
    let mut tally = Tally::new(format!("{}: intents", title(set)), MEASURES);
    let mut asks = Tally::new(
        format!("{}: sentences that ask", title(set)),
        &[("recall", Bar::None), ("precision", Bar::None)],
    );
    let (mut intents, mut sentences) = (0, 0);
    for (line, said) in lines {
        let id = line.id();
        if let Some(wanted) = line.label.get("asks").and_then(Value::as_bool) {
            sentences += 1;
            let got = said.get("asks").and_then(Value::as_bool) == Some(true);
            let name = |asks: bool| if asks { "asks" } else { "does not" };
            asks.mark(name(wanted), "recall", &id, got == wanted);
            asks.mark(name(got), "precision", &id, got == wanted);
            continue;
        }
        let word = line.text("intent");
        // A set of our own kind says the intents themselves.
        let wanted = domain::Intent::of(word)
            .map(domain::Intent::word)
            .or_else(|| intent_of_line(word));
        let got = said
            .get("intent")
            .and_then(Value::as_str)
            .unwrap_or_default();
        // Whatever else a line is, it may not be a wish to stop.
        if word == "other" || wanted.is_some_and(|wanted| wanted != "unsubscribe") {
            intents += 1;
            let family = wanted.unwrap_or("other");
            tally.mark(family, "stops imagined", &id, got == "unsubscribe");
        }
        let Some(wanted) = wanted else { continue };
        intents += usize::from(wanted == "unsubscribe");
        tally.mark(wanted, "right", &id, got == wanted);
        if let Some(got) = domain::Intent::of(got) {
            tally.mark(got.word(), "precision", &id, got.word() == wanted);
        }
        if wanted == "unsubscribe" {
            tally.mark(wanted, "stops found", &id, got == wanted);
        }
        if matches!(wanted, "unsubscribe" | "not_interested") {
            let is_taken = matches!(got, "interested" | "meeting");
            tally.mark(wanted, "interest in a no", &id, is_taken);
        }
    }
    if intents > 0 {
        tallies.push(tally);
    }
    if sentences > 0 {
        tallies.push(asks);
    }
}
