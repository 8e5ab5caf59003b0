//! The policy that comes with the product: one file a rule.

/// What stands before the rules.
const HEAD: &str = include_str!("baseline/policy.toml");

/// Every rule, in the order in which people are shown them.
const RULES: &[&str] = &[
    include_str!("baseline/disk-encryption.toml"),
    include_str!("baseline/password-policy.toml"),
    include_str!("baseline/firewall.toml"),
    include_str!("baseline/os-patch-level.toml"),
    include_str!("baseline/screen-lock.toml"),
    include_str!("baseline/system-integrity-protection.toml"),
    include_str!("baseline/gatekeeper.toml"),
    include_str!("baseline/auto-login.toml"),
    include_str!("baseline/reporting.toml"),
    include_str!("baseline/automatic-updates.toml"),
    include_str!("baseline/malware-protection.toml"),
    include_str!("baseline/remote-access.toml"),
    include_str!("baseline/guest-account.toml"),
    include_str!("baseline/password-manager.toml"),
    include_str!("baseline/mdm-enrollment.toml"),
    include_str!("baseline/sealed-system-volume.toml"),
    include_str!("baseline/local-admins.toml"),
    include_str!("baseline/endpoint-protection.toml"),
    include_str!("baseline/vpn-client.toml"),
    include_str!("baseline/activation-lock.toml"),
    include_str!("baseline/disk-space.toml"),
];

/// The policy as one text, as a person would write it into one file.
pub(super) fn text() -> String {
    [HEAD].iter().chain(RULES).copied().collect::<Vec<_>>().join("\n")
}
