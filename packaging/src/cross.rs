//! Builds the agent for a Mac on a computer that is none.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::executable::{faults, summary};
use crate::exit::{Exit, Failure};
use crate::mach_o::MachO;
use crate::place::Places;
use crate::program::{answer, last_words, program, succeeds};
use crate::target::{Target, oldest_macos};
use crate::zig::{self, Wrappers};

/// The agent's executable.
const EXECUTABLE: &str = "muster-agent";
/// What to do about a missing Rust.
const INSTALL_RUST: &str = "install Rust with rustup (https://rustup.rs)";

/// How the agent is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// Fast to build, with what a panic needs to name lines.
    Dev,
    /// Small and slow to build; what is shipped.
    Agent,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Agent => "agent",
        }
    }

    /// The folder that cargo builds it in.
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Agent => "agent",
        }
    }
}

/// What is wanted of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Types only.
    Check,
    /// An executable, which is read back.
    Link,
}

/// Builds the agent for `target` and says in one line what came out.
///
/// # Errors
///
/// When something needed cannot be had, when it does not compile or link, or
/// when what came out is not what a Mac needs.
pub fn build(target: Target, profile: Profile, depth: Depth) -> Result<String, Failure> {
    let places = Places::of_this_user()?;
    match depth {
        Depth::Check => {
            compile(&places, target, profile, &["check", "--quiet"])?;
            Ok(format!("{}: types are right", target.triple()))
        }
        Depth::Link => {
            compile(&places, target, profile, &["build", "--quiet"])?;
            inspect(&built(&places, target, profile), target)
        }
    }
}

/// Builds the agent for `target`, with cargo saying on standard error how far
/// it is, and gives the path of the executable.
pub(crate) fn executable(
    places: &Places,
    target: Target,
    profile: Profile,
) -> Result<PathBuf, Failure> {
    compile(places, target, profile, &["build"])?;
    Ok(built(places, target, profile))
}

fn built(places: &Places, target: Target, profile: Profile) -> PathBuf {
    places.target.join(target.triple()).join(profile.folder()).join(EXECUTABLE)
}

/// Starts cargo with everything it needs to build for `target`.
fn compile(
    places: &Places,
    target: Target,
    profile: Profile,
    command: &[&str],
) -> Result<(), Failure> {
    have_standard_library(target)?;
    let flags = flags(&moved(places)?);
    // A Mac has Apple's own compiler, linker and SDK.
    let wrappers = if cfg!(target_os = "macos") {
        None
    } else {
        let zig = zig::obtain(places)?;
        Some(zig::wrap(places, &zig, target)?)
    };
    let mut cargo = cargo(places, target, wrappers.as_ref());
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags).args(command);
    cargo.args(["--locked", "--package", "agent", "--bin", EXECUTABLE]);
    cargo.args(["--profile", profile.name(), "--target", target.triple()]);
    if succeeds(&mut cargo, INSTALL_RUST)? {
        return Ok(());
    }
    let message = format!(
        "the agent does not build for {}; cargo has said why (an undefined symbol that macOS \
         offers belongs into packaging/macos/stubs/)",
        target.triple()
    );
    Err(Failure::new(Exit::BuildFails, message))
}

/// Folders of this computer, and what stands for them in what is built: two
/// checkouts, of two people, give the same bytes.
fn moved(places: &Places) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut rustc = program("rustc");
    let output =
        answer(rustc.args(["--version", "--verbose", "--print", "sysroot"]), INSTALL_RUST)?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let sysroot = said.lines().find(|line| Path::new(line).is_absolute());
    let commit = said.lines().find_map(|line| line.strip_prefix("commit-hash: "));
    let cargo = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let mut moved = Vec::new();
    if let (Some(sysroot), Some(commit)) = (sysroot, commit) {
        // Where the library's source is installed rustc names it by its place,
        // otherwise by its commit.
        let source = Path::new(sysroot).join("lib/rustlib/src/rust");
        moved.push((source, format!("/rustc/{commit}")));
    }
    moved.extend(cargo.map(|folder| (folder, "/cargo".to_owned())));
    moved.push((places.checkout.clone(), "/muster".to_owned()));
    // Last, because it may lie within the checkout, and the last that fits is
    // taken.
    moved.push((places.target.clone(), "/target".to_owned()));
    Ok(moved)
}

/// What rustc is told, in the form that leaves spaces in paths alone.
fn flags(moved: &[(PathBuf, String)]) -> String {
    let mut flags = vec!["-Dwarnings".to_owned()];
    flags.extend(
        moved.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())),
    );
    flags.join("\u{1f}")
}

/// Reads an executable and says in one line what it is.
///
/// # Errors
///
/// When it cannot be read, or would not start on every Mac of this kind.
pub fn inspect(path: &Path, target: Target) -> Result<String, Failure> {
    let shown = path.display();
    let file = fs::read(path).map_err(|error| {
        let message = format!("{shown}: cannot be read: {error}; check the path");
        Failure::new(Exit::Io, message)
    })?;
    let advice = "build it with `muster-packaging cross-build`";
    let found = MachO::read(&file)
        .map_err(|error| Failure::new(Exit::BadInput, format!("{shown}: it {error}; {advice}")))?;
    let faults = faults(&found, target);
    if !faults.is_empty() {
        let message = format!("{shown}: {}; {advice}", faults.join(", "));
        return Err(Failure::new(Exit::BadInput, message));
    }
    let (whole, tenth) = megabytes(file.len());
    Ok(format!("{shown}: {whole}.{tenth} MB, {}", summary(&found)))
}

/// Millions of bytes and a tenth, rounded down.
fn megabytes(bytes: usize) -> (usize, usize) {
    (bytes / 1_000_000, bytes / 100_000 % 10)
}

/// Sees to it that this Rust can build for `target`.
fn have_standard_library(target: Target) -> Result<(), Failure> {
    let triple = target.triple();
    let mut rustc = program("rustc");
    rustc.args(["--print", "target-libdir", "--target", triple]);
    let output = answer(&mut rustc, INSTALL_RUST)?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && folder.is_dir() {
        return Ok(());
    }
    let mut rustup = program("rustup");
    rustup.args(["target", "add", triple]);
    let output = answer(&mut rustup, INSTALL_RUST)?;
    if output.status.success() {
        return Ok(());
    }
    let message = format!(
        "`rustup target add {triple}` failed ({}); check the network and try again",
        last_words(&output)
    );
    Err(Failure::new(Exit::Unavailable, message))
}

/// cargo, told to take zig for everything that is not Rust.
fn cargo(places: &Places, target: Target, wrappers: Option<&Wrappers>) -> Command {
    let mut cargo = program("cargo");
    cargo
        .current_dir(&places.checkout)
        .env("CARGO_TARGET_DIR", &places.target)
        .env("MACOSX_DEPLOYMENT_TARGET", oldest_macos());
    if let Some(wrappers) = wrappers {
        let small = target.triple().replace('-', "_");
        let large = small.to_uppercase();
        let cache = places.target.join("zig/cache");
        cargo
            // Or rustc would ask Apple's tools for an SDK.
            .env("SDKROOT", places.stubs())
            .env("ZIG_GLOBAL_CACHE_DIR", &cache)
            .env("ZIG_LOCAL_CACHE_DIR", &cache)
            .env(format!("CC_{small}"), &wrappers.cc)
            .env(format!("AR_{small}"), &wrappers.ar)
            .env(format!("CARGO_TARGET_{large}_LINKER"), &wrappers.cc);
    }
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mach_o::made::Made;

    fn made(made: &Made) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), made.file()).unwrap();
        file
    }

    #[test]
    fn a_folder_with_spaces_is_one_flag_and_the_innermost_comes_last() {
        let folders = [("/a b/muster", "/muster"), ("/a b/muster/target", "/target")];
        let moved = folders.map(|(from, to)| (PathBuf::from(from), to.to_owned()));
        let flags = flags(&moved);
        let expected = [
            "-Dwarnings",
            "--remap-path-prefix=/a b/muster=/muster",
            "--remap-path-prefix=/a b/muster/target=/target",
        ];
        assert_eq!(flags.split('\u{1f}').collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_executable_is_told_in_one_line() {
        let file = made(&Made::right());
        let line = inspect(file.path(), Target::AppleSilicon).unwrap();
        let expected = "0.0 MB, arm64, macOS 12.0 or later, SDK 27.0, 2 system libraries, \
                        signed ad hoc";
        assert_eq!(line, format!("{}: {expected}", file.path().display()));
    }

    #[test]
    fn what_a_mac_would_not_start_is_refused_with_every_reason() {
        let file = made(&Made { signed: false, kind: 1, ..Made::right() });
        let failure = inspect(file.path(), Target::AppleSilicon).unwrap_err();
        assert_eq!(failure.exit, Exit::BadInput);
        let expected = "it is no program, it has no code signature, without which Apple silicon \
                        starts nothing; build it with `muster-packaging cross-build`";
        assert_eq!(failure.to_string(), format!("{}: {expected}", file.path().display()));
    }

    #[test]
    fn this_very_test_is_no_executable_for_macos() {
        let own = env::current_exe().unwrap();
        let failure = inspect(&own, Target::Intel).unwrap_err();
        assert!(failure.to_string().contains(": it is no 64-bit executable for macOS; build"));
        let failure = inspect(Path::new("/absent"), Target::Intel).unwrap_err();
        assert_eq!(failure.exit, Exit::Io);
    }

    #[test]
    fn sizes_are_millions_of_bytes() {
        assert_eq!(megabytes(21_209_984), (21, 2));
        assert_eq!(megabytes(99_999), (0, 0));
    }
}
