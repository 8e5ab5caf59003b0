//! Passkeys in a real browser, with a device that Chromium plays.

use std::time::Duration;

use serde_json::{Value, json};
use tests::test_server::TestServer;
use thirtyfour::prelude::ElementQueryable as _;
use thirtyfour::{By, WebElement};

use crate::browser::{Window, in_browser};

/// How long something may take to appear: signing out clears the browser's
/// cache, which takes seconds on a busy computer.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked for.
const STEP: Duration = Duration::from_millis(200);

/// Browsers make passkeys for names, and for this one without TLS.
async fn collector() -> TestServer {
    TestServer::start_with(|config| config.public_url = Some("http://localhost:0".to_owned())).await
}

/// A device that keeps passkeys and recognises its holder.
pub(crate) async fn device(window: &Window) -> String {
    let device = json!({
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserConsenting": true, "isUserVerified": true,
    });
    let id = window.ask("POST", "webauthn/authenticator", &device).await;
    format!("webauthn/authenticator/{}", id.as_str().unwrap())
}

pub(crate) async fn one(window: &Window, selector: &str) -> WebElement {
    window.page.query(By::Css(selector)).wait(PATIENCE, STEP).first().await.unwrap()
}

/// Waits until an element, named as in `XPath`, reads so.
pub(crate) async fn reads(window: &Window, element: &str, words: &str) {
    let path = format!("//{element}[contains(normalize-space(.), '{words}')]");
    let found = window.page.query(By::XPath(path)).wait(PATIENCE, STEP).first().await;
    found.unwrap_or_else(|error| panic!("`{element}` never read `{words}`: {error}"));
}

pub(crate) async fn go(window: &Window, server: &TestServer, path: &str) {
    window.page.goto(&format!("{}{path}", server.url())).await.unwrap();
}

/// Signs in by a link and adds a passkey.
pub(crate) async fn add(window: &Window, server: &TestServer, name: &str) {
    window.page.goto(&server.login_link()).await.unwrap();
    go(window, server, "/account").await;
    let field = one(window, "#passkey-name").await;
    field.clear().await.unwrap();
    field.send_keys(name).await.unwrap();
    one(window, "form[data-passkey=create] button").await.click().await.unwrap();
    one(window, &format!("td.c-name input[value='{name}']")).await;
}

pub(crate) async fn sign_out(window: &Window) {
    one(window, "form[action='/logout'] button").await.click().await.unwrap();
    one(window, "form[data-passkey=get] button").await;
}

async fn use_passkey(window: &Window) {
    one(window, "form[data-passkey=get] button").await.click().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_signs_in_until_it_is_removed() {
    let server = collector().await;
    in_browser(async |window| {
        device(window).await;
        add(window, &server, "Laptop").await;
        window.picture("account").await;
        let field = one(window, "td.c-name input").await;
        field.clear().await.unwrap();
        field.send_keys("Work laptop").await.unwrap();
        one(window, "td.c-name button").await.click().await.unwrap();
        one(window, "td.c-name input[value='Work laptop']").await;

        sign_out(window).await;
        window.picture("sign-in").await;
        use_passkey(window).await;
        reads(window, "h1", "No Macs yet").await;
        go(window, &server, "/account").await;
        reads(window, "table[contains(@class, 'sessions')]", "a passkey").await;
        assert_eq!(window.complaints().await, Vec::<String>::new());

        one(window, "table.passkeys .c-do a").await.click().await.unwrap();
        reads(window, "p[@class='warning']", "It is your only way in.").await;
        window.picture("passkey-remove").await;
        one(window, "form[action$='/remove'] button").await.click().await.unwrap();
        reads(window, "section[@aria-labelledby='passkeys']", "You have none.").await;
        sign_out(window).await;
        use_passkey(window).await;
        reads(window, "*[@role='alert']", "not known here").await;
        window.picture("sign-in-refused").await;
    })
    .await;
    let noted = server.look().rows(
        "SELECT action, object_name FROM audit WHERE object_kind = 'passkey' ORDER BY position",
    );
    let expected =
        ["passkey_added|Laptop", "passkey_renamed|Work laptop", "passkey_removed|Work laptop"];
    assert_eq!(noted, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_the_device_does_not_recognise_stays_outside() {
    let server = collector().await;
    in_browser(async |window| {
        let device = device(window).await;
        add(window, &server, "Laptop").await;
        sign_out(window).await;
        window.ask("POST", &format!("{device}/uv"), &json!({"isUserVerified": false})).await;
        use_passkey(window).await;
        reads(window, "*[@role='status']", "No passkey was used.").await;
        window.ask("POST", &format!("{device}/uv"), &json!({"isUserVerified": true})).await;
        use_passkey(window).await;
        reads(window, "h1", "No Macs yet").await;
    })
    .await;
}

/// Lets the device answer, and takes the answer away from the page.
const ANSWER: &str = "const done = arguments[0];
    fetch('/login/passkey/options', {method: 'POST'})
        .then((response) => response.json())
        .then((asked) => navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked.publicKey)}))
        .then((answer) => done(JSON.stringify(answer)), (error) => done('failed: ' + error));";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_counts_once_and_in_the_browser_that_was_asked() {
    let server = collector().await;
    let mut connection = server.connector().connect().await;
    let mut send = async |cookie: &str, answer: &str| {
        let body = format!("answer={}", encoded(answer));
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            ("cookie", cookie),
        ];
        connection.send("POST", "/login/passkey", &headers, body).await.status
    };
    in_browser(async |window| {
        device(window).await;
        add(window, &server, "Laptop").await;
        sign_out(window).await;
        let asked = async || {
            let answer = window.page.execute_async(ANSWER, vec![]).await.unwrap();
            let answer: String = answer.convert().unwrap();
            assert!(answer.starts_with('{'), "{answer}");
            let cookie = window.page.get_named_cookie("muster-passkey").await.unwrap();
            (format!("muster-passkey={}", cookie.value), answer)
        };
        let (first, answer) = asked().await;
        assert_eq!(send("", &answer).await, 401, "from another browser");
        assert_eq!(send(&first, &answer).await, 303);
        assert_eq!(send(&first, &answer).await, 401, "a second time");
        let (second, fresh) = asked().await;
        assert_eq!(send(&second, &answer).await, 401, "the answer to another question");
        assert_eq!(send(&second, &fresh).await, 401, "a wrong answer used the question up");
        // Ten minutes are enough for anybody.
        let (third, late) = asked().await;
        server.clock.set(server.clock.now() + jiff::SignedDuration::from_mins(10));
        assert_eq!(send(&third, &late).await, 401, "too late");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_passkey_is_found_out_by_its_counter() {
    let server = collector().await;
    in_browser(async |window| {
        let device = device(window).await;
        add(window, &server, "Laptop").await;
        let credentials = format!("{device}/credentials");
        let copy = window.ask("GET", &credentials, &Value::Null).await[0].take();
        for _ in 0..2 {
            sign_out(window).await;
            use_passkey(window).await;
            reads(window, "h1", "No Macs yet").await;
        }
        // The copy knows nothing of these two.
        window.ask("DELETE", &credentials, &Value::Null).await;
        window.ask("POST", &format!("{device}/credential"), &copy).await;
        sign_out(window).await;
        use_passkey(window).await;
        reads(window, "*[@role='alert']", "a copy of it may exist").await;
    })
    .await;
    let noted = server.look().rows("SELECT detail FROM audit WHERE action = 'passkey_refused'");
    assert_eq!(noted, ["the passkey was used elsewhere since; a copy of it may exist"]);
}

/// As forms are sent.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
