//! The console in a real browser: what IT sees, clicks and reads.

use jiff::SignedDuration;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, MUTE, Recording};
use tests::test_server::TestServer;
use thirtyfour::prelude::ElementQueryable as _;
use thirtyfour::{By, Key, WebElement};

use crate::browser::{Window, in_browser};

/// One Mac that is fine, one that fails, and one of which nothing is known.
async fn fleet() -> (TestServer, Vec<Laptop>) {
    let url = "http://127.0.0.1:0".to_owned();
    let server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    let healthy = Recording::named(HEALTHY);
    let mut laptops = Vec::new();
    for (person, recording) in [
        ("Sam Doe", healthy.clone().of_another_mac(1)),
        ("Kim Roe", healthy.of_another_mac(2).with_filevault_off()),
        ("Ada Poe", Recording::named(MUTE)),
    ] {
        let laptop = Laptop::enrolled(&server, person, &recording).await;
        laptop.report().await;
        laptops.push(laptop);
    }
    // Past the grace of the first enrolment.
    server.forward(SignedDuration::from_hours(24 * 3 + 1)).await;
    for laptop in &laptops {
        laptop.report().await;
    }
    (server, laptops)
}

async fn text(window: &Window, selector: &str) -> String {
    window.text(selector).await
}

/// Waits for it: a form that was sent loads the next page after a moment.
async fn one(window: &Window, selector: &str) -> WebElement {
    window.page.query(By::Css(selector)).first().await.unwrap()
}

async fn texts(window: &Window, selector: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for element in window.page.find_all(By::Css(selector)).await.unwrap() {
        texts.push(element.text().await.unwrap());
    }
    texts
}

async fn no_sideways_scrolling(window: &Window) {
    // Names what sticks out, so that a failure says where to look.
    let script = "const wide = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= wide) return [];
        const out = [...document.querySelectorAll('body *')]
            .map((one) => [one, one.getBoundingClientRect().right])
            .filter(([one, right]) => right > wide)
            .map(([one, right]) => one.tagName + '.' + one.className + ' ' + right);
        return [document.documentElement.scrollWidth + ' > ' + wide, ...out]";
    let found = window.page.execute(script, vec![]).await.unwrap().convert();
    let wide: Vec<String> = found.unwrap();
    let url = window.page.current_url().await.unwrap();
    assert!(wide.is_empty(), "{url} scrolls sideways: {wide:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_finds_the_failing_mac_and_why_in_the_browser() {
    let (server, _laptops) = fleet().await;
    let link = server.login_link();
    in_browser(async |window| {
        // The link signs in and leads to the overview.
        window.page.goto(&link).await.unwrap();
        assert_eq!(window.page.current_url().await.unwrap().path(), "/");
        let state = text(window, "h1.state").await;
        assert_eq!(state, "1 of 3 Macs is compliant; 1 fails and 1 is unknown.");
        let attention = texts(window, "table.attention tbody tr").await;
        assert!(attention.iter().any(|row| row.contains("Kim Roe") && row.contains("Failing")));
        window.picture("overview").await;

        // The list, filtered by status, then by words.
        window.page.find(By::LinkText("Devices")).await.unwrap().click().await.unwrap();
        assert_eq!(text(window, ".count").await, "3 Macs");
        let owners = texts(window, "td.c-owner").await;
        assert_eq!(owners, ["Kim Roe", "Ada Poe", "Sam Doe"], "the worst first");
        let marks = texts(window, "td.c-status").await;
        assert_eq!(marks, ["Failing", "Unknown", "Compliant"]);
        window.picture("devices").await;
        one(window, ".pills a[href*='non_compliant']").await.click().await.unwrap();
        assert_eq!(texts(window, "td.c-owner").await, ["Kim Roe"]);
        assert_eq!(text(window, ".count").await, "1 Mac");
        window.picture("devices-failing").await;
        one(window, ".chips a.clear").await.click().await.unwrap();
        let search = one(window, "#q").await;
        search.send_keys("ada").await.unwrap();
        search.send_keys(Key::Enter).await.unwrap();
        let search = one(window, "#q[value=ada]").await;
        assert_eq!(texts(window, "td.c-owner").await, ["Ada Poe"]);
        search.clear().await.unwrap();
        search.send_keys("nobody").await.unwrap();
        search.send_keys(Key::Enter).await.unwrap();
        assert_eq!(text(window, "p.no-match").await, "No Mac fits. Show all");

        // The failing one, with its reason and what to do.
        window
            .page
            .goto(&format!("{}/devices?failing=disk-encryption", server.url()))
            .await
            .unwrap();
        one(window, "a.open").await.click().await.unwrap();
        assert_eq!(text(window, ".title .mark").await, "Failing");
        assert_eq!(texts(window, "article.finding h3").await, ["FileVault is off."]);
        let steps = texts(window, "article.finding ol li").await;
        assert!(steps.len() >= 3 && steps[1].contains("Privacy & Security"), "{steps:?}");
        let passing = texts(window, "section[aria-labelledby=passing] .what").await;
        assert!(passing.contains(&"The firewall is on".to_owned()), "{passing:?}");
        window.picture("device-failing").await;

        // The evidence.
        one(window, "td.c-show a").await.click().await.unwrap();
        let payload = text(window, "pre.payload").await;
        assert!(payload.contains("\"FileVault is Off.\""), "{payload}");
        window.picture("statement").await;
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_works_by_keys_on_a_narrow_screen_and_in_the_dark() {
    let (server, _laptops) = fleet().await;
    let link = server.login_link();
    in_browser(async |window| {
        window.page.goto(&link).await.unwrap();
        window.page.goto(&format!("{}/devices", server.url())).await.unwrap();
        let body = one(window, "body").await;
        body.send_keys("/").await.unwrap();
        let focused = window.page.active_element().await.unwrap();
        assert_eq!(focused.attr("id").await.unwrap().as_deref(), Some("q"));
        focused.send_keys("kim").await.unwrap();
        focused.send_keys(Key::Enter).await.unwrap();
        one(window, "#q[value=kim]").await;
        one(window, "body").await.send_keys("j").await.unwrap();
        let row = window.page.active_element().await.unwrap();
        row.send_keys(Key::Enter).await.unwrap();
        one(window, "article.finding").await;
        assert_eq!(texts(window, "article.finding h3").await, ["FileVault is off."]);

        window.page.set_window_rect(0, 0, 390, 844).await.unwrap();
        for (path, name) in [("/", "overview"), ("/devices", "devices")] {
            window.page.goto(&format!("{}{path}", server.url())).await.unwrap();
            window.picture(&format!("{name}-narrow")).await;
            no_sideways_scrolling(window).await;
        }
        window.page.set_window_rect(0, 0, 1280, 900).await.unwrap();
        let theme = one(window, "#theme").await;
        theme.click().await.unwrap();
        theme.click().await.unwrap();
        assert!(text(window, "#theme").await.contains("dark"));
        window.picture("devices-dark").await;
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_link_and_a_missing_session_show_how_to_sign_in() {
    let server = TestServer::start_with(|config| {
        config.public_url = Some("http://127.0.0.1:0".to_owned());
    })
    .await;
    let link = server.login_link();
    in_browser(async |window| {
        window.page.goto(&format!("{}/devices", server.url())).await.unwrap();
        assert!(text(window, "main").await.contains("muster-server admin login-link"));
        window.page.goto(&link).await.unwrap();
        assert_eq!(text(window, "h1").await, "No Macs yet");
        window.picture("empty").await;
        window.page.delete_all_cookies().await.unwrap();
        window.page.goto(&link).await.unwrap();
        assert_eq!(text(window, "h1").await, "This link no longer works");
    })
    .await;
}
