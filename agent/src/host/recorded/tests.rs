//! What a recording may hold and how it answers.

use super::*;

const WHOLE: &str = r#"{"format": "muster.recording/v1", "label": "test", "platform": "macos",
 "recorded_at": "2026-08-23T09:00:00Z",
 "commands": [
  {"argv": ["/usr/bin/fdesetup", "status"], "exit": 0, "stdout": "FileVault is On.\n", "stderr": "", "timed_out": false},
  {"argv": ["/usr/bin/csrutil", "status"], "exit": null, "stdout": "", "stderr": "", "timed_out": true},
  {"argv": ["/usr/sbin/spctl", "--status"], "exit": 1, "stderr": "err"}],
 "files": [
  {"path": "/Library/Preferences/a.plist", "text": "A"},
  {"path": "/Library/Preferences/b/c.plist", "base64": "Qw=="},
  {"path": "/etc/kcpassword", "present": true}]}"#;

fn whole() -> Recorded {
    Recorded::parse("r.json", WHOLE.as_bytes()).unwrap()
}

fn done(exit: i32, stdout: &str, stderr: &str) -> Answer {
    Answer::Done { exit, stdout: stdout.into(), stderr: stderr.into() }
}

#[test]
fn recorded_commands_answer_as_recorded() {
    let host = whole();
    assert_eq!(host.run(&["/usr/bin/fdesetup", "status"]), done(0, "FileVault is On.\n", ""));
    assert_eq!(host.run(&["/usr/bin/csrutil", "status"]), Answer::TimedOut);
    assert_eq!(host.run(&["/usr/sbin/spctl", "--status"]), done(1, "", "err"));
    assert_eq!(host.run(&["/usr/bin/fdesetup"]), Answer::Missing);
    assert_eq!(host.now().to_string(), "2026-08-23T09:00:00Z");
    assert!(host.is_recorded());
    assert_eq!(host.label(), "test");
}

#[test]
fn recorded_files_imply_their_folders() {
    let host = whole();
    assert_eq!(host.read("/Library/Preferences/a.plist"), FileAnswer::Bytes(b"A".to_vec()));
    assert_eq!(host.read("/Library/Preferences/b/c.plist"), FileAnswer::Bytes(b"C".to_vec()));
    assert_eq!(host.read("/etc/kcpassword"), FileAnswer::Refused);
    assert_eq!(host.read("/Library"), FileAnswer::Refused);
    assert_eq!(host.read("/Library/Pref"), FileAnswer::Missing);
    for path in ["/", "/etc", "/etc/kcpassword", "/Library/Preferences/", "/Library/Preferences/b"]
    {
        assert!(host.exists(path), "{path}");
    }
    assert!(!host.exists("/Lib") && !host.exists("/etc/kcpassword2"));
    assert_eq!(host.list("/"), ["Library", "etc"]);
    assert_eq!(host.list("/Library/Preferences"), ["a.plist", "b"]);
    assert_eq!(host.list("/Library/Preferences/"), ["a.plist", "b"]);
    assert!(host.list("/etc/kcpassword").is_empty());
}

#[test]
fn a_recorded_answer_longer_than_a_mac_could_give_is_overlong() {
    let long = WHOLE.replace(r"FileVault is On.\n", &"x".repeat(OUTPUT_LIMIT + 1));
    let host = Recorded::parse("r.json", long.as_bytes()).unwrap();
    assert_eq!(host.run(&["/usr/bin/fdesetup", "status"]), Answer::Overlong);
}

/// Columns count characters of the fixture, which would be in the way here.
fn without_column(message: &str) -> String {
    let (start, rest) = message.split_once(", column ").unwrap();
    format!("{start}{}", rest.trim_start_matches(|digit: char| digit.is_ascii_digit()))
}

/// Replaces `from` in a good recording, and expects this error.
#[track_caller]
fn refused(from: &str, to: &str, message: &str) {
    assert!(WHOLE.contains(from), "{from}");
    let error = Recorded::parse("r.json", WHOLE.replacen(from, to, 1).as_bytes()).unwrap_err();
    let expected = format!("r.json, {message}; correct the recording and try again");
    assert_eq!(without_column(&error.to_string()), expected);
}

#[test]
fn an_unknown_key_is_refused_with_its_place() {
    refused(
        r#""label": "test","#,
        r#""label": "test", "lable": 1,"#,
        "line 1, field \"lable\": unknown field `lable`, expected one of `format`, `label`, `platform`, `recorded_at`, `commands`, `files`",
    );
    refused(
        r#""exit": 1,"#,
        r#""status": 1,"#,
        "line 6, field \"commands[2].status\": unknown field `status`, expected one of `argv`, `exit`, `stdout`, `stderr`, `timed_out`",
    );
}

#[test]
fn a_missing_key_is_named() {
    refused(r#""label": "test", "#, "", "line 10: missing field `label`");
    refused(
        r#""argv": ["/usr/sbin/spctl", "--status"], "#,
        "",
        "line 6, field \"commands[2]\": missing field `argv`",
    );
}

#[test]
fn a_wrong_type_is_named() {
    refused(
        r#""exit": 0"#,
        r#""exit": "zero""#,
        "line 4, field \"commands[0].exit\": invalid type: string \"zero\", expected a whole number",
    );
    refused(
        r#""2026-08-23T09:00:00Z""#,
        r#""yesterday""#,
        "line 2, field \"recorded_at\": failed to parse four digit integer as year: invalid digit, expected 0-9 but got y",
    );
    refused(
        r#""format": "muster.recording/v1""#,
        r#""format": "muster.recording/v2""#,
        "line 1, field \"format\": \"muster.recording/v2\" is not known, only \"muster.recording/v1\" is",
    );
    refused(
        r#""macos""#,
        r#""linux""#,
        "line 1, field \"platform\": \"linux\" is not known, only \"macos\" is",
    );
}

#[test]
fn a_command_that_contradicts_itself_is_refused() {
    refused(
        r#""exit": 1,"#,
        r#""exit": null,"#,
        "line 6, field \"commands[2]\": `exit` must be a number unless `timed_out` is true",
    );
    refused(
        r#""exit": null,"#,
        r#""exit": 3,"#,
        "line 5, field \"commands[1]\": `exit` must be null when `timed_out` is true",
    );
    refused(
        r#""/usr/sbin/spctl""#,
        r#""spctl""#,
        "line 6, field \"commands[2]\": `argv` must begin with the absolute path of a program",
    );
    refused(
        r#""/usr/sbin/spctl", "--status""#,
        r#""/usr/bin/csrutil", "status""#,
        "line 6, field \"commands\": [\"/usr/bin/csrutil\", \"status\"] is recorded twice, with different answers",
    );
}

#[test]
fn a_file_has_exactly_one_content() {
    refused(
        r#""text": "A""#,
        r#""text": "A", "present": true"#,
        "line 8, field \"files[0]\": a file has exactly one of `text`, `base64` and `present`",
    );
    refused(
        r#", "text": "A""#,
        "",
        "line 8, field \"files[0]\": a file has exactly one of `text`, `base64` and `present`",
    );
    refused("Qw==", "Q", "line 9, field \"files[1]\": `base64` is not valid base64");
    refused(
        r#""present": true"#,
        r#""present": false"#,
        "line 10, field \"files[2]\": `present` can only be true; leave out a file that does not exist",
    );
    refused(
        "/etc/kcpassword",
        "kcpassword",
        "line 10, field \"files[2]\": `path` must be the absolute path of a file",
    );
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    let message = |bytes: &[u8]| Recorded::parse("r.json", bytes).unwrap_err().to_string();
    assert!(message(b"").starts_with("r.json, line 1, column 0: the text ends too early; "));
    assert!(
        message(b"{\n \"a\": \xff}")
            .starts_with("r.json, line 2, column 7: the text is not valid UTF-8; ")
    );
    let trailing = format!("{WHOLE}\n}}");
    assert!(
        message(trailing.as_bytes())
            .starts_with("r.json, line 11, column 1: trailing characters; ")
    );
}

#[test]
fn the_same_entry_twice_is_harmless() {
    let entry = r#"{"path": "/etc/kcpassword", "present": true}"#;
    let twice = WHOLE.replace(entry, &format!("{entry}, {entry}"));
    assert!(Recorded::parse("r.json", twice.as_bytes()).is_ok());
}

#[test]
fn a_mute_host_has_nothing() {
    let host = Recorded::mute(whole().now());
    assert_eq!(host.run(&["/usr/bin/fdesetup", "status"]), Answer::Missing);
    assert!(!host.exists("/") && host.list("/").is_empty());
}
