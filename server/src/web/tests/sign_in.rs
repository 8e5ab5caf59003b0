//! Who may see what.

use axum::http::{Request, StatusCode, header};
use jiff::SignedDuration;

use super::{Site, noon};

#[tokio::test]
async fn every_page_is_refused_without_a_session() {
    let site = Site::signed_out(12);
    let device = site.device(0);
    for path in [
        "/".to_owned(),
        "/devices".to_owned(),
        "/devices.csv".to_owned(),
        "/devices.json".to_owned(),
        format!("/devices/{device}"),
        format!("/devices/{device}/key.pem"),
        format!("/devices/{device}/statements/1/40"),
        format!("/devices/{device}/statements/1/40/envelope"),
        "/no-such-page".to_owned(),
    ] {
        let answer = site.get(&path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        let text = answer.text();
        assert!(text.contains("muster-server admin login-link"), "{path}");
        assert!(!text.contains("MacBook") && !text.contains("Sign out"), "{path}");
    }
}

#[tokio::test]
async fn a_made_up_session_opens_nothing() {
    let mut site = Site::signed_out(1);
    site.cookie = "__Host-muster-session=guess".to_owned();
    assert_eq!(site.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_link_opens_the_console_once() {
    let mut site = Site::signed_out(1);
    let link = site.link();
    let answer = site.get(&link).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/"));
    let cookie = answer.header(header::SET_COOKIE);
    assert!(cookie.starts_with("__Host-muster-session="));
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"));
    site.cookie = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(site.get("/").await.status, StatusCode::OK);
    let again = site.get(&link).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(again.text().contains("This link no longer works"));
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours() {
    let site = Site::with(1).await;
    site.clock.set(noon() + SignedDuration::from_hours(12));
    assert_eq!(site.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn only_the_console_itself_can_sign_somebody_out() {
    let site = Site::with(1).await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let answer = site.ask(Request::post("/logout").header(name, value)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text().contains("did not come from this console"));
    }
    assert_eq!(site.get("/").await.status, StatusCode::OK);
    let request = Request::post("/logout").header("sec-fetch-site", "same-origin");
    let answer = site.ask(request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(site.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_load_balancer_needs_no_session() {
    let site = Site::signed_out(0);
    let answer = site.get("/healthz").await;
    assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, "ok\n"));
}
