//! Any draft reads back as itself, through a parser that never saw it.

use domain::{Attachment, Draft, NamedAddress, Timestamp};
use mail::compose::{compose, date_header};
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;

use super::{ID, draft, mailbox};

/// One spelling of line breaks, for comparing.
fn unix(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
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
            .replace("=?", "= ?")
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
        let sealed = compose(&mailbox(Some("Sales, \"Inc\" ü")), &draft, ID, &seed, None).unwrap();
        prop_assert_eq!(&sealed, &compose(&mailbox(Some("Sales, \"Inc\" ü")), &draft, ID, &seed, None).unwrap());

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
            prop_assert!(["From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "X-Sendoff-ID", "MIME-Version",
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
        let all = mail::parse::files(&dated, usize::MAX, |file, bytes| (file, bytes.to_vec()));
        let (listed, bytes): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        prop_assert_eq!(&listed, &view.attachments);
        let asked: Vec<_> = draft.attachments.iter().map(|file| file.content.clone()).collect();
        prop_assert_eq!(bytes, asked);
    }

    #[test]
    fn bytes_of_strangers_are_viewed_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let view = mail::parse::view(&bytes);
        prop_assert!(mail::parse::attachment(&bytes, view.attachments.len()).is_none());
    }
}
