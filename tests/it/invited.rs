//! IT invites a person from the console: by mail where mail is configured, else
//! with a line to hand over.

use server::config::sign_in::MailLinks;
use shared::token::Token;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

use crate::mail_links::collector;

const FORM: &str = "person=Sam+Doe&email=Sam.Doe%40company.example&serial=";

/// The token of the line that a person enters.
fn token(text: &str) -> Token {
    let (_, rest) = text.split_once("muster-agent enroll ").expect("the line with the token");
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

async fn enrols(server: &TestServer, token: &Token) {
    let laptop = Laptop::new(&Recording::named(HEALTHY), &server.clock);
    laptop.enroll(token).await.unwrap();
    laptop.report().await;
    let held = "SELECT p.name || ' ' || p.email FROM device d JOIN person p ON p.id = d.person_id";
    assert_eq!(server.look().rows(held), ["Sam Doe sam.doe@company.example"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_enrols_with_the_line_of_a_letter() {
    let (server, mail) = collector(MailLinks::Off).await;
    let mut visitor = Visitor::signed_in(&server).await;
    assert!(visitor.page("/devices").await.contains("/devices/invite"), "from the empty list");
    let answer = visitor.post("/devices/invite", FORM).await;
    assert_eq!(answer.status, 200);
    let page = text_of(&answer.text());
    assert!(page.contains("A letter went to sam.doe@company.example."), "{page}");
    assert!(!page.contains("mst1."), "the token is in the letter alone");
    let letter = mail.letter(0).await;
    enrols(&server, &token(&letter.text)).await;
    let noted = server.look().rows("SELECT object_name FROM audit WHERE action = 'invited'");
    assert_eq!(noted, ["Sam Doe"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_mail_the_line_is_shown_once() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::signed_in(&server).await;
    let answer = visitor.post("/devices/invite", FORM).await;
    enrols(&server, &token(&text_of(&answer.text()))).await;
    let wrong = visitor.post("/devices/invite", "person=&email=sam&serial=1").await;
    assert_eq!(wrong.status, 422);
    let text = wrong.text();
    for said in ["Enter the name", "Enter a mail address", "8 to 20 letters", "value=\"sam\""] {
        assert!(text.contains(said), "{said}");
    }
}
