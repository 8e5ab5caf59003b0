//! Does a Mac run something that the catalogue does not know yet?

use super::catalogue::Catalogue;
use super::facts::Installed;

/// Whether `installed` is newer than everything that `catalogue` could say of
/// it: a later version of its major, a later major, a later build of a known
/// version, or an improvement that is not listed. A beta is no news.
pub fn is_newer_than(catalogue: &Catalogue, installed: &Installed<'_>) -> bool {
    if installed.beta {
        return false;
    }
    let major = installed.version.major();
    let of_major = catalogue.releases().iter().filter(|one| one.version.major() == major);
    let Some(newest) = of_major.max_by_key(|one| one.version) else {
        return catalogue.majors().keys().all(|known| *known < major);
    };
    if installed.version > newest.version {
        return true;
    }
    let known = catalogue.releases().iter().find(|one| one.version == installed.version);
    let Some(known) = known else { return false };
    match installed.extra {
        // The build of an improvement follows no order with that of its base.
        Some(extra) if !extra.is_empty() => !catalogue
            .improvements()
            .iter()
            .any(|one| one.version == installed.version && one.extra == extra),
        _ => match (&known.build, installed.build) {
            (Some(known), Some(build)) => later_build(known, build),
            _ => false,
        },
    }
}

/// Whether `build` follows `known` in the same series: `25G83` after `25G76`.
fn later_build(known: &str, build: &str) -> bool {
    match (series(known), series(build)) {
        (Some((one, first)), Some((other, second))) => one == other && second > first,
        _ => false,
    }
}

/// `25G76` as the series `25G` and the number 76.
fn series(build: &str) -> Option<(&str, u32)> {
    let letter = build.find(|c: char| c.is_ascii_uppercase())?;
    let (series, number) = build.split_at_checked(letter + 1)?;
    Some((series, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::{Catalogue, Installed};
    use super::is_newer_than;

    fn news(version: &str, build: Option<&str>, extra: Option<&str>) -> bool {
        let text = r#"{"format": "muster.os-releases/v1", "platform": "macos", "as_of": "2026-08-22",
            "releases": [{"version": "26.3.1", "build": "25D2128", "released": "2026-03-04", "cves": 0},
                         {"version": "26.6.2", "build": "25G83", "released": "2026-08-17", "cves": 1},
                         {"version": "15.7.9", "released": "2026-08-06", "cves": 1}],
            "background_security_improvements": [{"version": "26.3.1", "extra": "(a)",
                "base_build": "25D2128", "released": "2026-03-17", "cves": 1}]}"#;
        let catalogue = Catalogue::parse(text.as_bytes()).unwrap();
        let installed = Installed { version: version.parse().unwrap(), build, extra, beta: false };
        assert!(!is_newer_than(&catalogue, &Installed { beta: true, ..installed }));
        is_newer_than(&catalogue, &installed)
    }

    #[test]
    fn a_later_version_major_build_or_improvement_is_news() {
        assert!(news("26.6.3", None, None));
        assert!(news("15.7.10", None, None));
        assert!(news("27.0", Some("26A1"), None));
        assert!(news("26.6.2", Some("25G90"), Some("")));
        assert!(news("26.6.2", Some("25G771280a"), Some("(a)")));
    }

    #[test]
    fn what_is_known_or_older_is_no_news() {
        assert!(!news("26.6.2", Some("25G83"), Some("")));
        assert!(!news("26.6.2", None, None));
        assert!(!news("26.6.2", Some("25G9"), None), "builds are numbers, not text");
        assert!(!news("26.6.2", Some("26A1"), None), "another series says nothing");
        assert!(!news("26.6.2", Some("?"), None));
        assert!(!news("26.3.1", Some("25D771280a"), Some("(a)")));
        assert!(!news("26.5.3", None, None), "a gap is normal");
        assert!(!news("14.8.9", None, None), "an older major");
        assert!(!news("15.7.9", Some("24G830"), None), "no build to compare with");
    }
}
