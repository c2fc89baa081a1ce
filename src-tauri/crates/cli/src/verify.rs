//! `verify`: anyone may, with a running server or without, and without the passphrase.

use std::io::IsTerminal as _;
use std::path::Path;

use console::many;
use engine::{Engine, VerifyReport};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::exit::Failure;
use crate::print;

/// Walks the record and recomputes every decision.
///
/// # Errors
/// The record does not hold (everything found is printed), or cannot be read.
pub(crate) fn verify(dir: &Path, as_json: bool) -> Result<(), Failure> {
    let bar = progress_bar();
    let report = Engine::verify_dir(dir, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    told(&report?, as_json)
}

/// The same for an export, which needs no data folder.
///
/// # Errors
/// As [`verify`].
pub(crate) fn export(dir: &Path, as_json: bool) -> Result<(), Failure> {
    let bar = progress_bar();
    let report = Engine::verify_export(dir, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    told(&report?, as_json)
}

fn told(report: &VerifyReport, as_json: bool) -> Result<(), Failure> {
    match as_json {
        true => print::json(&in_json(report))?,
        false => print::raw(&in_words(report))?,
    }
    match report.is_clean() {
        true => Ok(()),
        false => Err(Failure::Said),
    }
}

/// A bar on standard error where somebody looks, and none otherwise.
pub(crate) fn progress_bar() -> ProgressBar {
    let bar = match std::io::stderr().is_terminal() {
        true => ProgressBar::new(0),
        false => ProgressBar::hidden(),
    };
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar
}

fn in_json(report: &VerifyReport) -> serde_json::Value {
    let problems: Vec<_> = report
        .divergences
        .iter()
        .map(|found| json!({"seq": found.seq, "subject": found.subject, "what": found.what}))
        .collect();
    json!({
        "ok": report.is_clean(),
        "entries": report.entries,
        "decisions": report.decisions,
        "submissions": report.submissions,
        "received": report.received,
        "gone": {
            "by_order": report.contents_gone.by_order,
            "by_age": report.contents_gone.by_age,
            "decisions": report.decisions_gone,
        },
        "reworded": report.decisions_reworded,
        "keys": report.keys,
        "head": report.head.map(|(seq, hash)| json!({"seq": seq, "hash": hash.to_string()})),
        "problems": problems,
        "more": report.more,
    })
}

fn in_words(report: &VerifyReport) -> String {
    let mut walked = format!(
        "{} walked, {} recomputed, {} and {} compared\n",
        many(report.entries, "journal entry"),
        many(report.decisions - report.decisions_gone, "decision"),
        many(report.submissions, "submission"),
        many(report.received, "received message"),
    );
    let told = [console::gone_words(report), console::reworded(report)];
    for line in told.iter().flatten() {
        walked.push_str(&format!("{line}\n"));
    }
    // Whoever wrote the whole anew would have signed it, too: only the key tells.
    for key in &report.keys {
        walked.push_str(&format!("signed with the key {key}\n"));
    }
    if report.is_clean() {
        return format!("the record holds: {walked}");
    }
    let mut text = format!("the record does NOT hold: {walked}");
    for found in &report.divergences {
        let place = match found.seq {
            Some(seq) => format!("entry {seq}, {}", found.subject),
            None => found.subject.clone(),
        };
        text.push_str(&format!("  {place}: {}\n", print::harmless(&found.what)));
    }
    if report.more {
        text.push_str("  and more\n");
    }
    text
}
