//! Listens for operators on this machine.

use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain::{Code, Problem};
use engine::Engine;
use tokio::io::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::{CONNECTIONS_MAX, LINE_OCTETS_MAX, Request, Response};
use crate::operator::Operator;

/// How long an answer may take to be taken: a terminal that was stopped takes none.
const WRITE_LIMIT: Duration = Duration::from_secs(30);
/// The same once Sendoff ends: nobody keeps it waiting.
const LAST_WRITE_LIMIT: Duration = Duration::from_millis(500);
/// How long nobody is let in after that failed: mostly there are no descriptors left, and asking
/// again at once would ask all day.
const ACCEPT_REST: Duration = Duration::from_millis(200);

/// The operator socket, bound: connections queue up from now on and are answered by
/// [`OperatorSocket::serve`].
#[derive(Debug)]
pub struct OperatorSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl OperatorSocket {
    /// Takes the place. The caller holds the data folder's lock, so a socket file that is there
    /// belongs to nobody. Needs a Tokio runtime.
    ///
    /// # Errors
    /// If the socket cannot be made at `path`; the system's limit is about 100 octets.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(path)?;
        // The data folder is 0700, so nobody else gets here between the two calls.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(OperatorSocket {
            listener,
            path: path.to_owned(),
        })
    }

    /// Answers until `until` ends; what is under way then is finished.
    pub async fn serve(self, engine: Engine, until: impl Future<Output = ()> + Send) {
        let (stop, stopping) = watch::channel(false);
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut open = JoinSet::new();
        let mut until = pin!(until);
        loop {
            tokio::select! {
                () = &mut until => break,
                Some(_) = open.join_next() => {}
                accepted = self.listener.accept() => {
                    let stream = match accepted {
                        Ok((stream, _)) => stream,
                        Err(error) => {
                            tracing::warn!(%error, "an operator could not be let in");
                            tokio::select! {
                                () = &mut until => break,
                                () = tokio::time::sleep(ACCEPT_REST) => continue,
                            }
                        }
                    };
                    let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                    let (engine, stopping) = (engine.clone(), stopping.clone());
                    open.spawn(async move {
                        if let Err(error) = converse(&engine, stream, stopping).await {
                            tracing::debug!(%error, "an operator's connection ended");
                        }
                        drop(place);
                    });
                }
            }
        }
        stop.send_replace(true);
        while open.join_next().await.is_some() {}
    }
}

impl Drop for OperatorSocket {
    fn drop(&mut self) {
        // A file that is already gone is what we want.
        let _gone = std::fs::remove_file(&self.path);
    }
}

async fn converse(
    engine: &Engine,
    mut stream: UnixStream,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    if stream.peer_cred()?.uid() != rustix::process::geteuid().as_raw() {
        let detail = "this console belongs to another user of this machine";
        let refusal = Response::Problem(Problem::new(Code::OperatorProofNeeded, detail));
        return send(&mut stream, &line(&refusal), &mut stopping).await;
    }
    let (reading, mut writing) = stream.split();
    let mut reading = BufReader::new(reading);
    loop {
        let mut asked = Vec::new();
        let mut limited = (&mut reading).take(LINE_OCTETS_MAX);
        let read = tokio::select! {
            read = limited.read_until(b'\n', &mut asked) => read?,
            _ = stopping.wait_for(|stop| *stop) => return Ok(()),
        };
        if read == 0 {
            return Ok(());
        }
        let whole = asked.last() == Some(&b'\n');
        let response = if whole {
            answer(engine, &asked).await
        } else {
            too_long()
        };
        send(&mut writing, &line(&response), &mut stopping).await?;
        if !whole {
            return Ok(());
        }
    }
}

/// Writes what a stopped reader may never take.
pub(super) async fn send(
    to: &mut (impl AsyncWrite + Unpin),
    line: &[u8],
    stopping: &mut watch::Receiver<bool>,
) -> io::Result<()> {
    let at_the_end = async {
        // An error means the server is gone, which is the same.
        drop(stopping.wait_for(|stop| *stop).await);
        tokio::time::sleep(LAST_WRITE_LIMIT).await;
    };
    let late = || io::Error::new(io::ErrorKind::TimedOut, "the answer was not taken");
    tokio::select! {
        written = tokio::time::timeout(WRITE_LIMIT, to.write_all(line)) => {
            written.map_err(|_| late())?
        }
        () = at_the_end => Err(late()),
    }
}

async fn answer(engine: &Engine, asked: &[u8]) -> Response {
    let request: Request = match serde_json::from_slice(asked) {
        Ok(request) => request,
        Err(error) => {
            let detail = format!("a request is one line of JSON with name and args: {error}");
            return Response::Problem(Problem::new(Code::MalformedBody, detail));
        }
    };
    let Request {
        name,
        args,
        passphrase,
    } = request;
    let done = async {
        let operator = Operator::proven(engine, passphrase.as_deref()).await?;
        crate::rpc(engine, &operator, &name, args).await
    };
    match done.await {
        Ok(value) => Response::Ok(value),
        Err(problem) => Response::Problem(problem),
    }
}

fn too_long() -> Response {
    let detail =
        format!("a request has at most {LINE_OCTETS_MAX} octets and ends with a line feed");
    Response::Problem(Problem::new(Code::BodyTooLarge, detail))
}

/// One line; what would be longer than a line is said to be too large.
pub(super) fn line(response: &Response) -> Vec<u8> {
    let mut line = serde_json::to_vec(response).unwrap_or_default();
    let octets = line.len() as u64 + 1;
    if octets > LINE_OCTETS_MAX {
        let detail = format!(
            "the answer has {octets} octets and a terminal takes {LINE_OCTETS_MAX}; \
             ask for less at once, or look at it in the window"
        );
        let refusal = Response::Problem(Problem::new(Code::BodyTooLarge, detail));
        line = serde_json::to_vec(&refusal).unwrap_or_default();
    }
    line.push(b'\n');
    line
}
