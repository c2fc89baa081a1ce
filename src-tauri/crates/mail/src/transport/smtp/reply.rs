//! Replies of an SMTP server (RFC 5321, section 4.2; RFC 3463): bytes in, [`SmtpReply`] out.

use domain::SmtpReply;
use domain::limits::REPLY_CHARS_MAX;

/// Octets of one line of a reply; RFC 5321 says 512, servers say more.
pub(super) const LINE_OCTETS_MAX: usize = 4 * 1024;
/// Octets of one reply with all its lines.
pub(super) const REPLY_OCTETS_MAX: usize = 64 * 1024;

/// One line of a reply.
pub(super) struct ReplyLine {
    /// 200 to 599.
    pub code: u16,
    /// True if no further line follows.
    pub last: bool,
    /// What stands behind the code.
    pub text: String,
}

/// A whole reply, line by line.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub code: u16,
    pub lines: Vec<String>,
}

/// Reads one line, its line break removed. `None` if it is none of a reply.
pub(super) fn line(bytes: &[u8]) -> Option<ReplyLine> {
    let text = String::from_utf8_lossy(bytes);
    let mut chars = text.chars();
    let mut code = 0_u16;
    for _ in 0..3 {
        let digit = chars.next().and_then(|c| c.to_digit(10))?;
        code = code * 10 + u16::try_from(digit).ok()?;
    }
    let last = match chars.next() {
        // A bare code is not to the letter, but RFC 5321 asks clients to take it.
        None | Some(' ') => true,
        Some('-') => false,
        Some(_) => return None,
    };
    (200..600).contains(&code).then(|| ReplyLine {
        code,
        last,
        text: chars.as_str().trim_end().to_owned(),
    })
}

impl Reply {
    /// 2xx.
    pub(super) fn is_done(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// 4xx.
    pub(super) fn is_for_now(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// 5xx.
    pub(super) fn is_for_good(&self) -> bool {
        (500..600).contains(&self.code)
    }

    /// As it is recorded: enhanced code apart, control characters gone, cut to its limit.
    pub(super) fn record(&self) -> SmtpReply {
        let enhanced = self
            .lines
            .first()
            .and_then(|first| enhanced(self.code, first));
        let mut text = String::new();
        for line in &self.lines {
            let line = match &enhanced {
                // Servers repeat it on every line.
                Some(code) => line
                    .strip_prefix(code.as_str())
                    .filter(|rest| rest.is_empty() || rest.starts_with(' '))
                    .map_or(line.as_str(), str::trim_start),
                None => line.as_str(),
            };
            if !text.is_empty() && !line.is_empty() {
                text.push(' ');
            }
            text.push_str(line);
        }
        SmtpReply {
            code: self.code,
            enhanced,
            text: text
                .chars()
                .filter(|c| !c.is_control())
                .take(REPLY_CHARS_MAX)
                .collect(),
        }
    }
}

/// The enhanced status code at the head of a line, if its class agrees with the reply's.
fn enhanced(code: u16, line: &str) -> Option<String> {
    let word = line.split(' ').next()?;
    let mut numbers = word.split('.');
    let class = numbers.next()?.parse::<u16>().ok()?;
    let (subject, detail) = (numbers.next()?, numbers.next()?);
    let short =
        |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let holds = numbers.next().is_none()
        && class == code / 100
        && matches!(class, 2 | 4 | 5)
        && short(subject)
        && short(detail);
    holds.then(|| word.to_owned())
}

/// A reply for a sentence: `550 5.1.1 no such user`.
pub(super) fn said(reply: &SmtpReply) -> String {
    match &reply.enhanced {
        Some(enhanced) => format!("{} {enhanced} {}", reply.code, reply.text),
        None => format!("{} {}", reply.code, reply.text),
    }
    .trim_end()
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(lines: &[&str]) -> SmtpReply {
        let read: Vec<ReplyLine> = lines.iter().map(|l| line(l.as_bytes()).unwrap()).collect();
        Reply {
            code: read.last().unwrap().code,
            lines: read.into_iter().map(|l| l.text).collect(),
        }
        .record()
    }

    #[test]
    fn codes_and_enhanced_codes_are_told_apart_from_the_text() {
        let reply = recorded(&["550-5.7.25 no PTR record,", "550 5.7.25 see our page"]);
        assert_eq!(reply.code, 550);
        assert_eq!(reply.enhanced.as_deref(), Some("5.7.25"));
        assert_eq!(reply.text, "no PTR record, see our page");
        let plain = recorded(&["450 4.x.1 busy"]);
        assert_eq!((plain.enhanced, plain.text.as_str()), (None, "4.x.1 busy"));
        let disagreeing = recorded(&["550 2.1.1 odd"]);
        assert_eq!(disagreeing.enhanced, None);
        assert_eq!(recorded(&["250"]).text, "");
    }

    #[test]
    fn what_is_no_reply_is_not_taken_for_one() {
        for bytes in [
            "",
            "25",
            "2506 x",
            "SSH-2.0-OpenSSH",
            "HTTP/1.1 400",
            "150 x",
            "650 x",
            "２50 x",
        ] {
            assert!(line(bytes.as_bytes()).is_none(), "{bytes}");
        }
        assert!(line(b"550 \xff\xfe latin").is_some());
    }
}
