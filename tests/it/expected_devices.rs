//! The list of expected Macs in a real browser: imported, found to be missing,
//! claimed with a fleet token, approved, resolved.

use agent::enrollment::EnrollOutcome;
use shared::token::Token;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::Visitor;
use thirtyfour::prelude::ElementQueryable as _;
use thirtyfour::{By, WebElement};

use crate::browser::{Window, in_browser};

const LIST: &str = "serial;owner_name;owner_email;state;model\r\n\
    ZZE2E00001;Sam Doe;sam@company.example;in use;MacBook Air\r\n\
    ZZE2E00003;Ada Poe;ada@company.example;in use;MacBook Pro\r\n\
    ZZE2E00005;;;spare;\r\n\
    SHORT;;;;\r\n";

/// Waits for it: a form that was sent loads the next page after a moment.
async fn one(window: &Window, selector: &str) -> WebElement {
    window.page.query(By::Css(selector)).first().await.unwrap()
}

async fn text(window: &Window, selector: &str) -> String {
    window.text(selector).await
}

async fn press(window: &Window, selector: &str) {
    let button = one(window, selector).await;
    button.scroll_into_view().await.unwrap();
    button.click().await.unwrap();
}

async fn open(window: &Window, server: &TestServer, path: &str) {
    window.page.goto(&format!("{}{path}", server.url())).await.unwrap();
}

/// Waits until the page says it.
async fn says(window: &Window, selector: &str, wanted: &str) -> String {
    let mut said = String::new();
    for _ in 0..100 {
        said = text(window, selector).await;
        if said.contains(wanted) {
            break;
        }
    }
    assert!(said.contains(wanted), "{wanted}: {said}");
    said
}

/// Imports the list; the preview says what it will do.
async fn import(window: &Window, server: &TestServer) {
    let file = server.folder().join("macs.csv");
    std::fs::write(&file, LIST).unwrap();
    open(window, server, "/expected").await;
    says(window, "main", "There is no list yet").await;
    open(window, server, "/expected/import").await;
    one(window, "#file").await.send_keys(file.to_str().unwrap()).await.unwrap();
    press(window, "form.stacked button").await;
    let said = says(window, "main", "3 Macs in the file, from Own list").await;
    assert!(said.contains("line 5, serial: it is “SHORT”"), "{said}");
    assert!(said.contains("Added 3") && said.contains("Changed 0"), "{said}");
    window.picture("expected-preview").await;
    assert_eq!(server.look().number("SELECT count(*) FROM expected_device"), 0);
    press(window, "form.stacked button").await;
    says(window, "h1", "Imported: 3 Macs").await;
    window.picture("expected-imported").await;
    assert_eq!(server.look().number("SELECT count(*) FROM expected_device"), 3);
}

/// Makes a fleet token and reads it from the page.
async fn token(window: &Window, server: &TestServer) -> Token {
    open(window, server, "/expected/tokens").await;
    one(window, "#name").await.send_keys("Jamf").await.unwrap();
    one(window, "#quota").await.send_keys("10").await.unwrap();
    press(window, "form.stacked button").await;
    says(window, "h1", "The fleet token “Jamf”").await;
    window.picture("fleet-token-made").await;
    let shown = text(window, "pre.command code").await;
    let preference = text(window, "pre.command:last-of-type code").await;
    assert!(preference.contains(&shown) && preference.contains("EnrollmentToken"), "{preference}");
    shown.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_imported_claimed_approved_and_resolved() {
    let url = "http://localhost:0".to_owned();
    let server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    let mac = |number| Recording::named(HEALTHY).of_another_mac(number);
    Laptop::enrolled(&server, "Kim Roe", &mac(2)).await.report().await;
    let link = server.login_link();
    in_browser(async |window| {
        window.page.goto(&link).await.unwrap();
        import(window, &server).await;
        open(window, &server, "/").await;
        let said = says(window, "main", "2 were never enrolled").await;
        assert!(said.starts_with("0 of 3 Macs") || said.starts_with("1 of 3 Macs"), "{said}");
        assert!(said.contains("1 enrolled Mac is not on the list of expected devices"), "{said}");
        window.picture("expected-overview").await;
        open(window, &server, "/devices").await;
        says(window, ".count", "1 Mac, and 2 more that were never enrolled").await;
        open(window, &server, "/expected?show=never_enrolled").await;
        let said = text(window, "table.expected").await;
        assert!(said.contains("ZZE2E00001") && said.contains("ZZE2E00003"), "{said}");
        assert!(!said.contains("ZZE2E00005"), "a spare one is not missed: {said}");
        window.picture("expected-never-enrolled").await;

        let token = token(window, &server).await;
        let sam = Laptop::new(&mac(1), &server.clock);
        let outcome = sam.enroll(&token).await.unwrap();
        assert!(matches!(outcome, EnrollOutcome::Enrolled { .. }), "{outcome:?}");
        sam.report().await;
        open(window, &server, "/expected?show=claimed").await;
        says(window, "table.expected", "Sam’s MacBook Air").await;
        window.picture("expected-claimed").await;

        let stranger = Laptop::new(&mac(4), &server.clock);
        let outcome = stranger.enroll(&token).await.unwrap();
        assert!(matches!(outcome, EnrollOutcome::Pending { .. }), "{outcome:?}");
        open(window, &server, "/devices/waiting").await;
        says(window, ".waiting-list", "Its serial number is not on the list").await;
        window.picture("expected-waiting").await;
        press(window, ".steps button").await;
        says(window, ".wrong", "Choose at least one Mac.").await;
        press(window, "input[name=all]").await;
        press(window, ".steps button").await;
        says(window, "main", "No Mac waits.").await;
        let outcome = stranger.enroll(&token).await.unwrap();
        assert!(matches!(outcome, EnrollOutcome::Enrolled { .. }), "{outcome:?}");
        open(window, &server, "/expected/tokens").await;
        says(window, "table", "2 of 10").await;
        window.picture("fleet-tokens").await;

        resolve(window, &server).await;
        open(window, &server, "/").await;
        let said = text(window, "main").await;
        assert!(!said.contains("never enrolled") && !said.contains("not on the list"), "{said}");
    })
    .await;
    let acts = server.look().rows("SELECT DISTINCT action FROM audit ORDER BY action");
    for act in ["device_approved", "device_archived", "expected_changed", "expected_imported"] {
        assert!(acts.iter().any(|one| one == act), "{act}: {acts:?}");
    }
}

/// Resolves what is left, each in one step.
async fn resolve(window: &Window, server: &TestServer) {
    open(window, server, "/expected?show=never_enrolled").await;
    one(window, ".resolve select option[value=lost]").await.click().await.unwrap();
    one(window, ".resolve input[name=reason]").await.send_keys("Stolen in May").await.unwrap();
    press(window, ".resolve button").await;
    says(window, "main", "No Mac fits.").await;
    open(window, server, "/expected?state=lost").await;
    says(window, "table.expected", "Stolen in May").await;
    open(window, server, "/expected?show=not_expected").await;
    window.picture("expected-not-expected").await;
    let rows = window.page.find_all(By::Css("table.expected tbody tr")).await.unwrap();
    assert_eq!(rows.len(), 2);
    press(window, ".resolve button[value=add]").await;
    says(window, ".count", "1 Mac").await;
    press(window, ".resolve button[value=archive]").await;
    says(window, "main", "No Mac fits.").await;
    open(window, server, "/expected").await;
    window.picture("expected-list").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_of_a_mac_that_never_came_is_invited_for_it_alone() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::signed_in(&server).await;
    let form = "serial=zze2e00001&owner_name=Sam+Doe&owner_email=sam%40company.example";
    assert_eq!(visitor.post("/expected", form).await.status, 303);
    assert_eq!(visitor.post("/expected", form).await.status, 422, "it is on the list already");
    let path = "/expected/ZZE2E00001/resolve";
    let uncovered = visitor.post(path, "step=not_covered").await;
    assert!(
        uncovered.status == 422 && uncovered.text().contains("Say why"),
        "{}",
        uncovered.text()
    );
    let invited = visitor.post(path, "step=invite").await;
    let text = invited.text();
    let token = text.split("muster-agent enroll ").nth(1).unwrap();
    let token: Token = token.split('<').next().unwrap().parse().unwrap();
    let healthy = Recording::named(HEALTHY);
    let other = Laptop::new(&healthy.clone().of_another_mac(2), &server.clock);
    assert!(matches!(other.enroll(&token).await.unwrap(), EnrollOutcome::Pending { .. }));
    let csv = visitor.ask("/expected.csv?show=never_enrolled").await.text();
    assert!(csv.contains("ZZE2E00001,Sam Doe,sam@company.example,in_use,,,,console,,,"), "{csv}");
}
