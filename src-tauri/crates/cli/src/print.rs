//! Answers for people: plain lines, columns where there are rows.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::LazyLock;

use comfy_table::{Attribute, Cell, ColumnConstraint, ContentArrangement, Table, presets};
use regex::{Captures, Regex};
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

/// Prints a document a person asked for by itself: as it is into a file or another program, and at
/// a terminal without what would drive it.
///
/// # Errors
/// As [`line`].
pub(crate) fn document(text: &str) -> Result<(), Failure> {
    raw(&shown(text, io::stdout().is_terminal()))
}

fn shown(text: &str, at_terminal: bool) -> Cow<'_, str> {
    match at_terminal {
        true => Cow::Owned(harmless(text)),
        false => Cow::Borrowed(text),
    }
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

/// What moves, hides or turns around letters: the window shows the same by its number. What joins
/// one emoji to the next is left alone.
static UNSEEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<joined>\p{Extended_Pictographic}\x{fe0f}?\x{200d})",
        r"|[\p{Cc}\p{Cf}\x{034f}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{3164}\x{ffa0}--\n\t]",
    ))
    .ok()
});

/// Control and invisible characters but the ends of lines and tabs as their escapes.
pub(crate) fn harmless(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let Some(unseen) = UNSEEN.as_ref() else {
        return text.escape_debug().to_string();
    };
    let escaped = |found: &Captures<'_>| match found.name("joined") {
        Some(joined) => joined.as_str().to_owned(),
        None => found.get_match().as_str().escape_default().to_string(),
    };
    unseen.replace_all(&text, escaped).into_owned()
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
        for (sent, shown) in [
            ("pay \u{202e}001", "pay \\u{202e}001"),
            ("a\u{2066}b\u{2069}", "a\\u{2066}b\\u{2069}"),
            ("a\u{200b}\u{feff}b", "a\\u{200b}\\u{feff}b"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("one\r\ntwo\rthree", "one\ntwo\\rthree"),
            (
                "👩\u{200d}🚀 ❤️\u{200d}🔥 é 会議",
                "👩\u{200d}🚀 ❤️\u{200d}🔥 é 会議",
            ),
        ] {
            assert_eq!(harmless(sent), shown);
        }
        let value = serde_json::json!({"at": "2026-11-23T16:19:41.142486Z"});
        assert_eq!(minute(&value, "/at"), "2026-11-23 16:19Z");
        assert_eq!(minute(&value, "/nothing"), "");
    }

    #[test]
    fn a_document_is_as_it_is_but_at_a_terminal() {
        let text = "a\r\nb\u{1b}[2J\u{202e}";
        assert_eq!(shown(text, false), text);
        assert_eq!(shown(text, true), "a\nb\\u{1b}[2J\\u{202e}");
    }
}
