//! Which rules an agent takes, and which it refuses.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use serde_json::Value;
use shared::api::PolicyDocument;
use shared::envelope::Envelope;
use shared::json::Limits;
use shared::keys::{SoftwareKey, sha256_hex};
use shared::os_releases::Catalogue;
use shared::policy::Policy;
use shared::statement::{RulesInForce, Statement};
use time::OffsetDateTime;

use super::verify::document;
use super::{Named, Received, RulesError, keep_up};
use crate::context::Context;
use crate::delivery::{Courier, RulesAnswer, SendError};
use crate::identity::Identity;
use crate::state::StateFolder;
use crate::testbed::{Hand, START, computer, enrolled};

const DOCUMENTS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 3, 36];
const DAY: i64 = 24 * 3600;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.distinguished_name.push(DnType::CommonName, "CA");
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A key with a certificate for `usage` that ends `days` after the start.
    fn signer(&self, usage: ExtendedKeyUsagePurpose, days: i64) -> (SoftwareKey, String) {
        let pair = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![usage];
        let at = |seconds| OffsetDateTime::from_unix_timestamp(START + seconds).unwrap();
        (params.not_before, params.not_after) = (at(-3600), at(days * DAY));
        let pem = params.signed_by(&pair, &self.issuer).unwrap().pem();
        (SoftwareKey::from_pkcs8(&pair.serialize_der()).unwrap(), pem)
    }
}

fn documents() -> ExtendedKeyUsagePurpose {
    ExtendedKeyUsagePurpose::Other(DOCUMENTS.to_vec())
}

/// The built-in rules, issued so many seconds after the start.
fn rules(issued: i64) -> RulesInForce {
    let issued_at = jiff::Timestamp::from_second(START + issued).unwrap();
    RulesInForce::of(&Policy::baseline(), &Catalogue::embedded(), issued_at)
}

fn signed(rules: RulesInForce, key: &SoftwareKey, certificate: &str) -> Vec<u8> {
    let bytes = Statement::rules(rules).to_bytes().unwrap();
    let envelope = Envelope::sign_within(bytes, key, Limits::DOCUMENT).unwrap();
    let envelope: Value = serde_json::from_str(&envelope.to_json()).unwrap();
    serde_json::to_vec(&PolicyDocument { certificate: certificate.to_owned(), envelope }).unwrap()
}

struct Bench {
    context: Context,
    hand: Hand,
    folder: StateFolder,
    identity: Identity,
    authority: Authority,
    _place: tempfile::TempDir,
}

fn bench() -> Bench {
    let place = tempfile::tempdir().unwrap();
    let (context, hand) = computer(place.path());
    let (mut identity, _) = enrolled(place.path());
    let authority = Authority::new();
    identity.ca.clone_from(&authority.pem);
    let folder = StateFolder::open(place.path()).unwrap();
    Bench { context, hand, folder, identity, authority, _place: place }
}

struct Sends(Vec<u8>);

impl Courier for Sends {
    async fn send(
        &self,
        _: &[String],
        _: Option<u64>,
    ) -> Result<Vec<shared::api::BatchLine>, SendError> {
        Ok(Vec::new())
    }

    async fn rules(&self, _: Option<&str>) -> Result<RulesAnswer, SendError> {
        Ok(RulesAnswer::Document { body: self.0.clone(), etag: Some("\"e\"".to_owned()) })
    }
}

impl Bench {
    fn verified(&self, body: &[u8]) -> Result<RulesInForce, String> {
        let verified = document(body, &self.authority.pem, &self.context.clock);
        verified.map(|(_, rules)| rules).map_err(|error| error.to_string())
    }

    fn refusal(&self, body: &[u8]) -> String {
        self.verified(body).unwrap_err()
    }

    fn offered(&self, body: Vec<u8>) -> Result<Option<Received>, RulesError> {
        let named = Named { policy: rules(0).policy_ref(), catalogue: None };
        let named = Named {
            policy: shared::statement::PolicyRef { sha256: "other".to_owned(), ..named.policy },
            ..named
        };
        let sends = Sends(body);
        let offer = keep_up(&self.context, &self.folder, &self.identity, &sends, &named);
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(offer)
    }
}

#[test]
fn rules_that_the_collector_signed_are_taken_and_kept() {
    let bench = bench();
    let (key, certificate) = bench.authority.signer(documents(), 365);
    let body = signed(rules(0), &key, &certificate);
    let received = bench.offered(body).unwrap().unwrap();
    let stored = Received::load(&bench.folder, &bench.identity).unwrap().unwrap();
    assert_eq!(stored, received);
    assert_eq!(stored.policy().unwrap().sha256, Policy::baseline().sha256);
    assert_eq!(stored.catalogue().unwrap().sha256(), Catalogue::embedded().sha256());
}

#[test]
fn rules_of_another_collector_are_not_those_at_hand() {
    let bench = bench();
    let (key, certificate) = bench.authority.signer(documents(), 365);
    bench.offered(signed(rules(0), &key, &certificate)).unwrap();
    let other = Identity { ca: Authority::new().pem, ..bench.identity.clone() };
    assert_eq!(Received::load(&bench.folder, &other).unwrap(), None);
    bench.folder.write("rules.json", b"{").unwrap();
    assert_eq!(Received::load(&bench.folder, &bench.identity).unwrap(), None, "damaged");
}

#[test]
fn one_changed_character_is_refused() {
    let bench = bench();
    let (key, certificate) = bench.authority.signer(documents(), 365);
    let body = signed(rules(0), &key, &certificate);
    let mut document: PolicyDocument = serde_json::from_slice(&body).unwrap();
    let envelope = Envelope::parse(document.envelope.to_string().as_bytes()).unwrap();
    let text = String::from_utf8(envelope.payload.clone()).unwrap();
    let tampered =
        Envelope { payload: text.replacen("baseline", "basement", 1).into(), ..envelope };
    document.envelope = serde_json::from_str(&tampered.to_json()).unwrap();
    let refusal = bench.refusal(&serde_json::to_vec(&document).unwrap());
    assert_eq!(refusal, "the signature does not fit the payload and the key");
}

#[test]
fn a_key_that_the_ca_does_not_vouch_for_is_refused() {
    let bench = bench();
    let (key, foreign) = Authority::new().signer(documents(), 365);
    let not_ours = bench.refusal(&signed(rules(0), &key, &foreign));
    assert!(not_ours.starts_with("their certificate is not from the collector's CA"), "{not_ours}");

    // A certificate for a device does not sign rules, whoever has its key.
    let (device, certificate) = bench.authority.signer(ExtendedKeyUsagePurpose::ClientAuth, 365);
    let not_for_this = bench.refusal(&signed(rules(0), &device, &certificate));
    assert!(not_for_this.starts_with("their certificate is not"), "{not_for_this}");

    // Somebody else's key beside the right certificate.
    let (_, right) = bench.authority.signer(documents(), 365);
    let other = bench.refusal(&signed(rules(0), &SoftwareKey::generate().unwrap(), &right));
    assert_eq!(other, "the signature does not fit the payload and the key");
}

#[test]
fn a_certificate_that_ended_is_refused_by_this_computers_clock() {
    let bench = bench();
    let (key, certificate) = bench.authority.signer(documents(), 10);
    let body = signed(rules(0), &key, &certificate);
    assert!(bench.verified(&body).is_ok());
    bench.hand.forward(11 * DAY);
    assert!(bench.refusal(&body).starts_with("their certificate is not"));
}

#[test]
fn what_does_not_parse_is_refused() {
    let bench = bench();
    let (key, certificate) = bench.authority.signer(documents(), 365);
    let refused = |change: &dyn Fn(&mut RulesInForce)| {
        let mut rules = rules(0);
        change(&mut rules);
        bench.refusal(&signed(rules, &key, &certificate))
    };
    let policy = refused(&|rules| {
        rules.policy.text.push_str("[[rule]]\n");
        rules.policy.sha256 = sha256_hex(rules.policy.text.as_bytes());
    });
    assert!(policy.ends_with("; update the agent"), "{policy}");
    let catalogue = refused(&|rules| {
        rules.catalogue.text = "{}".to_owned();
        rules.catalogue.sha256 = sha256_hex(b"{}");
    });
    assert!(catalogue.contains("catalogue of releases cannot be read"), "{catalogue}");
    let named = refused(&|rules| rules.policy.version += 1);
    assert_eq!(named, "they name another policy or catalogue than they hold");
    let crit = refused(&|rules| rules.crit.push("x".to_owned()));
    assert_eq!(crit, "`crit` names `x`, which is unknown");
    for body in [&b""[..], b"{}", b"<html>", b"{\"certificate\":\"\",\"envelope\":{}}"] {
        assert!(bench.verified(body).is_err(), "{body:?}");
    }
}

#[test]
fn rules_that_go_back_are_refused_and_the_newer_ones_stay() {
    let bench = bench();
    let (key, certificate) = bench.authority.signer(documents(), 365);
    bench.offered(signed(rules(60), &key, &certificate)).unwrap();
    let refusal = bench.offered(signed(rules(59), &key, &certificate)).unwrap_err();
    assert!(matches!(refusal, RulesError::Older { .. }), "{refusal}");
    let held = Received::load(&bench.folder, &bench.identity).unwrap().unwrap();
    assert_eq!(held.rules.issued_at, rules(60).issued_at);
    bench.offered(signed(rules(61), &key, &certificate)).unwrap();
    let held = Received::load(&bench.folder, &bench.identity).unwrap().unwrap();
    assert_eq!(held.rules.issued_at, rules(61).issued_at);
}
