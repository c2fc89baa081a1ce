//! Proving that the record was not rewritten.

use domain::Problem;
use engine::{CopyForm, VerifyReport};
use serde::Deserialize;
use ts_rs::TS;

use crate::args::NoArgs;
use crate::erasure::copy_view;
use crate::policy::RunArgs;
use crate::table::Desk;
use crate::view::{
    CopiedView, CopiesView, EarlierKeyView, RecordKeyView, ReportView, VerifyProblem,
};
use crate::words::many;

/// Folders of one day that are tried before a taken one is offered.
const PLACES_TRIED: u32 = 100;
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

impl Form {
    const fn of(self) -> CopyForm {
        match self {
            Form::Backup => CopyForm::Backup,
            Form::Export => CopyForm::Export,
        }
    }
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
    let form = args.form.of();
    let to: String = args.to.chars().take(TO_CHARS_MAX).collect();
    desk.engine.note_copy(form, to).await
}

/// A copy to be taken here and now.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "CopyArgs")]
pub(crate) struct CopyAsk {
    pub form: Form,
    /// The folder to make, from the root on.
    pub to: String,
    /// A name of your own, to ask `record.copy_progress` by meanwhile, and to end it by.
    pub run: Option<String>,
}

/// Takes it; gives where it is and what may be done with it.
pub(crate) async fn copy(desk: &Desk<'_>, args: CopyAsk) -> Result<CopiedView, Problem> {
    let run = args.run.map(|name| desk.engine.begin_run(&name));
    let to = args.to.trim();
    let copied = desk
        .engine
        .copy(args.form.of(), to.into(), run.transpose()?);
    let (text, check) = match copied.await? {
        None => (
            format!(
                "Copied to {to}. Whoever opens it finds everything paused, and what waited to \
                 leave uncertain."
            ),
            "sendoff verify --data",
        ),
        Some(written) => (
            format!(
                "Written to {to}: {}, {}, {} asked for and {} received.",
                many(written.entries, "journal entry"),
                many(written.decisions, "decision"),
                many(written.messages, "message"),
                written.received,
            ),
            "sendoff verify --export",
        ),
    };
    Ok(CopiedView {
        text,
        check: format!("{check} {}", quoted(to)),
    })
}

/// A folder's name as a shell takes it.
fn quoted(to: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-:\\".contains(c);
    match to.chars().all(plain) {
        true => to.to_owned(),
        false => format!("'{}'", to.replace('\'', "'\\''")),
    }
}

/// Ends a copy that is under way, by the name of its run; nothing is left of it.
pub(crate) async fn end_copy(desk: &Desk<'_>, args: RunArgs) -> Result<bool, Problem> {
    Ok(desk.engine.end_run(&args.run))
}

/// The copies that were taken, and where the next might go.
pub(crate) async fn copies(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<CopiesView, Problem> {
    let older = desk.engine.older_copies().await?;
    let home = std::env::home_dir().unwrap_or_default();
    let today = desk.engine.now().to_string();
    let today = today.split('T').next().unwrap_or_default();
    let place = |form: &str| {
        let mut to = home.join(format!("sendoff-{form}-{today}"));
        for n in 2..=PLACES_TRIED {
            if !to.exists() {
                break;
            }
            to = home.join(format!("sendoff-{form}-{today}-{n}"));
        }
        to.display().to_string()
    };
    Ok(CopiesView {
        backup_to: place("backup"),
        export_to: place("export"),
        copies: older.named.iter().map(copy_view).collect(),
    })
}

/// The key that signs the record, for whoever writes it down to know the record again elsewhere.
pub(crate) async fn key(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<RecordKeyView, Problem> {
    let keys = desk.engine.record_keys().await?;
    let mut named = keys.named;
    // An old key that came back signs without being named again.
    let signs = match &keys.last {
        Some(last) => named.iter().rposition(|named| named.key == last.key),
        None => named.len().checked_sub(1),
    };
    let now = signs.map(|at| named.remove(at));
    let dir = desk.engine.data_dir();
    let dir = dir.map(|dir| quoted(&dir.display().to_string()));
    Ok(RecordKeyView {
        key: now.as_ref().map(|now| now.key.clone()),
        since: now.map(|now| now.at.to_string()),
        signed_seq: keys.last.as_ref().map(|last| last.seq),
        signed_at: keys.last.map(|last| last.at.to_string()),
        earlier: named
            .into_iter()
            .rev()
            .map(|named| EarlierKeyView {
                key: named.key,
                since: named.at.to_string(),
            })
            .collect(),
        file: keys.file.map(|file| file.display().to_string()),
        check: match dir {
            Some(dir) => format!("sendoff verify --data {dir}"),
            None => "sendoff verify".to_owned(),
        },
    })
}

/// What was taken out on purpose, and why, in one sentence; nothing if all is there.
pub fn gone_words(report: &VerifyReport) -> Option<String> {
    let gone = report.contents_gone;
    let was = |count: u64| if count == 1 { "was" } else { "were" };
    let mut parts = Vec::new();
    if gone.by_order > 0 {
        let (many, was) = (many(gone.by_order, "message"), was(gone.by_order));
        parts.push(format!("{many} {was} erased with a contact"));
    }
    if gone.by_age > 0 {
        let (many, was) = (many(gone.by_age, "message"), was(gone.by_age));
        parts.push(format!("{many} {was} emptied because of age"));
    }
    if report.decisions_gone > 0 {
        let many = many(report.decisions_gone, "decision");
        parts.push(format!("{many} can no longer be recomputed"));
    }
    let last = parts.pop()?;
    let all = match parts.is_empty() {
        true => last,
        false => format!("{} and {last}", parts.join(", ")),
    };
    let unproven = match gone.by_order + report.decisions_gone {
        0 => "",
        _ => "; what stays of the erased ones (times, codes, figures) is told and not proven",
    };
    Some(format!("{all}, each under an entry that says so{unproven}"))
}

/// That another Sendoff worded what was decided otherwise; nothing if none did.
pub fn reworded(report: &VerifyReport) -> Option<String> {
    let many = many(report.decisions_reworded, "decision");
    (report.decisions_reworded > 0).then(|| {
        format!("{many} come out the same in other words: an earlier or later Sendoff made them")
    })
}

/// What a walk found, with its one sentence.
fn view(report: &VerifyReport) -> ReportView {
    let text = match report.divergences.first() {
        None => {
            let told = [gone_words(report), reworded(report)];
            let told = told.iter().flatten().map(|text| format!("; {text}"));
            format!(
                "The record holds: {}, {} recomputed{}.",
                many(report.entries, "entry"),
                many(report.decisions - report.decisions_gone, "decision"),
                told.collect::<String>(),
            )
        }
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
