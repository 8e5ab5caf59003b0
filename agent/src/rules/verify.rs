//! Are these rules the collector's?
//!
//! Its CA must have issued the certificate for documents, the certificate must
//! hold now, its key must have signed, and what was signed must be rules that
//! this agent can read as a whole.

use rustls::time_provider::TimeProvider as _;
use shared::api::PolicyDocument;
use shared::envelope::{Envelope, EnvelopeError};
use shared::json::Limits;
use shared::keys::PublicKey;
use shared::os_releases::{Catalogue, CatalogueError};
use shared::policy::{Policy, PolicyError};
use shared::statement::{RulesInForce, Statement, StatementError};

use crate::context::Clock;
use crate::identity::certificate;

/// DER of id-kp-documentSigning, RFC 9336.
const DOCUMENT_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x24];

/// Why rules are not believed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Not certificate and envelope.
    #[error("the answer cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    /// No certificate, or a key of another kind.
    #[error("their certificate cannot be read")]
    Certificate,
    /// Nobody vouches for it.
    #[error(
        "their certificate is not from the collector's CA, not for documents, or not valid now ({0})"
    )]
    Chain(webpki::Error),
    /// Another key signed, or nobody.
    #[error("{0}")]
    Envelope(#[from] EnvelopeError),
    /// Not the rules.
    #[error("{0}")]
    Statement(#[from] StatementError),
    /// A policy that this agent cannot apply.
    #[error("{0}; update the agent")]
    Policy(#[from] PolicyError),
    /// A catalogue that this agent cannot read.
    #[error("{0}; update the agent")]
    Catalogue(#[from] CatalogueError),
    /// The names beside the texts are not those in them.
    #[error("they name another policy or catalogue than they hold")]
    Names,
}

/// Reads and verifies the answer of `GET /v1/policy` against the CA that the
/// enrolment gave.
pub fn document(
    body: &[u8],
    ca: &str,
    clock: &Clock,
) -> Result<(PolicyDocument, RulesInForce), VerifyError> {
    let document: PolicyDocument = serde_json::from_slice(body)?;
    let key = key(&document.certificate, ca, clock)?;
    let envelope = Envelope::parse(document.envelope.to_string().as_bytes())?;
    let verified = envelope.verify_within(&key, Limits::DOCUMENT)?;
    let rules = Statement::<RulesInForce>::parse(verified.payload)?.predicate;
    let policy = Policy::parse(&rules.policy.text)?;
    let catalogue = Catalogue::parse(rules.catalogue.text.as_bytes())?;
    let named = (&rules.policy.id, rules.policy.version, rules.catalogue.as_of);
    if named != (&policy.id, policy.version, catalogue.as_of()) {
        return Err(VerifyError::Names);
    }
    Ok((document, rules))
}

/// The key in a certificate for documents that `ca` issued and that holds now.
fn key(pem: &str, ca: &str, clock: &Clock) -> Result<PublicKey, VerifyError> {
    let (Some(signer), Some(ca)) = (certificate(pem), certificate(ca)) else {
        return Err(VerifyError::Certificate);
    };
    let anchor = webpki::anchor_from_trusted_cert(&ca).map_err(VerifyError::Chain)?;
    let signer = webpki::EndEntityCert::try_from(&signer).map_err(|_| VerifyError::Certificate)?;
    let now = clock.current_time().ok_or(VerifyError::Certificate)?;
    let usage = webpki::KeyUsage::required(DOCUMENT_SIGNING);
    signer
        .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &[anchor], &[], now, usage, None, None)
        .map_err(VerifyError::Chain)?;
    PublicKey::from_spki(&signer.subject_public_key_info()).map_err(|_| VerifyError::Certificate)
}
