//! Accepting connections and answering on them until told to stop.
//!
//! Owns the connections' tasks: one per connection, in a set that ends with the door. HTTP/1.1 only,
//! with hyper's limits set; each has a name here.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use engine::{DoorPlace, Engine, Places, Unaccepted};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::Options;
use crate::door::Door;
use crate::guard::{Connection, HostRule};
use crate::listen::{Bound, Listener};
use crate::routes;

/// Header lines of a request; more is answered 431.
pub const HEADERS_MAX: usize = 100;
/// Octets of a request's head; more is answered 431.
pub const HEADER_OCTETS_MAX: usize = 32 * 1024;
/// How long a request's head may take, and an idle connection is kept.
pub const HEADER_TIME_MAX: Duration = Duration::from_secs(60);
/// How long open requests may finish once the door is closing.
pub const CLOSING_TIME_MAX: Duration = Duration::from_secs(5);
/// How long the request of a connection that makes way for another may take to be answered.
pub const GOODBYE_TIME_MAX: Duration = Duration::from_secs(1);

impl Bound {
    /// Answers until `until` is done; then event streams and long polls end, open requests finish
    /// or are given up after [`CLOSING_TIME_MAX`].
    ///
    /// # Errors
    /// None that a running door cannot outlive are left today; the type leaves room for one.
    pub async fn serve(
        self,
        engine: Engine,
        options: Options,
        until: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        let (close, closing) = watch::channel(false);
        let host = self.port().map_or(HostRule::Any, HostRule::LoopbackPort);
        let places = Places::new(options.shares);
        let all = Arc::new(Semaphore::new(options.shares.all()));
        let mut unaccepted = Unaccepted::default();
        let router = routes::router(&Door::new(engine, options, host, closing.clone()));
        let mut connections = JoinSet::new();
        let mut until = pin!(until);
        loop {
            let accepted = tokio::select! {
                () = &mut until => break,
                // Tasks that ended are taken out, or the set grows for as long as the door is open.
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
                accepted = accept(&self.listener, &all) => accepted,
            };
            match accepted {
                Ok((stream, place)) => {
                    let (standing, sent_away) = places.enter();
                    let ends = Ends {
                        sent_away: sent_away.boxed(),
                        closing: closing.clone(),
                    };
                    let answering: BoxFuture<'static, ()> = match stream {
                        Stream::Tcp(stream) => answer(stream, standing, &router, ends).boxed(),
                        #[cfg(unix)]
                        Stream::Unix(stream) => answer(stream, standing, &router, ends).boxed(),
                    };
                    connections.spawn(async move {
                        answering.await;
                        drop(place);
                    });
                }
                Err(error) => unaccepted.another("HTTP", &error).await,
            }
        }
        // Nobody listening is no error: there may be no long answer open.
        let _ = close.send(true);
        let ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(CLOSING_TIME_MAX, ended).await.is_err() {
            tracing::warn!("requests still open were given up");
        }
        connections.shutdown().await;
        Ok(())
    }
}

enum Stream {
    Tcp(tokio::net::TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

async fn accept(
    listener: &Listener,
    places: &Arc<Semaphore>,
) -> io::Result<(Stream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let stream = match listener {
        Listener::Tcp(listener) => {
            let (stream, _) = listener.accept().await?;
            // Answers are small and wanted at once.
            stream.set_nodelay(true)?;
            Stream::Tcp(stream)
        }
        #[cfg(unix)]
        Listener::Unix(listener) => Stream::Unix(listener.accept().await?.0),
    };
    Ok((stream, place))
}

/// What ends a connection before its visitor does.
struct Ends {
    /// It makes way for another.
    sent_away: BoxFuture<'static, ()>,
    /// The door closes.
    closing: watch::Receiver<bool>,
}

/// Answers on a connection. Before it is ended, a request that is being answered gets its answer,
/// with `Connection: close`. One that is idle, or still saying what it wants, is hung up on without a
/// word, as HTTP lets a server do at any time (RFC 9112, section 9.5): an answer nobody asked for
/// would be read as the one to the next request.
fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    standing: DoorPlace,
    router: &Router,
    mut ends: Ends,
) -> impl Future<Output = ()> + Send + use<S> {
    let place = Connection::new(standing);
    let here = place.clone();
    let router = router.clone();
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let answering = here.answering();
        let answer = router.clone().oneshot(here.of(request));
        async move {
            let answer = answer.await;
            drop(answering);
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .max_headers(HEADERS_MAX)
        .max_header_size(HEADER_OCTETS_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    async move {
        let mut connection = pin!(connection);
        let within = tokio::select! {
            // Whoever makes way is told so with the answer that is just ready.
            biased;
            () = ends.sent_away => match place.is_answering() {
                true => GOODBYE_TIME_MAX,
                // One more look: an answer that is ready goes out.
                false => Duration::ZERO,
            },
            // An error is a door that is gone, which closes as well.
            _ = ends.closing.wait_for(|closing| *closing) => CLOSING_TIME_MAX,
            ended = connection.as_mut() => return note(ended),
        };
        connection.as_mut().graceful_shutdown();
        if let Ok(ended) = tokio::time::timeout(within, connection).await {
            note(ended);
        }
    }
}

/// A visitor that hangs up or speaks no HTTP is not our failure, and there is nobody to tell.
fn note(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use engine::Shares;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::sync::{Notify, oneshot};

    use super::*;

    const ASK: &[u8] = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";

    /// A door with one route, whose answer is ready once `ready` says so.
    #[derive(Default)]
    struct Slow {
        asked: Arc<Notify>,
        ready: Arc<Notify>,
    }

    impl Slow {
        /// Answers on a connection that is spoken on by `visitor`, who also sends it away.
        async fn visited<F: Future<Output = String>>(
            &self,
            visitor: impl FnOnce(DuplexStream, oneshot::Sender<()>) -> F,
        ) -> String {
            let (asked, ready) = (Arc::clone(&self.asked), Arc::clone(&self.ready));
            let slow = move || {
                asked.notify_one();
                let ready = Arc::clone(&ready);
                async move {
                    ready.notified().await;
                    "done"
                }
            };
            let router = Router::new().route("/slow", get(slow));
            let (standing, _) = Places::new(Shares::within(0)).enter();
            let (send_away, sent_away) = oneshot::channel();
            let (_open, closing) = watch::channel(false);
            let ends = Ends {
                sent_away: sent_away.map(|_| ()).boxed(),
                closing,
            };
            let (ours, theirs) = duplex(4_096);
            let answering = answer(ours, standing, &router, ends);
            tokio::join!(answering, visitor(theirs, send_away)).1
        }
    }

    /// Everything that comes until the other side hangs up.
    async fn rest(mut visitor: DuplexStream) -> String {
        let mut said = String::new();
        visitor.read_to_string(&mut said).await.unwrap();
        said
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_makes_way_gets_the_answer_that_is_under_way_and_is_told_it_is_the_last() {
        let slow = Slow::default();
        let said = slow.visited(async |mut visitor, send_away| {
            visitor.write_all(ASK).await.unwrap();
            slow.asked.notified().await;
            send_away.send(()).unwrap();
            // Until the other side has heard it: each of the two is looked at once a turn.
            for _ in 0..2 {
                tokio::task::yield_now().await;
            }
            slow.ready.notify_one();
            rest(visitor).await
        });
        let said = said.await;
        assert!(said.starts_with("HTTP/1.1 200"), "{said}");
        assert!(said.contains("connection: close"), "{said}");
        assert!(said.ends_with("done"), "{said}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_long_in_coming_keeps_nobody_waiting() {
        let slow = Slow::default();
        let said = slow.visited(async |mut visitor, send_away| {
            visitor.write_all(ASK).await.unwrap();
            slow.asked.notified().await;
            send_away.send(()).unwrap();
            let begun = tokio::time::Instant::now();
            let said = rest(visitor).await;
            assert_eq!(begun.elapsed(), GOODBYE_TIME_MAX);
            said
        });
        assert_eq!(said.await, "");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_idle_or_still_asking_is_hung_up_on_at_once() {
        for begun in [&b""[..], b"GET /slow HTTP/1.1\r\nHost:"] {
            let slow = Slow::default();
            let said = slow.visited(async |mut visitor, send_away| {
                visitor.write_all(begun).await.unwrap();
                tokio::task::yield_now().await;
                send_away.send(()).unwrap();
                let begun = tokio::time::Instant::now();
                let said = rest(visitor).await;
                assert_eq!(begun.elapsed(), Duration::ZERO);
                said
            });
            assert_eq!(said.await, "");
        }
        let slow = Slow::default();
        slow.ready.notify_one();
        let said = slow.visited(async |mut visitor, send_away| {
            visitor.write_all(ASK).await.unwrap();
            let mut octets = [0; 4_096];
            let read = visitor.read(&mut octets).await.unwrap();
            assert!(octets[..read].ends_with(b"done"));
            send_away.send(()).unwrap();
            rest(visitor).await
        });
        assert_eq!(said.await, "", "nothing after the answer it asked for");
    }
}
