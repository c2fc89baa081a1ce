//! The harness holds what it promises, before any story leans on it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a surprise in a test is a failed test"
)]

use std::time::Duration;

use tests::mailstack::as_sent;
use tests::wait::PATIENCE;
use tests::{ALICE, Act, BOB, MailStack, Session, Smtp, SmtpSink, Window, until};

const LETTER: &str = "From: Alice <alice@example.test>\r\nTo: bob@example.test\r\nSubject: hello\r\n\
    Message-ID: <one@example.test>\r\n\r\nFirst line.\r\n.A line with a dot.\r\n";

#[test]
fn a_mail_sent_by_hand_reaches_the_mailbox_byte_for_byte() {
    let stack = MailStack::start();
    let (mut smtp, greeting) = Smtp::connect(stack.smtp_port());
    assert_eq!(greeting.code, 220);
    let reply = smtp.deliver(ALICE.address, &[BOB.address], LETTER).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");

    let mail = stack.wait_for_mail(BOB, PATIENCE, |bytes| {
        bytes.windows(5).any(|w| w == b"hello")
    });
    assert_eq!(String::from_utf8_lossy(as_sent(&mail)), LETTER);
    stack.wait_until_queue_is_empty(PATIENCE);
    assert!(stack.delivered(ALICE).is_empty(), "nobody else gets it");
}

#[test]
fn an_unknown_user_gives_the_sender_a_delivery_report() {
    let stack = MailStack::start();
    let (mut smtp, _) = Smtp::connect(stack.smtp_port());
    let reply = smtp
        .deliver(ALICE.address, &["nobody-here@example.test"], LETTER)
        .unwrap();
    assert_eq!(reply.code, 250, "accepted first, bounced later, as in life");
    let report = stack.wait_for_mail(ALICE, PATIENCE, |bytes| {
        String::from_utf8_lossy(bytes).contains("message/delivery-status")
    });
    assert!(String::from_utf8_lossy(&report).contains("nobody-here@example.test"));
}

#[test]
fn two_mail_stacks_side_by_side_know_nothing_of_each_other() {
    let (one, other) = (MailStack::start(), MailStack::start());
    let (mut smtp, _) = Smtp::connect(one.smtp_port());
    smtp.deliver(ALICE.address, &[BOB.address], LETTER).unwrap();
    one.wait_for_count(BOB, 1);
    assert!(other.delivered(BOB).is_empty());
}

#[test]
fn submission_refuses_who_does_not_log_in() {
    let stack = MailStack::start();
    let (mut smtp, _) = Smtp::connect(stack.submission_port());
    assert_eq!(smtp.ask("EHLO test.invalid").unwrap().code, 250);
    assert_eq!(
        smtp.ask("MAIL FROM:<alice@example.test>").unwrap().code,
        530
    );
}

#[test]
fn stopping_postfix_closes_its_ports_and_starting_it_opens_them_again() {
    let mut stack = MailStack::start();
    stack.stop_smtp();
    assert!(std::net::TcpStream::connect(("127.0.0.1", stack.smtp_port())).is_err());
    stack.start_smtp();
    let (_, greeting) = Smtp::connect(stack.smtp_port());
    assert_eq!(greeting.code, 220);
}

#[test]
fn a_dropped_mail_stack_leaves_no_server_behind() {
    let stack = MailStack::start();
    let (smtp, imap) = (stack.smtp_port(), stack.imap_port());
    drop(stack);
    assert!(std::net::TcpStream::connect(("127.0.0.1", smtp)).is_err());
    assert!(std::net::TcpStream::connect(("127.0.0.1", imap)).is_err());
}

#[test]
fn the_sink_counts_message_ids_and_keeps_exact_bytes() {
    let sink = SmtpSink::start();
    let (mut smtp, _) = Smtp::connect(sink.port());
    for _ in 0..2 {
        let reply = smtp
            .deliver("a@b.test", &["c@d.test", "e@f.test"], LETTER)
            .unwrap();
        assert_eq!(reply.code, 250);
    }
    let caught = sink.caught();
    assert_eq!(sink.count_by_message_id()["<one@example.test>"], 2);
    assert_eq!(caught[0].rcpt_to, ["c@d.test", "e@f.test"]);
    assert_eq!(String::from_utf8_lossy(&caught[0].bytes), LETTER);
    assert!(caught.iter().all(|c| c.acknowledged));
    assert_eq!(sink.connections(), 1);
}

#[test]
fn the_sink_refuses_where_it_is_told_and_recovers() {
    let sink = SmtpSink::start();
    sink.then([
        Act::RefuseMail("451 4.3.0 later".into()),
        Act::RefuseRcpt("e@".into(), "550 5.1.1 unknown".into()),
        Act::RefuseData("452 4.3.1 full".into()),
        Act::RefuseMessage("554 5.7.1 no".into()),
    ]);
    let codes: Vec<u16> = (0..5)
        .map(|_| {
            let (mut smtp, _) = Smtp::connect(sink.port());
            smtp.deliver("a@b.test", &["e@f.test"], LETTER)
                .unwrap()
                .code
        })
        .collect();
    assert_eq!(codes, [451, 550, 452, 554, 250]);
    assert_eq!(sink.caught().len(), 1, "a refused message is not caught");
}

#[test]
fn the_sink_hangs_up_before_or_after_the_final_dot() {
    let sink = SmtpSink::start();
    sink.then([Act::DropAtMail, Act::DropInData, Act::DropAfterDot]);
    for _ in 0..3 {
        let (mut smtp, _) = Smtp::connect(sink.port());
        assert_eq!(smtp.deliver("a@b.test", &["c@d.test"], LETTER), None);
    }
    let caught = sink.wait_for(1);
    assert_eq!(caught.len(), 1, "only the one whose dot arrived");
    assert!(!caught[0].acknowledged);
}

#[test]
fn the_sink_can_greet_badly_refuse_a_login_and_take_its_time() {
    let sink = SmtpSink::start();
    sink.then([Act::Greet("554 5.7.1 go away".into())]);
    let (mut smtp, greeting) = Smtp::connect(sink.port());
    assert_eq!(greeting.code, 554);
    assert_eq!(smtp.ask("EHLO x"), None);

    sink.then([Act::RefuseAuth("535 5.7.8 wrong password".into())]);
    let (mut smtp, _) = Smtp::connect(sink.port());
    assert_eq!(smtp.ask("AUTH PLAIN AGEAYg==").unwrap().code, 535);
    assert_eq!(smtp.ask("AUTH PLAIN AGEAYg==").unwrap().code, 235);

    let slow = Duration::from_millis(200);
    sink.then([Act::AcceptAfter(slow)]);
    let begun = std::time::Instant::now();
    assert_eq!(
        smtp.deliver("a@b.test", &["c@d.test"], LETTER)
            .unwrap()
            .code,
        250
    );
    assert!(begun.elapsed() >= slow);
}

#[test]
fn a_program_opens_a_window_on_a_display_of_its_own() {
    let mut session = Session::start();
    let other = Session::start();
    assert_ne!(session.display(), other.display());
    session.start_in_background("xclock", "x11-apps", &[]);
    session.wait_for_window("xclock");
    let elsewhere = other.output("xwininfo", "x11-utils", &["-root", "-tree"]);
    assert!(!elsewhere.contains("xclock"));
}

#[test]
fn the_keyring_of_a_session_keeps_a_secret() {
    let session = Session::start();
    let store = "printf hunter2 | secret-tool store --label=test service sendoff-test user alice && \
                 secret-tool lookup service sendoff-test user alice";
    assert_eq!(session.output("sh", "dash", &["-c", store]), "hunter2");
}

#[test]
fn the_web_driver_reads_clicks_types_and_takes_pictures() {
    let mut session = Session::start();
    let window = open_browser(&mut session);
    window.go(
        "data:text/html,<title>t</title><button onclick=\"this.textContent='clicked'\">here</button>\
         <input><p id=keys></p><script>onkeydown=e=>keys.textContent+=e.key</script>",
    );
    let button = window.wait_for("button", PATIENCE);
    assert_eq!(window.text(&button), "here");
    window.click(&button);
    window.wait_for_text("clicked", PATIENCE);
    let field = window.find("input").unwrap();
    window.type_into(&field, "typed");
    assert_eq!(
        window.execute("return document.querySelector('input').value"),
        "typed"
    );
    window.execute("document.activeElement.blur()");
    window.press("ja");
    until("the pressed keys", PATIENCE, || {
        window.page_text().contains("ja").then_some(())
    });
    assert!(window.find("table").is_none());
    assert_eq!(&window.screenshot()[..8], b"\x89PNG\r\n\x1a\n");
}

/// The plain WebKit browser that comes with the library: it has no page of ours, only the driver.
fn open_browser(session: &mut Session) -> Window {
    let libraries = [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/libexec",
        "/usr/lib64",
    ];
    let browser = libraries
        .iter()
        .map(|folder| std::path::Path::new(folder).join("webkit2gtk-4.1/MiniBrowser"))
        .find(|path| path.is_file())
        .expect("WebKitGTK's MiniBrowser is installed (webkit2gtk-driver, libwebkit2gtk-4.1-0)");
    session.open(&browser, &["--automation"])
}
