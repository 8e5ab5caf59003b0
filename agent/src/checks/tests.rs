//! What holds for every check.

use std::collections::BTreeSet;

use shared::posture::{self, FieldKind};
use shared::reading::{FieldValue, MATCHED_LIMIT};

use super::fixture::{Mac, unknown};
use super::*;
use crate::host::{Answer, Recorded};

#[test]
fn a_mute_mac_is_unknown_in_every_check() {
    let mute = Recorded::mute(jiff::Timestamp::UNIX_EPOCH);
    for check in ALL {
        let reading = check.run(&mute);
        assert_eq!(reading.outcome, Outcome::Unknown, "{}", check.id);
        assert_eq!(reading.reason.as_deref(), Some("missing"), "{}", check.id);
        assert!(!reading.sources.is_empty(), "{} names no source", check.id);
    }
}

/// Answers every question in the same way.
struct Parrot(Answer, crate::host::FileAnswer);

impl Host for Parrot {
    fn run(&self, _argv: &[&str]) -> Answer {
        self.0.clone()
    }

    fn read(&self, _path: &str) -> crate::host::FileAnswer {
        self.1.clone()
    }

    fn exists(&self, _path: &str) -> bool {
        self.1 != crate::host::FileAnswer::Missing
    }

    fn list(&self, _path: &str) -> Vec<String> {
        Vec::new()
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn is_recorded(&self) -> bool {
        true
    }
}

#[test]
fn a_mac_that_hangs_rambles_or_fails_is_unknown_in_every_check() {
    use crate::host::FileAnswer;
    let done =
        |exit, stdout: &[u8]| Answer::Done { exit, stdout: stdout.into(), stderr: Vec::new() };
    for (answer, file) in [
        (Answer::TimedOut, FileAnswer::Refused),
        (Answer::Overlong, FileAnswer::Refused),
        (done(0, b""), FileAnswer::Bytes(Vec::new())),
        (done(0, b"\n\n"), FileAnswer::Bytes(b"\n".to_vec())),
        (done(1, b""), FileAnswer::Missing),
        (done(0, b"\xff\xfe\x00"), FileAnswer::Bytes(b"\xff\xfe\x00".to_vec())),
        (
            done(0, b"<?xml version=\"1.0\"?><plist><true/></plist>"),
            FileAnswer::Bytes(b"<plist><true/></plist>".to_vec()),
        ),
        (done(0, b"usage: tool [-h]"), FileAnswer::Bytes(b"{}".to_vec())),
        (done(0, b"{}"), FileAnswer::Bytes(b"bplist00".to_vec())),
        (done(137, b"FileVault is On.\n"), FileAnswer::Missing),
    ] {
        for reading in read_all(&Parrot(answer.clone(), file)) {
            assert_eq!(reading.outcome, Outcome::Unknown, "{answer:?}: {reading:?}");
        }
    }
}

#[test]
fn the_registry_is_the_posture_table() {
    let ids: Vec<&str> = ALL.iter().map(|check| check.id).collect();
    let known: Vec<&str> = posture::CHECKS.iter().map(|schema| schema.id).collect();
    assert_eq!(ids, known);
}

#[test]
fn a_check_that_breaks_reads_as_unknown() {
    let broken = Check { id: "os", sources: &[], read: |_| panic!("on purpose"), full: Vec::new };
    assert_eq!(unknown(&broken, &Mac::new()), "not-understood");
}

/// One odd number must not keep a Mac from reporting at all.
#[test]
fn a_number_that_no_report_can_carry_is_no_answer() {
    fn with(number: i64) -> Found {
        let fields = Fields::from([("percent".to_owned(), FieldValue::Integer(number))]);
        Found { outcome: Ok(fields), sources: Vec::new() }
    }
    let check = |read| Check { id: "filevault", sources: &[], read, full: Vec::new };
    assert_eq!(unknown(&check(|_| with(i64::MAX)), &Mac::new()), "not-understood");
    assert_eq!(unknown(&check(|_| with(i64::MIN)), &Mac::new()), "not-understood");
    assert_eq!(unknown(&check(|_| with(json::INTEGER_LIMIT + 1)), &Mac::new()), "not-understood");
    for reading in [check(|_| with(json::INTEGER_LIMIT)), check(|_| with(-json::INTEGER_LIMIT))] {
        let reading = reading.run(&Mac::new());
        assert_eq!(reading.outcome, Outcome::Observed);
        json::check(&serde_json::to_vec(&reading).unwrap()).unwrap();
    }
}

#[test]
fn a_text_that_no_report_can_carry_is_not_understood() {
    fn with(text: &str) -> Found {
        let field = ("state".to_owned(), FieldValue::Text(text.to_owned()));
        Found { outcome: Ok([field].into()), sources: Vec::new() }
    }
    let check = |read| Check { id: "filevault", sources: &[], read, full: Vec::new };
    assert_eq!(unknown(&check(|_| with("on\0")), &Mac::new()), "not-understood");
    let long = check(|_| with(&"x".repeat(json::STRING_LIMIT + 1)));
    assert_eq!(unknown(&long, &Mac::new()), "not-understood");
    let reading = check(|_| with(&"x".repeat(json::STRING_LIMIT))).run(&Mac::new());
    assert_eq!(reading.outcome, Outcome::Observed);
    json::check(&serde_json::to_vec(&reading).unwrap()).unwrap();
}

/// Holds a reading against the table: known names, right kinds, known words.
#[track_caller]
fn assert_in_posture(reading: &Reading) {
    let schema = posture::check(&reading.id).unwrap();
    for (name, value) in &reading.fields {
        let field = schema.field(name).unwrap_or_else(|| panic!("{}.{name}", reading.id));
        let is_kind = match (field.kind, value) {
            (FieldKind::Flag, FieldValue::Flag(_))
            | (FieldKind::Integer, FieldValue::Integer(_))
            | (FieldKind::Text, FieldValue::Text(_)) => true,
            (FieldKind::Choice(words), FieldValue::Text(word)) => words.contains(&word.as_str()),
            _ => false,
        };
        assert!(is_kind, "{}.{name} = {value:?}", reading.id);
    }
}

/// People are shown these lists, so they hold all that is asked and no more.
#[test]
fn every_source_that_is_asked_is_declared() {
    for check in ALL {
        let mute = Recorded::mute(jiff::Timestamp::UNIX_EPOCH);
        let asked = (check.full)().into_iter().map(|mac| check.run(&mac)).chain([check.run(&mute)]);
        let asked: BTreeSet<String> =
            asked.flat_map(|reading| reading.sources).map(|source| source.method).collect();
        let declared = check.sources.iter().map(|&source| source.to_owned()).collect();
        assert_eq!(asked, declared, "{}", check.id);
    }
}

/// What the table promises can be observed, and nothing else is.
#[test]
fn fields_and_words_are_those_of_the_posture_table() {
    for check in ALL {
        let mut seen = BTreeSet::new();
        for mac in (check.full)() {
            let reading = check.run(&mac);
            assert_eq!(reading.outcome, Outcome::Observed, "{reading:?}");
            assert_in_posture(&reading);
            for (name, value) in reading.fields {
                if let FieldValue::Text(text) = value {
                    seen.insert((name.clone(), text));
                }
                seen.insert((name, String::new()));
            }
        }
        for field in posture::check(check.id).unwrap().fields {
            let words = if let FieldKind::Choice(words) = field.kind { words } else { &[] };
            for word in words.iter().chain([&""]) {
                let wanted = (field.name.to_owned(), (*word).to_owned());
                assert!(seen.contains(&wanted), "{}.{} {word}", check.id, field.name);
            }
        }
    }
}

#[test]
fn sources_say_how_and_what_without_names() {
    let long = format!(
        "FileVault is Off.\nDeferred enablement appears to be active for user '{}'.",
        "jdoe ".repeat(100)
    );
    let mac = Mac::new().says("/usr/bin/fdesetup status", &long);
    let reading = ALL[0].run(&mac);
    let source = &reading.sources[0];
    assert_eq!(source.method, "exec:/usr/bin/fdesetup status");
    assert_eq!(source.exit, Some(0));
    assert_eq!(source.sha256.as_ref().unwrap().len(), 64);
    let matched = source.matched.as_ref().unwrap();
    assert!(matched.chars().count() <= MATCHED_LIMIT && !matched.contains("jdoe"), "{matched}");
}
