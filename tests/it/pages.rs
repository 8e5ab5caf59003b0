//! Every page of the console in a real browser: light and dark, wide and
//! narrow, with and without its script, and looked over by axe-core.

use std::path::PathBuf;

use serde_json::Value;
use server::invitation::{Request, VALID};
use tests::laptop::Laptop;
use tests::program::target_folder;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::Visitor;
use thirtyfour::{By, Cookie};

use crate::agent_releases::{program, put_release};
use crate::browser::{Scripts, Window, in_browser, in_browser_with};

/// Addresses that answer with a file, a word or another address.
const NO_PAGES: &[&str] = &[
    "/devices.csv",
    "/devices.json",
    "/expected.csv",
    "/expected.json",
    "/devices/{id}/key.pem",
    "/devices/{id}/statements/{chain}/{sequence}/{part}",
    "/log/checkpoint",
    "/log/key",
    "/log/entry/{position}",
    "/log/proof/{position}",
    "/log/tile/{*rest}",
    "/people.csv",
    "/people.json",
    "/checklists.csv",
    "/checklists.json",
    "/checklists/report.csv",
    "/checklists/{id}/evidence/{task}/{evidence}",
    "/checklists/{id}/record/{part}",
    "/audit.csv",
    "/audit.json",
    "/agent/latest.json",
    "/agent/{file}",
    "/static/{file}",
    "/healthz",
    "/.well-known/muster-jwks.json",
    "/sign-in/openid/{name}/callback",
];

/// What stands in the places of addresses.
struct Places {
    device: String,
    account: String,
    person: String,
    webhook: String,
    checklist: String,
    own_checklist: String,
}

impl Places {
    fn fill(&self, path: &str) -> String {
        let id = match path.split('/').nth(1) {
            Some("accounts") => &self.account,
            Some("people") => &self.person,
            Some("settings") => &self.webhook,
            Some("me") => &self.own_checklist,
            _ if path.contains("checklists") => &self.checklist,
            _ => &self.device,
        };
        path.replace("{id}", id)
            .replace("{chain}", "0")
            .replace("{sequence}", "1")
            .replace("{step}", "revoke")
            .replace("{token}", "over")
            .replace("{name}", "nobody")
            .replace("{kind}", "offboarding")
            .replace("{serial}", "ZZE2E00009")
    }
}

/// Two releases of the agent, and a package that fits none.
fn put_releases(server: &TestServer) {
    put_release(server, "1.2.3", &program(1), b"package");
    put_release(server, "1.0.0", &program(2), b"older");
    std::fs::write(server.folder().join("state/packages/Muster-0.9.0.pkg"), b"alone").unwrap();
}

/// A fleet of two, one of which fails.
async fn fleet() -> (TestServer, Places) {
    let url = "http://localhost:0".to_owned();
    let server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    let healthy = Recording::named(HEALTHY);
    for (person, recording) in [
        ("Sam Doe", healthy.clone().of_another_mac(1).with_filevault_off()),
        ("Kim Roe", healthy.of_another_mac(2)),
    ] {
        Laptop::enrolled(&server, person, &recording).await.report().await;
    }
    put_releases(&server);
    let device = server.look().rows("SELECT device_id FROM finding WHERE status = 'fail'");
    // Makes the account that everything is looked at with.
    let mut visitor = Visitor::signed_in(&server).await;
    // A list of expected Macs: one that is there, one that never came.
    for mac in ["ZZE2E00001&owner_name=Sam+Doe", "ZZE2E00009&owner_name=Ada+Poe"] {
        let form = format!("serial={mac}&owner_email=ada%40company.example&model=MacBook+Air");
        assert_eq!(visitor.post("/expected", &form).await.status, 303);
    }
    let form = "name=Jamf&quota=50&days=90";
    assert_eq!(visitor.post("/expected/tokens", form).await.status, 200);
    let form = "name=SIEM&url=https%3A%2F%2Fsiem.company.example%2Fin&kinds=both&format=ocsf";
    let made = visitor.post("/settings/webhooks", form).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let webhook = server.look().rows("SELECT id FROM webhook").remove(0);
    let account = server.look().rows("SELECT id FROM account").remove(0);
    let person = "SELECT id FROM person WHERE email = 'sam.doe@company.example'";
    let person = server.look().rows(person).remove(0);
    // About who looks, so that the employee's page has something to show.
    let request = Request {
        person: "Alex Administrator".to_owned(),
        email: "administrator@muster.example".to_owned(),
        serial: None,
        valid_for: VALID,
    };
    server.running().invite(&request).await.unwrap();
    for person in ["sam.doe%40company.example", "administrator%40muster.example"] {
        let form = format!("email={person}&kind=onboarding&day=2026-08-18");
        let made = visitor.post("/checklists", &form).await;
        assert_eq!(made.status, 303, "{}", made.text());
    }
    let of = |email: &str| {
        let sql = format!(
            "SELECT c.id FROM checklist c JOIN person p ON p.id = c.person_id
             WHERE p.email = '{email}'"
        );
        server.look().rows(&sql).remove(0)
    };
    let checklist = of("sam.doe@company.example");
    let own_checklist = of("administrator@muster.example");
    server.round().await;
    (
        server,
        Places {
            device: device.into_iter().next().unwrap(),
            account,
            person,
            webhook,
            checklist,
            own_checklist,
        },
    )
}

/// Every page, with the name of its picture.
fn pages(places: &Places) -> Vec<(String, String)> {
    let routes = server::web::access().into_iter();
    let read = routes.filter(|(method, path, _)| method == "GET" && !NO_PAGES.contains(path));
    let name = |path: &str| match path {
        "/" => "overview".to_owned(),
        path => path.trim_matches('/').replace(['/', '{', '}', '.'], "-").replace("--", "-"),
    };
    let mut pages: Vec<_> = read.map(|(_, path, _)| (places.fill(path), name(path))).collect();
    let chosen = format!("/devices/change?what=label&value=Berlin&device={}", places.device);
    pages.push((chosen, "device-change-asked".to_owned()));
    let columns =
        "/devices?columns=status,device,owner,serial,labels,department,build,agent,enrolled,due";
    pages.push((columns.to_owned(), "devices-columns".to_owned()));
    pages.push(("/no-such-page".to_owned(), "not-found".to_owned()));
    assert!(pages.len() > 14, "{pages:?}");
    pages
}

pub(crate) fn axe() -> String {
    let path: PathBuf =
        target_folder().parent().unwrap().join("npm/browser/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; `tests/run` fetches it, or `npm ci` in a copy of tests/browser",
            path.display()
        )
    })
}

/// What axe-core calls serious or critical, with the first place of each.
pub(crate) async fn barriers(window: &Window, axe: &str) -> Vec<String> {
    let script = format!(
        "{axe};
        const done = arguments[arguments.length - 1];
        axe.run(document, {{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}})
            .then((found) => done(found.violations
                .filter((one) => ['serious', 'critical'].includes(one.impact))
                .map((one) => one.id + ': ' + one.nodes[0].html)), (error) => done([String(error)]));"
    );
    let found = window.page.execute_async(script, vec![]).await.unwrap();
    found.convert::<Vec<String>>().unwrap()
}

/// Addresses of other hosts that the page loaded something from.
async fn strangers(window: &Window) -> Vec<String> {
    let script = "return performance.getEntriesByType('resource').map((one) => one.name)
        .filter((name) => !name.startsWith(location.origin + '/'))";
    window.page.execute(script, vec![]).await.unwrap().convert().unwrap()
}

pub(crate) async fn sticks_out(window: &Window) -> bool {
    let script =
        "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
    let found = window.page.execute(script, vec![]).await.unwrap();
    found.json() == &Value::Bool(true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_good_in_light_and_dark_on_wide_and_narrow_screens() {
    let (server, places) = fleet().await;
    let (link, axe, pages) = (server.login_link(), axe(), pages(&places));
    in_browser(async |window| {
        window.page.goto(&link).await.unwrap();
        let mut wrong = Vec::new();
        for theme in ["light", "dark"] {
            window.page.add_cookie(Cookie::new("theme", theme)).await.unwrap();
            for (width, shape) in [(1280, "wide"), (390, "narrow")] {
                window.page.set_window_rect(0, 0, width, 900).await.unwrap();
                for (path, name) in &pages {
                    window.page.goto(&format!("{}{path}", server.url())).await.unwrap();
                    window.picture(&format!("page-{name}-{shape}-{theme}")).await;
                    let mut say =
                        |what: String| wrong.push(format!("{path} {shape} {theme}: {what}"));
                    if sticks_out(window).await {
                        say("scrolls sideways".to_owned());
                    }
                    strangers(window).await.into_iter().for_each(&mut say);
                    barriers(window, &axe).await.into_iter().for_each(&mut say);
                    // The browser itself complains of answers that are not 2xx.
                    let complaints = window.complaints().await.into_iter();
                    complaints.filter(|line| !line.contains("status of 4")).for_each(&mut say);
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_says_the_same_without_scripts() {
    let (server, places) = fleet().await;
    let pages = pages(&places);
    let read = async |scripts| {
        let link = server.login_link();
        let mut all = Vec::new();
        in_browser_with(scripts, async |window: &Window| {
            window.page.goto(&link).await.unwrap();
            for (path, _) in &pages {
                window.page.goto(&format!("{}{path}", server.url())).await.unwrap();
                let heading = window.page.find(By::Css("h1")).await.unwrap().text().await.unwrap();
                assert!(!heading.is_empty(), "{path}");
                all.push(heading);
            }
        })
        .await;
        all
    };
    assert_eq!(read(Scripts::Off).await, read(Scripts::On).await);
}
