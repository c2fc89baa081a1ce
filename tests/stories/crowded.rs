//! The limit on open files that systems usually set, and more connections than that: each is told
//! where it stands, the memory they take is bounded, and the post goes on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;
use tests::wait::PATIENCE;
use tests::{ALICE, BOB, Desk, MailStack, PASSPHRASE, Serving, Smtp};

use crate::inbound::{Office, read_mail};
use crate::world::{SWIFT, publish};

const FILES: u32 = 1_024;
/// Silent connections at each door.
const SILENT: usize = 1_000;
/// What all of them may cost, in octets: a door keeps some hundreds of them at this limit.
const COST_MAX: u64 = 16 << 20;

/// This process has the other end of each connection.
fn raise_own_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = 4 * SILENT as u64;
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|current| current >= wanted) {
        return;
    }
    let raised = Rlimit {
        current: Some(wanted),
        maximum: now.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        panic!("{error}: allow {wanted} open files first, `ulimit -Hn {wanted}`");
    }
}

fn open_files(serving: &Serving) -> usize {
    let files = std::fs::read_dir(format!("/proc/{}/fd", serving.pid())).unwrap();
    files.count()
}

#[test]
fn at_1024_files_two_thousand_idle_connections_keep_neither_the_operator_nor_the_post_out() {
    raise_own_files();
    let stack = MailStack::start();
    let mut desk = Desk::initialised();
    desk.limit_files(FILES);
    let token = desk.with_agent(ALICE.address, stack.smtp_port(), 1);
    publish(&desk, SWIFT);
    read_mail(&desk, &stack, ALICE.password);
    let smtp = ["--smtp", "127.0.0.1:0"];
    let serving = desk.serve_with(&smtp, &[("--passphrase-fd", PASSPHRASE)]);
    let api = serving.api(&token);
    let office = Office {
        serving,
        desk,
        api,
        stack,
        token,
    };
    office.send(BOB.address, "before them", &json!({}));
    let before = office.serving.memory();

    let http = office
        .serving
        .url()
        .trim_start_matches("http://")
        .to_owned();
    let port: u16 = office
        .serving
        .smtp()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let mut idle = Vec::new();
    let mut silent = Vec::new();
    for n in 0..SILENT {
        let mut stream = TcpStream::connect(&http).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        if n % 2 == 0 {
            let head = format!("GET /v1/health HTTP/1.1\r\nHost: {http}\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            assert!(
                stream.read(&mut [0; 512]).unwrap() > 0,
                "number {n} has no answer"
            );
        }
        idle.push(stream);
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut greeting = [0; 64];
        let read = stream.read(&mut greeting).unwrap();
        assert!(
            greeting[..read].starts_with(b"220 "),
            "number {n} is not greeted"
        );
        silent.push(stream);
    }
    // Who had to make way was told so.
    let mut told = String::new();
    silent[0].read_to_string(&mut told).unwrap();
    assert!(told.starts_with("421 4.3.2 too many connections"), "{told}");
    assert_eq!(
        idle[1].read(&mut [0; 64]).unwrap(),
        0,
        "the oldest is hung up on"
    );

    // One agent takes as many as it can, and is told when there are no more.
    let mut inside = Vec::new();
    let refusal = loop {
        let (mut smtp, _) = Smtp::connect(port);
        let reply = smtp.log_in("test-agent", &office.token);
        if reply.code != 235 {
            break reply;
        }
        inside.push(smtp);
        assert!(inside.len() < 500, "nobody says stop");
    };
    assert_eq!(refusal.code, 454, "{refusal:?}");
    assert!(
        refusal.lines[0].contains("too_many_requests"),
        "{refusal:?}"
    );

    let grown = office.serving.memory().saturating_sub(before);
    let files = open_files(&office.serving);
    println!(
        "at {FILES} files: {} connections cost {grown} octets, {files} files are open, {} are logged in",
        2 * SILENT + inside.len(),
        inside.len()
    );
    assert!(grown < COST_MAX, "{grown} octets");
    assert!(files < FILES as usize, "{files}");

    // The operator approves, the relay is reached, and the answer is read.
    let (_, message_id) = office.send(BOB.address, "while they stand there", &json!({}));
    office.stack.wait_for_mail(BOB, PATIENCE, |mail: &[u8]| {
        String::from_utf8_lossy(mail).contains("while they stand there")
    });
    let answers = format!("In-Reply-To: {message_id}\r\nReferences: {message_id}\r\n");
    office.bob_writes("Re: while they stand there", &answers, "Yes, gladly.");
    let claimed = office.claim();
    assert!(claimed.to_string().contains("Yes, gladly."), "{claimed}");
    office.desk.run(&["status"]).ok();
    office.desk.run(&["verify"]).ok();
    let said = office.serving.stderr();
    assert!(!said.contains("open files"), "{said}");
    drop((idle, silent, inside));
}
