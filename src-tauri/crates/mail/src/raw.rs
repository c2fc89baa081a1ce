//! A message the agent's own program composed: looked through, read into a draft, and sealed with
//! its own bytes.
//!
//! Two readers of one message must not see two messages: whatever mail programs are known to read
//! differently (a bare line break, a header twice, a multipart without its end) is refused here, in
//! a sentence, and never mended. What passes is kept byte for byte; only whole header fields are
//! taken out or put in, see [`Raw::seal`].

mod content;
mod head;

use domain::{Address, Composed, Draft, Envelope, Mailbox, NamedAddress, Sealed, Stream};
use mail_parser::{Message, MimeHeaders as _};

use crate::header::{begins_an_encoded_word, ends_a_line, shown};
use crate::parse::closed::Closed;
use head::Field;

/// Octets of a line without its CRLF (RFC 5322, section 2.1.1).
pub const LINE_OCTETS_MAX: usize = 998;
/// Header fields of a message.
pub const FIELDS_MAX: usize = 500;
/// Octets of the header section.
pub const HEAD_OCTETS_MAX: usize = 64 * 1024;
/// Parts of a message, those inside attached messages not counted.
pub const PARTS_MAX: usize = 500;

/// Why a message is not taken. Its text is a sentence for whoever wrote the program.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RawError {
    /// A CR without LF, an LF without CR, or a NUL.
    #[error("line {line} has a bare CR, a bare LF or a NUL in it; end lines with CRLF")]
    Bytes {
        /// Counted from 1.
        line: usize,
    },
    /// A line over [`LINE_OCTETS_MAX`].
    #[error("line {line} is longer than {LINE_OCTETS_MAX} octets; fold headers and encode bodies")]
    LongLine {
        /// Counted from 1.
        line: usize,
    },
    /// A header section that is none.
    #[error("the header section cannot be read at line {line}: {why}")]
    Head {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// A field that may stand once and stands twice.
    #[error("there is more than one `{name}` header; send one")]
    Repeated {
        /// The field.
        name: &'static str,
    },
    /// No sender, several, or one that readers could take for another.
    #[error("the `From` header is not one address; write `Name <local@domain>`")]
    From,
    /// A name or a subject that decodes to more than one line.
    #[error(
        "a name or the subject has a line break or control character in it, which a header cannot \
         hold; take it out"
    )]
    BrokenName,
    /// An address that some mail programs take for another one.
    #[error(
        "`{address}` cannot be written to: mail programs read `=?` in it as the start of an encoded \
         word; use another address of theirs"
    )]
    Address {
        /// The address or what stands in its place, shortened.
        address: String,
    },
    /// An MIME structure that readers disagree about.
    #[error("the MIME structure cannot be relied on: {why}")]
    Structure {
        /// What is wrong.
        why: &'static str,
    },
}

/// A message that passed, as it came.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Whose message it says it is.
    pub from: Address,
    /// What a person reads and the rules judge. Recipients are those of the envelope alone: in `to`
    /// and `cc` who is named there, in `bcc` the rest.
    pub draft: Draft,
    /// Its own idempotency key, from a header that is taken out.
    pub dedupe_key: Option<String>,
    fields: Vec<Field>,
    body: Vec<u8>,
}

/// Looks through a message and reads it. `rcpt_to` is the envelope.
///
/// # Errors
/// The first thing that keeps it from being taken.
pub fn read(bytes: &[u8], rcpt_to: &[Address]) -> Result<Raw, RawError> {
    lines(bytes)?;
    let (fields, body) = head::split(bytes)?;
    head::check(&fields)?;
    let closed = Closed::new(bytes);
    let nothing = RawError::Structure {
        why: "there is nothing in it a mail program would read",
    };
    let (Some(message), Some(tree)) = (closed.head(), closed.parse()) else {
        return Err(nothing);
    };
    let from = head::from(&fields, &message)?;
    head::addresses(&fields)?;
    envelope(rcpt_to)?;
    names(&message, &tree)?;
    let content = content::read(&closed, &tree)?;
    let (to, cc, bcc) = recipients(&message, rcpt_to);
    let draft = Draft {
        to,
        cc,
        bcc,
        reply_to: named(message.reply_to()),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: content.text,
        html: content.html,
        attachments: content.files,
        in_reply_to: single_id(message.in_reply_to()),
        references: Vec::new(),
        conversation: None,
        stream: Stream::Personal,
        reason: None,
        tags: std::collections::BTreeMap::new(),
        send_at: None,
        send_by: None,
        if_latest: None,
        composed: Some(Composed {
            message_id: head::message_id(&fields),
            from_name: named(message.from()).into_iter().find_map(|one| one.name),
        }),
    };
    Ok(Raw {
        from,
        draft,
        dedupe_key: head::dedupe_key(&fields),
        fields,
        body: body.to_vec(),
    })
}

impl Raw {
    /// Its own Message-ID, if it has one that another program could find again.
    pub fn message_id(&self) -> Option<&str> {
        let composed = self.draft.composed.as_ref()?;
        let id = composed.message_id.as_deref()?;
        crate::compose::is_message_id(id).then_some(id)
    }

    /// The bytes that will leave: the client's own, without the fields that are not its to write
    /// (`Date`, `Bcc`, `Sender`, trace, signature and resent fields, our keys), with this
    /// Message-ID in the place of its own. `Date` is set at the first attempt.
    pub fn seal(&self, mailbox: &Mailbox, message_id: &str) -> Sealed {
        let mut bytes = head::rewritten(&self.fields, message_id);
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        if !bytes.ends_with(b"\r\n") {
            bytes.extend_from_slice(b"\r\n");
        }
        Sealed {
            bytes,
            envelope: Envelope {
                mail_from: mailbox.address.clone(),
                rcpt_to: self.draft.recipients().into_iter().cloned().collect(),
            },
            message_id: message_id.to_owned(),
        }
    }
}

/// Every line ends in CRLF, is short enough and has no NUL; the last may lack its end.
fn lines(bytes: &[u8]) -> Result<(), RawError> {
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let content = line.strip_suffix(b"\r\n").unwrap_or(line);
        if content.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(RawError::Bytes { line: number });
        }
        if content.len() > LINE_OCTETS_MAX {
            return Err(RawError::LongLine { line: number });
        }
    }
    Ok(())
}

/// What ends a line; a tab in a message somebody else composed is a blank.
fn breaks(c: char) -> bool {
    c != '\t' && ends_a_line(c)
}

/// Who is named in no header here is named in one somewhere on the way.
fn envelope(rcpt_to: &[Address]) -> Result<(), RawError> {
    let mut all = rcpt_to.iter();
    match all.find(|address| begins_an_encoded_word(address.local())) {
        Some(address) => Err(RawError::Address {
            address: shown(address.as_str()),
        }),
        None => Ok(()),
    }
}

/// Neither a name nor the subject hides a line break in its encoding: whoever writes it out again
/// would make two headers of it.
fn names(message: &Message<'_>, tree: &Message<'_>) -> Result<(), RawError> {
    let lists = [
        message.from(),
        message.to(),
        message.cc(),
        message.reply_to(),
    ];
    let lists = || lists.iter().copied().flatten();
    let people = lists().flat_map(|list| list.iter().filter_map(mail_parser::Addr::name));
    let groups = lists().filter_map(mail_parser::Address::as_group).flatten();
    let groups = groups.filter_map(|group| group.name.as_deref());
    let files = tree.parts.iter().filter_map(|part| part.attachment_name());
    let mut all = people.chain(groups).chain(files).chain(message.subject());
    match all.any(|text| text.contains(breaks)) {
        true => Err(RawError::BrokenName),
        false => Ok(()),
    }
}

/// Who of the envelope is named in `To`, in `Cc`, and nowhere.
fn recipients(
    message: &Message<'_>,
    rcpt_to: &[Address],
) -> (Vec<NamedAddress>, Vec<NamedAddress>, Vec<NamedAddress>) {
    let mut left: Vec<&Address> = rcpt_to.iter().collect();
    let mut take = |list: Option<&mail_parser::Address<'_>>| {
        let mut taken = named(list);
        taken.retain(|one| {
            let found = left.iter().position(|address| **address == one.address);
            found.map(|index| left.remove(index)).is_some()
        });
        taken
    };
    let (to, cc) = (take(message.to()), take(message.cc()));
    let bcc = left.into_iter().cloned().map(NamedAddress::bare).collect();
    (to, cc, bcc)
}

/// The addresses of a header, those that are some; groups are taken apart.
pub(crate) fn named(list: Option<&mail_parser::Address<'_>>) -> Vec<NamedAddress> {
    let every = list.into_iter().flat_map(mail_parser::Address::iter);
    every
        .filter_map(|one| {
            let name = one.name().map(visible).filter(|name| !name.is_empty());
            Some(NamedAddress {
                name,
                address: one.address()?.parse().ok()?,
            })
        })
        .collect()
}

/// Decoded header text without what no header can hold.
fn visible(text: &str) -> String {
    text.chars().filter(|c| !ends_a_line(*c)).collect()
}

/// The one message this answers, if the header names one.
fn single_id(value: &mail_parser::HeaderValue<'_>) -> Option<String> {
    let id = format!("<{}>", value.as_text()?);
    crate::compose::is_message_id(&id).then_some(id)
}
