//! `rcodesign`, which signs for macOS on any computer.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::exit::{Exit, Failure};
use crate::place::Places;
use crate::program::{program, succeeds};

/// The release of the crate `apple-codesign`.
const RELEASE: &str = "0.29.0";

/// Its path; it is built first where it is not there yet, which takes many
/// minutes. What speaks to Apple's notary is a larger program of its own.
pub(super) fn obtain(places: &Places, notary: bool) -> Result<PathBuf, Failure> {
    let folder = places.tools.join(if notary { "rcodesign-notary" } else { "rcodesign" });
    let path = folder.join("bin/rcodesign");
    if path.is_file() {
        return Ok(path);
    }
    let mut cargo = install(places, &folder, notary);
    // cargo says how far it is.
    if succeeds(&mut cargo, "install Rust with rustup (https://rustup.rs)")? && path.is_file() {
        return Ok(path);
    }
    let message = format!(
        "rcodesign {RELEASE}, which signs, cannot be built; cargo has said why; check the network \
         and try again"
    );
    Err(Failure::new(Exit::Unavailable, message))
}

/// cargo, told to build it into `folder`.
fn install(places: &Places, folder: &Path, notary: bool) -> Command {
    let mut cargo = program("cargo");
    cargo.args(["install", "--locked", "apple-codesign", "--version", RELEASE]);
    cargo.arg("--no-default-features");
    if notary {
        cargo.args(["--features", "notarize"]);
    }
    cargo.arg("--root").arg(folder);
    cargo.env("CARGO_TARGET_DIR", places.target.join("rcodesign"));
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(tools: &Path) -> Places {
        Places { checkout: "/c".into(), tools: tools.to_owned(), target: "/t".into() }
    }

    #[test]
    fn one_release_is_built_and_only_for_the_notary_with_what_speaks_to_it() {
        let words = |notary| {
            let line = install(&places(Path::new("/tools")), Path::new("/tools/r"), notary);
            line.get_args().map(|it| it.to_str().unwrap()).collect::<Vec<_>>().join(" ")
        };
        let start = "install --locked apple-codesign --version 0.29.0 --no-default-features";
        assert_eq!(words(false), format!("{start} --root /tools/r"));
        assert_eq!(words(true), format!("{start} --features notarize --root /tools/r"));
    }

    #[test]
    fn what_is_there_is_not_built_again() {
        let tools = tempfile::tempdir().unwrap();
        for (folder, notary) in [("rcodesign", false), ("rcodesign-notary", true)] {
            let path = tools.path().join(folder).join("bin/rcodesign");
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            assert_eq!(obtain(&places(tools.path()), notary).unwrap(), path);
        }
    }
}
