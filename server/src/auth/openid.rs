//! Signing in with a provider of the company: OpenID Connect, authorization
//! code with PKCE.
//!
//! `provider` speaks to it, `token` judges what it says, `jwe` opens what it
//! encrypted, `attempt` is what is remembered meanwhile. Who may come in is
//! not decided here: that is `admission`.

pub mod attempt;
mod http;
pub mod jwe;
pub mod keys;
pub mod provider;
pub mod refusal;
pub mod token;

use std::sync::Arc;

use jiff::Timestamp;
use openidconnect::RedirectUrl;

use self::attempt::Attempt;
use self::jwe::Jwe;
use self::keys::{EncryptionKeys, KeyError};
use self::provider::{Begun, Known, Provider, short};
use self::refusal::Refusal;
use self::token::{Expected, Identity};
use super::{AuthError, Secret};
use crate::clock::Clock;
use crate::config::openid::OpenId;
use crate::outgoing::OutgoingError;
use crate::state_dir::StateDir;

/// Why signing in with providers cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A provider cannot be asked.
    #[error("in `sign_in.openid` \"{name}\", {source}")]
    Outgoing {
        /// Which one.
        name: String,
        /// Why not.
        source: OutgoingError,
    },
    /// There are no keys to decrypt with.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The address of the console is none that a provider can send people to.
    #[error("`public_url` cannot be used for signing in: {0}")]
    Callback(String),
}

/// Every configured provider.
#[derive(Clone, Debug, Default)]
pub struct Providers {
    all: Arc<[(Provider, RedirectUrl)]>,
    keys: Option<Arc<EncryptionKeys>>,
}

/// What a provider's answer adds to the address of the callback.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub struct Callback {
    /// What we gave it.
    pub state: Option<String>,
    /// What it gives tokens for.
    pub code: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

/// Somebody whom a provider knows, and how the provider is configured.
#[derive(Clone, Debug)]
pub struct SignedInThere {
    /// Who it is.
    pub identity: Identity,
    /// Where to go next.
    pub return_to: String,
}

impl Providers {
    /// The providers of a console at `public_url`. Keys to decrypt with are
    /// made when the first one needs them.
    pub fn new(
        settings: Vec<OpenId>,
        public_url: &str,
        state: &StateDir,
        clock: &Clock,
    ) -> Result<Self, SetupError> {
        let is_encrypted = settings.iter().any(|one| one.encrypted);
        let keys = if is_encrypted { Some(Arc::new(EncryptionKeys::open(state)?)) } else { None };
        let mut all = Vec::with_capacity(settings.len());
        for one in settings {
            let callback = format!("{public_url}/sign-in/openid/{}/callback", one.name);
            let callback = RedirectUrl::new(callback)
                .map_err(|error| SetupError::Callback(error.to_string()))?;
            let name = one.name.clone();
            let provider = Provider::new(one, clock)
                .map_err(|source| SetupError::Outgoing { name, source })?;
            all.push((provider, callback));
        }
        Ok(Self { all: all.into(), keys })
    }

    /// The settings of every provider, in the order of the file.
    pub fn settings(&self) -> impl Iterator<Item = &OpenId> {
        self.all.iter().map(|(provider, _)| &provider.settings)
    }

    /// The settings of one provider.
    pub fn named(&self, name: &str) -> Option<&OpenId> {
        self.settings().find(|one| one.name == name)
    }

    /// The keys that providers encrypt to, as a JWK Set.
    pub fn public_keys(&self) -> Option<&str> {
        self.keys.as_ref().map(|keys| keys.public.as_str())
    }

    fn find(&self, name: &str) -> Option<&(Provider, RedirectUrl)> {
        self.all.iter().find(|(provider, _)| provider.settings.name == name)
    }

    /// Prepares to send a person to a provider.
    pub async fn begin(
        &self,
        name: &str,
        browser: &Secret,
        return_to: String,
        now: Timestamp,
    ) -> Result<Begun, BeginError> {
        let (provider, callback) = self.find(name).ok_or(BeginError::Unknown)?;
        let known = provider.known(now).await?;
        Ok(provider.begin(&known, callback.clone(), browser, return_to)?)
    }

    /// Follows a provider's answer to the end: who it is that comes back.
    pub async fn finish(
        &self,
        attempt: Attempt,
        callback: Callback,
        now: Timestamp,
    ) -> Result<SignedInThere, Refusal> {
        let (provider, redirect) = self.find(&attempt.provider).ok_or(Refusal::OtherProvider)?;
        let known = provider.known(now).await?;
        comes_from(provider, &known, callback.iss.as_deref())?;
        if let Some(error) = callback.error {
            return Err(Refusal::Provider(short(&error)));
        }
        let code = callback.code.ok_or(Refusal::CallbackIncomplete)?;
        let tokens = provider.exchange(&known, redirect.clone(), code, attempt.verifier).await?;
        let id_token = self.opened(&provider.settings, tokens.id_token)?;
        let expected = Expected {
            provider: &provider.settings,
            nonce: &attempt.nonce,
            access_token: &tokens.access_token,
            now,
        };
        let mut identity = token::verify(&id_token, known.keys(), expected);
        // It may have a new key since we asked.
        if identity == Err(Refusal::SignatureKey)
            && let Some(newer) = provider.newer_keys(&known, now).await
        {
            identity = token::verify(&id_token, newer.keys(), expected);
        }
        Ok(SignedInThere { identity: identity?, return_to: attempt.return_to })
    }

    /// The signed token inside of an encrypted one.
    fn opened(&self, settings: &OpenId, token: String) -> Result<String, Refusal> {
        match (jwe::is_encrypted(&token), settings.encrypted, &self.keys) {
            (false, false, _) => Ok(token),
            (false, true, _) => Err(Refusal::NotEncrypted),
            (true, true, Some(keys)) => {
                let inside = Jwe::parse(&token)?.decrypt(&keys.private)?;
                String::from_utf8(inside).map_err(|_| Refusal::Malformed)
            }
            (true, ..) => Err(Refusal::Encrypted),
        }
    }
}

/// Why nobody could be sent to a provider.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// There is none of this name.
    #[error("no provider has this name")]
    Unknown,
    /// It cannot be used.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No secret can be made.
    #[error(transparent)]
    Auth(#[from] AuthError),
}

/// RFC 9207: an answer that names its issuer must name this one, and one that
/// always does must do so.
fn comes_from(provider: &Provider, known: &Known, iss: Option<&str>) -> Result<(), Refusal> {
    match iss {
        Some(iss) if iss == provider.settings.issuer.as_str() => Ok(()),
        None if !known.names_itself() => Ok(()),
        _ => Err(Refusal::IssuerParameter),
    }
}
