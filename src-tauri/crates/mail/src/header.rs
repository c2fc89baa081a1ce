//! What mail programs are known to read differently from one another in a header: said once, for
//! what is composed here and for what others composed.

/// True for what ends a line, or some reader's line: control characters, and the two separators of
/// Unicode. A tab is one of them; a header written by others may have it as a blank.
pub fn ends_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// True if some program reads the start of an encoded word (RFC 2047) in it, and shows something
/// else than was approved.
pub(crate) fn begins_an_encoded_word(text: &str) -> bool {
    text.contains("=?")
}

/// User text for a sentence: short and in one line.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|c| !ends_a_line(*c)).take(80).collect()
}
