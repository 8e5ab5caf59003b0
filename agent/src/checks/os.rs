//! Which macOS runs?
//!
//! Reads `SystemVersion.plist` on the sealed system volume, and asks `sw_vers`
//! for the suffix of a background security improvement, which that file does
//! not show. The settings of software update hold the day on which each update
//! was first offered, and the file of declarations what must be installed by
//! when. Nothing asks Apple.
//!
//! Sent: version, build, suffix, whether it is a beta, the oldest update that
//! waits with its day, and the deadline that device management has set. They
//! show which known holes are open. They say nothing of a person.
//!
//! Not seen: a version that is installed and waits for a restart, and other
//! systems on the same Mac.

use shared::reading::{FieldValue, Fields, UnknownReason};

use super::inquiry::{Inquiry, fields, text};
use super::{Check, Found};
use crate::host::Host;
use crate::property_list;

mod pending;

use pending::Pending;

pub(super) const CHECK: Check = Check {
    id: "os",
    sources: &[
        "file:/System/Library/CoreServices/SystemVersion.plist",
        "exec:/usr/bin/sw_vers -productVersionExtra",
        "file:/var/db/softwareupdate/SoftwareUpdateDDMStatePersistence.plist",
        "file:/Library/Preferences/com.apple.SoftwareUpdate.plist",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

const SYSTEM_VERSION: &str = "/System/Library/CoreServices/SystemVersion.plist";
const EXTRA: &[&str] = &["/usr/bin/sw_vers", "-productVersionExtra"];
/// The first version that may carry a suffix.
const FIRST_WITH_EXTRA: [u32; 2] = [13, 3];

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask(&mut inquiry).map(|os| os.fields());
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<Os, UnknownReason> {
    let (version, build) = ask_version(inquiry)?;
    let extra = ask_extra(inquiry).or_else(|| is_before_extras(&version).then(String::new));
    let pending = Pending::ask(inquiry, &version, build.as_deref());
    Ok(Os { version, build, extra, pending })
}

/// The major version, for the checks that depend on it.
pub(super) fn major(inquiry: &mut Inquiry<'_>) -> Result<u32, UnknownReason> {
    let (version, _) = ask_version(inquiry)?;
    numbers(&version).and_then(|all| all.first().copied()).ok_or(UnknownReason::NotUnderstood)
}

/// Version and build.
fn ask_version(inquiry: &mut Inquiry<'_>) -> Result<(String, Option<String>), UnknownReason> {
    let bytes = inquiry.read(SYSTEM_VERSION)?;
    let (version, build) = installed(&bytes).ok_or(UnknownReason::NotUnderstood)?;
    let decisive = build.as_deref().unwrap_or("missing");
    inquiry.matched(&format!("ProductVersion {version}\nProductBuildVersion {decisive}"));
    Ok((version, build))
}

/// The suffix, empty for none; `None` when `sw_vers` does not tell.
fn ask_extra(inquiry: &mut Inquiry<'_>) -> Option<String> {
    let said = inquiry.run(EXTRA).ok()?;
    inquiry.matched(&said.stdout);
    let extra = said.success().ok()?.trim();
    is_extra(extra).then(|| extra.to_owned())
}

/// Version and build in `SystemVersion.plist`; a file that holds one value
/// that cannot be is not believed in the others.
fn installed(plist: &[u8]) -> Option<(String, Option<String>)> {
    let plist = property_list::parse(plist)?;
    let plist = plist.as_dictionary()?;
    let plausible = |key, is_plausible: fn(&str) -> bool| match plist.get(key) {
        Some(value) => value.as_string().map(str::trim).filter(|text| is_plausible(text)).map(Some),
        None => Some(None),
    };
    plausible("ProductName", |name| ["macOS", "Mac OS X"].contains(&name))?;
    let version = plausible("ProductVersion", is_version)??;
    let build = plausible("ProductBuildVersion", is_build)?;
    Some((version.to_owned(), build.map(str::to_owned)))
}

/// Two or three numbers, and a major version that exists: after 15 comes 26.
fn is_version(version: &str) -> bool {
    let Some(numbers) = numbers(version) else { return false };
    let major = numbers.first().copied().unwrap_or_default();
    (2..=3).contains(&numbers.len()) && matches!(major, 10..=15 | 26..=99)
}

fn numbers(version: &str) -> Option<Vec<u32>> {
    version
        .split('.')
        .map(|part| {
            let is_number =
                (1..=3).contains(&part.len()) && part.chars().all(|any| any.is_ascii_digit());
            part.parse().ok().filter(|_| is_number)
        })
        .collect()
}

fn is_before_extras(version: &str) -> bool {
    numbers(version).is_some_and(|numbers| numbers.as_slice() < FIRST_WITH_EXTRA.as_slice())
}

/// Such as `25G83`, `25D771280a` or, for a beta, `26A5279m`.
fn is_build(build: &str) -> bool {
    let digits = build.chars().take_while(char::is_ascii_digit).count();
    let mut rest = build.chars().skip(digits);
    let has_letter = rest.next().is_some_and(|letter| letter.is_ascii_uppercase());
    let rest: String = rest.collect();
    let number = rest.strip_suffix(|last: char| last.is_ascii_lowercase()).unwrap_or(&rest);
    (1..=3).contains(&digits)
        && has_letter
        && (1..=7).contains(&number.len())
        && number.chars().all(|any| any.is_ascii_digit())
}

/// Nothing, or a small letter in parentheses.
fn is_extra(extra: &str) -> bool {
    let letters = extra.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    extra.is_empty()
        || letters.is_some_and(|letters| {
            (1..=2).contains(&letters.len()) && letters.chars().all(|any| any.is_ascii_lowercase())
        })
}

/// What was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Os {
    version: String,
    build: Option<String>,
    extra: Option<String>,
    pending: Pending,
}

impl Os {
    /// A small letter ends the build of a beta, and that of an improvement,
    /// which has a suffix; without knowing the suffix nobody can tell.
    fn beta(&self) -> Option<bool> {
        let ends_small = self.build.as_ref()?.ends_with(|last: char| last.is_ascii_lowercase());
        match &self.extra {
            _ if !ends_small => Some(false),
            Some(extra) => Some(extra.is_empty()),
            None => None,
        }
    }

    fn fields(&self) -> Fields {
        let mut all = fields(self.pending.fields());
        all.extend(fields([
            ("version", Some(text(&self.version))),
            ("build", self.build.as_deref().map(text)),
            ("extra", self.extra.as_deref().map(text)),
            ("beta", self.beta().map(FieldValue::Flag)),
        ]));
        all
    }
}

#[cfg(test)]
mod tests;
