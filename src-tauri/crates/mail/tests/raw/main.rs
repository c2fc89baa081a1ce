//! Messages other programs composed: whatever comes, it is refused in words or kept byte for byte.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a surprise in a test is a failed test"
)]

use domain::{Address, Draft, Mailbox};
use mail::raw::{RawError, read};
use proptest::prelude::*;

const OURS: &str = "<ours@here.example>";

fn bob() -> Vec<Address> {
    vec!["bob@x.example".parse().unwrap()]
}

fn mailbox() -> Mailbox {
    Mailbox {
        id: "mbx_00000000000000000000000000000001".parse().unwrap(),
        address: "ann@here.example".parse().unwrap(),
        display_name: None,
        account: "acc_00000000000000000000000000000001".parse().unwrap(),
        paused_at: None,
        created_at: domain::Timestamp::from_seconds(0),
    }
}

/// A message with these lines in its header section and this body.
fn message(headers: &[String], body: &str) -> String {
    let more: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("From: Ann <ann@here.example>\r\nTo: bob@x.example\r\n{more}\r\n{body}")
}

fn any_headers() -> impl Strategy<Value = Vec<String>> {
    let name = "X-[A-Za-z0-9-]{1,12}";
    let value = "[ -~äß東🌸]{0,60}";
    let folded = "(\r\n [!-~]{1,20})?";
    proptest::collection::vec(
        (name, value, folded).prop_map(|(n, v, f)| format!("{n}: {v}{f}")),
        0..8,
    )
}

fn any_body() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ -~äß東🌸]{0,80}", 0..12).prop_map(|lines| {
        lines
            .into_iter()
            .map(|line| format!("{line}\r\n"))
            .collect()
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_fall_over(bytes in proptest::collection::vec(any::<u8>(), 0..1_500)) {
        let _refused_or_read = read(&bytes, &bob());
    }

    #[test]
    fn no_almost_message_makes_it_fall_over(
        pieces in proptest::collection::vec(proptest::sample::select(&[
            "From: a@b.example\r\n", "Content-Type: multipart/mixed; boundary=b\r\n", "\r\n", "--b\r\n",
            "--b--\r\n", "Content-Type: message/rfc822\r\n", "Content-Transfer-Encoding: base64\r\n",
            "Subject: =?utf-8?b?w6Q=?=\r\n", " folded\r\n", "x", ":", "=", "\r", "\n", "\0", "..\r\n",
            "Content-Type: text/html; charset=\"", "Content-Disposition: attachment; filename*=utf-8''%",
        ][..]), 0..40)
    ) {
        let _refused_or_read = read(pieces.concat().as_bytes(), &bob());
    }

    #[test]
    fn what_passes_is_sealed_as_it_came_and_reads_the_same(headers in any_headers(), body in any_body()) {
        let came = message(&headers, &body);
        let raw = read(came.as_bytes(), &bob()).unwrap();
        let sealed = raw.seal(&mailbox(), OURS);
        let text = String::from_utf8(sealed.bytes.clone()).unwrap();
        let ours = format!("Message-ID: {OURS}\r\n");
        let own = format!("X-Sendoff-ID: {OURS}\r\n");
        prop_assert_eq!(text.matches(&own).count(), 1);
        let whole = text.replacen(&own, "", 1).replacen(&ours, "", 1);
        prop_assert!(whole == came || whole == format!("{came}\r\n"), "{whole:?}\n{came:?}");
        let again = read(&sealed.bytes, &bob()).unwrap();
        let content = |draft: &Draft| Draft { composed: None, ..draft.clone() };
        prop_assert_eq!(content(&again.draft), content(&raw.draft));
        prop_assert_eq!(again.message_id(), Some(OURS));
    }
}

#[test]
fn every_text_and_every_file_is_there_to_be_judged() {
    let body = "--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n\
        --i\r\n\r\nfirst text\r\n--i\r\nContent-Type: text/html\r\n\r\n<p>first html</p>\r\n--i--\r\n\
        --o\r\nContent-Type: text/plain\r\n\r\nsecond text\r\n\
        --o\r\nContent-Type: application/pdf; name=\"../a b.pdf\"\r\nContent-Disposition: attachment\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n\
        --o\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\nSubject: inside\r\n\r\nthird text\r\n\
        --o--\r\n";
    let headers = ["Content-Type: multipart/mixed; boundary=o".to_owned()];
    let raw = read(message(&headers, body).as_bytes(), &bob()).unwrap();
    let text = raw.draft.text.unwrap();
    assert!(
        text.contains("first text") && text.contains("second text"),
        "{text}"
    );
    assert!(raw.draft.html.unwrap().contains("first html"));
    let files: Vec<(&str, &str, &[u8])> = raw
        .draft
        .attachments
        .iter()
        .map(|file| {
            (
                file.filename.as_str(),
                file.content_type.as_str(),
                file.content.as_slice(),
            )
        })
        .collect();
    assert_eq!(files[0], (".._a b.pdf", "application/pdf", &b"%PDF-"[..]));
    assert_eq!(files[1].1, "message/rfc822");
    assert!(String::from_utf8_lossy(files[1].2).contains("third text"));
    assert_eq!(files.len(), 2);
}

#[test]
fn who_it_is_from_cannot_be_read_two_ways() {
    let from = |value: &str| {
        let text = format!("From: {value}\r\nTo: bob@x.example\r\n\r\nhi\r\n");
        read(text.as_bytes(), &bob()).map(|raw| raw.from.to_string())
    };
    for fine in [
        "ann@here.example",
        "Ann <ann@here.example>",
        "\"Ann, of Here (sales) <x>\" <ann@here.example>",
        "=?utf-8?q?=C3=84nn?= <ann@here.example>",
        "Ann\r\n <ann@here.example>",
        "<ann@here.example>",
    ] {
        assert_eq!(from(fine).as_deref(), Ok("ann@here.example"), "{fine}");
    }
    for two in [
        "",
        "Ann",
        "ann@here.example, eve@x.example",
        "ann@here.example <eve@x.example> <ann@here.example>",
        "(ann@here.example) eve@x.example",
        "eve@x.example (ann@here.example)",
        "group: ann@here.example;",
        "<@eve.example:ann@here.example>",
        "Ann <ann@here.example> eve@x.example",
    ] {
        assert_eq!(from(two), Err(RawError::From), "{two}");
    }
}

#[test]
fn no_encoded_word_hides_the_end_of_a_line() {
    let ends = [
        "=0D=0A",
        "=0A",
        "=0D",
        "=00",
        "=0B",
        "=0C",
        "=1B",
        "=C2=85",
        "=E2=80=A8",
        "=E2=80=A9",
    ];
    for end in ends {
        let word = format!("=?utf-8?q?a{end}X-Smuggled:_yes?=");
        for header in [
            format!("Subject: {word}"),
            format!("Cc: {word} <cee@x.example>"),
            format!("Cc: {word}: cee@x.example;"),
            format!("Reply-To: {word} <ann@here.example>"),
            format!("Content-Disposition: attachment; filename=\"{word}\""),
        ] {
            let text = message(std::slice::from_ref(&header), "hi\r\n");
            let refused = read(text.as_bytes(), &bob()).err();
            assert_eq!(refused, Some(RawError::BrokenName), "{header}");
        }
        let from = format!(
            "From: =?utf-8?q?a{end}X?= <ann@here.example>\r\nTo: bob@x.example\r\n\r\nhi\r\n"
        );
        let refused = read(from.as_bytes(), &bob()).err();
        assert_eq!(refused, Some(RawError::BrokenName), "{from}");
    }
    // A tab is a blank, and a blank ends nothing.
    for fine in [
        "Subject: =?utf-8?q?a=09b?=",
        "Subject: a\r\n\tb",
        "Cc: =?utf-8?q?C=C3=A9?= <c@x.example>",
    ] {
        let text = message(&[fine.to_owned()], "hi\r\n");
        assert!(read(text.as_bytes(), &bob()).is_ok(), "{fine}");
    }
}

#[test]
fn no_address_is_an_encoded_word_to_another_reader() {
    for address in [
        "=?utf-8?q?eve?=@x.example",
        "bob=?utf-8?q?eve?=@x.example",
        "=?utf-8?q?eve?=bob@x.example",
        "\"=?utf-8?q?eve?=\"@x.example",
    ] {
        for header in [
            "Cc: {}",
            "Cc: Eve <{}>",
            "Reply-To: {}",
            "Reply-To: Eve\r\n <{}>",
        ] {
            let header = header.replace("{}", address);
            let text = message(std::slice::from_ref(&header), "hi\r\n");
            let refused = read(text.as_bytes(), &bob()).err();
            assert!(
                matches!(refused, Some(RawError::Address { .. })),
                "{header}: {refused:?}"
            );
        }
        // In the envelope alone it is no header here, and one at the next mail server.
        if let Ok(other) = address.parse::<Address>() {
            let refused = read(message(&[], "hi\r\n").as_bytes(), &[other]).err();
            assert!(
                matches!(refused, Some(RawError::Address { .. })),
                "{address}: {refused:?}"
            );
        }
    }
    for fine in [
        "Cc: =?utf-8?q?C=C3=A9?= <c@x.example>, =?utf-8?q?D=C3=A9?=<d@x.example>",
        "Cc: =?utf-8?q?c@x?= <c@x.example>",
        "Cc: \"=?utf-8?q?C=C3=A9?=\" <c@x.example>",
    ] {
        let read = read(message(&[fine.to_owned()], "hi\r\n").as_bytes(), &bob());
        assert!(read.is_ok(), "{fine}: {read:?}");
    }
}
