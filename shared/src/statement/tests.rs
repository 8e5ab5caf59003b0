//! Reports and enrolment requests are read strictly, and say what is wrong.

use super::{
    AgentClaim, DeviceClaim, Digest, Enrollment, Freshness, Posture, ReportKind, RunTime, Spool,
    Statement,
};
use crate::keys::KeyProtection;
use crate::statement::OWNER_LIMIT;

fn posture() -> Posture {
    let at = "2026-08-23T09:00:00Z".parse().unwrap();
    Posture {
        schema: "1.0".to_owned(),
        crit: Vec::new(),
        kind: ReportKind::Full,
        host: None,
        device: DeviceClaim {
            id: "5b0e7a5e-0000-4000-8000-000000000000".to_owned(),
            platform: "macos".to_owned(),
            hardware_uuid: None,
            serial: Some("ZZDEV00001".to_owned()),
            model: Some("Mac15,12".to_owned()),
        },
        agent: AgentClaim {
            version: "0.1.0".to_owned(),
            binary_sha256: None,
            key_protection: KeyProtection::SoftwareFile,
        },
        boot: None,
        sequence: 1,
        previous: Digest { sha256: "00".repeat(32) },
        freshness: Freshness::default(),
        time: RunTime { started_at: at, finished_at: at },
        policy: None,
        unchanged_since: None,
        checks: Vec::new(),
        spool: Spool::default(),
    }
}

fn bytes() -> String {
    let statement = Statement::report("11".repeat(32), posture());
    String::from_utf8(statement.to_bytes().unwrap()).unwrap()
}

fn refusal(text: &str) -> String {
    Statement::<Posture>::parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_report_is_read_back_and_names_are_sorted() {
    let text = bytes();
    assert!(
        text.starts_with(r#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"agent":"#)
    );
    assert_eq!(Statement::<Posture>::parse(text.as_bytes()).unwrap().predicate, posture());
}

#[test]
fn unknown_fields_are_ignored_but_not_critical_ones() {
    let text = bytes().replace(r#""kind":"full""#, r#""kind":"full","later":{"x":1}"#);
    Statement::<Posture>::parse(text.as_bytes()).unwrap();
    assert!(refusal(&text.replace(r#""crit":[]"#, r#""crit":["later"]"#)).contains("`later`"));
}

#[test]
fn what_does_not_fit_is_named() {
    let text = bytes();
    for (from, to, says) in [
        (r#""schema":"1.0""#, r#""schema":"2.0""#, "major version 1"),
        ("attestation/posture/v1", "attestation/posture/v2", "predicateType"),
        (r#""sequence":1"#, r#""sequence":0"#, "`sequence` must be 1"),
        (r#""kind":"full""#, r#""kind":"unchanged""#, "unchanged_since"),
        (r#""sequence":1,"#, "", "missing field `sequence`"),
        ("in-toto.io/Statement/v1", "in-toto.io/Statement/v2", "`_type`"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        assert!(refusal(&changed).contains(says), "{to}: {}", refusal(&changed));
    }
    assert!(
        Statement::<Enrollment>::parse(text.as_bytes())
            .unwrap_err()
            .to_string()
            .contains("predicateType")
    );
}

fn enrollment(owner: Option<String>) -> Enrollment {
    let Posture { device, agent, time, .. } = posture();
    Enrollment {
        schema: "1.0".to_owned(),
        crit: Vec::new(),
        token_id: "00".repeat(16),
        spki: String::new(),
        device,
        agent,
        host: None,
        owner,
        time,
    }
}

#[test]
fn an_enrolment_may_claim_an_owner_of_the_length_of_a_mail_address() {
    let bytes =
        |owner| Statement::enrollment("11".repeat(32), enrollment(owner)).to_bytes().unwrap();
    let without = bytes(None);
    assert!(!String::from_utf8(without.clone()).unwrap().contains("owner"));
    assert_eq!(Statement::<Enrollment>::parse(&without).unwrap().predicate.owner, None);

    let longest = "ä".repeat(OWNER_LIMIT);
    let with = bytes(Some(longest.clone()));
    assert_eq!(Statement::<Enrollment>::parse(&with).unwrap().predicate.owner, Some(longest));
    let error = Statement::<Enrollment>::parse(&bytes(Some("a".repeat(OWNER_LIMIT + 1))));
    assert_eq!(error.unwrap_err().to_string(), "`owner` has more than 254 characters");
}
