//! Worked answers, and the traps in the data.

use jiff::Timestamp;
use proptest::prelude::*;
use serde::Deserialize;

use super::super::{Catalogue, Installed, PatchFacts, patch_facts};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    #[serde(rename = "note")]
    _note: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    now: String,
    installed: String,
    latest_for_major: Option<String>,
    releases_missed: Vec<String>,
    days_exposed: Option<i64>,
    exploited_cves_missing: Vec<String>,
    days_exploited: Option<i64>,
    listed: bool,
}

fn on(day: &str) -> Timestamp {
    format!("{day}T23:30:00Z").parse().unwrap()
}

fn installed(version: &str) -> Installed<'static> {
    Installed { version: version.parse().unwrap(), build: None, extra: None, beta: false }
}

fn facts(version: &str, day: &str) -> PatchFacts {
    patch_facts(&Catalogue::embedded(), &installed(version), on(day))
}

#[test]
fn worked_answers_come_out_exactly() {
    let all: Vectors = serde_json::from_str(include_str!("../TEST_VECTORS.json")).unwrap();
    assert!(all.vectors.len() >= 12);
    for vector in all.vectors {
        let found = facts(&vector.installed, &vector.now);
        let at = format!("{} on {}", vector.installed, vector.now);
        assert_eq!(found.listed, vector.listed, "{at}");
        assert_eq!(found.latest_for_major, vector.latest_for_major, "{at}");
        assert_eq!(found.releases_missed, vector.releases_missed, "{at}");
        assert_eq!(found.days_exposed, vector.days_exposed, "{at}");
        assert_eq!(found.exploited_cves_missing, vector.exploited_cves_missing, "{at}");
        assert_eq!(found.days_exploited, vector.days_exploited, "{at}");
    }
}

#[test]
fn a_release_of_tomorrow_is_not_missed_today() {
    assert_eq!(facts("26.6", "2026-08-05").releases_missed, Vec::<String>::new());
    assert_eq!(facts("26.6", "2026-08-06").days_exploited, Some(0));
    assert_eq!(facts("26.6", "2026-08-05").latest_for_major.as_deref(), Some("26.6"));
}

#[test]
fn a_hole_that_the_installed_release_fixed_does_not_count_again() {
    // 26.3 names two holes that 26.2 had fixed, and one of its own.
    let found = facts("26.2", "2026-02-20");
    assert_eq!(found.exploited_cves_missing, ["CVE-2026-20700"]);
    assert_eq!(found.days_exploited, Some(9));
}

#[test]
fn a_wrong_date_is_bounded_by_the_next_release() {
    // The source dates 13.0.1 in 2024, and 13.1 in December 2022.
    let found = facts("13.0", "2022-12-14");
    assert_eq!(found.releases_missed, ["13.0.1", "13.1"]);
    assert_eq!(found.days_exposed, Some(1));
}

#[test]
fn a_release_without_holes_exposes_nobody() {
    let found = facts("26.3", "2026-03-20");
    assert_eq!(found.releases_missed, ["26.3.1", "26.3.2"]);
    assert_eq!((found.days_exposed, found.days_exploited), (None, None));
}

#[test]
fn an_improvement_counts_only_for_its_build_and_when_surely_absent() {
    let base = Installed { build: Some("25D2128"), extra: Some(""), ..installed("26.3.1") };
    let on_day = |one: &Installed<'_>, day| patch_facts(&Catalogue::embedded(), one, on(day));
    let missed = on_day(&base, "2026-03-20");
    assert_eq!(missed.releases_missed, ["26.3.1 (a)", "26.3.2"]);
    assert_eq!(missed.days_exposed, Some(3));
    assert_eq!(on_day(&base, "2026-03-16").days_exposed, None);
    for other in [
        Installed { extra: Some("(a)"), ..base },
        Installed { extra: Some("(b)"), ..base },
        Installed { extra: None, ..base },
        Installed { build: None, ..base },
        Installed { build: Some("25D9999"), ..base },
    ] {
        assert_eq!(on_day(&other, "2026-03-20").days_exposed, None, "{other:?}");
    }
}

#[test]
fn a_beta_is_never_listed_and_can_still_be_old() {
    let beta = Installed { beta: true, ..installed("26.6.2") };
    let embedded = Catalogue::embedded();
    assert!(!patch_facts(&embedded, &beta, on("2026-08-22")).listed);
    let old = Installed { beta: true, ..installed("26.5") };
    assert_eq!(patch_facts(&embedded, &old, on("2026-08-22")).days_exploited, Some(16));
}

#[test]
fn ten_sixteen_is_judged_as_eleven() {
    let found = facts("10.16", "2026-08-22");
    assert_eq!((found.listed, found.major_supported), (false, Some(false)));
}

#[test]
fn an_unlisted_release_between_two_known_ones_still_misses_the_later() {
    let found = facts("26.5.3", "2026-08-22");
    assert!(!found.listed);
    assert_eq!(found.releases_missed, ["26.6", "26.6.1", "26.6.2"]);
}

#[test]
fn the_age_of_the_catalogue_is_counted_in_utc_days() {
    assert_eq!(facts("26.6.2", "2026-08-22").catalogue_age_days, 0);
    assert_eq!(facts("26.6.2", "2026-09-06").catalogue_age_days, 15);
}

#[test]
fn the_newest_three_majors_are_mended() {
    let supported = |version, day| facts(version, day).major_supported;
    for version in ["26.6.2", "15.7.9", "14.8.9"] {
        assert_eq!(supported(version, "2026-08-22"), Some(true), "{version}");
    }
    for version in ["13.7.8", "12.7.6", "11.7"] {
        assert_eq!(supported(version, "2026-08-22"), Some(false), "{version}");
    }
    assert_eq!(supported("27.0", "2026-08-22"), None);
}

#[test]
fn a_major_that_was_pushed_out_keeps_sixty_days() {
    // 26.0 came on 2025-09-15 and pushed out 13.
    assert_eq!(facts("13.7.8", "2025-09-14").major_supported, Some(true));
    assert_eq!(facts("13.7.8", "2025-11-14").major_supported, Some(true));
    assert_eq!(facts("13.7.8", "2025-11-15").major_supported, Some(false));
}

#[test]
fn an_old_catalogue_does_not_make_a_major_look_quiet() {
    // Nothing newer than 2026-08-06 is known of 14, and nothing could be.
    assert_eq!(facts("14.8.9", "2027-06-01").major_supported, Some(true));
}

#[test]
fn a_quiet_major_is_not_mended() {
    let quiet = r#"{"format": "muster.os-releases/v1", "platform": "macos", "as_of": "2026-08-22",
        "releases": [{"version": "26.0", "released": "2026-04-23", "cves": 1},
                     {"version": "15.0", "released": "2026-04-24", "cves": 1}]}"#;
    let catalogue = Catalogue::parse(quiet.as_bytes()).unwrap();
    let supported =
        |version| patch_facts(&catalogue, &installed(version), on("2026-08-22")).major_supported;
    assert_eq!(supported("26.0"), Some(false), "121 days");
    assert_eq!(supported("15.0"), Some(true), "120 days");
}

#[test]
fn a_release_for_some_models_is_missed_by_nobody() {
    let text = r#"{"format": "muster.os-releases/v1", "platform": "macos", "as_of": "2026-08-22",
        "releases": [{"version": "26.1", "released": "2026-08-01", "cves": 1},
                     {"version": "26.2", "released": "2026-08-02", "cves": 1, "exploited": ["CVE-2026-1"],
                      "device_specific": true}]}"#;
    let catalogue = Catalogue::parse(text.as_bytes()).unwrap();
    let found = patch_facts(&catalogue, &installed("26.1"), on("2026-08-22"));
    assert_eq!((found.days_exposed, found.latest_for_major.as_deref()), (None, Some("26.1")));
    assert!(patch_facts(&catalogue, &installed("26.2"), on("2026-08-22")).listed);
}

proptest! {
    /// Whatever is proven stays proven: time and newer releases only add.
    #[test]
    fn a_newer_version_never_misses_more(older in 0_usize..126, newer in 0_usize..126, days in 0_i64..900) {
        let catalogue = Catalogue::embedded();
        let releases = catalogue.releases();
        let (Some(one), Some(other)) = (releases.get(older), releases.get(newer)) else { return Ok(()) };
        if one.version >= other.version || one.version.major() != other.version.major() {
            return Ok(());
        }
        let now = on("2024-06-01") + jiff::SignedDuration::from_hours(24 * days);
        let at = |version| {
            patch_facts(&catalogue, &Installed { version, build: None, extra: None, beta: false }, now)
        };
        let (one, other) = (at(one.version), at(other.version));
        prop_assert!(other.releases_missed.len() <= one.releases_missed.len());
        prop_assert!(other.days_exposed <= one.days_exposed);
        prop_assert!(other.days_exploited <= one.days_exploited);
    }
}
