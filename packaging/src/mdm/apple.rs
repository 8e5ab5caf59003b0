//! What Apple's own ways take: the manifest of an MDM command, and the
//! declaration of a package. Beside them two small files about the release.

use plist::{Dictionary, Value};
use serde_json::json;
use shared::keys::sha256_hex;
use shared::names::{AGENT_BUNDLE, AGENT_LABEL};

use super::{Release, json};
use crate::exit::Failure;
use crate::profiles::{envelope, uuid};
use crate::target::oldest_macos;

/// Length of the pieces whose digests stand in a manifest, in bytes.
const PIECE: usize = 10 * 1024 * 1024;

/// The manifest for `InstallEnterpriseApplication` and for the declaration.
pub(super) fn manifest(release: &Release) -> Result<String, Failure> {
    let pieces = release.file.chunks(PIECE).map(|piece| Value::String(sha256_hex(piece)));
    let asset = dictionary([
        ("kind", "software-package".into()),
        ("url", release.url.as_str().into()),
        ("sha256-size", Value::Integer(u64::try_from(PIECE).unwrap_or_default().into())),
        ("sha256s", Value::Array(pieces.collect())),
    ]);
    let metadata = dictionary([
        ("kind", "software".into()),
        ("bundle-identifier", AGENT_LABEL.into()),
        ("bundle-version", release.version.as_str().into()),
        ("title", "Muster".into()),
    ]);
    let item = dictionary([("assets", Value::Array(vec![asset])), ("metadata", metadata)]);
    envelope::write(&dictionary([("items", Value::Array(vec![item]))]))
}

/// The declaration `com.apple.configuration.package`, macOS 26 and newer.
pub(super) fn declaration(release: &Release) -> Result<String, Failure> {
    // A Mac looks at a declaration again when its token is another one.
    let token = uuid::of(&format!("{AGENT_LABEL}.package/{}", manifest(release)?));
    json(&json!({
        "Type": "com.apple.configuration.package",
        "Identifier": uuid::of(&format!("{AGENT_LABEL}.package")),
        "ServerToken": token,
        "Payload": {
            "ManifestURL": release.beside("manifest.plist"),
            "InstallBehavior": {"Install": "Required"},
        },
    }))
}

/// What Intune asks for under Included apps.
pub(super) fn detection(release: &Release) -> Result<String, Failure> {
    json(&json!({
        "app": "macOS app (PKG)",
        "file": release.file_name(),
        "sha256": release.sha256(),
        "minimum_os": oldest_macos(),
        "ignore_app_version": false,
        "included_apps": [{
            "bundle_id": AGENT_LABEL,
            "bundle_short_version": release.version,
            "path": AGENT_BUNDLE,
        }],
    }))
}

/// What tells recipes and people which version is the newest.
pub(super) fn latest(release: &Release) -> Result<String, Failure> {
    json(&json!({
        "version": release.version,
        "url": release.url,
        "sha256": release.sha256(),
        "min_os": oldest_macos(),
    }))
}

fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let all: Dictionary = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Value::Dictionary(all)
}
