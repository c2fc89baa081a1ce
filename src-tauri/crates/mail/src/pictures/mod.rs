//! Pictures a received message keeps on other people's servers, fetched when a person asks.
//!
//! Whoever wrote the message chose these addresses, so each is a way to have this machine connect
//! somewhere. Hence: HTTPS on its own port, to the hosts the person was shown and no others, and
//! only where every address of such a host is a public one ([`reach`]); what was checked is what is
//! connected to. No cookies, no referrer, no proxy, nothing kept. What comes back is a picture by
//! its own first bytes, whatever the server calls it, and is not large.

mod reach;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, HOST, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

use crate::https::{self, Broken};
use crate::transport::smtp::tls;
use crate::transport::smtp::wire::Stream;

/// Pictures of one message that are fetched.
pub const PICTURES_MAX: usize = 40;
/// Octets of one picture.
pub const PICTURE_OCTETS_MAX: usize = 2 << 20;
/// Octets of all pictures of a message.
pub const PICTURES_OCTETS_MAX: usize = 8 << 20;
/// Redirects followed for one picture.
const HOPS_MAX: usize = 3;
/// Fetched at the same time.
const AT_ONCE: usize = 4;
/// How long one picture may take, redirects and all.
const FETCH: Duration = Duration::from_secs(10);
/// The port of HTTPS.
const HTTPS: u16 = 443;

/// One fetched picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    /// Its media type, by its first bytes.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a picture was not fetched: a sentence without a full stop.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoPicture(String);

fn no(why: impl Into<String>) -> NoPicture {
    NoPicture(why.into())
}

/// The host that would be asked for a picture, as it is looked up; none where none would be asked:
/// not HTTPS, another port, a name and password in the address, or an address of no use.
pub fn host_of(address: &str) -> Option<String> {
    let url = read(address, HTTPS).ok()?;
    url.host_str().map(str::to_owned)
}

/// Fetches pictures.
#[derive(Clone)]
pub struct Pictures {
    trust: Arc<ClientConfig>,
    may_reach: fn(IpAddr) -> bool,
    port: u16,
}

impl Pictures {
    /// Trusts whom this machine trusts. Reads files: not for an async thread.
    ///
    /// # Errors
    /// If this machine trusts nobody.
    pub fn new() -> Result<Self, NoPicture> {
        Ok(Self {
            trust: tls::config(None).map_err(NoPicture)?,
            may_reach: reach::is_public,
            port: HTTPS,
        })
    }

    /// Fetches each of `addresses` from one of `hosts`, in their order; what is too much is left
    /// out with the reason.
    pub async fn fetch_all(
        &self,
        addresses: &[String],
        hosts: &BTreeSet<String>,
    ) -> Vec<Result<Picture, NoPicture>> {
        let asked = addresses.iter().take(PICTURES_MAX);
        let asked: Vec<_> = asked.map(|address| self.fetch(address, hosts)).collect();
        let mut answers = futures_util::stream::iter(asked).buffered(AT_ONCE);
        let mut all = Vec::with_capacity(addresses.len());
        let mut octets = 0;
        while let Some(answer) = answers.next().await {
            octets += answer.as_ref().map_or(0, |picture| picture.bytes.len());
            if octets > PICTURES_OCTETS_MAX {
                break;
            }
            all.push(answer);
        }
        // Also those under way when it became too much.
        let rest = || Err(no("too many or too large together; it was left out"));
        all.resize_with(addresses.len(), rest);
        all
    }

    /// Fetches one picture from one of `hosts`.
    ///
    /// # Errors
    /// Why not: where it would lead, what the server said, or what came back.
    pub async fn fetch(
        &self,
        address: &str,
        hosts: &BTreeSet<String>,
    ) -> Result<Picture, NoPicture> {
        match timeout(FETCH, self.follow(address, hosts)).await {
            Ok(answer) => answer,
            Err(_) => Err(no(format!("no picture came within {} s", FETCH.as_secs()))),
        }
    }

    async fn follow(&self, address: &str, hosts: &BTreeSet<String>) -> Result<Picture, NoPicture> {
        let mut url = read(address, self.port)?;
        for _ in 0..=HOPS_MAX {
            match self.ask(&url, hosts).await? {
                Answer::Picture(picture) => return Ok(picture),
                Answer::Elsewhere(location) => {
                    let next = url
                        .join(&location)
                        .map_err(|_| no("the server sends on to an address of no use"))?;
                    url = read(next.as_str(), self.port)?;
                }
            }
        }
        Err(no(format!(
            "the server sends on more than {HOPS_MAX} times"
        )))
    }

    /// One request. The address is checked here, so that every hop is.
    async fn ask(&self, url: &Url, hosts: &BTreeSet<String>) -> Result<Answer, NoPicture> {
        let host = url.host().ok_or_else(|| no("the address names no host"))?;
        let name = host.to_string();
        if !hosts.contains(&name) {
            return Err(no(format!(
                "`{name}` is not among the servers that were shown, so it was not asked"
            )));
        }
        let addresses = self.addresses(&host).await?;
        let tcp = TcpStream::connect(addresses.as_slice())
            .await
            .map_err(|error| no(format!("could not connect to `{name}`: {error}")))?;
        let tls_name = name.trim_matches(['[', ']']);
        let (stream, _) = tls::handshake(Box::new(tcp), self.trust.clone(), tls_name, FETCH)
            .await
            .map_err(|why| no(format!("`{name}` {why}")))?;
        exchange(stream, url, &name).await
    }

    /// Where a host is, if every one of its addresses may be reached: a name that is public and
    /// private at once is up to something.
    async fn addresses(&self, host: &Host<&str>) -> Result<Vec<SocketAddr>, NoPicture> {
        let found: Vec<SocketAddr> = match host {
            Host::Ipv4(ip) => vec![SocketAddr::new((*ip).into(), self.port)],
            Host::Ipv6(ip) => vec![SocketAddr::new((*ip).into(), self.port)],
            Host::Domain(name) => tokio::net::lookup_host((*name, self.port))
                .await
                .map_err(|error| no(format!("`{name}` could not be looked up: {error}")))?
                .collect(),
        };
        if found.is_empty() {
            return Err(no(format!("`{host}` has no address")));
        }
        match found.iter().find(|found| !(self.may_reach)(found.ip())) {
            Some(inside) => Err(no(format!(
                "`{host}` is {}, an address inside this network; nothing was asked there",
                inside.ip()
            ))),
            None => Ok(found),
        }
    }
}

/// Reads an address; only what may be asked for comes out.
fn read(address: &str, port: u16) -> Result<Url, NoPicture> {
    let url = Url::parse(address.trim()).map_err(|_| no("its address cannot be read"))?;
    if url.scheme() != "https" {
        return Err(no(
            "it is not behind HTTPS, so anybody on the way could read along",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(no("its address holds a name or a password"));
    }
    if url.port_or_known_default() != Some(port) {
        return Err(no("it is not on the port of HTTPS"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(no("its address names no host"));
    }
    Ok(url)
}

enum Answer {
    Picture(Picture),
    Elsewhere(String),
}

/// One request and its answer over an encrypted stream.
async fn exchange(stream: Box<dyn Stream>, url: &Url, name: &str) -> Result<Answer, NoPicture> {
    let request = request(url).map_err(|_| no("its address cannot be asked for"))?;
    let answered = https::exchange(stream, request, PICTURE_OCTETS_MAX).await;
    answer(
        answered.map_err(|broken| match broken {
            Broken::TooLarge => no(format!("it is larger than {} MB", PICTURE_OCTETS_MAX >> 20)),
            Broken::Off(why) => no(format!("`{name}` broke off: {why}")),
        })?,
        name,
    )
}

/// No cookie, no referrer, no language: nothing that tells one reader from another.
fn request(url: &Url) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let host = url.host_str().unwrap_or_default();
    let host = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    Request::get(target)
        .header(HOST, host)
        .header(ACCEPT, "image/png, image/jpeg, image/gif, image/webp")
        .header(USER_AGENT, "Sendoff")
        .header(hyper::header::CONNECTION, HeaderValue::from_static("close"))
        .body(Full::default())
}

fn answer(response: Response<Bytes>, name: &str) -> Result<Answer, NoPicture> {
    let status = response.status();
    if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
        let location = response.headers().get(LOCATION);
        return match location.and_then(|location| location.to_str().ok()) {
            Some(location) => Ok(Answer::Elsewhere(location.to_owned())),
            None => Err(no(format!("`{name}` sends on without saying where"))),
        };
    }
    if status != StatusCode::OK {
        return Err(no(format!("`{name}` answers {}", status.as_u16())));
    }
    let bytes = response.into_body();
    match media_type(&bytes) {
        Some(media_type) => Ok(Answer::Picture(Picture {
            media_type,
            bytes: bytes.into(),
        })),
        None => Err(no("what came back is not a PNG, JPEG, GIF or WebP picture")),
    }
}

/// What the first bytes say. SVG is left out: it is a document, not a picture.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Some("image/gif")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}
