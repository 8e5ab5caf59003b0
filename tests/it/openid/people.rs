//! Who of the people whom a provider knows comes in, and what is noted of it.

use serde_json::json;
use server::auth::role::Role;
use tests::laptop::Laptop;
use tests::openid_provider::browser::Browser;
use tests::recording::{HEALTHY, Recording};
use tests::visitor::text_of;

use super::{Place, claim};

const EMPLOYEES: &[(&str, &str)] = &[("employees", "employees = true")];

#[tokio::test]
async fn an_invited_person_comes_in_and_is_known_by_subject_from_then_on() {
    let place = Place::new().await;
    let mut browser = Browser::of(&place.server);
    let reply = browser.sign_in("plain").await;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/devices")));
    assert_eq!(browser.open("/devices").await.status, 200);
    let look = place.server.look();
    assert_eq!(look.rows("SELECT way FROM console_session"), ["openid:plain"]);
    let noted =
        look.rows("SELECT action, actor_name, detail FROM audit ORDER BY position DESC LIMIT 2");
    assert_eq!(
        noted,
        ["sign_in|Kim Roe|by plain", "identity_bound|Kim Roe|by signing in with Company plain"]
    );
    // Their address changes; they do not.
    assert_eq!(place.try_with("plain", claim!("email", "kim@new.example")).await, Ok(()));
    // Somebody else is given the old address; they stay somebody else.
    let ended = place.try_with("plain", claim!("sub", "account-8"));
    assert_eq!(ended.await, Err("other_identity".to_owned()));
}

#[tokio::test]
async fn who_is_not_invited_stays_outside_and_learns_nothing() {
    let place = Place::new().await;
    place.account("gone@company.example", Role::Viewer);
    let end = "UPDATE account SET disabled_ms = 1 WHERE email = 'gone@company.example'";
    rusqlite::Connection::open(place.server.database()).unwrap().execute(end, []).unwrap();
    let mut pages = Vec::new();
    for (email, verified, reason) in [
        ("stranger@company.example", true, "not_invited"),
        ("kim.roe@company.example", false, "address_missing"),
        ("gone@company.example", true, "account_ended"),
        ("not an address", true, "address_missing"),
    ] {
        place.provider.behave(|it| {
            it.order = std::sync::Arc::new(move |draft| {
                draft.claims["sub"] = json!(email);
                draft.claims["email"] = json!(email);
                draft.claims["email_verified"] = json!(verified);
            });
        });
        let mut browser = Browser::of(&place.server);
        let reply = browser.sign_in("plain").await;
        assert_eq!(place.outcome(&browser, reply.status), Err(reason.to_owned()), "{email}");
        pages.push((reply.status, text_of(&reply.text())));
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "{pages:?}");
    assert!(pages[0].1.contains("nobody has let you into this console"), "{}", pages[0].1);
}

#[tokio::test]
async fn a_person_of_the_fleet_comes_in_as_an_employee_where_that_is_set() {
    let place = Place::with(EMPLOYEES).await;
    let _laptop = Laptop::enrolled(&place.server, "Sam Doe", &Recording::named(HEALTHY)).await;
    let sam = |it: &mut tests::openid_provider::Draft| {
        it.claims["sub"] = json!("account-9");
        it.claims["email"] = json!("Sam.Doe@company.example");
        it.claims["name"] = json!("Sam D. Doe");
    };
    assert_eq!(place.try_with("plain", sam).await, Err("not_invited".to_owned()));
    assert_eq!(place.try_with("employees", sam).await, Ok(()));
    let account = "SELECT name, email, role FROM account WHERE email LIKE 'sam%'";
    assert_eq!(place.server.look().rows(account), ["Sam D. Doe|sam.doe@company.example|employee"]);
    let stranger = place.try_with("employees", |it| {
        it.claims["sub"] = json!("account-10");
        it.claims["email"] = json!("stranger@company.example");
    });
    assert_eq!(stranger.await, Err("not_invited".to_owned()));
}

#[tokio::test]
async fn the_sign_in_page_offers_every_provider() {
    let place = Place::new().await;
    let page = Browser::of(&place.server).open("/login").await.text();
    for (name, title) in [("plain", "Company plain"), ("encrypted", "Company encrypted")] {
        let link = format!("href=\"/sign-in/openid/{name}\">Sign in with {title}</a>");
        assert!(page.contains(&link), "{page}");
    }
}
