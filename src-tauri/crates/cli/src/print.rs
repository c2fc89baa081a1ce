//! Answers for people: plain lines, columns where there are rows.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::{Attribute, Cell, ColumnConstraint, ContentArrangement, Table, presets};
use serde_json::Value;

use crate::exit::Failure;

/// Prints one line.
///
/// # Errors
/// If standard output is gone for another reason than a reader that has seen enough.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    raw(&format!("{text}\n"))
}

/// Prints as it is.
///
/// # Errors
/// As [`line`].
pub(crate) fn raw(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints a value as JSON.
///
/// # Errors
/// As [`line`].
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    line(&serde_json::to_string_pretty(value).map_err(|e| Failure::Refused(e.to_string()))?)
}

/// Prints rows under headings: at a terminal folded to its width with the headings marked, elsewhere
/// a line a row.
///
/// # Errors
/// As [`line`].
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    raw(&drawn(headings, rows, io::stdout().is_terminal()))
}

fn drawn(headings: &[&str], rows: &[Vec<String>], at_terminal: bool) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    if at_terminal {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    let is_marked = at_terminal && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    table.set_header(headings.iter().map(|heading| {
        let heading = Cell::new(heading);
        if is_marked {
            heading.add_attribute(Attribute::Bold)
        } else {
            heading
        }
    }));
    table.add_rows(rows);
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        // What names a row is taken to the next command: never folded.
        if place == 0 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    format!("{}\n", table.trim_fmt())
}

/// The text at a JSON pointer; empty where there is none. Control characters are shown, not sent:
/// an agent's words must not drive a person's terminal.
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => harmless(text),
        Some(other) => other.to_string(),
    }
}

/// Control characters but line feed and tab as their escapes.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .flat_map(|c| -> Vec<char> {
            match c {
                '\n' | '\t' => vec![c],
                c if c.is_control() => c.escape_default().collect(),
                c => vec![c],
            }
        })
        .collect()
}

/// The same on one line.
pub(crate) fn flat(value: &Value, pointer: &str) -> String {
    text(value, pointer).replace(['\n', '\t'], " ")
}

/// The minute of a time at a pointer, in UTC.
pub(crate) fn minute(value: &Value, pointer: &str) -> String {
    let time = flat(value, pointer);
    match time.get(..16) {
        Some(minute) => format!("{}Z", minute.replace('T', " ")),
        None => time,
    }
}

/// The rows of an array at a pointer.
pub(crate) fn rows<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_seen_and_a_row_is_a_line_where_no_one_looks() {
        let long = "why ".repeat(200);
        let rows = [
            vec!["1".to_owned(), "会議".to_owned(), long.clone()],
            vec!["2".to_owned(), "talk".to_owned(), "short".to_owned()],
        ];
        let text = drawn(&["ID", "SUBJECT", "WHY"], &rows, false);
        let lines: Vec<&str> = text.lines().collect();
        let [head, first, second] = lines.as_slice() else {
            panic!("{text}");
        };
        assert_eq!(*head, "ID  SUBJECT  WHY");
        // Two letters that are seen as wide as four.
        assert_eq!(*first, format!("1   会議     {}", long.trim_end()));
        assert_eq!(*second, "2   talk     short");
    }

    #[test]
    fn what_an_agent_wrote_cannot_drive_the_terminal() {
        let value = serde_json::json!({"subject": "a\u{1b}[2Jb\u{7}c\nd"});
        assert_eq!(text(&value, "/subject"), "a\\u{1b}[2Jb\\u{7}c\nd");
        assert_eq!(flat(&value, "/subject"), "a\\u{1b}[2Jb\\u{7}c d");
        assert_eq!(text(&value, "/nothing"), "");
        let value = serde_json::json!({"at": "2026-11-23T16:19:41.142486Z"});
        assert_eq!(minute(&value, "/at"), "2026-11-23 16:19Z");
        assert_eq!(minute(&value, "/nothing"), "");
    }
}
