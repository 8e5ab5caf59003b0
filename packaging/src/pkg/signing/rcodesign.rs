//! `rcodesign`, which signs for macOS on any computer.

use std::path::PathBuf;

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
    let mut cargo = program("cargo");
    cargo.args(["install", "--locked", "apple-codesign", "--version", RELEASE]);
    cargo.arg("--no-default-features");
    if notary {
        cargo.args(["--features", "notarize"]);
    }
    cargo.arg("--root").arg(&folder);
    cargo.env("CARGO_TARGET_DIR", places.target.join("rcodesign"));
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
