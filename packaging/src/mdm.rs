//! What each way of handing out packages wants to know of the package.
//!
//! Every file is made from the package itself and from the agent's table of
//! settings, so none of them can say something else than what is installed.

use shared::keys::sha256_hex;
use shared::names::AGENT_LABEL;

use crate::exit::{Exit, Failure};
use crate::pkg::COMPONENT;
use crate::profiles::Team;
use crate::verify::{xar, xml};

mod apple;
mod autopkg;
mod fleet;
mod homebrew;
mod jamf;
mod munki;
mod script;

/// A package of the agent, and where it will be fetched from.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its version: numbers and dots.
    pub version: String,
    /// The address of the file.
    pub url: String,
    /// Its bytes.
    pub file: Vec<u8>,
    /// What it takes on a disk, in kilobytes.
    pub installed_kilobytes: u64,
}

/// Who signed the package.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The name in the certificate.
    pub name: String,
    /// The team.
    pub team: Team,
}

/// A file that is written, by its path in the folder that was asked for.
pub type Written = (String, Vec<u8>);

impl Release {
    /// Reads a package and looks at where it will be fetched from.
    ///
    /// # Errors
    ///
    /// When the file is no package of the agent, or the address is none.
    pub fn new(shown: &str, file: Vec<u8>, url: &str) -> Result<Self, Failure> {
        let refuse = |what: &str| {
            let message =
                format!("{shown}: {what}; give the file that `muster-packaging pkg` wrote");
            Failure::new(Exit::BadInput, message)
        };
        let mut faults = Vec::new();
        let archive = xar::read(&file, &mut faults).map_err(|_| refuse("it is no package"))?;
        if let Some(fault) = faults.first() {
            return Err(refuse(&format!("it is damaged ({}: {})", fault.place, fault.what)));
        }
        let path = format!("{COMPONENT}/PackageInfo");
        let info = archive.members.iter().find(|member| member.path == path);
        let info = info.and_then(|member| member.bytes.as_deref());
        let info = info.and_then(|bytes| xml::read(bytes).ok());
        let info = info.ok_or_else(|| refuse("it is no package of the agent"))?;
        if info.attribute("identifier") != Some(AGENT_LABEL) {
            return Err(refuse("it is the package of something else"));
        }
        let version = info.attribute("version").filter(|it| is_version(it));
        let kilobytes = info.child("payload").and_then(|it| it.attribute("installKBytes"));
        let kilobytes = kilobytes.and_then(|it| it.parse().ok());
        let (Some(version), Some(installed_kilobytes)) = (version, kilobytes) else {
            return Err(refuse("it does not say its version and size"));
        };
        let version = version.to_owned();
        Ok(Self { version, url: address(url)?, file, installed_kilobytes })
    }

    /// SHA-256 of the file.
    pub fn sha256(&self) -> String {
        sha256_hex(&self.file)
    }

    /// The file's name at its address.
    pub fn file_name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    /// The address of `name` beside the file.
    pub fn beside(&self, name: &str) -> String {
        let folder = self.url.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/{name}")
    }
}

fn is_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    text.split('.').all(is_number)
}

/// An address goes into scripts and texts of five languages, so it holds
/// nothing that means something in one of them.
fn address(url: &str) -> Result<String, Failure> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/%+".contains(&byte);
    let rest = url.strip_prefix("https://").unwrap_or_default();
    let is_address = rest.split_once('/').is_some_and(|(host, path)| {
        !host.is_empty() && path.strip_suffix(".pkg").is_some_and(|name| !name.ends_with('/'))
    });
    if is_address && rest.bytes().all(is_plain) {
        return Ok(url.to_owned());
    }
    let message = format!(
        "`--url` is `{}`, but it must be the https address of the package itself, such as https://downloads.company.example/Muster-1.2.3.pkg",
        crate::profiles::printable(url)
    );
    Err(Failure::new(Exit::Usage, message))
}

/// Every file, by its path. Without a signer there is no recipe for AutoPkg:
/// one that takes any signature would be worse than none.
///
/// # Errors
///
/// When one cannot be written.
pub fn files(release: &Release, signer: Option<&Signer>) -> Result<Vec<Written>, Failure> {
    let mut files: Vec<(&str, String)> = vec![
        ("ddm/declaration.json", apple::declaration(release)?),
        ("ddm/manifest.plist", apple::manifest(release)?),
        ("fleet/muster.package.yml", fleet::package(release)),
        ("fleet/uninstall.sh", script::uninstall()),
        ("homebrew/muster-agent.rb", homebrew::cask(release)),
        ("intune/detection.json", apple::detection(release)?),
        ("intune/installed-version.sh", script::version()),
        ("jamf/extension-attribute.sh", script::extension_attribute()),
        ("jamf/org.muster.agent.json", jamf::schema()?),
        ("kandji/audit.sh", script::audit(release)),
        ("latest.json", apple::latest(release)?),
        ("munki/pkginfo.plist", munki::pkginfo(release)?),
        ("profile-manifests/org.muster.agent.plist", jamf::manifest()?),
    ];
    if let Some(signer) = signer {
        files.push(("autopkg/Muster.download.recipe.yaml", autopkg::download(release, signer)));
        files.push(("autopkg/Muster.munki.recipe.yaml", autopkg::munki()));
    }
    files.sort_unstable_by_key(|(path, _)| *path);
    Ok(files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect())
}

impl Signer {
    /// The signer of this name and team.
    ///
    /// # Errors
    ///
    /// When the name is none.
    pub fn new(name: &str, team: Team) -> Result<Self, Failure> {
        let is_plain = |any: char| !any.is_control() && !"\"\\'`$".contains(any);
        let name = name.trim();
        if (1..=100).contains(&name.chars().count()) && name.chars().all(is_plain) {
            return Ok(Self { name: name.to_owned(), team });
        }
        let message = "`--signer` must be the name in the certificate that signed the package, without the team's id";
        Err(Failure::new(Exit::Usage, message))
    }

    /// What the certificate is called.
    fn authority(&self) -> String {
        format!("Developer ID Installer: {} ({})", self.name, self.team.id())
    }
}

/// A value as JSON for people.
fn json(value: &serde_json::Value) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| {
        Failure::new(Exit::BadInput, format!("JSON cannot be written: {error}"))
    })?;
    Ok(format!("{text}\n"))
}

#[cfg(test)]
pub(crate) mod tests;
