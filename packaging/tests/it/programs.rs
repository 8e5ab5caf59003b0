//! Other people's programs.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A program, by its name in `PATH`.
#[expect(clippy::disallowed_methods, reason = "tests start programs of this computer")]
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    Command::new(name)
}

/// What a program printed; it must be there and succeed.
#[track_caller]
pub(crate) fn said(name: &str, package: &str, words: &[&OsStr], stdin: &[u8]) -> Vec<u8> {
    let mut command = program(name);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = with_stdin(&mut command, package, stdin);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{name}`: {} {errors}", output.status);
    output.stdout
}

#[track_caller]
fn with_stdin(command: &mut Command, package: &str, stdin: &[u8]) -> Output {
    let name = command.get_program().to_owned();
    let mut child = command.spawn().unwrap_or_else(|error| {
        panic!("`{}`: {error}; on Debian: apt-get install {package}", name.display())
    });
    let mut pipe = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program that has read enough closes its end.
            let _ = pipe.write_all(stdin);
        });
        child.wait_with_output().unwrap()
    })
}

/// The same as text.
#[track_caller]
pub(crate) fn text(name: &str, package: &str, words: &[&str], stdin: &[u8]) -> String {
    let words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
    String::from_utf8(said(name, package, &words, stdin)).unwrap()
}

/// `muster-packaging` itself.
pub(crate) fn muster_packaging() -> Command {
    program(env!("CARGO_BIN_EXE_muster-packaging"))
}

/// `rcodesign`, where `muster-packaging pkg` keeps it.
#[track_caller]
pub(crate) fn rcodesign() -> Command {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let cache = std::env::var_os("XDG_CACHE_HOME");
    let cache = cache.map_or_else(|| Path::new(&home).join(".cache"), Into::into);
    let path = cache.join("muster-tools/rcodesign/bin/rcodesign");
    assert!(
        path.is_file(),
        "`{}` is missing; build it with cargo install --locked apple-codesign --version 0.29.0 \
         --no-default-features --root ~/.cache/muster-tools/rcodesign",
        path.display()
    );
    program(path)
}
