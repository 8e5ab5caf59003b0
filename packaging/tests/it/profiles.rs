//! Profiles: what is written, who can read it, and what is refused.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::outside::{files, packaging, property_list, run};

const TOKEN: &str = shared::agent_settings::ENROLLMENT_TOKEN.example;

/// Writes every profile into a new folder.
fn written(more: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let arguments = [
        &["profile", "--out", out, "--organization", "Company", "--team-id", "ABCDE12345"],
        &["--token-file", "-", "--owner", "$EMAIL", "--serial-number", "$SERIALNUMBER"][..],
        more,
    ];
    let (exit, _, said) = packaging(&arguments.concat(), TOKEN.as_bytes());
    assert_eq!((exit, said.as_str()), (0, ""));
    folder
}

fn payloads(profile: &Value) -> &[Value] {
    profile["PayloadContent"].as_array().unwrap()
}

#[test]
fn every_profile_is_a_property_list_to_other_readers() {
    let folder = written(&[]);
    let files = files(folder.path());
    assert_eq!(files.len(), 4, "{files:?}");
    let mut identifiers = std::collections::BTreeSet::new();
    for path in &files {
        let checked =
            run("xmllint", "libxml2-utils", &["--noout", "--nonet", path.to_str().unwrap()], b"");
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        let list = property_list(path);
        if path.extension().is_some_and(|ending| ending == "plist") {
            continue;
        }
        assert_eq!(list["PayloadType"], "Configuration");
        assert_eq!((&list["PayloadScope"], &list["PayloadVersion"]), (&json!("System"), &json!(1)));
        for one in payloads(&list).iter().chain([&list]) {
            let uuid = one["PayloadUUID"].as_str().unwrap();
            assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'5'), "{uuid}");
            assert!(identifiers.insert(uuid.to_owned()), "{uuid} stands twice");
            let identifier = one["PayloadIdentifier"].as_str().unwrap();
            assert!(identifiers.insert(identifier.to_owned()), "{identifier} stands twice");
        }
    }
}

#[test]
fn the_settings_are_those_that_were_given() {
    let folder = written(&[]);
    let list = property_list(&folder.path().join("muster-settings.mobileconfig"));
    let [settings] = payloads(&list) else { panic!("one payload") };
    assert_eq!(settings["PayloadType"], "org.muster.agent");
    assert_eq!(settings["EnrollmentToken"], TOKEN);
    assert_eq!(
        (&settings["Owner"], &settings["SerialNumber"]),
        (&json!("$EMAIL"), &json!("$SERIALNUMBER"))
    );
    let known = shared::agent_settings::SETTINGS.iter().map(|setting| setting.key);
    let keys: Vec<&str> = settings
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .filter(|key| !key.starts_with("Payload"))
        .collect();
    assert_eq!(keys, known.collect::<Vec<_>>(), "nothing but what the agent knows");
}

#[test]
fn access_is_for_the_agent_of_this_team_alone() {
    let folder = written(&[]);
    let list = property_list(&folder.path().join("muster-access.mobileconfig"));
    let [background, privacy] = payloads(&list) else { panic!("two payloads") };
    let rule = &background["Rules"][0];
    assert_eq!(
        (&rule["RuleType"], &rule["RuleValue"]),
        (&json!("Label"), &json!("org.muster.agent"))
    );
    assert_eq!(rule["TeamIdentifier"], "ABCDE12345");
    let access = &privacy["Services"]["SystemPolicyAllFiles"][0];
    assert_eq!((&access["Authorization"], &access["Allowed"]), (&json!("Allow"), &Value::Null));
    assert!(access["CodeRequirement"].as_str().unwrap().ends_with("= ABCDE12345"));
}

#[test]
fn the_password_policy_says_the_same_in_both_forms() {
    let folder = written(&["--min-length", "12"]);
    let list = property_list(&folder.path().join("muster-password-policy.mobileconfig"));
    assert_eq!(payloads(&list)[0]["minLength"], 12);
    let list = property_list(&folder.path().join("muster-password-policy.plist"));
    let policy = &list["policyCategoryPasswordContent"][0]["policyContent"];
    assert_eq!(policy, "policyAttributePassword matches '.{12,}+'");
}

#[test]
fn the_same_options_give_the_same_bytes() {
    let (one, other) = (written(&[]), written(&[]));
    for path in files(one.path()) {
        let name = path.file_name().unwrap();
        assert_eq!(fs::read(&path).unwrap(), fs::read(other.path().join(name)).unwrap());
    }
}

/// A certificate and its key, as openssl makes them.
fn certificate(folder: &Path, name: &str) -> (String, String) {
    let path = |ending: &str| folder.join(format!("{name}.{ending}")).to_str().unwrap().to_owned();
    let (certificate, key) = (path("pem"), path("key"));
    let made = run(
        "openssl",
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=Company",
            "-days",
            "30",
            "-keyout",
            &key,
            "-out",
            &certificate,
        ],
        b"",
    );
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}

#[test]
fn a_signed_profile_is_verified_by_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path(), "one");
    let signed = written(&["--sign", &certificate, "--key", &key]);
    let plain = written(&[]);
    for path in files(signed.path()) {
        let name = path.file_name().unwrap();
        let expected = fs::read(plain.path().join(name)).unwrap();
        if path.extension().is_some_and(|ending| ending == "plist") {
            assert_eq!(fs::read(&path).unwrap(), expected, "pwpolicy takes no signature");
            continue;
        }
        let arguments = ["smime", "-verify", "-inform", "der", "-CAfile", &certificate, "-in"];
        let verified =
            run("openssl", "openssl", &[&arguments[..], &[path.to_str().unwrap()]].concat(), b"");
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        assert_eq!(verified.stdout, expected);
    }
}

#[test]
fn wrong_input_is_refused_in_one_line_for_every_option() {
    let folder = tempfile::tempdir().unwrap();
    let (out, file) = (folder.path().to_str().unwrap(), folder.path().join("file"));
    let (one, _) = certificate(folder.path(), "one");
    let (_, other) = certificate(folder.path(), "other");
    fs::write(&file, "x").unwrap();
    let inside = file.join("inside");
    let inside = inside.to_str().unwrap();
    let good = ["--organization", "Company", "--out", out];
    for (arguments, input, exit, says) in [
        (&["--out", out, "--organization", ""][..], "", 64, "`--organization` must be a name"),
        (&["--out", inside, "--organization", "Company"], "", 73, "cannot be written"),
        (&[&good[..], &["--team-id", "abc"]].concat(), "", 64, "ten capitals and digits"),
        (
            &[&good[..], &["--token-file", "/none"]].concat(),
            "",
            74,
            "/none: the token cannot be read",
        ),
        (&[&good[..], &["--token-file", "-"]].concat(), "mst1.secret", 65, "the token is damaged"),
        (&[&good[..], &["--token-file", "-"]].concat(), "hello", 65, "must begin with `mst1.`"),
        (&[&good[..], &["--token-file", "-"]].concat(), "", 65, "it is empty"),
        (&[&good[..], &["--owner", "$EMAIL"]].concat(), "", 64, "--token-file"),
        (
            &[&good[..], &["--token-file", "-", "--owner", "Sam"]].concat(),
            TOKEN,
            65,
            "no mail address",
        ),
        (
            &[&good[..], &["--token-file", "-", "--serial-number", "1"]].concat(),
            TOKEN,
            65,
            "no serial number",
        ),
        (&[&good[..], &["--min-length", "7"]].concat(), "", 64, "the baseline asks for 8"),
        (&[&good[..], &["--min-length", "many"]].concat(), "", 64, "invalid value 'many'"),
        (&[&good[..], &["--sign", &one]].concat(), "", 64, "--key"),
        (
            &[&good[..], &["--sign", "/none", "--key", &other]].concat(),
            "",
            74,
            "/none: cannot be read",
        ),
        (
            &[&good[..], &["--sign", &one, "--key", &other]].concat(),
            "",
            65,
            "openssl does not sign with",
        ),
    ] {
        let arguments = [&["profile"][..], arguments].concat();
        let (code, _, said) = packaging(&arguments, input.as_bytes());
        assert_eq!((code, said.lines().count()), (exit, 1), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
