//! Bounces and complaints: found, whose, why.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use triage::{Group, Reading};

use super::{Predicted, kind_word, mail_of, title};
use crate::clock::timed;
use crate::data::{DataError, Line, Set};
use crate::tally::{Bar, Tally};

/// Labels use this domain for addresses the mail does not say.
const NOT_SAID: &str = "@libsisimai.org.invalid";

pub fn predict(set: &Set, line: &Line) -> Result<Value, DataError> {
    let message = mail_of(set, line)?;
    let (reading, ms) = timed(|| triage::read(&message));
    let mut out = json!({
        "id": line.id(),
        "kind": kind_word(&reading.kind),
        "recipients": recipients(&reading),
        "ms": ms,
    });
    if let (Some(id), Some(map)) = (&reading.original_message_id, out.as_object_mut()) {
        map.insert("message_id".to_owned(), json!(id));
    }
    Ok(out)
}

fn recipients(reading: &Reading) -> Vec<Value> {
    reading
        .recipients
        .iter()
        .map(|one| {
            json!({
                "address": one.address,
                "hard": one.is_dead(),
                "reason": group_word(one.cause.group()),
            })
        })
        .collect()
}

fn group_word(group: Group) -> &'static str {
    match group {
        Group::Dead => "dead",
        Group::Doubtful => "doubtful",
        Group::Sender => "sender",
        Group::Content => "content",
        Group::Transport => "transport",
        Group::Unclear => "unclear",
    }
}

/// The group of a finer word.
fn group_of(reason: &str, hard: bool) -> &'static str {
    match reason {
        "userunknown" | "hostunknown" | "hasmoved" => "dead",
        "notaccept" if hard => "dead",
        "suspend" | "filtered" | "mailboxfull" => "doubtful",
        "authfailure" | "badreputation" | "blocked" | "requireptr" | "policyviolation"
        | "notcompliantrfc" | "norelaying" | "securityerror" | "failedstarttls" | "speeding"
        | "toomanyconn" | "rejected" | "ratelimited" => "sender",
        "spamdetected" | "virusdetected" | "contenterror" | "mesgtoobig" | "exceedlimit" => {
            "content"
        }
        "expired" | "networkerror" | "systemerror" | "systemfull" | "mailererror" => "transport",
        _ => "unclear",
    }
}

const MEASURES: &[(&str, Bar)] = &[
    ("found", Bar::AtLeast(0.95)),
    ("found or delay", Bar::None),
    ("false alarms", Bar::AtMost(0.0)),
    ("exact people", Bar::AtLeast(0.90)),
    ("hard is hard", Bar::AtLeast(0.95)),
    ("soft is hard", Bar::None),
    ("group", Bar::None),
    ("message-id", Bar::None),
    ("complaints", Bar::AtLeast(0.95)),
    ("read", Bar::AtLeast(1.0)),
];

pub fn score(set: &Set, lines: &[Predicted<'_>], tallies: &mut Vec<Tally>) {
    let mut tally = Tally::new(title(set), MEASURES);
    let mut times: Vec<f64> = Vec::new();
    for (line, said) in lines {
        let (id, family, class) = (line.id(), line.family(), line.text("cls"));
        let kind = said.get("kind").and_then(Value::as_str).unwrap_or_default();
        times.extend(said.get("ms").and_then(Value::as_f64));
        tally.mark(&family, "read", &id, said.get("error").is_none());
        match class {
            "hard_bounce" | "soft_bounce" => {
                tally.mark(&family, "found", &id, kind == "bounce");
                tally.mark(
                    &family,
                    "found or delay",
                    &id,
                    matches!(kind, "bounce" | "delay"),
                );
                people(&mut tally, &family, &id, line, said);
            }
            "complaint" => {
                let found = matches!(kind, "complaint" | "unsubscribe");
                tally.mark(&family, "complaints", &id, found);
            }
            _ => tally.mark(
                &family,
                "false alarms",
                &id,
                matches!(kind, "bounce" | "complaint"),
            ),
        }
        let expected = line.text("orig_message_id");
        if !expected.is_empty() {
            let got = said
                .get("message_id")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let bare = expected.trim_matches(['<', '>']);
            tally.mark(&family, "message-id", &id, got == bare);
        }
    }
    times.sort_by(f64::total_cmp);
    if let (Some(median), Some(worst)) = (times.get(times.len() / 2), times.last()) {
        tally.note(format!(
            "read in {median:.2} ms (median), {worst:.2} ms (worst)"
        ));
    }
    tallies.push(tally);
}

/// Whose delivery failed, for good or not, and why.
fn people(tally: &mut Tally, family: &str, id: &str, line: &Line, said: &Value) {
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_lowercase()
    };
    let hard = |value: &Value| {
        value
            .get("hard")
            .and_then(Value::as_bool)
            .unwrap_or_default()
    };
    let empty = Vec::new();
    let expected = line
        .label
        .get("recipients")
        .and_then(Value::as_array)
        .unwrap_or(&empty);
    let got = said
        .get("recipients")
        .and_then(Value::as_array)
        .unwrap_or(&empty);
    let addresses = |list: &[Value]| -> BTreeSet<String> {
        list.iter()
            .map(|one| text(one, "address"))
            .filter(|address| !address.is_empty() && !address.ends_with(NOT_SAID))
            .collect()
    };
    if !addresses(expected).is_empty() {
        tally.mark(
            family,
            "exact people",
            id,
            addresses(expected) == addresses(got),
        );
    }
    for (at, one) in expected.iter().enumerate() {
        let is_named = !text(one, "address").is_empty();
        let same = got
            .iter()
            .find(|other| is_named && text(other, "address") == text(one, "address"))
            // A label that names nobody means whoever stands in its place.
            .or(if is_named { None } else { got.get(at) })
            .or(if expected.len() == 1 {
                got.first()
            } else {
                None
            });
        let called_hard = same.is_some_and(hard);
        if hard(one) {
            tally.mark(family, "hard is hard", id, called_hard);
        } else {
            tally.mark(family, "soft is hard", id, called_hard);
        }
        let reason = text(one, "reason");
        if !reason.is_empty() {
            let group = group_of(&reason, hard(one));
            let is_same = same.is_some_and(|other| text(other, "reason") == group);
            tally.mark(family, "group", id, is_same);
        }
    }
}
