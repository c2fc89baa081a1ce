//! Proving that the record was not rewritten.

use domain::Problem;
use engine::VerifyReport;

use crate::args::NoArgs;
use crate::table::Desk;
use crate::view::{ReportView, VerifyProblem};

pub(crate) async fn verify(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<ReportView, Problem> {
    let report = desk.engine.verify(|_, _| {}).await?;
    Ok(view(&report))
}

/// What a walk found, with its one sentence.
fn view(report: &VerifyReport) -> ReportView {
    let text = match report.divergences.first() {
        None => format!(
            "The record holds: {} entries, {} decisions recomputed.",
            report.entries, report.decisions
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
