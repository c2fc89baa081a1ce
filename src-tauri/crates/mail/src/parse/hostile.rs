//! Mail that is made to be too much for a reader, each of it generated: it is read to a limit, and
//! that is said.

use domain::inbound::{
    Content, HEADER_OCTETS_MAX, HEADERS_MAX, MESSAGE_OCTETS_MAX, Message, NESTING_MAX,
    PART_TEXT_OCTETS_MAX, PARTS_MAX,
};

use super::inbound::inbound;
use super::{ATTACHMENTS_MAX, HEADER_CHARS_MAX, attachment, date, texts, view};

/// What a reading may hold at most, whatever was read.
fn is_bounded(message: &Message) {
    assert!(message.headers.len() <= HEADERS_MAX);
    for header in &message.headers {
        // What is no UTF-8 is three octets for one.
        assert!(header.raw.len() <= 3 * HEADER_OCTETS_MAX, "{}", header.name);
        assert!(header.value.len() <= 3 * HEADER_OCTETS_MAX);
    }
    assert!(message.parts.len() <= PARTS_MAX);
    for part in &message.parts {
        assert!(part.parameters.len() <= HEADERS_MAX);
        if let Content::Text(text) | Content::Html(text) = &part.content {
            assert!(text.len() <= PART_TEXT_OCTETS_MAX);
        }
    }
}

#[test]
fn a_message_of_100_mib_is_read_to_its_limit_and_that_is_said() {
    let mut raw = b"From: a@there.example\r\nSubject: large\r\n\r\n".to_vec();
    raw.resize(100 << 20, b'x');
    let message = inbound(&raw);
    is_bounded(&message);
    assert_eq!(message.value("subject"), "large");
    assert!(
        message.defects.iter().any(|one| one.contains(&format!(
            "only the first {MESSAGE_OCTETS_MAX} of its 104857600 octets"
        ))),
        "{:?}",
        message.defects
    );
}

#[test]
fn a_header_that_is_a_bomb_is_read_to_its_limit_and_what_follows_is_read_too() {
    let word = "=?utf-8?q?".to_owned() + &"=41".repeat(20) + "?=";
    let words = format!("{word}\r\n ").repeat(20_000);
    let bombs = [
        ("one line", format!("X-Bomb: {}", "a".repeat(1 << 20))),
        ("folds", format!("X-Bomb: a{}", "\r\n a".repeat(200_000))),
        ("encoded words", format!("X-Bomb: {words}")),
        (
            "one encoded word",
            format!("X-Bomb: =?utf-8?b?{}?=", "QUFB".repeat(200_000)),
        ),
        ("comments", format!("To: {}", "(".repeat(200_000))),
        ("groups", format!("To: {}", "a:".repeat(100_000))),
        (
            "addresses",
            format!("To: {}", "a@there.example,\r\n ".repeat(20_000)),
        ),
        (
            "references",
            format!("References: {}", "<a@b.example>\r\n ".repeat(30_000)),
        ),
        (
            "parameters",
            format!(
                "Content-Type: text/plain{}",
                "; a*0*=utf-8''%41".repeat(20_000)
            ),
        ),
        (
            "charset",
            format!("Content-Type: text/plain; charset={}", "u".repeat(500_000)),
        ),
        (
            "boundary",
            format!(
                "Content-Type: multipart/mixed; boundary=\"{}\"",
                "-".repeat(500_000)
            ),
        ),
        ("quotes", format!("From: {}", "\"\\".repeat(200_000))),
        ("brackets", format!("Received: {}", "<[".repeat(200_000))),
        ("date", format!("Date: {}", "9".repeat(200_000))),
        ("nothing but names", "X:\r\n".repeat(200) + "X:"),
    ];
    for (name, bomb) in bombs {
        let raw =
            format!("Message-ID: <m@there.example>\r\n{bomb}\r\nSubject: behind\r\n\r\nhello\r\n");
        let message = inbound(raw.as_bytes());
        is_bounded(&message);
        assert_eq!(message.value("message-id"), "<m@there.example>", "{name}");
        assert_eq!(message.value("subject"), "behind", "{name}");
        let shown = view(raw.as_bytes());
        assert!(
            shown
                .headers
                .iter()
                .all(|one| one.value.chars().count() <= HEADER_CHARS_MAX),
            "{name}"
        );
    }
}

#[test]
fn more_headers_than_anybody_needs_are_left_out_and_that_is_said() {
    let mut raw = "Subject: first\r\n".to_owned();
    for n in 0..100_000 {
        raw.push_str(&format!("X-{n}: {n}\r\n"));
    }
    raw.push_str("\r\nhello\r\n");
    let message = inbound(raw.as_bytes());
    is_bounded(&message);
    assert_eq!(message.value("subject"), "first");
    assert!(
        message
            .defects
            .iter()
            .any(|one| one.contains("headers are read"))
    );
    assert!(
        view(raw.as_bytes())
            .defects
            .iter()
            .any(|one| one.contains("headers are shown"))
    );
}

#[test]
fn headers_of_parts_and_of_messages_in_messages_are_bounded_as_well() {
    let bomb = "X-Bomb: =?utf-8?q?=41?=\r\n".repeat(2_000);
    let part =
        format!("--b\r\nContent-Type: message/rfc822\r\n\r\n{bomb}Subject: in\r\n\r\nhi\r\n");
    let raw = format!(
        "Subject: out\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
        part.repeat(20)
    );
    let message = inbound(raw.as_bytes());
    is_bounded(&message);
    let inside = message.parts.iter().filter_map(|part| match &part.content {
        Content::Message(inside) => Some(inside),
        Content::Text(_) | Content::Html(_) | Content::Multipart | Content::File { .. } => None,
    });
    assert_eq!(inside.map(|one| is_bounded(one)).count(), 20);
}

#[test]
fn messages_in_messages_are_opened_to_a_depth_and_no_further() {
    const LEVELS: usize = 30_000;
    let deep = |level: &str| format!("From: a@there.example\r\n{}hi\r\n", level.repeat(LEVELS));
    let plain = deep("Content-Type: message/rfc822\r\n\r\n");
    let encoded = format!(
        "From: a@there.example\r\nContent-Type: message/global\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &plain)
    );
    let mails = [
        deep("cOntent-type :(c) \"Message\r\n /rfc822\r\n\r\n"),
        deep("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n"),
        deep(
            "Content-Type: multipart/mixed; boundary=\"x:y\"\r\n\r\n--x:yContent-Type: message/rfc822\r\n\r\n",
        ),
        plain,
        encoded,
    ];
    // A thread's usual stack, of which one frame for each of them is far more.
    let reading = std::thread::Builder::new().stack_size(2 << 20);
    let reading = reading.spawn(move || {
        for raw in &mails {
            let raw = raw.as_bytes();
            let mut message = &inbound(raw);
            let mut opened = 0;
            is_bounded(message);
            while let Some(inside) = message.parts.iter().find_map(|part| match &part.content {
                Content::Message(inside) => Some(inside),
                Content::Text(_) | Content::Html(_) | Content::Multipart | Content::File { .. } => {
                    None
                }
            }) {
                is_bounded(inside);
                opened += 1;
                message = inside;
            }
            assert!((1..=NESTING_MAX).contains(&opened), "{opened}");
            let shown = view(raw).attachments.len();
            assert!((1..=ATTACHMENTS_MAX).contains(&shown), "{shown}");
            assert!(attachment(raw, 0).is_some());
            assert!(texts(raw).len() <= (NESTING_MAX + 2) * raw.len() * 2);
        }
    });
    reading.unwrap().join().unwrap();
}

#[test]
fn what_is_packed_is_not_unpacked() {
    // 4 GiB of nothing, as `gzip` and `zip` begin; what they claim is believed by nobody.
    let packed = "H4sIAAAAAAAAA+3BMQEAAADCoPVP7WsIoAAA".repeat(1_000);
    let raw = format!(
        "Subject: =?utf-8?b?H4sIAAAAAAAAAwMAAAAAAAAAAAA=?=\r\nContent-Encoding: gzip\r\n\
         Content-Type: application/zip; name=bomb.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n{packed}\r\n"
    );
    let message = inbound(raw.as_bytes());
    is_bounded(&message);
    assert!(matches!(
        &message.parts[0].content,
        Content::File { octets, .. } if *octets == packed.len() / 4 * 3
    ));
}

#[test]
fn a_date_is_the_instant_it_names_or_none() {
    for (value, seconds) in [
        ("Thu, 1 Jan 1970 00:00:00 +0000", Some(0)),
        ("Thu, 1 Jan 1970 00:00:01 +0000", Some(1)),
        ("Wed, 31 Dec 1969 23:59:59 +0000", None),
        ("Thu, 1 Jan 1970 00:00:00 +0100", None),
        ("Fri, 1 Jan 2100 00:00:00 +0000", Some(4_102_444_800)),
        ("Tue, 19 Jan 2038 03:14:08 +0000", Some(2_147_483_648)),
        ("Sun, 7 Feb 2106 06:28:16 +0000", Some(4_294_967_296)),
        ("Mon, 99 Foo 2026 25:61:61 +9999", None),
        ("", None),
    ] {
        let read = date(value).map(|at| at.seconds());
        assert_eq!(read, seconds, "{value}");
    }
}

#[test]
fn what_is_not_in_the_characters_it_claims_is_read_and_nul_is_left_out() {
    let claims = ["utf-8", "utf-16", "iso-2022-jp", "no-such-thing", ""];
    for claim in claims {
        let raw = [
            format!("Subject: x\r\nContent-Type: text/plain; charset=\"{claim}\"\r\n\r\n")
                .as_bytes(),
            b"caf\xe9 \xff\xfe \xc3( \x1b$B\x00 end\r\n",
        ]
        .concat();
        let message = inbound(&raw);
        is_bounded(&message);
        assert_eq!(message.value("subject"), "x", "{claim}");
        assert!(
            message.defects.iter().any(|one| one.contains("NUL")),
            "{claim}"
        );
        let Some(Content::Text(text)) = message.parts.first().map(|part| &part.content) else {
            panic!("{claim}: it is a text");
        };
        assert!(
            !text.is_empty() && !text.contains('\0'),
            "{claim}: {text:?}"
        );
    }
}
