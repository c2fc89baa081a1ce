//! One file per area of judgement: how its lines are predicted, and how they are scored.

mod autoreply;
mod bounces;
mod injection;
mod intent;
mod mime;
mod quote;
mod spam;
mod threading;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::args::{Part, Score};
use crate::data::{self, DataError, Line, Set};
use crate::tally::Tally;

/// A label and what was predicted for it.
type Predicted<'a> = (&'a Line, Value);

/// An area: which sets belong to it, what its prediction file is called.
struct Area {
    /// How the names of its sets begin.
    prefix: &'static str,
    /// The prediction file, without its ending.
    file: &'static str,
    /// One prediction of one label.
    predict: fn(&Set, &Line) -> Result<Value, DataError>,
    /// Judges predictions, in the order of the labels.
    score: fn(&Set, &[Predicted<'_>], &mut Vec<Tally>),
}

/// The areas. To add one, add a line.
const AREAS: &[Area] = &[
    Area {
        prefix: "bounces",
        file: "bounces",
        predict: bounces::predict,
        score: bounces::score,
    },
    Area {
        prefix: "autoreply",
        file: "autoreply",
        predict: autoreply::predict,
        score: autoreply::score,
    },
    Area {
        prefix: "quote-strip",
        file: "quote-strip",
        predict: quote::predict,
        score: quote::score,
    },
    Area {
        prefix: "injection",
        file: "injection",
        predict: injection::predict,
        score: injection::score,
    },
    Area {
        prefix: "spam-phish",
        file: "spam-phish",
        predict: spam::predict,
        score: spam::score,
    },
    Area {
        prefix: "reply-intent",
        file: "intent",
        predict: intent::predict,
        score: intent::score,
    },
    Area {
        prefix: "threading",
        file: "threading",
        predict: threading::predict,
        score: threading::score,
    },
    Area {
        prefix: "mime",
        file: "mime",
        predict: mime::predict,
        score: mime::score,
    },
];

/// Scores every set there is an area for.
pub fn score(ask: &Score) -> Result<String, DataError> {
    let mut tallies = Vec::new();
    for set in sets(&ask.dir)? {
        for area in AREAS
            .iter()
            .filter(|area| set.name.starts_with(area.prefix))
        {
            let lines = predicted(area, &set, ask.part)?;
            (area.score)(&set, &lines, &mut tallies);
        }
    }
    tallies.push(crate::hurt::tally());
    if ask.json {
        let all: Vec<Value> = tallies.iter().map(Tally::json).collect();
        return Ok(format!("{:#}\n", Value::Array(all)));
    }
    Ok(tallies
        .iter()
        .map(|tally| tally.table(ask.verbose))
        .collect())
}

/// The sets of a folder; those without labels get a line per file.
fn sets(dir: &Path) -> Result<Vec<Set>, DataError> {
    let mut sets = data::sets(dir)?;
    for set in sets.iter_mut().filter(|set| set.lines.is_empty()) {
        set.lines = mime::lines(set)?;
    }
    Ok(sets)
}

/// Writes `<area>.jsonl` into a folder.
pub fn predict(dir: &Path, out: &Path) -> Result<String, DataError> {
    let io = |why| DataError::Io(out.to_owned(), why);
    fs::create_dir_all(out).map_err(io)?;
    let sets = sets(dir)?;
    let mut said = String::new();
    for area in AREAS {
        let mut text = String::new();
        let mut count = 0;
        for set in sets.iter().filter(|set| set.name.starts_with(area.prefix)) {
            for (_, line) in predicted(area, set, Part::Whole)? {
                text.push_str(&line.to_string());
                text.push('\n');
                count += 1;
            }
        }
        if count > 0 {
            fs::write(out.join(format!("{}.jsonl", area.file)), text).map_err(io)?;
            said.push_str(&format!("{}: {count} lines\n", area.file));
        }
    }
    Ok(said)
}

/// The predictions of a set; what cannot be read is a line that says so.
fn predicted<'a>(area: &Area, set: &'a Set, part: Part) -> Result<Vec<Predicted<'a>>, DataError> {
    let lines = set.lines.iter().filter(|line| line.is_in(part));
    if area.prefix == "threading" {
        return Ok(threading::predict_all(set, &lines.collect::<Vec<_>>()));
    }
    Ok(lines
        .map(|line| {
            let value = (area.predict)(set, line)
                .unwrap_or_else(|why| json!({ "id": line.id(), "error": why.to_string() }));
            (line, value)
        })
        .collect())
}

/// The title of a table.
fn title(set: &Set) -> String {
    format!("{} ({})", set.name, set.half)
}

/// The mail a label names, taken apart.
pub fn mail_of(set: &Set, line: &Line) -> Result<domain::inbound::Message, DataError> {
    let bytes = data::read(&set.folder.join(line.text("file")))?;
    Ok(mail::parse::inbound::inbound(&bytes))
}

/// A kind as prediction lines name it.
fn kind_word(kind: &triage::Kind) -> &'static str {
    use triage::Kind;
    match kind {
        Kind::Bounce => "bounce",
        Kind::Delay => "delay",
        Kind::Delivered => "delivered",
        Kind::Complaint => "complaint",
        Kind::Unsubscribe => "unsubscribe",
        Kind::AuthReport | Kind::Calendar | Kind::Notification => "notification",
        Kind::Receipt => "receipt",
        Kind::AutoReply { .. } => "auto_reply",
        Kind::Challenge => "challenge",
        Kind::List => "list",
        Kind::Person => "human",
    }
}
