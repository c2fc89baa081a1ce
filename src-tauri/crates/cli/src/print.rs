//! Answers for people: plain lines, columns where there are rows.

use std::io::{self, Write as _};

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

/// Prints rows under headings, columns as wide as they need to be.
///
/// # Errors
/// As [`line`].
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(column, heading)| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(heading.chars().count())
        })
        .collect();
    let shown = |cells: Vec<&str>| -> String {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut text = format!("{}\n", shown(headings.to_vec()));
    for row in rows {
        text.push_str(&shown(row.iter().map(String::as_str).collect()));
        text.push('\n');
    }
    raw(&text)
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
    fn what_an_agent_wrote_cannot_drive_the_terminal() {
        let value = serde_json::json!({"subject": "a\u{1b}[2Jb\u{7}c\nd"});
        assert_eq!(text(&value, "/subject"), "a\\u{1b}[2Jb\\u{7}c\nd");
        assert_eq!(flat(&value, "/subject"), "a\\u{1b}[2Jb\\u{7}c d");
        assert_eq!(text(&value, "/nothing"), "");
    }
}
