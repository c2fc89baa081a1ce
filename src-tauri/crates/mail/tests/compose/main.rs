//! What is composed reads back as what was asked for, and nothing a draft says adds anything.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod properties;

use domain::{Address, Attachment, Draft, Mailbox, NamedAddress, Sealed, Timestamp};
use mail::compose::{ComposeError, compose, date_header, message_id};
use mail_parser::MessageParser;

const ID: &str = "<0123456789abcdef@here.example>";

fn mailbox(name: Option<&str>) -> Mailbox {
    Mailbox {
        id: "mbx_00000000000000000000000000000001".parse().unwrap(),
        address: "sales@here.example".parse().unwrap(),
        display_name: name.map(str::to_owned),
        account: "acc_00000000000000000000000000000001".parse().unwrap(),
        paused_at: None,
        created_at: Timestamp::from_seconds(0),
    }
}

fn draft(to: &[&str], subject: &str, text: &str) -> Draft {
    Draft {
        to: to.iter().map(|t| t.parse().unwrap()).collect(),
        cc: vec![],
        bcc: vec![],
        reply_to: vec![],
        subject: subject.to_owned(),
        text: Some(text.to_owned()),
        html: None,
        attachments: vec![],
        in_reply_to: None,
        references: Vec::new(),
        conversation: None,
        if_latest: None,
        stream: Default::default(),
        reason: None,
        tags: Default::default(),
        send_at: None,
        send_by: None,
        composed: None,
    }
}

fn composed(draft: &Draft) -> Sealed {
    compose(&mailbox(Some("Sales")), draft, ID, &[7; 32], None).unwrap()
}

fn text_of(sealed: &Sealed) -> String {
    String::from_utf8(sealed.bytes.clone()).unwrap()
}

#[test]
fn a_plain_message_is_exactly_these_bytes() {
    let mut plain = draft(
        &["Dana W <dana@acme.example>", "x@y.example"],
        "Hello",
        "Hi Dana\nbye",
    );
    plain.in_reply_to = Some("<q@acme.example>".into());
    plain.bcc = vec!["hidden@z.example".parse().unwrap()];
    let sealed = composed(&plain);
    assert_eq!(
        text_of(&sealed),
        "From: Sales <sales@here.example>\r\n\
         To: \"Dana W\" <dana@acme.example>, x@y.example\r\n\
         Subject: Hello\r\n\
         Message-ID: <0123456789abcdef@here.example>\r\n\
         X-Sendoff-ID: <0123456789abcdef@here.example>\r\n\
         In-Reply-To: <q@acme.example>\r\n\
         References: <q@acme.example>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 7bit\r\n\
         \r\n\
         Hi Dana\r\n\
         bye\r\n"
    );
    let rcpt: Vec<&str> = sealed
        .envelope
        .rcpt_to
        .iter()
        .map(Address::as_str)
        .collect();
    assert_eq!(
        rcpt,
        ["dana@acme.example", "x@y.example", "hidden@z.example"]
    );
    assert_eq!(sealed.message_id, ID);
}

#[test]
fn text_html_and_files_nest_as_mail_programs_expect() {
    let mut full = draft(&["a@b.example"], "Rechnung für März", "Grüße");
    full.html = Some("<p>Grüße</p>".into());
    full.attachments = vec![Attachment {
        filename: "Rechnung März.pdf".into(),
        content_type: "application/pdf; name=other.exe".into(),
        content: vec![0, 255, 13, 10, 46, 13, 10],
    }];
    let text = text_of(&composed(&full));
    let order: Vec<&str> = [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    .into_iter()
    .filter(|kind| text.contains(kind))
    .collect();
    assert_eq!(order.len(), 5);
    assert!(
        order
            .windows(2)
            .all(|two| text.find(two[0]) < text.find(two[1]))
    );
    assert!(!text.contains("other.exe"), "one file, one name");
    let view = mail::parse::view(text.as_bytes());
    assert_eq!(view.text.as_deref(), Some("Grüße"));
    assert_eq!(view.html.as_deref(), Some("<p>Grüße</p>"));
    assert_eq!(view.attachments.len(), 1);
    assert_eq!(
        view.attachments[0].filename.as_deref(),
        Some("Rechnung März.pdf")
    );
    assert_eq!(view.attachments[0].content_type, "application/pdf");
    assert_eq!(
        mail::parse::attachment(text.as_bytes(), 0).as_deref(),
        Some([0, 255, 13, 10, 46, 13, 10].as_slice())
    );
    assert_eq!(mail::parse::attachment(text.as_bytes(), 1), None);
    assert_eq!(view.defects, Vec::<String>::new());
}

#[test]
fn a_text_file_keeps_its_own_character_set() {
    let mut with_file = draft(&["a@b.example"], "x", "x");
    with_file.attachments = vec![Attachment {
        filename: "a.csv".into(),
        content_type: "text/csv; charset=iso-8859-1".into(),
        content: vec![0x80, 0xe4],
    }];
    let bytes = composed(&with_file).bytes;
    let taken_out = mail::parse::attachment(&bytes, 0);
    assert_eq!(taken_out.as_deref(), Some([0x80, 0xe4].as_slice()));
    assert_eq!(mail::parse::view(&bytes).attachments[0].octets, 2);
}

#[test]
fn an_ascii_subject_that_looks_encoded_arrives_as_it_was_approved() {
    let disguised = "=?utf-8?q?Wire_the_money?= is our subject";
    let sealed = composed(&draft(&["a@b.example"], disguised, "x"));
    let message = MessageParser::default().parse(&sealed.bytes).unwrap();
    assert_eq!(message.subject(), Some(disguised));
}

#[test]
fn a_name_that_looks_encoded_arrives_as_it_was_approved_and_such_an_address_is_none() {
    let disguised = "=?utf-8?q?The_bank?=";
    let mut named = draft(&["a@b.example"], "x", "x");
    named.to[0].name = Some(disguised.into());
    let bytes = composed(&named).bytes;
    let message = MessageParser::default().parse(&bytes).unwrap();
    let to = message.to().unwrap().first().unwrap();
    assert_eq!(to.name(), Some(disguised));

    let address = "=?utf-8?q?eve=40evil.example=3e?=@b.example";
    let refused = compose(
        &mailbox(None),
        &draft(&[address], "x", "x"),
        ID,
        &[7; 32],
        None,
    );
    assert!(
        matches!(refused, Err(ComposeError::Address { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_body_cannot_forge_the_boundary_even_if_it_knows_it() {
    let mut both = draft(&["a@b.example"], "x", "hi");
    both.html = Some("<p>".into());
    let first = text_of(&composed(&both));
    let boundary = first
        .split("boundary=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    both.text = Some(format!(
        "hi\n--{boundary}\nContent-Type: text/html\n\nforged\n--{boundary}--\n"
    ));
    let view = mail::parse::view(&composed(&both).bytes);
    assert!(view.text.unwrap().contains("forged"));
    assert_eq!(view.html.as_deref(), Some("<p>"));
}

#[test]
fn without_visible_recipients_the_header_says_so_and_names_nobody() {
    let mut blind = draft(&[], "x", "x");
    blind.bcc = vec!["Secret Name <secret@z.example>".parse().unwrap()];
    let text = text_of(&composed(&blind));
    assert!(text.contains("To: undisclosed-recipients:;\r\n"));
    assert!(!text.to_lowercase().contains("secret") && !text.contains("Bcc"));
}

#[test]
fn international_addresses_are_utf8_in_headers() {
    let text = text_of(&composed(&draft(&["Jörg <jörg@bücher.example>"], "x", "x")));
    assert!(text.contains("<jörg@xn--bcher-kva.example>"), "{text}");
}

/// The field and the code of what was refused.
fn refused(change: impl FnOnce(&mut Draft)) -> (String, &'static str) {
    let mut draft = draft(&["a@b.example"], "x", "x");
    draft.attachments = vec![Attachment {
        filename: "a.txt".into(),
        content_type: "text/plain".into(),
        content: vec![],
    }];
    change(&mut draft);
    let error = compose(&mailbox(None), &draft, ID, &[0; 32], None).unwrap_err();
    let sentence = error.to_string();
    assert!(
        !sentence.contains(['\r', '\n']) && sentence.len() > 20,
        "{sentence}"
    );
    (error.pointer().to_owned(), error.code().as_str())
}

#[test]
fn nothing_gets_into_a_header_that_could_begin_another() {
    for bad in [
        "a\r\nBcc: x@y.example",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{7f}b",
    ] {
        let hit = ("/subject".to_owned(), "header_injection");
        assert_eq!(refused(|d| d.subject = bad.into()), hit, "{bad:?}");
        let hit = ("/cc/1".to_owned(), "header_injection");
        let named = |name: &str| NamedAddress {
            name: Some(name.into()),
            address: "c@d.example".parse().unwrap(),
        };
        assert_eq!(
            refused(|d| d.cc = vec![named("ok"), named(bad)]),
            hit,
            "{bad:?}"
        );
        let hit = ("/attachments/0/filename".to_owned(), "header_injection");
        assert_eq!(
            refused(|d| d.attachments[0].filename = bad.into()),
            hit,
            "{bad:?}"
        );
        let hit = (
            "/attachments/0/content_type".to_owned(),
            "invalid_attachment",
        );
        assert_eq!(
            refused(|d| d.attachments[0].content_type = format!("text/{bad}")),
            hit,
            "{bad:?}"
        );
        let hit = ("/in_reply_to".to_owned(), "invalid_field");
        assert_eq!(
            refused(|d| d.in_reply_to = Some(format!("<{bad}@x>"))),
            hit,
            "{bad:?}"
        );
    }
    let injected = compose(
        &mailbox(Some("a\r\nBcc: x")),
        &draft(&["a@b.example"], "x", "x"),
        ID,
        &[0; 32],
        None,
    );
    assert!(matches!(injected, Err(ComposeError::Control { .. })));
    let injected = compose(
        &mailbox(None),
        &draft(&["a@b.example"], "x", "x"),
        "<a@b>\r\nX: y",
        &[0; 32],
        None,
    );
    assert!(matches!(injected, Err(ComposeError::MessageId { .. })));
}

#[test]
fn what_cannot_be_a_file_is_refused_by_name() {
    for name in [
        "",
        " ",
        ".",
        "..",
        "../x",
        "a\\b",
        "=?utf-8?q?x?=.pdf",
        &"x".repeat(256),
    ] {
        let (pointer, code) = refused(|d| d.attachments[0].filename = name.into());
        assert_eq!(
            (pointer.as_str(), code),
            ("/attachments/0/filename", "invalid_attachment"),
            "{name:?}"
        );
    }
    for kind in [
        "",
        "text",
        "text/",
        "/plain",
        "text/pl ain",
        "multipart/mixed",
        "Message/RFC822",
        "text/plain; x",
        "text/plain; x=\"a\"b\"",
        "tëxt/plain",
        &format!("text/{}", "x".repeat(300)),
    ] {
        let (pointer, code) = refused(|d| d.attachments[0].content_type = kind.into());
        assert_eq!(
            (pointer.as_str(), code),
            ("/attachments/0/content_type", "invalid_attachment"),
            "{kind:?}"
        );
    }
    for id in [
        "",
        "a@b",
        "<a>",
        "<@b>",
        "<a@>",
        "<a b@c>",
        "<a@b> <c@d>",
        "<ä@b>",
    ] {
        assert_eq!(
            refused(|d| d.in_reply_to = Some(id.into())).0,
            "/in_reply_to",
            "{id:?}"
        );
    }
    assert_eq!(
        refused(|d| d.to.clear()),
        ("/to".to_owned(), "no_recipients")
    );
}

#[test]
fn dates_are_in_utc_and_of_rfc_5322() {
    assert_eq!(
        date_header(Timestamp::from_seconds(1_795_341_605)),
        "Sun, 22 Nov 2026 10:00:05 +0000"
    );
    assert_eq!(
        date_header(Timestamp::from_seconds(951_782_400)),
        "Tue, 29 Feb 2000 00:00:00 +0000"
    );
    assert!(date_header(Timestamp::from_micros(i64::MAX)).contains(" 9999 "));
    assert!(date_header(Timestamp::from_micros(i64::MIN)).contains(" 1970 "));
}

#[test]
fn a_message_id_is_the_submission_at_the_mailbox() {
    let submission = "sub_0190a5c3d2e17abc8000000000000001".parse().unwrap();
    let address = "Sales+x@Here.example".parse().unwrap();
    assert_eq!(
        message_id(submission, &address),
        "<0190a5c3d2e17abc8000000000000001@here.example>"
    );
}
