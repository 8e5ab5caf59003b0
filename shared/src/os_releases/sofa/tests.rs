//! Both shapes of the feed, and answers that are no feed.

use jiff::civil::date;
use proptest::prelude::*;

use super::super::{Catalogue, Version};
use super::convert;

const V1: &str = include_str!("v1.json");
const V2: &str = include_str!("v2.json");

fn refused(feed: &str) -> String {
    convert(feed.as_bytes(), date(2026, 8, 22)).unwrap_err().to_string()
}

#[test]
fn version_one_is_read() {
    let catalogue = convert(V1.as_bytes(), date(2025, 12, 20)).unwrap();
    assert_eq!(catalogue.as_of(), date(2025, 12, 20));
    let versions: Vec<String> =
        catalogue.releases().iter().map(|one| one.version.to_string()).collect();
    assert_eq!(versions, ["13.1", "26.0", "26.2"]);
    let newest = catalogue.newest(26, date(2026, 1, 1)).unwrap();
    assert_eq!((newest.build.as_deref(), newest.cves), (Some("25C56"), 3));
    assert_eq!(newest.exploited, ["CVE-2025-14174", "CVE-2025-43529"]);
    assert_eq!(newest.released, date(2025, 12, 12));
    let name = catalogue.model_name("Mac15,12");
    assert_eq!(name, Some("MacBook Air (13-inch, M3, 2024)"));
}

#[test]
fn version_two_is_read() {
    let catalogue = convert(V2.as_bytes(), date(2026, 8, 22)).unwrap();
    assert_eq!(catalogue.as_of(), date(2026, 3, 20), "the feed's own check is older");
    let [first, second] = catalogue.releases() else { panic!("two releases") };
    assert_eq!(first.version, Version::new(26, 3, 1));
    assert_eq!((first.build.as_deref(), first.cves), (Some("25D2128"), 2));
    assert_eq!(first.exploited, ["CVE-2026-10002"]);
    assert_eq!((second.build.as_deref(), second.device_specific), (None, true));
    let [improvement] = catalogue.improvements() else { panic!("one improvement") };
    assert_eq!((improvement.extra.as_str(), improvement.cves), ("(a)", 1));
    assert_eq!(improvement.base_build, "25D2128");
}

#[test]
fn what_is_written_reads_back() {
    let catalogue = convert(V2.as_bytes(), date(2026, 8, 22)).unwrap();
    let again = Catalogue::parse(catalogue.text().as_bytes()).unwrap();
    assert_eq!(again.releases(), catalogue.releases());
    assert_eq!(again.sha256(), catalogue.sha256());
}

#[test]
fn a_page_or_a_notice_is_refused() {
    let page = refused("\n<!DOCTYPE html><html>");
    assert!(page.contains("a web page instead of JSON"), "{page}");
    let notice = refused("This address is no longer in use.");
    assert!(
        notice.contains("plain text instead of JSON, it starts with `This address"),
        "{notice}"
    );
    assert!(refused("").contains("empty"));
    let other = refused("{\"DeprecatedURLs\": []}");
    assert!(other.contains("no macOS feed: missing field `OSVersions`"), "{other}");
    let cut = refused(&V2[..900]);
    assert!(cut.contains("no macOS feed"), "{cut}");
}

/// What other tools took from feeds as it stood there. Dates that cannot be
/// right, and old feeds, are the catalogue's matter: see its tests.
#[test]
fn bug_12_what_feeds_get_wrong_does_not_reach_people() {
    let names = convert(V1.as_bytes(), date(2025, 12, 20)).unwrap();
    assert!(V1.contains("\\u00a0"));
    assert!(names.releases().iter().any(|one| one.version == Version::new(13, 1, 0)));
    assert!(!names.text().contains('\u{a0}'));
    let some_models = convert(V2.as_bytes(), date(2026, 8, 22)).unwrap();
    let newest = some_models.newest(26, date(2026, 8, 22)).unwrap();
    assert_eq!(newest.version, Version::new(26, 3, 1), "26.3.2 is for one model alone");
    for answer in ["<html>moved</html>", "This address is no longer in use.", "", "[]"] {
        assert!(convert(answer.as_bytes(), date(2026, 8, 22)).is_err(), "{answer}");
    }
}

#[test]
fn a_wrong_value_is_named_with_its_entry() {
    let wrong = refused(&V2.replace("2026-03-04T00:00:00Z", "March 4"));
    assert!(wrong.contains("at macOS Tahoe 26.3.1, field `ReleaseDate`: `March 4`"), "{wrong}");
    let wrong = refused(&V2.replace("\"26.3.2\"", "\"26.x\""));
    assert!(wrong.contains("field `ProductVersion`: `26.x` is not a macOS version"), "{wrong}");
}

#[test]
fn a_feed_of_another_system_gives_nothing() {
    let wrong = convert(V2.replace("\"macOS\"", "\"iOS\"").as_bytes(), date(2026, 8, 22));
    let source = std::error::Error::source(&wrong.unwrap_err()).unwrap().to_string();
    assert!(source.contains("`releases`: the list is empty"), "{source}");
}

proptest! {
    #[test]
    fn a_damaged_feed_is_answered(at in 0_usize..2600, with in "[{}\\[\\]\",:0a]") {
        let mut feed = V2.to_owned();
        if feed.is_char_boundary(at) && feed.is_char_boundary(at + 1) {
            feed.replace_range(at..=at, &with);
        }
        let _ = convert(feed.as_bytes(), date(2026, 8, 22));
    }
}
