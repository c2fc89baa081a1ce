//! Proving that the record was not rewritten.

use domain::Problem;
use engine::{CopyForm, VerifyReport};
use serde::Deserialize;
use ts_rs::TS;

use crate::args::NoArgs;
use crate::table::Desk;
use crate::view::{ReportView, VerifyProblem};

/// Characters of a folder's name that are recorded.
const TO_CHARS_MAX: usize = 4_096;

pub(crate) async fn verify(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<ReportView, Problem> {
    let report = desk.engine.verify(|_, _| {}).await?;
    Ok(view(&report))
}

/// Which copy is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "CopyForm")]
pub(crate) enum Form {
    /// A data folder.
    Backup,
    /// Text.
    Export,
}

/// A copy that is about to be taken by whoever can read the folder.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct Copying {
    pub form: Form,
    /// The folder.
    pub to: String,
}

/// Writes it into the record; gives the entry's number.
pub(crate) async fn copying(desk: &Desk<'_>, args: Copying) -> Result<u64, Problem> {
    let form = match args.form {
        Form::Backup => CopyForm::Backup,
        Form::Export => CopyForm::Export,
    };
    let to: String = args.to.chars().take(TO_CHARS_MAX).collect();
    desk.engine.note_copy(form, to).await
}

/// What can no longer be shown, in words; nothing if all of it can.
fn gone(report: &VerifyReport) -> String {
    let decisions = match report.decisions_gone {
        0 => String::new(),
        1 => "; 1 decision was erased and is no longer recomputable".to_owned(),
        n => format!("; {n} decisions were erased and are no longer recomputable"),
    };
    let contents = match report.contents_gone {
        0 => String::new(),
        1 => "; the content of 1 message was taken out, under an entry that says so".to_owned(),
        n => format!("; the contents of {n} messages were taken out, under entries that say so"),
    };
    decisions + &contents
}

/// What a walk found, with its one sentence.
fn view(report: &VerifyReport) -> ReportView {
    let text = match report.divergences.first() {
        None => format!(
            "The record holds: {} entries, {} decisions recomputed{}.",
            report.entries,
            report.decisions - report.decisions_gone,
            gone(report)
        ),
        Some(first) => match first.seq {
            Some(seq) => format!(
                "The record does not hold, from entry {seq} on: {}",
                first.what
            ),
            None => format!("The record does not hold: {}", first.what),
        },
    };
    ReportView {
        ok: report.is_clean(),
        entries: report.entries,
        decisions: report.decisions,
        problems: report
            .divergences
            .iter()
            .map(|found| VerifyProblem {
                seq: found.seq,
                text: format!("{}: {}", found.subject, found.what),
            })
            .collect(),
        text,
    }
}
