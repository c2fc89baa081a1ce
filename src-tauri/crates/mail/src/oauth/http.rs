//! One HTTPS request to an authorization server: over the relay's TLS, bounded in time and octets.
//!
//! Plain HTTP is spoken to this machine alone: a token that crosses a network crosses it encrypted.

use std::time::Duration;

use http_body_util::Full;
use hyper::StatusCode;
use hyper::body::Bytes;
use oauth2::{HttpRequest, HttpResponse};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::https;
use crate::transport::smtp::tls;
use crate::transport::smtp::wire::Stream;

/// How long connecting, encrypting and answering may take, each.
const STEP: Duration = Duration::from_secs(30);
/// What a server says that was asked too often.
const TOO_MANY: StatusCode = StatusCode::TOO_MANY_REQUESTS;
/// The longest answer that is read.
const ANSWER_OCTETS_MAX: usize = 256 * 1024;

/// Why there is no answer, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAnswer(pub String);

/// Sends one request and reads the answer. Follows no redirect.
pub(super) async fn exchange(request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let is_plain = request.uri().scheme_str() == Some("http");
    let port = request
        .uri()
        .port_u16()
        .unwrap_or(if is_plain { 80 } else { 443 });
    let no = |text: String| NoAnswer(text);
    if is_plain && !is_here(name) {
        return Err(no(format!(
            "`{host}` would be spoken to without encryption; give an address that begins with https://"
        )));
    }
    let tcp = match timeout(STEP, TcpStream::connect((name, port))).await {
        Err(_) => {
            return Err(no(format!(
                "{host} did not answer within {} s",
                STEP.as_secs()
            )));
        }
        Ok(Err(error)) => return Err(no(format!("could not connect to {host}: {error}"))),
        Ok(Ok(tcp)) => tcp,
    };
    let stream: Box<dyn Stream> = if is_plain {
        Box::new(tcp)
    } else {
        let config = tokio::task::spawn_blocking(|| tls::config(None))
            .await
            .map_err(|error| no(error.to_string()))?
            .map_err(no)?;
        let (stream, _) = tls::handshake(Box::new(tcp), config, name, STEP)
            .await
            .map_err(|why| no(format!("{host} {why}")))?;
        stream
    };
    match timeout(STEP, ask(stream, &host, request)).await {
        // Whatever else it says: that is its state, not its verdict (RFC 9110, section 15.6; 429 is
        // RFC 6585, section 4).
        Ok(Ok(answer)) if answer.status().is_server_error() || answer.status() == TOO_MANY => {
            let status = answer.status().as_u16();
            Err(no(format!(
                "{host} cannot answer now (HTTP {status}); it is asked again later"
            )))
        }
        Ok(answer) => answer,
        Err(_) => Err(no(format!(
            "{host} did not answer within {} s",
            STEP.as_secs()
        ))),
    }
}

/// True for this machine, the only one that plain HTTP reaches unseen.
pub(super) fn is_here(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

async fn ask(
    stream: Box<dyn Stream>,
    host: &str,
    request: HttpRequest,
) -> Result<HttpResponse, NoAnswer> {
    let broke = |error: &dyn std::fmt::Display| NoAnswer(format!("{host} broke off: {error}"));
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().map(ToString::to_string);
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = path.parse::<hyper::Uri>().map_err(|error| broke(&error))?;
    let authority = authority.unwrap_or_default();
    let named = authority.parse::<hyper::header::HeaderValue>();
    head.headers
        .insert("host", named.map_err(|error| broke(&error))?);
    let request = hyper::Request::from_parts(head, Full::new(Bytes::from(body)));
    let answer = https::exchange(stream, request, ANSWER_OCTETS_MAX).await;
    Ok(answer
        .map_err(|error| broke(&error))?
        .map(|body| body.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert!(is_here(host), "{host}");
        }
        for host in ["example.test", "10.0.0.1", "localhost.evil.test", ""] {
            assert!(!is_here(host), "{host}");
        }
    }
}
