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
use hyper_util::server::graceful::GracefulShutdown;
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
        let router = routes::router(&Door::new(engine, options, host, closing));
        let graceful = GracefulShutdown::new();
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
                    let answering: BoxFuture<'static, ()> = match stream {
                        Stream::Tcp(stream) => answer(stream, standing, &router, &graceful).boxed(),
                        #[cfg(unix)]
                        Stream::Unix(stream) => {
                            answer(stream, standing, &router, &graceful).boxed()
                        }
                    };
                    connections.spawn(async move {
                        tokio::select! {
                            () = answering => {}
                            // Without a word: nobody has asked anything that counts.
                            () = sent_away => {}
                        }
                        drop(place);
                    });
                }
                Err(error) => unaccepted.another("HTTP", &error).await,
            }
        }
        // Nobody listening is no error: there may be no long answer open.
        let _ = close.send(true);
        if tokio::time::timeout(CLOSING_TIME_MAX, graceful.shutdown())
            .await
            .is_err()
        {
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

fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    standing: DoorPlace,
    router: &Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<S> {
    let connection = Connection::new(standing);
    let service = router
        .clone()
        .map_request(move |request: Request<Incoming>| connection.of(request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .max_headers(HEADERS_MAX)
        .max_header_size(HEADER_OCTETS_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let connection = graceful.watch(connection);
    async move {
        // A visitor that hangs up or speaks no HTTP is not our failure, and there is nobody to tell.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
