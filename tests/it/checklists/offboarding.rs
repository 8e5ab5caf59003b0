//! A whole offboarding: from the recovery key to the revoked key, which comes
//! last, and what that key still tries afterwards.

use server::audit::{Act, Object};
use server::fleet::state::Lifecycle;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;

use super::{
    EMAIL, NAME, become_, click, confirm, later, one, open, own_link, print, recorded, task, text,
    type_into, verified_record,
};
use crate::browser::{Window, in_browser};

/// What an administrator does to the key.
async fn revoke(server: &TestServer, device: &str) {
    let object = Object::new("device", device).called("Sam's Mac");
    let act = Act::of_command("device_revoked", object, server.clock.now());
    let device = device.to_owned();
    let queue = server.running().jobs.queue.clone();
    let moved = queue.run(move |writer| writer.set_lifecycle(&device, Lifecycle::Revoked, &act));
    assert!(moved.await.unwrap().is_some());
    server.round().await;
}

/// IT starts it by hand, for a last day in eight days.
async fn started(window: &Window, server: &TestServer) -> String {
    become_(window, &server.login_link()).await;
    open(window, server, "/checklists/new").await;
    type_into(window, "#email", "nobody@company.example").await;
    click(window, "input[value=offboarding]").await;
    let day = "document.querySelector('#day').value = '2026-08-28'";
    window.page.execute(day, vec![]).await.unwrap();
    click(window, "button.primary").await;
    let wrong = text(window, "#email-wrong").await;
    assert!(wrong.contains("Nobody has this mail address"), "{wrong}");
    type_into(window, "#email", EMAIL).await;
    click(window, "button.primary").await;
    one(window, "#task-recovery-key").await;
    server.look().rows("SELECT id FROM checklist WHERE kind = 'offboarding'").remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offboarding_ends_with_the_revoked_key_and_shows_what_it_still_tries() {
    let url = "http://localhost:0".to_owned();
    let server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    let mac = Laptop::enrolled(&server, NAME, &Recording::named(HEALTHY).of_another_mac(1)).await;
    in_browser(async |window| {
        let id = started(window, &server).await;
        let path = format!("/checklists/{id}");
        let groups = text(window, "main").await;
        assert!(groups.contains("3 days before the last day (25 Aug 2026)"), "{groups}");
        // Nothing is known yet, and silence closes nothing.
        later(window, &server, 30).await;
        open(window, &server, &path).await;
        let last = task(window, "last-state").await;
        assert!(last.contains("Open") && last.contains("has not reported yet"), "{last}");
        mac.report().await;
        server.round().await;
        open(window, &server, &path).await;
        let last = task(window, "last-state").await;
        assert!(last.contains("Done") && last.contains("report 1"), "{last}");
        assert!(last.contains("of the log"), "{last}");

        confirm(window, "recovery-key", "Tried in the MDM.").await;
        for id in ["google", "github", "slack", "aws", "password-manager", "vpn-and-clusters"] {
            confirm(window, id, "").await;
        }
        confirm(window, "hardware-keys", "Two keys.").await;
        confirm(window, "activation-lock", "").await;
        click(window, "#task-laptop-returned details.evidence-form summary").await;
        type_into(window, "#note-laptop-returned", "Handed in at the front desk.").await;
        click(window, "#task-laptop-returned details.evidence-form button").await;
        one(window, "#task-laptop-returned .task-state .mark.pass").await;
        exit_acknowledged(window, &server, &id).await;
        key_last(window, &server, (&path, &mac)).await;
        completed(window, &server, &id).await;
    })
    .await;
}

/// The person acknowledges, and is ended after that; it stays one checklist.
async fn exit_acknowledged(window: &Window, server: &TestServer, id: &str) {
    become_(window, &own_link(server)).await;
    open(window, server, &format!("/me/checklists/{id}")).await;
    click(window, "#task-exit button.primary").await;
    one(window, "#task-exit .task-state .mark.pass").await;
    server.set_clock("2026-08-28T16:00:00Z".parse().unwrap()).await;
    let (records, act) = (server.running().app.records.clone(), super::act(server, "person_ended"));
    let person = server.look().rows("SELECT person_id FROM checklist").remove(0);
    let ended = tokio::task::spawn_blocking(move || records.end_person(&person, None, &act));
    ended.await.unwrap().unwrap();
    assert_eq!(server.look().number("SELECT count(*) FROM checklist"), 1);
    become_(window, &server.login_link()).await;
}

/// The key is revoked; its task waits for the last other one.
async fn key_last(window: &Window, server: &TestServer, (path, mac): (&str, &Laptop)) {
    revoke(server, &mac.device_id()).await;
    open(window, server, path).await;
    let key = task(window, "key-revoked").await;
    assert!(key.contains("Open") && key.contains("when all other tasks are done"), "{key}");
    let removed = task(window, "agent-removed").await;
    assert!(removed.contains("silence does not"), "{removed}");
    confirm(window, "agent-removed", "Removed with the disk.").await;
    confirm(window, "wiped", "Erased and kept as a spare.").await;
    server.round().await;
    // What the laptop still sends is refused, and shown.
    for _ in 0..2 {
        mac.try_report().await.map(drop).unwrap_or_default();
    }
    server.round().await;
    open(window, server, path).await;
    let key = task(window, "key-revoked").await;
    assert!(key.contains("Done") && key.contains("the key is revoked"), "{key}");
    assert!(key.contains("with the revoked key and was refused"), "{key}");
    window.picture("offboarding-key-last").await;
}

/// IT signs it off; the report holds each item against the last day.
async fn completed(window: &Window, server: &TestServer, id: &str) {
    click(window, "form[action$='/complete'] button").await;
    one(window, "#record").await;
    print(window, "offboarding-record").await;
    let record = verified_record(server, id).await;
    let last = &recorded(&record, "last-state")["shown"][0];
    assert_eq!(
        (last["report"]["sequence"].as_i64(), last["name"].as_str()),
        (Some(1), Some("ZZE2E00001"))
    );
    assert_eq!(recorded(&record, "key-revoked")["shown"][0]["lifecycle"], "revoked");
    open(window, server, "/checklists/report?kind=offboarding&from=2026-08-01&until=2026-08-31")
        .await;
    let report = text(window, "main").await;
    assert!(report.contains("1 person left"), "{report}");
    assert!(report.contains("7 days before"), "the recovery key: {report}");
    window.picture("checklists-report").await;
    print(window, "checklists-report").await;
}
