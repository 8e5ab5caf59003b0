//! What pages say of the age of the catalogue.

use jiff::Timestamp;
use shared::os_releases::Catalogue;

use super::Site;
use crate::os_releases::source::{OsReleasesFile, Source};
use crate::store::os_releases::{FeedState, Keeping, Outcome};
use crate::web::os_releases::Warning;

fn on(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

fn source() -> Source {
    OsReleasesFile::default().source().unwrap().unwrap()
}

fn warning(feed: FeedState, source: Option<&Source>, day: &str) -> Option<Warning> {
    let keeping = Keeping { feed, origin: None, issued_since: None };
    Warning::of(&Catalogue::embedded(), &keeping, source, on(day))
}

#[test]
fn a_young_catalogue_is_no_news_and_from_day_seven_it_is() {
    // The built-in catalogue is of 22 August.
    let idle = FeedState::default;
    assert!(warning(idle(), None, "2026-08-28").is_none());
    let seventh = warning(idle(), None, "2026-08-29").unwrap();
    assert_eq!(seventh.title, "The catalogue of macOS releases is 7 days old");
    assert_eq!(
        seventh.means,
        "From 6 Sep 2026 no Mac can be called up to date: its patch level becomes unknown, unless it is proven to be behind."
    );
    assert!(!warning(idle(), None, "2026-09-05").unwrap().too_old, "day 14 still holds");
    let late = warning(idle(), None, "2026-09-06").unwrap();
    assert!(late.too_old);
    assert!(late.means.starts_with(
        "Since 6 Sep 2026 no Mac can be called up to date: its patch level is unknown"
    ));
}

#[test]
fn the_reason_is_the_last_attempt_in_one_sentence() {
    let tried = |outcome| FeedState {
        attempted_at: Some("2026-08-29T11:48:00Z".parse().unwrap()),
        outcome: Some(outcome),
        detail: "the address did not answer in time".to_owned(),
        ..FeedState::default()
    };
    let why = |feed, source: Option<&Source>| warning(feed, source, "2026-08-29").unwrap().why;
    assert_eq!(why(tried(Outcome::Failed), None), "Fetching is switched off in the configuration.");
    assert_eq!(why(FeedState::default(), Some(&source())), "It was never fetched.");
    assert_eq!(
        why(tried(Outcome::Failed), Some(&source())),
        "The last attempt, 12 min ago, failed: the address did not answer in time."
    );
    let same = why(tried(Outcome::Same), Some(&source()));
    assert!(
        same.starts_with("The last attempt, 12 min ago, was answered, but with nothing newer"),
        "{same}"
    );
}

#[tokio::test]
async fn the_overview_warns_and_leads_to_the_catalogues_page() {
    for devices in [0, 12] {
        let mut site = Site::with(devices).await;
        assert!(!site.get("/").await.text().contains("class=\"warning"));
        site.clock.set(on("2026-08-30"));
        site.sign_in().await;
        let text = site.get("/").await.text();
        assert!(text.contains("The catalogue of macOS releases is 8 days old."), "{devices}");
        assert!(text.contains("muster-server os-releases import FILE"), "{devices}");
    }
}

#[tokio::test]
async fn the_catalogues_page_says_what_is_in_force_and_from_where() {
    let site = Site::with(12).await;
    let text = site.get("/os-releases").await.text();
    for said in [
        "The one in force is of 22 Aug 2026, 1 day old.",
        "Built into this program",
        "Switched off; the catalogue comes with the program or from a file",
        "None yet.",
        "<td>26</td><td>26.6.2</td><td>17 Aug 2026</td>",
        "None: the catalogue says what its source says.",
    ] {
        assert!(text.contains(said), "{said}");
    }
    let device = site.get(&format!("/devices/{}", site.device(0))).await.text();
    assert!(device.contains("href=\"/os-releases\""), "the device's page names the catalogue");
}
