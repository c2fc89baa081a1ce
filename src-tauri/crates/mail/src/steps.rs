//! How a connection to a mail server is opened, told to whoever watches while it happens.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// A step of opening a connection and of trying it out, in the order they are taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// The server's name as addresses.
    LookUp,
    /// A connection to one of them.
    Connect,
    /// TLS; with STARTTLS it comes after the greeting.
    Encrypt,
    /// What the server says first, and what it offers.
    Greeting,
    /// User and password, or token.
    Login,
    /// Whether this login may send as the mailbox.
    Sender,
    /// The folders there are, and opening the inbox.
    Folders,
    /// Whether it tells of new mail by itself.
    News,
    /// Who says in recent mail that it checked the sender.
    Checker,
}

/// What is told of a step. The one begun last and not passed is where a try stops.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// It is under way.
    Begun(Step),
    /// It went well; in a few words, how.
    Passed(Step, String),
}

/// Somebody who watches, or nobody: then nothing is put into words.
#[derive(Clone, Copy, Default)]
pub struct Witness<'a>(Option<&'a (dyn Fn(Told) + Send + Sync)>);

impl<'a> Witness<'a> {
    /// Tells each step to `hears`.
    pub fn new(hears: &'a (dyn Fn(Told) + Send + Sync)) -> Self {
        Witness(Some(hears))
    }

    /// Nobody watches.
    pub fn nobody() -> Self {
        Witness(None)
    }

    pub(crate) fn begun(self, step: Step) {
        if let Some(hears) = self.0 {
            hears(Told::Begun(step));
        }
    }

    pub(crate) fn passed(self, step: Step, how: impl FnOnce() -> String) {
        if let Some(hears) = self.0 {
            hears(Told::Passed(step, how()));
        }
    }
}

impl fmt::Debug for Witness<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Witness"
        } else {
            "nobody"
        })
    }
}

/// Looks a host up and connects to the first of its addresses that answers; `limit` is for each
/// half. `server` is host and port as sentences name it.
///
/// Errors are whole sentences with what to do.
pub(crate) async fn reach(
    host: &str,
    port: u16,
    server: &str,
    limit: Duration,
    witness: Witness<'_>,
) -> Result<TcpStream, String> {
    let silent = || {
        let limit = seconds(limit);
        format!("{server} did not answer within {limit}; check the host, the port and the network")
    };
    witness.begun(Step::LookUp);
    let found = match timeout(limit, lookup_host((host, port))).await {
        Err(_) => return Err(silent()),
        Ok(Err(_)) => {
            return Err(format!(
                "the host name `{host}` cannot be found; check its spelling and the network"
            ));
        }
        Ok(Ok(found)) => found.collect::<Vec<SocketAddr>>(),
    };
    witness.passed(Step::LookUp, || looked_up(host, &found));
    witness.begun(Step::Connect);
    let each = limit / u32::try_from(found.len().max(1)).unwrap_or(1);
    let mut last = None;
    for address in found {
        match timeout(each, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // A command is one small packet that waits for its answer: Nagle only delays it.
                if let Err(error) = stream.set_nodelay(true) {
                    last = Some(error);
                    continue;
                }
                witness.passed(Step::Connect, || format!("{address} answers"));
                return Ok(stream);
            }
            Ok(Err(error)) => last = Some(error),
            Err(_) => {}
        }
    }
    Err(match last {
        None => silent(),
        Some(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => format!(
            "nothing answers at {server}; check the host and the port, and that the server runs"
        ),
        Some(error) => format!("{server} cannot be reached ({error}); check the network"),
    })
}

fn looked_up(host: &str, found: &[SocketAddr]) -> String {
    /// Addresses named of a host with many.
    const SHOWN: usize = 3;
    let shown: Vec<String> = found
        .iter()
        .take(SHOWN)
        .map(|address| address.ip().to_string())
        .collect();
    let more = match found.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{host} is {}{more}", shown.join(", "))
}

/// A limit in a sentence.
pub(crate) fn seconds(limit: Duration) -> String {
    if limit.as_secs() == 0 {
        format!("{} ms", limit.as_millis())
    } else {
        format!("{} s", limit.as_secs())
    }
}
