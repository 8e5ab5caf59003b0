//! Programs that know nothing of ours read the same from a package.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use packaging::pkg::tree::{Entry, Tree};

use crate::fixture::{layers, parts};
use crate::programs::{said, text};

const BSDTAR: (&str, &str) = ("bsdtar", "libarchive-tools");
const CPIO: (&str, &str) = ("cpio", "cpio");
const SEVEN: (&str, &str) = ("7zz", "7zip");
const XMLLINT: (&str, &str) = ("xmllint", "libxml2-utils");

fn run((name, package): (&str, &str), words: &[&str], stdin: &[u8]) -> String {
    text(name, package, words, stdin)
}

/// A folder with the package in it.
fn packed() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Muster.pkg");
    fs::write(&path, layers().archive()).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// What every member of the archive must be.
fn expected() -> BTreeMap<String, Vec<u8>> {
    let layers = layers();
    let within = |name: &str| format!("muster-agent.pkg/{name}");
    let mut files = BTreeMap::from([
        (within("Bom"), layers.bom),
        (within("Payload"), layers.payload),
        (within("Scripts"), layers.scripts),
        (within("PackageInfo"), layers.package_info.into_bytes()),
        ("Distribution".to_owned(), layers.distribution.into_bytes()),
    ]);
    files.extend(layers.pages.into_iter().map(|(name, page)| (format!("Resources/{name}"), page)));
    files
}

#[track_caller]
fn assert_unpacked(folder: &Path) {
    for (path, bytes) in expected() {
        assert_eq!(fs::read(folder.join(&path)).unwrap(), bytes, "{path}");
    }
}

#[test]
fn libarchive_unpacks_every_member() {
    let (folder, path) = packed();
    let into = folder.path().join("out");
    fs::create_dir(&into).unwrap();
    run(BSDTAR, &["-xf", &path, "-C", into.to_str().unwrap()], &[]);
    assert_unpacked(&into);
    let mut listed: Vec<String> =
        run(BSDTAR, &["-tf", &path], &[]).lines().map(str::to_owned).collect();
    listed.retain(|line| !["muster-agent.pkg", "Resources"].contains(&line.trim_end_matches('/')));
    listed.sort();
    assert_eq!(listed, expected().into_keys().collect::<Vec<_>>());
}

#[test]
fn seven_zip_finds_every_digest_right_and_unpacks_the_same() {
    let (folder, path) = packed();
    let tested = run(SEVEN, &["t", &path], &[]);
    assert!(tested.contains("Everything is Ok"), "{tested}");
    let into = folder.path().join("out");
    run(SEVEN, &["x", "-y", &format!("-o{}", into.display()), &path], &[]);
    assert_unpacked(&into);
}

#[test]
fn seven_zip_finds_a_flipped_byte_as_we_do() {
    let (folder, path) = packed();
    let mut file = fs::read(&path).unwrap();
    let at = file.len() - 300;
    file[at] ^= 1;
    let changed = folder.path().join("changed.pkg");
    fs::write(&changed, &file).unwrap();
    let output = crate::programs::program(SEVEN.0).arg("t").arg(&changed).output().unwrap();
    assert!(!output.status.success());
    assert!(!crate::fixture::faults(&file).is_empty());
}

/// `-rwxr-xr-x` of an entry.
fn shown_mode(entry: &Entry) -> String {
    let bits = (0..9)
        .rev()
        .map(|at| if entry.mode >> at & 1 == 1 { ['x', 'w', 'r'][at % 3] } else { '-' });
    std::iter::once(if entry.is_folder() { 'd' } else { '-' }).chain(bits).collect()
}

/// Mode, owner, group, size and path of every entry.
type Row = (String, u32, u32, usize, String);

fn rows(tree: &Tree) -> Vec<Row> {
    let row = |entry: &Entry| {
        let size = entry.bytes().len();
        (shown_mode(entry), entry.uid, entry.gid, size, entry.path.clone())
    };
    let mut rows: Vec<Row> = tree.entries().iter().map(row).collect();
    rows.sort();
    rows
}

/// The rows of a long listing: mode, links, owner, group, size, three words of
/// a date, path.
fn listed(listing: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = listing
        .lines()
        .map(|line| {
            let mut rest = line;
            let words: Vec<&str> = (0..8)
                .map(|_| {
                    let (word, after) = rest.trim_start().split_once(' ').unwrap();
                    rest = after;
                    word
                })
                .collect();
            let number = |at: usize| words[at].parse::<u32>().unwrap();
            let path = rest.trim_start().trim_end_matches('/').to_owned();
            (words[0].to_owned(), number(2), number(3), words[4].parse().unwrap(), path)
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn cpio_and_libarchive_list_paths_modes_owners_and_sizes_as_they_were_meant() {
    let parts = parts();
    let layers = layers();
    for (packed, tree) in [(&layers.payload, &parts.payload), (&layers.scripts, &parts.scripts)] {
        let plain = said("gzip", "gzip", &[OsStr::new("-dc")], packed);
        let listing = run(CPIO, &["-itvn", "--quiet"], &plain);
        assert_eq!(listed(&listing), rows(tree));
        let listing = run(BSDTAR, &["--numeric-owner", "-tvf", "-"], packed);
        assert_eq!(listed(&listing), rows(tree));
    }
}

#[test]
fn cpio_unpacks_the_very_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let plain = said("gzip", "gzip", &[OsStr::new("-dc")], &layers().payload);
    let into = folder.path().to_str().unwrap();
    run(CPIO, &["-id", "--quiet", "--no-preserve-owner", "-D", into], &plain);
    for entry in parts().payload.entries().iter().filter(|entry| !entry.is_folder()) {
        assert_eq!(fs::read(folder.path().join(&entry.path)).unwrap(), entry.bytes());
    }
}

fn is_called(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|it| it == ending)
}

#[test]
fn xmllint_reads_every_description() {
    let layers = layers();
    let parts = parts();
    let mut texts = vec![layers.package_info.into_bytes(), layers.distribution.into_bytes()];
    let lists =
        parts.payload.entries().iter().filter(|entry| {
            is_called(&entry.path, "plist") || entry.path.ends_with("/CodeResources")
        });
    texts.extend(lists.map(|entry| entry.bytes().to_vec()));
    assert_eq!(texts.len(), 5);
    for text in texts {
        run(XMLLINT, &["--nonet", "--noout", "-"], &text);
    }
    for (name, page) in layers.pages.iter().filter(|(name, _)| is_called(name, "html")) {
        // HTML of a browser is XML as well, but for its first line.
        let text = String::from_utf8(page.clone()).unwrap();
        let body = text.strip_prefix("<!DOCTYPE html>\n").unwrap_or_else(|| panic!("{name}"));
        run(
            XMLLINT,
            &["--nonet", "--noout", "-"],
            body.replace("<meta charset=\"utf-8\">", "").as_bytes(),
        );
    }
}

#[test]
fn the_version_stands_in_what_xmllint_finds() {
    let layers = layers();
    let asked = |question: &str, text: &str| {
        run(XMLLINT, &["--nonet", "--xpath", &format!("string({question})"), "-"], text.as_bytes())
            .trim()
            .to_owned()
    };
    assert_eq!(asked("/pkg-info/@version", &layers.package_info), "1.2.3");
    assert_eq!(asked("/installer-gui-script/product/@version", &layers.distribution), "1.2.3");
    let oldest = "/installer-gui-script/volume-check/allowed-os-versions/os-version/@min";
    assert_eq!(asked(oldest, &layers.distribution), "12.0");
    let processors = "/installer-gui-script/options/@hostArchitectures";
    assert_eq!(asked(processors, &layers.distribution), "arm64,x86_64");
}
