//! What is composed reads back as what was asked for, and nothing a draft says adds anything.

use domain::{Address, Attachment, Draft, Mailbox, NamedAddress, Sealed, Timestamp};
use mail::compose::{ComposeError, compose, date_header, message_id};
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;

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
        stream: Default::default(),
        reason: None,
        tags: Default::default(),
        send_at: None,
        send_by: None,
    }
}

fn composed(draft: &Draft) -> Sealed {
    compose(&mailbox(Some("Sales")), draft, ID, &[7; 32]).unwrap()
}

fn text_of(sealed: &Sealed) -> String {
    String::from_utf8(sealed.bytes.clone()).unwrap()
}

/// One spelling of line breaks, for comparing.
fn unix(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
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
fn an_ascii_subject_that_looks_encoded_arrives_as_it_was_approved() {
    let disguised = "=?utf-8?q?Wire_the_money?= is our subject";
    let sealed = composed(&draft(&["a@b.example"], disguised, "x"));
    let message = MessageParser::default().parse(&sealed.bytes).unwrap();
    assert_eq!(message.subject(), Some(disguised));
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
    let error = compose(&mailbox(None), &draft, ID, &[0; 32]).unwrap_err();
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
    );
    assert!(matches!(injected, Err(ComposeError::Control { .. })));
    let injected = compose(
        &mailbox(None),
        &draft(&["a@b.example"], "x", "x"),
        "<a@b>\r\nX: y",
        &[0; 32],
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

/// Text for a header: anything without control characters, with a taste for what is awkward.
fn header_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,90}",
        "[ -~]{0,200}",
        "[a-z]{50,300}",
        "( {0,3}[a-zäß=?_.,;:\"\\\\()<>@-]{0,12}){0,20}",
        "(=\\?utf-8\\?[qb]\\?[A-Za-z_=]{0,9}\\?=[ a]?){1,4}",
    ]
    .prop_filter("line separators are refused", |t| {
        !t.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    })
}

/// Text for a body: anything at all, with a taste for line ends and dots.
fn body_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "([ -~]{0,120}\r?\n){0,12}",
        "([.=\\t \\r\\n_-]|From |[äあ\\x00\\x7f]){0,80}",
        "[a-z ]{900,3000}",
    ]
}

fn person() -> impl Strategy<Value = NamedAddress> {
    (
        proptest::option::of(header_text()),
        "[a-z.+]{0,3}[a-zü]{1,9}@[a-z]{1,9}\\.example",
    )
        .prop_filter_map("not an address", |(name, address)| {
            Some(NamedAddress {
                name: name.map(|n| n.chars().take(200).collect()),
                address: address.parse().ok()?,
            })
        })
}

fn any_file() -> impl Strategy<Value = Attachment> {
    let name = header_text().prop_filter_map("no file name", |name| {
        let name: String = name
            .replace(['/', '\\'], "-")
            .replace("=?", "")
            .chars()
            .take(255)
            .collect();
        (!name.trim().is_empty() && name != "." && name != "..").then_some(name)
    });
    let kind = prop_oneof![
        Just("application/pdf"),
        Just("text/csv; charset=iso-8859-1"),
        Just("image/png")
    ];
    (name, kind, proptest::collection::vec(any::<u8>(), 0..400)).prop_map(
        |(filename, kind, content)| Attachment {
            filename,
            content_type: kind.to_owned(),
            content,
        },
    )
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let people = || proptest::collection::vec(person(), 0..5);
    (
        proptest::collection::vec(person(), 1..5),
        people(),
        people(),
        people(),
        header_text(),
        proptest::option::of(body_text()),
        proptest::option::of(body_text()),
        proptest::collection::vec(any_file(), 0..3),
    )
        .prop_map(
            |(to, cc, bcc, reply_to, subject, text, html, attachments)| Draft {
                to,
                cc,
                bcc,
                reply_to,
                subject,
                text,
                html,
                attachments,
                ..draft(&[], "", "")
            },
        )
}

fn people_of(list: Option<&mail_parser::Address<'_>>) -> Vec<(String, String)> {
    list.map(|list| {
        list.iter()
            .map(|one| {
                (
                    one.name().unwrap_or_default().to_owned(),
                    one.address().unwrap_or_default().to_owned(),
                )
            })
            .collect()
    })
    .unwrap_or_default()
}

fn expected(list: &[NamedAddress]) -> Vec<(String, String)> {
    list.iter()
        .map(|one| {
            (
                one.name.as_deref().unwrap_or_default().trim().to_owned(),
                one.address.to_string(),
            )
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_draft_reads_back_as_itself(draft in any_draft(), seed in any::<[u8; 32]>()) {
        let sealed = compose(&mailbox(Some("Sales, \"Inc\" ü")), &draft, ID, &seed).unwrap();
        prop_assert_eq!(&sealed, &compose(&mailbox(Some("Sales, \"Inc\" ü")), &draft, ID, &seed).unwrap());

        // Lines, and nothing else.
        prop_assert!(sealed.bytes.ends_with(b"\r\n"));
        let text = String::from_utf8(sealed.bytes.clone()).unwrap();
        for line in text.split("\r\n") {
            prop_assert!(line.len() <= 998 && !line.contains(['\r', '\n', '\0']));
        }
        let head = text.split("\r\n\r\n").next().unwrap();
        let names: Vec<&str> = head.split("\r\n").filter(|l| !l.starts_with([' ', '\t']))
            .map(|l| l.split(':').next().unwrap()).collect();
        for name in &names {
            prop_assert!(["From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "MIME-Version",
                "Content-Type", "Content-Transfer-Encoding"].contains(name), "{name}");
        }

        // The content, as a mail program that never saw the draft reads it.
        let dated = sealed.with_date(&date_header(Timestamp::from_seconds(1_795_341_605)));
        let message = MessageParser::default().parse(&dated).unwrap();
        prop_assert_eq!(message.date().unwrap().to_timestamp(), 1_795_341_605);
        prop_assert_eq!(message.subject().unwrap_or_default(), &draft.subject);
        prop_assert_eq!(people_of(message.to()), expected(&draft.to));
        prop_assert_eq!(people_of(message.cc()), expected(&draft.cc));
        prop_assert_eq!(people_of(message.reply_to()), expected(&draft.reply_to));
        prop_assert!(message.bcc().is_none());
        prop_assert_eq!(message.message_id().unwrap(), ID.trim_matches(['<', '>']));

        let view = mail::parse::view(&dated);
        // The last line of a message ends with a line break, whether its text did or not.
        let whole = |text: &str| unix(text).strip_suffix('\n').map_or(unix(text), str::to_owned);
        let asked_text = match (&draft.text, &draft.html, draft.attachments.is_empty()) {
            (None, None, true) => Some(String::new()),
            (text, _, _) => text.clone(),
        };
        prop_assert_eq!(view.text.as_deref().map(whole), asked_text.as_deref().map(whole));
        prop_assert_eq!(view.html.as_deref().map(whole), draft.html.as_deref().map(whole));
        prop_assert_eq!(view.attachments.len(), draft.attachments.len());
        for (index, file) in draft.attachments.iter().enumerate() {
            let part = message.attachment(u32::try_from(index).unwrap()).unwrap();
            prop_assert_eq!(part.attachment_name(), Some(file.filename.as_str()));
            let bytes = mail::parse::attachment(&dated, index);
            prop_assert_eq!(bytes.as_deref(), Some(file.content.as_slice()));
        }
    }

    #[test]
    fn bytes_of_strangers_are_viewed_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let view = mail::parse::view(&bytes);
        prop_assert!(mail::parse::attachment(&bytes, view.attachments.len()).is_none());
    }
}
