//! What the sealed message's header section says: fields an agent may not set, unsubscribing.

use domain::{Sealed, scan::Unsubscribe};

use super::source::decoded;

/// Fields Sendoff itself writes.
const OURS: [&str; 14] = [
    "from",
    "to",
    "cc",
    "reply-to",
    "subject",
    "message-id",
    "x-sendoff-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "content-id",
];

/// Those of them that name people. Where the agent composed the message, they may name others than
/// those it is to.
const NAMING: [&str; 3] = ["to", "cc", "reply-to"];

/// Fields that mail programs write of themselves and that lead nobody anywhere.
const PLAIN: [&str; 9] = [
    "date",
    "user-agent",
    "content-language",
    "content-description",
    "auto-submitted",
    "precedence",
    "importance",
    "priority",
    "thread-index",
];

/// What the header section says.
#[derive(Default)]
pub(super) struct Headers {
    /// Names of fields an agent may not set.
    pub(super) foreign: Vec<String>,
    /// How to unsubscribe, if it says.
    pub(super) unsubscribe: Option<Unsubscribe>,
    /// The values, decoded, of fields that are not ours: where a secret could stand.
    pub(super) values: String,
}

/// Longest field name that is kept.
const NAME_CHARS_MAX: usize = 80;

/// Reads the header section of the bytes that will leave, which are the agent's own or ours.
pub(super) fn read(sealed: &Sealed, is_composed: bool) -> Headers {
    let end = memchr::memmem::find(&sealed.bytes, b"\r\n\r\n").unwrap_or(sealed.bytes.len());
    let section = String::from_utf8_lossy(sealed.bytes.get(..end).unwrap_or_default());
    let mut headers = Headers::default();
    let (mut mailto, mut https, mut post) = (false, false, false);
    let mut name = String::new();
    for line in section.split("\r\n") {
        // A line that begins with white space goes on with the field before (RFC 5322, 2.2.3).
        let value = match line.starts_with([' ', '\t']) {
            true => line,
            false => {
                let (field, value) = line.split_once(':').unwrap_or((line, ""));
                name = field.trim().to_ascii_lowercase();
                let may = OURS.contains(&name.as_str())
                    || PLAIN.contains(&name.as_str())
                    || name.starts_with("x-")
                    || name.starts_with("list-");
                if !may && !name.is_empty() {
                    let shown = field.trim().chars().take(NAME_CHARS_MAX).collect();
                    headers.foreign.push(shown);
                }
                value
            }
        };
        match name.as_str() {
            "list-unsubscribe" => {
                let value = value.to_ascii_lowercase();
                mailto |= value.contains("mailto:");
                https |= value.contains("https:");
            }
            "list-unsubscribe-post" => post |= value.contains("One-Click"),
            _ => {}
        }
        let is_named = is_composed && NAMING.contains(&name.as_str());
        if is_named || !OURS.contains(&name.as_str()) {
            headers.values.push_str(value);
            headers.values.push('\n');
        }
    }
    headers.values = decoded(&headers.values);
    headers.unsubscribe = (mailto || https).then_some(Unsubscribe {
        mailto,
        one_click: https && post,
    });
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(section: &str) -> Headers {
        let tail = "\r\n\r\nBody: x\r\n\r\nList-Unsubscribe: <mailto:a>";
        read(
            &crate::scan::tests::sealed(&format!("{section}{tail}")),
            false,
        )
    }

    #[test]
    fn fields_agents_may_set_are_not_named() {
        let ours = "From: a\r\nUser-Agent: mutt\r\nX-Campaign: 1\r\nList-Id: <l>\r\nReferences: <1>\r\nsubject: b:c\r\n d: e";
        assert_eq!(headers(ours).foreign, Vec::<String>::new());
        assert_eq!(headers(ours).unsubscribe, None);
        assert_eq!(
            headers("From: a\r\nSender: b\r\n c\r\nBcc : d").foreign,
            ["Sender", "Bcc"]
        );
        assert!(
            headers("X-Key: secret\r\n more")
                .values
                .contains("secret\n more")
        );
        assert!(!headers("Subject: secret").values.contains("secret"));
    }

    #[test]
    fn unsubscribing_is_read_as_it_will_leave() {
        let one = |mailto, one_click| Some(Unsubscribe { mailto, one_click });
        for (section, wanted) in [
            ("List-Unsubscribe: <mailto:u@x.example>", one(true, false)),
            (
                "list-unsubscribe:\r\n <https://x.example/u>",
                one(false, false),
            ),
            (
                "List-Unsubscribe: <mailto:u@x.example>,\r\n\t<https://x.example/u>\r\n\
                 List-Unsubscribe-Post: List-Unsubscribe=One-Click",
                one(true, true),
            ),
            ("List-Unsubscribe-Post: List-Unsubscribe=One-Click", None),
        ] {
            assert_eq!(headers(section).unsubscribe, wanted, "{section}");
        }
    }
}
