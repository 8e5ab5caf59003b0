//! What must be true of every package, one file a subject.

use super::{Fault, Package};

mod contents;
mod identity;
mod launchd;
mod paths;
pub mod program;
mod scripts;

/// Passes a package through every gate.
pub fn all(package: &Package, faults: &mut Vec<Fault>) {
    contents::look(package, faults);
    paths::look(package, faults);
    launchd::look(package, faults);
    scripts::look(package, faults);
    program::look(package, faults);
    identity::look(package, faults);
}

/// What to do about a path, a mode or an owner.
const MEND_PAYLOAD: &str = "mend its entry in packaging/macos/payload.toml and build again";
/// What to do about what is made of the sources.
const MEND_SOURCE: &str = "mend its file in packaging/macos and build again";
