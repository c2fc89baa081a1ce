//! The door over real sockets: what HTTP itself does to an answer.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use api::{Listen, Options};
use domain::Level;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::{Desk, ask, desk};

struct Served {
    address: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn at(desk: &Desk, listen: &str) -> Self {
        Served::with(desk, listen, Options::default()).await
    }

    async fn with(desk: &Desk, listen: &str, options: Options) -> Self {
        let bound = api::bind(&Listen::parse(listen).unwrap()).await.unwrap();
        let address = bound.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let until = async move { drop(stopped.await) };
        let task = spawn(bound.serve(desk.engine.clone(), options, until));
        Served {
            address,
            stop: Some(stop),
            task,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address.parse::<SocketAddr>().unwrap())
            .await
            .unwrap()
    }

    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(4), self.task).await;
        ended.expect("a door closes in time").unwrap().unwrap();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test owns the server it starts and ends it"
)]
fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(task)
}

/// Reads one response: its head and, by its Content-Length, its body.
async fn response(stream: &mut (impl AsyncRead + Unpin)) -> (String, String) {
    let read = async {
        let (mut octets, mut chunk) = (Vec::new(), [0_u8; 4096]);
        loop {
            if let Some(end) = octets.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8(octets[..end].to_vec()).unwrap();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
                    .unwrap_or(0);
                if octets.len() >= end + 4 + length {
                    let body = octets[end + 4..end + 4 + length].to_vec();
                    return (head, String::from_utf8(body).unwrap());
                }
            }
            let n = stream.read(&mut chunk).await.unwrap();
            assert!(
                n > 0,
                "the door hung up after {:?}",
                String::from_utf8_lossy(&octets)
            );
            octets.extend_from_slice(&chunk[..n]);
        }
    };
    tokio::time::timeout(Duration::from_secs(30), read)
        .await
        .expect("an answer within 30 s")
}

fn get(served: &Served, path: &str, token: &str) -> String {
    let host = &served.address;
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n")
}

fn post_head(served: &Served, token: &str, extra: &str) -> String {
    let host = &served.address;
    format!(
        "POST /v1/submissions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\n{extra}\r\n\r\n"
    )
}

/// Sends `octets` spaces without ever reading, as many clients do.
async fn send_spaces(stream: &mut (impl AsyncWrite + Unpin), octets: usize) -> std::io::Result<()> {
    let block = vec![b' '; 64 * 1024];
    let mut left = octets;
    while left > 0 {
        let n = left.min(block.len());
        stream.write_all(&block[..n]).await?;
        left -= n;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_say_nothing_make_way_and_an_agents_stays() {
    let desk = desk(Level::AskAlways).await;
    let few = Options {
        shares: engine::Shares {
            strangers: 4,
            agents: 4,
        },
        ..Options::default()
    };
    let served = Served::with(&desk, "127.0.0.1:0", few).await;
    let me = get(&served, "/v1/me", &desk.token);
    let nobody = get(&served, "/v1/me", "so_live_nobody");
    let mut inside = served.connect().await;
    inside.write_all(me.as_bytes()).await.unwrap();
    assert!(response(&mut inside).await.0.starts_with("HTTP/1.1 200"));
    let mut silent = Vec::new();
    for n in 0..50 {
        let mut one = served.connect().await;
        // Who shows a token that is nobody's is a stranger still.
        if n % 2 == 0 {
            one.write_all(nobody.as_bytes()).await.unwrap();
            assert!(response(&mut one).await.0.starts_with("HTTP/1.1 401"));
        }
        silent.push(one);
    }
    let mut next = served.connect().await;
    next.write_all(me.as_bytes()).await.unwrap();
    assert!(response(&mut next).await.0.starts_with("HTTP/1.1 200"));
    inside.write_all(me.as_bytes()).await.unwrap();
    assert!(
        response(&mut inside).await.0.starts_with("HTTP/1.1 200"),
        "an agent's connection made way"
    );
    for mut gone in silent.drain(..46) {
        let mut octet = [0];
        let read = tokio::time::timeout(Duration::from_secs(20), gone.read(&mut octet));
        let hung_up = read.await.expect("a stranger that makes way is hung up on");
        assert_eq!(hung_up.unwrap_or(0), 0);
    }
    drop(silent);
    served.stop().await;
}

const MIB: usize = 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_36_mib_body_is_answered_413_and_the_connection_stays_good() {
    let desk = desk(Level::AskAlways).await;
    let served = Served::at(&desk, "127.0.0.1:0").await;
    let mut stream = served.connect().await;
    let head = post_head(
        &served,
        &desk.token,
        &format!("Content-Length: {}", 36 * MIB),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    send_spaces(&mut stream, 36 * MIB)
        .await
        .expect("a client that only writes can write it all");
    let (head, body) = response(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    assert!(body.contains("\"code\":\"body_too_large\""), "{body}");
    stream
        .write_all(get(&served, "/v1/me", &desk.token).as_bytes())
        .await
        .unwrap();
    assert!(
        response(&mut stream).await.0.starts_with("HTTP/1.1 200"),
        "the next request is answered"
    );
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_100_continue_is_told_413_without_sending() {
    let desk = desk(Level::AskAlways).await;
    let served = Served::at(&desk, "127.0.0.1:0").await;
    let mut stream = served.connect().await;
    let extra = format!("Content-Length: {}\r\nExpect: 100-continue", 36 * MIB);
    stream
        .write_all(post_head(&served, &desk.token, &extra).as_bytes())
        .await
        .unwrap();
    let (head, _) = response(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told_401_even_behind_a_long_body() {
    let desk = desk(Level::AskAlways).await;
    let served = Served::at(&desk, "127.0.0.1:0").await;
    let mut stream = served.connect().await;
    let head = post_head(
        &served,
        "so_live_wrong",
        &format!("Content-Length: {}", 8 * MIB),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    send_spaces(&mut stream, 8 * MIB)
        .await
        .expect("a client that only writes can write it all");
    let (head, body) = response(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    assert!(body.contains("unauthenticated"), "{body}");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_without_end_are_refused() {
    let desk = desk(Level::AskAlways).await;
    let served = Served::at(&desk, "127.0.0.1:0").await;
    let long = format!(
        "GET /v1/me HTTP/1.1\r\nX-Long: {}\r\n\r\n",
        "x".repeat(api::HEADER_OCTETS_MAX)
    );
    let many = format!(
        "GET /v1/me HTTP/1.1\r\n{}\r\n",
        "X-A: b\r\n".repeat(api::HEADERS_MAX + 1)
    );
    for text in [long, many] {
        let mut stream = served.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        let (head, _) = response(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 431"), "{head}");
    }
    let mut stream = served.connect().await;
    stream.write_all(b"EHLO example.com\r\n\r\n").await.unwrap();
    assert!(response(&mut stream).await.0.starts_with("HTTP/1.1 400"));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_the_system_chose_is_the_one_host_must_name() {
    let desk = desk(Level::AskAlways).await;
    let served = Served::at(&desk, "127.0.0.1:0").await;
    for (host, status) in [
        (served.address.clone(), "200"),
        (served.address.replace("127.0.0.1", "localhost"), "200"),
        ("127.0.0.1:7411".to_owned(), "403"),
        (served.address.replace("127.0.0.1", "rebind.example"), "403"),
    ] {
        let mut stream = served.connect().await;
        let text = format!("GET /v1/health HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        let (head, _) = response(&mut stream).await;
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status}")),
            "{host}: {head}"
        );
    }
    // HTTP/1.0 may leave Host out; we do not let it.
    let mut stream = served.connect().await;
    stream
        .write_all(b"GET /v1/health HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    assert!(response(&mut stream).await.0.contains(" 403"));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ask_comes_in_over_a_unix_socket_whatever_its_host() {
    let desk = desk(Level::AskAlways).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("door.sock");
    let served = Served::at(&desk, &format!("unix:{}", path.display())).await;
    assert_eq!(served.address, format!("unix:{}", path.display()));
    let mut stream = UnixStream::connect(&path).await.unwrap();
    let body = ask("bob@x.example").to_string();
    let head = format!(
        "POST /v1/submissions HTTP/1.1\r\nHost: sendoff\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        desk.token,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (head, body) = response(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 202"), "{head} {body}");
    drop(stream);
    served.stop().await;
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_door_ends_streams_and_waits_and_answers_what_is_open() {
    let desk = desk(Level::AskAlways).await;
    let made = desk.submit(&ask("bob@x.example")).await;
    let served = Served::at(&desk, "127.0.0.1:0").await;
    let mut events = served.connect().await;
    events
        .write_all(get(&served, "/v1/events?after=0", &desk.token).as_bytes())
        .await
        .unwrap();
    let mut chunk = [0_u8; 4096];
    assert!(events.read(&mut chunk).await.unwrap() > 0);
    let mut wait = served.connect().await;
    let path = format!("/v1/submissions/{}?wait=50", made.id());
    wait.write_all(get(&served, &path, &desk.token).as_bytes())
        .await
        .unwrap();
    // Both are taken in once a later request has been answered on the same runtime.
    let mut later = served.connect().await;
    later
        .write_all(get(&served, "/v1/me", &desk.token).as_bytes())
        .await
        .unwrap();
    response(&mut later).await;

    let address = served.address.clone();
    served.stop().await;
    let (head, body) = response(&mut wait).await;
    assert!(
        head.starts_with("HTTP/1.1 200") && body.contains("\"held\""),
        "{head} {body}"
    );
    let end = async { while events.read(&mut chunk).await.unwrap() > 0 {} };
    tokio::time::timeout(Duration::from_secs(4), end)
        .await
        .expect("the stream ends");
    assert!(
        TcpStream::connect(address.parse::<SocketAddr>().unwrap())
            .await
            .is_err()
    );
}
