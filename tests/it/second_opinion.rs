//! What the product signs, checked by somebody else's program.

use std::path::Path;
use std::process::Command;

use shared::keys::{KeyId, hex, sha256};
use shared::names::MEDIA_REPORT;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

/// Runs openssl in `folder`; whether it was content, and what it said.
#[expect(clippy::disallowed_methods, reason = "another implementation's opinion")]
fn openssl(folder: &Path, arguments: &str) -> (bool, Vec<u8>) {
    let output = Command::new("/usr/bin/openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl");
    (output.status.success(), output.stdout)
}

#[tokio::test]
async fn openssl_accepts_what_the_agent_signed_from_what_the_console_offers() {
    let server = TestServer::start().await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    laptop.report().await;
    let device = laptop.device_id();
    let mut visitor = Visitor::signed_in(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let keep = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();

    let statement = format!("/devices/{device}/statements/0/2");
    keep("key-0.pem", &visitor.file(&format!("/devices/{device}/key.pem?chain=0")).await);
    keep("report-0-2.sig", &visitor.file(&format!("{statement}/signature")).await);
    let pae = visitor.file(&format!("{statement}/pae")).await;
    keep("report-0-2.pae", &pae);

    // The very command that the page shows.
    let shown = text_of(&visitor.page(&statement).await);
    let command = "dgst -sha256 -verify key-0.pem -signature report-0-2.sig report-0-2.pae";
    assert!(shown.contains(&format!("openssl {command}")), "{shown}");
    assert_eq!(openssl(folder.path(), command), (true, b"Verified OK\n".to_vec()));
    let digest = hex(&sha256(&pae));
    assert!(shown.contains(&digest), "{shown}");
    assert_eq!(laptop.last_signed().digest(), sha256(&pae));

    // One bit, and openssl refuses as the collector does.
    let mut flipped = pae;
    flipped[100] ^= 1;
    keep("report-0-2.pae", &flipped);
    assert!(!openssl(folder.path(), command).0);

    let (_, der) = openssl(folder.path(), "pkey -pubin -in key-0.pem -outform DER");
    assert_eq!(KeyId::of(&der), laptop.last_signed().keyid);
    let envelope = visitor.ask(&format!("{statement}/envelope")).await;
    assert_eq!(envelope.header("content-type"), Some(MEDIA_REPORT));
    assert_eq!(envelope.text(), laptop.last_signed().to_json());
    let payload = visitor.file(&format!("{statement}/payload")).await;
    assert_eq!(payload, laptop.last_signed().payload);
}

#[tokio::test]
async fn openssl_accepts_the_certificates_of_device_and_collector() {
    let server = TestServer::start().await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    let identity = laptop.identity();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), &identity.ca).unwrap();
    std::fs::write(folder.path().join("device.pem"), &identity.certificate).unwrap();
    let verify = |at: jiff::Timestamp| {
        let seconds = at.as_second();
        let purpose = "-purpose sslclient";
        openssl(
            folder.path(),
            &format!("verify -attime {seconds} {purpose} -CAfile ca.pem device.pem"),
        )
    };
    let now = server.clock.now();
    assert!(verify(now).0);
    assert!(!verify(now + jiff::SignedDuration::from_hours(24 * 366)).0, "for one year");
    let (_, names) = openssl(folder.path(), "x509 -in device.pem -noout -ext subjectAltName");
    let names = String::from_utf8(names).unwrap();
    assert!(names.contains(&format!("URI:urn:uuid:{}", identity.device_id)), "{names}");
    // The subject of every report is the digest of this certificate.
    let der = identity.certificate_der().unwrap();
    laptop.report().await;
    let statement: serde_json::Value =
        serde_json::from_slice(&laptop.last_signed().payload).unwrap();
    assert_eq!(statement["subject"][0]["digest"]["sha256"], hex(&sha256(&der)));
}
