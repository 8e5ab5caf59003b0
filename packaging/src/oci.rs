//! The image of the collector for containers, as an OCI image layout.
//!
//! The formats are those of the image specification 1.1: blobs named by their
//! SHA-256, a manifest, a configuration, one layer. The image is from scratch:
//! the program, authorities, and nothing else that could be run. Equal
//! inputs give equal bytes.

pub mod elf;
mod files;

use std::collections::BTreeMap;
use std::io;

use serde_json::json;
use shared::keys::sha256_hex;

pub use files::{Entry, archive, root};

use crate::pkg::cpio::gzip;

/// User and group of the collector within the image: no account of any
/// machine, and the number that other images without root take.
pub const USER: u64 = 65_532;
/// Where the image listens unless it is told otherwise.
const LISTEN: &str = "0.0.0.0:8443";

/// What an image is made of.
#[derive(Clone, Debug)]
pub struct Image {
    /// Everything in its file system.
    pub entries: Vec<Entry>,
    /// For which processor.
    pub architecture: &'static str,
    /// Version of the collector.
    pub version: String,
    /// Seconds since 1970 that every time in the image says.
    pub time: u64,
}

/// The files of the layout, by their paths.
pub type Layout = BTreeMap<String, Vec<u8>>;

/// Writes the layout.
pub fn layout(image: &Image) -> io::Result<Layout> {
    let tar = archive(&image.entries, image.time)?;
    let layer = gzip(&tar);
    let configuration = to_bytes(&configuration(image, &sha256_hex(&tar)));
    let manifest = to_bytes(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &configuration),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", &layer)],
        "annotations": labels(image),
    }));
    let mut entry = descriptor("application/vnd.oci.image.manifest.v1+json", &manifest);
    if let Some(entry) = entry.as_object_mut() {
        entry.insert(
            "platform".to_owned(),
            json!({ "architecture": image.architecture, "os": "linux" }),
        );
        entry.insert(
            "annotations".to_owned(),
            json!({ "org.opencontainers.image.ref.name": image.version }),
        );
    }
    let index = to_bytes(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry],
    }));
    let mut layout = Layout::new();
    for blob in [layer, configuration, manifest] {
        layout.insert(format!("blobs/sha256/{}", sha256_hex(&blob)), blob);
    }
    layout.insert("index.json".to_owned(), index);
    layout.insert("oci-layout".to_owned(), to_bytes(&json!({ "imageLayoutVersion": "1.0.0" })));
    Ok(layout)
}

/// How the image is to be run.
fn configuration(image: &Image, layer: &str) -> serde_json::Value {
    let created = time(image.time);
    json!({
        "created": created,
        "architecture": image.architecture,
        "os": "linux",
        "config": {
            "User": format!("{USER}:{USER}"),
            "ExposedPorts": { "8443/tcp": {} },
            "Env": [
                "PATH=/usr/bin",
                "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
                format!("MUSTER_LISTEN={LISTEN}"),
                "MUSTER_STATE_DIR=/data",
            ],
            "Entrypoint": ["/usr/bin/muster-server"],
            "Cmd": ["serve"],
            "Volumes": { "/data": {} },
            "WorkingDir": "/data",
            "Labels": labels(image),
            "StopSignal": "SIGTERM",
        },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{layer}")] },
        "history": [{ "created": created, "created_by": "muster-packaging oci" }],
    })
}

fn labels(image: &Image) -> serde_json::Value {
    json!({
        "org.opencontainers.image.title": "muster-server",
        "org.opencontainers.image.description": "Verifies, keeps, judges and shows what company Macs report",
        "org.opencontainers.image.version": image.version,
        "org.opencontainers.image.created": time(image.time),
        "org.opencontainers.image.licenses": "Apache-2.0 OR MIT",
    })
}

fn descriptor(kind: &str, bytes: &[u8]) -> serde_json::Value {
    let digest = format!("sha256:{}", sha256_hex(bytes));
    json!({ "mediaType": kind, "digest": digest, "size": bytes.len() })
}

fn to_bytes(value: &serde_json::Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// Seconds since 1970 as RFC 3339 has them.
fn time(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Howard Hinnant's `civil_from_days`, for days from 1970 on.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        let entries = root(b"program".to_vec(), b"authorities".to_vec(), Vec::new());
        Image { entries, architecture: "amd64", version: "1.2.3".to_owned(), time: 1_700_000_000 }
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(time(seconds), text);
        }
    }

    #[test]
    fn every_blob_has_the_name_of_its_digest_and_is_named_with_its_length() {
        let layout = layout(&image()).unwrap();
        let blob = |value: &serde_json::Value| {
            let digest = value["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
            let blob = &layout[&format!("blobs/sha256/{digest}")];
            assert_eq!(
                (sha256_hex(blob).as_str(), blob.len() as u64),
                (digest, value["size"].as_u64().unwrap())
            );
            blob.clone()
        };
        let index: serde_json::Value = serde_json::from_slice(&layout["index.json"]).unwrap();
        let manifest: serde_json::Value =
            serde_json::from_slice(&blob(&index["manifests"][0])).unwrap();
        let configuration: serde_json::Value =
            serde_json::from_slice(&blob(&manifest["config"])).unwrap();
        let layer = blob(&manifest["layers"][0]);
        let mut tar = Vec::new();
        io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&layer[..]), &mut tar).unwrap();
        let digest = format!("sha256:{}", sha256_hex(&tar));
        assert_eq!(configuration["rootfs"]["diff_ids"][0], digest.as_str());
        assert_eq!(configuration["config"]["User"], "65532:65532");
        assert_eq!(layout.len(), 5);
    }

    #[test]
    fn equal_inputs_give_equal_bytes_and_another_time_other_ones() {
        assert_eq!(layout(&image()).unwrap(), layout(&image()).unwrap());
        let later = Image { time: 1_700_000_001, ..image() };
        assert_ne!(layout(&image()).unwrap(), layout(&later).unwrap());
    }
}
