//! The age of the catalogue in a real browser: warned, explained, readable.

use server::os_releases::source::OsReleases;
use server::store::os_releases::Outcome;
use tests::feed_server::{Answer, Feed, FeedServer};
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use thirtyfour::By;

use super::{HOUR, start};
use crate::browser::{Window, in_browser};

async fn text(window: &Window, selector: &str) -> String {
    window.page.find(By::Css(selector)).await.unwrap().text().await.unwrap()
}

/// A collector whose address has answered with a page for eight days.
async fn failing(feed: &FeedServer) -> (TestServer, Laptop) {
    let source = feed.source();
    let server = TestServer::start_at(start(), |config| {
        config.public_url = Some("http://127.0.0.1:0".to_owned());
        config.os_releases = OsReleases { feed: Some(source), ..OsReleases::default() };
    })
    .await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    feed.set(Answer::ok("<!DOCTYPE html><title>Sign in to the guest network</title>"));
    server.clock.set(start() + HOUR * 24 * 8);
    server.running().fetcher.round().await.unwrap();
    server.clock.set(start() + HOUR * 24 * 8 + HOUR / 5);
    server.round().await;
    laptop.report().await;
    (server, laptop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_warned_of_an_old_catalogue_and_finds_why_and_what_to_do() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let (server, laptop) = failing(&feed).await;
    let outcome = super::state(&server).outcome;
    assert_eq!(outcome, Some(Outcome::Failed));
    let link = server.login_link();
    in_browser(async |window| {
        window.page.goto(&link).await.unwrap();
        let warning = text(window, "aside.warning").await;
        for said in [
            "The catalogue of macOS releases is 8 days old.",
            "From 9 Sep 2026 no Mac can be called up to date",
            "The last attempt, 12 min ago, failed: the answer is a web page instead of JSON, it starts with `<!DOCTYPE html><title>Sign in to the gue`. Check the address in [os_releases] of the configuration, or give the collector a file:",
            "muster-server os-releases import FILE",
        ] {
            assert!(warning.contains(said), "{said}: {warning}");
        }
        window.picture("catalogue-overview").await;
        window.page.find(By::LinkText("catalogue of macOS releases")).await.unwrap().click().await.unwrap();
        assert_eq!(text(window, "h1").await, "macOS releases");
        let facts = text(window, "dl.facts").await;
        assert!(facts.contains(&feed.url) && facts.contains("Every 6 hours from"), "{facts}");
        assert!(text(window, "article.finding").await.contains("26.3.2, device specific: yes"));
        window.picture("catalogue").await;
        for theme in ["light", "dark"] {
            for (width, height, size) in [(1280, 1500, "wide"), (390, 1700, "narrow")] {
                window.page.set_window_rect(0, 0, width, height).await.unwrap();
                let cookie = format!("document.cookie = 'theme={theme}; path=/'");
                window.page.execute(&cookie, vec![]).await.unwrap();
                for (path, name) in [("/", "overview-warned"), ("/os-releases", "catalogue")] {
                    window.page.goto(&format!("{}{path}", server.url())).await.unwrap();
                    window.picture(&format!("{name}-{theme}-{size}")).await;
                    let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
                    let wide: i64 = window.page.execute(script, vec![]).await.unwrap().convert().unwrap();
                    assert_eq!(wide, 0, "{path} scrolls sideways at {width}");
                }
            }
        }
        let device = format!("{}/devices/{}", server.url(), laptop.device_id());
        window.page.goto(&device).await.unwrap();
        window.picture("catalogue-device").await;
        assert!(text(window, "dl.facts").await.contains("catalogue 8 days old"));
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}
