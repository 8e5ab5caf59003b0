//! Where things lie: the checkout, and outside of it everything that is made.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::exit::{Exit, Failure};

/// Folders that a build uses.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Top of the checkout.
    pub(crate) checkout: PathBuf,
    /// Programs that were fetched; shared by all checkouts.
    pub(crate) tools: PathBuf,
    /// What cargo builds.
    pub(crate) target: PathBuf,
}

impl Places {
    /// Those of this user, as the environment says.
    pub(crate) fn of_this_user() -> Result<Self, Failure> {
        let checkout = checkout()?;
        choose(checkout, |name| env::var_os(name).filter(|value| !value.is_empty()))
    }

    /// The lists of names that macOS offers.
    pub(crate) fn stubs(&self) -> PathBuf {
        self.checkout.join("packaging/macos/stubs")
    }
}

fn choose(
    checkout: PathBuf,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Places, Failure> {
    let cache = variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".cache")))
        .ok_or_else(|| {
            let message = "no folder for caches is known; set HOME or XDG_CACHE_HOME";
            Failure::new(Exit::CannotCreate, message)
        })?;
    let target = variable("CARGO_TARGET_DIR").map(PathBuf::from);
    // Relative to the checkout, as cargo is started there.
    let target = target.map_or_else(|| cache.join("muster-target"), |path| checkout.join(path));
    Ok(Places { tools: cache.join("muster-tools"), target, checkout })
}

/// The checkout around the current folder, or else the one this was built in.
fn checkout() -> Result<PathBuf, Failure> {
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("macos");
    let here = env::current_dir().unwrap_or_default();
    here.ancestors()
        .chain(built_in.ancestors())
        .find(|folder| folder.join("packaging/macos/stubs").is_dir())
        .map(Path::to_path_buf)
        .ok_or_else(|| {
            let message = "this folder is not within a checkout of Muster; change to one first";
            Failure::new(Exit::Io, message)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)]) -> Result<Places, Failure> {
        choose(PathBuf::from("/checkout"), |wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn nothing_is_put_into_the_checkout_unless_somebody_asks() {
        let usual = places(&[("HOME", "/home/sam")]).unwrap();
        assert_eq!(usual.tools, Path::new("/home/sam/.cache/muster-tools"));
        assert_eq!(usual.target, Path::new("/home/sam/.cache/muster-target"));
        let chosen =
            places(&[("HOME", "/home/sam"), ("XDG_CACHE_HOME", "/c"), ("CARGO_TARGET_DIR", "t")]);
        let chosen = chosen.unwrap();
        assert_eq!(chosen.tools, Path::new("/c/muster-tools"));
        assert_eq!(chosen.target, Path::new("/checkout/t"));
        assert_eq!(places(&[]).unwrap_err().exit, Exit::CannotCreate);
    }
}
