//! The pkginfo of a Munki repository.

use plist::{Dictionary, Value};
use shared::names::{AGENT_BUNDLE, AGENT_LABEL};

use super::{Release, script};
use crate::exit::Failure;
use crate::profiles::envelope;
use crate::target::{Target, oldest_macos};

/// The pkginfo. Munki believes `installcheck_script` before `installs`, and
/// that before `receipts`.
pub(super) fn pkginfo(release: &Release) -> Result<String, Failure> {
    let Release { version, file, .. } = release;
    let size = u64::try_from(file.len().div_ceil(1024)).unwrap_or(u64::MAX);
    let receipt =
        dictionary([("packageid", AGENT_LABEL.into()), ("version", version.as_str().into())]);
    let installs = dictionary([
        ("type", "application".into()),
        ("path", AGENT_BUNDLE.into()),
        ("CFBundleIdentifier", AGENT_LABEL.into()),
        ("CFBundleShortVersionString", version.as_str().into()),
    ]);
    let architectures = Target::ALL.map(|target| Value::String(target.architecture().to_string()));
    envelope::write(&dictionary([
        ("name", "Muster".into()),
        ("display_name", "Muster".into()),
        (
            "description",
            "Reports this Mac's security settings, signed, to the company's collector.".into(),
        ),
        ("version", version.as_str().into()),
        ("catalogs", Value::Array(vec!["testing".into()])),
        ("installer_item_location", release.file_name().into()),
        ("installer_item_size", Value::Integer(size.into())),
        ("installer_item_hash", release.sha256().into()),
        ("installed_size", Value::Integer(release.installed_kilobytes.into())),
        ("minimum_os_version", oldest_macos().into()),
        ("supported_architectures", Value::Array(architectures.to_vec())),
        ("receipts", Value::Array(vec![receipt])),
        ("installs", Value::Array(vec![installs])),
        ("installcheck_script", script::install_check(release).into()),
        ("unattended_install", true.into()),
        ("unattended_uninstall", true.into()),
        ("uninstallable", true.into()),
        ("uninstall_method", "uninstall_script".into()),
        ("uninstall_script", script::uninstall().into()),
        ("blocking_applications", Value::Array(Vec::new())),
    ]))
}

fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let all: Dictionary = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Value::Dictionary(all)
}
