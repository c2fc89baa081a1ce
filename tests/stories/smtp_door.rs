//! The SMTP door of a running Sendoff: from a mail program to Dovecot's maildir, and many at once.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Barrier;

use tests::mailstack::as_sent;
use tests::wait::PATIENCE;
use tests::{ALICE, BOB, MailStack, Smtp, SmtpSink};

use crate::world::{MAILBOX, SWIFT, World};

/// Programs at once, and how many messages each sends.
const CLIENTS: usize = 64;
const EACH: usize = 5;
/// Connections that only stand there, and what one may cost, in bytes.
const IDLE: usize = 1_000;
const IDLE_BYTES_MAX: u64 = 48 * 1024;

fn id(text: &str) -> String {
    let start = text
        .find("sub_")
        .unwrap_or_else(|| panic!("no id in {text}"));
    let digits = text[start..].chars();
    digits
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect()
}

fn letter(to: &str, subject: &str) -> String {
    format!(
        "From: {MAILBOX}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nHello,\r\n.this is {subject}.\r\n"
    )
}

#[test]
fn what_a_program_composed_is_held_approved_and_delivered_as_it_came() {
    let stack = MailStack::start();
    let world = World::with_smtp_door(1, stack.smtp_port(), SWIFT);
    let mut smtp = Smtp::logged_in(world.smtp_port(), "test-agent", &world.token);
    let message = format!("X-Mailer: by hand\r\n{}", letter(ALICE.address, "the plan"));
    let reply = smtp
        .deliver(MAILBOX, &[ALICE.address, BOB.address], &message)
        .unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
    assert!(
        reply.lines[0].starts_with("2.0.0 Ok: held as sub_"),
        "{reply:?}"
    );
    let id = id(&reply.lines[0]);
    assert!(stack.delivered(ALICE).is_empty());
    world.approve(&id);
    let mail = stack.wait_for_mail(ALICE, PATIENCE, |mail: &[u8]| !mail.is_empty());
    let sent = String::from_utf8_lossy(as_sent(&mail)).into_owned();
    let ours: Vec<&str> = sent
        .split_inclusive("\r\n")
        .filter(|line| {
            let added = ["Date: ", "Message-ID: ", "X-Sendoff-ID: "];
            added.iter().any(|field| line.starts_with(field))
        })
        .collect();
    assert_eq!(ours.len(), 3, "{sent}");
    let theirs = ours
        .iter()
        .fold(sent.clone(), |text, line| text.replace(line, ""));
    assert_eq!(theirs.trim_end(), message.trim_end());
    // Who is only in the envelope gets it and is not named in it.
    stack.wait_for_mail(BOB, PATIENCE, |mail: &[u8]| !mail.is_empty());
    assert!(!sent.contains(BOB.address));
    world.wait_for_state(&id, "sent");
    world.desk.run(&["verify"]).ok();
}

#[test]
fn without_the_option_there_is_no_door_and_a_place_that_is_taken_or_open_to_all_is_refused() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    assert!(!world.serving.stdout().contains("smtp="));
    drop(world);
    let world = World::with_smtp_door(1, sink.port(), SWIFT);
    let (mut smtp, _) = Smtp::connect(world.smtp_port());
    let offered = smtp.ask("EHLO x").unwrap().lines;
    assert!(!offered.contains(&"STARTTLS".to_owned()), "{offered:?}");
    let taken = format!("127.0.0.1:{}", world.smtp_port());
    let other = tests::Desk::initialised();
    let ran = other.run(&["serve", "--http", "127.0.0.1:0", "--smtp", &taken]);
    assert!(
        ran.stderr.contains("is taken by another program"),
        "{ran:?}"
    );
    let ran = other.run(&["serve", "--http", "127.0.0.1:0", "--smtp", "0.0.0.0:2525"]);
    assert!(ran.stderr.contains("is not loopback"), "{ran:?}");
}

#[test]
fn sixty_four_programs_and_sixty_four_http_clients_at_once_lose_nothing_and_send_nothing_twice() {
    let sink = SmtpSink::start();
    let world = World::with_smtp_door(3, sink.port(), SWIFT);
    let port = world.smtp_port();
    let start = Barrier::new(2 * CLIENTS);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (world, start) = (&world, &start);
            scope.spawn(move || {
                start.wait();
                let mut smtp = Smtp::logged_in(port, "test-agent", &world.token);
                for n in 0..EACH {
                    let to = format!("c{client}-{n}@example.net");
                    let reply = smtp.deliver(MAILBOX, &[&to], &letter(&to, &to)).unwrap();
                    assert!(reply.lines[0].contains("queued as sub_"), "{reply:?}");
                }
            });
            scope.spawn(move || {
                let api = world.api();
                start.wait();
                for n in 0..EACH {
                    let to = format!("h{client}-{n}@example.net");
                    let answer = api.post("/v1/submissions", &crate::world::letter(&to, &to));
                    assert_eq!(answer.json()["state"], "queued", "{}", answer.text);
                }
            });
        }
    });
    sink.wait_for(2 * CLIENTS * EACH);
    let counts = sink.count_by_message_id();
    assert_eq!(counts.len(), 2 * CLIENTS * EACH);
    assert!(counts.values().all(|count| *count == 1));
    world.desk.run(&["verify"]).ok();
}

#[test]
fn a_thousand_idle_connections_cost_little_and_the_door_still_opens() {
    let sink = SmtpSink::start();
    let world = World::with_smtp_door(1, sink.port(), SWIFT);
    let port = world.smtp_port();
    drop(Smtp::connect(port));
    let before = world.serving.memory();
    let idle: Vec<Smtp> = (0..IDLE).map(|_| Smtp::connect(port).0).collect();
    let grown = world.serving.memory().saturating_sub(before);
    println!("{IDLE} idle connections cost {grown} bytes");
    assert!(grown < IDLE as u64 * IDLE_BYTES_MAX, "{grown} bytes");
    let mut smtp = Smtp::logged_in(port, "test-agent", &world.token);
    let to = "a@example.net";
    let reply = smtp.deliver(MAILBOX, &[to], &letter(to, "x")).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
    drop(idle);
}

#[test]
fn silent_connections_beyond_the_systems_limit_on_files_keep_nobody_out_of_either_door() {
    let sink = SmtpSink::start();
    let mut desk = tests::Desk::initialised();
    let token = desk.with_agent(MAILBOX, sink.port(), 1);
    desk.limit_files(1_024);
    let smtp_too = ["--smtp", "127.0.0.1:0"];
    let serving = desk.serve_with(&smtp_too, &[("--passphrase-fd", tests::PASSPHRASE)]);
    let http = serving.url().trim_start_matches("http://").to_owned();
    let mut silent = Vec::new();
    for door in [&serving.smtp(), &http] {
        for _ in 0..1_100 {
            silent.push(std::net::TcpStream::connect(door).unwrap());
        }
    }
    let port = serving.smtp().rsplit(':').next().unwrap().parse().unwrap();
    for n in 0..5 {
        let to = format!("a{n}@example.net");
        let mut smtp = Smtp::logged_in(port, "test-agent", &token);
        let reply = smtp.deliver(MAILBOX, &[&to], &letter(&to, &to)).unwrap();
        assert_eq!(reply.code, 250, "{reply:?}");
        let api = serving.api(&token);
        assert_eq!(api.get("/v1/health").status, 200);
        let answer = api.post("/v1/submissions", &crate::world::letter(&to, "by hand"));
        assert!(answer.status < 300, "{}", answer.text);
    }
    assert!(
        !serving.stderr().contains("open files"),
        "{}",
        serving.stderr()
    );
    drop(silent);
}

#[test]
fn an_assistant_speaks_to_it_over_standard_input_and_is_told_when_nobody_is_there() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    let http = world.serving.url().trim_start_matches("http://").to_owned();
    let bridge = |http: &str, token: &str, said: &str| {
        let mut child = std::process::Command::new(tests::process::sendoff_bin())
            .args(["mcp", "--http", http])
            .env("SENDOFF_TOKEN", token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A bridge that ends at once does not listen.
        let _ = stdin.write_all(said.as_bytes());
        drop(stdin);
        let out = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (out.status.code(), text(out.stdout), text(out.stderr))
    };
    let hello = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\nnot json\n";
    let (code, stdout, stderr) = bridge(&http, &world.token, hello);
    assert_eq!(code, Some(0), "{stderr}");
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{stdout}");
    assert!(
        stdout.contains("\"protocolVersion\":\"2025-11-25\""),
        "{stdout}"
    );
    assert!(stdout.contains("-32700"), "{stdout}");

    let (code, stdout, stderr) = bridge(&http, "so_live_nobody", hello);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("is not known here"), "{stderr}");
    world.serving.stop();
    let (code, _, stderr) = bridge(&http, &world.token, hello);
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("no Sendoff answers at") && stderr.contains("sendoff serve"),
        "{stderr}"
    );
}
