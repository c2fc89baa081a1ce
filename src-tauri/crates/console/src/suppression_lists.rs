//! Suppressions as a CSV file: `address,reason,note,added_at`, the first two columns by name.
//!
//! An import goes by stretches, so that a long file shows how far it is and can be left at any
//! row. Rows that cannot be read are told with their line; the others are added.

use domain::{Actor, Code, Problem, SuppressionReason};
use futures_util::future::join_all;
use serde::Deserialize;
use ts_rs::TS;

use crate::args::NoArgs;
use crate::frame::count;
use crate::table::Desk;
use crate::view::{CsvFile, ImportProblem, Imported};

/// Rows added by one call: the whole file comes with each.
const STRETCH_ROWS: usize = 2_000;
/// Rows handed to the store at once: what it writes together it writes in one commit.
const TOGETHER_ROWS: usize = 100;
/// Octets of a file.
const FILE_OCTETS_MAX: usize = 16 * 1024 * 1024;
/// Rows one export holds.
const EXPORT_ROWS_MAX: usize = 200_000;

pub(crate) async fn export(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<CsvFile, Problem> {
    file(desk, EXPORT_ROWS_MAX).await
}

async fn file(desk: &Desk<'_>, rows_max: usize) -> Result<CsvFile, Problem> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let unwritten = |error: csv::Error| {
        tracing::error!(%error, "a list could not be written as CSV");
        Problem::new(Code::Internal, "the list could not be written as CSV")
    };
    writer
        .write_record(["address", "reason", "note", "added_at"])
        .map_err(unwritten)?;
    let (mut rows, mut after, mut truncated) = (0, None, false);
    while !truncated {
        let page = desk
            .engine
            .suppressions(None, after, domain::limits::PAGE_MAX)
            .await?;
        let Some(last) = page.last().map(|row| row.id) else {
            break;
        };
        after = Some(last);
        truncated = rows + page.len() > rows_max;
        for row in page.iter().take(rows_max - rows) {
            let reason = word(row.reason);
            let note = row.note.as_deref().unwrap_or_default();
            let at = row.added_at.to_string();
            writer
                .write_record([
                    &address(row.pattern.as_str()),
                    &reason,
                    &harmless(note),
                    &at,
                ])
                .map_err(unwritten)?;
            rows += 1;
        }
    }
    let bytes = writer.into_inner().map_err(|error| {
        tracing::error!(%error, "a list could not be written as CSV");
        Problem::new(Code::Internal, "the list could not be written as CSV")
    })?;
    Ok(CsvFile {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        rows: count(rows),
        truncated,
    })
}

/// A stretch of a file to add.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "SuppressionImportArgs")]
pub(crate) struct Import {
    /// The whole file. The first row may name its columns: `address` (or `email`), `reason`,
    /// `note`; without, they come in this order.
    pub text: String,
    /// Rows already done: the `done` of the call before, 0 at first.
    pub from: u32,
}

pub(crate) async fn import(desk: &Desk<'_>, args: Import) -> Result<Imported, Problem> {
    if args.text.len() > FILE_OCTETS_MAX {
        let detail = format!(
            "a list has at most {} MB; split the file",
            FILE_OCTETS_MAX / 1024 / 1024
        );
        return Err(Problem::new(Code::InvalidField, detail).at("/text"));
    }
    let rows = read(&args.text);
    let total = rows.len();
    let from = usize::try_from(args.from).unwrap_or(total).min(total);
    let mut imported = Imported {
        done: count((from + STRETCH_ROWS).min(total)),
        total: count(total),
        added: 0,
        problems: Vec::new(),
    };
    let stretch: Vec<Row> = rows.into_iter().skip(from).take(STRETCH_ROWS).collect();
    for together in stretch.chunks(TOGETHER_ROWS) {
        let added = join_all(together.iter().map(|row| add(desk, row))).await;
        for (row, added) in together.iter().zip(added) {
            match added {
                Ok(()) => imported.added += 1,
                Err(problem) => imported.problems.push(ImportProblem {
                    line: row.line,
                    text: problem.detail,
                }),
            }
        }
    }
    Ok(imported)
}

async fn add(desk: &Desk<'_>, row: &Row) -> Result<(), Problem> {
    let reason = match row.reason.as_str() {
        "" => SuppressionReason::Manual,
        text => crate::suppressions::reason(text)?,
    };
    let note = Some(row.note.clone()).filter(|note| !note.is_empty());
    desk.engine
        .suppress(Actor::Operator, row.address.clone(), None, reason, note)
        .await
        .map(|_| ())
}

/// One row as read.
struct Row {
    line: u32,
    address: String,
    reason: String,
    note: String,
}

fn read(text: &str) -> Vec<Row> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut columns = [Some(0), Some(1), Some(2)];
    let mut rows = Vec::new();
    for (place, record) in reader.records().enumerate() {
        let Ok(record) = record else { continue };
        if place == 0
            && let Some(named) = named(&record)
        {
            columns = named;
            continue;
        }
        let [address, reason, note] = columns.map(|column| {
            let cell = column.and_then(|column: usize| record.get(column));
            plain(cell.unwrap_or_default())
        });
        // An empty line is no row; one that says why and not whom is told.
        if [&address, &reason, &note]
            .iter()
            .all(|cell| cell.is_empty())
        {
            continue;
        }
        rows.push(Row {
            line: record.position().map_or(0, |begins| line(text, begins)),
            address,
            reason,
            note,
        });
    }
    rows
}

/// The line a record stands in: it begins, to its reader, with the empty lines before it.
fn line(text: &str, begins: &csv::Position) -> u32 {
    let from = usize::try_from(begins.byte()).unwrap_or(text.len());
    let before = text.bytes().skip(from);
    let empty = before.take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let empty = empty.filter(|byte| *byte == b'\n').count();
    u32::try_from(begins.line())
        .unwrap_or(u32::MAX)
        .saturating_add(count(empty))
}

/// Which columns hold address, reason and note, if this row names them.
fn named(record: &csv::StringRecord) -> Option<[Option<usize>; 3]> {
    let find = |names: &[&str]| {
        record
            .iter()
            .position(|cell| names.contains(&cell.to_ascii_lowercase().as_str()))
    };
    let address = find(&["address", "email", "e-mail", "email address", "recipient"])?;
    Some([Some(address), find(&["reason"]), find(&["note", "notes"])])
}

/// An address or `@domain` no spreadsheet takes for a formula. The `@` of a domain stays: a domain
/// holds no formula, and other programs read this file too.
fn address(pattern: &str) -> String {
    match pattern.starts_with('@') {
        true => pattern.to_owned(),
        false => harmless(pattern),
    }
}

/// A cell no spreadsheet takes for a formula.
fn harmless(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

/// What [`harmless`] wrote, as it was.
fn plain(cell: &str) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest.to_owned(),
        Some(_) | None => cell.to_owned(),
    }
}

fn word(reason: SuppressionReason) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::Timestamp;
    use engine::{Engine, ManualClock, SeededIds};

    use super::*;
    use crate::operator::Operator;

    #[tokio::test]
    async fn a_file_that_could_not_hold_every_row_says_so() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_800_000_000)));
        let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
        let desk = Desk {
            engine: &engine,
            operator: Operator::Window,
        };
        let text = "a@x.example\nb@x.example\nc@x.example\n".to_owned();
        import(&desk, Import { text, from: 0 }).await.unwrap();
        for (rows_max, told) in [(2, (2, true)), (3, (3, false)), (9, (3, false))] {
            let file = file(&desk, rows_max).await.unwrap();
            assert_eq!((file.rows, file.truncated), told, "{rows_max}");
            assert_eq!(read(&file.text).len(), file.rows as usize);
        }
    }

    #[test]
    fn no_address_becomes_a_formula_and_every_address_comes_back() {
        for pattern in [
            "=1+1@x.example",
            "+1@x.example",
            "-a@x.example",
            "a@x.example",
        ] {
            assert!(!address(pattern).starts_with(['=', '+', '-']), "{pattern}");
            assert_eq!(plain(&address(pattern)), pattern);
        }
        assert_eq!(address("@x.example"), "@x.example");
    }

    #[test]
    fn columns_are_found_by_name_or_by_place() {
        let by_name = "\u{feff}Note,Email\n\"said, stop\",a@x.example\n,\nn,b@x.example\n";
        let rows = read(by_name);
        let read_back: Vec<_> = rows
            .iter()
            .map(|r| {
                (
                    r.line,
                    r.address.as_str(),
                    r.reason.as_str(),
                    r.note.as_str(),
                )
            })
            .collect();
        assert_eq!(
            read_back,
            [
                (2, "a@x.example", "", "said, stop"),
                (4, "b@x.example", "", "n")
            ]
        );
        let bare = read("a@x.example\nb@x.example,legal\n");
        assert_eq!(bare.len(), 2);
        assert_eq!(bare.last().map(|row| row.reason.as_str()), Some("legal"));
    }

    #[test]
    fn no_note_becomes_a_formula_and_every_note_comes_back() {
        for note in ["=HYPERLINK(1)", "-1", "plain", "'quoted'"] {
            assert!(!harmless(note).starts_with(['=', '-']));
            assert_eq!(plain(&harmless(note)), note);
        }
    }
}
