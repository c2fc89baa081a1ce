//! A draft becomes the exact bytes a person approves: everything but `Date` (RFC 5322, MIME).
//!
//! Promises, each held by a property test: the same input is the same bytes; reading them back
//! gives the draft's content; lines end in CRLF and hold at most 998 octets, a bare CR or LF never
//! occurs; hidden recipients are in the envelope alone; nothing a draft says can add a header.
//! All bytes are ASCII unless an address is international: then headers are UTF-8 (RFC 6532) and
//! the relay must offer SMTPUTF8.

mod body;
mod bulk;
mod check;
mod header;

use domain::{
    Address, Draft, Envelope, Mailbox, NamedAddress, OWN_ID_FIELD, Sealed, SubmissionId, Timestamp,
};

pub use bulk::Bulk;
pub use check::{ComposeError, is_message_id};

use body::{Entity, Multipart};

/// Composes everything but `Date`.
///
/// `message_id` comes with its angle brackets. `boundary_seed` makes the MIME boundaries: give
/// fresh randomness per submission, so that nobody who writes a body knows them. Line breaks in
/// bodies become CRLF; recipients named twice are in the envelope once. Mail to many carries what
/// `bulk` says.
///
/// Errors name the field by JSON pointer. Doors check the same things first, so an error here is
/// one a door missed.
pub fn compose(
    mailbox: &Mailbox,
    draft: &Draft,
    message_id: &str,
    boundary_seed: &[u8; 32],
    bulk: Option<&Bulk>,
) -> Result<Sealed, ComposeError> {
    check::draft(mailbox, draft, message_id)?;
    let signed;
    let draft = match bulk {
        Some(bulk) => {
            signed = bulk.signed(draft);
            &signed
        }
        None => draft,
    };
    let from = NamedAddress {
        name: mailbox.display_name.clone(),
        address: mailbox.address.clone(),
    };

    // One fixed order of headers: part of what is approved, and of what filters learn to know.
    let mut head = String::new();
    header::addresses(&mut head, "From", std::slice::from_ref(&from));
    if draft.to.is_empty() && draft.cc.is_empty() {
        head.push_str("To: undisclosed-recipients:;\r\n");
    }
    header::addresses(&mut head, "To", &draft.to);
    header::addresses(&mut head, "Cc", &draft.cc);
    header::addresses(&mut head, "Reply-To", &draft.reply_to);
    header::subject(&mut head, &draft.subject);
    head.push_str(&format!("Message-ID: {message_id}\r\n"));
    head.push_str(&format!("{OWN_ID_FIELD}: {message_id}\r\n"));
    if let Some(parent) = &draft.in_reply_to {
        head.push_str(&format!("In-Reply-To: {parent}\r\n"));
        header::references(&mut head, &draft.references, parent);
    }
    if let Some(bulk) = bulk {
        head.push_str(&bulk.head(&mailbox.address, message_id));
    }
    head.push_str("MIME-Version: 1.0\r\n");

    let mut bytes = head.into_bytes();
    content(draft, boundary_seed)?.write(&mut bytes);
    // A message is lines: SMTP ends the last one whether we do or not (RFC 5321, 4.1.1.4).
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    Ok(Sealed {
        bytes,
        envelope: Envelope {
            mail_from: mailbox.address.clone(),
            rcpt_to: draft.recipients().into_iter().cloned().collect(),
        },
        message_id: message_id.to_owned(),
    })
}

/// The MIME tree of a draft: text, html or both as alternatives; with files, all in a `mixed`.
fn content(draft: &Draft, seed: &[u8; 32]) -> Result<Entity, ComposeError> {
    let text = draft.text.as_deref().map(|t| body::text("plain", t));
    let html = draft.html.as_deref().map(|t| body::text("html", t));
    let words = match (text, html) {
        (Some(text), Some(html)) => Some(Entity::Multi(Multipart {
            subtype: "alternative",
            boundary: body::boundary(seed, 'a'),
            parts: vec![text, html],
        })),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    };
    if draft.attachments.is_empty() {
        return Ok(words.unwrap_or_else(|| body::text("plain", "")));
    }
    let mut parts: Vec<Entity> = words.into_iter().collect();
    for (index, file) in draft.attachments.iter().enumerate() {
        parts.push(body::file(index, file)?);
    }
    Ok(Entity::Multi(Multipart {
        subtype: "mixed",
        boundary: body::boundary(seed, 'm'),
        parts,
    }))
}

/// The value of a `Date` header: RFC 5322, in UTC (`Sun, 22 Nov 2026 10:00:00 +0000`).
///
/// Instants a calendar cannot hold are written as its nearest end.
pub fn date_header(at: Timestamp) -> String {
    let instant = jiff::Timestamp::from_second(at.seconds()).unwrap_or(if at.seconds() < 0 {
        jiff::Timestamp::UNIX_EPOCH
    } else {
        jiff::Timestamp::MAX
    });
    instant
        .to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("%a, %d %b %Y %H:%M:%S +0000")
        .to_string()
}

/// The Message-ID of a submission, with angle brackets: its id without prefix at the mailbox's
/// domain. It stays through edits and retries.
pub fn message_id(submission: SubmissionId, mailbox: &Address) -> String {
    let id = submission.to_string();
    let bare = id.strip_prefix("sub_").unwrap_or(&id);
    format!("<{bare}@{}>", mailbox.domain())
}

/// A copy of the bytes' header section shows whether it needs SMTPUTF8: true if any octet before
/// the empty line is beyond ASCII.
pub(crate) fn has_utf8_headers(bytes: &[u8]) -> bool {
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or(bytes.len());
    !bytes.get(..end).unwrap_or(bytes).is_ascii()
}
