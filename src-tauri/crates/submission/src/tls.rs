//! The certificate that STARTTLS shows: made here, kept in the data folder, trusted by nobody who
//! was not told to. On loopback it hides nothing that could be seen; it is there for clients that
//! insist.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificate, to give to clients that want to trust it.
const CERTIFICATE_FILE: &str = "smtp-door-certificate.pem";
/// Its key, for nobody else to read.
const KEY_FILE: &str = "smtp-door-key.pem";
/// The names clients call us by.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate with its key, ready to be shown.
#[derive(Clone)]
pub struct Certificate {
    pub(crate) config: Arc<ServerConfig>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read or written.
    #[error("cannot use `{}` for the SMTP door: {source}; take it away and a new one is made", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The files are not a certificate and its key.
    #[error(
        "the certificate of the SMTP door is damaged: {0}; take `{CERTIFICATE_FILE}` and `{KEY_FILE}` away and new ones are made"
    )]
    Damaged(String),
}

impl Certificate {
    /// The data folder's own, made at the first call.
    ///
    /// # Errors
    /// One sentence: the files cannot be read, written or used.
    pub fn in_folder(dir: &Path) -> Result<Self, CertificateError> {
        let (certificate, key) = (dir.join(CERTIFICATE_FILE), dir.join(KEY_FILE));
        if !(certificate.is_file() && key.is_file()) {
            let made = rcgen::generate_simple_self_signed(NAMES.map(str::to_owned))
                .map_err(|error| CertificateError::Damaged(error.to_string()))?;
            write(&key, &made.signing_key.serialize_pem(), 0o600)?;
            write(&certificate, &made.cert.pem(), 0o644)?;
        }
        let read = |path: &Path| {
            std::fs::read(path).map_err(|source| CertificateError::File {
                path: path.to_owned(),
                source,
            })
        };
        Certificate::from_pem(&read(&certificate)?, &read(&key)?)
    }

    fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let damaged = |error: &dyn std::fmt::Display| CertificateError::Damaged(error.to_string());
        let certificate =
            CertificateDer::from_pem_slice(certificate).map_err(|error| damaged(&error))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| damaged(&error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                config
                    .with_no_client_auth()
                    .with_single_cert(vec![certificate], key)
            })
            .map_err(|error| damaged(&error))?;
        Ok(Certificate {
            config: Arc::new(config),
        })
    }
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), CertificateError> {
    let failed = |source| CertificateError::File {
        path: path.to_owned(),
        source,
    };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
