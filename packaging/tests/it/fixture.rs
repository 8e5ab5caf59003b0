//! A package around executables that tests make up.

use std::path::{Path, PathBuf};

use packaging::mach_o::{Architecture, universal};
use packaging::pkg::source::{SEAL, Source, program_in_bundle};
use packaging::pkg::tree::{Entry, Tree};
use packaging::pkg::{Layers, Parts};
use packaging::verify::verify;
use plist::{Dictionary, Value};
use shared::keys::sha256;
use shared::names::AGENT_LABEL;

use crate::made::Made;

/// Version of the package.
pub(crate) const VERSION: &str = "1.2.3";

/// The checkout.
pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn source() -> Source {
    Source::new(&checkout(), VERSION).unwrap()
}

/// The list of the bundle's files that signing makes.
fn seal() -> Vec<u8> {
    let script = source().text("uninstall.sh").unwrap();
    let digest = Value::Data(sha256(script.as_bytes()).to_vec());
    let file = Dictionary::from_iter([("hash2", digest)]);
    let files = Dictionary::from_iter([("Resources/uninstall.sh", Value::Dictionary(file))]);
    let seal = Dictionary::from_iter([("files2", Value::Dictionary(files))]);
    let mut text = Vec::new();
    Value::Dictionary(seal).to_writer_xml(&mut text).unwrap();
    text
}

/// The executable for Apple silicon and the one for Intel, in a bundle.
pub(crate) fn made() -> [Made; 2] {
    let information = source().text("Info.plist").unwrap();
    let bundle = Some([sha256(information.as_bytes()), sha256(&seal())].map(|it| it.to_vec()));
    let arm = Made { hardened: true, identifier: AGENT_LABEL, bundle, ..Made::right() };
    let intel = Made { processor: 0x0100_0007, ..arm.clone() };
    [arm, intel]
}

/// Everything of a package around these executables.
pub(crate) fn parts_of(made: &[Made]) -> Parts {
    let files: Vec<Vec<u8>> = made.iter().map(Made::file).collect();
    let slices: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let mut bundle = source().bundle(universal::join(&slices).unwrap()).unwrap();
    bundle.insert(SEAL.to_owned(), seal());
    assert!(bundle.contains_key(program_in_bundle()));
    source().parts(bundle, &[Architecture::Arm64, Architecture::X86_64]).unwrap()
}

/// Everything of a package that is as it must be.
pub(crate) fn parts() -> Parts {
    parts_of(&made())
}

/// The files of a package that is as it must be.
pub(crate) fn layers() -> Layers {
    Layers::of(&parts()).unwrap()
}

/// A tree with one entry changed.
pub(crate) fn changed(tree: &Tree, path: &str, change: impl FnOnce(&mut Entry)) -> Tree {
    let mut entries = tree.entries().to_vec();
    let entry = entries.iter_mut().find(|entry| entry.path == format!(".{path}"));
    change(entry.unwrap_or_else(|| panic!("no {path}")));
    Tree::new(entries).unwrap()
}

/// Everything that is wrong with a package.
pub(crate) fn faults(file: &[u8]) -> Vec<String> {
    verify(file).faults.iter().map(ToString::to_string).collect()
}
