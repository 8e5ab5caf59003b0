//! A recording of a recording reads the same and names nobody.

use std::path::Path;

use super::record;
use crate::checks;
use crate::host::Recorded;

fn recorded(name: &str) -> (String, Recorded) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    // Identifiers in forms of their own, which the project's files do not have.
    let text = text
        .replace("sam ", "s.ample ")
        .replace("\"sam\"", "\"s.ample\"")
        .replace("root itadmin", "root s.ample otherperson")
        .replace("ZZDEV", "C02XK")
        .replace("00000000-0000-4000-8000-00000000D0", "4F1D2C3B-1A2B-4C3D-9E8F-00AA11BB22");
    let recorded = Recorded::parse(name, text.as_bytes()).unwrap();
    (text, recorded)
}

fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings");
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.contains(".expected.")).collect()
}

#[test]
fn every_check_reads_the_same_from_the_recording() {
    for name in names() {
        let (_, mac) = recorded(&name);
        let recording = record(&mac).unwrap();
        assert_eq!(recording.differing, [""; 0], "{name}");
        let again = Recorded::parse(&name, recording.text.as_bytes()).unwrap();
        assert_eq!(checks::read_all(&mac).len(), checks::read_all(&again).len());
    }
}

#[test]
fn nobody_is_named_in_a_recording() {
    for name in names() {
        let (before, mac) = recorded(&name);
        let after = record(&mac).unwrap().text;
        for identifier in [
            "s.ample",
            "otherperson",
            "C02XK",
            "22BB11",
            "00AA11BB22",
            "applemdm",
            "foo=bar",
            "jdoe",
        ] {
            assert!(!after.contains(identifier), "{name}: {identifier}");
        }
        // Or the test would prove nothing.
        assert!(name == "mute.json" || before.contains("C02XK"), "{name}");
    }
}

#[test]
fn a_recording_of_a_recording_of_a_recording_is_the_same() {
    let (_, mac) = recorded("m3-26.6.2-managed.json");
    let one = record(&mac).unwrap().text;
    let two = record(&Recorded::parse("one", one.as_bytes()).unwrap()).unwrap().text;
    let three = record(&Recorded::parse("two", two.as_bytes()).unwrap()).unwrap().text;
    assert_eq!(two, three);
}
