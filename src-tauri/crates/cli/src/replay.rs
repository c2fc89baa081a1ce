//! `replay`: what was recorded, judged under a draft; with a running server or without, and without
//! the passphrase.

use std::path::Path;

use domain::{Problem, Timestamp};
use engine::{Engine, Replay, ReplayAsk};
use serde_json::json;

use crate::commands::read_document;
use crate::exit::Failure;
use crate::print;
use crate::verify::progress_bar;

/// Judges recorded decisions under the draft in `policy` and prints what flips.
///
/// # Errors
/// A draft that could not be published, or a record that cannot be read.
pub(crate) fn replay(
    dir: &Path,
    policy: &Path,
    since: Option<&str>,
    last: u64,
    as_json: bool,
) -> Result<(), Failure> {
    let draft = read_document(policy)?;
    let since = since
        .map(str::parse::<Timestamp>)
        .transpose()
        .map_err(|error| Failure::Usage(format!("`--since`: {error}")))?;
    let bar = progress_bar();
    let found = Engine::replay_dir(dir, &draft, ReplayAsk { last, since }, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let found = found.map_err(|refused| Failure::from(Problem::from(refused)))?;
    match as_json {
        true => print::json(&in_json(&found)),
        false => in_words(&found),
    }
}

fn in_json(found: &Replay) -> serde_json::Value {
    let counts: Vec<_> = found
        .counts
        .iter()
        .map(|count| {
            json!({
                "rule": count.rule,
                "was": count.was,
                "would": count.would,
                "times": count.times,
            })
        })
        .collect();
    let flips: Vec<_> = found
        .flips
        .iter()
        .map(|flip| {
            json!({
                "decision": flip.decision,
                "submission": flip.submission,
                "subject": flip.subject,
                "at": flip.at,
                "moment": flip.moment,
                "was": flip.was,
                "was_rule": flip.was_rule,
                "would": flip.would,
                "would_rule": flip.would_rule,
                "sentence": flip.sentence,
            })
        })
        .collect();
    json!({
        "judged": found.judged,
        "unreadable": found.unreadable,
        "flipped": found.flipped(),
        "counts": counts,
        "flips": flips,
    })
}

fn in_words(found: &Replay) -> Result<(), Failure> {
    print::line(&format!(
        "{} decisions judged again, {} would be another",
        found.judged,
        found.flipped()
    ))?;
    if found.unreadable > 0 {
        print::line(&format!("{} could not be read", found.unreadable))?;
    }
    if found.counts.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = found
        .counts
        .iter()
        .map(|count| {
            vec![
                count.rule.clone(),
                format!("{} → {}", count.was.as_str(), count.would.as_str()),
                count.times.to_string(),
            ]
        })
        .collect();
    print::table(&["RULE", "WAS → WOULD BE", "TIMES"], &rows)?;
    let rows: Vec<Vec<String>> = found
        .flips
        .iter()
        .take(FLIPS_SHOWN)
        .map(|flip| {
            vec![
                flip.submission.to_string(),
                format!("{} → {}", flip.was.as_str(), flip.would.as_str()),
                flip.would_rule
                    .clone()
                    .or_else(|| flip.was_rule.clone())
                    .unwrap_or_default(),
                print::harmless(&flip.subject),
            ]
        })
        .collect();
    print::table(&["SUBMISSION", "WAS → WOULD BE", "RULE", "SUBJECT"], &rows)?;
    let listed = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    match found.flipped().saturating_sub(listed) {
        0 => Ok(()),
        more => print::line(&format!(
            "and {more} more; `--json` lists what is kept of them"
        )),
    }
}

/// Flips printed for people; `--json` has more.
const FLIPS_SHOWN: usize = 20;
