//! The collector's own certificate authority: device certificates, and its own
//! certificate where no other is configured.

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType, SerialNumber, SubjectPublicKeyInfo,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::state_dir::{StateDir, StateDirError};
use crate::store::devices::Issued;

/// How long a device certificate is valid.
const DEVICE_VALID: SignedDuration = SignedDuration::from_hours(365 * 24);
/// How long the collector's own TLS certificate is valid.
const SERVER_VALID: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long the certificate of the key for documents is valid.
const DOCUMENT_VALID: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Extended key usage of documents: id-kp-documentSigning, RFC 9336.
const DOCUMENT_SIGNING: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 3, 36];
/// How long the CA is valid.
const CA_VALID: SignedDuration = SignedDuration::from_hours(20 * 365 * 24);
/// Clocks differ: certificates begin this long before they are made.
const BACKDATED: SignedDuration = SignedDuration::from_hours(1);

/// Issues certificates.
pub struct Ca {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    pem: String,
}

/// Why the CA cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// Its files cannot be read or written.
    #[error(transparent)]
    Files(#[from] StateDirError),
    /// Its files hold something else.
    #[error("`{0}` in the state folder is damaged; restore it from a backup")]
    Damaged(&'static str),
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Issue(#[from] rcgen::Error),
}

const KEY_FILE: &str = "ca.key.pem";
const CERTIFICATE_FILE: &str = "ca.pem";

impl Ca {
    /// Reads the CA from `state`, or makes it at the first start.
    pub fn open(state: &StateDir, now: Timestamp) -> Result<Self, CaError> {
        let text = |name, bytes: Option<Vec<u8>>| {
            bytes
                .map(|bytes| String::from_utf8(bytes).map_err(|_| CaError::Damaged(name)))
                .transpose()
        };
        let key = text(KEY_FILE, state.read(KEY_FILE)?)?;
        let certificate = text(CERTIFICATE_FILE, state.read(CERTIFICATE_FILE)?)?;
        match (key, certificate) {
            (Some(key), Some(pem)) => {
                let key = KeyPair::from_pem(&key).map_err(|_| CaError::Damaged(KEY_FILE))?;
                Self::from_parts(key, pem)
            }
            (Some(_), None) => Err(CaError::Damaged(CERTIFICATE_FILE)),
            (None, Some(_)) => Err(CaError::Damaged(KEY_FILE)),
            (None, None) => {
                let key = KeyPair::generate()?;
                let pem = ca_params(now).self_signed(&key)?.pem();
                // The key last: a start that was cut short begins again.
                state.write(CERTIFICATE_FILE, pem.as_bytes())?;
                state.write(KEY_FILE, key.serialize_pem().as_bytes())?;
                Self::from_parts(key, pem)
            }
        }
    }

    fn from_parts(key: KeyPair, pem: String) -> Result<Self, CaError> {
        let damaged = || CaError::Damaged(CERTIFICATE_FILE);
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| damaged())?;
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(|_| damaged())?;
        Ok(Self { issuer, der, pem })
    }

    /// The CA's certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// SHA-256 of the CA's certificate, which tokens carry.
    pub fn sha256(&self) -> [u8; 32] {
        shared::keys::sha256(&self.der)
    }

    /// A certificate for a device's key.
    pub fn issue_device(
        &self,
        device_id: &str,
        keyid: &str,
        spki: &[u8],
        now: Timestamp,
    ) -> Result<Issued, CaError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = name(device_id);
        params.subject_alt_names =
            vec![SanType::URI(format!("urn:uuid:{device_id}").as_str().try_into()?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let (not_before, not_after) = valid(&mut params, now, DEVICE_VALID);
        let key = SubjectPublicKeyInfo::from_der(spki)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Issued {
            keyid: keyid.to_owned(),
            der: certificate.der().to_vec(),
            not_before,
            not_after,
        })
    }

    /// A certificate for the key that signs documents: DER and end of validity.
    pub fn issue_document_signer(
        &self,
        spki: &[u8],
        now: Timestamp,
    ) -> Result<(Vec<u8>, Timestamp), CaError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = name("Muster collector documents");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec())];
        let (_, not_after) = valid(&mut params, now, DOCUMENT_VALID);
        let key = SubjectPublicKeyInfo::from_der(spki)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((certificate.der().to_vec(), not_after))
    }

    /// A TLS certificate with its key for the collector itself: the chain, the
    /// key and the end of validity.
    pub fn issue_server(
        &self,
        host: &str,
        now: Timestamp,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>, Timestamp), CaError> {
        let mut params = CertificateParams::new(vec![host.to_owned()])?;
        params.distinguished_name = name(host);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let (_, not_after) = valid(&mut params, now, SERVER_VALID);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let chain = vec![certificate.der().clone(), self.der.clone()];
        Ok((chain, PrivatePkcs8KeyDer::from(key.serialize_der()).into(), not_after))
    }
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

fn ca_params(now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name("Muster collector CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, now, CA_VALID);
    params
}

/// Sets validity and a random serial number.
fn valid(
    params: &mut CertificateParams,
    now: Timestamp,
    length: SignedDuration,
) -> (Timestamp, Timestamp) {
    let second = |at: Timestamp| {
        time::OffsetDateTime::from_unix_timestamp(at.as_second())
            .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
    };
    let not_before = now.checked_sub(BACKDATED).unwrap_or(now);
    let not_after = now.checked_add(length).unwrap_or(now);
    params.not_before = second(not_before);
    params.not_after = second(not_after);
    params.serial_number = Some(SerialNumber::from_slice(uuid::Uuid::new_v4().as_bytes()));
    params.use_authority_key_identifier_extension = true;
    (not_before, not_after)
}

/// DER of a certificate as PEM.
pub fn to_pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).unwrap_or_default());
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use shared::keys::{KeyId, Signer as _, SoftwareKey};

    use super::{Ca, CaError};
    use crate::state_dir::StateDir;

    #[test]
    fn the_ca_is_made_once_and_its_loss_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let now = "2026-08-23T09:00:00Z".parse().unwrap();
        let first = Ca::open(&state, now).unwrap().sha256();
        assert_eq!(Ca::open(&state, now).unwrap().sha256(), first);
        std::fs::remove_file(folder.path().join("ca.key.pem")).unwrap();
        assert!(matches!(Ca::open(&state, now), Err(CaError::Damaged("ca.key.pem"))));
    }

    #[test]
    fn openssl_accepts_a_device_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let now: jiff::Timestamp = "2026-08-23T09:00:00Z".parse().unwrap();
        let ca = Ca::open(&state, now).unwrap();
        let key = SoftwareKey::generate().unwrap();
        let id = "5b0e7a5e-1111-4222-8333-444455556666";
        let issued = ca.issue_device(id, KeyId::of(key.spki()).as_str(), key.spki(), now).unwrap();
        std::fs::write(folder.path().join("device.pem"), super::to_pem(&issued.der)).unwrap();
        #[expect(clippy::disallowed_methods, reason = "another implementation's opinion")]
        let output = std::process::Command::new("/usr/bin/openssl")
            .args(["verify", "-attime", &now.as_second().to_string(), "-purpose", "sslclient"])
            .args(["-CAfile", "ca.pem", "device.pem"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
