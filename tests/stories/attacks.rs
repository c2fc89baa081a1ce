//! What a hostile or broken visitor can send to the HTTP door over a real socket, and the door
//! serves the others meanwhile.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::wait::PATIENCE;
use tests::{Serving, SmtpSink, until};

use crate::world::{MAILBOX, SWIFT, World, letter};

/// A way in for each HTTP door.
const PATHS: [&str; 4] = ["/v1/submissions/check", "/emails", "/email", "/mcp"];

fn connect(serving: &Serving) -> TcpStream {
    let address = serving.url().trim_start_matches("http://");
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// Everything that comes back until the door hangs up or says no more.
fn exchange(serving: &Serving, raw: &[u8]) -> String {
    let mut stream = connect(serving);
    // A door that hangs up in the middle of it has given its answer too.
    let _ = stream.write_all(raw);
    let _ = stream.shutdown(Shutdown::Write);
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

fn host(serving: &Serving) -> String {
    serving.url().trim_start_matches("http://").to_owned()
}

#[test]
fn a_request_inside_a_request_is_never_answered() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let (host, token) = (host(&world.serving), &world.token);
    let hidden_body = letter("hidden@x.test", "smuggled").to_string();
    let hidden = format!(
        "POST /v1/submissions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{hidden_body}",
        hidden_body.len()
    );
    let length = hidden.len();
    let chunked = format!("0\r\n\r\n{hidden}");
    // What two servers could read as two different requests: each of these is one, or none.
    let shapes: &[(&str, String)] = &[
        (
            "two lengths",
            format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{hidden}"),
        ),
        (
            "a list of lengths",
            format!("Content-Length: 0, {length}\r\n\r\n{hidden}"),
        ),
        (
            "a signed length",
            format!("Content-Length: +0\r\n\r\n{hidden}"),
        ),
        (
            "a length in hex",
            format!("Content-Length: 0x0\r\n\r\n{hidden}"),
        ),
        (
            "a length below zero",
            format!("Content-Length: -1\r\n\r\n{hidden}"),
        ),
        (
            "a length beyond all numbers",
            format!("Content-Length: 99999999999999999999\r\n\r\n{hidden}"),
        ),
        (
            "an unknown coding",
            format!("Transfer-Encoding: chunked, identity\r\n\r\n{chunked}"),
        ),
        (
            "a mangled coding",
            format!("Transfer-Encoding: xchunked\r\n\r\n{chunked}"),
        ),
        (
            "a space before the colon",
            format!("Content-Length : {length}\r\n\r\n{hidden}"),
        ),
        (
            "a folded header",
            format!("X-A: b\r\n Content-Length: {length}\r\n\r\n{hidden}"),
        ),
        (
            "a bare carriage return",
            format!("X-A: b\rContent-Length: {length}\r\n\r\n{hidden}"),
        ),
        ("a NUL in a header", format!("X-A: b\0c\r\n\r\n{hidden}")),
        (
            "a broken chunk size",
            format!("Transfer-Encoding: chunked\r\n\r\nzz\r\n{hidden}"),
        ),
        (
            "a chunk size beyond all numbers",
            format!("Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff1\r\n{hidden}"),
        ),
    ];
    for (path, (name, rest)) in PATHS
        .iter()
        .flat_map(|path| shapes.iter().map(move |s| (path, s)))
    {
        let raw = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             X-Postmark-Server-Token: {token}\r\nAccept: application/json, text/event-stream\r\n\
             Content-Type: application/json\r\n{rest}"
        );
        let said = exchange(&world.serving, raw.as_bytes());
        assert!(!said.contains("sub_"), "{path} {name}: {said}");
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 4"),
            "{path} {name}: {said}"
        );
        assert!(
            said.matches("HTTP/1.1 ").count() <= 1,
            "{path} {name}: {said}"
        );
    }
    // Both lengths at once: RFC 9112 lets the coding win, and then the rest is a pipelined request
    // of the same visitor with the same token, or the connection ends. Nobody stands between.
    let both = format!(
        "POST /v1/submissions/check HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}",
        chunked.len()
    );
    let said = exchange(&world.serving, both.as_bytes());
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");
    for raw in [
        "\r\n\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03",
        "EHLO there\r\n",
        "GET /v1/me HTTP/1.0\r\n\r\n",
        "GET /v1/me HTTP/1.1\r\n\r\n",
        "GET http://evil.test/v1/me HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
    ] {
        let said = exchange(&world.serving, raw.as_bytes());
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 4") || said.starts_with("HTTP/1.0 4"),
            "{raw:?}: {said}"
        );
    }
    let long = format!(
        "GET /v1/me HTTP/1.1\r\nHost: {host}\r\nX-Long: {}\r\n\r\n",
        "x".repeat(70_000)
    );
    let said = exchange(&world.serving, long.as_bytes());
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 431"),
        "{said}"
    );
    let many = format!(
        "GET /v1/me HTTP/1.1\r\nHost: {host}\r\n{}\r\n",
        "X-A: b\r\n".repeat(500)
    );
    let said = exchange(&world.serving, many.as_bytes());
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 431"),
        "{said}"
    );
    // Only this one is an ask.
    assert_eq!(
        world.api().get("/v1/submissions").json()["submissions"],
        json!([])
    );
    assert_eq!(
        world.ask(&letter("dana@x.test", "still serving")).status,
        200
    );
}

#[test]
fn visitors_that_never_finish_a_sentence_keep_nobody_waiting() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let (host, token) = (host(&world.serving), &world.token);
    let mut slow = Vec::new();
    for n in 0..300 {
        let mut stream = connect(&world.serving);
        let begun = match n % 3 {
            0 => "POST /v1/subm".to_owned(),
            1 => format!("POST /emails HTTP/1.1\r\nHost: {host}\r\nX-"),
            _ => format!(
                "POST /v1/submissions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
                 Content-Length: 30000000\r\n\r\n{{"
            ),
        };
        stream.write_all(begun.as_bytes()).unwrap();
        slow.push(stream);
    }
    // With a token, an agent's slow bodies take its places and nobody else's.
    for _ in 0..40 {
        let mut stream = connect(&world.serving);
        let head = format!(
            "POST /emails HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: 200\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).unwrap();
        slow.push(stream);
    }
    let begun = Instant::now();
    for n in 0..20 {
        let to = format!("person{n}@x.test");
        for stream in slow.iter_mut().skip(1).step_by(3) {
            // One octet now and then, as the slowest honest wire would; it may have hung up.
            let _ = stream.write_all(b"a");
        }
        assert_eq!(world.ask(&letter(&to, "in between")).status, 200);
    }
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn sixty_four_clients_at_once_lose_nothing() {
    const CLIENTS: usize = 64;
    const EACH: usize = 8;
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let start = Barrier::new(CLIENTS);
    let ids: Vec<String> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (world, start) = (&world, &start);
                scope.spawn(move || {
                    let api = world.api();
                    start.wait();
                    let send = |n: usize| {
                        let to = format!("p{client}-{n}@x.test");
                        let answer = match n % 2 {
                            0 => api.post("/v1/submissions", &letter(&to, "at once")),
                            _ => api.post(
                                "/resend/emails",
                                &json!({"from": MAILBOX, "to": to, "subject": "at once", "text": to}),
                            ),
                        };
                        assert_eq!(answer.status, 200, "{}", answer.text);
                        answer.json()["id"].as_str().unwrap().to_owned()
                    };
                    (0..EACH).map(send).collect::<Vec<String>>()
                })
            })
            .collect();
        clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect()
    });
    let mut distinct = ids.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), CLIENTS * EACH);
    until("every message to leave", PATIENCE * 4, || {
        (sink.caught().len() >= CLIENTS * EACH).then_some(())
    });
    assert_eq!(sink.caught().len(), CLIENTS * EACH);
    let twice = sink
        .count_by_message_id()
        .into_values()
        .filter(|n| *n != 1)
        .count();
    assert_eq!(twice, 0);
    for id in &ids {
        world.wait_for_state(id, "sent");
    }
    world.desk.run(&["verify"]).ok();
}

#[test]
fn a_thousand_idle_connections_cost_little_and_are_nobodys_trouble() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    assert_eq!(world.ask(&letter("warm@x.test", "warm")).status, 200);
    let before = world.serving.memory();
    let idle: Vec<TcpStream> = (0..1_000)
        .map(|n| {
            let mut stream = connect(&world.serving);
            if n % 2 == 0 {
                let head = format!(
                    "GET /v1/health HTTP/1.1\r\nHost: {}\r\n\r\n",
                    host(&world.serving)
                );
                stream.write_all(head.as_bytes()).unwrap();
                assert!(stream.read(&mut [0; 512]).unwrap() > 0);
            }
            stream
        })
        .collect();
    assert_eq!(world.ask(&letter("dana@x.test", "in between")).status, 200);
    let grown = world.serving.memory().saturating_sub(before);
    let per_connection = grown / 1_000;
    println!("1000 idle connections cost {grown} bytes");
    assert_eq!(idle.len(), 1_000);
    assert!(
        per_connection < 48 * 1024,
        "{per_connection} octets for each of a thousand"
    );
}
