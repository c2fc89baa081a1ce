//! HTML as text whose quotes are marked with `>`, as plain mail marks them.

use crate::text::TEXT_OCTETS_MAX;

/// Writes lines, quoted ones behind `>`.
#[derive(Default)]
pub(super) struct Quotes {
    text: String,
    line: String,
    depth: usize,
    rest_is_quoted: bool,
}

impl Quotes {
    /// Words as they flow: runs of white space are one space. Beyond [`TEXT_OCTETS_MAX`] nothing.
    pub(super) fn write(&mut self, words: &str) {
        if self.text.len() + self.line.len() >= TEXT_OCTETS_MAX {
            return;
        }
        for c in words.chars() {
            if c.is_whitespace() {
                if !self.line.is_empty() && !self.line.ends_with(' ') {
                    self.line.push(' ');
                }
            } else {
                self.line.push(c);
            }
        }
    }

    pub(super) fn end_line(&mut self) {
        let line = self.line.trim_end();
        if !line.is_empty() {
            if self.depth > 0 || self.rest_is_quoted {
                self.text.push_str("> ");
            }
            self.text.push_str(line);
            self.text.push('\n');
        }
        self.line.clear();
    }

    /// An element begins that quotes what is in it.
    pub(super) fn open(&mut self) {
        self.end_line();
        self.depth += 1;
    }

    /// Such an element ends.
    pub(super) fn close(&mut self) {
        self.end_line();
        self.depth = self.depth.saturating_sub(1);
    }

    /// All that follows is quoted.
    pub(super) fn quote_the_rest(&mut self) {
        self.end_line();
        self.rest_is_quoted = true;
    }

    pub(super) fn finish(mut self) -> String {
        self.end_line();
        self.text
    }
}
