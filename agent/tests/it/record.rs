//! `muster-agent record` from outside.

use crate::{agent, checked, recording, recordings};

#[test]
fn a_recording_is_written_once_and_says_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mac.json");
    let (from, to) = (recording("m3-26.6.2-managed"), file.to_str().unwrap());
    let arguments = ["record", "--recording", from.to_str().unwrap(), "--out", to];
    let written = agent(arguments);
    let said = String::from_utf8(written.stdout).unwrap();
    assert_eq!((written.status.code(), written.stderr.as_slice()), (Some(0), &b""[..]));
    for part in [
        &format!("Wrote {to}\n"),
        "  /usr/bin/fdesetup status\n",
        "  /System/Library/CoreServices/SystemVersion.plist\n",
        "Replaced by stand-ins: 1 serial number, ",
        "checks read the same from the recording as from the Mac.\n",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("ZZREC00001") && !text.contains("ZZDEV"), "{text}");

    let again = agent(arguments);
    let message = format!(
        "muster-agent: cannot write `{to}`: File exists (os error 17); choose a name that is not in use\n"
    );
    assert_eq!(String::from_utf8(again.stderr).unwrap(), message);
    assert_eq!(again.status.code(), Some(73));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

/// What people send must show what they saw.
#[test]
fn every_finding_is_the_same_from_a_recording_of_it() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(recordings()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".expected.json") else { continue };
        let file = folder.path().join(name);
        let output = agent(["record", "--recording", recording(name).to_str().unwrap()]);
        std::fs::write(&file, output.stdout).unwrap();
        let (before, after) = (checked(&recording(name)), checked(&file));
        assert_eq!(before.1, after.1, "{name}");
        let findings = |document: &serde_json::Value| -> Vec<String> {
            let findings = document["findings"].as_array().unwrap().iter();
            findings.map(|it| format!("{} {} {}", it["rule"], it["status"], it["reason"])).collect()
        };
        assert_eq!(findings(&before.0), findings(&after.0), "{name}");
    }
}
