//! The manifest of a released agent: which package it is, and which program
//! the package installs.
//!
//! It lies beside the package as `Muster-VERSION.json`. Reports name the
//! program that made them by its SHA-256; that digest is this one.

use serde::{Deserialize, Serialize};

/// `format` of every manifest.
pub const FORMAT: &str = "muster.agent-release/v1";

/// What was released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentRelease {
    /// Always [`FORMAT`].
    pub format: String,
    /// Version of agent and package: numbers and dots.
    pub version: String,
    /// The file that is installed from.
    pub package: Package,
    /// The program that is installed.
    pub executable: Executable,
    /// Oldest macOS that it runs on, such as `12.0`.
    pub oldest_macos: String,
}

/// The file that is installed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name, without a folder.
    pub file: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// The program that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executable {
    /// SHA-256 of the file as it lies on a Mac, signature and all processors
    /// included: `binary_sha256` of its reports.
    pub sha256: String,
    /// The processors it runs on: `arm64`, `x86_64`.
    pub architectures: Vec<String>,
}

/// Why a text is no manifest of a release.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// No JSON of this shape.
    #[error("it is no manifest of a release: {0}")]
    Shape(String),
    /// A field holds what it cannot hold.
    #[error("its field `{field}` is `{found}`, not {wanted}")]
    Field {
        /// The field, with dots.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What it should hold.
        wanted: &'static str,
    },
}

impl AgentRelease {
    /// Reads a manifest and looks at every field.
    ///
    /// # Errors
    ///
    /// When it is not of this shape, or a field holds what it cannot hold.
    pub fn read(text: &[u8]) -> Result<Self, ReleaseError> {
        let release: Self =
            serde_json::from_slice(text).map_err(|error| ReleaseError::Shape(error.to_string()))?;
        match release.wrong_field() {
            None => Ok(release),
            Some((field, found, wanted)) => {
                Err(ReleaseError::Field { field, found: found.to_owned(), wanted })
            }
        }
    }

    /// The manifest as text, the same for the same release.
    pub fn to_text(&self) -> String {
        // A struct of texts and numbers can always be written.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    fn wrong_field(&self) -> Option<(&'static str, &str, &'static str)> {
        let digest = "64 digits of a SHA-256 in lower case";
        let numbers = "numbers and dots";
        let architectures = &self.executable.architectures;
        let strange = architectures.iter().find(|it| !["arm64", "x86_64"].contains(&it.as_str()));
        let twice = architectures.len() > 1 && architectures.first() == architectures.last();
        [
            (self.format == FORMAT, "format", self.format.as_str(), FORMAT),
            (is_version(&self.version), "version", &self.version, numbers),
            (is_version(&self.oldest_macos), "oldest_macos", &self.oldest_macos, numbers),
            (is_name(&self.package.file), "package.file", &self.package.file, "a file's name"),
            (self.package.size > 0, "package.size", "0", "a length in bytes"),
            (is_digest(&self.package.sha256), "package.sha256", &self.package.sha256, digest),
            (
                is_digest(&self.executable.sha256),
                "executable.sha256",
                &self.executable.sha256,
                digest,
            ),
            (
                strange.is_none() && !architectures.is_empty() && !twice,
                "executable.architectures",
                strange.map_or("another list", String::as_str),
                "`arm64`, `x86_64` or both",
            ),
        ]
        .into_iter()
        .find_map(|(holds, field, found, wanted)| (!holds).then_some((field, found, wanted)))
    }
}

/// Whether a version is of the kind that macOS can compare: one to four
/// numbers with dots between them.
pub fn is_version(text: &str) -> bool {
    let is_number = |part: &str| {
        (1..=9).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    (1..=4).contains(&text.split('.').count()) && text.split('.').all(is_number)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (1..=255).contains(&text.len()) && text.bytes().all(is_plain) && !text.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release() -> AgentRelease {
        AgentRelease {
            format: FORMAT.to_owned(),
            version: "1.2.3".to_owned(),
            package: Package {
                file: "Muster-1.2.3.pkg".to_owned(),
                size: 7_654_321,
                sha256: "ab".repeat(32),
            },
            executable: Executable {
                sha256: "0c".repeat(32),
                architectures: vec!["arm64".to_owned(), "x86_64".to_owned()],
            },
            oldest_macos: "12.0".to_owned(),
        }
    }

    type Change = fn(&mut AgentRelease);

    #[test]
    fn what_was_written_is_read_again() {
        let text = release().to_text();
        assert_eq!(AgentRelease::read(text.as_bytes()), Ok(release()));
        assert!(text.starts_with("{\n  \"format\": \"muster.agent-release/v1\",\n"), "{text}");
    }

    #[test]
    fn each_field_that_cannot_be_is_named_with_what_it_should_hold() {
        let faults: [(&str, Change); 9] = [
            ("format", |it| it.format = "muster.agent-release/v2".to_owned()),
            ("version", |it| it.version = "1.2.3-rc1".to_owned()),
            ("oldest_macos", |it| it.oldest_macos = "12.".to_owned()),
            ("package.file", |it| it.package.file = "../Muster.pkg".to_owned()),
            ("package.size", |it| it.package.size = 0),
            ("package.sha256", |it| it.package.sha256 = "AB".repeat(32)),
            ("executable.sha256", |it| it.executable.sha256.truncate(63)),
            ("executable.architectures", |it| it.executable.architectures.clear()),
            ("executable.architectures", |it| {
                it.executable.architectures = vec!["arm64".to_owned(), "arm64".to_owned()];
            }),
        ];
        for (name, change) in faults {
            let mut changed = release();
            change(&mut changed);
            let error = AgentRelease::read(changed.to_text().as_bytes()).unwrap_err();
            assert!(
                matches!(error, ReleaseError::Field { field, .. } if field == name),
                "{name}: {error}"
            );
        }
        let mut changed = release();
        changed.version = "1.2.3-rc1".to_owned();
        let error = AgentRelease::read(changed.to_text().as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "its field `version` is `1.2.3-rc1`, not numbers and dots");
    }

    #[test]
    fn an_unknown_field_or_a_missing_one_is_refused() {
        let text = release().to_text();
        for changed in [
            text.replace("\"size\"", "\"length\""),
            text.replacen('{', "{\"url\": \"\",", 1),
            String::new(),
        ] {
            let error = AgentRelease::read(changed.as_bytes()).unwrap_err();
            assert!(matches!(error, ReleaseError::Shape(_)), "{error}");
        }
    }

    #[test]
    fn versions_are_what_installer_can_compare() {
        for good in ["0", "1.2", "1.2.3", "10.20.30.9001"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "1.", ".1", "1..2", "1.2.3.4.5", "v1", "01.2", "1.2-3", "1 .2", "1,2"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
