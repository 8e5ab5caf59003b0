//! Signing in with a provider of the company.
//!
//! The provider here is made for the tests and makes every mistake on order;
//! `openid/real.rs` signs in with one that others made. Each wrong token is
//! shown to be wrong for its own reason: the reason in the audit log is
//! compared, and the same token without the mistake signs in.

mod callback;
mod company;
mod encrypted;
mod in_browser;
mod people;
mod plain;
mod real;

use serde_json::json;
use server::auth::role::Role;
use server::clock::ManualClock;
use server::config::Config;
use server::config::openid::{OpenIdFile, check};
use tests::openid_provider::browser::Browser;
use tests::openid_provider::sealing::Target;
use tests::openid_provider::{Behaviour, CLIENT, Draft, OpenIdProvider, SECRET};
use tests::test_server::TestServer;

/// What is wrong, the reason in the audit log, and the mistake.
pub(crate) type Mistake = (&'static str, &'static str, fn(&mut Draft));

/// A collector, and the provider that it sends people to.
pub(crate) struct Place {
    pub(crate) server: TestServer,
    pub(crate) provider: OpenIdProvider,
}

/// An entry of the configuration for the provider at `issuer`.
pub(crate) fn entry(name: &str, issuer: &str, secret: &str, more: &str) -> OpenIdFile {
    let text = format!(
        "name = '{name}'\ntitle = 'Company {name}'\nissuer = '{issuer}'\nclient_id = '{CLIENT}'\n\
         client_secret_file = '{secret}'\n{more}\n"
    );
    toml::from_str(&text).unwrap()
}

impl Place {
    /// The provider under these names with these settings; `plain` and
    /// `encrypted` are always there.
    pub(crate) async fn with(more: &[(&str, &str)]) -> Self {
        Self::start(more, |_| {}).await
    }

    /// With these settings of the collector.
    pub(crate) async fn start(more: &[(&str, &str)], change: impl FnOnce(&mut Config)) -> Self {
        let clock = ManualClock::new(tests::at(tests::test_server::START));
        let provider = OpenIdProvider::start(clock.clone()).await;
        let issuer = provider.issuer().to_owned();
        let more: Vec<_> =
            more.iter().map(|(name, keys)| ((*name).to_owned(), (*keys).to_owned())).collect();
        let server = TestServer::start_with(|config| {
            configure(config, &issuer, &more);
            change(config);
        });
        let server = server.await;
        clock.set(server.clock.now());
        let place = Self { server, provider };
        let keys = Browser::of(&place.server).open("/.well-known/muster-jwks.json").await;
        assert_eq!(keys.header("content-type"), Some("application/jwk-set+json"));
        let target = Target::of(&keys.json());
        place.provider.behave(|it| it.target = Some(target));
        place.account("kim.roe@company.example", Role::Viewer);
        place
    }

    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// Lets somebody in.
    pub(crate) fn account(&self, email: &str, role: Role) {
        self.server.login_link_for(("Kim Roe", email), role);
    }

    /// Signs in by `name` with what the provider makes of `order`.
    pub(crate) async fn try_with(
        &self,
        name: &str,
        order: impl Fn(&mut Draft) + Send + Sync + 'static,
    ) -> Result<(), String> {
        let is_encrypted = name == "encrypted";
        self.provider.behave(|it| {
            it.encrypts = is_encrypted;
            it.order = std::sync::Arc::new(order);
        });
        let mut browser = Browser::of(&self.server);
        let reply = browser.sign_in(name).await;
        let ended = self.outcome(&browser, reply.status);
        self.provider.be_good();
        ended
    }

    /// What came of the newest attempt: nothing, or the reason in the audit
    /// log.
    pub(crate) fn outcome(&self, browser: &Browser, status: u16) -> Result<(), String> {
        if browser.has_session() {
            assert_eq!(status, 303);
            return Ok(());
        }
        assert!(status >= 400, "{status}");
        let rows = self.refusals();
        let newest = rows.last().expect("a refusal in the audit log");
        Err(newest.split(':').next().unwrap_or_default().to_owned())
    }

    /// What was noted of refusals, in order.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.server
            .look()
            .rows("SELECT detail FROM audit WHERE action = 'sign_in_refused' ORDER BY position")
    }

    /// Lets the hour pass in which refusals count against an address.
    pub(crate) fn next_hour(&self) {
        self.later(jiff::SignedDuration::from_hours(1));
    }

    /// Moves both clocks on.
    pub(crate) fn later(&self, by: jiff::SignedDuration) {
        let now = self.server.clock.now() + by;
        self.server.clock.set(now);
        self.provider.clock().set(now);
    }

    /// Makes every mistake of a list, and finds its reason. The same way
    /// without a mistake signs in, before and after. What is not refused as it
    /// should be is named at the end, all of it.
    pub(crate) async fn refuses(&self, name: &str, mistakes: &[Mistake]) {
        assert_eq!(self.try_with(name, |_| {}).await, Ok(()), "no mistake");
        let sessions = self.server.look().number("SELECT count(*) FROM console_session");
        let mut wrong = Vec::new();
        for (at, (what, reason, mistake)) in mistakes.iter().enumerate() {
            if at % 20 == 19 {
                self.next_hour();
            }
            let ended = self.try_with(name, *mistake).await;
            if ended != Err((*reason).to_owned()) {
                wrong.push(format!("{what}: {ended:?} instead of {reason}"));
            }
        }
        self.next_hour();
        assert_eq!(wrong, Vec::<String>::new());
        let now = self.server.look().number("SELECT count(*) FROM console_session");
        assert_eq!(now, sessions, "a session was begun");
        assert_eq!(self.try_with(name, |_| {}).await, Ok(()), "no mistake");
    }
}

fn configure(config: &mut Config, issuer: &str, more: &[(String, String)]) {
    let secret = config.state_dir.with_file_name("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let secret = secret.to_str().unwrap();
    let mut list = vec![
        entry("plain", issuer, secret, ""),
        entry("encrypted", issuer, secret, "encrypted = true"),
    ];
    list.extend(more.iter().map(|(name, keys)| entry(name, issuer, secret, keys)));
    config.openid = check(&list).unwrap();
}

/// Changes one claim.
macro_rules! claim {
    ($name:literal, $value:expr) => {
        |draft: &mut tests::openid_provider::Draft| draft.claims[$name] = serde_json::json!($value)
    };
}
pub(crate) use claim;

/// Takes one claim away.
pub(crate) fn without(draft: &mut Draft, name: &str) {
    draft.claims.as_object_mut().unwrap().remove(name);
}

/// The provider's answer to everything, for as long as a test lasts.
pub(crate) fn answering(status: u16, body: serde_json::Value) -> impl FnOnce(&mut Behaviour) {
    move |behaviour| behaviour.answer = Some((status, body))
}

#[tokio::test]
async fn every_signature_on_the_list_signs_in() {
    use tests::openid_provider::signing::Signer;
    let place = Place::new().await;
    let signs = [
        ("RS256", "rsa", Signer::Rs256),
        ("PS256", "rsa", Signer::Ps256),
        ("ES256", "p256", Signer::Es256),
        ("ES384", "p384", Signer::Es384),
        ("EdDSA", "ed", Signer::EdDsa),
    ];
    for (alg, kid, signer) in signs {
        let ended = place.try_with("plain", move |draft| {
            draft.header = json!({"alg": alg, "kid": kid});
            draft.signer = signer;
            without(draft, "at_hash");
        });
        assert_eq!(ended.await, Ok(()), "{alg}");
    }
}
