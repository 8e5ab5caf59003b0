//! Packages of the agent on the collector: from IT's folder to the page of
//! somebody who was invited.

use std::path::Path;

use server::config::sign_in::MailLinks;
use server::invitation::{Request, VALID};
use shared::agent_release::{AgentRelease, Executable, FORMAT, Package};
use shared::keys::{hex, sha256_hex};
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};
use thirtyfour::Cookie;

use crate::browser::{Window, in_browser};
use crate::mail_links::collector;
use crate::pages::{axe, barriers, sticks_out};

/// Puts a release into the collector's folder, as IT would.
pub(crate) fn put_release(server: &TestServer, version: &str, program: &str, package: &[u8]) {
    let folder = server.folder().join("state/packages");
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = AgentRelease {
        format: FORMAT.to_owned(),
        version: version.to_owned(),
        package: Package {
            file: format!("Muster-{version}.pkg"),
            size: package.len() as u64,
            sha256: sha256_hex(package),
        },
        executable: Executable {
            sha256: program.to_owned(),
            architectures: vec!["arm64".to_owned(), "x86_64".to_owned()],
        },
        oldest_macos: "12.0".to_owned(),
    };
    put(&folder, &manifest.package.file, package);
    put(&folder, &format!("Muster-{version}.json"), manifest.to_text().as_bytes());
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// Lets the collector look at its folder.
pub(crate) async fn look(server: &TestServer) {
    server.running().jobs.round().await.unwrap();
}

/// A digest that is no program of a test.
pub(crate) fn program(byte: u8) -> String {
    hex(&[byte; 32])
}

async fn invited(server: &TestServer) -> String {
    let request = Request {
        person: "Sam Doe".to_owned(),
        email: "sam.doe@company.example".to_owned(),
        serial: None,
        valid_for: VALID,
    };
    server.running().invite(&request).await.unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_can_download_the_newest_package_and_check_it() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::stranger(&server).await;
    assert!(text_of(&visitor.page("/agent").await).contains("There is no package"));
    assert_eq!(visitor.ask("/agent/latest.json").await.status, 404);
    put_release(&server, "1.9.0", &program(1), b"older");
    put_release(&server, "1.10.0", &program(2), b"newest");
    look(&server).await;
    let page = visitor.page("/agent").await;
    let digest = sha256_hex(b"newest");
    let check = format!("echo \"{digest} Muster-1.10.0.pkg\" | shasum -a 256 -c");
    assert!(text_of(&page).contains(&check), "{page}");
    let address = format!("/agent/Muster-1.10.0.pkg?sha256={digest}");
    assert!(page.contains(&address));
    let file = visitor.ask(&address).await;
    assert_eq!((file.status, file.body.as_slice()), (200, b"newest".as_slice()));
    let forever = Some("public, max-age=31536000, immutable");
    assert_eq!(file.header("cache-control"), forever);
    assert_eq!(file.header("etag"), Some(format!("\"{digest}\"").as_str()));
    let plain = visitor.ask("/agent/Muster-1.9.0.pkg").await;
    assert_eq!((plain.status, plain.header("cache-control")), (200, Some("public, no-cache")));
    assert_eq!(visitor.ask("/agent/Muster-1.10.0.pkg?sha256=00").await.status, 404);
    assert_eq!(visitor.ask("/agent/Muster-1.10.0.json").await.status, 404);
    let latest: serde_json::Value = visitor.ask("/agent/latest.json").await.json();
    assert_eq!((&latest["version"], &latest["sha256"]), (&"1.10.0".into(), &digest.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_does_not_fit_is_named_to_it_and_never_served() {
    let server = TestServer::start().await;
    put_release(&server, "1.0.0", &program(1), b"whole");
    let folder = server.folder().join("state/packages");
    put(&folder, "Muster-1.0.0.pkg", b"whol");
    put(&folder, "Muster-2.0.0.json", b"{\"format\": \"muster.agent-release/v2\"}");
    look(&server).await;
    let mut visitor = Visitor::signed_in(&server).await;
    let page = text_of(&visitor.page("/agent-releases").await);
    assert!(page.contains("Muster-1.0.0.pkg : It has 4 bytes, but its manifest names 5"), "{page}");
    assert!(page.contains("Muster-2.0.0.json : It is no manifest of a release"), "{page}");
    assert_eq!(visitor.ask("/agent/Muster-1.0.0.pkg").await.status, 404);
    put(&folder, "Muster-1.0.0.pkg", b"whole");
    look(&server).await;
    assert_eq!(visitor.file("/agent/Muster-1.0.0.pkg").await, b"whole");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_an_invitation_has_package_and_line_and_uses_nothing_up() {
    let server = TestServer::start().await;
    put_release(&server, "1.2.3", &program(1), b"package");
    look(&server).await;
    let token = invited(&server).await;
    let mut visitor = Visitor::stranger(&server).await;
    assert!(visitor.page("/join").await.contains("data-invitation"));
    let form = format!("invitation=%23{token}");
    for _ in 0..2 {
        let answer = visitor.post("/join", &form).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        let page = text_of(&answer.text());
        let file = format!("Muster-1.2.3.{token}.pkg");
        let line = format!(
            "sudo installer -pkg ~/Downloads/{file} -target / &#38;&#38; sudo muster-agent enroll {token}"
        );
        assert!(page.contains(&line.replace("&#38;", "&amp;")), "{page}");
        assert!(page.contains("Never: files, mail, messages"), "{page}");
    }
    let download = visitor.post("/join/package", &form).await;
    assert_eq!((download.status, download.body.as_slice()), (200, b"package".as_slice()));
    let name = format!("attachment; filename=\"Muster-1.2.3.{token}.pkg\"");
    assert_eq!(download.header("content-disposition"), Some(name.as_str()));
    assert_eq!(download.header("cache-control"), Some("no-store"));
    let used = server.look().rows("SELECT count(*) FROM invitation WHERE used_ms IS NOT NULL");
    assert_eq!(used, ["0"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_that_cannot_be_used_says_what_to_do() {
    let server = TestServer::start().await;
    let token = invited(&server).await;
    let mut visitor = Visitor::stranger(&server).await;
    let page = visitor.post("/join", &format!("invitation={token}")).await;
    let page = text_of(&page.text());
    assert!(page.contains("this collector has no package to download"), "{page}");
    assert!(page.contains(&format!("sudo muster-agent enroll {token}")), "{page}");
    let none = visitor.post("/join/package", &format!("invitation={token}")).await;
    assert_eq!(none.status, 404);
    let mut strange: shared::token::Token = token.parse().unwrap();
    strange.secret = [7; 32];
    let elsewhere = shared::token::Token { url: "https://m.example".to_owned(), ..strange.clone() };
    for (pasted, said) in [
        ("hello".to_owned(), "This is no invitation."),
        (token[..60].to_owned(), "Characters of the invitation are missing."),
        (strange.to_string(), "This invitation is not known here."),
        (elsewhere.to_string(), "for another address, https://m.example"),
        (String::new(), "This is no invitation."),
    ] {
        for path in ["/join", "/join/package"] {
            let answer = visitor.post(path, &format!("invitation={pasted}")).await;
            assert_eq!(answer.status, 422, "{pasted}");
            assert!(text_of(&answer.text()).contains(said), "{said}: {}", answer.text());
        }
    }
    server.set_clock(server.clock.now() + jiff::SignedDuration::from_hours(73)).await;
    let late = visitor.post("/join", &format!("invitation={token}")).await;
    assert!(text_of(&late.text()).contains("has expired"), "{}", late.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outdated_agent_is_found_counted_and_its_holder_is_mailed() {
    let (server, mail) = collector(MailLinks::Off).await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    let mut visitor = Visitor::signed_in(&server).await;
    assert!(!visitor.page("/").await.contains("outdated agent"), "no release is known yet");
    assert!(!visitor.page("/devices").await.contains("agent_mail"));
    let own = env!("CARGO_PKG_VERSION");
    put_release(&server, own, &program(1), b"own");
    put_release(&server, "99.1.0", &program(2), b"newer");
    look(&server).await;
    let overview = text_of(&visitor.page("/").await);
    assert!(overview.contains("1 Mac with an outdated agent."), "{overview}");
    let list = "/devices.json?columns=status,agent&agent=";
    for (word, number) in [("outdated", 1), ("current", 0), ("unknown", 0)] {
        assert_eq!(visitor.devices(&format!("{list}{word}")).await.len(), number, "{word}");
    }
    let row = visitor.devices(&format!("{list}outdated")).await.remove(0);
    assert_eq!((&row["agent_version"], &row["agent_outdated"]), (&own.into(), &true.into()));
    assert_eq!(row["status"], "compliant", "an old agent is no failure");
    assert_eq!(visitor.ask("/devices?agent=new").await.status, 400);
    let page = text_of(&visitor.page("/devices?columns=agent&agent=outdated").await);
    assert!(page.contains(&format!("{own} outdated")) && page.contains("Outdated 1"), "{page}");
    let id = server.look().rows("SELECT id FROM device").remove(0);
    let page = visitor.page(&format!("/devices/{id}")).await;
    let said = "Outdated since 20 Aug 2026; the newest release is 99.1.0. By the agent’s own word.";
    assert!(text_of(&page).contains(said), "{}", text_of(&page));
    let ask = format!("/devices/change?what=agent_mail&which=chosen&device={id}");
    assert!(page.contains(&ask.replace('&', "&amp;")), "{page}");
    let page = visitor.page(&ask).await;
    let (_, seen) = page.split_once("name=\"seen\" value=\"").unwrap();
    let seen = seen.split('"').next().unwrap();
    let form = format!("what=agent_mail&which=chosen&device={id}&seen={seen}");
    let done = visitor.post("/devices/change", &form).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let letter = mail.letter(0).await;
    assert!(letter.text.contains(&format!("{}/agent", server.url())), "{}", letter.text);
    let noted = "SELECT detail FROM audit WHERE action = 'agent_mailed'";
    assert_eq!(server.look().rows(noted), ["release 99.1.0"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_no_release_is_flagged_until_its_manifest_is_there() {
    let server = TestServer::start().await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    let flags = "SELECT flags FROM statement ORDER BY sequence DESC LIMIT 1";
    let is_flagged = || server.look().rows(flags).remove(0).contains("unknown-build");
    assert!(!is_flagged(), "no release is known");
    put_release(&server, "1.0.0", &program(1), b"package");
    look(&server).await;
    laptop.report().await;
    assert!(is_flagged());
    let mut visitor = Visitor::signed_in(&server).await;
    let row = visitor.devices("/devices.json?columns=status,agent&agent=unknown").await.remove(0);
    assert_eq!((&row["status"], &row["agent_build"]), (&"compliant".into(), &"unknown".into()));
    let id = server.look().rows("SELECT id FROM device").remove(0);
    let page = text_of(&visitor.page(&format!("/devices/{id}")).await);
    assert!(page.contains("No release that the collector knew at the newest report"), "{page}");
    assert!(page.contains("unknown-build"), "{page}");
    laptop.report().await;
    let told = "SELECT data FROM stream_event WHERE data LIKE '%\"agent\"%' ORDER BY log_size";
    assert_eq!(server.look().rows(told).len(), 1, "told once");
    let sha256 = server.look().rows("SELECT agent_sha256 FROM device").remove(0);
    put_release(&server, env!("CARGO_PKG_VERSION"), &sha256, b"own");
    look(&server).await;
    laptop.report().await;
    assert!(!is_flagged());
    assert!(visitor.devices("/devices.json?agent=unknown").await.is_empty());
    let told = server.look().rows(told);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("\"is_known\":true"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_of_an_invitation_leaves_the_address_and_is_good_on_every_screen() {
    let url = "http://localhost:0".to_owned();
    let server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    put_release(&server, "1.2.3", &program(1), b"package");
    look(&server).await;
    let (token, axe) = (invited(&server).await, axe());
    in_browser(async |window: &Window| {
        window.page.goto(&format!("{}/join", server.url())).await.unwrap();
        for theme in ["light", "dark"] {
            window.page.add_cookie(Cookie::new("theme", theme)).await.unwrap();
            for (width, shape) in [(1280, "wide"), (390, "narrow")] {
                window.page.set_window_rect(0, 0, width, 900).await.unwrap();
                window.page.goto("about:blank").await.unwrap();
                window.page.goto(&format!("{}/join#{token}", server.url())).await.unwrap();
                let line = window.text("pre.command code").await;
                assert!(line.ends_with(&format!("sudo muster-agent enroll {token}")), "{line}");
                let address = window.page.current_url().await.unwrap();
                assert_eq!(address.as_str(), format!("{}/join", server.url()));
                window.picture(&format!("page-joined-{shape}-{theme}")).await;
                assert!(!sticks_out(window).await, "{shape} {theme}");
                assert_eq!(barriers(window, &axe).await, Vec::<String>::new(), "{shape} {theme}");
            }
        }
        let referrer = window.page.execute("return document.referrer", vec![]).await.unwrap();
        assert_eq!(referrer.json(), "", "no referrer");
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}
