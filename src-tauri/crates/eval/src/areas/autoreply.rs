//! Automatic replies: found among people's mail.

use serde_json::{Value, json};

use super::{Predicted, kind_word, mail_of, title};
use crate::data::{DataError, Line, Set};
use crate::tally::{Bar, Tally};

pub fn predict(set: &Set, line: &Line) -> Result<Value, DataError> {
    let message = mail_of(set, line)?;
    let reading = triage::read(&message);
    let mut out = json!({ "id": line.id(), "kind": kind_word(&reading.kind) });
    if let triage::Kind::AutoReply { returns, .. } = &reading.kind
        && let Some(map) = out.as_object_mut()
    {
        map.insert("returns".to_owned(), json!(returns));
    }
    Ok(out)
}

const MEASURES: &[(&str, Bar)] = &[
    ("out of office", Bar::AtLeast(0.95)),
    ("other automatic", Bar::AtLeast(0.95)),
    ("bounces", Bar::AtLeast(1.0)),
    ("people taken", Bar::AtMost(0.0)),
    ("return day", Bar::None),
];

pub fn score(set: &Set, lines: &[Predicted<'_>], tallies: &mut Vec<Tally>) {
    let mut tally = Tally::new(title(set), MEASURES);
    for (line, said) in lines {
        let (id, family) = (line.id(), line.family());
        let kind = said.get("kind").and_then(Value::as_str).unwrap_or_default();
        let is_auto = matches!(kind, "auto_reply" | "notification" | "challenge");
        match line.text("cls") {
            "auto_reply_ooo" => tally.mark(&family, "out of office", &id, kind == "auto_reply"),
            "human" | "unsubscribe_request" => {
                let is_taken = is_auto || matches!(kind, "bounce" | "complaint" | "delay");
                tally.mark(&family, "people taken", &id, is_taken);
            }
            "bounce" => tally.mark(&family, "bounces", &id, kind == "bounce"),
            "delay_notice" => tally.mark(&family, "other automatic", &id, kind == "delay"),
            "spam" | "bulk_marketing" => {}
            _ => tally.mark(&family, "other automatic", &id, is_auto),
        }
        let day = line.text("ooo_until_text");
        if !day.is_empty() {
            let got = said
                .get("returns")
                .and_then(Value::as_str)
                .unwrap_or_default();
            tally.mark(&family, "return day", &id, got.eq_ignore_ascii_case(day));
        }
    }
    tallies.push(tally);
}
