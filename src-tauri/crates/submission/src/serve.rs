//! Accepting connections and speaking on them until told to stop.
//!
//! Owns the connections' tasks: one per connection, in a set that ends with the door.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use engine::{Engine, LongBodies, Places, Unaccepted};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::Options;
use crate::limits::{CLOSING_TIME_MAX, GOODBYE_TIME_MAX};
use crate::session::{self, Door};

/// A place that is ours: connections queue up until [`Bound::serve`] takes them.
pub struct Bound {
    listener: TcpListener,
    at: SocketAddr,
}

/// Why the door cannot open there. Sentences to show to a person.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Reachable from other machines.
    #[error("`{0}` is not loopback, and doors open to loopback only; use 127.0.0.1:{port}", port = .0.port())]
    NotLoopback(SocketAddr),
    /// Somebody listens there.
    #[error("port {port} is taken by another program; stop it, or choose another port", port = .0.port())]
    Taken(SocketAddr),
    /// What the system said.
    #[error("cannot listen at `{at}`: {source}")]
    Io {
        /// Where.
        at: SocketAddr,
        /// What it said.
        source: io::Error,
    },
}

/// Takes a loopback address to listen at; port 0 lets the system choose.
///
/// # Errors
/// A sentence for a person.
pub async fn bind(at: SocketAddr) -> Result<Bound, BindError> {
    if !at.ip().is_loopback() {
        return Err(BindError::NotLoopback(at));
    }
    let failed = |source: io::Error| match source.kind() == io::ErrorKind::AddrInUse {
        true => BindError::Taken(at),
        false => BindError::Io { at, source },
    };
    let listener = TcpListener::bind(at).await.map_err(failed)?;
    let at = listener.local_addr().map_err(failed)?;
    Ok(Bound { listener, at })
}

impl Bound {
    /// Where it listens, the port as the system chose it.
    pub fn address(&self) -> SocketAddr {
        self.at
    }

    /// Speaks until `until` is done; then idle conversations end, others finish or are given up
    /// after [`CLOSING_TIME_MAX`].
    pub async fn serve(
        self,
        engine: Engine,
        options: Options,
        until: impl Future<Output = ()> + Send,
    ) {
        let (close, closing) = watch::channel(false);
        let shares = options.shares;
        let door = Door {
            engine,
            options,
            long_bodies: Arc::new(LongBodies::default()),
            closing,
        };
        let places = Places::new(shares);
        let all = Arc::new(Semaphore::new(shares.all()));
        let mut unaccepted = Unaccepted::default();
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
                    let door = door.clone();
                    let (standing, sent_away) = places.enter();
                    let (tell, told) = watch::channel(false);
                    let leaving = async move {
                        sent_away.await;
                        tell.send_replace(true);
                        // Whoever does not listen is not waited for.
                        tokio::time::sleep(GOODBYE_TIME_MAX).await;
                    };
                    connections.spawn(async move {
                        tokio::select! {
                            () = session::run(Box::new(stream), door, standing, told) => {}
                            () = leaving => {}
                        }
                        drop(place);
                    });
                }
                Err(error) => unaccepted.another("SMTP", &error).await,
            }
        }
        // The port is free at once, for whoever opens a door there next, this one again perhaps.
        drop(self.listener);
        // Nobody listening is no error: there may be no conversation open.
        let _ = close.send(true);
        let ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(CLOSING_TIME_MAX, ended).await.is_err() {
            tracing::warn!("conversations still open were given up");
        }
        connections.shutdown().await;
    }
}

async fn accept(
    listener: &TcpListener,
    all: &Arc<Semaphore>,
) -> io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(all)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Replies are small and wanted at once.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}
