//! What is filled in is what the product's own types would have written.

use shared::reading::FieldValue;
use shared::statement::{Digest, Posture, ReportKind, Statement, Unchanged};

use super::{Template, Values, posture};

const AT: &str = "2026-08-24T07:00:00.5Z";

fn values(digest: &str) -> Values<'_> {
    Values {
        certificate_sha256: digest,
        device: "11112222-3333-4444-a555-666677778888",
        serial: "ZZLOAD000007",
        sequence: 42,
        previous: digest,
        nonce: Some("bm9uY2U="),
        checkpoint: None,
        at: AT,
        stealth: false,
        since: (40, digest),
    }
}

fn expected(digest: &str, full: bool) -> Statement<Posture> {
    let mut posture = posture().unwrap();
    "11112222-3333-4444-a555-666677778888".clone_into(&mut posture.device.id);
    posture.device.serial = Some("ZZLOAD000007".to_owned());
    posture.sequence = 42;
    posture.previous = Digest { sha256: digest.to_owned() };
    posture.freshness.nonce = Some("bm9uY2U=".to_owned());
    posture.time.started_at = AT.parse().unwrap();
    posture.time.finished_at = AT.parse().unwrap();
    for check in &mut posture.checks {
        check.observed_at = AT.parse().unwrap();
        if check.id == "firewall" {
            check.fields.insert("stealth".to_owned(), FieldValue::Flag(false));
        }
    }
    if !full {
        posture.kind = ReportKind::Unchanged;
        posture.checks.clear();
        posture.unchanged_since = Some(Unchanged { sequence: 40, sha256: digest.to_owned() });
    }
    Statement::report(digest.to_owned(), posture)
}

#[test]
fn a_filled_template_is_byte_for_byte_what_the_agent_would_sign() {
    let digest = "ab".repeat(32);
    for (template, full) in [(Template::full(), true), (Template::unchanged(), false)] {
        let filled = template.unwrap().fill(&values(&digest)).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&filled),
            String::from_utf8_lossy(&expected(&digest, full).to_bytes().unwrap())
        );
    }
}

#[test]
fn a_checkpoint_is_carried_in_strict_json() {
    let digest = "ab".repeat(32);
    let checkpoint = r#"{"origin":"m.example/log","root":"AAAA","size":7}"#;
    for nonce in [None, Some("bm9uY2U=")] {
        let values = Values { nonce, checkpoint: Some(checkpoint), ..values(&digest) };
        let filled = Template::unchanged().unwrap().fill(&values).unwrap();
        shared::json::check(&filled).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&filled).unwrap();
        let freshness = &value["predicate"]["freshness"];
        assert_eq!(freshness["checkpoint"]["size"], 7);
        assert_eq!(freshness["nonce"].as_str(), nonce);
    }
}
