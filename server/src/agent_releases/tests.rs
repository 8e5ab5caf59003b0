//! What becomes of files in the folder of releases.

use std::path::Path;

use shared::agent_release::{AgentRelease, Executable, FORMAT, Package};
use shared::keys::sha256_hex;

use super::AgentReleases;
use super::shelf::{Build, Shelf};

fn manifest(version: &str, package: &[u8], program: &str) -> AgentRelease {
    AgentRelease {
        format: FORMAT.to_owned(),
        version: version.to_owned(),
        package: Package {
            file: format!("Muster-{version}.pkg"),
            size: package.len() as u64,
            sha256: sha256_hex(package),
        },
        executable: Executable {
            sha256: program.repeat(32),
            architectures: vec!["arm64".to_owned()],
        },
        oldest_macos: "12.0".to_owned(),
    }
}

fn put(folder: &Path, release: &AgentRelease) {
    let name = format!("Muster-{}.json", release.version);
    std::fs::write(folder.join(name), release.to_text()).unwrap();
}

fn versions(shelf: &Shelf) -> Vec<&str> {
    shelf.releases.iter().map(|one| one.manifest.version.as_str()).collect()
}

#[test]
fn a_folder_that_is_not_there_holds_no_release_and_no_problem() {
    let folder = tempfile::tempdir().unwrap();
    let releases = AgentReleases::new(folder.path().join("packages"));
    let shelf = releases.refresh().unwrap();
    assert!(shelf.releases.is_empty() && shelf.problems.is_empty());
    assert_eq!(shelf.build(Some("aa")), Build::Unjudged);
    assert!(!shelf.is_outdated("0.1.0"));
    assert!(releases.refresh().is_none(), "nothing has changed");
}

#[test]
fn the_newest_is_found_by_numbers_and_old_manifests_stay_known() {
    let folder = tempfile::tempdir().unwrap();
    let releases = AgentReleases::new(folder.path().to_owned());
    put(folder.path(), &manifest("1.9.0", b"nine", "aa"));
    put(folder.path(), &manifest("1.10.0", b"ten", "bb"));
    std::fs::write(folder.path().join("Muster-1.10.0.pkg"), b"ten").unwrap();
    let shelf = releases.refresh().unwrap();
    assert_eq!(versions(&shelf), ["1.10.0", "1.9.0"]);
    assert_eq!(shelf.offered().and_then(|it| it.file()), Some("Muster-1.10.0.pkg"));
    let held = releases.package(&shelf, "Muster-1.10.0.pkg");
    assert_eq!(held.as_deref(), Some(b"ten".as_slice()));
    assert_eq!(releases.package(&shelf, "Muster-1.9.0.pkg"), None);
    assert_eq!(releases.package(&shelf, "../secret"), None);
    assert!(shelf.is_outdated("1.9.0") && shelf.is_outdated("0.1"));
    assert!(!shelf.is_outdated("1.10.0") && !shelf.is_outdated("2.0") && !shelf.is_outdated("x"));
    assert_eq!(shelf.build(Some(&"AA".repeat(32))), Build::Known);
    assert_eq!(shelf.build(Some(&"cc".repeat(32))), Build::Unknown);
    assert_eq!(shelf.build(None), Build::Unknown);
}

#[test]
fn what_does_not_fit_is_named_and_never_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let releases = AgentReleases::new(folder.path().to_owned());
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    put(folder.path(), &manifest("1.0", b"short", "aa"));
    write("Muster-1.0.pkg", b"shor");
    put(folder.path(), &manifest("2.0", b"right", "bb"));
    write("Muster-2.0.pkg", b"wrong");
    put(folder.path(), &manifest("6.0", b"six", "bb"));
    put(folder.path(), &manifest("6.0.0", b"six", "bb"));
    write("Muster-3.0.json", b"{}");
    write("Muster-4.0.json", manifest("4.1", b"x", "cc").to_text().as_bytes());
    write("Muster-5.0.pkg", b"alone");
    write("notes.txt", b"nothing of ours");
    let shelf = releases.refresh().unwrap();
    assert!(shelf.offered().is_none() && shelf.held.is_none());
    assert_eq!(versions(&shelf).len(), 3, "manifests alone are enough to know a release");
    let said: Vec<String> =
        shelf.problems.iter().map(|one| format!("{}: {}", one.file, one.why)).collect();
    for (file, words) in [
        ("Muster-1.0.pkg", "It has 4 bytes, but its manifest names 5"),
        ("Muster-6.0.json", "Another manifest has the same version"),
        ("Muster-2.0.pkg", "Its SHA-256 is "),
        ("Muster-3.0.json", "It is no manifest of a release: missing field"),
        ("Muster-4.0.json", "call it Muster-4.1.json"),
        ("Muster-5.0.pkg", "No manifest names this package"),
    ] {
        assert!(
            said.iter().any(|one| one.starts_with(file) && one.contains(words)),
            "{file}: {said:?}"
        );
    }
    assert_eq!(said.len(), 6, "{said:?}");
    write("Muster-1.0.pkg", b"short");
    let shelf = releases.refresh().expect("it has changed");
    assert_eq!(shelf.offered().and_then(|it| it.file()), Some("Muster-1.0.pkg"));
    std::fs::remove_file(folder.path().join("Muster-1.0.pkg")).unwrap();
    assert!(releases.package(&releases.refresh().unwrap(), "Muster-1.0.pkg").is_none());
}
