//! The redirect of a sign-in in a browser, caught on this machine (RFC 8252, section 7.3).

use std::net::Ipv4Addr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::{OAuthTrouble, RedirectHost};

/// The longest request head that is read.
const HEAD_OCTETS_MAX: usize = 16 * 1024;
/// How long a browser may take to say what it wants.
const HEAD: Duration = Duration::from_secs(10);
/// Connections that are listened to at once.
const KNOCKING_MAX: usize = 64;

/// A door on loopback, open for one sign-in.
pub struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    /// Opens a free port on 127.0.0.1.
    ///
    /// # Errors
    /// If there is none.
    pub async fn open() -> Result<Loopback, OAuthTrouble> {
        let opened = async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let port = listener.local_addr()?.port();
            Ok(Loopback { listener, port })
        };
        opened.await.map_err(|error: std::io::Error| {
            OAuthTrouble::later(format!("no port can be opened on 127.0.0.1: {error}"))
        })
    }

    /// Where the provider is to send the browser back to; without a path, for some providers
    /// overlook the port of what was registered and nothing else.
    pub fn redirect(&self, host: RedirectHost) -> String {
        match host {
            RedirectHost::Address => format!("http://127.0.0.1:{}", self.port),
            RedirectHost::Localhost => format!("http://localhost:{}", self.port),
        }
    }

    /// Waits for the browser that comes back with this `state`, and gives the code it brings.
    /// Whoever else knocks is turned away and changes nothing.
    ///
    /// # Errors
    /// If the provider sent it back without a code, with the provider's reason.
    pub async fn code(&self, state: &str) -> Result<String, OAuthTrouble> {
        // Browsers open connections ahead of need and say nothing on them: nobody waits for those.
        let mut knocking = FuturesUnordered::new();
        loop {
            let (mut stream, asked) = tokio::select! {
                knock = self.listener.accept(), if knocking.len() < KNOCKING_MAX => {
                    knocking.extend(knock.ok().map(|(stream, _)| heard(stream)));
                    continue;
                }
                Some(heard) = knocking.next() => heard,
            };
            let Some(query) = asked else {
                answer(&mut stream, "404 Not Found", "There is nothing here.").await;
                continue;
            };
            let value = |name: &str| {
                url::form_urlencoded::parse(query.as_bytes())
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.into_owned())
            };
            if value("state").as_deref() != Some(state) {
                let text = "This is not the sign-in that Sendoff waits for.";
                answer(&mut stream, "400 Bad Request", text).await;
                continue;
            }
            if let Some(code) = value("code") {
                let text = "Signed in. You can close this page and go back to Sendoff.";
                answer(&mut stream, "200 OK", text).await;
                return Ok(code);
            }
            let text = "Not signed in. Go back to Sendoff, it says why.";
            answer(&mut stream, "200 OK", text).await;
            let why = value("error_description").or_else(|| value("error"));
            return Err(OAuthTrouble::refused(format!(
                "the provider did not let you in ({}); try again",
                super::said(why.as_deref().unwrap_or("it gives no reason"))
            )));
        }
    }
}

/// A connection and what it asks for, if it says so in time.
async fn heard(mut stream: TcpStream) -> (TcpStream, Option<String>) {
    let asked = timeout(HEAD, query(&mut stream)).await;
    (stream, asked.ok().flatten())
}

/// The query of a GET of the root; none for anything else.
async fn query(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut block = [0; 1024];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read(&mut block).await.ok()?;
        if read == 0 || head.len() > HEAD_OCTETS_MAX {
            return None;
        }
        head.extend_from_slice(block.get(..read)?);
    }
    let head = String::from_utf8(head).ok()?;
    let target = head.strip_prefix("GET ")?.split(' ').next()?;
    let (path, query) = target.split_once('?')?;
    (path == "/").then(|| query.to_owned())
}

async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!("<!doctype html><meta charset=utf-8><title>Sendoff</title><p>{text}");
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_says_nothing_keeps_nobody_waiting() {
        let door = Loopback::open().await.unwrap();
        let at = (Ipv4Addr::LOCALHOST, door.port);
        let browser = async {
            let _silent = TcpStream::connect(at).await.unwrap();
            let mut stranger = TcpStream::connect(at).await.unwrap();
            let wrong = b"GET /?state=other&code=mine HTTP/1.1\r\n\r\n";
            stranger.write_all(wrong).await.unwrap();
            let mut told = String::new();
            stranger.read_to_string(&mut told).await.unwrap();
            assert!(told.starts_with("HTTP/1.1 400"), "{told}");
            let mut back = TcpStream::connect(at).await.unwrap();
            let right = b"GET /?code=a%2Fb&state=ours HTTP/1.1\r\n\r\n";
            back.write_all(right).await.unwrap();
            back.read_to_string(&mut told).await.unwrap();
        };
        let signing_in = async { tokio::join!(door.code("ours"), browser).0 };
        let code = timeout(HEAD / 2, signing_in).await;
        assert_eq!(code.unwrap(), Ok("a/b".to_owned()));
    }
}
