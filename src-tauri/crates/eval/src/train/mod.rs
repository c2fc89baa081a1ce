//! `train AREA DIR --out FILE`: weights from labelled lines, the same every time.
//!
//! Only what may ship is learned from: the sets `injection`, `spam-phish`, `reply-intent`, and the
//! lines of our own in `lines/`. One group in five is never learned from, so that figures can be
//! had which nobody tuned for (`score --part held`).

mod lines;
mod sgd;
mod stop;
mod text;
mod threat;

use domain::inbound::Message;
use sha2::{Digest as _, Sha256};
use triage::model::{Linear, MAGIC};

use crate::args::Part;
use crate::data::{DataError, Line, Set};

/// What training made.
pub struct Made {
    /// The weights.
    pub model: Linear,
    /// How it went, in words.
    pub report: String,
}

/// Learns from sets.
type Trainer = fn(&[Set]) -> Made;

/// The areas, each with its trainer.
const AREAS: &[(&str, Trainer)] = &[
    ("threat", threat::train),
    ("intent", text::intents),
    ("asks", text::asks),
    ("stop", stop::train),
    ("bulk", text::bulk),
];

/// Trains an area on a folder of sets and writes its weights.
pub fn train(
    area: &str,
    dir: &std::path::Path,
    out: &std::path::Path,
) -> Result<String, DataError> {
    let Some((_, trainer)) = AREAS.iter().find(|(name, _)| *name == area) else {
        return Err(DataError::NoArea(area.to_owned()));
    };
    let made = trainer(&crate::data::sets(dir)?);
    let bytes = made.model.to_bytes();
    std::fs::write(out, &bytes).map_err(|why| DataError::Io(out.to_owned(), why))?;
    Ok(format!("{}{} octets\n", made.report, bytes.len()))
}

fn is_held(line: &Line) -> bool {
    line.is_in(Part::Held)
}

fn checksum(text: &str) -> u32 {
    crate::data::crc32(text.as_bytes())
}

/// The intent a short line of `reply-intent` stands for; none where it stands for nothing we know.
pub fn intent_of_line(word: &str) -> Option<&'static str> {
    Some(match word {
        "yes" => "interested",
        "no" => "not_interested",
        "thank_you" => "thanks",
        "schedule_meeting" | "meeting_schedule" => "meeting",
        "are_you_a_bot" | "who_made_you" | "what_is_your_name" | "repeat" => "question",
        "maybe" | "goodbye" | "cancel" => "unclear",
        _ => return None,
    })
}

/// The readable text of a mail.
fn body_of(set: &Set, line: &Line) -> String {
    let message = crate::areas::mail_of(set, line).unwrap_or_else(|_| Message::default());
    format!("{}\n{}", message.value("subject"), triage::shown(&message))
}

fn digest() -> Sha256 {
    Sha256::new()
}

fn feed(digest: &mut Sha256, line: &Line) {
    feed_text(digest, &line.label.to_string());
}

fn feed_text(digest: &mut Sha256, text: &str) {
    digest.update(text.as_bytes());
    digest.update(b"\n");
}

fn title(area: &str, bits: u32, classes: usize, digest: &Sha256, lines: usize) -> String {
    let digest: String = digest
        .clone()
        .finalize()
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect();
    format!("{MAGIC} area={area} bits={bits} classes={classes} digest={digest} lines={lines}")
}
