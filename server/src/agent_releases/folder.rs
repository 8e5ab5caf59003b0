//! Reads the folder of releases: manifests, and the packages beside them.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use axum::body::Bytes;
use shared::agent_release::AgentRelease;
use shared::keys::sha256_hex;

use super::shelf::{Held, Problem, Release, Shelf};
use super::version::AgentVersion;
use crate::ingest::verify::sentence;

/// Largest manifest.
const MANIFEST_LIMIT: u64 = 64 * 1024;
/// Largest package; the newest is held in memory.
const PACKAGE_LIMIT: u64 = 128 * 1024 * 1024;
/// Most manifests that are read.
const MANIFESTS: usize = 500;

/// What tells that a file has changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    name: String,
    len: u64,
    inode: u64,
    changed: (i64, i64),
}

/// Files of the folder that belong to releases; none when it is not there.
pub(super) fn list(folder: &Path) -> Vec<Seen> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<Seen> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().to_str()?.to_owned();
            let ours = name.starts_with("Muster-")
                && (has_ending(&name, ".json") || has_ending(&name, ".pkg"));
            // Follows links: containers mount files as links.
            let data = fs::metadata(entry.path()).ok().filter(|data| ours && data.is_file())?;
            let changed = (data.mtime(), data.mtime_nsec());
            Some(Seen { name, len: data.len(), inode: data.ino(), changed })
        })
        .collect();
    files.sort_unstable();
    files
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.strip_suffix(ending).is_some()
}

/// Reads every manifest among `files`, and checks the packages.
pub(super) fn read(folder: &Path, files: &[Seen]) -> Shelf {
    let (mut releases, mut problems) = (Vec::<Release>::new(), Vec::new());
    let manifests = || files.iter().filter(|file| has_ending(&file.name, ".json"));
    for file in manifests().take(MANIFESTS) {
        match release(folder, &file.name) {
            Ok(release) if releases.iter().any(|one| one.version == release.version) => {
                let why = "Another manifest has the same version; remove one of them.".to_owned();
                problems.push(Problem { file: file.name.clone(), why });
            }
            Ok(release) => releases.push(release),
            Err(why) => problems.push(Problem { file: file.name.clone(), why }),
        }
    }
    if manifests().count() > MANIFESTS {
        let why = format!("Only {MANIFESTS} manifests are read; remove old ones.");
        problems.push(Problem { file: "Muster-*.json".to_owned(), why });
    }
    for file in files.iter().filter(|file| has_ending(&file.name, ".pkg")) {
        let named = |release: &&mut Release| release.manifest.package.file == file.name;
        match releases.iter_mut().find(named) {
            None => problems.push(Problem {
                file: file.name.clone(),
                why: "No manifest names this package, so it is not offered; put the Muster-VERSION.json of the same release beside it.".to_owned(),
            }),
            Some(release) => match package(folder, &release.manifest) {
                Ok(_) => release.has_package = true,
                Err(why) => problems.push(Problem { file: file.name.clone(), why }),
            },
        }
    }
    let mut shelf = Shelf::new(releases, problems);
    let newest = shelf.offered().map(|release| release.manifest.clone());
    shelf.held = newest.and_then(|manifest| {
        let bytes = package(folder, &manifest).ok()?;
        Some(Held { file: manifest.package.file, bytes })
    });
    shelf
}

/// One manifest; the error is a sentence for people.
fn release(folder: &Path, name: &str) -> Result<Release, String> {
    let text = limited(&folder.join(name), MANIFEST_LIMIT)?;
    let manifest = AgentRelease::read(&text)
        .map_err(|error| sentence(&format!("{error}; copy it again from the release")))?;
    let version = AgentVersion::parse(&manifest.version).ok_or_else(|| {
        "Its `version` is not numbers with stops between, such as 1.2.3.".to_owned()
    })?;
    let expected = format!("Muster-{}.json", manifest.version);
    if name != expected {
        return Err(format!("It is the manifest of another version; call it {expected}."));
    }
    let package = format!("Muster-{}.pkg", manifest.version);
    if manifest.package.file != package {
        return Err(format!("Its `package.file` must be {package}; make the release again."));
    }
    Ok(Release { version, manifest, has_package: false })
}

/// The package of a release when it is the one that the manifest names; the
/// error is a sentence for people.
pub(super) fn package(folder: &Path, manifest: &AgentRelease) -> Result<Bytes, String> {
    let wanted = &manifest.package;
    let bytes = limited(&folder.join(&wanted.file), PACKAGE_LIMIT)?;
    if bytes.len() as u64 != wanted.size {
        return Err(format!(
            "It has {} bytes, but its manifest names {}; copy it again. It is not offered.",
            bytes.len(),
            wanted.size
        ));
    }
    let found = sha256_hex(&bytes);
    if !found.eq_ignore_ascii_case(&wanted.sha256) {
        return Err(format!(
            "Its SHA-256 is {found}, but its manifest names {}; copy it again. It is not offered.",
            wanted.sha256
        ));
    }
    Ok(bytes.into())
}

fn limited(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| format!("It cannot be read: {error}."))?;
    if bytes.len() as u64 > limit {
        return Err(format!("It has more than {limit} bytes, which no release has."));
    }
    Ok(bytes)
}
