//! `sendoff mcp`: the tools over standard input and output, for assistants that start their servers
//! themselves.
//!
//! A thin bridge: every line is posted to the running Sendoff's `/mcp` as it came, with the agent's
//! token, and the answer is printed as it came. It knows no tool, opens no data folder and judges
//! nothing; where no Sendoff runs, it says so and ends.

use std::sync::{Arc, Mutex, PoisonError};

use api::Listen;
use bytes::Bytes;
use domain::limits;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::exit::Failure;
use crate::print;

/// The variable the agent's token is in: command lines are seen by everybody.
const TOKEN: &str = "SENDOFF_TOKEN";
/// Octets of an answer.
const ANSWER_OCTETS_MAX: usize = 64 * 1024 * 1024;
/// Requests under way at once: what an agent may have open, less what it has open elsewhere.
const OPEN_MAX: usize = limits::OPEN_REQUESTS_PER_AGENT_MAX / 2;
/// JSON-RPC: the server could not answer (first of the codes left to implementations).
const NOT_ANSWERED: i64 = -32_000;

struct Bridge {
    door: Listen,
    token: String,
    /// The version the client and the door agreed on, to be said with every request.
    version: Mutex<Option<String>>,
}

/// Carries messages until standard input ends.
///
/// # Errors
/// No token, no Sendoff at `http`, or one that does not know the token.
pub(crate) async fn bridge(http: &str) -> Result<(), Failure> {
    let token = std::env::var(TOKEN).map_err(|_| {
        Failure::Refused(format!(
            "there is no agent's token in {TOKEN}; make one with `sendoff agent add`"
        ))
    })?;
    let bridge = Arc::new(Bridge {
        door: Listen::parse(http).map_err(|error| Failure::Refused(error.to_string()))?,
        token,
        version: Mutex::default(),
    });
    bridge.knock().await?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut answers: JoinSet<Option<String>> = JoinSet::new();
    loop {
        tokio::select! {
            line = lines.next_line(), if answers.len() < OPEN_MAX => match line? {
                Some(line) if line.trim().is_empty() => {}
                Some(line) => {
                    let bridge = Arc::clone(&bridge);
                    answers.spawn(async move { bridge.carry(line).await });
                }
                None => break,
            },
            Some(answer) = answers.join_next(), if !answers.is_empty() => say(answer)?,
        }
    }
    while let Some(answer) = answers.join_next().await {
        say(answer)?;
    }
    Ok(())
}

fn say(answer: Result<Option<String>, tokio::task::JoinError>) -> Result<(), Failure> {
    match answer {
        Ok(Some(answer)) => print::line(&answer),
        Ok(None) => Ok(()),
        Err(error) => Err(Failure::Refused(format!("the bridge broke: {error}"))),
    }
}

impl Bridge {
    /// Whether anybody is there, and knows the token.
    async fn knock(&self) -> Result<(), Failure> {
        let request = self.request(Method::GET, "/v1/me");
        let request = request.body(Full::default()).map_err(broken)?;
        let (status, body) = self.send(request).await.map_err(Failure::Refused)?;
        match status {
            StatusCode::OK => Ok(()),
            _ => Err(Failure::Refused(detail(&body))),
        }
    }

    /// One message to the door; its answer as one line, if it has one.
    async fn carry(&self, line: String) -> Option<String> {
        let message: Value = match serde_json::from_str(&line) {
            Ok(message) => message,
            Err(error) => return Some(failed(Value::Null, -32_700, &error.to_string())),
        };
        let id = message.get("id").cloned();
        match self.post(&message, line).await {
            Ok(Some(answer)) => {
                self.remember(&message, &answer);
                Some(answer.to_string())
            }
            Ok(None) => None,
            // A notification has nobody who waits for an answer.
            Err(said) => id.map(|id| failed(id, NOT_ANSWERED, &said)),
        }
    }

    async fn post(&self, message: &Value, line: String) -> Result<Option<Value>, String> {
        if line.len() > limits::BODY_OCTETS_MAX {
            return Err("the message is over 35 MiB; send less".to_owned());
        }
        let mut request = self
            .request(Method::POST, "/mcp")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if let Some(version) = self.version_of(message) {
            request = request.header("mcp-protocol-version", version);
        }
        // Said again in the head, for whoever routes by it (MCP 2026-07-28).
        if let Some(method) = message.get("method").and_then(Value::as_str) {
            request = request.header("mcp-method", method);
        }
        if let Some(name) = message.pointer("/params/name").and_then(Value::as_str) {
            request = request.header("mcp-name", name);
        }
        let request = request
            .body(Full::new(Bytes::from(line)))
            .map_err(|error| format!("the message cannot be passed on: {error}"))?;
        let (status, body) = self.send(request).await?;
        match serde_json::from_slice::<Value>(&body) {
            Ok(answer) if answer.get("jsonrpc").is_some() => Ok(Some(answer)),
            _ if status.is_success() => Ok(None),
            _ => Err(detail(&body)),
        }
    }

    fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(
                "host",
                match &self.door {
                    Listen::Tcp(address) => address.to_string(),
                    Listen::Unix(_) => "localhost".to_owned(),
                },
            )
            .header("authorization", format!("Bearer {}", self.token))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), String> {
        let nobody = |error: std::io::Error| {
            format!(
                "no Sendoff answers at {} ({error}); start the application, or `sendoff serve`",
                self.door
            )
        };
        match &self.door {
            Listen::Tcp(address) => {
                exchange(TcpStream::connect(address).await.map_err(nobody)?, request).await
            }
            #[cfg(unix)]
            Listen::Unix(path) => {
                let stream = tokio::net::UnixStream::connect(path)
                    .await
                    .map_err(nobody)?;
                exchange(stream, request).await
            }
            #[cfg(not(unix))]
            Listen::Unix(_) => Err(nobody(std::io::ErrorKind::Unsupported.into())),
        }
    }

    /// The version of a message: its own, or the one agreed on.
    fn version_of(&self, message: &Value) -> Option<String> {
        let own = message.pointer("/params/_meta/io.modelcontextprotocol~1protocolVersion");
        match own.and_then(Value::as_str) {
            Some(own) => Some(own.to_owned()),
            None => self.version().clone(),
        }
    }

    fn remember(&self, message: &Value, answer: &Value) {
        if message.get("method").and_then(Value::as_str) == Some("initialize")
            && let Some(version) = answer.pointer("/result/protocolVersion")
        {
            *self.version() = version.as_str().map(str::to_owned);
        }
    }

    fn version(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.version.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), String> {
    let broke = |error: &dyn std::fmt::Display| {
        format!("Sendoff did not answer: {error}; look up what became of it before asking again")
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broke(&error))?;
    let answered = async {
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| broke(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_OCTETS_MAX)
            .collect()
            .await;
        Ok((status, body.map_err(|error| broke(&error))?.to_bytes()))
    };
    // The connection has to be driven while its answer is waited for; its own end is the answer's.
    let driven = async {
        let _ended = connection.await;
        std::future::pending::<()>().await
    };
    tokio::select! {
        answer = answered => answer,
        () = driven => Err(broke(&"the connection ended")),
    }
}

/// What a problem says, or whatever came.
fn detail(body: &[u8]) -> String {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    match problem.get("detail").and_then(Value::as_str) {
        Some(detail) => detail.to_owned(),
        None => String::from_utf8_lossy(body).chars().take(500).collect(),
    }
}

fn failed(id: Value, code: i64, message: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}).to_string()
}

fn broken(error: hyper::http::Error) -> Failure {
    Failure::Refused(format!("{TOKEN} does not hold a token: {error}"))
}
