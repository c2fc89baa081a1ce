//! Robustness: every file is read, quickly, twice alike, whatever its line ends.

use std::fs;

use domain::Timestamp;
use serde_json::{Value, json};

use super::{Predicted, kind_word, title};
use crate::clock::timed;
use crate::data::{self, DataError, Line, Set};
use crate::tally::{Bar, Tally};

/// The files of a half, as lines: these sets have no labels.
pub fn lines(set: &Set) -> Result<Vec<Line>, DataError> {
    let mut lines = Vec::new();
    for folder in data::list(&set.folder)?
        .into_iter()
        .filter(|path| path.is_dir())
    {
        for file in data::list(&folder)?
            .into_iter()
            .filter(|path| path.is_file())
        {
            let id = format!("{}/{}", data::name(&folder), data::name(&file));
            lines.push(Line {
                file: data::name(&folder),
                at: lines.len(),
                label: json!({ "id": id, "source": data::name(&folder), "file": id }),
            });
        }
    }
    Ok(lines)
}

pub fn predict(set: &Set, line: &Line) -> Result<Value, DataError> {
    let path = set.folder.join(line.text("file"));
    let bytes = fs::read(&path).map_err(|why| DataError::Io(path, why))?;
    let (verdict, ms) = timed(|| verdict(&bytes));
    let lf: Vec<u8> = bytes.iter().copied().filter(|&b| b != b'\r').collect();
    let crlf: Vec<u8> = lf
        .iter()
        .flat_map(|&b| {
            if b == b'\n' {
                vec![b'\r', b'\n']
            } else {
                vec![b]
            }
        })
        .collect();
    let cr: Vec<u8> = lf
        .iter()
        .map(|&b| if b == b'\n' { b'\r' } else { b })
        .collect();
    Ok(json!({
        "id": line.id(),
        "ms": ms,
        "verdict": verdict,
        "again": self::verdict(&bytes),
        "verdict_lf": self::verdict(&lf),
        "verdict_crlf": self::verdict(&crlf),
        "verdict_cr": self::verdict(&cr),
    }))
}

/// What is said of a message, in one value, by everything ingest asks.
fn verdict(bytes: &[u8]) -> Value {
    let message = mail::parse::inbound::inbound(bytes);
    let whole = triage::triage(&message, Timestamp::from_seconds(0), &[]);
    json!({
        "kind": kind_word(&whole.reading.kind),
        "recipients": whole.reading.recipients.len(),
        "parts": message.parts.len(),
        "new": whole.split.new.split_whitespace().count(),
        "threat": whole.threat_class().word(),
        "bulk": whole.bulk.class.word(),
        "intent": whole.wish.intent.word(),
    })
}

const MEASURES: &[(&str, Bar)] = &[
    ("read", Bar::AtLeast(1.0)),
    ("twice alike", Bar::AtLeast(1.0)),
    ("line ends alike", Bar::AtLeast(1.0)),
    ("over 50 ms", Bar::AtMost(0.0)),
];

pub fn score(set: &Set, lines: &[Predicted<'_>], tallies: &mut Vec<Tally>) {
    let mut tally = Tally::new(title(set), MEASURES);
    let mut times: Vec<f64> = Vec::new();
    for (line, said) in lines {
        let (id, family) = (line.id(), line.family());
        let same = |a: &str, b: &str| said.get(a) == said.get(b);
        let ms = said.get("ms").and_then(Value::as_f64).unwrap_or_default();
        times.push(ms);
        tally.mark(&family, "read", &id, said.get("error").is_none());
        tally.mark(&family, "twice alike", &id, same("verdict", "again"));
        let alike = same("verdict_lf", "verdict_crlf") && same("verdict_lf", "verdict_cr");
        tally.mark(&family, "line ends alike", &id, alike);
        tally.mark(&family, "over 50 ms", &id, ms > 50.0);
    }
    times.sort_by(f64::total_cmp);
    let share = |part: usize| {
        times
            .get(times.len() * part / 100)
            .copied()
            .unwrap_or_default()
    };
    let worst = times.last().copied().unwrap_or_default();
    tally.note(format!(
        "read in {:.2} ms (median), {:.2} ms (99 %), {worst:.2} ms (worst)",
        share(50),
        share(99)
    ));
    tallies.push(tally);
}
