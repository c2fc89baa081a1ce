//! The agents' doors, whole: an engine in memory, an agent, and the bytes a client sends.

use std::sync::Arc;
use std::time::Duration;

use api::Options;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{AccountKind, Address, Level, Timestamp};
use engine::{AskRate, Budget, Engine, ListFilter, ManualClock, SeededIds, Shares};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tower::ServiceExt as _;

const MAILBOX: &str = "ann@example.com";
/// Stands in a conversation where a client would say who it is: the token is made anew each time.
const LOGIN: &[u8] = b"{login}";
/// Where a body is posted.
const ASKS: [&str; 6] = [
    "/v1/submissions",
    "/v1/submissions/batch",
    "/emails",
    "/emails/batch",
    "/email",
    "/email/batch",
];
/// Octets of an answer.
const ANSWER_OCTETS_MAX: usize = 8 << 20;
/// Longer than any answer should take, and shorter than a closing door waits for whoever is left.
const PATIENCE: Duration = Duration::from_secs(4);

/// An engine that sends nothing, and an agent's token.
async fn desk() -> (Engine, String) {
    let begin: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(begin));
    let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
    let address: Address = MAILBOX.parse().unwrap();
    let mailbox = engine.add_mailbox(address.clone(), None, AccountKind::Rehearsal, None);
    mailbox.await.unwrap();
    let agent = engine.add_agent("helper", &address, Level::AskAlways, None);
    let (_, token) = agent.await.unwrap();
    (engine, token)
}

fn run(work: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work);
}

/// A client says it all at once and goes: every line of the answer is one, there is a message for
/// a final dot or none, and nobody is left in the door.
pub fn smtp(bytes: &[u8]) {
    run(async {
        let (engine, token) = desk().await;
        let login = STANDARD.encode(format!("\0{MAILBOX}\0{token}"));
        let said = with_login(bytes, login.as_bytes());
        let bound = submission::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let at = bound.address();
        let options = submission::Options {
            budget: Budget::new(AskRate::default()),
            certificate: None,
            shares: Shares::default(),
        };
        let (close, closed) = oneshot::channel::<()>();
        let serving = bound.serve(engine.clone(), options, async {
            let _closed_or_dropped = closed.await;
        });
        let client = async {
            let answer = timeout(PATIENCE, conversation(at, &said)).await;
            let _nobody_waits = close.send(());
            answer.expect("the door answers and hangs up")
        };
        let both = async { tokio::join!(serving, client).1 };
        let answer = timeout(2 * PATIENCE, both).await;
        let answer = answer.expect("nobody is left in the door");
        assert!(answer.starts_with(b"220 "), "a greeting comes first");
        for line in answer.split_inclusive(|octet| *octet == b'\n') {
            let shown = String::from_utf8_lossy(line);
            assert!(line.ends_with(b"\r\n"), "{shown}");
            let code = shown.get(..3).and_then(|code| code.parse::<u16>().ok());
            assert!(
                code.is_some_and(|code| (200..600).contains(&code)),
                "{shown}"
            );
            assert!(matches!(line[3], b' ' | b'-'), "{shown}");
        }
        let ends = said.windows(5).filter(|five| *five == b"\r\n.\r\n").count();
        let all = engine.list(ListFilter::default(), None, 500).await.unwrap();
        assert!(all.rows.len() <= ends, "{} of {ends}", all.rows.len());
        engine.close();
    });
}

/// Says everything, while reading everything.
async fn conversation(at: std::net::SocketAddr, said: &[u8]) -> Vec<u8> {
    let (mut from, mut to) = TcpStream::connect(at).await.unwrap().into_split();
    let mut answer = Vec::new();
    let saying = async {
        let _the_door_may_hang_up_before = to.write_all(said).await;
        let _and_then = to.shutdown().await;
    };
    let reading = async {
        let _what_came_counts = from.read_to_end(&mut answer).await;
    };
    tokio::join!(saying, reading);
    answer
}

fn with_login(bytes: &[u8], login: &[u8]) -> Vec<u8> {
    let mut said = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(LOGIN.len()).position(|part| part == LOGIN) {
        said.extend_from_slice(&rest[..at]);
        said.extend_from_slice(login);
        rest = &rest[at + LOGIN.len()..];
    }
    said.extend_from_slice(rest);
    said
}

/// A body at every place that takes one: it is answered in JSON, and never with a fault of ours.
pub fn asks(bytes: &[u8]) {
    run(async {
        let (engine, token) = desk().await;
        let router = api::router(engine.clone(), Options::default());
        for path in ASKS {
            let request = Request::builder()
                .method(Method::POST)
                .uri(path)
                .header("host", "127.0.0.1:7411")
                .header("content-type", "application/json")
                .header("authorization", format!("Bearer {token}"))
                .header("x-postmark-server-token", &token)
                .body(Body::from(bytes.to_vec()))
                .unwrap();
            let answer = timeout(PATIENCE, router.clone().oneshot(request)).await;
            let answer = answer.expect("an answer in time").unwrap();
            let status = answer.status();
            let body = to_bytes(answer.into_body(), ANSWER_OCTETS_MAX).await;
            let body = body.unwrap();
            let shown = String::from_utf8_lossy(&body);
            assert!(!status.is_server_error(), "{path}: {status} {shown}");
            let json = serde_json::from_slice::<serde_json::Value>(&body);
            assert!(json.is_ok(), "{path}: {status} {shown}");
        }
        engine.close();
    });
}
