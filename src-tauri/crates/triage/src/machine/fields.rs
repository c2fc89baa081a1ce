//! Blocks of header-shaped lines inside a body: the fields of delivery reports (RFC 3464,
//! RFC 5965), and the headers of a returned message that came as text.

/// Fields of one block that are read.
const FIELDS_MAX: usize = 300;
/// Blocks of one report that are read.
const BLOCKS_MAX: usize = 200;

/// Fields in their order; names in lower case, values unfolded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first field of this lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Every field of this lower-case name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// True if there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn push(&mut self, line: &str) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = self.0.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if self.0.len() < FIELDS_MAX {
            if let Some((name, value)) = field(line) {
                self.0.push((name, value.to_owned()));
            } else if let Some((_, value)) = self.0.last_mut() {
                // Folded by a system that does not indent.
                value.push(' ');
                value.push_str(line.trim());
            }
        }
    }
}

/// A line `Name: value`.
pub fn field(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim_end();
    let is_name = !name.is_empty()
        && name.len() <= 60
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    is_name.then(|| (name.to_ascii_lowercase(), value.trim()))
}

/// The blocks of a report, apart by empty lines.
pub fn blocks(text: &str) -> Vec<Fields> {
    let mut blocks = Vec::new();
    let mut current = Fields::default();
    for line in text.lines() {
        if line.trim().is_empty() {
            if !current.is_empty() {
                blocks.push(std::mem::take(&mut current));
                if blocks.len() >= BLOCKS_MAX {
                    return blocks;
                }
            }
        } else {
            current.push(line);
        }
    }
    if !current.is_empty() {
        blocks.push(current);
    }
    blocks
}

/// The first block of headers of a returned message in a text.
pub fn headers(text: &str) -> Fields {
    let mut fields = Fields::default();
    for line in text.lines().skip_while(|line| line.trim().is_empty()) {
        if line.trim().is_empty() {
            break;
        }
        fields.push(line);
    }
    fields
}

/// Where the headers of a returned message begin in a notice: the octet offset of the first of
/// several lines in a row that are shaped like headers, two of them of the kind every mail has.
pub fn where_headers_begin(text: &str) -> Option<usize> {
    const KNOWN: [&str; 12] = [
        "received",
        "return-path",
        "message-id",
        "from",
        "to",
        "subject",
        "date",
        "mime-version",
        "content-type",
        "dkim-signature",
        "delivered-to",
        "reply-to",
    ];
    let mut offset = 0;
    let mut begun: Option<(usize, usize, usize)> = None;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        if !(bare.starts_with([' ', '\t']) && begun.is_some() && !bare.trim().is_empty()) {
            match field(bare) {
                Some((name, _)) => {
                    let known = usize::from(KNOWN.contains(&name.as_str()));
                    let (at, lines, met) = begun.unwrap_or((offset, 0, 0));
                    begun = Some((at, lines + 1, met + known));
                    if lines + 1 >= 3 && met + known >= 2 {
                        return Some(at);
                    }
                }
                None => begun = None,
            }
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_blocks_of_unfolded_fields() {
        let read = blocks("Reporting-MTA: dns; a\n\nAction: failed\nStatus: 5.1.1\nX: a\n  b\n");
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].get("x"), Some("a b"));
    }

    #[test]
    fn returned_headers_are_told_from_the_notice() {
        let text = "Could not be delivered.\nReason: no such user\n\nReceived: from a\n\tby b\n\
                    Message-ID: <1@a>\nSubject: hi\n\nbody";
        let at = where_headers_begin(text).unwrap();
        let returned = text.get(at..).unwrap();
        assert!(returned.starts_with("Received"));
        let read = headers(returned);
        assert_eq!(read.get("message-id"), Some("<1@a>"));
        assert_eq!(where_headers_begin("Note: this\nis: not\na header\n"), None);
    }
}
