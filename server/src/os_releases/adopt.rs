//! Is an answer fit to replace the catalogue in force?

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use shared::os_releases::sofa::{self, SofaError};
use shared::os_releases::{Catalogue, CatalogueError, Corrections};

/// Fewer releases than this share of the known ones are not believed, in per
/// cent. A feed only grows, but a release can be withdrawn.
const LEAST_SHARE: usize = 90;

/// Why an answer is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No feed that can be read.
    #[error("{0}")]
    Feed(#[from] SofaError),
    /// No catalogue comes out.
    #[error("{0}")]
    Catalogue(#[from] CatalogueError),
    /// Its makers looked earlier than those of the catalogue in force.
    #[error(
        "the feed is of {found}, but the catalogue in force is of {known}; check whether the address is a mirror that stands still"
    )]
    Older {
        /// What the feed says.
        found: Date,
        /// What is in force.
        known: Date,
    },
    /// A cut copy.
    #[error(
        "the feed has {found} releases, but {known} are known; check the address, or import a file"
    )]
    Fewer {
        /// In the feed.
        found: usize,
        /// In force.
        known: usize,
    },
    /// A whole major version is gone.
    #[error(
        "the feed has no release of macOS {major}, but the catalogue in force has; check the address, or import a file"
    )]
    MajorGone {
        /// Which one.
        major: i64,
    },
}

/// Reads a file that a person or a feed gave: the product's own format, or
/// either shape of the feed, with `corrections` merged over it.
pub fn read(text: &[u8], corrections: &Corrections, now: Timestamp) -> Result<Catalogue, Refusal> {
    let catalogue =
        if is_own(text) { Catalogue::parse(text)? } else { sofa::convert(text, today(now))? };
    Ok(catalogue.corrected(corrections)?)
}

/// The day of `now` in UTC.
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// Our own files name their format.
pub fn is_own(text: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(text)
        .is_ok_and(|value| value.get("format").is_some())
}

/// Whether `found` may take the place of `known` without a person looking.
pub fn plausible(found: &Catalogue, known: &Catalogue) -> Result<(), Refusal> {
    if found.as_of() < known.as_of() {
        return Err(Refusal::Older { found: found.as_of(), known: known.as_of() });
    }
    let gone = known.majors().keys().find(|major| !found.majors().contains_key(major));
    if let Some(major) = gone {
        return Err(Refusal::MajorGone { major: *major });
    }
    let (new, old) = (found.releases().len(), known.releases().len());
    if new * 100 < old * LEAST_SHARE {
        return Err(Refusal::Fewer { found: new, known: old });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use shared::os_releases::Catalogue;

    use super::plausible;

    fn catalogue(as_of: &str, versions: &[&str]) -> Catalogue {
        let release = |version: &&str| {
            format!("{{\"version\": \"{version}\", \"released\": \"2026-08-01\", \"cves\": 1}}")
        };
        let releases: Vec<String> = versions.iter().map(release).collect();
        let text = format!(
            "{{\"format\": \"muster.os-releases/v1\", \"platform\": \"macos\", \"as_of\": \"{as_of}\", \"releases\": [{}]}}",
            releases.join(", ")
        );
        Catalogue::parse(text.as_bytes()).unwrap()
    }

    fn refused(as_of: &str, versions: &[&str]) -> String {
        let known = catalogue("2026-08-20", &["14.0", "15.0", "15.1", "26.0", "26.1"]);
        plausible(&catalogue(as_of, versions), &known).unwrap_err().to_string()
    }

    #[test]
    fn a_feed_that_goes_on_is_taken() {
        let known = catalogue("2026-08-20", &["15.0", "26.0"]);
        for (as_of, versions) in [
            ("2026-08-20", &["15.0", "26.0"][..]),
            ("2026-08-21", &["15.0", "26.0", "26.1", "27.0"]),
        ] {
            plausible(&catalogue(as_of, versions), &known).unwrap();
        }
    }

    #[test]
    fn an_older_a_cut_and_a_poorer_feed_are_refused() {
        let all = &["14.0", "15.0", "15.1", "26.0", "26.1"];
        assert!(refused("2026-08-19", all).starts_with("the feed is of 2026-08-19, but"));
        assert!(
            refused("2026-08-20", &all[1..]).starts_with("the feed has no release of macOS 14")
        );
        let cut = refused("2026-08-20", &["14.0", "15.0", "26.0", "26.1"]);
        assert!(cut.starts_with("the feed has 4 releases, but 5 are known"), "{cut}");
    }

    #[test]
    fn a_release_that_was_withdrawn_is_let_go() {
        let all: Vec<String> = (0..20).map(|minor| format!("26.{minor}")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let known = catalogue("2026-08-20", &all);
        plausible(&catalogue("2026-08-21", &all[..19]), &known).unwrap();
    }
}
