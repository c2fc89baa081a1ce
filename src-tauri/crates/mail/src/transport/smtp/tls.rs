//! TLS to a relay: the system's roots and one authority of the operator's, and words for what is
//! wrong with a certificate.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::wire::Stream;

/// Whom to trust. Reads files: not for an async thread.
///
/// Errors are sentences about the CA file or the machine's roots.
pub(crate) fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let shown = path.display();
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| {
                format!("the CA file `{shown}` cannot be read ({error}); give a PEM file")
            })?;
        let (added, _) = roots.add_parsable_certificates(certificates);
        if added == 0 {
            return Err(format!(
                "the CA file `{shown}` holds no certificate; give a PEM file"
            ));
        }
    }
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this machine trusts no certificate authority; install its \
                    ca-certificates, or give the relay's own with `ca=FILE`"
            .to_owned());
    }
    // By name: where another provider is in the tree too, the default would panic.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up here: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Encrypts a connection. Gives the stream and the protocol's name; errors are the end of a
/// sentence that begins with the server.
pub(crate) async fn handshake(
    stream: Box<dyn Stream>,
    config: Arc<ClientConfig>,
    host: &str,
    limit: Duration,
) -> Result<(Box<dyn Stream>, String), String> {
    let name = ServerName::try_from(host.trim_end_matches('.').to_owned())
        .map_err(|_| format!("cannot be checked: `{host}` is not a host name or an IP address"))?;
    let connect = TlsConnector::from(config).connect(name, stream);
    let stream = match tokio::time::timeout(limit, connect).await {
        Err(_) => {
            return Err(format!(
                "did not finish the TLS handshake within {}; check the port and the kind of \
                 encryption",
                crate::steps::seconds(limit)
            ));
        }
        Ok(Err(error)) => return Err(why(&error, host)),
        Ok(Ok(stream)) => stream,
    };
    let version = match stream.get_ref().1.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
        other => format!("{other:?}"),
    };
    Ok((Box::new(stream), version))
}

/// A failed handshake in words a person can act on.
fn why(error: &std::io::Error, host: &str) -> String {
    let cause = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(rustls::Error::InvalidCertificate(fault)) = cause {
        return certificate(fault, host);
    }
    if let Some(rustls::Error::InvalidMessage(_)) = cause {
        return "does not speak TLS on this port; try `tls=starttls`, or another port".to_owned();
    }
    if let Some(other) = cause {
        return format!("broke off the TLS handshake ({other})");
    }
    let cut = [
        std::io::ErrorKind::UnexpectedEof,
        std::io::ErrorKind::ConnectionReset,
    ];
    if cut.contains(&error.kind()) {
        return "closed the connection during the TLS handshake; check the port and the kind of \
                encryption"
            .to_owned();
    }
    format!("broke off the TLS handshake ({error})")
}

fn certificate(fault: &CertificateError, host: &str) -> String {
    if let CertificateError::UnknownIssuer = fault {
        return "shows a certificate of an authority this machine does not trust; if it is \
                yours, give the authority's certificate with `ca=FILE`"
            .to_owned();
    }
    if let CertificateError::BadSignature = fault {
        return "shows a certificate that is not signed by the authority it names; if yours was \
                renewed, give its new certificate with `ca=FILE`"
            .to_owned();
    }
    if let CertificateError::NotValidForNameContext { presented, .. } = fault {
        let names: Vec<&str> = presented.iter().map(|name| readable(name)).collect();
        return format!(
            "shows a certificate for {}, not for `{host}`; use the name it is made for",
            if names.is_empty() {
                "no name".to_owned()
            } else {
                names.join(", ")
            }
        );
    }
    if let CertificateError::ExpiredContext { not_after, .. } = fault {
        let ended =
            domain::Timestamp::from_seconds(i64::try_from(not_after.as_secs()).unwrap_or(i64::MAX));
        return format!("shows a certificate that ended at {ended}; it must be renewed there");
    }
    if let CertificateError::NotValidYetContext { .. } = fault {
        return "shows a certificate that is not valid yet; check this machine's clock".to_owned();
    }
    format!("shows a certificate that cannot be trusted ({fault})")
}

/// `DnsName("localhost")` as `localhost`.
fn readable(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}
