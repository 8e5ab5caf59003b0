//! The scripts that a Mac runs, looked over by shellcheck.

use std::ffi::OsStr;

use crate::fixture::checkout;
use crate::programs::said;

#[test]
fn every_script_of_the_package_is_clean() {
    let macos = checkout().join("packaging/macos");
    for name in ["scripts/preinstall", "scripts/postinstall", "uninstall.sh", "verify-on-mac.sh"] {
        let path = macos.join(name);
        let words = [OsStr::new("--shell=sh"), path.as_os_str()];
        said("shellcheck", "shellcheck", &words, &[]);
        said("sh", "dash", &[OsStr::new("-n"), path.as_os_str()], &[]);
    }
}
