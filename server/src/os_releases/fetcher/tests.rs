//! What an answer means, without a network.

use jiff::{SignedDuration, Timestamp};
use shared::os_releases::{Catalogue, Corrections};

use super::{Judged, Moment, judge};
use crate::os_releases::feed::{Answer, FeedError};
use crate::store::os_releases::{FeedState, Outcome, Tags};

const EVERY: SignedDuration = SignedDuration::from_hours(6);

fn now() -> Timestamp {
    "2026-08-25T09:00:00Z".parse().unwrap()
}

fn tags(etag: &str) -> Tags {
    Tags { etag: Some(etag.to_owned()), modified: None }
}

fn state() -> FeedState {
    FeedState { attempt: 3, tags: tags("\"old\""), dates_itself: true, ..FeedState::default() }
}

fn known() -> Catalogue {
    let text = r#"{"format": "muster.os-releases/v1", "platform": "macos", "as_of": "2026-08-22",
        "releases": [{"version": "26.0", "released": "2025-09-15", "cves": 77},
                     {"version": "26.6.2", "released": "2026-08-17", "cves": 1}]}"#;
    Catalogue::parse(text.as_bytes()).unwrap()
}

/// A feed with these releases; version 2 says when it was checked.
fn feed(last_check: Option<&str>, releases: &[(&str, usize)]) -> Vec<u8> {
    let holes = |count: usize| {
        let ids: Vec<String> =
            (0..count).map(|n| format!("\"CVE-2026-{}\": {{}}", 10_000 + n)).collect();
        ids.join(", ")
    };
    let releases: Vec<String> = releases
        .iter()
        .map(|(version, count)| {
            format!(
                r#"{{"UpdateName": "macOS Tahoe {version}", "ProductVersion": "{version}",
                    "ReleaseDate": "2026-08-01T00:00:00Z", "CVEs": {{{}}}}}"#,
                holes(*count)
            )
        })
        .collect();
    let check = last_check.map(|at| format!("\"LastCheck\": \"{at}\",")).unwrap_or_default();
    format!(r#"{{{check} "OSVersions": [{{"SecurityReleases": [{}]}}]}}"#, releases.join(", "))
        .into_bytes()
}

fn judged(answer: Result<Answer, FeedError>, state: &FeedState) -> Judged {
    let moment = Moment { now: now(), every: EVERY, spread: 0 };
    judge(answer, state, &known(), &Corrections::embedded(), moment)
}

fn body(bytes: Vec<u8>) -> Answer {
    Answer::Body { bytes, tags: tags("\"new\"") }
}

#[test]
fn a_newer_feed_is_taken_with_its_tag() {
    let bytes = feed(Some("2026-08-25T06:00:00Z"), &[("26.0", 77), ("26.6.2", 1), ("26.6.3", 2)]);
    let Judged { ended, catalogue } = judged(Ok(body(bytes)), &state());
    assert_eq!((ended.attempt, ended.outcome), (3, Outcome::Changed));
    assert_eq!(ended.detail, "3 releases as of 2026-08-25");
    assert_eq!((ended.tags, ended.dates_itself), (tags("\"new\""), true));
    assert_eq!(ended.next_at, now() + EVERY);
    assert_eq!(catalogue.unwrap().releases().len(), 3);
}

#[test]
fn a_refused_answer_changes_neither_catalogue_nor_tag() {
    for (bytes, why) in [
        (b"This address is no longer in use.".to_vec(), "plain text instead of JSON"),
        (b"<html>sign in</html>".to_vec(), "a web page instead of JSON"),
        (feed(Some("2026-08-25T06:00:00Z"), &[("26.6.2", 1)]), "1 releases, but 2 are known"),
        (feed(Some("2026-08-25T06:00:00Z"), &[("27.0", 1), ("27.1", 1)]), "no release of macOS 26"),
        (
            feed(Some("2026-08-21T06:00:00Z"), &[("26.0", 7), ("26.6.2", 1)]),
            "the feed is of 2026-08-21",
        ),
    ] {
        let Judged { ended, catalogue } = judged(Ok(body(bytes)), &state());
        assert_eq!(ended.outcome, Outcome::Failed, "{why}");
        assert!(ended.detail.contains(why), "{}", ended.detail);
        assert_eq!((ended.tags, catalogue.is_none()), (tags("\"old\""), true), "{why}");
        assert_eq!(ended.next_at, now() + SignedDuration::from_mins(15), "{why}");
    }
    let Judged { ended, .. } = judged(Err(FeedError::Late), &state());
    assert_eq!(
        (ended.outcome, ended.detail.as_str()),
        (Outcome::Failed, "the address did not answer in time")
    );
}

#[test]
fn holes_that_were_listed_wrongly_on_the_first_day_may_be_taken_back() {
    let bytes = feed(Some("2026-08-25T06:00:00Z"), &[("26.0", 77), ("26.6.2", 0)]);
    let Judged { ended, catalogue } = judged(Ok(body(bytes)), &state());
    assert_eq!(ended.outcome, Outcome::Changed);
    assert_eq!(catalogue.unwrap().releases()[1].cves, 0);
}

#[test]
fn an_unchanged_feed_of_version_two_is_as_old_as_it_says() {
    let Judged { ended, catalogue } = judged(Ok(Answer::NotModified), &state());
    assert_eq!(
        (ended.outcome, ended.detail.as_str()),
        (Outcome::Same, "nothing newer than 2026-08-22")
    );
    assert!(catalogue.is_none());
}

#[test]
fn an_unchanged_feed_of_version_one_was_new_when_it_was_asked() {
    let taken = judged(Ok(body(feed(None, &[("26.0", 77), ("26.6.2", 1)]))), &state());
    assert!(!taken.ended.dates_itself, "version 1 does not say when it was checked");
    let first = state();
    let state = FeedState { dates_itself: false, ..first };
    let Judged { ended, catalogue } = judged(Ok(Answer::NotModified), &state);
    assert_eq!((ended.outcome, ended.dates_itself), (Outcome::Changed, false));
    assert_eq!(catalogue.unwrap().as_of().to_string(), "2026-08-25");
}

#[test]
fn a_feed_that_stands_still_after_a_new_major_ages_and_is_not_taken_for_new() {
    // The feed's makers looked last before 27.0 came out.
    let bytes = feed(Some("2026-08-22T06:00:00Z"), &[("26.0", 77), ("26.6.2", 1)]);
    let Judged { catalogue, .. } = judged(Ok(body(bytes)), &state());
    assert_eq!(catalogue.unwrap().as_of().to_string(), "2026-08-22");
}
