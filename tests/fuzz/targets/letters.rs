//! Mail: as it arrives, and as an agent's own program composed it.

use domain::inbound::{Content, HEADERS_MAX, PART_TEXT_OCTETS_MAX, PARTS_MAX};
use domain::{Address, Draft, Mailbox, Timestamp};
use mail::parse::{self, HEADER_CHARS_MAX};
use mail::raw::{FIELDS_MAX, HEAD_OCTETS_MAX};

/// The Message-ID that what passes is given.
const OURS: &str = "<ours@here.example>";

/// A message is taken apart, within its limits, and twice the same.
pub fn mime(bytes: &[u8]) {
    let view = parse::view(bytes);
    assert_eq!(view, parse::view(bytes));
    let short = |value: &String| value.chars().count() <= HEADER_CHARS_MAX;
    assert!(view.headers.iter().all(|one| short(&one.value)));
    for file in &view.attachments {
        let content = parse::attachment(bytes, file.index);
        assert!(content.is_some(), "a file that is listed is there");
    }
    assert_eq!(parse::texts(bytes), parse::texts(bytes));

    let message = parse::inbound::inbound(bytes);
    assert_eq!(message, parse::inbound::inbound(bytes));
    assert!(message.headers.len() <= HEADERS_MAX);
    assert!(message.parts.len() <= PARTS_MAX);
    for part in &message.parts {
        if let Content::Text(text) | Content::Html(text) = &part.content {
            assert!(text.len() <= PART_TEXT_OCTETS_MAX);
        }
    }
    let dates = message.headers.iter().filter(|one| one.name == "Date");
    for date in dates {
        assert_eq!(parse::date(&date.value), parse::date(&date.value));
    }
}

/// A received message is judged, and twice the same.
pub fn triage(bytes: &[u8]) {
    let message = parse::inbound::inbound(bytes);
    let received = Timestamp::from_seconds(1_795_341_600);
    let trusted = ["mx.here.example".to_owned()];
    let judged = triage::triage(&message, received, &trusted);
    let again = triage::triage(&message, received, &trusted);
    assert_eq!(judged, again);
    assert_eq!(judged.threat_class(), again.threat_class());
    assert_eq!(triage::shown(&message), triage::shown(&message));
}

/// A composed message is refused in a sentence, or what is sealed of it reads the same and is sealed
/// the same again, unless what is added in sealing is more than may be given.
pub fn raw(bytes: &[u8]) {
    let bob: Vec<Address> = vec!["bob@x.example".parse().unwrap()];
    // As the door hands them over: their last line is ended.
    let mut bytes = bytes.to_vec();
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    let raw = match mail::raw::read(&bytes, &bob) {
        Ok(raw) => raw,
        Err(refused) => {
            let sentence = refused.to_string();
            assert!(!sentence.is_empty() && !sentence.contains(['\r', '\n']));
            return;
        }
    };
    let sealed = raw.seal(&mailbox(), OURS);
    let head = sealed.bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let head = head
        .and_then(|end| sealed.bytes.get(..end))
        .unwrap_or(&sealed.bytes);
    let lines = head.iter().filter(|octet| **octet == b'\n').count() + 1;
    if lines > FIELDS_MAX || head.len() + 4 > HEAD_OCTETS_MAX {
        return;
    }
    let again = mail::raw::read(&sealed.bytes, &bob).expect("what passed, passes sealed");
    let content = |draft: &Draft| Draft {
        composed: None,
        ..draft.clone()
    };
    assert_eq!(content(&again.draft), content(&raw.draft));
    assert_eq!(again.from, raw.from);
    assert_eq!(again.message_id(), Some(OURS));
    assert_eq!(again.dedupe_key, None, "our keys stay with us");
    assert_eq!(again.seal(&mailbox(), OURS), sealed);
}

fn mailbox() -> Mailbox {
    Mailbox {
        id: "mbx_00000000000000000000000000000001".parse().unwrap(),
        address: "ann@here.example".parse().unwrap(),
        display_name: None,
        account: "acc_00000000000000000000000000000001".parse().unwrap(),
        paused_at: None,
        created_at: Timestamp::from_seconds(0),
    }
}
