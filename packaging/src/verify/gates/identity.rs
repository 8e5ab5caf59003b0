//! Every part says the same of version, name, oldest macOS, processors, sizes.

use plist::Value;
use shared::agent_release::is_version;
use shared::names::{AGENT_BUNDLE, AGENT_LABEL};

use super::program::architectures;
use crate::pkg::COMPONENT;
use crate::target::oldest_macos;
use crate::verify::xml::Element;
use crate::verify::{BUILD_AGAIN, Fault, Package};

/// What an executable says before its version: how it names itself to a
/// collector.
const MARK: &[u8] = b"muster-agent/";

/// One thing that several parts say.
struct Saying {
    place: &'static str,
    what: &'static str,
    said: Option<String>,
    wanted: String,
}

pub(super) fn look(package: &Package, faults: &mut Vec<Fault>) {
    let Some(info) = &package.info else { return };
    let version = info.attribute("version").unwrap_or_default();
    if !is_version(version) {
        let what = format!("its version `{version}` is not of numbers and dots alone");
        faults.push(Fault::new("PackageInfo", what, BUILD_AGAIN));
    }
    let mut sayings = of_info(package, info, version);
    if let Some(distribution) = &package.distribution {
        sayings.extend(of_distribution(package, distribution, version));
    }
    if package.payload.is_some() {
        sayings.extend(of_bundle(package, version));
    }
    for Saying { place, what, said, wanted } in sayings {
        if said.as_deref() != Some(&wanted) {
            let said = said.map_or("missing".to_owned(), |it| format!("`{it}`"));
            let what = format!("its {what} is {said}, not `{wanted}`");
            faults.push(Fault::new(place, what, BUILD_AGAIN));
        }
    }
    if let Some(program) = package.program() {
        said_by_program(program, version, faults);
    }
}

fn saying(
    place: &'static str,
    what: &'static str,
    said: Option<&str>,
    wanted: impl Into<String>,
) -> Saying {
    Saying { place, what, said: said.map(str::to_owned), wanted: wanted.into() }
}

fn of_info(package: &Package, info: &Element, version: &str) -> Vec<Saying> {
    let place = "PackageInfo";
    let attribute = |name, wanted: &str| saying(place, name, info.attribute(name), wanted);
    let bundle = info.child("bundle");
    let bundle = |name| bundle.and_then(|it| it.attribute(name));
    let payload = info.child("payload");
    let mut sayings = vec![
        attribute("identifier", AGENT_LABEL),
        attribute("relocatable", "false"),
        attribute("overwrite-permissions", "true"),
        attribute("install-location", "/"),
        attribute("auth", "root"),
        saying(place, "bundle's path", bundle("path"), format!(".{AGENT_BUNDLE}")),
        saying(place, "bundle's id", bundle("id"), AGENT_LABEL),
        saying(place, "bundle's version", bundle("CFBundleShortVersionString"), version),
        saying(place, "bundle's build", bundle("CFBundleVersion"), version),
    ];
    if let Some(records) = &package.payload {
        let said = |name| payload.and_then(|it| it.attribute(name));
        sayings.push(saying(
            place,
            "number of files",
            said("numberOfFiles"),
            records.len().to_string(),
        ));
        sayings.push(saying(place, "size", said("installKBytes"), kilobytes(package).to_string()));
    }
    sayings
}

fn of_distribution(package: &Package, distribution: &Element, version: &str) -> Vec<Saying> {
    let place = "Distribution";
    let product = distribution.child("product");
    let product = |name| product.and_then(|it| it.attribute(name));
    let options = distribution.child("options");
    let options = |name| options.and_then(|it| it.attribute(name));
    let package_ref = distribution.child("pkg-ref");
    let reference = |name| package_ref.and_then(|it| it.attribute(name));
    let oldest = distribution.at(&["volume-check", "allowed-os-versions", "os-version"]);
    let mut sayings = vec![
        saying(place, "product", product("id"), AGENT_LABEL),
        saying(place, "product's version", product("version"), version),
        saying(place, "package", reference("id"), AGENT_LABEL),
        saying(place, "package's version", reference("version"), version),
        saying(
            place,
            "package's file",
            package_ref.map(|it| it.text.trim()),
            format!("#{COMPONENT}"),
        ),
        saying(place, "rootVolumeOnly", options("rootVolumeOnly"), "true"),
        saying(place, "oldest macOS", oldest.and_then(|it| it.attribute("min")), oldest_macos()),
    ];
    if package.payload.is_some() {
        sayings.push(saying(
            place,
            "size",
            reference("installKBytes"),
            kilobytes(package).to_string(),
        ));
    }
    if let Some(program) = package.program() {
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names.join(",")
        };
        let said = options("hostArchitectures")
            .map(|it| sorted(it.split(',').map(|it| it.trim().to_owned()).collect()));
        let wanted = sorted(architectures(program));
        let said = said.as_deref();
        sayings.push(saying(place, "list of processors", said, wanted));
    }
    sayings
}

fn of_bundle(package: &Package, version: &str) -> Vec<Saying> {
    let place = "Info.plist";
    let read = package
        .installed(&format!("{AGENT_BUNDLE}/Contents/Info.plist"))
        .and_then(|record| Value::from_reader_xml(record.bytes.as_slice()).ok())
        .and_then(Value::into_dictionary)
        .unwrap_or_default();
    let text = |key: &str| read.get(key).and_then(Value::as_string);
    vec![
        saying(place, "identifier", text("CFBundleIdentifier"), AGENT_LABEL),
        saying(place, "version", text("CFBundleShortVersionString"), version),
        saying(place, "build", text("CFBundleVersion"), version),
        saying(place, "oldest macOS", text("LSMinimumSystemVersion"), oldest_macos()),
    ]
}

/// Sizes as Installer counts them: blocks of 512 bytes, one a folder, none for
/// the top.
fn kilobytes(package: &Package) -> usize {
    let blocks = package.payload.iter().flatten().map(|record| match record.path.as_str() {
        "." => 0,
        _ if record.is_folder() => 1,
        _ => record.bytes.len().div_ceil(512),
    });
    blocks.sum::<usize>().div_ceil(2)
}

fn said_by_program(program: &[u8], version: &str, faults: &mut Vec<Fault>) {
    let slices = crate::mach_o::universal::slices(program).unwrap_or_default();
    for (number, slice) in (1..).zip(slices) {
        let versions = versions(slice);
        let mut fault = |what: String| faults.push(Fault::new("the program", what, BUILD_AGAIN));
        if versions.is_empty() {
            fault(format!("its part number {number} does not say its version"));
        }
        for other in versions.iter().filter(|it| *it != version) {
            fault(format!("its part number {number} is version `{other}`, not `{version}`"));
        }
    }
}

/// Every version that stands behind the mark.
fn versions(bytes: &[u8]) -> Vec<String> {
    let found = bytes.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK);
    let behind = found.filter_map(|(at, _)| bytes.get(at + MARK.len()..));
    let version = behind.map(|rest| {
        let digits = rest.iter().take_while(|it| it.is_ascii_digit() || **it == b'.');
        digits.map(|&it| char::from(it)).collect::<String>()
    });
    version.filter(|it| it.starts_with(|digit: char| digit.is_ascii_digit())).collect()
}
