//! What the feed has done to its readers, one test each.
//!
//! Beside these: both shapes, notices, web pages, no-break spaces, two builds
//! of one version and `macOS Tahoe 26` in `tests.rs`; wrong dates in
//! `catalogue/tests.rs`; releases for some models, majors that are not known
//! and old catalogues in `facts/tests.rs`; dates a day off in
//! `corrections/tests.rs`.

use jiff::civil::date;
use serde_json::{Value, json};

use super::super::{Catalogue, Corrections, Installed, Version, patch_facts};
use super::convert;

fn feed(release: &Value) -> Value {
    json!({"OSVersions": [{"OSVersion": "Tahoe 26", "SecurityReleases": [release]}]})
}

fn release(more: &Value) -> Value {
    let mut release = json!({
        "UpdateName": "macOS Tahoe 26.6.1", "ProductVersion": "26.6.1",
        "ReleaseDate": "2026-08-06T00:00:00Z", "CVEs": {}, "ActivelyExploitedCVEs": [],
    });
    let more = more.as_object().unwrap().clone();
    release.as_object_mut().unwrap().extend(more);
    release
}

fn converted(feed: &Value) -> Catalogue {
    convert(feed.to_string().as_bytes(), date(2026, 8, 22)).unwrap()
}

#[test]
fn devices_that_are_absent_or_empty_exclude_nobody() {
    for more in [json!({}), json!({"SupportedDevices": []}), json!({"SupportedDevices": null})] {
        let catalogue = converted(&feed(&release(&more)));
        assert!(!catalogue.releases()[0].device_specific, "{more}");
        assert!(catalogue.newest(26, date(2026, 8, 22)).is_some(), "{more}");
    }
}

#[test]
fn expiry_may_be_a_date_a_date_and_time_or_nothing() {
    for expiry in [json!("2026-11-20T00:00:00Z"), json!("2026-11-20"), json!(""), json!(null)] {
        let catalogue = converted(&feed(&release(&json!({"ExpirationDate": expiry}))));
        assert_eq!(catalogue.releases().len(), 1, "{expiry}");
    }
}

#[test]
fn exploited_holes_are_taken_from_their_list_whatever_the_map_says() {
    for holes in [
        json!({"CVE-2026-65400": true, "CVE-2026-1": false}),
        json!({"CVE-2026-65400": {"ActivelyExploited": true, "InKEV": true}, "CVE-2026-1": {}}),
        json!({"CVE-2026-65400": {}, "CVE-2026-1": {"ActivelyExploited": true}}),
    ] {
        let more = json!({"CVEs": holes, "ActivelyExploitedCVEs": ["CVE-2026-65400"]});
        let catalogue = converted(&feed(&release(&more)));
        let one = &catalogue.releases()[0];
        assert_eq!((one.cves, one.exploited.as_slice()), (2, &["CVE-2026-65400".to_owned()][..]));
    }
}

#[test]
fn an_empty_build_is_no_build() {
    let catalogue = converted(&feed(&release(&json!({"Build": "", "AllBuilds": []}))));
    assert_eq!(catalogue.releases()[0].build, None);
}

#[test]
fn a_date_is_taken_as_it_is_written_whatever_its_time_and_zone() {
    for text in ["2026-08-06", "2026-08-06T00:00:00Z", "2026-08-06T23:59:59-07:00"] {
        let catalogue = converted(&feed(&release(&json!({"ReleaseDate": text}))));
        assert_eq!(catalogue.releases()[0].released, date(2026, 8, 6), "{text}");
    }
}

#[test]
fn the_first_release_of_a_major_is_point_zero() {
    let first = json!({"UpdateName": "macOS Tahoe 26", "ProductVersion": "26.0"});
    assert_eq!(converted(&feed(&release(&first))).releases()[0].version, Version::new(26, 0, 0));
    let mut named_only = release(&first);
    named_only.as_object_mut().unwrap().remove("ProductVersion");
    assert_eq!(converted(&feed(&named_only)).releases()[0].version, Version::new(26, 0, 0));
}

#[test]
fn a_gap_in_versions_is_neither_filled_nor_refused() {
    let mut with_gap = feed(&release(&json!({"ProductVersion": "15.7.5"})));
    let list = with_gap["OSVersions"][0]["SecurityReleases"].as_array_mut().unwrap();
    list.push(release(&json!({"ProductVersion": "15.7.7"})));
    let catalogue = converted(&with_gap);
    assert_eq!(catalogue.releases().len(), 2);
    let between =
        Installed { version: Version::new(15, 7, 6), build: None, extra: None, beta: false };
    let facts = patch_facts(&catalogue, &between, "2026-08-22T09:00:00Z".parse().unwrap());
    assert!(!facts.listed, "a version that nobody lists is not up to date by that");
    assert_eq!(facts.releases_missed, ["15.7.7"]);
}

#[test]
fn the_release_for_one_model_is_missed_by_nobody_though_the_feed_calls_it_universal() {
    let more = json!({"ProductVersion": "26.3.2", "DeviceScope": "universal"});
    let mut both = feed(&release(&more));
    let list = both["OSVersions"][0]["SecurityReleases"].as_array_mut().unwrap();
    list.push(release(&json!({"ProductVersion": "26.3.1"})));
    let catalogue = converted(&both).corrected(&Corrections::embedded()).unwrap();
    let installed =
        Installed { version: Version::new(26, 3, 1), build: None, extra: None, beta: false };
    let facts = patch_facts(&catalogue, &installed, "2026-08-22T09:00:00Z".parse().unwrap());
    assert_eq!(facts.releases_missed, Vec::<String>::new());
    assert_eq!(facts.latest_for_major.as_deref(), Some("26.3.1"));
}
