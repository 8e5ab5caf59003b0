//! People come from a file, one is away, and one is ended by the directory.

use std::io::Write as _;

use jiff::SignedDuration;
use serde_json::{Value, json};
use server::auth::role::Role;
use tests::caller::Caller;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use thirtyfour::prelude::ElementQueryable as _;
use thirtyfour::{By, WebElement};

use crate::browser::{Window, in_browser};

const FILE: &str = "Work email,Full name,Team,Start date,Shoe size\r\n\
    sam.doe@company.example,Sam Doe,Sales,2024-01-08,41\r\n\
    ada@company.example,Ada Poe,R&D,2026-08-25,38\r\n\
    kim.roe@company.example,Kim Roe,R&D,2025-03-03,39\r\n\
    nobody,Bob Moe,R&D,,40\r\n";

/// Waits for it: a form that was sent loads the next page after a moment.
async fn one(window: &Window, selector: &str) -> WebElement {
    window.page.query(By::Css(selector)).first().await.unwrap()
}

async fn text(window: &Window, selector: &str) -> String {
    window.text(selector).await
}

async fn texts(window: &Window, selector: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for element in window.page.find_all(By::Css(selector)).await.unwrap() {
        texts.push(element.text().await.unwrap());
    }
    texts
}

async fn click(window: &Window, selector: &str) {
    one(window, selector).await.click().await.unwrap();
}

/// Imports the file of four lines, one of which is no person.
async fn import(window: &Window, url: &str) {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(FILE.as_bytes()).unwrap();
    window.page.goto(&format!("{url}/people")).await.unwrap();
    window.picture("people-empty").await;
    window.page.goto(&format!("{url}/people/import")).await.unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    one(window, "#file").await.send_keys(path).await.unwrap();
    click(window, "form.stacked button.primary").await;
    let wrong = text(window, "section[role=alert] li").await;
    assert_eq!(wrong, "Line 5, email: it is “nobody”, but must be a mail address.");
    let said = text(window, "section p[role=status]").await;
    assert!(said.starts_with("3 people new, 0 people changed"), "{said}");
    assert!(said.contains("Not used: Shoe size"), "{said}");
    window.picture("people-import").await;
    click(window, "form[action='/people/import/confirm'] button.primary").await;
    one(window, "table.people").await;
    let names = texts(window, "table.people td.c-name a").await;
    assert_eq!(names, ["Ada Poe", "Kim Roe", "Sam Doe"]);
}

async fn laptop(server: &TestServer, person: &str, number: u32) -> Laptop {
    let recording = Recording::named(HEALTHY).of_another_mac(number);
    let laptop = Laptop::enrolled(server, person, &recording).await;
    laptop.report().await;
    laptop
}

/// The directory ends whoever has this address.
async fn leaves(server: &TestServer, email: &str) {
    let token = Caller::signed_in(server, Role::It).await.token(&["people:write"]).await;
    let mut directory = Caller::with_token(server, &token.secret).await;
    let path = format!("/scim/v2/Users?filter=userName%20eq%20%22{email}%22");
    let found: Value = directory.send("GET", &path, &[], None).await.json();
    let id = found["Resources"][0]["id"].as_str().unwrap().to_owned();
    let leaver = json!({ "Operations": [{ "op": "Replace", "path": "active", "value": "False" }] });
    let path = format!("/scim/v2/Users/{id}");
    let answer = directory.send("PATCH", &path, &[], Some(&leaver)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// One joins, and the onboarding has begun.
async fn one_joins(window: &Window, server: &TestServer) {
    let url = server.url();
    window.page.goto(&format!("{url}/people?is=joining")).await.unwrap();
    let row = text(window, "table.people tbody tr").await;
    assert!(row.contains("Ada Poe") && row.contains("Joins 25 Aug 2026"), "{row}");
    assert!(row.contains("No Mac") && row.contains("0 of "), "{row}");
}

/// One is away: the Mac is silent, and nobody is told to look after it.
async fn one_is_away(window: &Window, server: &TestServer) {
    let url = server.url();
    window.page.goto(&format!("{url}/people?q=sam")).await.unwrap();
    click(window, "table.people td.c-name a").await;
    one(window, "#until").await;
    let day = "document.querySelector('#until').value = '2026-09-03'";
    window.page.execute(day, vec![]).await.unwrap();
    click(window, "form[action$='/away'] button").await;
    window
        .page
        .query(By::XPath("//*[@class='title']//*[text()='away until 3 Sep 2026']"))
        .first()
        .await
        .unwrap();
    window.picture("person-away").await;
    server.forward(SignedDuration::from_hours(9 * 24)).await;
    window.page.goto(&server.login_link()).await.unwrap();
    window.page.goto(&format!("{url}/")).await.unwrap();
    let attention = texts(window, "table.attention tbody tr").await;
    assert_eq!(attention.len(), 1, "{attention:?}");
    assert!(attention[0].contains("Kim Roe"), "{attention:?}");
    assert!(text(window, "h1").await.contains('2'), "both are counted as silent");
    window.page.goto(&format!("{url}/devices")).await.unwrap();
    let owners = texts(window, "td.c-owner").await;
    assert!(owners.iter().any(|one| one.contains("away until 3 Sep 2026")), "{owners:?}");
    server.forward(SignedDuration::from_hours(7 * 24)).await;
    window.page.goto(&server.login_link()).await.unwrap();
    window.page.goto(&format!("{url}/")).await.unwrap();
    assert_eq!(texts(window, "table.attention tbody tr").await.len(), 2, "is back");
}

/// One leaves, by the directory, and still holds a Mac.
async fn one_leaves(window: &Window, server: &TestServer) {
    let url = server.url();
    leaves(server, "kim.roe@company.example").await;
    window.page.goto(&format!("{url}/people")).await.unwrap();
    let state = text(window, "p.people-state").await;
    assert!(state.contains("1 person has left and still holds a Mac"), "{state}");
    window.picture("people").await;
    click(window, "p.people-state a[href*=left_with_mac]").await;
    window.page.query(By::Css("ul.chips a")).first().await.unwrap();
    assert_eq!(texts(window, "table.people td.c-name a").await, ["Kim Roe"]);
    window.picture("people-left").await;
    click(window, "table.people td.c-name a").await;
    let said = text(window, "p.stopped").await;
    assert!(said.contains("has left and still holds a Mac"), "{said}");
    assert_eq!(texts(window, "ul.holds li").await.len(), 2, "a Mac and the offboarding");
    window.picture("person-left").await;
    for (width, shape) in [(390, "narrow"), (1280, "wide")] {
        window.page.set_window_rect(0, 0, width, 900).await.unwrap();
        for (path, name) in [("/people", "people"), ("/people/import", "people-import")] {
            window.page.goto(&format!("{url}{path}")).await.unwrap();
            window.picture(&format!("{name}-{shape}")).await;
        }
    }
}

/// Opened again by a person at the console.
async fn one_comes_back(window: &Window, server: &TestServer) {
    let url = server.url();
    window.page.goto(&format!("{url}/people?is=left")).await.unwrap();
    click(window, "table.people td.c-name a").await;
    click(window, "form[action$='/reopen'] button").await;
    one(window, "form[action$='/end'] button").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_join_are_away_and_leave_with_a_mac() {
    let url = "http://localhost:0".to_owned();
    let server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    let link = server.login_link();
    in_browser(async |window| {
        let url = server.url();
        window.page.goto(&link).await.unwrap();
        import(window, url).await;
        let _macs = (laptop(&server, "Sam Doe", 1).await, laptop(&server, "Kim Roe", 2).await);
        one_joins(window, &server).await;
        one_is_away(window, &server).await;
        one_leaves(window, &server).await;
        one_comes_back(window, &server).await;
    })
    .await;
}
