//! What IT does at a device's page, in a real browser: accepts an exception,
//! writes a note, hands the Mac over, and archives it.

use jiff::SignedDuration;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use thirtyfour::prelude::ElementQueryable as _;
use thirtyfour::{By, WebElement};

use crate::browser::{Window, in_browser};

/// Waits for it: a form that was sent loads the next page after a moment.
async fn one(window: &Window, selector: &str) -> WebElement {
    window.page.query(By::Css(selector)).first().await.unwrap()
}

async fn text(window: &Window, selector: &str) -> String {
    window.text(selector).await
}

async fn type_into(window: &Window, selector: &str, text: &str) {
    one(window, selector).await.send_keys(text).await.unwrap();
}

async fn press(window: &Window, selector: &str) {
    let button = one(window, selector).await;
    button.scroll_into_view().await.unwrap();
    button.click().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mac_is_excused_noted_handed_over_and_archived() {
    let url = "http://localhost:0".to_owned();
    let server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    let healthy = Recording::named(HEALTHY);
    let fails = healthy.clone().of_another_mac(1).with_filevault_off();
    let laptop = Laptop::enrolled(&server, "Sam Doe", &fails).await;
    laptop.report().await;
    Laptop::enrolled(&server, "Kim Roe", &healthy.of_another_mac(2)).await.report().await;
    let page = format!("{}/devices/{}", server.url(), laptop.device_id());
    let link = server.login_link();
    in_browser(async |window| {
        window.page.goto(&link).await.unwrap();
        window.page.goto(&page).await.unwrap();
        let controls = text(window, ".controls").await;
        assert!(controls.contains("SOC 2") && controls.contains("ISO 27001"), "{controls}");

        press(window, "details.desk summary").await;
        type_into(window, "#waiver-reason", "A new disk comes on Monday.").await;
        press(window, "form[action$='/waivers'] button").await;
        let wrong = text(window, ".wrong[role=alert]").await;
        assert_eq!(wrong, "Enter the last day of the exception, such as 2027-03-31.");
        let kept = one(window, "#waiver-reason").await.prop("value").await.unwrap();
        assert_eq!(kept.as_deref(), Some("A new disk comes on Monday."));
        let day = "document.querySelector('#waiver-until').value = '2026-09-30'";
        window.page.execute(day, vec![]).await.unwrap();
        press(window, "form[action$='/waivers'] button").await;
        let waiver = text(window, ".waivers li").await;
        assert!(waiver.contains("waived until 30 Sep 2026"), "{waiver}");
        let failing = text(window, "article.finding h3").await;
        assert_eq!(failing, "FileVault is off.", "an exception changes no finding");

        type_into(window, "#note", "Called Sam; the disk is ordered.").await;
        press(window, "form[action$='/notes'] button").await;
        let note = text(window, ".notes li").await;
        assert!(note.contains("the disk is ordered") && note.contains("just now"), "{note}");
        window.picture("device-desk").await;

        server.forward(SignedDuration::from_mins(5)).await;
        let people = "section[aria-labelledby=people]";
        press(window, &format!("{people} summary")).await;
        type_into(window, "#holder", "kim.roe@company.example").await;
        press(window, &format!("{people} form button")).await;
        one(window, &format!("{people} li:nth-child(2)")).await;
        let said = text(window, people).await;
        assert!(said.contains("Kim Roe") && said.contains("Sam Doe"), "{said}");
        let title = text(window, "h1").await;
        assert!(title.starts_with("Kim’s MacBook Air"), "{title}");

        press(window, "a[href$='/life/archive']").await;
        let consequence = text(window, "p.lead").await;
        assert!(consequence.contains("no longer watched"), "{consequence}");
        window.picture("device-archive").await;
        type_into(window, "#reason", "Sold").await;
        press(window, "button.primary").await;
        let stopped = text(window, "p.stopped").await;
        assert!(stopped.contains("Reason: Sold"), "{stopped}");
    })
    .await;
}
