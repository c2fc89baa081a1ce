//! What cannot be composed, and why: the last look before text becomes headers.

use domain::{Code, Draft, Mailbox, NamedAddress};

use crate::header::{begins_an_encoded_word, ends_a_line, shown};

/// A draft that cannot become a message. Its text is a sentence for a person.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ComposeError {
    /// Nobody in to, cc or bcc.
    #[error("the message has no recipient; give at least one in `to`, `cc` or `bcc`")]
    NoRecipients,
    /// CR, LF, NUL or another control character where a header goes.
    #[error("{what} has a line break or control character, which a header cannot hold; remove it")]
    Control {
        /// JSON pointer to the field.
        pointer: String,
        /// The field in words.
        what: &'static str,
    },
    /// An address that some mail programs take for another one.
    #[error(
        "`{address}` cannot be written to: mail programs read `=?` in it as the start of an encoded \
         word; use another address of theirs"
    )]
    Address {
        /// JSON pointer to the field.
        pointer: String,
        /// The address, shortened.
        address: String,
    },
    /// A file name that is none, or that mail programs read differently.
    #[error("`{name}` cannot be the name of a file in a message: {why}")]
    Filename {
        /// JSON pointer to the field.
        pointer: String,
        /// The name, shortened.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A content type that is none, or that cannot be attached.
    #[error("`{content_type}` cannot be the content type of a file: {why}")]
    ContentType {
        /// JSON pointer to the field.
        pointer: String,
        /// The content type, shortened.
        content_type: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Not of the form `<left@right>`.
    #[error("`{id}` is not a message id; it looks like <id@domain>, in ASCII and without spaces")]
    MessageId {
        /// JSON pointer to the field.
        pointer: String,
        /// The id, shortened.
        id: String,
    },
}

impl ComposeError {
    /// JSON pointer (RFC 6901) to the field of the draft it is about.
    pub fn pointer(&self) -> &str {
        match self {
            ComposeError::NoRecipients => "/to",
            ComposeError::Control { pointer, .. }
            | ComposeError::Address { pointer, .. }
            | ComposeError::Filename { pointer, .. }
            | ComposeError::ContentType { pointer, .. }
            | ComposeError::MessageId { pointer, .. } => pointer,
        }
    }

    /// The code a door answers with.
    pub fn code(&self) -> Code {
        match self {
            ComposeError::NoRecipients => Code::NoRecipients,
            ComposeError::Control { .. } => Code::HeaderInjection,
            ComposeError::Address { .. } => Code::InvalidAddress,
            ComposeError::Filename { .. } | ComposeError::ContentType { .. } => {
                Code::InvalidAttachment
            }
            ComposeError::MessageId { .. } => Code::InvalidField,
        }
    }
}

/// Octets of a message id, so that its header stays a line.
const MESSAGE_ID_OCTETS_MAX: usize = 900;
/// Octets of a content type with its parameters.
const CONTENT_TYPE_OCTETS_MAX: usize = 255;

/// Everything of a draft that goes into a header.
pub(super) fn draft(mailbox: &Mailbox, draft: &Draft, id: &str) -> Result<(), ComposeError> {
    if draft.to.is_empty() && draft.cc.is_empty() && draft.bcc.is_empty() {
        return Err(ComposeError::NoRecipients);
    }
    if let Some(name) = &mailbox.display_name {
        no_control("/mailbox", "the mailbox's display name", name)?;
    }
    no_control("/subject", "the subject", &draft.subject)?;
    names("to", &draft.to)?;
    names("cc", &draft.cc)?;
    names("bcc", &draft.bcc)?;
    names("reply_to", &draft.reply_to)?;
    message_id("/message_id", id)?;
    if let Some(parent) = &draft.in_reply_to {
        message_id("/in_reply_to", parent)?;
    }
    for id in &draft.references {
        message_id("/in_reply_to", id)?;
    }
    for (index, file) in draft.attachments.iter().enumerate() {
        filename(index, &file.filename)?;
    }
    Ok(())
}

fn names(field: &str, list: &[NamedAddress]) -> Result<(), ComposeError> {
    for (index, named) in list.iter().enumerate() {
        let pointer = format!("/{field}/{index}");
        if let Some(name) = &named.name {
            no_control(&pointer, "the name beside an address", name)?;
        }
        if begins_an_encoded_word(named.address.local()) {
            let address = shown(named.address.as_str());
            return Err(ComposeError::Address { pointer, address });
        }
    }
    Ok(())
}

fn no_control(pointer: &str, what: &'static str, text: &str) -> Result<(), ComposeError> {
    if text.contains(ends_a_line) {
        return Err(ComposeError::Control {
            pointer: pointer.to_owned(),
            what,
        });
    }
    Ok(())
}

/// True for `<left@right>` in plain ASCII: an id that can stand in a header and be found again.
pub fn is_message_id(id: &str) -> bool {
    let inner = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    inner.is_some_and(|inner| {
        inner.len() <= MESSAGE_ID_OCTETS_MAX
            && inner
                .chars()
                .all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>'))
            && inner
                .rsplit_once('@')
                .is_some_and(|(left, right)| !left.is_empty() && !right.is_empty())
    })
}

fn message_id(pointer: &str, id: &str) -> Result<(), ComposeError> {
    if is_message_id(id) {
        return Ok(());
    }
    Err(ComposeError::MessageId {
        pointer: pointer.to_owned(),
        id: shown(id),
    })
}

fn filename(index: usize, name: &str) -> Result<(), ComposeError> {
    no_control(
        &format!("/attachments/{index}/filename"),
        "a file name",
        name,
    )?;
    let why = if name.trim().is_empty() || name == "." || name == ".." {
        "it is empty"
    } else if name.contains(['/', '\\']) {
        "it has a path in it; give the last part alone"
    } else if name.chars().count() > domain::limits::FILENAME_CHARS_MAX {
        "it is over 255 characters"
    } else if begins_an_encoded_word(name) {
        // Some readers decode it as RFC 2047 and show another name than was approved.
        "mail programs read `=?` as the start of an encoded word"
    } else {
        return Ok(());
    };
    Err(ComposeError::Filename {
        pointer: format!("/attachments/{index}/filename"),
        name: shown(name),
        why,
    })
}

/// A content type as it goes into the header: `type/subtype` and parameters, checked (RFC 2045, 5.1).
pub(super) fn content_type(index: usize, given: &str) -> Result<String, ComposeError> {
    let refuse = |why| {
        Err(ComposeError::ContentType {
            pointer: format!("/attachments/{index}/content_type"),
            content_type: shown(given),
            why,
        })
    };
    if given.len() > CONTENT_TYPE_OCTETS_MAX {
        return refuse("it is over 255 octets");
    }
    if !given.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return refuse("it has a character that cannot stand there");
    }
    let mut pieces = given.split(';');
    let media = pieces.next().unwrap_or_default().trim();
    let Some((top, sub)) = media.split_once('/') else {
        return refuse("it is not of the form type/subtype");
    };
    if !is_token(top) || !is_token(sub) {
        return refuse("it is not of the form type/subtype");
    }
    // Their bodies would have to be MIME themselves, unencoded; a file's bytes are not ours to check.
    if top.eq_ignore_ascii_case("multipart") || top.eq_ignore_ascii_case("message") {
        return refuse("a file is not a part of its own; use application/octet-stream");
    }
    let mut kept = format!("{top}/{sub}");
    for piece in pieces {
        let Some((name, value)) = piece.trim().split_once('=') else {
            return refuse("a parameter is not of the form name=value");
        };
        let (name, value) = (name.trim(), value.trim());
        let bare = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(value);
        if !is_token(name) || bare.is_empty() || bare.contains(['"', '\\', '=']) {
            return refuse("a parameter is not of the form name=value");
        }
        // The name is the disposition's to give; two names are two answers to what a file is.
        if name.eq_ignore_ascii_case("name") || name.eq_ignore_ascii_case("boundary") {
            continue;
        }
        kept.push_str(&format!(";\r\n {name}=\"{bare}\""));
    }
    Ok(kept)
}

/// RFC 2045 `token`.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=*%'".contains(c))
}
