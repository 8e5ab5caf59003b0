//! Who signs a package, and with which command lines.
//!
//! On Linux `rcodesign` does everything. On a Mac Apple's own tools do; that
//! way has not been run yet, because nobody here has a Mac. The functions that
//! make the command lines are pure, so that both can be looked at anywhere.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::exit::{Exit, Failure};
use crate::place::Places;
use crate::program::{answer, last_words, program};

mod rcodesign;

/// How long Apple is waited for, in seconds.
const NOTARY_WAIT: &str = "1800";

/// With what a package is signed.
#[derive(Clone, Debug, Default)]
pub struct Signing {
    /// The certificate for programs: a PEM file with its key, or on a Mac its
    /// name in the keychain. Without one the program is signed ad hoc.
    pub app: Option<OsString>,
    /// The certificate for packages, likewise. Without one the package is not
    /// signed.
    pub installer: Option<OsString>,
    /// The key for Apple's notary, as a file of `rcodesign`, or on a Mac the
    /// name of a profile of `notarytool`.
    pub notary: Option<OsString>,
    /// Whether nobody is asked for the time of signing.
    pub without_timestamp: bool,
    /// The time that signatures carry, where it is not to be now.
    pub time: Option<OsString>,
}

/// The tools that sign.
#[derive(Clone, Debug)]
pub enum Tools {
    /// The program of this name, by its path.
    Rcodesign(PathBuf),
    /// `codesign`, `productsign`, `notarytool` and `stapler` of a Mac.
    Apple,
}

/// A program and what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl Line {
    fn new(program: impl Into<PathBuf>, arguments: &[&OsStr]) -> Self {
        let arguments = arguments.iter().map(|&it| it.to_owned()).collect();
        Self { program: program.into(), arguments }
    }

    /// Runs it, and says what it said when it fails.
    pub(super) fn run(&self, what: &str) -> Result<(), Failure> {
        let advice = "on a Mac install Apple's command line tools (xcode-select --install)";
        let output = answer(program(&self.program).args(&self.arguments), advice)?;
        if output.status.success() {
            return Ok(());
        }
        let name = self.program.file_name().unwrap_or_default().display();
        let message = format!(
            "{what} fails: `{name}` says: {}; look at the certificate and its key",
            last_words(&output)
        );
        Err(Failure::new(Exit::BuildFails, message))
    }
}

impl Tools {
    /// Those of this computer; fetched first where they are missing.
    pub(crate) fn of_this_computer(places: &Places, signing: &Signing) -> Result<Self, Failure> {
        if cfg!(target_os = "macos") {
            return Ok(Self::Apple);
        }
        rcodesign::obtain(places, signing.notary.is_some()).map(Self::Rcodesign)
    }

    /// Signs a bundle and the program in it, with the hardened runtime.
    pub fn sign_bundle(&self, signing: &Signing, entitlements: &Path, bundle: &Path) -> Line {
        match self {
            Self::Rcodesign(path) => {
                let mut words = words(&["sign", "--config-file", "/dev/null"]);
                words.extend(["--code-signature-flags", "runtime"].map(OsStr::new));
                words.extend([OsStr::new("--entitlements-xml-file"), entitlements.as_os_str()]);
                with_certificate(&mut words, signing.app.as_deref(), signing);
                // Refuses what Apple's notary would refuse.
                if signing.notary.is_some() {
                    words.push(OsStr::new("--for-notarization"));
                }
                words.push(bundle.as_os_str());
                Line::new(path, &words)
            }
            Self::Apple => {
                let mut words = words(&["--force", "--options", "runtime"]);
                if signing.app.is_some() && !signing.without_timestamp {
                    words.push(OsStr::new("--timestamp"));
                }
                words.extend([OsStr::new("--entitlements"), entitlements.as_os_str()]);
                let identity = signing.app.as_deref().unwrap_or(OsStr::new("-"));
                words.extend([OsStr::new("--sign"), identity, bundle.as_os_str()]);
                Line::new("/usr/bin/codesign", &words)
            }
        }
    }

    /// Signs a package; nothing where there is no certificate for it.
    pub fn sign_package(&self, signing: &Signing, from: &Path, to: &Path) -> Option<Line> {
        let identity = signing.installer.as_deref()?;
        Some(match self {
            Self::Rcodesign(path) => {
                let mut words = words(&["sign", "--config-file", "/dev/null"]);
                with_certificate(&mut words, Some(identity), signing);
                words.extend([from.as_os_str(), to.as_os_str()]);
                Line::new(path, &words)
            }
            Self::Apple => {
                let mut words = words(&[]);
                if !signing.without_timestamp {
                    words.push(OsStr::new("--timestamp"));
                }
                words.extend([OsStr::new("--sign"), identity, from.as_os_str(), to.as_os_str()]);
                Line::new("/usr/bin/productsign", &words)
            }
        })
    }

    /// Sends a package to Apple's notary, waits for its ticket and puts it into
    /// the package.
    pub fn notarize(&self, signing: &Signing, package: &Path) -> Vec<Line> {
        let Some(key) = signing.notary.as_deref() else { return Vec::new() };
        let package = package.as_os_str();
        match self {
            Self::Rcodesign(path) => {
                let mut words = words(&["notary-submit", "--config-file", "/dev/null"]);
                words.extend([OsStr::new("--api-key-file"), key]);
                words.extend(["--max-wait-seconds", NOTARY_WAIT, "--staple"].map(OsStr::new));
                words.push(package);
                vec![Line::new(path, &words)]
            }
            Self::Apple => {
                let mut submit = words(&["notarytool", "submit"]);
                submit.extend([package, OsStr::new("--keychain-profile"), key]);
                submit.push(OsStr::new("--wait"));
                let staple = [OsStr::new("stapler"), OsStr::new("staple"), package];
                vec![Line::new("/usr/bin/xcrun", &submit), Line::new("/usr/bin/xcrun", &staple)]
            }
        }
    }
}

fn words<'w>(words: &[&'w str]) -> Vec<&'w OsStr> {
    words.iter().map(|&word| OsStr::new(word)).collect()
}

fn with_certificate<'w>(
    words: &mut Vec<&'w OsStr>,
    certificate: Option<&'w OsStr>,
    signing: &'w Signing,
) {
    if let Some(certificate) = certificate {
        words.extend([OsStr::new("--pem-file"), certificate]);
    }
    if signing.without_timestamp {
        words.extend(["--timestamp-url", "none"].map(OsStr::new));
    }
    if let Some(time) = &signing.time {
        words.extend([OsStr::new("--signing-time"), time]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &Line) -> String {
        let words = line.arguments.iter().map(|word| word.to_str().unwrap());
        let program = line.program.to_str().unwrap();
        std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
    }

    fn certified() -> Signing {
        Signing {
            app: Some("app".into()),
            installer: Some("inst".into()),
            notary: Some("key".into()),
            ..Signing::default()
        }
    }

    #[test]
    fn on_linux_rcodesign_signs_and_asks_nobody_for_a_configuration() {
        let tools = Tools::Rcodesign("/r".into());
        let sign = "/r sign --config-file /dev/null";
        let bundle = |signing: &Signing| {
            shown(&tools.sign_bundle(signing, Path::new("e"), Path::new("M.app")))
        };
        let runtime = "--code-signature-flags runtime --entitlements-xml-file e";
        assert_eq!(bundle(&Signing::default()), format!("{sign} {runtime} M.app"));
        assert_eq!(
            bundle(&certified()),
            format!("{sign} {runtime} --pem-file app --for-notarization M.app")
        );
        let fixed = Signing {
            notary: None,
            without_timestamp: true,
            time: Some("2026-01-01T00:00:00Z".into()),
            ..certified()
        };
        let package = tools.sign_package(&fixed, Path::new("a"), Path::new("b")).unwrap();
        let time = "--timestamp-url none --signing-time 2026-01-01T00:00:00Z";
        assert_eq!(shown(&package), format!("{sign} --pem-file inst {time} a b"));
        let submit: Vec<_> =
            tools.notarize(&certified(), Path::new("b")).iter().map(shown).collect();
        let expected = "/r notary-submit --config-file /dev/null --api-key-file key \
                        --max-wait-seconds 1800 --staple b";
        assert_eq!(submit, [expected]);
    }

    #[test]
    fn on_a_mac_apples_own_tools_are_told_the_same() {
        let bundle = |signing: &Signing| {
            shown(&Tools::Apple.sign_bundle(signing, Path::new("e"), Path::new("M.app")))
        };
        let force = "/usr/bin/codesign --force --options runtime";
        assert_eq!(bundle(&Signing::default()), format!("{force} --entitlements e --sign - M.app"));
        let expected = format!("{force} --timestamp --entitlements e --sign app M.app");
        assert_eq!(bundle(&certified()), expected);
        let package = Tools::Apple.sign_package(&certified(), Path::new("a"), Path::new("b"));
        assert_eq!(shown(&package.unwrap()), "/usr/bin/productsign --timestamp --sign inst a b");
        let steps: Vec<_> =
            Tools::Apple.notarize(&certified(), Path::new("b")).iter().map(shown).collect();
        let submit = "/usr/bin/xcrun notarytool submit b --keychain-profile key --wait";
        assert_eq!(steps, [submit, "/usr/bin/xcrun stapler staple b"]);
    }

    #[test]
    fn without_certificates_no_package_is_signed_and_nothing_is_sent() {
        for tools in [Tools::Apple, Tools::Rcodesign("/r".into())] {
            let none = Signing::default();
            assert_eq!(tools.sign_package(&none, Path::new("a"), Path::new("b")), None);
            assert!(tools.notarize(&none, Path::new("b")).is_empty());
        }
    }

    #[test]
    fn a_tool_that_fails_is_quoted() {
        let line = Line::new("/bin/sh", &words(&["-c", "echo no key >&2; exit 1"]));
        let said = line.run("signing the program").unwrap_err().to_string();
        let expected = "signing the program fails: `sh` says: no key; look at the certificate and \
                        its key";
        assert_eq!(said, expected);
    }
}
