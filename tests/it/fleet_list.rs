//! IT works with the list of devices: filters, columns, views, many at once.

use server::auth::role::Role;
use server::fleet::advance::judged_by;
use tests::laptop::Laptop;
use tests::load::fill_fleet;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::Visitor;
use thirtyfour::prelude::ElementQueryable as _;
use thirtyfour::{By, Cookie, WebElement};

use crate::browser::{Scripts, Window, in_browser, in_browser_with};

/// Waits for it: a form that was sent loads the next page after a moment.
async fn one(window: &Window, selector: &str) -> WebElement {
    window.page.query(By::Css(selector)).first().await.unwrap()
}

async fn click(window: &Window, selector: &str) {
    one(window, selector).await.click().await.unwrap();
}

async fn texts(window: &Window, selector: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for element in window.page.find_all(By::Css(selector)).await.unwrap() {
        texts.push(element.text().await.unwrap());
    }
    texts
}

/// Opens the menu that is called so, and clicks on what `selector` finds in it.
async fn choose(window: &Window, menu: &str, selector: &str) {
    let path = format!("//details[summary[starts-with(normalize-space(), '{menu}')]]");
    let menu = window.page.query(By::XPath(path)).first().await.unwrap();
    menu.find(By::Css("summary")).await.unwrap().click().await.unwrap();
    menu.query(By::Css(selector)).first().await.unwrap().click().await.unwrap();
}

/// A collector with five Macs, one of which fails.
async fn fleet() -> TestServer {
    let url = "http://localhost:0".to_owned();
    let server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    let healthy = Recording::named(HEALTHY);
    for (number, person) in
        (1..).zip(["Sam Doe", "Kim Roe", "Ada Poe", "Noor Haddad", "Tom Brandt"])
    {
        let mac = healthy.clone().of_another_mac(number);
        let mac = if number == 1 { mac.with_filevault_off() } else { mac };
        Laptop::enrolled(&server, person, &mac).await.report().await;
    }
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_filters_chooses_columns_keeps_a_view_and_changes_several_macs() {
    story(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_works_without_scripts() {
    story(Scripts::Off).await;
}

async fn story(scripts: Scripts) {
    let server = fleet().await;
    let link = server.login_link_of(Role::It);
    in_browser_with(scripts, async |window| {
        window.page.goto(&link).await.unwrap();
        window.page.goto(&format!("{}/devices", server.url())).await.unwrap();
        filter_and_columns(window).await;
        keep_a_view(window).await;
        label_two(window, &server).await;
        archive_one(window, &server).await;
        exported(window, &server).await;
    })
    .await;
}

async fn filter_and_columns(window: &Window) {
    let failing = "ul[aria-label='Filter by status'] a[href*='status=at_risk']";
    click(window, failing).await;
    one(window, ".chips").await;
    let rows = texts(window, "td.c-device").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].starts_with("Sam’s"), "{rows:?}");
    choose(window, "Failing rule", "a[href*='failing=disk-encryption']").await;
    one(window, ".chips li:nth-child(3)").await;
    assert_eq!(texts(window, ".chips a:not(.clear)").await.len(), 2);
    click(window, ".chips a.clear").await;
    one(window, "tbody tr:nth-child(5)").await;
    choose(window, "Columns", "input[value=serial]").await;
    click(window, "input[name=columns][value=labels]").await;
    click(window, "input[name=columns][value=key]").await;
    click(window, "form[aria-label=Columns] button").await;
    one(window, "th.c-serial").await;
    let heads = texts(window, "thead th:not(.c-pick)").await;
    let wanted = ["Status", "Device", "Owner", "Model", "macOS", "Failing rules", "Last report"];
    assert_eq!(heads[..7], wanted);
    assert_eq!(heads[7..], ["Serial", "Labels"]);
}

async fn keep_a_view(window: &Window) {
    choose(window, "Save view", "#view-name").await;
    one(window, "#view-name").await.send_keys("With serials").await.unwrap();
    click(window, "form[action='/devices/views'] button").await;
    let current = one(window, ".views a[aria-current]").await.text().await.unwrap();
    assert_eq!(current, "With serials");
    // Another view, and back by its name.
    click(window, "ul[aria-label='Filter by status'] a[href*='status=compliant']").await;
    one(window, ".chips").await;
    assert!(window.page.find(By::Css(".views a[aria-current]")).await.is_err());
    click(window, ".views a").await;
    one(window, ".views a[aria-current]").await;
    window.picture("devices-view").await;
}

async fn label_two(window: &Window, server: &TestServer) {
    for row in [2, 3] {
        click(window, &format!("tbody tr:nth-child({row}) td.c-pick input")).await;
    }
    click(window, "#change select option[value=label]").await;
    one(window, "#change input[name=value]").await.send_keys("Berlin").await.unwrap();
    click(window, "#change button[value=chosen]").await;
    let asked = one(window, "ul.names").await;
    assert_eq!(asked.find_all(By::Css("li")).await.unwrap().len(), 2);
    let title = one(window, "h1").await.text().await.unwrap();
    assert_eq!(title, "Put the label “Berlin” on 2 Macs?");
    assert_eq!(server.look().number("SELECT count(*) FROM device_label"), 0, "only asked");
    window.picture("devices-label-asked").await;
    click(window, "form.steps button.primary").await;
    one(window, ".lead[role=status]").await;
    let title = one(window, "h1").await.text().await.unwrap();
    assert_eq!(title, "Put the label “Berlin” on 2 Macs: done");
    let acts = server.look().rows("SELECT detail FROM audit WHERE action = 'label_added'");
    assert_eq!(acts, ["Berlin", "Berlin"]);
    click(window, ".after a.button").await;
    choose(window, "Label", "a[href*='label=Berlin']").await;
    one(window, ".chips").await;
    assert_eq!(texts(window, "td.c-labels").await, ["Berlin", "Berlin"]);
    window.picture("devices-by-label").await;
    // All of the view at once: here the same two, which have it already.
    one(window, "#change input[name=value]").await.send_keys("berlin").await.unwrap();
    click(window, "#change button[value=all]").await;
    one(window, "form.steps").await;
    let text = one(window, "main").await.text().await.unwrap();
    assert!(text.contains("2 Macs have the label already"), "{text}");
    assert!(text.contains("There is nothing to do."), "{text}");
    click(window, "form.steps a.button").await;
}

async fn archive_one(window: &Window, server: &TestServer) {
    one(window, "#change").await;
    window.page.goto(&format!("{}/devices?q=brandt", server.url())).await.unwrap();
    click(window, "tbody tr:nth-child(1) td.c-pick input").await;
    click(window, "#change select option[value=archive]").await;
    click(window, "#change button[value=chosen]").await;
    one(window, "form.steps button.primary").await;
    let title = one(window, "h1").await.text().await.unwrap();
    assert_eq!(title, "Archive 1 Mac?");
    window.picture("devices-archive-asked").await;
    click(window, "form.steps button.primary").await;
    one(window, ".lead[role=status]").await;
    window.picture("devices-archived").await;
    let archived = "SELECT count(*) FROM device WHERE lifecycle = 'archived'";
    assert_eq!(server.look().number(archived), 1);
    let acts = server.look().rows("SELECT object_name FROM audit WHERE action = 'device_archived'");
    assert_eq!(acts.len(), 1);
    assert!(acts[0].starts_with("Tom’s"), "{acts:?}");
}

/// The CSV and the JSON of a view hold its rows and columns, and nothing else.
async fn exported(window: &Window, server: &TestServer) {
    let view = "sort=owner&columns=device,owner,serial,labels";
    window.page.goto(&format!("{}/devices?{view}", server.url())).await.unwrap();
    let serials = texts(window, "td.c-serial").await;
    let names = texts(window, "td.c-device").await;
    assert_eq!(serials.len(), 4, "{serials:?}");
    let mut visitor = Visitor::signed_in_as(server, Role::It).await;
    let csv = visitor.ask(&format!("/devices.csv?{view}")).await.text();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("id,device,owner,owner_email,serial,labels"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let column = |at: usize| rows.iter().map(|row| row[at].to_owned()).collect::<Vec<_>>();
    assert_eq!((column(4), column(1)), (serials, names));
    let json = visitor.devices(&format!("/devices.json?{view}")).await;
    assert_eq!(json.len(), 4);
    for (object, row) in json.iter().zip(&rows) {
        assert_eq!(object["serial"], row[4]);
        assert_eq!(object.as_object().unwrap().len(), 6, "{object}");
    }
    let groups = visitor.page("/devices/groups").await;
    assert!(groups.contains("/devices?label=Berlin"), "{groups}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_macs_are_shown_fifty_at_a_time() {
    let url = "http://localhost:0".to_owned();
    let mut server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    let rules = server.running().app.rulebook.current();
    let now = server.clock.now();
    server.stop().await;
    let mut db = rusqlite::Connection::open(server.database()).unwrap();
    fill_fleet(&mut db, 5000, now, &judged_by(&rules)).unwrap();
    drop(db);
    server.resume().await;
    let link = server.login_link_of(Role::It);
    in_browser(async |window| {
        window.page.goto(&link).await.unwrap();
        for theme in ["light", "dark"] {
            window.page.add_cookie(Cookie::new("theme", theme)).await.unwrap();
            for (width, shape) in [(1280, "wide"), (390, "narrow")] {
                window.page.set_window_rect(0, 0, width, 900).await.unwrap();
                for (name, path) in [
                    ("list", "/devices"),
                    ("filtered", "/devices?status=non_compliant&label=Berlin&columns=status,device,owner,serial,labels,due"),
                    ("groups", "/devices/groups"),
                    ("asked", "/devices/change?what=label&value=Berlin&which=all&view=failing%3Dfirewall"),
                ] {
                    window.page.goto(&format!("{}{path}", server.url())).await.unwrap();
                    window.picture(&format!("fleet-5000-{name}-{shape}-{theme}")).await;
                }
            }
        }
        window.page.goto(&format!("{}/devices", server.url())).await.unwrap();
        assert_eq!(texts(window, "td.c-device").await.len(), 50);
        assert_eq!(one(window, ".count").await.text().await.unwrap(), "5,000 Macs");
        click(window, "a[rel=next]").await;
        one(window, "a[rel=prev]").await;
        assert_eq!(texts(window, "td.c-device").await.len(), 50);
        // More than can be changed at once is refused with what to do.
        click(window, "#change button[value=all]").await;
        let wrong = one(window, "p.wrong").await.text().await.unwrap();
        assert!(wrong.contains("label of at most"), "{wrong}");
        let all = "/devices/change?what=archive&which=all";
        window.page.goto(&format!("{}{all}", server.url())).await.unwrap();
        let wrong = one(window, "p.wrong").await.text().await.unwrap();
        assert!(wrong.contains("At most 2,000 Macs"), "{wrong}");
    })
    .await;
}
