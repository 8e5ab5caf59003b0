//! zig, the C compiler and linker of a cross build.
//!
//! It is one program without dependencies that brings the headers and the
//! basic library of macOS along, so no Apple SDK is needed. It comes from
//! Python's package index in one fixed release, whose digest pip checks.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::exit::{Exit, Failure};
use crate::place::Places;
use crate::program::{answer, last_words, program};
use crate::target::Target;

mod flags;

pub use flags::for_zig;

/// What pip is asked for, and what its digest must be.
const REQUIREMENT: &str = include_str!("../macos/zig.txt");

/// How zig is reached for one kind of Mac.
#[derive(Clone, Debug)]
pub struct Wrappers {
    /// Compiles and links.
    pub cc: PathBuf,
    /// Makes archives.
    pub ar: PathBuf,
}

/// The release in [`REQUIREMENT`].
fn release() -> &'static str {
    let line = REQUIREMENT.lines().find_map(|line| line.strip_prefix("ziglang=="));
    line.and_then(|rest| rest.split_whitespace().next()).unwrap_or_default()
}

/// The path of zig, which is fetched first where it is not there yet.
pub(crate) fn obtain(places: &Places) -> Result<PathBuf, Failure> {
    let folder = places.tools.join(format!("zig-{}", release()));
    let zig = folder.join("ziglang/zig");
    if zig.is_file() {
        return Ok(zig);
    }
    let cannot = |error| cannot_write(&places.tools, &error);
    fs::create_dir_all(&places.tools).map_err(cannot)?;
    // Made elsewhere and moved, so that a broken download is never taken for
    // zig and two builds do not meet.
    let made = tempfile::Builder::new().prefix("zig-").tempdir_in(&places.tools).map_err(cannot)?;
    fetch(&made.path().join("zig"))?;
    match fs::rename(made.path().join("zig"), &folder) {
        Err(error) if !zig.is_file() => Err(cannot_write(&folder, &error)),
        _ => Ok(zig),
    }
}

fn fetch(into: &Path) -> Result<(), Failure> {
    let advice = "install Python with pip (on Debian: apt-get install python3-pip)";
    let version = answer(program("python3").args(["-m", "pip", "--version"]), advice)?;
    if !version.status.success() {
        let message = format!("Python has no pip, which fetches zig; {advice}");
        return Err(Failure::new(Exit::Unavailable, message));
    }
    let mut requirement = tempfile::NamedTempFile::new().map_err(|error| {
        Failure::new(Exit::CannotCreate, format!("no temporary file can be made: {error}"))
    })?;
    requirement
        .write_all(REQUIREMENT.as_bytes())
        .map_err(|error| cannot_write(requirement.path(), &error))?;
    let mut pip = program("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--only-binary=:all:", "--require-hashes", "--target"])
        .arg(into)
        .arg("--requirement")
        .arg(requirement.path());
    let output = answer(&mut pip, advice)?;
    if output.status.success() {
        return Ok(());
    }
    let said = last_words(&output);
    let message = format!(
        "zig {} cannot be fetched from PyPI ({said}); check the network and try again",
        release()
    );
    Err(Failure::new(Exit::Unavailable, message))
}

/// Writes the programs that cargo starts in zig's place.
pub(crate) fn wrap(places: &Places, zig: &Path, target: Target) -> Result<Wrappers, Failure> {
    let folder = places.target.join("zig");
    let own = std::env::current_exe().map_err(|error| {
        let message = format!("this program's own path is not known: {error}; start it by path");
        Failure::new(Exit::Io, message)
    })?;
    let write = |name: &str, script: &str| {
        let path = folder.join(name);
        write_program(&path, script).map_err(|error| cannot_write(&path, &error))?;
        Ok::<_, Failure>(path)
    };
    let triple = target.triple();
    let stubs = places.stubs();
    let words: [&Path; 6] =
        [&own, Path::new("zigcc"), Path::new("--zig"), zig, Path::new("--stubs"), &stubs];
    let cc = write(
        &format!("cc-{triple}"),
        &script(words.into_iter().chain([
            Path::new("--target"),
            Path::new(triple),
            Path::new("--"),
        ])),
    )?;
    let ar = write("ar", &script([zig, Path::new("ar")]))?;
    Ok(Wrappers { cc, ar })
}

/// A shell script that starts `words` with its own arguments behind them.
fn script<'p>(words: impl IntoIterator<Item = &'p Path>) -> String {
    let mut script = "#!/bin/sh\nexec".to_owned();
    for word in words {
        let word = word.to_string_lossy().replace('\'', r"'\''");
        let _ = write!(script, " '{word}'");
    }
    script.push_str(" \"$@\"\n");
    script
}

fn write_program(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o755))?;
    file.persist(path)?;
    Ok(())
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let message = format!("{}: cannot be written: {error}; check the folder", path.display());
    Failure::new(Exit::CannotCreate, message)
}

/// zig with what cargo or a build script wants of a C compiler.
pub(crate) fn compiler(
    zig: &Path,
    stubs: &Path,
    target: Target,
    arguments: Vec<OsString>,
) -> Command {
    let mut command = program(zig);
    command.arg("cc").args(["-target", &target.zig()]);
    command.arg("-F").arg(stubs.join("System/Library/Frameworks"));
    command.arg("-L").arg(stubs.join("usr/lib"));
    command.args(for_zig(arguments));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_release_is_fixed_by_the_digests_of_its_builds() {
        assert_eq!(release().split('.').count(), 3, "{}", release());
        assert_eq!(REQUIREMENT.matches("--hash=sha256:").count(), 4);
    }

    #[test]
    fn a_path_with_spaces_and_quotes_reaches_the_shell_unchanged() {
        let script = script([Path::new("/a b/it's"), Path::new("cc")]);
        assert_eq!(script, "#!/bin/sh\nexec '/a b/it'\\''s' 'cc' \"$@\"\n");
    }

    #[test]
    fn a_wrapper_is_left_alone_when_it_is_right_already() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zig/cc");
        write_program(&path, "#!/bin/sh\n").unwrap();
        let written = fs::metadata(&path).unwrap();
        assert_eq!(written.permissions().mode() & 0o777, 0o755);
        write_program(&path, "#!/bin/sh\n").unwrap();
        let again = fs::metadata(&path).unwrap();
        assert_eq!(written.modified().unwrap(), again.modified().unwrap());
        write_program(&path, "#!/bin/sh\ntrue\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "#!/bin/sh\ntrue\n");
    }
}
