//! TLS 1.3 by rustls: certificate files of the company, or one from the
//! collector's own CA, renewed before it ends.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};

use crate::ca::{Ca, CaError};
use crate::clock::Clock;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A configured file cannot be used.
    #[error("{path}: {why}")]
    File {
        /// Which file.
        path: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// The collector's own CA cannot be used.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// rustls refuses the certificate and key.
    #[error("the TLS certificate and key cannot be used together: {0}")]
    Rustls(#[from] rustls::Error),
}

/// TLS with the company's certificate files.
pub fn from_files(certificate: &Path, key: &Path, clock: &Clock) -> Result<ServerConfig, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate)
        .map_err(|error| unusable(certificate, &error))?
        .collect();
    let chain = chain.map_err(|error| unusable(certificate, &error))?;
    if chain.is_empty() {
        return Err(TlsError::File {
            path: certificate.display().to_string(),
            why: "holds no certificate; give a PEM file with the certificate and its chain".into(),
        });
    }
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    let config = builder(clock)?.with_no_client_auth().with_single_cert(chain, key_der)?;
    Ok(with_protocols(config))
}

fn unusable(path: &Path, error: &rustls_pki_types::pem::Error) -> TlsError {
    let why = match error {
        rustls_pki_types::pem::Error::Io(error) => error.to_string(),
        other => format!("is no PEM file that can be used: {other}"),
    };
    TlsError::File { path: path.display().to_string(), why }
}

/// TLS with a certificate from the collector's own CA.
pub fn from_ca(ca: Arc<Ca>, host: &str, clock: &Clock) -> Result<ServerConfig, TlsError> {
    let own =
        OwnCertificate { ca, host: host.to_owned(), clock: clock.clone(), held: Mutex::default() };
    // Now rather than at the first connection: a host that cannot be named in
    // a certificate is an error of the configuration.
    own.renew(clock.now())?;
    let config = builder(clock)?.with_no_client_auth().with_cert_resolver(Arc::new(own));
    Ok(with_protocols(config))
}

type Builder = rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier>;

fn builder(clock: &Clock) -> Result<Builder, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    Ok(ServerConfig::builder_with_details(provider, Arc::new(TlsTime(clock.clone())))
        .with_protocol_versions(&[&rustls::version::TLS13])?)
}

fn with_protocols(mut config: ServerConfig) -> ServerConfig {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// The collector's clock for rustls.
#[derive(Debug)]
pub(crate) struct TlsTime(pub(crate) Clock);

impl TimeProvider for TlsTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

/// A certificate that is replaced when a third of its life is left.
struct OwnCertificate {
    ca: Arc<Ca>,
    host: String,
    clock: Clock,
    held: Mutex<Option<Held>>,
}

#[derive(Clone)]
struct Held {
    key: Arc<CertifiedKey>,
    renew_at: Timestamp,
}

/// Left of the validity when a new certificate is made.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

impl OwnCertificate {
    fn renew(&self, now: Timestamp) -> Result<Arc<CertifiedKey>, TlsError> {
        let (chain, key, not_after) = self.ca.issue_server(&self.host, now)?;
        let key = aws_lc_rs::sign::any_supported_type(&key)?;
        let key = Arc::new(CertifiedKey::new(chain, key));
        let renew_at = not_after.checked_sub(RENEW_BEFORE).unwrap_or(not_after);
        let held = Held { key: Arc::clone(&key), renew_at };
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(key)
    }
}

impl std::fmt::Debug for OwnCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OwnCertificate({})", self.host)
    }
}

impl ResolvesServerCert for OwnCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = self.clock.now();
        match held {
            Some(held) if now < held.renew_at => Some(held.key),
            held => self
                .renew(now)
                .inspect_err(
                    |error| tracing::error!(%error, "the TLS certificate could not be renewed"),
                )
                .ok()
                .or(held.map(|held| held.key)),
        }
    }
}
