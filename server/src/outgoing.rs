//! TLS for what the collector itself asks of others: feeds and sign-in
//! providers. Certificates are judged by the collector's clock.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use shared::token::is_loopback_http;

use crate::clock::Clock;
use crate::tls::TlsTime;

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    /// The configured CA cannot be used.
    #[error("the CA file `{path}` cannot be used: {why}")]
    Ca {
        /// Which file.
        path: String,
        /// Why not.
        why: String,
    },
    /// No client can be made.
    #[error("no connection can be prepared: {0}")]
    Setup(String),
}

/// TLS with this computer's authorities, and one of the company's own.
pub fn tls(url: &str, ca: Option<&Path>, clock: &Clock) -> Result<ClientConfig, OutgoingError> {
    let setup = |error: rustls::Error| OutgoingError::Setup(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_details(Arc::clone(&provider), Arc::new(TlsTime(clock.clone())))
            .with_safe_default_protocol_versions()
            .map_err(setup)?;
    let mut config = if is_loopback_http(url) {
        // No certificate will be judged, and this machine may have no store.
        builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
    } else {
        let verifier =
            rustls_platform_verifier::Verifier::new_with_extra_roots(own_ca(ca)?, provider)
                .map_err(setup)?;
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth()
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn own_ca(ca: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, OutgoingError> {
    let Some(path) = ca else { return Ok(Vec::new()) };
    let wrong = |why: String| OutgoingError::Ca { path: path.display().to_string(), why };
    let list: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?.collect();
    match list {
        Ok(list) if list.is_empty() => Err(wrong("it holds no PEM certificate".to_owned())),
        Ok(list) => Ok(list),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// The innermost cause, which is the one that a person understands.
pub fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
