//! Whole checklists, as people, laptops and the collector work on them.

mod offboarding;
mod onboarding;
mod pages;

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::audit::{Act, Object};
use server::auth::role::Role;
use shared::keys::hex;
use shared::log::{LogKey, TlogProof};
use tests::test_server::TestServer;
use tests::visitor::Visitor;
use thirtyfour::prelude::ElementQueryable as _;
use thirtyfour::{By, WebElement};

use crate::browser::Window;

/// Whose checklist it is.
const NAME: &str = "Sam Doe";
const EMAIL: &str = "sam.doe@company.example";

/// Waits for it: a form that was sent loads the next page after a moment.
async fn one(window: &Window, selector: &str) -> WebElement {
    let found = window.page.query(By::Css(selector)).first().await;
    found.unwrap_or_else(|error| panic!("{selector}: {error}"))
}

async fn click(window: &Window, selector: &str) {
    let element = one(window, selector).await;
    element.scroll_into_view().await.unwrap();
    element.click().await.unwrap();
}

async fn type_into(window: &Window, selector: &str, text: &str) {
    let field = one(window, selector).await;
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

async fn text(window: &Window, selector: &str) -> String {
    window.text(selector).await
}

/// What the page says of a task.
async fn task(window: &Window, id: &str) -> String {
    text(window, &format!("#task-{id}")).await
}

/// Opens a page of the console, newly read.
async fn open(window: &Window, server: &TestServer, path: &str) {
    window.page.goto("about:blank").await.unwrap();
    window.page.goto(&format!("{}{path}", server.url())).await.unwrap();
}

/// Goes on as somebody else, in a session of their own.
async fn become_(window: &Window, link: &str) {
    window.page.delete_all_cookies().await.unwrap();
    window.page.goto(link).await.unwrap();
    one(window, "nav[aria-label=Main]").await;
}

/// Lets hours pass, after which an administrator signs in again.
async fn later(window: &Window, server: &TestServer, hours: i64) {
    server.forward(SignedDuration::from_hours(hours)).await;
    become_(window, &server.login_link()).await;
}

/// The link by which the person signs in.
fn own_link(server: &TestServer) -> String {
    server.login_link_for((NAME, EMAIL), Role::Employee)
}

/// Confirms a task, and waits until it is done.
async fn confirm(window: &Window, id: &str, note: &str) {
    if !note.is_empty() {
        type_into(window, &format!("#confirm-{id}"), note).await;
    }
    click(window, &format!("#task-{id} form[action$=confirm] button")).await;
    one(window, &format!("#task-{id} .task-state .mark.pass")).await;
}

/// The paper that a printer would give, as a PDF beside the pictures, and a
/// picture of it.
async fn print(window: &Window, name: &str) {
    let media =
        |media: &str| json!({"cmd": "Emulation.setEmulatedMedia", "params": {"media": media}});
    window.ask("POST", "goog/cdp/execute", &media("print")).await;
    window.picture(&format!("{name}-printed")).await;
    window.ask("POST", "goog/cdp/execute", &media("")).await;
    let paper = window.ask("POST", "print", &json!({"background": true})).await;
    let Value::String(text) = paper else { panic!("no paper: {paper}") };
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    assert!(bytes.starts_with(b"%PDF"), "{name}");
    window.keep(&format!("{name}.pdf"), &bytes);
}

/// What an administrator's command is noted as.
fn act(server: &TestServer, action: &'static str) -> Act {
    Act::of_command(action, Object::new("person", ""), server.clock.now())
}

#[expect(clippy::disallowed_methods, reason = "another implementation's opinion")]
fn openssl(folder: &Path, arguments: &str) -> (bool, String) {
    let output = Command::new("/usr/bin/openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Checks the signed record of a completed checklist with openssl, and its
/// place in the log; what the record says.
async fn verified_record(server: &TestServer, id: &str) -> Value {
    let mut visitor = Visitor::signed_in(server).await;
    let folder = tempfile::tempdir().unwrap();
    let keep = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let record = format!("/checklists/{id}/record");
    let pae = visitor.file(&format!("{record}/pae")).await;
    keep("r.pae", &pae);
    keep("r.sig", &visitor.file(&format!("{record}/signature")).await);
    keep("r.pem", &visitor.file(&format!("{record}/certificate")).await);
    keep("ca.pem", server.running().ca.pem().as_bytes());
    let (_, key) = openssl(folder.path(), "x509 -in r.pem -pubkey -noout");
    keep("key.pem", key.as_bytes());
    let seconds = server.clock.now().as_second();
    let chain = format!("verify -attime {seconds} -CAfile ca.pem r.pem");
    assert!(openssl(folder.path(), &chain).0, "the collector's CA issued the certificate");
    let verify = "dgst -sha256 -verify key.pem -signature r.sig r.pae";
    assert_eq!(openssl(folder.path(), verify), (true, "Verified OK\n".to_owned()));
    let mut flipped = pae.clone();
    flipped[200] ^= 1;
    keep("r.pae", &flipped);
    assert!(!openssl(folder.path(), verify).0, "one bit, and nothing holds");

    // The digest stands in the log, and the log proves it.
    let sql = format!("SELECT position FROM checklist WHERE id = '{id}'");
    let position = server.look().number(&sql);
    let entry = visitor.file(&format!("/log/entry/{position}")).await;
    let digest = hex(&shared::keys::sha256(&pae));
    assert!(String::from_utf8_lossy(&entry).contains(&digest), "the entry names the record");
    let key = LogKey::parse(visitor.page("/log/key").await.trim()).unwrap();
    let proof = TlogProof::parse(&visitor.page(&format!("/log/proof/{position}")).await).unwrap();
    proof.verify(&entry, &key).unwrap();
    let payload = visitor.file(&format!("{record}/payload")).await;
    assert!(pae.ends_with(&payload), "what is read is what was signed");
    serde_json::from_slice(&payload).unwrap()
}

/// What the record says of one task.
fn recorded<'a>(record: &'a Value, id: &str) -> &'a Value {
    let tasks = record["predicate"]["tasks"].as_array().unwrap();
    tasks.iter().find(|task| task["task"] == id).unwrap()
}
