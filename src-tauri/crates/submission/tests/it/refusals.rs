//! Messages that two readers could read as two, and ends that are none.

use domain::Level;

use crate::client::{MAILBOX, desk, letter};

#[tokio::test]
async fn smuggled_ends_are_content_and_make_the_message_refused() {
    let desk = desk(Level::AskAlways).await;
    for end in [
        "\n.\n",
        "\n.\r\n",
        "\r.\r\n",
        "\r\n.\n",
        "\r\n.\r",
        "\r.\r",
        "\r\n\0.\r\n",
        "\r\n.\0\r\n",
        "\n.\r",
        "\r\n.\r\r\n",
    ] {
        let mut client = desk.logged_in().await;
        client.ask("MAIL FROM:<ann@example.com>").await;
        client.ask("RCPT TO:<bob@x.example>").await;
        client.ask("DATA").await;
        let smuggled = format!(
            "{}{end}MAIL FROM:<ann@example.com>\r\nRCPT TO:<eve@x.example>\r\nDATA\r\n{}\r\n.\r\nNOOP\r\n",
            letter("").trim_end_matches(".A dot.\r\n"),
            letter("").trim_end_matches(".A dot.\r\n"),
        );
        client.send(smuggled.as_bytes()).await;
        let reply = client.reply().await;
        assert!(
            reply.starts_with("554 5.6.0 malformed_message: "),
            "{end:?}: {reply}"
        );
        // Exactly one answer to the message: the next is the NOOP's.
        assert!(
            client.reply().await.starts_with("250 2.0.0 Ok\r\n"),
            "{end:?}"
        );
    }
    assert_eq!(desk.count().await, 0);
}

#[tokio::test]
async fn what_readers_disagree_about_is_refused() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let mime = |more: &str| letter(&format!("MIME-Version: 1.0\r\n{more}"));
    let cases: Vec<(&str, String)> = vec![
        ("two subjects", letter("Subject: another\r\n")),
        ("two senders", letter("From: eve@x.example\r\n")),
        (
            "two addresses in From",
            letter("").replace("<ann@example.com>", "<ann@example.com>, eve@x.example"),
        ),
        (
            "no From",
            letter("").replace("From: Ann <ann@example.com>\r\n", ""),
        ),
        (
            "an address before the address",
            letter("").replace("Ann <ann", "eve@x.example <x> <ann"),
        ),
        (
            "a group as From",
            letter("").replace("Ann <ann@example.com>", "us: ann@example.com;"),
        ),
        ("two dates", letter("Date: x\r\nDate: y\r\n")),
        (
            "two message ids",
            letter("Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n"),
        ),
        (
            "a long line",
            letter(&format!("X-Long: {}\r\n", "x".repeat(1_000))),
        ),
        ("a blank folded line", letter("X-A: b\r\n \t\r\n")),
        ("a line that is no header", letter("this is no header\r\n")),
        ("a space before the colon", letter("X-A : b\r\n")),
        ("a folded first line", format!(" x\r\n{}", letter(""))),
        ("no boundary", mime("Content-Type: multipart/mixed\r\n")),
        (
            "no end",
            mime("Content-Type: multipart/mixed; boundary=b\r\n")
                .replace("Hello Bob", "--b\r\n\r\nHello Bob"),
        ),
        (
            "two content types",
            mime("Content-Type: text/plain\r\nContent-Type: text/html\r\n"),
        ),
        (
            "an odd encoding",
            mime("Content-Transfer-Encoding: x-uuencode\r\n"),
        ),
        (
            "broken base64",
            mime("Content-Transfer-Encoding: base64\r\n"),
        ),
        (
            "content elsewhere",
            mime("Content-Type: message/external-body; access-type=URL\r\n"),
        ),
        (
            "a line break in a subject",
            letter("").replace(
                "Subject: Hello",
                "Subject: =?utf-8?q?a=0D=0ABcc:_eve@x.example?=",
            ),
        ),
    ];
    for (what, message) in cases {
        let reply = client.deliver(&["bob@x.example"], &message).await;
        assert!(reply.starts_with("554 5.6.0 "), "{what}: {reply}");
        // Mistakes are counted; this is about messages.
        client = desk.logged_in().await;
    }
    assert_eq!(desk.count().await, 0);
}

#[tokio::test]
async fn no_field_carries_a_second_header_in() {
    let desk = desk(Level::AskAlways).await;
    let broken = "=?utf-8?q?a=0D=0ABcc:_eve@x.example?=";
    let mut fields: Vec<(String, String)> = ["Subject", "From", "To", "Cc", "Reply-To"]
        .into_iter()
        .map(|name| {
            let value = match name {
                "From" => format!("{broken} <{MAILBOX}>"),
                "To" | "Cc" | "Reply-To" => format!("{broken} <bob@x.example>"),
                _ => broken.to_owned(),
            };
            (name.to_owned(), value)
        })
        .collect();
    for (name, value) in [
        ("In-Reply-To", "<a\rb@x.example>"),
        ("References", "<a@x.example>\n<b@x.example>"),
        ("Message-ID", "<a\0b@x.example>"),
        (
            "Content-Type",
            "text/plain; name*=utf-8''a%0D%0ABcc:%20eve@x.example",
        ),
        (
            "Content-Disposition",
            "attachment; filename*=utf-8''a%0D%0ABcc:%20eve",
        ),
        (
            "Content-Disposition",
            "attachment; filename=\"=?utf-8?q?a=0D=0ABcc:_eve?=\"",
        ),
    ] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    for (name, value) in fields {
        let plain = letter("MIME-Version: 1.0\r\n");
        let line = format!("\r\n{name}: ");
        let message = match plain.find(&line) {
            Some(at) => {
                let rest = &plain[at + line.len()..];
                let after = &rest[rest.find("\r\n").unwrap()..];
                format!("{}{line}{value}{after}", &plain[..at])
            }
            None if plain.starts_with(&line[2..]) => {
                let after = &plain[plain.find("\r\n").unwrap()..];
                format!("{name}: {value}{after}")
            }
            None => format!("{name}: {value}\r\n{plain}"),
        };
        // Mistakes are counted; this is about messages.
        let mut client = desk.logged_in().await;
        let reply = client.deliver(&["bob@x.example"], &message).await;
        assert!(
            reply.starts_with("554 5.6.0 "),
            "{name}: {value:?}: {reply}"
        );
    }
    assert_eq!(desk.count().await, 0);
    // And it goes on serving.
    let mut client = desk.logged_in().await;
    let reply = client.deliver(&["bob@x.example"], &letter("")).await;
    assert!(reply.starts_with("250 "), "{reply}");
}

#[tokio::test]
async fn commands_with_bare_line_breaks_are_no_commands() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    client.send(b"NOOP\nNO\rOP\r\nNOOP\0\r\n").await;
    for _ in 0..3 {
        assert!(client.reply().await.starts_with("500 5.5.2 "));
    }
    let reply = client.ask(&format!("MAIL FROM:<{MAILBOX}\r> SIZE=1")).await;
    assert!(reply.starts_with("500 5.5.2 "), "{reply}");
}
