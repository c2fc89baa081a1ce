//! Where a door listens: loopback or a Unix socket, and nothing else.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

/// A place to listen at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listen {
    /// A loopback address; port 0 lets the system choose.
    Tcp(SocketAddr),
    /// A socket file, 0660: for agents in containers or of another user, by their group.
    Unix(PathBuf),
}

/// Why a door cannot listen there. Sentences to show to a person.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Not an address at all.
    #[error("`{0}` is no place to listen at; write 127.0.0.1:7411 or unix:PATH")]
    Shape(String),
    /// Reachable from other machines.
    #[error(
        "`{0}` is not loopback, and doors open to loopback only; use 127.0.0.1:{port}, or \
         unix:PATH for agents in containers", port = .0.port()
    )]
    NotLoopback(SocketAddr),
    /// Somebody listens there.
    #[error("port {port} is taken by another program; stop it, or choose another port", port = .0.port())]
    PortTaken(SocketAddr),
    /// Somebody answers at that socket.
    #[error("`{}` is answered by another program; stop it, or choose another path", .0.display())]
    SocketTaken(PathBuf),
    /// Something else has that name.
    #[error("`{}` is there and is not a socket; choose another path", .0.display())]
    NotASocket(PathBuf),
    /// What the system said.
    #[error("cannot listen at `{at}`: {source}")]
    Io {
        /// Where.
        at: String,
        /// What it said.
        source: io::Error,
    },
}

impl Listen {
    /// Reads `127.0.0.1:7411`, `localhost:7411`, `[::1]:0` or `unix:PATH`.
    ///
    /// # Errors
    /// Anything else, and any address that other machines could reach.
    pub fn parse(text: &str) -> Result<Self, ListenError> {
        let shape = || ListenError::Shape(crate::problem::cut(text, 100));
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                "" => Err(shape()),
                path => Ok(Listen::Unix(PathBuf::from(path))),
            };
        }
        let address = match text.strip_prefix("localhost:") {
            Some(port) => SocketAddr::new(
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                port.parse().map_err(|_| shape())?,
            ),
            None => text.parse().map_err(|_| shape())?,
        };
        if address.ip().is_loopback() {
            Ok(Listen::Tcp(address))
        } else {
            Err(ListenError::NotLoopback(address))
        }
    }
}

impl FromStr for Listen {
    type Err = ListenError;
    fn from_str(text: &str) -> Result<Self, ListenError> {
        Listen::parse(text)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Tcp(address) => write!(f, "{address}"),
            Listen::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A place that is ours: connections queue up until [`Bound::serve`] takes them.
pub struct Bound {
    pub(crate) listener: Listener,
    at: Listen,
}

pub(crate) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

/// Takes a place to listen at. Connections are accepted from then on and answered once served.
///
/// A socket file nobody answers at is left over from a crash and is replaced; one that is answered,
/// or that is no socket, is not touched.
///
/// # Errors
/// A sentence for a person: taken, not loopback, or what the system said.
pub async fn bind(listen: &Listen) -> Result<Bound, ListenError> {
    match listen {
        Listen::Tcp(address) => bind_tcp(*address).await,
        Listen::Unix(path) => bind_unix(path).await,
    }
}

impl Bound {
    /// Where it listens, the port as the system chose it: `127.0.0.1:7411` or `unix:PATH`.
    pub fn address(&self) -> String {
        self.at.to_string()
    }

    /// The port, if it is TCP.
    pub fn port(&self) -> Option<u16> {
        match &self.at {
            Listen::Tcp(address) => Some(address.port()),
            Listen::Unix(_) => None,
        }
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if let Listen::Unix(path) = &self.at {
            // Already gone is as good; the next start replaces it anyway.
            let _ = std::fs::remove_file(path);
        }
    }
}

async fn bind_tcp(address: SocketAddr) -> Result<Bound, ListenError> {
    if !address.ip().is_loopback() {
        return Err(ListenError::NotLoopback(address));
    }
    let failed = |source: io::Error| {
        if source.kind() == io::ErrorKind::AddrInUse {
            return ListenError::PortTaken(address);
        }
        let at = address.to_string();
        ListenError::Io { at, source }
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let at = Listen::Tcp(listener.local_addr().map_err(failed)?);
    Ok(Bound {
        listener: Listener::Tcp(listener),
        at,
    })
}

#[cfg(unix)]
async fn bind_unix(path: &Path) -> Result<Bound, ListenError> {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

    let failed = |source: io::Error| ListenError::Io {
        at: format!("unix:{}", path.display()),
        source,
    };
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(ListenError::NotASocket(path.to_owned()));
        }
        Ok(_) if UnixStream::connect(path).await.is_ok() => {
            return Err(ListenError::SocketTaken(path.to_owned()));
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    // Bound under another name, given its mode, then moved over the left-over one: at no instant is
    // there a socket at `path` that others may write to, and none that nobody answers.
    let mut draft = path.as_os_str().to_owned();
    draft.push("~");
    let draft = PathBuf::from(draft);
    if std::fs::symlink_metadata(&draft).is_ok_and(|found| found.file_type().is_socket()) {
        std::fs::remove_file(&draft).map_err(failed)?;
    }
    let listener = UnixListener::bind(&draft).map_err(failed)?;
    std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o660)).map_err(failed)?;
    std::fs::rename(&draft, path).map_err(failed)?;
    Ok(Bound {
        listener: Listener::Unix(listener),
        at: Listen::Unix(path.to_owned()),
    })
}

#[cfg(not(unix))]
async fn bind_unix(path: &Path) -> Result<Bound, ListenError> {
    let source = io::Error::new(
        io::ErrorKind::Unsupported,
        "this system has no Unix sockets",
    );
    Err(ListenError::Io {
        at: format!("unix:{}", path.display()),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_sockets_are_places_to_listen_at() {
        for text in [
            "127.0.0.1:7411",
            "[::1]:7411",
            "127.0.0.1:0",
            "unix:/run/sendoff.sock",
        ] {
            assert_eq!(Listen::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            Listen::parse("localhost:80").unwrap().to_string(),
            "127.0.0.1:80"
        );
        for text in ["0.0.0.0:7411", "192.168.1.2:7411", "[::]:7411"] {
            let said = Listen::parse(text).expect_err(text).to_string();
            assert!(
                said.contains("not loopback") && said.contains("127.0.0.1:7411"),
                "{said}"
            );
        }
        for text in [
            "",
            "7411",
            "127.0.0.1",
            "unix:",
            "example.com:80",
            "localhost:x",
            "127.0.0.1:99999",
        ] {
            assert!(
                matches!(Listen::parse(text), Err(ListenError::Shape(_))),
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_what_to_do() {
        let first = bind(&Listen::parse("127.0.0.1:0").unwrap()).await.unwrap();
        let port = first.port().unwrap();
        assert_eq!(first.address(), format!("127.0.0.1:{port}"));
        let said = bind(&Listen::parse(&first.address()).unwrap())
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(said.contains(&format!("port {port} is taken")), "{said}");
        assert!(said.contains("choose another port"), "{said}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_socket_is_for_its_owner_and_group_and_replaces_only_what_nobody_answers() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("door.sock");
        let listen = Listen::Unix(path.clone());
        let first = bind(&listen).await.unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o660
        );
        assert!(matches!(
            bind(&listen).await,
            Err(ListenError::SocketTaken(_))
        ));

        drop(first);
        assert!(
            !path.exists(),
            "a door that closes takes its socket with it"
        );
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "a crash leaves one behind");
        assert!(bind(&listen).await.is_ok());

        std::fs::write(&path, "letters").unwrap();
        assert!(matches!(
            bind(&listen).await,
            Err(ListenError::NotASocket(_))
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "letters");

        let nowhere = Listen::Unix(folder.path().join("no/such/door.sock"));
        assert!(matches!(bind(&nowhere).await, Err(ListenError::Io { .. })));
    }
}
