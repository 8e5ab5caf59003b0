//! Signing in with a real provider, which knows nothing of this product.

use agent::Clock;
use agent::host::Live;
use serde_json::{Value, json};
use server::auth::role::Role;
use server::config::openid::{OpenIdFile, check};
use tests::openid_provider::browser::Browser;
use tests::real_provider::RealProvider;
use tests::test_server::TestServer;

/// Name, `id_token_encrypted_response_alg`, and how it is signed.
const CLIENTS: [(&str, Option<&str>, &str); 6] = [
    ("plain", None, "RS256"),
    ("plain-pss", None, "PS256"),
    ("plain-ec", None, "ES256"),
    ("rsa", Some("RSA-OAEP-256"), "RS256"),
    ("ec", Some("ECDH-ES"), "ES256"),
    ("ec-wrapped", Some("ECDH-ES+A256KW"), "RS256"),
];

fn entry(name: &str, issuer: &str, is_encrypted: bool) -> OpenIdFile {
    let text = format!(
        "name = '{name}'\ntitle = 'Company'\nissuer = '{issuer}'\nclient_id = '{name}'\n\
         encrypted = {is_encrypted}\n"
    );
    toml::from_str(&text).unwrap()
}

fn client(url: &str, keys: &Value, (name, encrypted, signed): (&str, Option<&str>, &str)) -> Value {
    let mut client = json!({
        "client_id": name,
        "redirect_uris": [format!("{url}/sign-in/openid/{name}/callback")],
        "token_endpoint_auth_method": "none",
        "id_token_signed_response_alg": signed,
    });
    if let Some(alg) = encrypted {
        client["id_token_encrypted_response_alg"] = json!(alg);
        client["id_token_encrypted_response_enc"] = json!("A256GCM");
        client["jwks"] = keys.clone();
    }
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_sign_in_with_plain_and_with_encrypted_tokens() {
    let mut provider = RealProvider::start();
    let entries: Vec<_> = CLIENTS
        .iter()
        .map(|(name, encrypted, _)| entry(name, &provider.issuer, encrypted.is_some()))
        .collect();
    let now = Clock::of(Live::new()).now();
    let server = TestServer::start_at(now, |config| config.openid = check(&entries).unwrap()).await;
    // The provider has the machine's clock.
    server.clock.run();
    server.login_link_for(("Kim Roe", "kim.roe@company.example"), Role::Viewer);
    let keys: Value = Browser::of(&server).open("/.well-known/muster-jwks.json").await.json();
    let clients: Vec<_> = CLIENTS.iter().map(|one| client(server.url(), &keys, *one)).collect();
    provider.knows(&json!(clients));

    for (name, ..) in CLIENTS {
        let mut browser = Browser::of(&server);
        let there = browser.begin(name).await;
        let back = provider.signs_in(&there, "kim.roe").await;
        assert!(back.contains("&iss="), "it names itself: {back}");
        let reply = browser.open(&back).await;
        let noted = server.look().rows("SELECT action, detail FROM audit ORDER BY position");
        assert_eq!(reply.status, 303, "{name}: {noted:?}");
        assert!(browser.has_session(), "{name}");
        assert_eq!(browser.open("/devices").await.status, 200, "{name}");
    }
    let known = server.look().rows("SELECT issuer, subject FROM identity");
    assert_eq!(known, [format!("{}|kim.roe", provider.issuer)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_provider_sends_and_what_was_agreed_have_to_fit() {
    let mut provider = RealProvider::start();
    // Each expects what the other one gets.
    let entries = [entry("plain", &provider.issuer, true), entry("rsa", &provider.issuer, false)];
    let now = Clock::of(Live::new()).now();
    let server = TestServer::start_at(now, |config| config.openid = check(&entries).unwrap()).await;
    server.clock.run();
    server.login_link_for(("Kim Roe", "kim.roe@company.example"), Role::Viewer);
    let keys: Value = Browser::of(&server).open("/.well-known/muster-jwks.json").await.json();
    let clients: Vec<_> = CLIENTS.iter().map(|one| client(server.url(), &keys, *one)).collect();
    provider.knows(&json!(clients));
    for (name, reason) in [("plain", "token_not_encrypted"), ("rsa", "token_encrypted")] {
        let mut browser = Browser::of(&server);
        let there = browser.begin(name).await;
        let back = provider.signs_in(&there, "kim.roe").await;
        assert_eq!(browser.open(&back).await.status, 403);
        assert!(!browser.has_session());
        let noted = server.look().rows(
            "SELECT detail FROM audit WHERE action = 'sign_in_refused' ORDER BY position DESC",
        );
        assert!(noted[0].starts_with(&format!("{reason}:")), "{noted:?}");
    }
}
