//! The rules in force as a signed document for agents: `GET /v1/policy`.
//!
//! The key is the collector's own and not its CA's: the CA vouches for it with
//! a certificate for documents alone. What was issued is kept, so that after a
//! restart agents get the same bytes, and each document is dated later than
//! the one before: an agent refuses to go back.

use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use rcgen::KeyPair;
use shared::api::PolicyDocument;
use shared::envelope::{Envelope, EnvelopeError};
use shared::json::Limits;
use shared::keys::{KeyId, Signer as _, SoftwareKey, hex, sha256_hex};
use shared::statement::{CatalogueRef, PolicyRef, RulesInForce, Statement};

use crate::app::Rules;
use crate::ca::{Ca, CaError, to_pem};
use crate::device_api::DeviceApi;
use crate::problem::ProblemResponse;
use crate::state_dir::StateDir;
use crate::store::StoreError;
use crate::store::os_releases::{IssuedPolicies, IssuedPolicy};

/// The key's file in the state folder.
const KEY_FILE: &str = "document.key.pem";
/// Left of the certificate's validity when the document is issued anew.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Signs the rules, and holds the newest document.
#[derive(Clone)]
pub struct PolicyDocuments {
    signer: Arc<DocumentSigner>,
    current: Arc<RwLock<Option<Arc<Current>>>>,
}

/// The document that agents are given.
#[derive(Debug)]
struct Current {
    issued: IssuedPolicy,
    body: Bytes,
    etag: String,
}

struct DocumentSigner {
    key: SoftwareKey,
    ca: Arc<Ca>,
    name: String,
}

/// Why no document could be issued.
#[derive(Debug, thiserror::Error)]
enum IssueError {
    #[error("it cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it cannot be signed: {0}")]
    Sign(#[from] EnvelopeError),
    #[error(transparent)]
    Ca(#[from] CaError),
}

impl PolicyDocuments {
    /// Reads the key from `state`, or makes it at the first start.
    pub fn open(state: &StateDir, ca: Arc<Ca>) -> Result<Self, CaError> {
        let damaged = || CaError::Damaged(KEY_FILE);
        let pair = if let Some(bytes) = state.read(KEY_FILE)? {
            let text = String::from_utf8(bytes).map_err(|_| damaged())?;
            KeyPair::from_pem(&text).map_err(|_| damaged())?
        } else {
            let pair = KeyPair::generate()?;
            state.write(KEY_FILE, pair.serialize_pem().as_bytes())?;
            pair
        };
        let key = SoftwareKey::from_pkcs8(&pair.serialize_der()).map_err(|_| damaged())?;
        let name = format!("{} {}", KeyId::of(key.spki()).as_str(), hex(&ca.sha256()));
        let signer = Arc::new(DocumentSigner { key, ca, name });
        Ok(Self { signer, current: Arc::default() })
    }

    /// Whether the newest document says something else than `rules`, or its
    /// certificate ends soon.
    pub fn is_outdated(&self, rules: &Rules, now: Timestamp) -> bool {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().is_none_or(|current| !self.signer.fits(&current.issued, rules, now))
    }

    /// Takes the newest stored document if it fits `rules`, else signs and
    /// stores one.
    pub fn issue(
        &self,
        store: &mut dyn IssuedPolicies,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let newest = store.newest_policy()?;
        let issued = match newest {
            Some(newest) if self.signer.fits(&newest, rules, now) => newest,
            newest => {
                let moment = SignedDuration::from_millis(1);
                let after = newest.and_then(|newest| newest.issued_at.checked_add(moment).ok());
                let at = after.map_or(now, |after| after.max(now));
                let issued = self.signer.sign(rules, at).map_err(|error| StoreError::Corrupt {
                    what: "the rules for agents",
                    why: error.to_string(),
                })?;
                store.keep_policy(&issued)?;
                issued
            }
        };
        self.publish(issued);
        Ok(())
    }

    /// Takes over the newest stored document if it fits `rules`; writes
    /// nothing.
    pub fn adopt(
        &self,
        store: &dyn IssuedPolicies,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(newest) = store.newest_policy()?.filter(|it| self.signer.fits(it, rules, now)) {
            self.publish(newest);
        }
        Ok(())
    }

    /// Signs what is no rule, such as the record of a checklist: the envelope
    /// with the certificate, and SHA-256 over PAE in hexadecimal.
    pub fn sign(&self, payload: Vec<u8>, now: Timestamp) -> Result<(String, String), StoreError> {
        self.signer.envelop(payload, now).map_err(|error| StoreError::Corrupt {
            what: "a document to be signed",
            why: error.to_string(),
        })
    }

    fn publish(&self, issued: IssuedPolicy) {
        let body = Bytes::from(issued.document.clone());
        let etag = format!("\"{}\"", sha256_hex(&body));
        let current = Arc::new(Current { issued, body, etag });
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(current);
    }

    fn current(&self) -> Option<Arc<Current>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DocumentSigner {
    fn fits(&self, issued: &IssuedPolicy, rules: &Rules, now: Timestamp) -> bool {
        let renew_at = issued.not_after.checked_sub(RENEW_BEFORE).unwrap_or(issued.not_after);
        issued.policy_sha256 == rules.policy.sha256
            && issued.catalogue_sha256 == rules.catalogue.sha256()
            && issued.signer == self.name
            && now < renew_at
    }

    fn envelop(&self, payload: Vec<u8>, at: Timestamp) -> Result<(String, String), IssueError> {
        let envelope = Envelope::sign_within(payload, &self.key, Limits::DOCUMENT)?;
        let (certificate, _) = self.ca.issue_document_signer(self.key.spki(), at)?;
        let document = PolicyDocument {
            certificate: to_pem(&certificate),
            envelope: serde_json::from_str(&envelope.to_json())?,
        };
        Ok((serde_json::to_string(&document)?, hex(&envelope.digest())))
    }

    fn sign(&self, rules: &Rules, at: Timestamp) -> Result<IssuedPolicy, IssueError> {
        let statement = Statement::rules(RulesInForce::of(&rules.policy, &rules.catalogue, at));
        let envelope = Envelope::sign_within(statement.to_bytes()?, &self.key, Limits::DOCUMENT)?;
        let (certificate, not_after) = self.ca.issue_document_signer(self.key.spki(), at)?;
        let document = PolicyDocument {
            certificate: to_pem(&certificate),
            envelope: serde_json::from_str(&envelope.to_json())?,
        };
        Ok(IssuedPolicy {
            issued_at: at,
            signer: self.name.clone(),
            policy_sha256: rules.policy.sha256.clone(),
            catalogue_sha256: rules.catalogue.sha256().to_owned(),
            not_after,
            document: serde_json::to_string(&document)?,
        })
    }
}

/// `GET /v1/policy`: the rules in force, signed; 304 for who has them.
///
/// It needs no device signature: it is public within the TLS listener, for
/// rules and catalogue are no secrets and say nothing of any device. Whoever
/// reads it believes the signature, not the connection.
pub async fn get(State(api): State<DeviceApi>, headers: HeaderMap) -> Response {
    let Some(current) = api.documents.current() else {
        return ProblemResponse::unavailable().into_response();
    };
    let tag = [(header::ETAG, current.etag.clone())];
    if has(&headers, &current.etag) {
        return (StatusCode::NOT_MODIFIED, tag).into_response();
    }
    (tag, [(header::CONTENT_TYPE, "application/json")], current.body.clone()).into_response()
}

/// Whether `If-None-Match` names this tag.
fn has(headers: &HeaderMap, etag: &str) -> bool {
    let all = headers.get_all(header::IF_NONE_MATCH).into_iter();
    let tags = all.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    tags.map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Names the rules, for receipts and the answer of enrolment.
pub fn names(rules: &Rules) -> (PolicyRef, CatalogueRef) {
    let policy = PolicyRef {
        id: rules.policy.id.clone(),
        version: rules.policy.version,
        sha256: rules.policy.sha256.clone(),
    };
    let catalogue = CatalogueRef {
        as_of: rules.catalogue.as_of(),
        sha256: rules.catalogue.sha256().to_owned(),
    };
    (policy, catalogue)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::{SignedDuration, Timestamp};
    use shared::os_releases::Catalogue;
    use shared::policy::Policy;

    use super::PolicyDocuments;
    use crate::app::Rules;
    use crate::ca::{Ca, CaError};
    use crate::state_dir::StateDir;
    use crate::store::os_releases::IssuedPolicies as _;
    use crate::store::sqlite::{Writer, open_writer};

    fn now() -> Timestamp {
        "2026-08-23T09:00:00Z".parse().unwrap()
    }

    fn rules() -> Rules {
        Rules::new(Policy::baseline(), Catalogue::embedded())
    }

    #[test]
    fn the_same_rules_are_issued_once_and_others_later_than_those() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let ca = Arc::new(Ca::open(&state, now()).unwrap());
        let mut writer = Writer::new(open_writer(&folder.path().join("muster.db")).unwrap());
        let documents = PolicyDocuments::open(&state, Arc::clone(&ca)).unwrap();
        assert!(documents.is_outdated(&rules(), now()));
        documents.issue(&mut writer, &rules(), now()).unwrap();
        assert!(!documents.is_outdated(&rules(), now()));
        let first = writer.newest_policy().unwrap().unwrap();

        // A restart, an hour later.
        let again = PolicyDocuments::open(&state, Arc::clone(&ca)).unwrap();
        again.issue(&mut writer, &rules(), now() + SignedDuration::from_hours(1)).unwrap();
        assert_eq!(writer.newest_policy().unwrap().unwrap(), first);

        // Another catalogue, by a clock that was set back.
        let catalogue = Catalogue::embedded().redated("2026-08-23".parse().unwrap()).unwrap();
        let other = Rules { catalogue: Arc::new(catalogue), ..rules() };
        assert!(again.is_outdated(&other, now()));
        again.issue(&mut writer, &other, now() - SignedDuration::from_hours(1)).unwrap();
        let second = writer.newest_policy().unwrap().unwrap();
        assert!(second.issued_at > first.issued_at);

        // The certificate ends.
        let later = now() + SignedDuration::from_hours(300 * 24);
        assert!(again.is_outdated(&other, later));
        again.issue(&mut writer, &other, later).unwrap();
        assert_eq!(writer.newest_policy().unwrap().unwrap().issued_at, later);
    }

    #[test]
    fn a_lost_key_is_made_anew_and_a_damaged_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let ca = Arc::new(Ca::open(&state, now()).unwrap());
        let open = || PolicyDocuments::open(&state, Arc::clone(&ca));
        let first = open().unwrap().signer.name.clone();
        assert_eq!(open().unwrap().signer.name, first);
        std::fs::remove_file(folder.path().join("document.key.pem")).unwrap();
        assert_ne!(open().unwrap().signer.name, first);
        state.write("document.key.pem", b"x").unwrap();
        assert!(matches!(open(), Err(CaError::Damaged("document.key.pem"))));
    }
}
