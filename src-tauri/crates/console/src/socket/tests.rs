use std::sync::Arc;

use engine::{Engine, SeededIds, SystemClock};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::oneshot;

use super::*;

/// A socket that is served while `test` runs.
async fn served<F: Future<Output = ()>>(test: impl FnOnce(PathBuf) -> F) {
    let dir = tempfile::tempdir().unwrap();
    let path = path_in(dir.path());
    let engine = Engine::memory(Arc::new(SystemClock), Arc::new(SeededIds::new(1))).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let until = async {
        let _ended = stopped.await;
    };
    let socket = OperatorSocket::bind(&path).unwrap();
    let test = async {
        test(path.clone()).await;
        stop.send(()).unwrap();
    };
    tokio::join!(socket.serve(engine, until), test);
    assert!(!path.exists(), "the socket is gone with its server");
}

#[tokio::test]
async fn a_command_is_answered_and_a_loosening_one_wants_proof() {
    served(|path| async move {
        let frame = call(&path, "frame", Value::Null, None)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(frame["first_run"], true);
        let refused = call(&path, "pause.off", json!({}), None)
            .await
            .unwrap()
            .unwrap_err();
        assert_eq!(refused.code, domain::Code::OperatorProofNeeded);
        let paused = call(&path, "pause.on", json!({}), None)
            .await
            .unwrap()
            .unwrap();
        assert!(
            paused["paused_at"].is_string(),
            "tightening needs no proof: {paused}"
        );
    })
    .await;
}

#[tokio::test]
async fn nonsense_is_answered_in_words_and_the_next_line_still_counts() {
    served(|path| async move {
        let mut stream = BufReader::new(UnixStream::connect(&path).await.unwrap());
        stream
            .write_all(b"nonsense\n{\"name\":\"nope\"}\n{\"name\":\"frame\",\"args\":{\"x\":1}}\n")
            .await
            .unwrap();
        for code in ["malformed_body", "malformed_request", "malformed_body"] {
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            let answer: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(answer["problem"]["code"], code, "{line}");
        }
    })
    .await;
}

#[tokio::test]
async fn only_its_owner_may_open_the_socket() {
    use std::os::unix::fs::PermissionsExt as _;
    served(|path| async move {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    })
    .await;
}

#[tokio::test]
async fn a_socket_file_nobody_listens_at_is_nobody_running() {
    let dir = tempfile::tempdir().unwrap();
    let path = path_in(dir.path());
    assert!(matches!(
        call(&path, "frame", Value::Null, None).await,
        Err(CallError::NotRunning)
    ));
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(matches!(
        call(&path, "frame", Value::Null, None).await,
        Err(CallError::NotRunning)
    ));
}

#[tokio::test]
async fn a_reader_that_stopped_keeps_nobody_waiting_at_the_end() {
    let (mut ours, _theirs) = UnixStream::pair().unwrap();
    let (stop, mut stopping) = tokio::sync::watch::channel(false);
    let much = vec![b'x'; 8 * 1024 * 1024];
    stop.send_replace(true);
    let sent = serve::send(&mut ours, &much, &mut stopping);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), sent).await;
    let error = ended.expect("it ends").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}

#[test]
fn an_answer_that_fits_in_no_line_is_refused_in_words() {
    let much = "x".repeat(usize::try_from(LINE_OCTETS_MAX).unwrap());
    let line = serve::line(&Response::Ok(Value::String(much)));
    assert!(line.len() < 1_000 && line.ends_with(b"\n"));
    let answer: Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(answer["problem"]["code"], "body_too_large");
    let fits = serve::line(&Response::Ok(Value::String("x".into())));
    assert_eq!(fits, b"{\"ok\":\"x\"}\n");
}
