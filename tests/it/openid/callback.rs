//! The way to a provider and back: whose it is, whose answer it is, and what
//! a provider can do wrong beside its tokens.

use jiff::SignedDuration;
use serde_json::json;
use tests::openid_provider::browser::Browser;
use tests::openid_provider::escaped;

use super::{Place, answering};

/// What is changed, the reason in the audit log, and the change.
type Change<'a> = (&'a str, &'a str, &'a dyn Fn(&str) -> String);

fn refused(reason: &str) -> Result<(), String> {
    Err(reason.to_owned())
}

impl Place {
    /// Comes back by `path`, and what came of it.
    async fn back(&self, browser: &mut Browser, path: &str) -> Result<(), String> {
        let reply = browser.open(path).await;
        self.outcome(browser, reply.status)
    }

    /// A browser at the point of coming back, and the address that it has.
    async fn about_to_return(&self) -> (Browser, String) {
        let mut browser = Browser::of(&self.server);
        let there = browser.begin("plain").await;
        let back = browser.at_provider(&there).await;
        (browser, back)
    }
}

#[tokio::test]
async fn an_attempt_belongs_to_one_browser_and_is_used_once() {
    let place = Place::new().await;
    let (_, back) = place.about_to_return().await;
    let mut stranger = Browser::of(&place.server);
    assert_eq!(place.back(&mut stranger, &back).await, refused("attempt_of_another_browser"));
    // One that is on its way as well.
    let (_, back) = place.about_to_return().await;
    let (mut other, own) = place.about_to_return().await;
    assert_eq!(place.back(&mut other, &back).await, refused("attempt_of_another_browser"));
    assert_eq!(place.back(&mut other, &own).await, Ok(()));

    let (mut browser, back) = place.about_to_return().await;
    assert_eq!(place.back(&mut browser, &back).await, Ok(()));
    let again = browser.open(&back).await;
    assert_eq!(again.status, 403, "a second time");
    assert!(place.refusals().last().unwrap().starts_with("attempt_unknown:"));

    let (mut browser, back) = place.about_to_return().await;
    place.later(SignedDuration::from_mins(10));
    assert_eq!(place.back(&mut browser, &back).await, refused("attempt_unknown"), "too late");
}

#[tokio::test]
async fn two_windows_of_a_browser_may_be_on_their_way() {
    let place = Place::new().await;
    let mut browser = Browser::of(&place.server);
    let (first, second) = (browser.begin("plain").await, browser.begin("plain").await);
    let (first, second) = (browser.at_provider(&first).await, browser.at_provider(&second).await);
    assert_eq!(browser.open(&first).await.status, 303);
    assert_eq!(browser.open(&second).await.status, 303);
}

#[tokio::test]
async fn a_changed_answer_is_refused_for_its_reason() {
    let place = Place::new().await;
    let issuer = format!("&iss={}", escaped(place.provider.issuer()));
    let state = |back: &str| {
        let from = back.find("&state=").unwrap();
        back[from..].split('&').nth(1).map(|pair| format!("&{pair}")).unwrap()
    };
    let changes: &[Change<'_>] = &[
        ("another state", "attempt_unknown", &|back| back.replace(&state(back), "&state=other")),
        ("no state", "callback_incomplete", &|back| back.replace(&state(back), "")),
        ("nothing", "callback_incomplete", &|back| back.split('?').next().unwrap().to_owned()),
        ("another provider's", "attempt_of_another_provider", &|back| {
            back.replace("/plain/", "/encrypted/")
        }),
        ("another issuer", "issuer_parameter", &|back| {
            back.replace(&issuer, "&iss=https%3A%2F%2Fevil.example")
        }),
        ("no issuer", "issuer_parameter", &|back| back.replace(&issuer, "")),
        ("another code", "code_refused", &|back| back.replace("code=", "code=x")),
        ("no code", "callback_incomplete", &|back| back.replace("code=", "kode=")),
        ("a refusal", "provider_refused", &|back| back.replace("code=", "error=access_denied&x=")),
        ("a refusal by another issuer", "issuer_parameter", &|back| {
            back.replace("code=", "error=access_denied&x=").replace(&issuer, "")
        }),
    ];
    for (what, reason, change) in changes {
        let (mut browser, back) = place.about_to_return().await;
        let other = change(&back);
        assert_ne!(other, back, "{what}");
        assert_eq!(place.back(&mut browser, &other).await, refused(reason), "{what}");
    }
    let (mut browser, back) = place.about_to_return().await;
    assert_eq!(place.back(&mut browser, &back).await, Ok(()), "nothing changed");
}

#[tokio::test]
async fn a_provider_that_does_not_name_itself_may_leave_it_out_but_not_lie() {
    let place = Place::new().await;
    place.provider.behave(|it| {
        it.metadata = json!({"authorization_response_iss_parameter_supported": false});
    });
    let issuer = format!("&iss={}", escaped(place.provider.issuer()));
    let (mut browser, back) = place.about_to_return().await;
    assert_eq!(place.back(&mut browser, &back.replace(&issuer, "")).await, Ok(()));
    let (mut browser, back) = place.about_to_return().await;
    let lie = back.replace(&issuer, "&iss=https%3A%2F%2Fevil.example");
    assert_eq!(place.back(&mut browser, &lie).await, refused("issuer_parameter"));
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_fetched_once_a_minute_at_most() {
    use tests::openid_provider::signing::Signer;
    let place = Place::new().await;
    let asked = |place: &Place| {
        place.provider.requests().iter().filter(|line| *line == "GET /jwks").count()
    };
    let by_new_key = |it: &mut tests::openid_provider::Draft| {
        it.header["kid"] = json!("stranger");
        it.signer = Signer::Stranger;
    };
    assert_eq!(place.try_with("plain", |_| {}).await, Ok(()));
    let before = asked(&place);
    assert_eq!(place.try_with("plain", by_new_key).await, refused("signature_key"));
    assert_eq!(asked(&place), before + 1, "one look");
    let newest = vec![place.provider.keys().strangers()];
    place.provider.behave(|it| it.published = Some(newest.clone()));
    assert_eq!(place.try_with("plain", by_new_key).await, refused("signature_key"));
    assert_eq!(asked(&place), before + 1, "not again within a minute");
    place.later(SignedDuration::from_mins(1));
    place.provider.behave(|it| it.published = Some(newest));
    assert_eq!(place.try_with("plain", by_new_key).await, Ok(()));
}

#[tokio::test]
async fn what_a_provider_answers_instead_of_tokens_is_refused() {
    let place = Place::new().await;
    let token = json!({"access_token": "a", "token_type": "Bearer"});
    for (status, body, reason) in [
        (200, token, "token_missing"),
        (200, json!({}), "code_refused"),
        (400, json!({"error": "invalid_client"}), "code_refused"),
        (500, json!("down"), "code_refused"),
        (302, json!({}), "code_refused"),
        (
            200,
            json!({"access_token": "a".repeat(600_000), "token_type": "Bearer"}),
            "provider_unreachable",
        ),
    ] {
        let (mut browser, back) = place.about_to_return().await;
        place.provider.behave(answering(status, body));
        assert_eq!(place.back(&mut browser, &back).await, refused(reason), "{status}");
        place.provider.be_good();
    }
}

#[tokio::test]
async fn a_provider_that_tells_wrong_things_about_itself_is_not_used() {
    for (metadata, status) in [
        (json!({"issuer": "https://evil.example"}), 403),
        (json!({"token_endpoint": "http://evil.example/token"}), 403),
        (json!({"token_endpoint": null}), 403),
        (json!({"jwks_uri": "http://evil.example/jwks"}), 403),
        (json!({"jwks_uri": "https://127.0.0.1:1/jwks"}), 502),
        (json!({"authorization_endpoint": "javascript:alert(1)"}), 403),
    ] {
        let place = Place::new().await;
        place.provider.behave(|it| it.metadata = metadata.clone());
        let mut browser = Browser::of(&place.server);
        let reply = browser.open("/sign-in/openid/plain").await;
        assert_eq!(reply.status, status, "{metadata}");
        let before = place.provider.requests().len();
        browser.open("/sign-in/openid/plain").await;
        assert_eq!(place.provider.requests().len(), before, "not asked again at once");
    }
    let place = Place::new().await;
    assert_eq!(Browser::of(&place.server).open("/sign-in/openid/other").await.status, 404);
}

#[tokio::test]
async fn an_address_that_fails_too_often_is_not_heard_for_the_hour() {
    let place = Place::new().await;
    let mut browser = Browser::of(&place.server);
    let junk = "/sign-in/openid/plain/callback?state=a&code=b";
    for _ in 0..30 {
        assert_eq!(browser.open(junk).await.status, 403);
    }
    assert_eq!(browser.open(junk).await.status, 429);
    assert_eq!(place.refusals().len(), 30, "nor noted");
    place.next_hour();
    assert_eq!(browser.open(junk).await.status, 403);
}
