//! Templates, lists and files of checklists, as people use their pages.

use server::auth::role::Role;
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

use super::{EMAIL, NAME, own_link};

/// A text as a form sends it.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A checklist of this kind for Sam.
async fn started(server: &TestServer, it: &mut Visitor, kind: &str) -> String {
    let form = format!("email={}&kind={kind}&day=2026-08-24", encoded(EMAIL));
    let answer = it.post("/checklists", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let sql = format!("SELECT id FROM checklist WHERE kind = '{kind}' AND state = 'open'");
    server.look().rows(&sql).remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_is_changed_by_versions_and_open_checklists_stay_as_they_are() {
    let server = TestServer::start().await;
    server.invite(NAME).await;
    let mut it = Visitor::signed_in_as(&server, Role::It).await;
    let path = "/checklists/templates/yearly";
    let open = started(&server, &mut it, "yearly").await;
    let text = "title = \"Short\"\n\n[[task]]\nid = \"rules\"\ntitle = \"Rules\"\ndue = 3\ncloses = \"rules_passing\"\nrules = [\"filewall\"]\n";
    let send = |text: &str, version| format!("version={version}&source={}", encoded(text));
    let wrong = it.post(path, &send(text, 1)).await;
    let said = text_of(&wrong.text());
    assert_eq!(wrong.status, 422, "{said}");
    assert!(said.contains("Line 8: the policy in force has no rule `filewall`"), "{said}");
    assert!(said.contains("title = &quot;Short&quot;") || said.contains("Short"), "it is kept");
    let right = text.replace("filewall", "firewall");
    assert_eq!(it.post(path, &send(&right, 1)).await.status, 303);
    let late = it.post(path, &send(&right, 1)).await;
    assert!(text_of(&late.text()).contains("another version in force meanwhile"));
    assert!(text_of(&it.page(path).await).contains("version 2, 1 tasks"));
    let page = text_of(&it.page(&format!("/checklists/{open}")).await);
    assert!(page.contains("version 1") && page.contains("Access reviewed"), "{page}");
    // Only who works on checklists changes templates.
    let mut auditor = Visitor::signed_in_as(&server, Role::Auditor).await;
    assert_eq!(auditor.post(path, &send(&right, 2)).await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_filtered_by_its_address_and_taken_away_as_it_is_seen() {
    let server = TestServer::start().await;
    server.invite(NAME).await;
    let mut it = Visitor::signed_in_as(&server, Role::It).await;
    let leaving = started(&server, &mut it, "offboarding").await;
    started(&server, &mut it, "onboarding").await;
    let rows = async |it: &mut Visitor, query: &str| {
        let csv = it.page(&format!("/checklists.csv{query}")).await;
        csv.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(rows(&mut it, "").await.len(), 2);
    let one = rows(&mut it, "?kind=offboarding").await;
    assert!(one.len() == 1 && one[0].starts_with(&leaving) && one[0].contains(EMAIL), "{one:?}");
    assert!(rows(&mut it, "?owner=mine").await.is_empty());
    let take = format!("/checklists/{leaving}/tasks/google/take");
    assert_eq!(it.post(&take, "").await.status, 303);
    assert_eq!(rows(&mut it, "?owner=mine").await.len(), 1);
    assert!(rows(&mut it, "?state=completed").await.is_empty());
    assert!(rows(&mut it, "?overdue=yes").await.is_empty());
    let json: serde_json::Value = it.ask("/checklists.json?kind=offboarding").await.json();
    assert_eq!(
        (json["count"].as_i64(), json["checklists"][0]["open"].as_i64()),
        (Some(1), Some(15))
    );
    assert_eq!(it.ask("/checklists?kind=nothing").await.status, 400);
    // It is given up, with a reason that says something.
    let cancel = format!("/checklists/{leaving}/cancel");
    assert_eq!(it.post(&cancel, "text=no").await.status, 422);
    assert_eq!(it.post(&cancel, "text=Sam+stays+with+us.").await.status, 303);
    assert_eq!(rows(&mut it, "?state=cancelled").await.len(), 1);
    let again = it.post(&format!("/checklists/{leaving}/tasks/google/confirm"), "text=").await;
    assert_eq!(again.status, 422, "it is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_employee_acknowledges_the_own_texts_and_nobody_elses() {
    let server = TestServer::start().await;
    server.invite(NAME).await;
    let mut it = Visitor::signed_in_as(&server, Role::It).await;
    let list = started(&server, &mut it, "onboarding").await;
    let task = format!("/me/checklists/{list}/policies");
    let mut other = Visitor::signed_in_as(&server, Role::Employee).await;
    assert_eq!(other.ask(&format!("/me/checklists/{list}")).await.status, 404);
    assert_eq!(other.post(&task, "").await.status, 404);
    assert_eq!(it.post(&task, "").await.status, 404, "nor does IT");
    let mut sam = Visitor::following(&server, &own_link(&server)).await;
    assert_eq!(sam.post(&format!("/me/checklists/{list}/firewall"), "").await.status, 404);
    assert_eq!(sam.post(&task, "").await.status, 303);
    assert_eq!(sam.post(&task, "").await.status, 409, "once");
    let kept =
        server.look().rows("SELECT kind || ' ' || author || ' ' || text FROM checklist_evidence");
    assert!(kept.len() == 1 && kept[0].starts_with("acknowledgement Sam Doe Version 1: I have"));
    // IT cannot confirm it in the person's name, nor what a report has to show.
    for task in ["customer-data", "filevault"] {
        let confirm = format!("/checklists/{list}/tasks/{task}/confirm");
        assert_eq!(it.post(&confirm, "text=").await.status, 404, "{task}");
    }
    let complete = it.post(&format!("/checklists/{list}/complete"), "version=99").await;
    assert!(text_of(&complete.text()).contains("Nothing is signed yet"));
}
