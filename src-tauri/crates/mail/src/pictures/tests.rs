//! The fetcher against a server of our own; who may be reached and at which port are the test's.

use std::net::Ipv4Addr;
use std::sync::Mutex;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

/// A server that answers by path, and what it was asked.
struct Server {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    trust: Arc<ClientConfig>,
    asked: Mutex<Vec<String>>,
}

impl Server {
    async fn new() -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let trust = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap(),
            acceptor: TlsAcceptor::from(Arc::new(server)),
            trust: Arc::new(trust),
            asked: Mutex::default(),
        }
    }

    fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port())
    }

    async fn serve(&self) {
        loop {
            let (tcp, _) = self.listener.accept().await.unwrap();
            let Ok(mut stream) = self.acceptor.accept(tcp).await else {
                continue;
            };
            let mut head = vec![0; 4096];
            let read = stream.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            self.asked.lock().unwrap().push(head);
            let _ = stream.write_all(&reply(&path, self.port())).await;
            let _ = stream.shutdown().await;
        }
    }

    /// Fetches `path` while serving; may reach this machine's 127.0.0.1 and nothing else.
    async fn fetch(&self, path: &str, hosts: &[&str]) -> Result<Picture, String> {
        let pictures = Pictures {
            trust: self.trust.clone(),
            may_reach: |ip| ip == IpAddr::from(Ipv4Addr::LOCALHOST),
            port: self.port(),
        };
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let url = self.url(path);
        tokio::select! {
            answer = pictures.fetch(&url, &hosts) => answer.map_err(|why| why.to_string()),
            () = self.serve() => unreachable!("it serves for good"),
        }
    }
}

fn reply(path: &str, port: u16) -> Vec<u8> {
    let ok = |body: &[u8]| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    };
    let to = |location: &str| {
        format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
            .into_bytes()
    };
    match path {
        "/p.png?who=1" => ok(PNG),
        "/chunked" => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            4\r\n\x89PNG\r\n8\r\n\r\n\x1a\nrest\r\n0\r\n\r\n"
            .to_vec(),
        "/svg" => ok(b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
        "/html" => ok(b"<!doctype html>"),
        "/large" => ok(&[PNG, &vec![0; PICTURE_OCTETS_MAX]].concat()),
        "/moved" => to("/p.png?who=1"),
        "/round" => to("/round"),
        "/inside" => to(&format!("https://127.0.0.2:{port}/p.png")),
        "/other" => to(&format!("https://localhost:{port}/p.png?who=1")),
        "/port" => to("https://127.0.0.1:22/p.png"),
        "/plain" => to("http://127.0.0.1/p.png"),
        _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
    }
}

#[tokio::test]
async fn a_picture_comes_and_nothing_is_told_about_who_asks() {
    let server = Server::new().await;
    let hosts = ["127.0.0.1"];
    let picture = server.fetch("/p.png?who=1", &hosts).await.unwrap();
    assert_eq!(
        (picture.media_type, picture.bytes.as_slice()),
        ("image/png", PNG)
    );
    assert_eq!(server.fetch("/moved", &hosts).await.unwrap().bytes, PNG);
    assert_eq!(server.fetch("/chunked", &hosts).await.unwrap().bytes, PNG);
    for asked in server.asked.lock().unwrap().iter() {
        let asked = asked.to_lowercase();
        assert!(asked.starts_with("get /"), "{asked}");
        for telling in ["cookie", "referer", "accept-language", "authorization"] {
            assert!(!asked.contains(telling), "{asked}");
        }
    }
}

#[tokio::test]
async fn what_is_no_picture_or_too_large_is_not_taken() {
    let server = Server::new().await;
    for (path, why) in [
        ("/svg", "not a PNG, JPEG, GIF or WebP"),
        ("/html", "not a PNG, JPEG, GIF or WebP"),
        ("/large", "larger than 2 MB"),
        ("/gone", "answers 404"),
        ("/round", "sends on more than 3 times"),
    ] {
        let said = server.fetch(path, &["127.0.0.1"]).await.unwrap_err();
        assert!(said.contains(why), "{path}: {said}");
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere_the_first_request_could_not() {
    let server = Server::new().await;
    let hosts = ["127.0.0.1", "127.0.0.2"];
    for (path, why) in [
        ("/inside", "inside this network"),
        ("/other", "not among the servers that were shown"),
        ("/port", "not on the port of HTTPS"),
        ("/plain", "not behind HTTPS"),
    ] {
        let said = server.fetch(path, &hosts).await.unwrap_err();
        assert!(said.contains(why), "{path}: {said}");
    }
}

#[tokio::test]
async fn only_the_hosts_that_were_shown_are_asked() {
    let server = Server::new().await;
    let said = server
        .fetch("/p.png?who=1", &["localhost"])
        .await
        .unwrap_err();
    assert!(
        said.contains("not among the servers that were shown"),
        "{said}"
    );
    assert!(server.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_address_inside_is_refused_before_anything_connects() {
    let server = Server::new().await;
    let pictures = Pictures {
        trust: server.trust.clone(),
        may_reach: reach::is_public,
        port: server.port(),
    };
    let hosts: BTreeSet<String> = ["127.0.0.1", "localhost", "[::1]"]
        .map(str::to_owned)
        .into();
    // 2130706433 and 0x7f.1 are 127.0.0.1 to whoever connects.
    for host in ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"] {
        let url = format!("https://{host}:{}/p.png", server.port());
        let said = pictures.fetch(&url, &hosts).await.unwrap_err().to_string();
        assert!(said.contains("inside this network"), "{host}: {said}");
    }
    let nobody = timeout(Duration::from_millis(50), server.listener.accept()).await;
    assert!(nobody.is_err(), "somebody connected");
}

#[test]
fn only_https_on_its_own_port_names_a_host() {
    assert_eq!(
        host_of("https://T.example/p?x=1").as_deref(),
        Some("t.example")
    );
    assert_eq!(
        host_of(" https://bücher.example/p ").as_deref(),
        Some("xn--bcher-kva.example")
    );
    for never in [
        "http://t.example/p",
        "https://t.example:8443/p",
        "https://me:pw@t.example/p",
        "ftp://t.example/p",
        "data:image/png;base64,AA",
        "cid:logo",
        "file:///etc/passwd",
        "//t.example/p",
        "https://",
        "",
    ] {
        assert_eq!(host_of(never), None, "{never}");
    }
}
