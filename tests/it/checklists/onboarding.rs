//! A whole onboarding: it closes itself when the laptop reports, opens again
//! when FileVault goes off, and ends with a signed record.

use server::store::access::people::{NewPerson, PersonFacts};
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;

use super::{
    EMAIL, NAME, act, become_, click, confirm, later, one, open, own_link, print, recorded, task,
    text, type_into, verified_record,
};
use crate::browser::{Window, in_browser};

/// A person whose first day is in four days.
async fn joins(server: &TestServer) -> String {
    let (records, act) = (server.running().app.records.clone(), act(server, "person_added"));
    let facts = PersonFacts {
        name: NAME.to_owned(),
        email: EMAIL.to_owned(),
        first_day: Some("2026-08-24".parse().unwrap()),
        ..PersonFacts::default()
    };
    let new = NewPerson { id: "person-1".to_owned(), source: "console", is_ended: false, facts };
    let added = tokio::task::spawn_blocking(move || records.add_person(&new, &act).map(drop));
    added.await.unwrap().unwrap();
    let ids = server.look().rows("SELECT id FROM checklist WHERE kind = 'onboarding'");
    assert_eq!(ids.len(), 1, "it begins by itself");
    ids.into_iter().next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_onboarding_closes_itself_and_opens_again_when_filevault_goes_off() {
    let url = "http://localhost:0".to_owned();
    let server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    let id = joins(&server).await;
    let (admin, path) = (server.login_link(), format!("/checklists/{id}"));
    let healthy = Recording::named(HEALTHY).of_another_mac(1);
    in_browser(async |window| {
        become_(window, &admin).await;
        open(window, &server, "/checklists").await;
        assert!(text(window, "table.checklists").await.contains(NAME));
        click(window, "table.checklists a.open").await;
        assert!(text(window, "h1").await.contains("Onboarding: Sam Doe"));
        server.round().await;
        let laptop = task(window, "laptop").await;
        assert!(laptop.contains("Open") && laptop.contains("holds no enrolled Mac"), "{laptop}");

        // The agent enrols; that alone shows nothing. It reports, and it does.
        let mut mac = Laptop::enrolled(&server, NAME, &healthy).await;
        server.round().await;
        open(window, &server, &path).await;
        let laptop = task(window, "laptop").await;
        assert!(laptop.contains("Open") && laptop.contains("has not reported yet"), "{laptop}");
        mac.report().await;
        server.round().await;
        open(window, &server, &path).await;
        for id in ["laptop", "filevault", "password-policy", "firewall", "updates"] {
            let closed = task(window, id).await;
            assert!(closed.contains("Done") && closed.contains("by the collector"), "{closed}");
            assert!(closed.contains("Report 1 of ZZE2E00001, 20 Aug 2026, 09:00 UTC."), "{closed}");
        }
        window.picture("onboarding-closed-by-itself").await;

        // FileVault goes off, and on again.
        later(window, &server, 5).await;
        mac.becomes(&healthy.clone().with_filevault_off());
        mac.report().await;
        server.round().await;
        open(window, &server, &path).await;
        let again = task(window, "filevault").await;
        let why =
            "Open again: FileVault is off. Seen in report 2 of ZZE2E00001, 20 Aug 2026, 14:00 UTC.";
        assert!(again.contains(why), "{again}");
        assert!(task(window, "firewall").await.contains("Done"), "what passes stays done");
        window.picture("onboarding-open-again").await;
        open(window, &server, "/checklists").await;
        assert!(text(window, "main").await.contains("Open again"), "it is told at once");
        window.picture("checklists-by-itself").await;
        later(window, &server, 1).await;
        mac.becomes(&healthy);
        mac.report().await;
        server.round().await;
        open(window, &server, &path).await;
        assert!(task(window, "filevault").await.contains("Report 3 of ZZE2E00001"));

        acknowledged(window, &server, &id).await;
        by_hand(window, &server, &path).await;
        completed(window, &server, &id).await;
    })
    .await;
}

/// The person reads and acknowledges, in a session of their own.
async fn acknowledged(window: &Window, server: &TestServer, id: &str) {
    become_(window, &own_link(server)).await;
    open(window, server, "/me").await;
    let link = format!("a[href='/me/checklists/{id}']");
    assert_eq!(text(window, &link).await, "Onboarding");
    click(window, &link).await;
    window.picture("onboarding-of-the-employee").await;
    for task in ["customer-data", "policies"] {
        click(window, &format!("#task-{task} button.primary")).await;
        one(window, &format!("#task-{task} .task-state .mark.pass")).await;
    }
    // What is not one's own is not there.
    open(window, server, &format!("/checklists/{id}")).await;
    assert_eq!(text(window, "h1").await, "Not allowed");
}

/// IT confirms, hands in, and leaves out with a reason.
async fn by_hand(window: &Window, server: &TestServer, path: &str) {
    become_(window, &server.login_link()).await;
    open(window, server, path).await;
    assert!(task(window, "customer-data").await.contains("Version 1 of the text"));
    confirm(window, "mfa-google", "Seen in the admin console.").await;
    for id in ["mfa-github", "mfa-slack", "mfa-password-manager"] {
        confirm(window, id, "").await;
    }
    // A reason that says nothing is refused, and what was typed is still there.
    click(window, "#task-mfa-aws details.override-form summary").await;
    type_into(window, "#override-mfa-aws", "n/a").await;
    click(window, "#task-mfa-aws details.override-form button").await;
    let wrong = text(window, "#task-mfa-aws p.wrong").await;
    assert!(wrong.contains("at least 10 letters"), "{wrong}");
    type_into(window, "#override-mfa-aws", "Sam does not work with AWS.").await;
    click(window, "#task-mfa-aws details.override-form button").await;
    one(window, "#task-mfa-aws .task-state .mark.due").await;
    // Nothing is installed that a check could see, so a person decides.
    if task(window, "password-manager").await.contains("Open") {
        click(window, "#task-password-manager details.override-form summary").await;
        type_into(window, "#override-password-manager", "It lives in the browser alone.").await;
        click(window, "#task-password-manager details.override-form button").await;
        one(window, "#task-password-manager .task-state .mark.due").await;
    }
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("certificate.pdf");
    std::fs::write(&certificate, b"%PDF-1.4 made for a test").unwrap();
    click(window, "#task-security-training details.evidence-form summary").await;
    let file = one(window, "#file-security-training").await;
    file.send_keys(certificate.to_str().unwrap()).await.unwrap();
    click(window, "#task-security-training details.evidence-form button").await;
    one(window, "#task-security-training .task-state .mark.pass").await;
    assert!(task(window, "security-training").await.contains("certificate.pdf"));
    click(window, "#task-phishing-training details.evidence-form summary").await;
    type_into(window, "#link-phishing-training", "https://training.example/17").await;
    click(window, "#task-phishing-training details.evidence-form button").await;
    one(window, "#task-phishing-training .task-state .mark.pass").await;
}

/// IT signs it off; the record holds for somebody else's tool, too.
async fn completed(window: &Window, server: &TestServer, id: &str) {
    click(window, "form[action$='/complete'] button").await;
    one(window, "#record").await;
    assert!(text(window, ".title .mark").await.contains("Completed"));
    window.picture("onboarding-completed").await;
    print(window, "onboarding-record").await;
    let record = verified_record(server, id).await;
    assert_eq!(record["predicate"]["tasks"].as_array().unwrap().len(), 15);
    let filevault = recorded(&record, "filevault");
    assert_eq!(filevault["shown"][0]["report"]["sequence"], 3, "{filevault}");
    assert_eq!(filevault["shown"][0]["rules"]["disk-encryption"]["status"], "pass");
    let (position, digest) = {
        let report = &filevault["shown"][0]["report"];
        (report["log_position"].as_i64().unwrap(), report["statement_sha256"].clone())
    };
    let entry = format!("SELECT entry FROM log_entry WHERE position = {position}");
    assert!(server.look().rows(&entry)[0].contains(digest.as_str().unwrap()));
    let aws = recorded(&record, "mfa-aws");
    assert_eq!(
        (aws["state"].as_str(), aws["says"].as_str()),
        (Some("overridden"), Some("Sam does not work with AWS."))
    );
    assert_eq!(recorded(&record, "policies")["evidence"][0]["kind"], "acknowledgement");
    assert!(!record.to_string().contains(EMAIL), "it names the person by an id");
    let acts = server.look().rows("SELECT action FROM audit WHERE actor_kind = 'collector'");
    assert!(acts.contains(&"task_reopened".to_owned()), "{acts:?}");
}
