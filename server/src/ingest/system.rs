//! The system that a full report names.

use shared::os_releases::Installed;
use shared::reading::{FieldValue, Outcome};
use shared::statement::Posture;

/// Version, build and suffix as they were reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    version: String,
    build: Option<String>,
    extra: Option<String>,
    beta: bool,
}

impl System {
    /// The system in `posture`, if it was read in it.
    pub fn of(posture: &Posture) -> Option<Self> {
        let os = posture.checks.iter().find(|check| check.id == "os")?;
        let os = Some(os).filter(|os| os.outcome == Outcome::Observed)?;
        let text = |name: &str| match os.fields.get(name) {
            Some(FieldValue::Text(text)) if text.len() <= 40 => Some(text.clone()),
            _ => None,
        };
        Some(Self {
            version: text("version")?,
            build: text("build"),
            extra: text("extra"),
            beta: os.fields.get("beta") == Some(&FieldValue::Flag(true)),
        })
    }

    /// The same for the catalogue; none when the version is not one.
    pub fn installed(&self) -> Option<Installed<'_>> {
        Some(Installed {
            version: self.version.parse().ok()?,
            build: self.build.as_deref(),
            extra: self.extra.as_deref(),
            beta: self.beta,
        })
    }
}
