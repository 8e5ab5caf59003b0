//! The files of `packaging/macos/` that a package is made of.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use shared::agent_release::is_version;
use shared::names::{AGENT_BUNDLE, AGENT_EXECUTABLE};

use super::tree::{Content, Entry, Tree};
use super::{Parts, distribution, payload};
use crate::exit::{Exit, Failure};
use crate::mach_o::Architecture;
use crate::target::oldest_macos;

/// The list of what a bundle's files are, and their digests; made by signing.
pub const SEAL: &str = "Contents/_CodeSignature/CodeResources";

/// The files of a bundle, by their paths within it.
pub type Bundle = BTreeMap<String, Vec<u8>>;

/// Where the files lie, and what they are filled in with.
#[derive(Clone, Debug)]
pub struct Source {
    checkout: PathBuf,
    version: String,
}

/// The program's path within the bundle.
pub fn program_in_bundle() -> &'static str {
    AGENT_EXECUTABLE.strip_prefix(AGENT_BUNDLE).unwrap_or_default().trim_start_matches('/')
}

impl Source {
    /// The files of a checkout, for a package of `version`.
    ///
    /// # Errors
    ///
    /// When macOS could not compare the version.
    pub fn new(checkout: &Path, version: &str) -> Result<Self, Failure> {
        if is_version(version) {
            return Ok(Self { checkout: checkout.to_owned(), version: version.to_owned() });
        }
        let message = format!(
            "the version {version} is not of numbers and dots alone, and macOS compares nothing \
             else; change it in Cargo.toml"
        );
        Err(Failure::new(Exit::BadInput, message))
    }

    /// The version of the package.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// A file of `packaging/macos/`, filled in.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or asks for what nobody knows.
    pub fn text(&self, name: &str) -> Result<String, Failure> {
        let path = self.checkout.join("packaging/macos").join(name);
        let filled = read(&path)?
            .replace("@VERSION@", &self.version)
            .replace("@OLDEST_MACOS@", &oldest_macos());
        match filled.split('@').nth(1) {
            Some(word) if !word.is_empty() && word.bytes().all(|it| it.is_ascii_uppercase()) => {
                let message = format!("{}: nobody knows @{word}@; mend the file", path.display());
                Err(Failure::new(Exit::BadInput, message))
            }
            _ => Ok(filled),
        }
    }

    /// The bundle around a program, before it is signed.
    ///
    /// # Errors
    ///
    /// When one of its files cannot be read.
    pub fn bundle(&self, program: Vec<u8>) -> Result<Bundle, Failure> {
        Ok(Bundle::from([
            ("Contents/Info.plist".to_owned(), self.text("Info.plist")?.into_bytes()),
            (program_in_bundle().to_owned(), program),
            ("Contents/Resources/uninstall.sh".to_owned(), self.text("uninstall.sh")?.into_bytes()),
        ]))
    }

    /// Everything of a package, from a bundle as it was signed.
    ///
    /// # Errors
    ///
    /// When a file is missing, or one of the bundle's would not be packed.
    pub fn parts(&self, bundle: Bundle, architectures: &[Architecture]) -> Result<Parts, Failure> {
        let mut left = bundle;
        let payload = payload::read(&self.text("payload.toml")?, |source| {
            let bytes = match source.split_once(':') {
                Some(("bundle", path)) => left.remove(path),
                Some(("macos", name)) => Some(self.text(name)?.into_bytes()),
                _ => None,
            };
            bytes.ok_or_else(|| {
                let message = format!(
                    "packaging/macos/payload.toml: there is no `{source}`; mend the `source`"
                );
                Failure::new(Exit::BadInput, message)
            })
        })?;
        if let Some(path) = left.into_keys().next() {
            let message = format!(
                "the bundle holds {path}, which packaging/macos/payload.toml does not name; add it"
            );
            return Err(Failure::new(Exit::BadInput, message));
        }
        Ok(Parts {
            version: self.version.clone(),
            architectures: architectures.to_vec(),
            payload,
            scripts: self.scripts()?,
            pages: self.pages()?,
        })
    }

    fn scripts(&self) -> Result<Tree, Failure> {
        let entry = |path: String, content| Entry { path, mode: 0o755, uid: 0, gid: 0, content };
        let mut entries = vec![entry(".".to_owned(), Content::Folder)];
        for name in ["preinstall", "postinstall"] {
            let script = self.text(&format!("scripts/{name}"))?;
            entries.push(entry(format!("./{name}"), Content::File(script.into_bytes())));
        }
        Tree::new(entries)
    }

    fn pages(&self) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let page = |(_, file, _): (&str, &str, &str)| {
            let mut text = self.text(&format!("distribution/{file}"))?;
            if file == "license.txt" {
                text.push_str(&read(&self.checkout.join("LICENSE-MIT"))?);
                text.push_str("\n\n");
                text.push_str(&read(&self.checkout.join("LICENSE-APACHE"))?);
            }
            Ok((file.to_owned(), text.into_bytes()))
        };
        distribution::PAGES.into_iter().map(page).collect()
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        let message = format!("{}: cannot be read: {error}; check the checkout", path.display());
        Failure::new(Exit::Io, message)
    })
}

#[cfg(test)]
mod tests;
