//! What one report costs on one core: `cargo bench -p shared`.
//!
//! `bare_verify` is the yardstick: nothing that accepts signed reports can be
//! faster. The others are shown beside it in the same run.

#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, KeyPair as _, ParsedPublicKey};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use shared::envelope::{Envelope, pae};
use shared::keys::{PublicKey, Signer as _, SoftwareKey};
use shared::os_releases::Catalogue;
use shared::policy::{Known, Policy, Readings, derive, derive_reporting, judge};
use shared::statement::{Posture, Statement};

/// A full report of a managed Mac: four checks with their sources.
const REPORT: &str = include_str!("full-report.json");

fn main() {
    divan::main();
}

fn statement() -> Statement<Posture> {
    Statement::<Posture>::parse(REPORT.as_bytes()).unwrap()
}

fn signed() -> (Envelope, PublicKey) {
    let key = SoftwareKey::generate().unwrap();
    let envelope = Envelope::sign(statement().to_bytes().unwrap(), &key).unwrap();
    (envelope, PublicKey::from_spki(key.spki()).unwrap())
}

#[divan::bench]
fn bare_verify(bencher: Bencher<'_, '_>) {
    let key = SoftwareKey::generate().unwrap();
    let pair = aws_lc_rs::signature::EcdsaKeyPair::from_pkcs8(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        key.pkcs8(),
    )
    .unwrap();
    let public = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, pair.public_key().as_ref()).unwrap();
    let message = pae(&statement().to_bytes().unwrap());
    let signature = key.sign(&message).unwrap();
    bencher
        .counter(ItemsCount::new(1_u32))
        .bench(|| public.verify_sig(black_box(&message), black_box(&signature)).unwrap());
}

#[divan::bench]
fn envelope_to_statement(bencher: Bencher<'_, '_>) {
    let (envelope, key) = signed();
    let body = envelope.to_json();
    bencher.counter(ItemsCount::new(1_u32)).bench(|| {
        let envelope = Envelope::parse(black_box(body.as_bytes())).unwrap();
        let verified = envelope.verify(&key).unwrap();
        Statement::<Posture>::parse(verified.payload).unwrap()
    });
}

#[divan::bench]
fn parse_envelope(bencher: Bencher<'_, '_>) {
    let body = signed().0.to_json();
    bencher
        .counter(ItemsCount::new(1_u32))
        .bench(|| Envelope::parse(black_box(body.as_bytes())).unwrap());
}

#[divan::bench]
fn check_strict_json(bencher: Bencher<'_, '_>) {
    let payload = statement().to_bytes().unwrap();
    bencher
        .counter(ItemsCount::new(1_u32))
        .bench(|| shared::json::check(black_box(&payload)).unwrap());
}

#[divan::bench]
fn parse_statement(bencher: Bencher<'_, '_>) {
    let payload = statement().to_bytes().unwrap();
    bencher
        .counter(ItemsCount::new(1_u32))
        .bench(|| Statement::<Posture>::parse(black_box(&payload)).unwrap());
}

#[divan::bench]
fn judge_baseline(bencher: Bencher<'_, '_>) {
    let posture = statement().predicate;
    let now = posture.time.finished_at;
    let policy = Policy::baseline();
    let catalogue = Catalogue::embedded();
    let readings: Readings =
        posture.checks.into_iter().map(|one| (one.id.clone(), Known::from(one))).collect();
    bencher.counter(ItemsCount::new(1_u32)).bench(|| {
        let mut derived = derive(black_box(&readings), &catalogue, now);
        derive_reporting(&mut derived, now, now);
        judge(&policy, &readings, &derived, now)
    });
}
