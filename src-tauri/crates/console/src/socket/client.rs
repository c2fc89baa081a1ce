//! Asks the running Sendoff.

use std::io::ErrorKind;
use std::path::Path;

use domain::Problem;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::{CallError, LINE_OCTETS_MAX, Request, Response};

/// Gives one command to the Sendoff that listens at `path`.
///
/// # Errors
/// [`CallError::NotRunning`] if nobody listens there; [`CallError::Broken`] if somebody does and no
/// answer comes. The command's own refusal is the inner error.
pub async fn call(
    path: &Path,
    name: &str,
    args: Value,
    passphrase: Option<&str>,
) -> Result<Result<Value, Problem>, CallError> {
    let broken = |error: std::io::Error| CallError::Broken(error.to_string());
    // A socket file left by a killed process refuses; its folder's lock is free.
    let nobody = [ErrorKind::NotFound, ErrorKind::ConnectionRefused];
    let mut stream = UnixStream::connect(path).await.map_err(|error| {
        if nobody.contains(&error.kind()) {
            CallError::NotRunning
        } else {
            broken(error)
        }
    })?;
    let request = Request {
        name: name.to_owned(),
        args,
        passphrase: passphrase.map(str::to_owned),
    };
    let mut line = serde_json::to_vec(&request).map_err(|e| CallError::Broken(e.to_string()))?;
    line.push(b'\n');
    stream.write_all(&line).await.map_err(broken)?;
    let mut answer = Vec::new();
    BufReader::new(stream.take(LINE_OCTETS_MAX))
        .read_until(b'\n', &mut answer)
        .await
        .map_err(broken)?;
    if answer.is_empty() {
        return Err(CallError::Broken("it closed the connection".to_owned()));
    }
    let response: Response =
        serde_json::from_slice(&answer).map_err(|e| CallError::Broken(e.to_string()))?;
    Ok(match response {
        Response::Ok(value) => Ok(value),
        Response::Problem(problem) => Err(problem),
    })
}
