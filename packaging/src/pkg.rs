//! Writes the package that is installed on a Mac.
//!
//! A flat product archive: a [`xar`] with the component `muster-agent.pkg`
//! ([`bom`], payload and scripts as [`cpio`], [`package_info`]), the pages that
//! Installer shows, and the [`distribution`], which says what may be installed
//! where. Nothing here asks the clock or looks at the modes of files on this
//! computer: the same sources give the same bytes.

use crate::exit::Failure;
use crate::mach_o::Architecture;

pub mod bom;
mod build;
pub mod cksum;
pub mod cpio;
pub mod distribution;
pub mod package_info;
pub mod payload;
pub mod signing;
pub mod source;
pub mod tree;
pub mod xar;
mod xml;

pub(crate) use build::build;
use tree::Tree;
use xar::Member;

/// Name of the component within the archive.
pub const COMPONENT: &str = "muster-agent.pkg";
/// Every time within a package: 2000-01-01T00:00:00Z, in seconds.
pub const TIME: u32 = 946_684_800;

/// What a package is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Version of the agent.
    pub version: String,
    /// Processors that its program runs on.
    pub architectures: Vec<Architecture>,
    /// What is laid down on a Mac.
    pub payload: Tree,
    /// `preinstall` and `postinstall`.
    pub scripts: Tree,
    /// Files that Installer shows, by their names.
    pub pages: Vec<(String, Vec<u8>)>,
}

/// The files within the archive, ready to be put together.
#[derive(Clone, Debug)]
pub struct Layers {
    /// What is laid down, as a list.
    pub bom: Vec<u8>,
    /// What is laid down, as gzip of cpio.
    pub payload: Vec<u8>,
    /// The scripts, as gzip of cpio.
    pub scripts: Vec<u8>,
    /// What the component is.
    pub package_info: String,
    /// What Installer may do with it.
    pub distribution: String,
    /// Files that Installer shows, by their names.
    pub pages: Vec<(String, Vec<u8>)>,
}

impl Layers {
    /// Writes every file of a package.
    ///
    /// # Errors
    ///
    /// When there are more paths than one leaf of a bill of materials holds.
    pub fn of(parts: &Parts) -> Result<Self, Failure> {
        let kilobytes = package_info::kilobytes(&parts.payload);
        let pages: Vec<&str> = parts.pages.iter().map(|(name, _)| name.as_str()).collect();
        Ok(Self {
            bom: bom::write(&parts.payload)?,
            payload: cpio::write(&parts.payload),
            scripts: cpio::write(&parts.scripts),
            package_info: package_info::write(&parts.version, &parts.payload),
            distribution: distribution::write(
                &parts.version,
                &parts.architectures,
                kilobytes,
                &pages,
            ),
            pages: parts.pages.clone(),
        })
    }

    /// Puts the files together.
    pub fn archive(&self) -> Vec<u8> {
        let pages = self.pages.iter().map(|(name, page)| Member::compressed(name, page)).collect();
        let component = vec![
            Member::compressed("Bom", &self.bom),
            // Both are compressed already.
            Member::stored("Payload", &self.payload),
            Member::stored("Scripts", &self.scripts),
            Member::compressed("PackageInfo", self.package_info.as_bytes()),
        ];
        xar::write(&[
            Member::folder(COMPONENT, component),
            Member::folder("Resources", pages),
            Member::compressed("Distribution", self.distribution.as_bytes()),
        ])
    }
}
