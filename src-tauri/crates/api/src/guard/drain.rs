//! Reads what is left of a request's body once its answer is known.
//!
//! A server that answers early and closes while the visitor is still sending makes the visitor's
//! next write fail, and most clients then report a broken pipe instead of the answer: the 413, 401
//! or 415 with its sentence is lost. So the rest is read and thrown away, within limits, and the
//! connection stays good for the next request.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use domain::limits;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;

/// Octets read and thrown away behind an answer; beyond it the connection is closed.
pub const DRAIN_OCTETS_MAX: usize = 2 * limits::BODY_OCTETS_MAX;
/// How long the rest may take.
pub const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);

/// Where a lent body lands when its borrower lets go of it.
type Shelf = Arc<Mutex<Shelved>>;

#[derive(Default)]
struct Shelved {
    rest: Option<Body>,
    touched: bool,
}

/// Middleware: answers, then reads what the route left.
pub async fn after_answer(request: Request, next: Next) -> Response {
    let waits_for_100 = request
        .headers()
        .get(header::EXPECT)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let shelf = Shelf::default();
    let response = next
        .run(request.map(|body| Body::new(Lent::new(body, Arc::clone(&shelf)))))
        .await;
    let Shelved { rest, touched } = std::mem::take(&mut *lock(&shelf));
    // Who waits for `100 Continue` and was not told to go on sends nothing.
    if let Some(rest) = rest.filter(|rest| !rest.is_end_stream() && (touched || !waits_for_100)) {
        // Both ends of this are fine: read to its end, or given up with the limit.
        let _ = tokio::time::timeout(DRAIN_TIME_MAX, drain(rest)).await;
    }
    response
}

async fn drain(mut body: Body) {
    let mut octets = 0_usize;
    while let Some(Ok(frame)) = body.frame().await {
        octets = octets.saturating_add(frame.data_ref().map_or(0, Bytes::len));
        if octets > DRAIN_OCTETS_MAX {
            return;
        }
    }
}

struct Lent {
    body: Option<Body>,
    shelf: Shelf,
}

impl Lent {
    fn new(body: Body, shelf: Shelf) -> Self {
        Lent {
            body: Some(body),
            shelf,
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        lock(&self.shelf).rest = self.body.take();
    }
}

fn lock(shelf: &Shelf) -> std::sync::MutexGuard<'_, Shelved> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        lock(&self.shelf).touched = true;
        let Some(body) = self.body.as_mut() else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}
