//! The account's page and the ways in, on every screen and without scripts.

use serde_json::{Value, json};
use server::config::sign_in::MailLinks;
use tests::mail_server::MailServer;
use tests::test_server::TestServer;
use thirtyfour::prelude::ElementQueryable as _;
use thirtyfour::{By, WebElement};

use crate::browser::{Window, in_browser};
use crate::mail_links::{KIM, collector, path};
use crate::passkeys::{add, device, go, one, reads, sign_out};

/// Everything that stands out of the window on the right.
const TOO_WIDE: &str = "const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return [];
    return [...document.querySelectorAll('body *')]
        .filter((one) => one.getBoundingClientRect().right > wide)
        .map((one) => one.tagName + '.' + one.className);";

/// Pictures of a page, wide and narrow, in the light and in the dark.
async fn pictures(window: &Window, server: &TestServer, path: &str, name: &str) {
    for theme in ["light", "dark"] {
        let cookie = format!("document.cookie = 'theme={theme}; Path=/'");
        window.page.execute(&cookie, vec![]).await.unwrap();
        for (width, height, size) in [(1280, 900, ""), (390, 844, "-narrow")] {
            window.page.set_window_rect(0, 0, width, height).await.unwrap();
            go(window, server, path).await;
            let wide: Vec<String> =
                window.page.execute(TOO_WIDE, vec![]).await.unwrap().convert().unwrap();
            assert_eq!(wide, Vec::<String>::new(), "{path} at {width}");
            window.picture(&format!("{name}{size}-{theme}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_ways_in_and_of_the_account_fit_every_screen() {
    let (server, _mail) = collector(MailLinks::Everybody).await;
    in_browser(async |window| {
        let device = device(window).await;
        add(window, &server, "Work laptop").await;
        pictures(window, &server, "/account", "account").await;
        let remove = one(window, "table.passkeys .c-do a").await.attr("href").await.unwrap();
        pictures(window, &server, &remove.unwrap(), "passkey-remove").await;
        window.page.set_window_rect(0, 0, 1280, 900).await.unwrap();
        go(window, &server, "/account").await;
        // It would sign in by itself where a mail address is typed.
        window.ask("DELETE", &device, &Value::Null).await;
        sign_out(window).await;
        pictures(window, &server, "/login", "sign-in").await;
        pictures(window, &server, "/login/mail", "mail-sent").await;
        pictures(window, &server, "/login/mail/abc", "mail-link").await;
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_is_offered_where_a_mail_address_is_typed() {
    let (server, mail) = collector(MailLinks::Everybody).await;
    in_browser(async |window| {
        device(window).await;
        add(window, &server, "Work laptop").await;
        // Nobody presses a button: the device that Chromium plays takes what
        // the browser offers.
        one(window, "form[action='/logout'] button").await.click().await.unwrap();
        reads(window, "h1", "No Macs yet").await;
        go(window, &server, "/account").await;
        reads(window, "table[contains(@class, 'sessions')]", "a passkey").await;
    })
    .await;
    assert_eq!(mail.letters(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_token_is_shown_once_and_can_be_revoked() {
    let (server, _mail) = collector(MailLinks::Off).await;
    in_browser(async |window| {
        window.page.goto(&server.login_link()).await.unwrap();
        go(window, &server, "/account").await;
        one(window, "details.make summary").await.click().await.unwrap();
        button(window, "Make the token").await;
        one(window, "#token-name").await.send_keys("Nightly export").await.unwrap();
        for scope in ["fleet:read", "export"] {
            one(window, &format!("input[value='{scope}']")).await.click().await.unwrap();
        }
        window.picture("token-form").await;
        button(window, "Make the token").await.click().await.unwrap();
        reads(window, "h1", "Nightly export").await;
        let token = one(window, "pre.command code").await.text().await.unwrap();
        assert!(token.starts_with("muster_") && token.len() > 60, "{token}");
        window.picture("token-made").await;
        let kept = server.look().dump();
        let secret = token.rsplit('_').next().unwrap();
        assert!(kept.values().flatten().all(|row| !row.contains(secret)));

        go(window, &server, "/account").await;
        assert!(!window.page.source().await.unwrap().contains(secret));
        reads(window, "table[contains(@class, 'tokens')]", "fleet:read export").await;
        button(window, "Revoke").await.click().await.unwrap();
        reads(window, "section[@aria-labelledby='tokens']", "You have none.").await;
        assert_eq!(window.complaints().await, Vec::<String>::new());
        // What nobody could use is not made.
        one(window, "details.make summary").await.click().await.unwrap();
        one(window, "#token-name").await.send_keys("Nothing").await.unwrap();
        button(window, "Make the token").await.click().await.unwrap();
        reads(window, "*[@role='alert']", "Choose at least one thing").await;
    })
    .await;
    let noted =
        "SELECT action, object_name FROM audit WHERE object_kind = 'token' ORDER BY position";
    let expected = ["token_added|Nightly export", "token_revoked|Nightly export"];
    assert_eq!(server.look().rows(noted), expected);
}

/// Lets no script run in the pages that come.
async fn without_scripts(window: &Window) {
    let command = json!({"cmd": "Emulation.setScriptExecutionDisabled", "params": {"value": true}});
    window.ask("POST", "goog/cdp/execute", &command).await;
}

async fn button(window: &Window, words: &str) -> WebElement {
    let path = format!("//button[normalize-space(.)='{words}']");
    window.page.query(By::XPath(path)).first().await.unwrap()
}

/// Signs Kim in by a letter.
async fn sign_in_by_mail(window: &Window, server: &TestServer, mail: &MailServer, number: usize) {
    go(window, server, "/login").await;
    one(window, "#email").await.send_keys(KIM).await.unwrap();
    button(window, "Send a sign-in link").await.click().await.unwrap();
    reads(window, "h1", "Look into your mailbox").await;
    let link = path(server, &mail.letter(number).await);
    go(window, server, &link).await;
    button(window, "Sign in").await.click().await.unwrap();
    one(window, "form[action='/logout']").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_every_way_but_passkeys_works() {
    let (server, mail) = collector(MailLinks::Everybody).await;
    in_browser(async |window| {
        without_scripts(window).await;
        go(window, &server, "/login").await;
        reads(window, "main", "A passkey needs JavaScript").await;
        let passkey = one(window, "form[data-passkey]").await;
        assert!(!passkey.is_displayed().await.unwrap());
        window.picture("sign-in-without-scripts").await;
        sign_in_by_mail(window, &server, &mail, 0).await;
        // A session that was left open somewhere else.
        window.page.delete_all_cookies().await.unwrap();
        sign_in_by_mail(window, &server, &mail, 1).await;
        go(window, &server, "/account").await;
        reads(window, "section", "Adding a passkey needs JavaScript").await;
        reads(window, "section", "A link by mail is one factor").await;
        reads(window, "h2", "Where you are signed in 2").await;
        button(window, "End all other sessions").await.click().await.unwrap();
        reads(window, "h2", "Where you are signed in 1").await;
        window.picture("account-without-scripts").await;
        button(window, "Sign out").await.click().await.unwrap();
        reads(window, "h1", "Sign in").await;
    })
    .await;
    let left = server.look().number("SELECT count(*) FROM console_session");
    assert_eq!(left, 0);
    let noted = "SELECT action FROM audit WHERE action LIKE 'session%' OR action = 'sign_out' ORDER BY position";
    assert_eq!(server.look().rows(noted), ["sessions_ended", "sign_out"]);
}
