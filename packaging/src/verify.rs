//! Reads a package back and holds it against everything that must be true.
//!
//! The readers here are not the writers turned round: they take nothing for
//! granted, compare every digest, and let no byte be unaccounted for. Then come
//! the [`gates`]. What is found is a list of faults; a part that cannot be read
//! is a fault, and no gate passes because of it.

use std::fmt;

use shared::keys::sha256_hex;

use crate::pkg::COMPONENT;

pub mod bom;
pub mod cpio;
pub mod gates;
mod listing;
pub mod signature;
pub mod xar;
pub mod xml;

use signature::Signed;
use xml::Element;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which part of the package.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub todo: &'static str,
}

impl Fault {
    /// A fault of `place`.
    pub fn new(place: impl Into<String>, what: impl Into<String>, todo: &'static str) -> Self {
        Self { place: place.into(), what: what.into(), todo }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.place, self.what, self.todo)
    }
}

/// What to do about a package that was changed after it was built.
const BUILD_AGAIN: &str = "build the package again";

/// The parts of a package; one that cannot be read is missing, and has a fault.
#[derive(Debug, Default)]
pub struct Package {
    /// The members of the archive.
    pub members: Vec<xar::Member>,
    /// What is laid down.
    pub payload: Option<Vec<cpio::Record>>,
    /// The scripts.
    pub scripts: Option<Vec<cpio::Record>>,
    /// What is laid down, as a list.
    pub bom: Option<Vec<bom::Line>>,
    /// What the component is.
    pub info: Option<Element>,
    /// What Installer may do with it.
    pub distribution: Option<Element>,
    /// The signatures of the package, as they were found.
    pub signed: Vec<Signed>,
    /// Length of the ticket of Apple's notary.
    pub ticket: Option<usize>,
}

/// What came of it.
#[derive(Debug)]
pub struct Verdict {
    /// Contents, processors, sizes and signature, for people.
    pub listing: String,
    /// Version that the package says it is.
    pub version: Option<String>,
    /// SHA-256 of the program as it is installed.
    pub program_sha256: Option<String>,
    /// Processors of the program.
    pub architectures: Vec<String>,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
}

/// Reads a package and looks at everything.
pub fn verify(file: &[u8]) -> Verdict {
    let mut faults = Vec::new();
    let package = open(file, &mut faults);
    gates::all(&package, &mut faults);
    let program = package.program();
    Verdict {
        listing: listing::write(&package, file),
        version: package.info.as_ref().and_then(|it| it.attribute("version")).map(str::to_owned),
        program_sha256: program.map(sha256_hex),
        architectures: program.map(gates::program::architectures).unwrap_or_default(),
        faults,
    }
}

fn open(file: &[u8], faults: &mut Vec<Fault>) -> Package {
    let archive = match xar::read(file, faults) {
        Ok(archive) => archive,
        Err(fault) => {
            faults.push(fault);
            return Package::default();
        }
    };
    let signed = signature::look(&archive, faults);
    let members = archive.members;
    let bytes = |name: &str| {
        let name =
            if name == "Distribution" { name.to_owned() } else { format!("{COMPONENT}/{name}") };
        let found = members.iter().find(|member| member.path == name);
        found.and_then(|member| member.bytes.as_deref())
    };
    let mut part = |name: &str, what: Result<(), String>| {
        if let Err(what) = what {
            faults.push(Fault::new(name, what, BUILD_AGAIN));
        }
    };
    let mut package = Package { ticket: archive.ticket, signed, ..Package::default() };
    let missing = || "it is missing or cannot be read".to_owned();
    macro_rules! take {
        ($field:ident, $name:literal, $read:path) => {
            let read = bytes($name).ok_or_else(missing).and_then($read);
            part($name, read.map(|it| package.$field = Some(it)));
        };
    }
    take!(payload, "Payload", cpio::read);
    take!(scripts, "Scripts", cpio::read);
    take!(bom, "Bom", bom::read);
    take!(info, "PackageInfo", xml::read);
    take!(distribution, "Distribution", xml::read);
    package.members = members;
    package
}

impl Package {
    /// A file of the payload, by its path on a Mac.
    pub fn installed(&self, path: &str) -> Option<&cpio::Record> {
        let records = self.payload.as_ref()?;
        records.iter().find(|record| record.path.strip_prefix('.') == Some(path))
    }

    /// The bytes of the agent's program.
    pub fn program(&self) -> Option<&[u8]> {
        self.installed(shared::names::AGENT_EXECUTABLE).map(|record| record.bytes.as_slice())
    }
}
