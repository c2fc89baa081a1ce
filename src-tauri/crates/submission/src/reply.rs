//! Replies: a code, an enhanced code (RFC 2034), a sentence.

use crate::limits::REPLY_TEXT_MAX;

/// One reply, of one line or more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reply {
    pub code: u16,
    enhanced: Option<&'static str>,
    lines: Vec<String>,
}

impl Reply {
    /// With an enhanced code.
    pub fn new(code: u16, enhanced: &'static str, text: impl AsRef<str>) -> Self {
        Reply {
            code,
            enhanced: Some(enhanced),
            lines: wrapped(text.as_ref()),
        }
    }

    /// Without: greetings, `EHLO`, and what a login is asked for.
    pub fn bare(code: u16, lines: impl IntoIterator<Item = String>) -> Self {
        Reply {
            code,
            enhanced: None,
            lines: lines.into_iter().collect(),
        }
    }

    /// True if the client is to change something; not where it is only to come back later.
    pub fn is_mistake(&self) -> bool {
        self.code >= 500
    }

    /// Onto the wire.
    pub fn write(&self, out: &mut Vec<u8>) {
        let enhanced = self
            .enhanced
            .map(|code| format!("{code} "))
            .unwrap_or_default();
        let last = self.lines.len().saturating_sub(1);
        for (index, line) in self.lines.iter().enumerate() {
            let dash = if index < last { '-' } else { ' ' };
            let line = format!("{}{dash}{enhanced}{line}\r\n", self.code);
            out.extend_from_slice(line.as_bytes());
        }
    }
}

/// Text as lines that fit, in printable ASCII: what somebody wrote can neither end a line nor say
/// another code.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let word: String = word
            .chars()
            .map(|c| if c.is_ascii_graphic() { c } else { '?' })
            .take(REPLY_TEXT_MAX)
            .collect();
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(&word);
        } else if line.len() + 1 + word.len() <= REPLY_TEXT_MAX {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(reply: &Reply) -> String {
        let mut out = Vec::new();
        reply.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_somebody_wrote_cannot_become_another_reply() {
        let reply = Reply::new(250, "2.0.0", "Ok\r\n550 5.7.1 no ü\u{2028}x");
        assert_eq!(written(&reply), "250 2.0.0 Ok 550 5.7.1 no ? x\r\n");
    }

    #[test]
    fn long_sentences_go_over_several_lines_of_the_same_code() {
        let text = "word ".repeat(300);
        let said = written(&Reply::new(550, "5.7.1", text));
        let lines: Vec<&str> = said.split_terminator("\r\n").collect();
        assert!(lines.len() > 2);
        let (last, before) = lines.split_last().unwrap();
        assert!(last.starts_with("550 5.7.1 word"));
        assert!(before.iter().all(|line| line.starts_with("550-5.7.1 word")));
        assert!(lines.iter().all(|line| line.len() <= 510));
    }
}
