//! What every door reads out of its visitor's shape, and the one way from there to an ask.
//!
//! A door is a shape and a dialect: the shape says which of its fields is which of these, and here
//! addresses are parsed, files and times taken over. Nothing is judged.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{
    Address, Attachment, Code, Digest, Draft, NamedAddress, Problem, Span, Stream, Timestamp,
    limits,
};
use engine::Ask;

use crate::problem::cut;

/// A message as some visitor wrote it; addresses still text.
#[derive(Debug, Default)]
pub struct Letter {
    /// As which mailbox.
    pub from: Mention,
    /// Visible recipients.
    pub to: People,
    /// Visible copies.
    pub cc: People,
    /// Hidden copies.
    pub bcc: People,
    /// Where answers should go.
    pub reply_to: People,
    /// Subject.
    pub subject: String,
    /// Plain text body.
    pub text: Option<String>,
    /// HTML body.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Message-ID of the message it answers.
    pub in_reply_to: Option<String>,
    /// Kind of mail.
    pub stream: Stream,
    /// Why it is sent.
    pub reason: Option<String>,
    /// The agent's labels.
    pub tags: BTreeMap<String, String>,
    /// Not before.
    pub send_at: Option<Timestamp>,
    /// Not after.
    pub send_by: Option<Timestamp>,
}

/// One address, and the JSON pointer of where it was written.
#[derive(Debug, Default)]
pub struct Mention {
    /// As written.
    pub text: String,
    /// Where.
    pub pointer: String,
}

/// Addresses in the order they were written.
#[derive(Debug, Default)]
pub struct People {
    /// Each with its place.
    pub mentions: Vec<Mention>,
    /// The field they stand in.
    pub pointer: String,
}

/// The key an ask came with, and how long it means that ask; for good if absent.
#[derive(Debug, Default)]
pub struct Key {
    /// As given.
    pub text: Option<String>,
    /// Until when after the ask.
    pub lasts: Option<Span>,
}

impl People {
    /// The entries of a JSON list.
    pub fn listed(entries: Vec<String>, pointer: String) -> Self {
        let mention = |(index, text)| Mention {
            text,
            pointer: format!("{pointer}/{index}"),
        };
        People {
            mentions: entries.into_iter().enumerate().map(mention).collect(),
            pointer,
        }
    }

    /// One text with several addresses, commas between them (RFC 5322, section 3.4): a comma inside
    /// quotes or angle brackets belongs to a name.
    pub fn in_line(text: &str, pointer: String) -> Self {
        let mention = |text: &str| Mention {
            // Blanks and nothing else: any other character at an end is the parser's to refuse.
            text: text.trim_matches([' ', '\t']).to_owned(),
            pointer: pointer.clone(),
        };
        People {
            mentions: split_line(text).into_iter().map(mention).collect(),
            pointer,
        }
    }

    fn parsed(self) -> Result<Vec<NamedAddress>, Problem> {
        let People { mentions, pointer } = self;
        if mentions.len() > limits::RECIPIENTS_MAX {
            let max = limits::RECIPIENTS_MAX;
            let detail = format!("one ask has at most {max} recipients; split it");
            return Err(Problem::new(Code::TooManyRecipients, detail).at(pointer));
        }
        mentions.into_iter().map(Mention::named).collect()
    }
}

fn split_line(text: &str) -> Vec<&str> {
    let (mut quoted, mut escaped, mut inside) = (false, false, false);
    let mut entries: Vec<&str> = text
        .split(|c: char| {
            let was_escaped = std::mem::take(&mut escaped);
            match c {
                _ if was_escaped => {}
                '\\' => escaped = quoted,
                '"' => quoted = !quoted,
                '<' if !quoted => inside = true,
                '>' if !quoted => inside = false,
                _ => {}
            }
            c == ',' && !quoted && !inside
        })
        .collect();
    entries.retain(|entry| !entry.trim().is_empty());
    entries
}

impl Mention {
    /// An address and where it was written.
    pub fn new(text: impl Into<String>, pointer: impl Into<String>) -> Self {
        Mention {
            text: text.into(),
            pointer: pointer.into(),
        }
    }

    /// The bare address.
    ///
    /// # Errors
    /// `invalid_address` with its pointer.
    pub fn address(self) -> Result<Address, Problem> {
        let Mention { text, pointer } = self;
        text.parse::<Address>()
            .map_err(|error| invalid(&error, pointer))
    }

    /// The address with the name beside it.
    ///
    /// # Errors
    /// `invalid_address`, `header_injection`, each with its pointer.
    pub fn named(self) -> Result<NamedAddress, Problem> {
        let Mention { text, pointer } = self;
        // A line break between two headers is an attack, not a slip: it has its own code.
        if text.contains(['\r', '\n']) {
            let detail = "an address has no line breaks; send one address per entry";
            return Err(Problem::new(Code::HeaderInjection, detail).at(pointer));
        }
        text.parse::<NamedAddress>()
            .map_err(|error| invalid(&error, pointer))
    }
}

fn invalid(error: &domain::AddressError, pointer: String) -> Problem {
    Problem::new(Code::InvalidAddress, error.to_string()).at(pointer)
}

/// A file's bytes out of standard base64.
///
/// # Errors
/// `invalid_attachment` with the pointer.
pub fn decoded(
    name: &str,
    content: &str,
    pointer: impl Fn() -> String,
) -> Result<Vec<u8>, Problem> {
    STANDARD.decode(content.as_bytes()).map_err(|error| {
        let name = cut(name, 80);
        let detail = format!(
            "the content of `{name}` is not base64: {error}; send standard base64 with padding"
        );
        Problem::new(Code::InvalidAttachment, detail).at(pointer())
    })
}

/// Base64 as clients wrap it (RFC 2045, section 6.8: lines of 76), without its line breaks and
/// blanks. Our own door takes none: who writes for it reads what it takes.
pub fn unwrapped(content: &str) -> Cow<'_, str> {
    let blank = |c: char| c.is_ascii_whitespace();
    match content.contains(blank) {
        true => Cow::Owned(content.replace(blank, "")),
        false => Cow::Borrowed(content),
    }
}

/// What a file's name says about its type; unknown names are plain bytes.
pub fn media_type(filename: &str) -> String {
    mime_guess::from_path(filename)
        .first_or_octet_stream()
        .essence_str()
        .to_owned()
}

/// The message that custom headers say this one answers.
///
/// # Errors
/// `invalid_field` for any other header, with its pointer: what leaves carries none of them, and a
/// sender who set one would rather know.
pub fn answered(
    headers: impl IntoIterator<Item = (String, String)>,
    base: &str,
) -> Result<Option<String>, Problem> {
    let (mut answered, mut last_reference) = (None, None);
    for (name, value) in headers {
        if name.eq_ignore_ascii_case("In-Reply-To") {
            answered = Some(value);
        } else if name.eq_ignore_ascii_case("References") {
            last_reference = value.split_whitespace().next_back().map(str::to_owned);
        } else {
            let name = cut(&name, 80);
            let detail = format!(
                "the header `{name}` is not sent from here; leave it out (`In-Reply-To` and \
                 `References` are)"
            );
            return Err(Problem::new(Code::InvalidField, detail).at(format!("{base}/{name}")));
        }
    }
    Ok(answered.or(last_reference))
}

impl Letter {
    /// The ask in domain words. `digest` says what "same content" means for the key.
    ///
    /// A display name beside the sender is let go: the mailbox has its own.
    ///
    /// # Errors
    /// `invalid_address`, `too_many_recipients`, each with its pointer. What needs more than the
    /// shape to see is the engine's to say.
    pub fn into_ask(
        self,
        key: Key,
        digest: impl FnOnce(&Address, &Draft) -> Digest,
    ) -> Result<Ask, Problem> {
        let mailbox = self.from.named()?.address;
        let draft = Draft {
            to: self.to.parsed()?,
            cc: self.cc.parsed()?,
            bcc: self.bcc.parsed()?,
            reply_to: self.reply_to.parsed()?,
            subject: self.subject,
            text: self.text,
            html: self.html,
            attachments: self.attachments,
            in_reply_to: self.in_reply_to,
            references: Vec::new(),
            conversation: None,
            stream: self.stream,
            reason: self.reason,
            tags: self.tags,
            send_at: self.send_at,
            send_by: self.send_by,
            if_latest: None,
            composed: None,
        };
        let request = digest(&mailbox, &draft);
        Ok(Ask {
            mailbox,
            dedupe_key: key.text,
            key_lasts: key.lasts,
            request,
            draft,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        let people = People::in_line(text, "/To".into());
        people.mentions.into_iter().map(|m| m.text).collect()
    }

    #[test]
    fn commas_in_names_separate_nobody() {
        assert_eq!(split("a@x.example"), ["a@x.example"]);
        assert_eq!(
            split("\"Doe, Ann\" <a@x.example>, Bob <b@x.example>,,"),
            ["\"Doe, Ann\" <a@x.example>", "Bob <b@x.example>"]
        );
        assert_eq!(
            split(r#""a\", b" <a@x.example>,c@x.example"#),
            [r#""a\", b" <a@x.example>"#, "c@x.example"]
        );
        assert_eq!(split(" , "), Vec::<String>::new());
    }

    #[test]
    fn a_line_break_in_a_name_is_an_attack_whatever_the_door() {
        for text in ["A\r\nBcc: e@x.example <a@x.example>", "a@x.example\nBcc: b"] {
            let problem = Mention::new(text, "/to").named().unwrap_err();
            assert_eq!(problem.code, Code::HeaderInjection, "{text}");
        }
    }
}
