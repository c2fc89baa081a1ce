//! A certificate authority of one test, and a certificate for `localhost` and `127.0.0.1` under it.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// Everything a server and its clients need, as PEM.
#[derive(Debug, Clone)]
pub struct TestTls {
    /// What a client must trust.
    pub ca_pem: String,
    /// What the server shows.
    pub cert_pem: String,
    /// The server's private key.
    pub key_pem: String,
}

impl TestTls {
    /// Makes a fresh authority and a server certificate: nothing outside this test trusts it.
    pub fn make() -> TestTls {
        let ca_key = KeyPair::generate().expect("a key can be made");
        let mut ca = CertificateParams::default();
        ca.distinguished_name
            .push(DnType::CommonName, "Sendoff test authority");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_pem = ca
            .self_signed(&ca_key)
            .expect("the authority signs itself")
            .pem();
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate().expect("a key can be made");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut server = CertificateParams::new(names).expect("the names are plain");
        server
            .distinguished_name
            .push(DnType::CommonName, "localhost");
        let cert_pem = server
            .signed_by(&key, &issuer)
            .expect("the authority signs the server")
            .pem();
        TestTls {
            ca_pem,
            cert_pem,
            key_pem: key.serialize_pem(),
        }
    }
}
