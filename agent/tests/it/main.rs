//! The program `muster-agent` from outside: what it prints and how it ends.

#![cfg(test)]

mod bad_input;
mod page;
mod record;
mod recordings;
mod variations;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs the program to its end.
#[expect(clippy::disallowed_methods, reason = "the program under test is started from outside")]
fn agent<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_muster-agent"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The project's own recordings of Macs.
fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings")
}

fn recording(name: &str) -> PathBuf {
    recordings().join(format!("{name}.json"))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The document and the exit code of `check --json` for a recording.
fn checked(recording: &Path) -> (Value, i32) {
    let output =
        agent(["check".as_ref(), "--json".as_ref(), "--recording".as_ref(), recording.as_os_str()]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code().unwrap())
}

/// The finding for `rule` in a document.
fn finding<'d>(document: &'d Value, rule: &str) -> &'d Value {
    let findings = document["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["rule"] == rule).unwrap()
}
