//! One HTTP request over a stream that is open already, and its whole answer, bounded in octets.

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::transport::smtp::wire::Stream;

/// Octets of an answer's head.
const HEAD_OCTETS_MAX: usize = 32 << 10;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The body is larger than was asked for.
    TooLarge,
    /// The connection or what came over it.
    Off(String),
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Broken::TooLarge => f.write_str("its answer is too large"),
            Broken::Off(why) => f.write_str(why),
        }
    }
}

/// Sends one request (RFC 9112, its target in origin form) and reads the answer with a body of at
/// most `octets_max`. Follows no redirect. Bound it in time.
pub(crate) async fn exchange(
    stream: Box<dyn Stream>,
    request: Request<Full<Bytes>>,
    octets_max: usize,
) -> Result<Response<Bytes>, Broken> {
    let off = |error: hyper::Error| Broken::Off(error.to_string());
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_OCTETS_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(off)?;
    let talk = async {
        let (head, body) = sender
            .send_request(request)
            .await
            .map_err(off)?
            .into_parts();
        let body = Limited::new(body, octets_max).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => Broken::TooLarge,
            false => Broken::Off(error.to_string()),
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    };
    // The connection has to be driven while its answer is waited for; where it ends first, that is
    // said by the answer.
    let driven = async {
        let _said_by_the_answer = connection.await;
        std::future::pending().await
    };
    tokio::select! {
        answer = talk => answer,
        never = driven => never,
    }
}
