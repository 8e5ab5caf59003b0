//! Catalogues that are taken and refused.

use jiff::civil::date;

use super::{Catalogue, is_cve};

fn catalogue(releases: &str) -> Result<Catalogue, String> {
    let text = format!(
        "{{\"format\": \"muster.os-releases/v1\",\n\"platform\": \"macos\",\n\
         \"as_of\": \"2026-08-22\",\n\"releases\": [{releases}]}}"
    );
    Catalogue::parse(text.as_bytes()).map_err(|error| error.to_string())
}

fn release(version: &str, released: &str) -> String {
    format!("{{\"version\": \"{version}\", \"released\": \"{released}\", \"cves\": 1}}")
}

#[test]
fn the_embedded_catalogue_is_valid() {
    let embedded = Catalogue::embedded();
    assert_eq!(embedded.as_of(), date(2026, 8, 22));
    assert_eq!(embedded.sha256().len(), 64);
    assert_eq!(embedded.model_name("Mac15,12"), Some("MacBook Air (13-inch, M3, 2024)"));
    assert_eq!(embedded.model_name("Mac99,9"), None);
    let newest = embedded.newest(26, date(2026, 8, 16)).unwrap();
    assert_eq!(newest.version.to_string(), "26.6.1");
    assert!(embedded.newest(27, date(2026, 8, 22)).is_none());
}

#[test]
fn a_date_after_that_of_a_newer_version_is_not_believed() {
    let rows = [
        release("13.0", "2022-10-24"),
        release("13.0.1", "2024-06-12"),
        release("13.1", "2022-12-13"),
    ];
    let catalogue = catalogue(&rows.join(",")).unwrap();
    let dates: Vec<_> = catalogue.dated(13).map(|(_, out)| out).collect();
    assert_eq!(dates, [date(2022, 10, 24), date(2022, 12, 13), date(2022, 12, 13)]);
}

#[test]
fn a_newer_major_says_nothing_about_the_dates_of_an_older_one() {
    let rows = [release("26.0", "2025-09-15"), release("15.7.9", "2026-08-06")];
    let catalogue = catalogue(&rows.join(",")).unwrap();
    assert_eq!(catalogue.dated(15).map(|(_, out)| out).collect::<Vec<_>>(), [date(2026, 8, 6)]);
}

#[test]
fn what_is_wrong_is_named() {
    let good = release("26.0", "2025-09-15");
    assert!(catalogue(&good).is_ok());
    let rows = [
        (String::new(), "at `releases`: the list is empty"),
        (format!("{good},{good}"), "at `releases[1].version`: 26.0 stands in the list twice"),
        (good.replace("cves", "cvs"), "unknown field `cvs`"),
        (good.replace("\"cves\": 1", "\"cves\": -1"), "at line 4 column"),
        (good.replace("26.0", "26.0 beta"), "`26.0 beta` is not a macOS version"),
        (good.replace("2025-09-15", "15.9.2025"), "at line 4 column"),
        (good.replace('}', ", \"exploited\": [\"2026-1\"]}"), "`2026-1` is no CVE number"),
    ];
    for (releases, said) in rows {
        let error = catalogue(&releases).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
    let parse = |text: &str| Catalogue::parse(text.as_bytes()).unwrap_err().to_string();
    let embedded = Catalogue::embedded();
    let other = parse(&embedded.text().replacen("/v1", "/v2", 1));
    assert!(other.contains("field `format`"), "{other}");
    let extra = parse(&embedded.text().replacen("\"(a)\"", "\"a\"", 1));
    assert!(extra.contains("`background_security_improvements[0].extra`"), "{extra}");
    assert!(parse("<html>").contains("cannot be read"));
    assert!(Catalogue::parse(&[0xff]).unwrap_err().to_string().contains("not UTF-8"));
}

#[test]
fn a_cve_number_has_one_form() {
    assert!(is_cve("CVE-2026-65400"));
    for text in ["", "CVE-26-1", "CVE-2026-", "cve-2026-65400", "CVE-2026-1a"] {
        assert!(!is_cve(text), "{text}");
    }
}
