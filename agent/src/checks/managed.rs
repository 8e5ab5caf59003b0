//! Settings that a configuration profile enforces.
//!
//! macOS writes them into one file a domain, for the user and for the Mac;
//! the user's come first. No file means that no profile sets the domain.
//! Settings by declaration (DDM) leave no file here.

use plist::{Dictionary, Value};
use shared::reading::UnknownReason;

use super::console::ConsoleUser;
use super::inquiry::Inquiry;
use crate::property_list;

/// What profiles set in one domain.
#[derive(Debug, Default)]
pub(super) struct Managed {
    /// The strongest first.
    files: Vec<Dictionary>,
}

impl Managed {
    /// Reads what is set for `user`, if one is given, and for the Mac.
    pub(super) fn read(
        inquiry: &mut Inquiry<'_>,
        domain: &str,
        user: Option<&ConsoleUser>,
    ) -> Result<Self, UnknownReason> {
        let paths = user
            .map(|user| user.managed(domain))
            .into_iter()
            .chain([format!("/Library/Managed Preferences/{domain}.plist")]);
        let mut files = Vec::new();
        for path in paths {
            if let Some(bytes) = inquiry.read_if_there(&path)? {
                let file = property_list::dictionary(&bytes);
                files.push(file.ok_or(UnknownReason::NotUnderstood)?);
            }
        }
        Ok(Self { files })
    }

    /// The value that is enforced for `key`.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.files.iter().find_map(|file| file.get(key))
    }

    /// The value as a switch.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(property_list::flag)
    }

    /// The value as a switch, `absent` when no profile sets it; nothing when
    /// what it is set to is not understood.
    pub(super) fn switch_or(&self, key: &str, absent: bool) -> Option<bool> {
        self.get(key).map_or(Some(absent), property_list::flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::fixture::{Mac, plist};
    use crate::host::FileAnswer;

    const DEVICE: &str = "/Library/Managed Preferences/org.example.x.plist";
    const USER: &str = "/Library/Managed Preferences/sam/org.example.x.plist";

    fn read(mac: &Mac) -> Result<Managed, UnknownReason> {
        let mut inquiry = Inquiry::new(mac);
        let user = ConsoleUser::of(&mut inquiry).ok();
        Managed::read(&mut inquiry, "org.example.x", user.as_ref())
    }

    #[test]
    fn the_users_settings_come_before_the_macs() {
        let mac = Mac::new()
            .says("/usr/bin/stat -f %Su %u /dev/console", "sam 501\n")
            .holds_plist(DEVICE, &plist("<key>a</key><integer>1</integer><key>b</key><true/>"))
            .holds_plist(USER, &plist("<key>a</key><integer>2</integer>"));
        let managed = read(&mac).unwrap();
        assert_eq!(managed.get("a"), Some(&Value::Integer(2.into())));
        assert_eq!(managed.flag("b"), Some(true));
        assert_eq!(managed.get("c"), None);
    }

    #[test]
    fn no_file_means_that_nothing_is_enforced() {
        assert_eq!(read(&Mac::new()).unwrap().get("a"), None);
    }

    #[test]
    fn a_file_that_cannot_be_read_says_nothing() {
        let refused = Mac::new().holds(DEVICE, FileAnswer::Refused);
        assert_eq!(read(&refused).unwrap_err(), UnknownReason::PermissionDenied);
        let broken = Mac::new().holds_plist(DEVICE, "not a plist");
        assert_eq!(read(&broken).unwrap_err(), UnknownReason::NotUnderstood);
    }
}
