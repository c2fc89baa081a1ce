//! STARTTLS with the folder's own certificate.

use std::sync::Arc;

use domain::Level;
use engine::AskRate;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use submission::Certificate;
use tokio_rustls::TlsConnector;

use crate::client::{Client, Desk, desk_with, letter};

async fn encrypting(dir: &std::path::Path) -> Desk {
    let certificate = Certificate::in_folder(dir).unwrap();
    desk_with(Level::AskAlways, AskRate::default(), Some(certificate)).await
}

fn trusting(dir: &std::path::Path) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let file = dir.join("smtp-door-certificate.pem");
    roots
        .add(CertificateDer::from_pem_file(file).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn a_client_that_trusts_the_certificate_submits_encrypted() {
    let dir = tempfile::tempdir().unwrap();
    let desk = encrypting(dir.path()).await;
    // A second start shows the same certificate.
    let before = std::fs::read(dir.path().join("smtp-door-certificate.pem")).unwrap();
    Certificate::in_folder(dir.path()).unwrap();
    let after = std::fs::read(dir.path().join("smtp-door-certificate.pem")).unwrap();
    assert_eq!(before, after);

    let mut client = desk.client().await;
    assert!(client.ask("EHLO c").await.contains("STARTTLS"));
    assert!(client.ask("STARTTLS").await.starts_with("220 "));
    let name = ServerName::try_from("localhost").unwrap();
    let stream = client.stream.into_inner();
    let encrypted = trusting(dir.path()).connect(name, stream).await.unwrap();
    let mut client = Client::over(encrypted);
    // Nothing said in the clear counts.
    assert!(client.ask("AUTH PLAIN x").await.starts_with("503 "));
    assert!(!client.ask("EHLO c").await.contains("STARTTLS"));
    client.log_in(&desk.token).await;
    let reply = client.deliver(&["bob@x.example"], &letter("")).await;
    assert!(reply.starts_with("250 2.0.0 Ok: held"), "{reply}");
}

#[tokio::test]
async fn what_was_sent_ahead_of_encryption_is_thrown_away() {
    let dir = tempfile::tempdir().unwrap();
    let desk = encrypting(dir.path()).await;
    let mut client = desk.client().await;
    client.ask("EHLO c").await;
    client
        .send(b"STARTTLS\r\nRSET\r\nMAIL FROM:<eve@x.example>\r\n")
        .await;
    assert!(client.reply().await.starts_with("220 "));
    let name = ServerName::try_from("localhost").unwrap();
    let stream = client.stream.into_inner();
    let encrypted = trusting(dir.path()).connect(name, stream).await.unwrap();
    let mut client = Client::over(encrypted);
    // The first answer inside is to the first line said inside.
    assert!(client.ask("EHLO c").await.starts_with("250-localhost\r\n"));
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_reads_the_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    Certificate::in_folder(dir.path()).unwrap();
    let key = std::fs::metadata(dir.path().join("smtp-door-key.pem")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
}
