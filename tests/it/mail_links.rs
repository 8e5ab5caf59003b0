//! Signing in with a link by mail, from the form to the mailbox and back.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use server::audit::{Act, Object};
use server::auth::role::Role;
use server::config::Config;
use server::config::sign_in::MailLinks;
use server::ingest::limits::address::TrustedProxies;
use server::store::access::accounts::NewAccount;
use tests::at;
use tests::connection::{Connection, Reply};
use tests::mail_server::{MailServer, Received, Speaks};
use tests::test_server::{START, TestServer};

pub(crate) const KIM: &str = "kim.roe@company.example";
const ADA: &str = "ada.poe@company.example";
const NOBODY: &str = "nobody@company.example";

/// A collector that sends links, and two people.
pub(crate) async fn collector(links: MailLinks) -> (TestServer, MailServer) {
    let mail = MailServer::start(Speaks::Tls, at(START)).await;
    let change = |config: &mut Config| {
        config.public_url = Some("http://localhost:0".to_owned());
        config.mail = Some(mail.mail());
        config.sign_in.mail = links;
        config.limits.proxies = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]);
    };
    let server = TestServer::start_with(change).await;
    for (email, name) in [(KIM, "Kim Roe"), (ADA, "Ada Poe")] {
        add(&server, email, name).await;
    }
    (server, mail)
}

async fn add(server: &TestServer, email: &str, name: &str) {
    let new = NewAccount {
        id: format!("id of {name}"),
        email: email.to_owned(),
        name: name.to_owned(),
        role: Role::Viewer,
        ends: None,
    };
    let act = Act::of_command("account_added", Object::new("account", &new.id), server.clock.now());
    let records = server.running().app.records.clone();
    let added = tokio::task::spawn_blocking(move || records.add_account(&new, &act)).await;
    assert!(added.unwrap().unwrap());
}

/// A browser as far as these pages need one.
struct Browser {
    connection: Connection,
    address: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn at(server: &TestServer, address: &str) -> Self {
        let connection = server.connector().connect().await;
        Self { connection, address: address.to_owned(), cookies: BTreeMap::new() }
    }

    async fn send(&mut self, method: &str, path: &str, form: &str) -> Reply {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = [
            ("cookie", cookies.join("; ")),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("sec-fetch-site", "same-origin".to_owned()),
            ("x-forwarded-for", self.address.clone()),
        ];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let reply = self.connection.send(method, path, &headers, form.to_owned()).await;
        for line in reply.headers.get_all("set-cookie") {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        reply
    }

    /// Asks for a link.
    async fn ask(&mut self, email: &str) -> Reply {
        self.send("POST", "/login/mail", &format!("email={}", email.replace('@', "%40"))).await
    }

    /// Presses the button of a link; whether that signed in.
    async fn press(&mut self, path: &str) -> bool {
        let reply = self.send("POST", path, "").await;
        match reply.status {
            303 => true,
            401 => false,
            other => panic!("{other}: {}", reply.text()),
        }
    }
}

/// The path of the link in a letter.
pub(crate) fn path(server: &TestServer, letter: &Received) -> String {
    let link = letter.link(&format!("{}/login/mail/", server.url()));
    link.expect("a link").strip_prefix(server.url()).unwrap().to_owned()
}

#[tokio::test]
async fn a_link_by_mail_signs_in_once_and_only_where_it_was_asked_for() {
    let (server, mail) = collector(MailLinks::Everybody).await;
    let mut kim = Browser::at(&server, "192.0.2.1").await;
    let mut other = Browser::at(&server, "192.0.2.1").await;
    other.ask(NOBODY).await;
    assert_eq!(kim.ask("  Kim.Roe@Company.Example ").await.status, 303);
    let letter = mail.letter(0).await;
    assert_eq!(letter.to, KIM);
    let link = path(&server, &letter);
    // A mail server opens every link; that changes nothing.
    for _ in 0..3 {
        let opened = kim.send("GET", &link, "").await;
        assert_eq!((opened.status, opened.header("cache-control")), (200, Some("no-store")));
        assert!(opened.text().contains(&format!("action=\"{link}\"")));
        Browser::at(&server, "192.0.2.9").await.send("GET", &link, "").await;
    }
    assert!(!other.press(&link).await, "another browser that asked");
    assert!(!Browser::at(&server, "192.0.2.1").await.press(&link).await, "a browser that did not");
    assert!(kim.press(&link).await);
    assert_eq!(kim.send("GET", "/", "").await.status, 200);
    assert!(!kim.press(&link).await, "a second time");
    let ways = server.look().rows("SELECT way FROM console_session");
    assert_eq!(ways, ["mail"]);
    // What is kept of the link cannot be used.
    let secret = link.rsplit('/').next().unwrap();
    assert_eq!(secret.len(), 43);
    let kept = server.look().dump();
    assert!(kept.values().flatten().all(|row| !row.contains(secret)));
}

#[tokio::test]
async fn a_link_by_mail_ends_after_ten_minutes() {
    let (server, mail) = collector(MailLinks::Everybody).await;
    let mut kim = Browser::at(&server, "192.0.2.1").await;
    kim.ask(KIM).await;
    let link = path(&server, &mail.letter(0).await);
    server.clock.set(server.clock.now() + SignedDuration::from_mins(10));
    assert!(!kim.press(&link).await);
    kim.ask(KIM).await;
    let link = path(&server, &mail.letter(1).await);
    server.clock.set(server.clock.now() + SignedDuration::from_secs(599));
    assert!(kim.press(&link).await);
}

#[tokio::test]
async fn an_unknown_address_gets_the_same_answer_and_no_letter() {
    let (server, mail) = collector(MailLinks::Everybody).await;
    let mut answers = Vec::new();
    for email in [NOBODY, KIM] {
        let mut browser = Browser::at(&server, "192.0.2.1").await;
        let mut reply = browser.ask(email).await;
        let page = browser.send("GET", "/login/mail", "").await;
        assert_eq!(page.status, 200);
        for random in ["set-cookie", "x-request-id", "date"] {
            reply.headers.remove(random);
        }
        answers.push((reply.status, reply.headers, reply.body, page.text()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(mail.letter(0).await.to, KIM);
    assert_eq!(mail.letters().len(), 1);
}

#[tokio::test]
async fn strangers_use_up_their_own_share_and_nobody_elses() {
    let (server, mail) = collector(MailLinks::Everybody).await;
    // Kim has signed in from here before.
    let mut kim = Browser::at(&server, "192.0.2.1").await;
    kim.ask(KIM).await;
    let link = path(&server, &mail.letter(0).await);
    assert!(kim.press(&link).await);
    // Others ask for Kim's links from everywhere: one was used up above, four
    // more are sent in this hour.
    for number in 1..=9 {
        let mut stranger = Browser::at(&server, &format!("203.0.113.{number}")).await;
        assert_eq!(stranger.ask(KIM).await.status, 303);
    }
    mail.letter(4).await;
    assert_eq!(kim.ask(KIM).await.status, 303);
    let letter = mail.letter(5).await;
    assert!(kim.press(&path(&server, &letter)).await, "where Kim was before, links still come");
    let mut ada = Browser::at(&server, "203.0.113.1").await;
    ada.ask(ADA).await;
    assert_eq!(mail.letter(6).await.to, ADA, "and to other accounts");
    assert_eq!(mail.letters().len(), 7);
    // In the next hour there are new ones.
    server.clock.set(server.clock.now() + SignedDuration::from_hours(1));
    Browser::at(&server, "203.0.113.20").await.ask(KIM).await;
    mail.letter(7).await;
}

#[tokio::test]
async fn one_network_asks_for_twenty_links_an_hour_and_guesses_thirty_times() {
    let (server, mail) = collector(MailLinks::Everybody).await;
    let mut browser = Browser::at(&server, "2001:db8::1").await;
    for _ in 0..20 {
        assert_eq!(browser.ask(NOBODY).await.status, 303);
    }
    browser.address = "2001:db8::2".to_owned();
    assert_eq!(browser.ask(NOBODY).await.status, 429);
    let mut other = Browser::at(&server, "192.0.2.1").await;
    other.ask(KIM).await;
    let link = path(&server, &mail.letter(0).await);
    for number in 0..30 {
        assert!(!other.press(&format!("/login/mail/{number}")).await);
    }
    assert!(!other.press(&link).await, "nothing more is looked at from there");
    other.address = "192.0.2.2".to_owned();
    assert!(other.press(&link).await, "and elsewhere the link holds");
}

#[tokio::test]
async fn for_recovery_only_those_without_another_way_get_a_link() {
    let (server, mail) = collector(MailLinks::Recovery).await;
    let records = server.running().app.records.clone();
    let bind = move || {
        let account = records.account_by_email(KIM).unwrap().unwrap();
        let act = Act::of_command("identity_bound", Object::new("account", &account.id), at(START));
        records.bind_identity(("https://id.example", "kim"), &account.id, &act).unwrap();
    };
    tokio::task::spawn_blocking(bind).await.unwrap();
    let mut browser = Browser::at(&server, "192.0.2.1").await;
    browser.ask(KIM).await;
    let letter = mail.letter(0).await;
    assert!(letter.text.contains("yours has one") && !letter.text.contains("/login/mail"));
    browser.ask(ADA).await;
    let link = path(&server, &mail.letter(1).await);
    assert!(browser.press(&link).await);
}

#[tokio::test]
async fn without_a_word_there_are_no_links_by_mail() {
    let server = TestServer::start().await;
    let mut browser = Browser::at(&server, "192.0.2.1").await;
    assert_eq!(browser.ask(KIM).await.status, 404);
    for path in ["/login/mail", "/login/mail/abc"] {
        assert_eq!(browser.send("GET", path, "").await.status, 404, "{path}");
    }
    assert!(!browser.send("GET", "/login", "").await.text().contains("sign-in link"));
}
