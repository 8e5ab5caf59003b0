//! Programs that read back what was written. One that is missing fails the
//! test and names its Debian package.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

/// Runs a program with `input` to read.
pub(crate) fn run(program: &str, package: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = crate::programs::program(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| {
        panic!("`{program}`: {error}; install the Debian package {package}")
    });
    // It may end without reading; then the pipe is broken.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// What `muster-packaging` does with these arguments: exit code, output, and
/// what it says beside it.
pub(crate) fn packaging(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let output = run(env!("CARGO_BIN_EXE_muster-packaging"), "", arguments, input);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Runs a program of Python that reads the file `path`, and gives what it
/// prints. A module that `python3` lacks is looked for in Debian's own Python.
pub(crate) fn python(module: &str, package: &str, program: &str, path: &Path) -> String {
    let import = format!("import {module}");
    let has = |python: &str| run(python, "python3", &["-c", &import], b"").status.success();
    let python = if has("python3") { "python3" } else { "/usr/bin/python3" };
    assert!(has(python), "`{import}` fails; install the Debian package {package}");
    let output = run(python, "python3", &["-c", program, path.to_str().unwrap()], b"");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", path.display());
    String::from_utf8(output.stdout).unwrap()
}

/// The property list at `path` as JSON, read by Python.
pub(crate) fn property_list(path: &Path) -> serde_json::Value {
    let program =
        "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    serde_json::from_str(&python("plistlib", "python3", program, path)).unwrap()
}

/// Every file below `folder`, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
