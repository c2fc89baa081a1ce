//! A server that follows a script, one connection long.
//!
//! One step a line: `< text` says it (`\n` inside is a line break), `> TEXT` hears a line that
//! begins so, `body` reads to the last dot, `line` reads one line of the message, `tls` encrypts,
//! `close` hangs up, `hang` says nothing until the client leaves, `stall` reads nothing more.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What the server was told.
#[derive(Debug, Default)]
pub struct Heard {
    /// Every line outside the message, in order.
    pub lines: Vec<String>,
    /// The message as it came over the wire, with the last dot if that came.
    pub wire: Vec<u8>,
}

/// Certificates of one test.
pub struct Authority {
    pub ca_file: PathBuf,
    pub acceptor: TlsAcceptor,
    _dir: tempfile::TempDir,
}

impl Authority {
    /// A fresh authority, and a server certificate of it for `name`.
    pub fn for_name(name: &str) -> Authority {
        Authority::called("Test authority", name)
    }

    /// The same by an authority of that name.
    pub fn called(authority: &str, name: &str) -> Authority {
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, authority);
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
        let issuer = Issuer::new(ca, ca_key);
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();

        let dir = tempfile::tempdir().unwrap();
        let ca_file = dir.path().join("ca.pem");
        std::fs::write(&ca_file, ca_pem).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap(),
            )
            .unwrap();
        Authority {
            ca_file,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            _dir: dir,
        }
    }
}

/// Plays one script on the next connection.
pub async fn play(listener: &TcpListener, script: &str, tls: Option<&TlsAcceptor>) -> Heard {
    let (tcp, _) = listener.accept().await.unwrap();
    let mut stream: BufReader<Box<dyn Stream>> = BufReader::new(Box::new(tcp));
    let mut heard = Heard::default();
    for step in script
        .lines()
        .map(str::trim)
        .filter(|step| !step.is_empty())
    {
        match step.split_once(' ').unwrap_or((step, "")) {
            ("<", said) => {
                let said = format!("{}\r\n", said.replace("\\n", "\r\n"));
                // The client may be gone already; what it says about that is the test's to judge.
                let _ = stream.write_all(said.as_bytes()).await;
                let _ = stream.flush().await;
            }
            (">", expected) => {
                let line = line(&mut stream).await;
                assert!(
                    line.as_deref().is_some_and(|l| l.starts_with(expected)),
                    "heard {line:?} instead of {expected:?} after {:?}",
                    heard.lines
                );
                heard.lines.extend(line);
            }
            ("body", _) => {
                while !heard.wire.ends_with(b"\r\n.\r\n") {
                    if stream.read_until(b'\n', &mut heard.wire).await.unwrap_or(0) == 0 {
                        return heard;
                    }
                }
            }
            ("line", _) => {
                stream.read_until(b'\n', &mut heard.wire).await.unwrap();
            }
            ("tls", _) => {
                let acceptor = tls.expect("a script with tls has certificates");
                match acceptor.accept(stream.into_inner()).await {
                    Ok(encrypted) => stream = BufReader::new(Box::new(encrypted)),
                    Err(_) => return heard,
                }
            }
            ("close", _) => return heard,
            ("hang", _) => {
                let _ = stream.read_to_end(&mut Vec::new()).await;
                return heard;
            }
            // Held open, unread, for as long as the test holds the listener.
            ("stall", _) => {
                tokio::time::sleep(std::time::Duration::from_secs(2)).await;
                return heard;
            }
            (other, _) => panic!("`{other}` is not a step"),
        }
    }
    while let Some(line) = line(&mut stream).await {
        heard.lines.push(line);
    }
    heard
}

async fn line(stream: &mut BufReader<Box<dyn Stream>>) -> Option<String> {
    let mut line = Vec::new();
    match stream.read_until(b'\n', &mut line).await {
        Ok(0) | Err(_) => None,
        Ok(_) => {
            let line = String::from_utf8(line).unwrap();
            assert!(line.ends_with("\r\n"), "{line:?} ends in CRLF");
            Some(line.trim_end().to_owned())
        }
    }
}
