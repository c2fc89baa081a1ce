//! What a client writes into a header line stays in that line, whoever reads it: no way of ending a
//! line but CRLF makes a header more, and no command's argument becomes one.

use domain::Level;

use crate::client::{Client, Desk, MAILBOX, desk, id};

/// Header lines a client may write, each with a place for something else in the middle.
const LINES: &[&str] = &[
    "From: Ann {} <ann@example.com>",
    "To: Bob {} <bob@x.example>",
    "Cc: Cee {} <cc@x.example>",
    "Bcc: Dee {} <bcc@x.example>",
    "Reply-To: Ann {} <ann@example.com>",
    "Subject: Hello {}",
    "Date: Mon, 1 Jan 2001 00:00:00 +0000 {}",
    "Message-ID: <one{}@client.example>",
    "In-Reply-To: <m{}@x.example>",
    "References: <m{}@x.example>",
    "MIME-Version: 1.0 {}",
    "Content-Type: text/plain; charset=utf-8; name=\"a{}\"",
    "Content-Disposition: inline; filename=\"a{}.txt\"",
    "Content-Description: a {}",
    "X-Mailer: ours {}",
    "X-{}Own: value",
    "X-Dedupe-Key: key {}",
    "Resend-Idempotency-Key: key {}",
];

/// What some reader takes for the end of a line, or for something else than it is. A CRLF ends the
/// line: what follows it is a header the client wrote, so none is here but with a blank behind it.
fn attacks() -> Vec<Vec<u8>> {
    let header = b"X-Smuggled: yes";
    let mut attacks: Vec<Vec<u8>> = [
        &b"\n"[..],
        b"\r",
        b"\r\r\n ",
        b"\n\r",
        b"\0",
        b"\x0b",
        b"\x0c",
        b"\x1b",
        b"\x7f",
        b"\x85",
        b"\r\n ",
        b"\r\n\t",
        b"\n.\r\n",
        b"\n.\n",
        b"\r.\r",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\xe2\x80\xa9",
        b"\xff\xfe",
    ]
    .iter()
    .map(|end| [end, &header[..]].concat())
    .collect();
    for text in [
        "=?utf-8?q?a=0D=0AX-Smuggled:_yes?=",
        "=?utf-8?b?DQpYLVNtdWdnbGVkOiB5ZXM=?=",
        "=?utf-8?q?a=0BX-Smuggled:_yes?=",
        "=?utf-8?q?a=C2=85X-Smuggled:_yes?=",
        "=?utf-8?q?a=E2=80=A8X-Smuggled:_yes?=",
        "%0d%0aX-Smuggled: yes",
        "\"; x-smuggled=\"yes",
        "*=utf-8''%0d%0ax",
    ] {
        attacks.push(text.as_bytes().to_vec());
    }
    attacks.push(vec![b'x'; 1_200]);
    attacks.push([&vec![b'y'; 960][..], header].concat());
    attacks
}

/// A message with this header line beside or instead of the usual ones, and words of its own: the
/// same mail asked for twice is made once.
fn message(line: &[u8], number: usize) -> Vec<u8> {
    let own = line.split(|octet| *octet == b':').next().unwrap();
    let mut message = Vec::new();
    for usual in [
        &b"From: ann@example.com"[..],
        b"To: bob@x.example",
        b"Subject: Hello",
    ] {
        if !usual.starts_with(own) {
            message.extend([usual, b"\r\n"].concat());
        }
    }
    message.extend(line);
    message.extend(format!("\r\n\r\nHello Bob, {number}.\r\n").bytes());
    message
}

/// The names of the headers as a reader sees them that ends lines where `ends` says.
fn names(head: &[u8], ends: fn(&u8) -> bool) -> Vec<String> {
    let lines = head.split(ends);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with(b" ") && !line.starts_with(b"\t"))
        .map(|line| {
            let name = line.split(|octet| *octet == b':').next().unwrap();
            String::from_utf8_lossy(name).trim().to_lowercase()
        })
        .collect()
}

fn head(message: &[u8]) -> &[u8] {
    let end = message
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    &message[..end + 2]
}

/// Delivers it as it is; the last reply.
async fn deliver(client: &mut Client, message: &[u8]) -> String {
    for line in [
        format!("MAIL FROM:<{MAILBOX}>"),
        "RCPT TO:<bob@x.example>".into(),
        "DATA".into(),
    ] {
        let reply = client.ask(&line).await;
        assert!(reply.starts_with(['2', '3']), "{reply}");
    }
    client.send(message).await;
    client.ask(".").await
}

async fn sealed(desk: &Desk, reply: &str) -> Vec<u8> {
    desk.engine.message(id(reply), None).await.unwrap().0.bytes
}

#[tokio::test]
async fn no_header_line_brings_a_second_one_with_it_whoever_reads_it() {
    let (mut refused, mut kept) = (0, 0);
    for line in LINES {
        // More than one desk holds at once.
        let desk = desk(Level::AskAlways).await;
        let mut client = desk.logged_in().await;
        let (before, after) = line.split_once("{}").unwrap();
        let own = names(format!("{before}x{after}").as_bytes(), |octet| {
            *octet == b'\n'
        });
        for attack in attacks() {
            let spoiled = [before.as_bytes(), &attack, after.as_bytes()].concat();
            let reply = deliver(&mut client, &message(&spoiled, kept)).await;
            let about = String::from_utf8_lossy(&spoiled).into_owned();
            if !reply.starts_with("250 ") {
                assert!(reply.starts_with('5'), "{about:?}: {reply}");
                refused += 1;
                // So many mistakes end a conversation; the next one is as good.
                client = desk.logged_in().await;
                continue;
            }
            assert!(
                reply.starts_with("250 2.0.0 Ok: held"),
                "{about:?}: {reply}"
            );
            kept += 1;
            let bytes = sealed(&desk, &reply).await;
            let draft = desk.engine.draft(id(&reply), None).await.unwrap();
            let ends = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
            let subject = draft.subject.replace('\t', " ");
            assert!(!subject.contains(ends), "{about:?}: {subject:?}");
            let head = head(&bytes);
            let strict = names(head, |octet| *octet == b'\n');
            let lenient = names(head, |octet| {
                matches!(octet, b'\n' | b'\r' | 0 | 0x0b | 0x0c)
            });
            assert_eq!(strict, lenient, "{about:?}");
            assert!(
                !strict.iter().any(|name| name == "x-smuggled"),
                "{about:?}: {strict:?}"
            );
            let known = [
                "from",
                "to",
                "subject",
                "message-id",
                "mime-version",
                "content-type",
                "content-transfer-encoding",
            ];
            for name in &strict {
                let ours = known.contains(&name.as_str()) || own.contains(name);
                assert!(ours || name.starts_with("x-"), "{about:?}: {strict:?}");
            }
            // As the operator's screen reads it.
            let view = engine::read_message(&bytes);
            let shown = view
                .headers
                .iter()
                .map(|header| header.name.trim().to_lowercase());
            assert_eq!(shown.collect::<Vec<_>>(), strict, "{about:?}");
        }
    }
    println!("{refused} refused, {kept} kept as one line");
    assert!(refused > 100 && kept > 50, "{refused}, {kept}");
    let desk = desk(Level::AskAlways).await;
    let reply = deliver(&mut desk.logged_in().await, &message(b"X-Mailer: ours", 0)).await;
    assert!(reply.starts_with("250 2.0.0 Ok: held"), "{reply}");
}

#[tokio::test]
async fn no_argument_of_a_command_ends_up_in_a_header() {
    let desk = desk(Level::AskAlways).await;
    let honest = {
        let mut client = desk.logged_in().await;
        let reply = deliver(&mut client, &message(b"X-Mailer: ours", 0)).await;
        names(head(&sealed(&desk, &reply).await), |octet| *octet == b'\n')
    };
    let mail = format!("MAIL FROM:<{MAILBOX}> SMTPUTF8");
    let rcpt = "RCPT TO:<bob@x.example>";
    // A command with a place for something else, what goes before it, and what comes after.
    let commands: &[(&str, &[&str], &[&str])] = &[
        ("EHLO client{}.example", &[], &[&mail, rcpt]),
        ("NOOP {}", &[], &[&mail, rcpt]),
        ("MAIL FROM:<ann{}@example.com>", &[], &[rcpt]),
        ("MAIL FROM:<ann@example.com> SIZE=100 {}", &[], &[rcpt]),
        ("MAIL FROM:<ann@example.com> ENVID={}", &[], &[rcpt]),
        ("RCPT TO:<bob{}@x.example>", &[&mail], &[rcpt]),
        (
            "RCPT TO:<bob@x.example> ORCPT=rfc822;bob{}@x.example",
            &[&mail],
            &[],
        ),
        ("RCPT TO:<bob@x.example> NOTIFY={}", &[&mail], &[]),
    ];
    let mut kept = 0;
    for (command, first, then) in commands {
        let (before, after) = command.split_once("{}").unwrap();
        for attack in attacks() {
            let mut client = desk.logged_in().await;
            for line in *first {
                assert!(client.ask(line).await.starts_with("250 "), "{line}");
            }
            let line = [before.as_bytes(), &attack, after.as_bytes(), b"\r\n"].concat();
            let about = String::from_utf8_lossy(&line).into_owned();
            client.send(&line).await;
            let mut reply = client.reply().await;
            if !reply.starts_with("250") {
                assert!(
                    reply.is_empty() || reply.starts_with(['4', '5']),
                    "{about:?}: {reply}"
                );
                continue;
            }
            for next in then.iter().chain(&["DATA"]) {
                reply = client.ask(next).await;
            }
            if !reply.starts_with("354 ") {
                continue;
            }
            client.send(&message(b"X-Mailer: ours", 0)).await;
            let reply = client.ask(".").await;
            // An address that some programs read as another one.
            if about.starts_with("RCPT TO:<bob=?") {
                assert!(reply.starts_with("554 5.6.0 "), "{about:?}: {reply}");
                continue;
            }
            assert!(reply.starts_with("250 "), "{about:?}: {reply}");
            let found = names(head(&sealed(&desk, &reply).await), |octet| *octet == b'\n');
            assert_eq!(found, honest, "{about:?}");
            kept += 1;
        }
    }
    assert!(kept > 10, "{kept}");
}
