//! The heavy reading of a message, done once and before the transaction.

use domain::{Attachment, Digest, Draft, Scan, Sealed};
use unicode_normalization::UnicodeNormalization as _;

/// Reads a message as asked for and as sealed. Bounded by the sizes its door let in.
///
/// The content digest covers envelope recipients (folded), subject and bodies with case, white
/// space and reply prefixes folded as below, and the digests of the files: two asks share it if
/// they put the same mail in front of the same people.
pub fn scan(draft: &Draft, sealed: &Sealed) -> Scan {
    Scan {
        content: content(draft),
        octets: sealed.bytes.len() as u64,
        attachments: u32::try_from(draft.attachments.len()).unwrap_or(u32::MAX),
    }
}

fn content(draft: &Draft) -> Digest {
    let mut recipients: Vec<String> = draft
        .recipients()
        .iter()
        .map(|address| address.folded())
        .collect();
    recipients.sort_unstable();
    recipients.dedup();
    let mut files: Vec<Digest> = draft.attachments.iter().map(file).collect();
    files.sort_unstable();
    let files: Vec<u8> = files.iter().flat_map(|digest| digest.0).collect();
    Digest::of_parts([
        recipients.join("\n").as_bytes(),
        subject(&draft.subject).as_bytes(),
        folded_space(draft.text.as_deref().unwrap_or_default()).as_bytes(),
        folded_space(draft.html.as_deref().unwrap_or_default()).as_bytes(),
        &files,
    ])
}

/// Its bytes and nothing else: a file renamed is the same file.
fn file(attachment: &Attachment) -> Digest {
    Digest::of(&attachment.content)
}

/// A subject without case, white space and the prefixes of answers and forwards.
fn subject(subject: &str) -> String {
    let folded = folded_space(subject).to_lowercase();
    let mut rest = folded.as_str();
    while let Some(shorter) = ["re:", "fw:", "fwd:", "aw:", "wg:", "sv:", "antw:"]
        .iter()
        .find_map(|prefix| rest.strip_prefix(prefix))
    {
        rest = shorter.trim_start();
    }
    rest.to_owned()
}

/// Runs of white space as one space, composed characters (NFC).
fn folded_space(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.nfc());
    }
    folded
}
