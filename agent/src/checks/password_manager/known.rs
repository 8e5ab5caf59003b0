//! The password managers that are looked for.

/// A program that keeps passwords.
#[derive(Debug)]
pub(super) struct Manager {
    /// What it is called in reports and policies.
    pub(super) id: &'static str,
    /// What its bundle has been called.
    pub(super) bundles: &'static [&'static str],
    /// How its bundle identifiers begin, in small letters. The maker's part is
    /// enough: the rest differs between shops and versions.
    pub(super) makers: &'static [&'static str],
}

const fn manager(
    id: &'static str,
    bundles: &'static [&'static str],
    makers: &'static [&'static str],
) -> Manager {
    Manager { id, bundles, makers }
}

/// The one that comes with macOS from 15 on.
pub(super) const BUILT_IN: &str = "apple-passwords";

pub(super) static KNOWN: &[Manager] = &[
    manager(
        "1password",
        &["1Password.app", "1Password 7.app", "1Password 8.app"],
        &["com.1password.", "com.agilebits."],
    ),
    manager(BUILT_IN, &["Passwords.app"], &["com.apple.passwords"]),
    manager("bitwarden", &["Bitwarden.app"], &["com.bitwarden."]),
    manager("dashlane", &["Dashlane.app"], &["com.dashlane."]),
    manager("enpass", &["Enpass.app"], &["in.sinew."]),
    manager("keepassium", &["KeePassium.app"], &["com.keepassium."]),
    manager("keepassxc", &["KeePassXC.app"], &["org.keepassx"]),
    manager(
        "keeper",
        &["Keeper Password Manager.app", "Keeper.app"],
        &["com.callpod.", "com.keepersecurity."],
    ),
    manager("lastpass", &["LastPass.app"], &["com.lastpass."]),
    manager("macpass", &["MacPass.app"], &["com.hicknhack", "com.github.mstarke."]),
    manager("nordpass", &["NordPass.app"], &["com.nordsec.", "com.nordpass."]),
    manager("proton-pass", &["Proton Pass.app"], &["me.proton.pass", "ch.proton.pass"]),
    manager("roboform", &["RoboForm.app"], &["com.siber."]),
    manager("strongbox", &["Strongbox.app", "Strongbox Pro.app"], &["com.markmcguill."]),
];
