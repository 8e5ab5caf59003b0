//! A Mac goes to somebody else: IT sees all of its past, the new holder sees
//! what has been since.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use server::auth::role::Role;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

/// The account of the person called `name`.
async fn employee(server: &TestServer, name: &str) -> Visitor {
    let sql = format!("SELECT email FROM person WHERE name = '{name}'");
    let email = server.look().rows(&sql).remove(0);
    let link = server.login_link_for((name, &email), Role::Employee);
    Visitor::following(server, &link).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_holder_never_sees_the_former_holders_history() {
    let server = TestServer::start().await;
    let healthy = Recording::named(HEALTHY);
    let fails = healthy.clone().of_another_mac(1).with_filevault_off();
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &fails).await;
    laptop.report().await;
    Laptop::enrolled(&server, "Kim Roe", &healthy.clone().of_another_mac(2)).await.report().await;
    let id = laptop.device_id();
    let kim = server.look().rows("SELECT email FROM person WHERE name = 'Kim Roe'").remove(0);

    let mut it = Visitor::signed_in_as(&server, Role::It).await;
    let desk = format!("/devices/{id}");
    let noted = it.post(&format!("{desk}/notes"), "text=Screen+cracked+by+Sam").await;
    assert_eq!(noted.status, 303, "{}", noted.text());
    server.forward(SignedDuration::from_mins(25)).await;
    let odd = it.post(&format!("{desk}/holder"), "email=nobody%40company.example").await;
    assert_eq!(odd.status, 422);
    assert!(odd.text().contains("Nobody is known with the address nobody@company.example"));
    let given = it.post(&format!("{desk}/holder"), &format!("email={kim}")).await;
    assert_eq!(given.status, 303, "{}", given.text());
    server.forward(SignedDuration::from_mins(25)).await;
    laptop.becomes(&healthy.of_another_mac(1));
    laptop.report().await;

    // Kim sees the Mac as it is now, and its second report.
    let mut kim = employee(&server, "Kim Roe").await;
    let page = kim.page(&desk).await;
    let text = text_of(&page);
    for hidden in ["Sam", "cracked", "First judged", "FileVault is off", "Enrolled"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    assert!(text.contains("As it was handed over"), "{text}");
    assert!(page.contains("/statements/0/2\"") && !page.contains("/statements/0/1\""));
    let before = [
        format!("{desk}/statements/0/1"),
        format!("{desk}/statements/0/1/envelope"),
        format!("/api/v1{desk}/statements/0/1"),
    ];
    for path in before {
        assert_eq!(kim.ask(&path).await.status, 404, "{path}");
        assert_eq!(it.ask(&path).await.status, 200, "{path}");
        let since = path.replace("/0/1", "/0/2");
        assert_eq!(kim.ask(&since).await.status, 200, "{since}");
    }
    let history = kim.page(&format!("/api/v1{desk}/history")).await;
    assert!(!history.contains("First") && !history.contains("is off"), "{history}");
    let reports = kim.page(&format!("/api/v1{desk}/statements")).await;
    assert!(
        reports.contains("\"sequence\":2") && !reports.contains("\"sequence\":1,"),
        "{reports}"
    );
    // Sam sees it no longer; IT sees everything and both of them.
    let mut sam = employee(&server, "Sam Doe").await;
    assert_eq!(sam.ask(&desk).await.status, 403);
    let text = text_of(&it.page(&desk).await);
    for seen in ["Sam Doe", "Kim Roe", "Screen cracked by Sam", "First judged"] {
        assert!(text.contains(seen), "{seen}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_is_accepted_shown_and_ends_on_its_day() {
    let server = TestServer::start().await;
    let fails = Recording::named(HEALTHY).of_another_mac(1).with_filevault_off();
    let laptop = Laptop::enrolled(&server, "Sam Doe", &fails).await;
    laptop.report().await;
    let desk = format!("/devices/{}", laptop.device_id());
    let mut it = Visitor::signed_in_as(&server, Role::It).await;
    let last = TimeZone::UTC.to_datetime(server.clock.now()).date().tomorrow().unwrap();
    let accept = |reason: &str, until: &str| {
        format!("rule=disk-encryption&reason={}&until={until}", reason.replace(' ', "+"))
    };
    let waivers = format!("{desk}/waivers");
    for (form, said) in [
        (accept("short", &last.to_string()), "in 10 to 500 characters"),
        (accept("Waits for a new disk", "2020-01-01"), "This day is over"),
        ("rule=nothing&reason=Waits+for+a+disk&until=2027-01-01".to_owned(), "Choose a rule"),
    ] {
        let answer = it.post(&waivers, &form).await;
        assert_eq!(answer.status, 422, "{form}");
        assert!(answer.text().contains(said), "{said}");
    }
    let accepted = it.post(&waivers, &accept("Waits for a new disk", &last.to_string())).await;
    assert_eq!(accepted.status, 303, "{}", accepted.text());
    let text = text_of(&it.page(&desk).await);
    assert!(text.contains("Waits for a new disk") && text.contains("waived until"), "{text}");
    assert!(text.contains("Failing"), "what fails still fails: {text}");
    let again = it.post(&waivers, &accept("Waits for a new disk", &last.to_string())).await;
    assert!(again.text().contains("holds already"));
    server.forward(SignedDuration::from_hours(72)).await;
    let mut it = Visitor::signed_in_as(&server, Role::It).await;
    let text = text_of(&it.page(&desk).await);
    assert!(!text.contains("waived until") && text.contains("ended"), "{text}");
    let acts = server.look().rows("SELECT action FROM audit WHERE action LIKE 'waiver%'");
    assert_eq!(acts, ["waiver_accepted", "waiver_expired"]);
}
