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

/// Rows added by one call.
const STRETCH_ROWS: usize = 2_000;
/// Octets of a stretch that comes by itself, unless one row has more.
const STRETCH_OCTETS_MAX: usize = 512 * 1024;
/// How columns are named where a list does not name them.
const COLUMNS: &str = "address,reason,note";
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
    /// The row that names the columns, where `text` is rows alone; none of them names any then.
    #[serde(default)]
    #[ts(optional)]
    pub header: Option<String>,
    /// Lines of the list before `text`.
    #[serde(default)]
    #[ts(optional)]
    pub line: Option<u32>,
}

/// A stretch of a list, for whoever sends it bit by bit: the arguments of one import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListStretch {
    /// The row that names the columns.
    pub header: String,
    /// The rows, as they stand in the list.
    pub text: String,
    /// Lines of the list before them.
    pub line: u32,
    /// Rows that say something.
    pub rows: u32,
}

/// Cuts a list between its rows. Importing one stretch after the other does what importing the
/// whole does, and tells the same of the same lines.
///
/// # Errors
/// `invalid_field` for a list that is too long.
pub fn list_stretches(list: &str) -> Result<Vec<ListStretch>, Problem> {
    check_length(list)?;
    let list = without_mark(list);
    let mut header = COLUMNS;
    let mut starts = Vec::new();
    for (place, record) in reader(list).records().enumerate() {
        let Ok(record) = record else { continue };
        let at = record.position().map_or(0, csv::Position::byte);
        let at = usize::try_from(at).unwrap_or(list.len());
        // The row behind the header begins where that ends.
        if starts.is_empty() && place == 1 {
            header = list.get(..at).unwrap_or_default().trim();
        }
        if place > 0 || named(&record).is_none() {
            starts.push(at);
        }
    }
    let mut stretches = Vec::new();
    let mut starts = starts.into_iter().peekable();
    let (mut counted, mut line) = (0, 0_u32);
    while let Some(from) = starts.next() {
        let mut to = list.len();
        let mut records = 1;
        while let Some(next) = starts.peek() {
            to = *next;
            if records >= STRETCH_ROWS || to - from >= STRETCH_OCTETS_MAX {
                break;
            }
            to = list.len();
            records += 1;
            starts.next();
        }
        let before = list.get(counted..from).unwrap_or_default();
        line = line.saturating_add(count(before.matches('\n').count()));
        counted = from;
        let text = list.get(from..to).unwrap_or_default().to_owned();
        let rows = count(read(&text, Some(header)).len());
        stretches.push(ListStretch {
            header: header.to_owned(),
            text,
            line,
            rows,
        });
    }
    Ok(stretches)
}

fn check_length(list: &str) -> Result<(), Problem> {
    if list.len() <= FILE_OCTETS_MAX {
        return Ok(());
    }
    let detail = format!(
        "a list has at most {} MB; split the file",
        FILE_OCTETS_MAX / 1024 / 1024
    );
    Err(Problem::new(Code::InvalidField, detail).at("/text"))
}

pub(crate) async fn import(desk: &Desk<'_>, args: Import) -> Result<Imported, Problem> {
    check_length(&args.text)?;
    let rows = read(&args.text, args.header.as_deref());
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
                    line: row.line.saturating_add(args.line.unwrap_or(0)),
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

/// The list without the mark some programs put in front of one.
fn without_mark(list: &str) -> &str {
    list.trim_start_matches('\u{feff}')
}

fn reader(list: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(list.as_bytes())
}

/// The rows of a list, or of a stretch of one whose `header` comes beside it.
fn read(text: &str, header: Option<&str>) -> Vec<Row> {
    let text = without_mark(text);
    let known = header.and_then(|header| reader(header).records().next()?.ok());
    let mut columns =
        known
            .and_then(|header| named(&header))
            .unwrap_or([Some(0), Some(1), Some(2)]);
    let mut rows = Vec::new();
    for (place, record) in reader(text).records().enumerate() {
        let Ok(record) = record else { continue };
        if place == 0
            && header.is_none()
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
        let whole = Import {
            text,
            from: 0,
            header: None,
            line: None,
        };
        import(&desk, whole).await.unwrap();
        for (rows_max, told) in [(2, (2, true)), (3, (3, false)), (9, (3, false))] {
            let file = file(&desk, rows_max).await.unwrap();
            assert_eq!((file.rows, file.truncated), told, "{rows_max}");
            assert_eq!(read(&file.text, None).len(), file.rows as usize);
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
        let rows = read(by_name, None);
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
        let bare = read("a@x.example\nb@x.example,legal\n", None);
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

    /// Rows with their lines, as an import would add or tell them.
    fn told(rows: Vec<Row>, before: u32) -> Vec<(u32, String, String, String)> {
        let told = rows
            .into_iter()
            .map(|row| (row.line + before, row.address, row.reason, row.note));
        told.collect()
    }

    #[test]
    fn a_list_in_stretches_is_the_list() {
        let many = |head: &str, row: fn(usize) -> String| {
            let rows: String = (0..4_500).map(row).collect();
            format!("{head}{rows}")
        };
        let lists = [
            many("", |n| format!("a{n}@x.example\n")),
            many("\u{feff}Note,Email\r\n\r\n", |n| {
                format!("\"said,\n\nno. {n}\",a{n}@x.example\r\n")
            }),
            many("reason,address\n\n", |n| {
                format!("{}manual,a{n}@x.example\n", "\n".repeat(n % 3))
            }),
            many("a@x.example,,\"over\ntwo\"\n", |n| match n {
                // One that would name columns, were it the first of the list.
                1_999 => "email,note,reason\n".to_owned(),
                _ => format!(",,why {n}\n"),
            }),
            "email".to_owned(),
            "\n\na@x.example".to_owned(),
            "a@x.example,\"never closed\nb@x.example\n".to_owned(),
            String::new(),
        ];
        for list in lists {
            let stretches = list_stretches(&list).unwrap();
            let mut rows = Vec::new();
            for one in &stretches {
                let read = read(&one.text, Some(&one.header));
                assert_eq!(read.len(), one.rows as usize);
                assert!(read.len() <= STRETCH_ROWS);
                rows.extend(told(read, one.line));
            }
            let start: String = list.chars().take(40).collect();
            assert_eq!(rows, told(read(&list, None), 0), "{start}");
            let sent: usize = stretches.iter().map(|one| one.text.len()).sum();
            assert!(sent <= list.len(), "each row once: {start}");
        }
    }

    #[test]
    fn a_stretch_is_short_and_a_list_that_is_too_long_is_refused() {
        let wide = format!("a@x.example,,{}\n", "x".repeat(100_000)).repeat(40);
        let stretches = list_stretches(&wide).unwrap();
        let longest = stretches.iter().map(|one| one.text.len()).max().unwrap();
        assert!(longest <= STRETCH_OCTETS_MAX + 101_000, "{longest}");
        assert_eq!(stretches.iter().map(|one| one.rows).sum::<u32>(), 40);
        let too_long = "x".repeat(FILE_OCTETS_MAX + 1);
        let refused = list_stretches(&too_long).unwrap_err();
        assert_eq!(refused.code, Code::InvalidField);
    }
}
