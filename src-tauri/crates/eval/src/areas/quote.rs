//! Splitting replies: exact, and how many words were lost and leaked.

use std::collections::BTreeMap;

use regex::RegexBuilder;
use serde_json::{Value, json};

use super::{Predicted, title};
use crate::data::{DataError, Line, Set};
use crate::tally::{Bar, Tally};

pub fn predict(_: &Set, line: &Line) -> Result<Value, DataError> {
    let input = line.text("input");
    let split = if line.text("kind") == "html" {
        triage::split::html(input)
    } else {
        triage::split::plain(input)
    };
    Ok(json!({ "id": line.id(), "reply": split.new, "messages": split.messages }))
}

const MEASURES: &[(&str, Bar)] = &[
    ("exact", Bar::AtLeast(0.80)),
    ("words leaked", Bar::AtMost(0.10)),
    ("words lost", Bar::AtMost(0.03)),
    ("whole, by fragment", Bar::None),
];

pub fn score(set: &Set, lines: &[Predicted<'_>], tallies: &mut Vec<Tally>) {
    let mut tally = Tally::new(title(set), MEASURES);
    for (line, said) in lines {
        let id = line.id();
        let origin = id.split('/').next().unwrap_or_default();
        let family = format!("{origin} {}", line.text("gold"));
        let got = said
            .get("reply")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let html = line.text("kind") == "html";
        let wanted = if html {
            triage::html::read(line.text("reply")).shown
        } else {
            line.text("reply").to_owned()
        };
        let exact = match line.text("gold") {
            "regex" => regexes(line, got),
            "first-fragment-exact" => squeezed(got).starts_with(&squeezed(&wanted)),
            "html-exact-nowhitespace" | "text-nowhitespace" => bare(got) == bare(&wanted),
            _ => squeezed(got) == squeezed(&wanted),
        };
        tally.mark(&family, "exact", &id, exact);
        if line.text("gold") == "first-fragment-exact" {
            tally.mark(
                &family,
                "whole, by fragment",
                &id,
                squeezed(got) == squeezed(&wanted),
            );
        }
        if line.text("gold") != "regex" {
            let (lost, of) = missing(&wanted, got);
            tally.add(&family, "words lost", lost, of);
            let (leaked, of) = missing(got, &wanted);
            if line.text("gold") != "first-fragment-exact" {
                tally.add(&family, "words leaked", leaked, of);
            }
        }
    }
    tallies.push(tally);
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

fn regexes(line: &Line, got: &str) -> bool {
    let matches = |pattern: &str| {
        RegexBuilder::new(pattern)
            .multi_line(true)
            .build()
            .is_ok_and(|regex| regex.is_match(got))
    };
    let list = |key: &str| -> Vec<String> {
        match line.label.get(key) {
            Some(Value::Array(all)) => all
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            Some(Value::String(one)) => vec![one.clone()],
            Some(_) | None => Vec::new(),
        }
    };
    list("reply_must_match").iter().all(|one| matches(one))
        && !list("reply_must_not_match").iter().any(|one| matches(one))
}

/// How many words of one text the other does not have, and of how many.
fn missing(of: &str, in_text: &str) -> (f64, f64) {
    let mut have: BTreeMap<&str, usize> = BTreeMap::new();
    for word in in_text.split_whitespace() {
        *have.entry(word).or_default() += 1;
    }
    let (mut missed, mut all) = (0.0, 0.0);
    for word in of.split_whitespace() {
        all += 1.0;
        match have.get_mut(word) {
            Some(left) if *left > 0 => *left -= 1,
            Some(_) | None => missed += 1.0,
        }
    }
    (missed, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_as_often_as_they_stand() {
        assert_eq!(missing("a a b", "a b"), (1.0, 3.0));
        assert_eq!(missing("a", "a b"), (0.0, 1.0));
    }
}
