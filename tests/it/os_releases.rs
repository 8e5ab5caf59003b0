//! The catalogue of macOS releases: fetched, refused, corrected, handed out.

mod commands;
mod console;
mod on_the_mac;
mod signed_rules;

use std::cell::Cell;
use std::ops::Deref;

use jiff::{SignedDuration, Timestamp};
use server::os_releases::source::OsReleases;
use server::store::os_releases::{FeedState, Outcome};
use tests::at;
use tests::feed_server::{Answer, Feed, FeedServer};
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Three days after the built-in catalogue ends.
fn start() -> Timestamp {
    at("2026-08-25T09:00:00Z")
}

/// A collector that fetches, and how many attempts a test has seen.
struct Bench {
    server: TestServer,
    seen: Cell<i64>,
}

/// A collector that fetches from `feed`.
async fn fetching(feed: &FeedServer) -> Bench {
    let source = feed.source();
    let server = TestServer::start_at(start(), |config| {
        config.os_releases = OsReleases { feed: Some(source), ..OsReleases::default() };
    })
    .await;
    let seen = Cell::new(state(&server).attempt);
    Bench { server, seen }
}

impl Deref for Bench {
    type Target = TestServer;

    fn deref(&self) -> &TestServer {
        &self.server
    }
}

impl Bench {
    /// Lets the collector fetch if it is due, and judge by what came; how the
    /// attempt ended, if there was one since the last time. The collector may
    /// have made it by itself.
    async fn fetch(&self) -> Option<Outcome> {
        self.running().fetcher.round().await.unwrap();
        self.round().await;
        let state = state(self);
        (self.seen.replace(state.attempt) != state.attempt).then(|| state.outcome.unwrap())
    }
}

fn as_of(server: &TestServer) -> String {
    server.running().app.rulebook.current().catalogue.as_of().to_string()
}

fn state(server: &TestServer) -> FeedState {
    let app = &server.running().app;
    app.readers.keeping(app.rulebook.current().catalogue.sha256()).unwrap().feed
}

fn patch_level(server: &TestServer) -> String {
    let query = "SELECT status FROM finding WHERE rule = 'os-patch-level' AND until_ms IS NULL";
    server.look().rows(query).join(",")
}

#[tokio::test]
async fn a_new_collector_asks_before_it_judges_the_first_mac() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let server = fetching(&feed).await;
    let first = server.running().first_fetch.clone().unwrap();
    assert_eq!(
        (first.outcome, first.detail.as_str()),
        (Outcome::Changed, "126 releases as of 2026-08-25")
    );
    assert_eq!(as_of(&server), "2026-08-25");
    let [request] = &*feed.requests() else { panic!("one request") };
    assert!(request.contains("user-agent: muster-server/"), "{request}");
    assert!(!request.contains("if-none-match"), "{request}");
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    let receipt = laptop.report().await.receipts.remove(0);
    assert_eq!(receipt.catalogue.unwrap().as_of.to_string(), "2026-08-25");
}

#[tokio::test]
async fn a_new_collector_starts_without_the_feed_and_says_so() {
    let source = {
        // A port where nobody listens any more.
        let gone = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
        gone.source()
    };
    let mut server = TestServer::start_at(start(), |config| {
        config.os_releases = OsReleases { feed: Some(source), ..OsReleases::default() };
    })
    .await;
    let first = server.running().first_fetch.clone().unwrap();
    assert_eq!(first.outcome, Outcome::Failed);
    assert!(first.detail.contains("the address cannot be reached"), "{}", first.detail);
    assert_eq!(as_of(&server), "2026-08-22", "the built-in catalogue judges");
    server.stop().await;
    server.resume().await;
    assert_eq!(server.running().first_fetch, None, "a start does not try again at once");
}

#[tokio::test]
async fn an_unchanged_feed_is_recognised_and_changes_nothing() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let server = fetching(&feed).await;
    let version = "SELECT value FROM counter WHERE name = 'rules'";
    let rules = server.look().number(version);
    server.clock.set(start() + HOUR * 5);
    assert_eq!(server.fetch().await, None, "every six hours");
    server.clock.set(start() + HOUR * 7);
    assert_eq!(server.fetch().await, Some(Outcome::Same));
    assert!(feed.requests()[1].contains("if-none-match: \"1\""));
    assert_eq!(server.look().number(version), rules);
    feed.set(Feed::of("2026-08-26", "2").answer());
    server.clock.set(start() + HOUR * 24);
    assert_eq!(server.fetch().await, Some(Outcome::Changed));
    assert_eq!(as_of(&server), "2026-08-26");
}

#[tokio::test]
async fn an_answer_without_a_tag_is_recognised_by_its_date() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let day = "Tue, 25 Aug 2026 06:00:00 GMT";
    let headers = format!("last-modified: {day}\r\n");
    feed.set(Answer { headers, ..Feed::of("2026-08-25", "1").answer() });
    let server = fetching(&feed).await;
    server.clock.set(start() + HOUR * 7);
    assert_eq!(server.fetch().await, Some(Outcome::Same));
    let second = &feed.requests()[1];
    assert!(second.contains(&format!("if-modified-since: {}", day.to_lowercase())), "{second}");
}

#[tokio::test]
async fn wrong_content_leaves_the_catalogue_and_is_asked_for_less_and_less() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let server = fetching(&feed).await;
    feed.set(Answer::ok("This address is no longer in use. Please use the new one."));
    let mut now = start() + HOUR * 7;
    server.clock.set(now);
    assert_eq!(server.fetch().await, Some(Outcome::Failed));
    let after = state(&server);
    assert_eq!(after.failures, 1);
    assert!(after.detail.contains("plain text instead of JSON"), "{}", after.detail);
    assert_eq!(as_of(&server), "2026-08-25");
    // 15 minutes, then 30, 60, 120, 240, then every six hours; up to a tenth more.
    for (minutes, failures) in [(15, 2), (30, 3), (60, 4), (120, 5), (240, 6), (360, 7), (360, 8)] {
        server.clock.set(now + MINUTE * (minutes - 1));
        assert_eq!(server.fetch().await, None, "before {minutes} minutes");
        now = now + MINUTE * minutes + MINUTE * (minutes / 10 + 1);
        server.clock.set(now);
        assert_eq!(server.fetch().await, Some(Outcome::Failed), "after {minutes} minutes");
        assert_eq!(state(&server).failures, failures);
    }
    feed.set(Feed::of("2026-08-26", "3").answer());
    server.clock.set(now + HOUR * 7);
    assert_eq!(server.fetch().await, Some(Outcome::Changed));
    assert_eq!(state(&server).failures, 0);
}

#[tokio::test]
async fn every_answer_that_is_no_newer_feed_is_refused_with_its_reason() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let server = fetching(&feed).await;
    let mut half = Feed::of("2026-08-26", "2").json();
    let releases = half["OSVersions"][0]["SecurityReleases"].as_array_mut().unwrap();
    releases.retain(|one| one["ProductVersion"].as_str().unwrap().contains(".6"));
    let mut no_twelve = Feed::of("2026-08-26", "2").json();
    let releases = no_twelve["OSVersions"][0]["SecurityReleases"].as_array_mut().unwrap();
    releases.retain(|one| !one["ProductVersion"].as_str().unwrap().starts_with("12."));
    let mut wrong_date = Feed::of("2026-08-26", "2").json();
    wrong_date["OSVersions"][0]["SecurityReleases"][3]["ReleaseDate"] = "soon".into();
    let mut now = start();
    for (answer, why) in [
        (Answer::ok("<!DOCTYPE html><html>Sign in</html>"), "a web page instead of JSON"),
        (Answer::ok(""), "empty instead of JSON"),
        (Answer::ok("{\"OSVersions\": ["), "no macOS feed"),
        (Answer::ok("{\"DeprecatedURLs\": []}"), "missing field `OSVersions`"),
        (
            Feed::of("2026-08-23", "0").answer(),
            "the feed is of 2026-08-23, but the catalogue in force is of 2026-08-25",
        ),
        (Answer::ok(half.to_string()), "releases, but 126 are known"),
        (Answer::ok(no_twelve.to_string()), "no release of macOS 12"),
        (Answer::ok(wrong_date.to_string()), "field `ReleaseDate`: `soon` is no date"),
        (
            Answer { status: "404 Not Found", ..Answer::ok("") },
            "the address answered 404 Not Found",
        ),
        (Answer { status: "500 Oops", ..Answer::ok("") }, "500 Internal Server Error"),
        (
            Answer::redirect("http://203.0.113.1/feed.json"),
            "a redirect to an address that is not https",
        ),
        (Answer::redirect(&feed.url), "more redirects than are followed"),
    ] {
        feed.set(answer);
        now += HOUR * 7;
        server.clock.set(now);
        assert_eq!(server.fetch().await, Some(Outcome::Failed), "{why}");
        let detail = state(&server).detail;
        assert!(detail.contains(why), "{why}: {detail}");
        assert_eq!(as_of(&server), "2026-08-25", "{why}");
    }
}

#[tokio::test]
async fn an_unknown_macos_is_asked_for_at_once_and_its_macs_are_judged_again() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let mut server = fetching(&feed).await;
    let new = Recording::named(HEALTHY).with_macos("26.6.3", "25G90");
    let laptop = Laptop::enrolled(&server, "Sam Doe", &new).await;
    server.clock.set(start() + MINUTE * 14);
    laptop.report().await;
    assert_eq!(patch_level(&server), "unknown");
    // The first fetch was 14 minutes ago; a restart does not forget that.
    assert_eq!(server.fetch().await, None);
    server.server.stop().await;
    server.server.resume().await;
    assert_eq!(server.fetch().await, None);
    feed.set(Feed::of("2026-08-25", "2").with("26.6.3", "25G90", "2026-08-25").answer());
    server.clock.set(start() + MINUTE * 15);
    assert_eq!(server.fetch().await, Some(Outcome::Changed));
    assert_eq!(patch_level(&server), "pass", "with no new report");
    assert_eq!(feed.requests().len(), 2);
    // Known now: the next report asks for nothing.
    server.clock.set(start() + HOUR * 2);
    laptop.report().await;
    assert_eq!(server.fetch().await, None);
}

#[tokio::test]
async fn a_macos_that_the_feed_does_not_know_either_is_asked_for_once_an_hour() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let server = fetching(&feed).await;
    let new = Recording::named(HEALTHY).with_macos("27.0", "26A100");
    let laptop = Laptop::enrolled(&server, "Sam Doe", &new).await;
    for (minutes, expected) in
        [(15, Some(Outcome::Same)), (30, None), (60, None), (82, Some(Outcome::Same)), (100, None)]
    {
        server.clock.set(start() + MINUTE * minutes);
        laptop.report().await;
        assert_eq!(server.fetch().await, expected, "after {minutes} minutes");
    }
    assert_eq!(patch_level(&server), "unknown", "a stale feed after a new major fails nobody");
}

#[tokio::test]
async fn the_collector_fetches_by_itself_when_a_mac_runs_something_new() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let server = fetching(&feed).await;
    feed.set(Feed::of("2026-08-25", "2").with("26.6.3", "25G90", "2026-08-25").answer());
    let new = Recording::named(HEALTHY).with_macos("26.6.3", "25G90");
    let laptop = Laptop::enrolled(&server, "Sam Doe", &new).await;
    server.clock.set(start() + MINUTE * 20);
    laptop.report().await;
    // Nobody but the collector itself acts; its pages show when it has.
    let known = async {
        while !server.running().app.rulebook.current().catalogue.text().contains("26.6.3") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), known).await.unwrap();
}

#[tokio::test]
async fn only_one_process_asks_at_a_time_and_a_late_one_writes_nothing() {
    use server::store::os_releases::{Ended, Tags};
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let server = fetching(&feed).await;
    let now = start() + HOUR * 7;
    let url = feed.url.clone();
    let begin = |now: Timestamp| {
        let url = url.clone();
        let run =
            server.running().jobs.queue.run(move |writer| {
                writer.begin_fetch(&url, now, now + MINUTE * 2, now + MINUTE * 15)
            });
        async { run.await.unwrap() }
    };
    let slow = begin(now).await.unwrap();
    server.clock.set(now + MINUTE);
    assert_eq!(begin(now + MINUTE).await, None, "another one is at it");
    // It died; the next one takes over, and what the first sends later is void.
    let next = begin(now + MINUTE * 3).await.unwrap();
    assert_eq!(next.attempt, slow.attempt + 1);
    let ended = Ended {
        attempt: slow.attempt,
        outcome: Outcome::Failed,
        detail: "late".to_owned(),
        tags: Tags::default(),
        corrections_sha256: String::new(),
        dates_itself: true,
        at: now,
        next_at: now,
    };
    let queue = &server.running().jobs.queue;
    assert!(!queue.run(move |writer| writer.end_fetch(&ended, None)).await.unwrap());
    assert_eq!(state(&server).outcome, None);
}
