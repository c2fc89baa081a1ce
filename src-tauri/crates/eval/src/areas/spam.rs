//! Spam and phishing among ordinary mail.

use domain::Timestamp;
use serde_json::{Value, json};
use triage::Kind;

use super::{Predicted, mail_of, title};
use crate::data::{DataError, Line, Set};
use crate::tally::{Bar, Tally};

pub fn predict(set: &Set, line: &Line) -> Result<Value, DataError> {
    let message = mail_of(set, line)?;
    let auth = triage::auth::read(&message, &[]);
    let texts = triage::text::Texts::of(&message);
    let bulk = triage::bulk::judge(&message, &texts, &auth);
    let triage = triage::triage(&message, Timestamp::from_seconds(0), &[]);
    // Mail of a list is a letter where it answers ours: what answers nothing never does.
    let wish = match triage.reading.kind == Kind::List && message.header("in-reply-to").is_some() {
        true => triage.as_letter(message.value("subject")).wish,
        false => triage.wish,
    };
    Ok(json!({
        "id": line.id(),
        "label": bulk.class.word(),
        "score": bulk.score,
        "wish": wish.intent.word(),
    }))
}

const MEASURES: &[(&str, Bar)] = &[
    ("precision", Bar::None),
    ("recall", Bar::None),
    ("alarms on ham", Bar::AtMost(0.01)),
    ("alarms on hard ham", Bar::AtMost(0.05)),
    ("stops imagined", Bar::AtMost(0.03)),
];

pub fn score(set: &Set, lines: &[Predicted<'_>], tallies: &mut Vec<Tally>) {
    let mut tally = Tally::new(title(set), MEASURES);
    let classes = ["spam", "phishing", "ham"];
    let class = |line: &Line| match line.text("cls") {
        "ham" | "ham_hard" => "ham",
        "phishing" | "phish" => "phishing",
        _ => "spam",
    };
    let mut table = [[0.0_f64; 3]; 3];
    for (line, said) in lines {
        let id = line.id();
        let (wanted, got) = (class(line), said.get("label").and_then(Value::as_str));
        let got = got.unwrap_or_default();
        let place = |name: &str| classes.iter().position(|one| *one == name);
        if let (Some(row), Some(column)) = (place(wanted), place(got))
            && let Some(cell) = table.get_mut(row).and_then(|row| row.get_mut(column))
        {
            *cell += 1.0;
        }
        tally.mark(wanted, "recall", &id, got == wanted);
        if let Some(name) = classes.iter().find(|one| **one == got) {
            tally.mark(name, "precision", &id, got == wanted);
        }
        if wanted == "ham" {
            let wish = said.get("wish").and_then(Value::as_str);
            tally.mark("ham", "stops imagined", &id, wish == Some("unsubscribe"));
        }
        match line.text("cls") {
            "ham" => tally.mark("ham", "alarms on ham", &id, got != "ham"),
            "ham_hard" => tally.mark("ham", "alarms on hard ham", &id, got != "ham"),
            _ => {}
        }
    }
    let mut f1 = Vec::new();
    for (at, name) in classes.iter().enumerate() {
        let hit = table
            .get(at)
            .and_then(|row| row.get(at))
            .copied()
            .unwrap_or_default();
        let of: f64 = table.get(at).map_or(0.0, |row| row.iter().sum());
        let called: f64 = table.iter().filter_map(|row| row.get(at)).sum();
        if of > 0.0 {
            let one = 2.0 * hit / (of + called).max(1.0);
            f1.push(one);
            tally.note(format!("F1 of {name}: {:.1} %", 100.0 * one));
        }
    }
    if let Ok(count) = u32::try_from(f1.len())
        && count > 0
    {
        tally.note(format!(
            "macro F1: {:.1} %",
            100.0 * f1.iter().sum::<f64>() / f64::from(count)
        ));
    }
    tallies.push(tally);
}
