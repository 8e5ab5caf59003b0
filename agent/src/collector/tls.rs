//! Which server is the collector? TLS 1.3, and a CA that was agreed on.

use std::io;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use shared::keys::sha256;

use crate::context::Clock;

/// How the server's certificate is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerTrust {
    /// By the CA certificate with this SHA-256, which the server sends along:
    /// what an enrolment token pins.
    Pin([u8; 32]),
    /// By exactly this CA certificate, PEM: after enrolment.
    Ca(String),
    /// By the certificate authorities that this computer trusts.
    Web,
}

/// Why no connection can even be tried.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Plain HTTP to another machine.
    #[error("the address `{0}` is neither https nor loopback; enrol with a new token")]
    Address(String),
    /// The stored CA certificate is not usable.
    #[error("the stored CA certificate cannot be read; enrol with a new token")]
    Ca,
    /// The TLS library refused the settings.
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
    /// The HTTP library refused the settings.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

/// A client that trusts as `trust` says, at the time that `clock` tells.
pub(super) fn config(trust: &ServerTrust, clock: Clock) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_details(provider.clone(), Arc::new(clock))
        .with_protocol_versions(&[&rustls::version::TLS13])?;
    let builder = match trust {
        ServerTrust::Ca(pem) => {
            let ca = crate::identity::certificate(pem).ok_or(TlsError::Ca)?;
            builder.with_webpki_verifier(judge(ca, provider).map_err(|_| TlsError::Ca)?)
        }
        ServerTrust::Pin(ca_sha256) => {
            let verifier = PinVerifier { ca_sha256: *ca_sha256, provider };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
        ServerTrust::Web => {
            let verifier = rustls_platform_verifier::Verifier::new(provider)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Judges certificates by one CA and nothing else.
fn judge(
    ca: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(ca)?;
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))
}

/// Accepts a server whose chain ends in the CA that a token pins. Everything
/// else about the chain is judged as usual, with that CA as the only anchor.
#[derive(Debug)]
struct PinVerifier {
    ca_sha256: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let pinned = intermediates.iter().find(|it| sha256(it) == self.ca_sha256);
        let ca = pinned.ok_or(CertificateError::UnknownIssuer)?.clone().into_owned();
        judge(ca, self.provider.clone())?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What was wrong with the server's certificate, if that is why `error` came.
pub(super) fn distrust(error: &reqwest::Error) -> Option<String> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        match current.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(reason)) => return Some(words(reason)),
            Some(other) => return Some(other.to_string()),
            None => {}
        }
        // An `io::Error` gives the source of what it wraps, not what it wraps.
        let wrapped = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = match wrapped {
            Some(inner) => Some(inner),
            None => current.source(),
        };
    }
    None
}

fn words(reason: &CertificateError) -> String {
    match reason {
        CertificateError::UnknownIssuer => {
            "its certificate is not from the CA that the enrolment names".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired, or this computer's clock is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or this computer's clock is wrong".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another host name".to_owned()
        }
        other => rustls::Error::InvalidCertificate(other.clone()).to_string(),
    }
}
