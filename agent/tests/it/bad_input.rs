//! Every kind of bad input: the exit code and the exact message.

use std::path::Path;

use crate::{agent, recording};

const USAGE: i32 = 64;
const DATA: i32 = 65;
const IO: i32 = 74;

/// Runs the program and expects this exit code, and this line alone.
#[track_caller]
fn assert_refused(arguments: &[&str], exit: i32, message: &str) {
    let output = agent(arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, format!("muster-agent: {message}\n"), "{arguments:?}");
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
}

/// Passes `content` as the file after `option`; `FILE` in the message is its path.
#[track_caller]
fn assert_file_refused(option: &str, content: &[u8], message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, content).unwrap();
    let path = path.to_str().unwrap();
    let recording = recording("mute");
    let mut arguments = vec!["check", option, path];
    if option != "--recording" {
        arguments.extend(["--recording", recording.to_str().unwrap()]);
    }
    assert_refused(&arguments, DATA, &message.replace("FILE", path));
}

#[test]
fn the_command_line_is_refused_in_one_line() {
    let help = "; run `muster-agent --help` to see what it takes";
    for (arguments, message) in [
        (&[][..], "no command is given"),
        (&["inspect"], "unrecognized subcommand 'inspect'"),
        (&["check", "--recorded", "x"], "unexpected argument '--recorded' found"),
        (&["check", "x"], "unexpected argument 'x' found"),
        (
            &["check", "--recording"],
            "a value is required for '--recording <FILE>' but none was supplied",
        ),
        (&["check", "--json", "--json"], "the argument '--json' cannot be used multiple times"),
        (
            &["check", "--json=yes"],
            "unexpected value 'yes' for '--json' found; no more were expected",
        ),
    ] {
        assert_refused(arguments, USAGE, &format!("{message}{help}"));
    }
}

#[test]
fn help_and_version_are_no_failure() {
    for arguments in [&["--help"][..], &["check", "--help"], &["--version"]] {
        let output = agent(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty() && !output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_read_is_told_apart_from_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    for option in ["--recording", "--policy", "--os-releases"] {
        let absent = format!("{folder}/absent.json");
        assert_refused(
            &["check", option, &absent],
            IO,
            &format!("{absent}: no such file; check the path"),
        );
        let message = format!("{folder}: is a folder; give the path of a file");
        assert_refused(&["check", option, folder], IO, &message);
    }
    let absent = "/proc/self/mem";
    if Path::new(absent).exists() {
        assert_refused(
            &["check", "--recording", absent],
            IO,
            "/proc/self/mem: cannot be read: Input/output error (os error 5); check the file",
        );
    }
}

const RECORDING: &str = r#"{
 "format": "muster.recording/v1",
 "label": "test",
 "platform": "macos",
 "recorded_at": "2026-08-23T09:00:00Z",
 "commands": [
  {"argv": ["/usr/bin/fdesetup", "status"], "exit": 0, "stdout": "FileVault is On.\n", "stderr": ""}
 ],
 "files": [
  {"path": "/etc/kcpassword", "present": true}
 ]
}"#;

#[test]
fn a_wrong_recording_is_refused_with_its_place() {
    let end = "; correct the recording and try again";
    for (from, to, message) in [
        (
            "\"label\": \"test\",",
            "\"label\": \"test\"",
            "FILE, line 4, column 2: expected `,` or `}`",
        ),
        ("{\n", "[\n", "FILE, line 1, column 0: invalid type: sequence, expected an object"),
        (
            "\"label\": \"test\"",
            "\"label\": 7",
            "FILE, line 3, column 11, field \"label\": invalid type: integer `7`, expected a string",
        ),
        (
            "\"exit\": 0",
            "\"exit\": true",
            "FILE, line 7, column 56, field \"commands[0].exit\": invalid type: boolean `true`, expected a whole number",
        ),
        (
            "\"exit\": 0, ",
            "",
            "FILE, line 7, column 89, field \"commands[0]\": `exit` must be a number unless `timed_out` is true",
        ),
        (
            "\"stderr\": \"\"",
            "\"stderr\": \"\", \"note\": 1",
            "FILE, line 7, column 107, field \"commands[0].note\": unknown field `note`, expected one of `argv`, `exit`, `stdout`, `stderr`, `timed_out`",
        ),
        (" \"platform\": \"macos\",\n", "", "FILE, line 11, column 1: missing field `platform`"),
        (
            "\"2026-08-23T09:00:00Z\"",
            "\"2026-08-23\"",
            "FILE, line 5, column 28, field \"recorded_at\": failed to find time component, which is required for parsing a timestamp",
        ),
        (
            "recording/v1",
            "recording/v9",
            "FILE, line 2, column 32, field \"format\": \"muster.recording/v9\" is not known, only \"muster.recording/v1\" is",
        ),
        (
            "true}",
            "true, \"text\": \"x\"}",
            "FILE, line 10, column 59, field \"files[0]\": a file has exactly one of `text`, `base64` and `present`",
        ),
        (
            "\"argv\": [\"/usr",
            "\"argv\": [\"usr",
            "FILE, line 7, column 99, field \"commands[0]\": `argv` must begin with the absolute path of a program",
        ),
    ] {
        assert!(RECORDING.contains(from), "{from}");
        let content = RECORDING.replacen(from, to, 1);
        assert_file_refused("--recording", content.as_bytes(), &format!("{message}{end}"));
    }
}

#[test]
fn what_is_no_recording_at_all_is_refused_with_its_place() {
    for (content, message) in [
        (&b""[..], "FILE, line 1, column 0: the text ends too early"),
        (b"null", "FILE, line 1, column 4: invalid type: null, expected an object"),
        (b"{\n\xff}", "FILE, line 2, column 1: the text is not valid UTF-8"),
        (
            b"{\"a\\nb\": 1}",
            "FILE, line 1, column 7, field \"a\u{fffd}b\": unknown field `a\u{fffd}b`, expected one of `format`, `label`, `platform`, `recorded_at`, `commands`, `files`",
        ),
    ] {
        assert_file_refused(
            "--recording",
            content,
            &format!("{message}; correct the recording and try again"),
        );
    }
}

#[test]
fn a_huge_file_is_not_read_to_its_end() {
    let huge = vec![b' '; 10 * 1024 * 1024];
    for option in ["--recording", "--policy", "--os-releases"] {
        assert_file_refused(option, &huge, "FILE: larger than 8 MiB; give the right file");
    }
}

#[test]
fn a_wrong_policy_is_refused_with_line_and_column() {
    let rule = "id = \"x\"\nversion = 1\n\n[[rule]]\nid = \"r\"\ntitle = \"t\"\ncheck = \"filevault\"\n\
        mode = \"required\"\nwhy = \"w\"\nfixed_by = \"it\"\ngrace = \"1d\"\npass = 'filevault.stat == \"on\"'\n";
    for (content, message) in [
        ("id = ", "FILE:1:6: string values must be quoted, expected literal string"),
        (
            "id = \"x\"\nversion = 1\ncolour = \"red\"\n",
            "FILE:3:1: unknown field `colour`, expected one of `id`, `version`, `rule`, `override`",
        ),
        (
            "id = \"x\"\nversion = \"one\"\n",
            "FILE:2:11: invalid type: string \"one\", expected u32",
        ),
        ("version = 1\n", "FILE:1:1: missing field `id`"),
        (
            rule,
            "FILE:12:9: unknown field `filevault.stat`; the check has `state`, `percent`, \
             `stalled`, `institutional_key`, `source`, `users`, `personal_recovery_key`, \
             `recovery_key_file`, `escrow_profile`, `enforced`",
        ),
    ] {
        let message = format!("{message}; correct the policy and try again");
        assert_file_refused("--policy", content.as_bytes(), &message);
    }
    let message = "FILE: line 2 is not valid UTF-8; save the file as UTF-8";
    assert_file_refused("--policy", b"id = \"x\"\n\xff", message);
}

#[test]
fn a_wrong_catalogue_is_refused_with_its_place() {
    for (content, message) in [
        (&b"{"[..], "EOF while parsing an object at line 1 column 1"),
        (b"{}", "missing field `format` at line 1 column 2"),
        (b"<html>", "expected value at line 1 column 1"),
        (b"[]\xff", "not UTF-8: invalid utf-8 sequence of 1 bytes from index 2"),
    ] {
        let message = format!(
            "FILE: the catalogue of releases cannot be read: {message}; correct the file or use the built-in catalogue"
        );
        assert_file_refused("--os-releases", content, &message);
    }
}
