//! Corrections that are applied, obsolete and refused.

use jiff::civil::date;

use super::super::Catalogue;
use super::Corrections;

const WRONG_DATE: &str = r#"
[[correction]]
version = "26.6.1"
field = "released"
value = "2026-08-06"
until = "2026-08-07"
reason = "The feed's date is one day late."
source = "The vendor's page"
date = "2026-08-08"
"#;

fn corrections(text: &str) -> Corrections {
    Corrections::parse(text, "corrections.toml").unwrap()
}

fn catalogue(released: &str) -> Catalogue {
    let text = format!(
        r#"{{"format": "muster.os-releases/v1", "platform": "macos", "as_of": "2026-08-22",
            "releases": [{{"version": "26.6.1", "released": "{released}", "cves": 1}}]}}"#
    );
    Catalogue::parse(text.as_bytes()).unwrap()
}

fn refused(text: &str) -> String {
    Corrections::parse(text, "mine.toml").unwrap_err().to_string()
}

#[test]
fn an_off_by_one_date_is_corrected_and_the_catalogue_says_so() {
    let mended = catalogue("2026-08-07").corrected(&corrections(WRONG_DATE)).unwrap();
    assert_eq!(mended.releases()[0].released, date(2026, 8, 6));
    let [note] = mended.corrections() else { panic!("one note") };
    assert!(note.applied);
    assert_eq!(
        (note.value.as_str(), note.source_says.as_deref()),
        ("2026-08-06", Some("2026-08-07"))
    );
    let again = Catalogue::parse(mended.text().as_bytes()).unwrap();
    assert_eq!(again.corrections(), mended.corrections(), "it is handed out with the catalogue");
    let twice = mended.corrected(&corrections(WRONG_DATE)).unwrap();
    assert_eq!(twice.text(), mended.text(), "merging twice changes nothing");
}

#[test]
fn a_correction_ends_when_the_source_says_something_else() {
    for mended in ["2026-08-06", "2026-08-05"] {
        let catalogue = catalogue(mended).corrected(&corrections(WRONG_DATE)).unwrap();
        assert_eq!(catalogue.releases()[0].released.to_string(), mended);
        let [note] = catalogue.corrections() else { panic!("one note") };
        assert_eq!((note.applied, note.source_says.as_deref()), (false, Some(mended)));
    }
}

#[test]
fn a_correction_of_a_release_that_is_not_there_is_obsolete() {
    let other = corrections(&WRONG_DATE.replace("26.6.1", "26.9"));
    let catalogue = catalogue("2026-08-07").corrected(&other).unwrap();
    let [note] = catalogue.corrections() else { panic!("one note") };
    assert_eq!((note.applied, note.source_says.as_deref()), (false, None));
    assert_eq!(catalogue.releases().len(), 1, "no release is made up");
}

#[test]
fn without_until_any_other_value_is_replaced() {
    let text = WRONG_DATE.replace("until = \"2026-08-07\"\n", "");
    let mended = catalogue("2026-09-30").corrected(&corrections(&text)).unwrap();
    assert_eq!(mended.releases()[0].released, date(2026, 8, 6));
}

#[test]
fn every_field_can_be_corrected_and_a_later_list_wins() {
    for (field, value) in [
        ("released", "\"2026-08-06\""),
        ("build", "\"25G76\""),
        ("cves", "3"),
        ("exploited", "[\"CVE-2026-2\", \"CVE-2026-1\"]"),
        ("device_specific", "true"),
    ] {
        let text = WRONG_DATE
            .replace("until = \"2026-08-07\"\n", "")
            .replace("\"released\"", &format!("\"{field}\""))
            .replace("\"2026-08-06\"", value);
        let mended = catalogue("2026-08-07").corrected(&corrections(&text)).unwrap();
        assert!(mended.corrections()[0].applied, "{field}");
        assert_ne!(mended.releases(), catalogue("2026-08-07").releases(), "{field}");
    }
    let mine = corrections(
        &WRONG_DATE
            .replace("\"2026-08-06\"", "\"2026-08-05\"")
            .replace("until = \"2026-08-07\"\n", ""),
    );
    let both = corrections(WRONG_DATE).and(&mine);
    let mended = catalogue("2026-08-07").corrected(&both).unwrap();
    assert_eq!(mended.releases()[0].released, date(2026, 8, 5));
    assert_eq!(mended.corrections().len(), 1, "one note for one field");
    assert_ne!(both.sha256(), corrections(WRONG_DATE).sha256());
}

#[test]
fn the_release_for_one_model_is_marked_as_such() {
    let corrected = Catalogue::embedded().corrected(&Corrections::embedded()).unwrap();
    let [note] = corrected.corrections() else { panic!("one note") };
    assert_eq!((note.version.to_string().as_str(), note.applied), ("26.3.2", true));
    let one = corrected.releases().iter().find(|one| one.version == note.version).unwrap();
    assert!(one.device_specific);
}

#[test]
fn what_is_wrong_is_named_with_line_and_column() {
    for (from, to, said) in [
        ("[[correction]]", "[[corection]]", "mine.toml:2:3: unknown field `corection`"),
        ("\"26.6.1\"", "\"26.x\"", "mine.toml:3:11: `version`: `26.x` is not a macOS version"),
        (
            "\"released\"",
            "\"date\"",
            "mine.toml:4:9: `field` is `date`, but must be one of released, build",
        ),
        ("value = \"2026-08-06\"", "value = 7", "mine.toml:5:9: `value` must be a date in quotes"),
        ("\"2026-08-07\"", "\"7 August\"", "mine.toml:6:9: `until` must be a date in quotes"),
        ("\"The feed's date is one day late.\"", "\" \"", "mine.toml:7:10: `reason` is empty"),
        ("\"The vendor's page\"", "''", "mine.toml:8:10: `source` is empty"),
        ("\"2026-08-08\"", "\"soon\"", "mine.toml:9:8: `date` is `soon`"),
        ("reason =", "why =", "unknown field `why`"),
        ("date = \"2026-08-08\"\n", "", "missing field `date`"),
    ] {
        assert!(WRONG_DATE.contains(from), "{from}");
        let error = refused(&WRONG_DATE.replace(from, to));
        assert!(error.contains(said), "{error}");
        assert!(error.starts_with("mine.toml:"), "{error}");
    }
    let twice = refused(&format!("{WRONG_DATE}{WRONG_DATE}"));
    assert!(
        twice.starts_with("mine.toml:12:11: `released` of 26.6.1 is corrected twice"),
        "{twice}"
    );
    let cve = WRONG_DATE
        .replace("\"released\"", "\"exploited\"")
        .replace("\"2026-08-06\"", "[\"2026-1\"]");
    assert!(refused(&cve).contains("a list of CVE numbers"));
}
