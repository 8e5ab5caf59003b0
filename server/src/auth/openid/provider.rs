//! One provider: what it publishes about itself, and the requests to it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse,
    CoreTokenType,
};
use openidconnect::url::Url;
use openidconnect::{
    AccessToken, AdditionalProviderMetadata, AuthType, AuthenticationContextClass,
    AuthorizationCode, Client, CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, ExtraTokenFields, IdToken, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, ProviderMetadata, RedirectUrl, RequestTokenError, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::attempt::{Attempt, digest_of};
use super::http::{Http, HttpError};
use super::refusal::Refusal;
use super::token::MoreClaims;
use crate::auth::Secret;
use crate::clock::Clock;
use crate::config::openid::{Company, OpenId};
use crate::outgoing::OutgoingError;

/// How long what a provider publishes is believed.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(1);
/// Time between two looks for a key that nobody knows.
const KEYS_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Time in which a provider that cannot be used is not asked again.
const RETRY_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// What not every provider publishes.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct MoreMetadata {
    /// RFC 9207: its answers name it in `iss`.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for MoreMetadata {}

type Metadata = ProviderMetadata<
    MoreMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The ID token as the text that it is: it may be encrypted, which the crate
/// cannot read.
#[derive(Debug, Serialize, Deserialize)]
struct IdTokenText {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenText {}

type Answer = StandardTokenResponse<IdTokenText, CoreTokenType>;

impl
    TokenResponse<
        MoreClaims,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    > for Answer
{
    /// None: it is read after it was decrypted.
    fn id_token(
        &self,
    ) -> Option<
        &IdToken<
            MoreClaims,
            CoreGenderClaim,
            CoreJweContentEncryptionAlgorithm,
            CoreJwsSigningAlgorithm,
        >,
    > {
        None
    }
}

type OurClient = Client<
    MoreClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What a provider published when it was asked.
#[derive(Debug)]
pub(super) struct Known {
    metadata: Metadata,
    keys: CoreJsonWebKeySet,
    at: Timestamp,
}

impl Known {
    /// The keys that it signs with.
    pub(super) fn keys(&self) -> &CoreJsonWebKeySet {
        &self.keys
    }

    /// Whether its answers name it (RFC 9207).
    pub(super) fn names_itself(&self) -> bool {
        self.metadata.additional_metadata().authorization_response_iss_parameter_supported
    }
}

/// What a provider gives for a code.
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) access_token: AccessToken,
}

#[derive(Debug, Default)]
struct Memory {
    known: Option<Arc<Known>>,
    failed: Option<(Timestamp, Refusal)>,
    looked_for_keys_at: Option<Timestamp>,
}

/// One configured provider.
#[derive(Debug)]
pub struct Provider {
    /// How it is configured.
    pub settings: OpenId,
    http: Http,
    memory: Mutex<Memory>,
}

/// A person is sent to the provider.
#[derive(Debug)]
pub struct Begun {
    /// Where to.
    pub url: String,
    /// What the provider gives back, and by which the attempt is found.
    pub state: Secret,
    /// What to keep until then.
    pub attempt: Attempt,
}

impl Provider {
    /// The provider; nothing is asked yet.
    pub fn new(settings: OpenId, clock: &Clock) -> Result<Self, OutgoingError> {
        let http = Http::new(&settings, clock)?;
        Ok(Self { settings, http, memory: Mutex::default() })
    }

    /// What the provider publishes, asked at most once an hour.
    pub(super) async fn known(&self, now: Timestamp) -> Result<Arc<Known>, Refusal> {
        let mut memory = self.memory.lock().await;
        if let Some(known) = &memory.known
            && is_within(known.at, now, KNOWN_FOR)
        {
            return Ok(Arc::clone(known));
        }
        if let Some((at, refusal)) = &memory.failed
            && is_within(*at, now, RETRY_AFTER)
        {
            return Err(refusal.clone());
        }
        match self.discover(now).await {
            Ok(known) => {
                let known = Arc::new(known);
                memory.known = Some(Arc::clone(&known));
                memory.failed = None;
                Ok(known)
            }
            Err(refusal) => {
                memory.failed = Some((now, refusal.clone()));
                Err(refusal)
            }
        }
    }

    async fn discover(&self, now: Timestamp) -> Result<Known, Refusal> {
        let metadata = Metadata::discover_async(self.settings.issuer.clone(), &self.http)
            .await
            .map_err(undiscovered)?;
        let token = metadata.token_endpoint().map(|url| url.as_str());
        let token = token.ok_or_else(|| Refusal::Metadata("no `token_endpoint`".to_owned()))?;
        for url in [metadata.authorization_endpoint().as_str(), token] {
            if !self.http.may_ask(url) {
                return Err(Refusal::Metadata(format!("`{url}` is not https")));
            }
        }
        let keys = metadata.jwks().clone();
        Ok(Known { metadata, keys, at: now })
    }

    /// Asks for the provider's keys again, because one was not among those of
    /// `known`; none when that was done a moment ago.
    pub(super) async fn newer_keys(
        &self,
        known: &Arc<Known>,
        now: Timestamp,
    ) -> Option<Arc<Known>> {
        let mut memory = self.memory.lock().await;
        if let Some(current) = &memory.known
            && !Arc::ptr_eq(current, known)
        {
            return Some(Arc::clone(current));
        }
        if memory.looked_for_keys_at.is_some_and(|at| is_within(at, now, KEYS_EVERY)) {
            return None;
        }
        memory.looked_for_keys_at = Some(now);
        let keys = CoreJsonWebKeySet::fetch_async(known.metadata.jwks_uri(), &self.http).await;
        match keys {
            Ok(keys) => {
                let newer =
                    Arc::new(Known { metadata: known.metadata.clone(), keys, at: known.at });
                memory.known = Some(Arc::clone(&newer));
                Some(newer)
            }
            Err(error) => {
                tracing::warn!(provider = self.settings.name, %error, "keys could not be fetched");
                None
            }
        }
    }

    /// Prepares to send somebody to the provider.
    pub(super) fn begin(
        &self,
        known: &Known,
        callback: RedirectUrl,
        browser: &Secret,
        return_to: String,
    ) -> Result<Begun, crate::auth::AuthError> {
        let (state, nonce) = (Secret::random()?, Secret::random()?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(known, callback);
        let (given, repeated) = (state.reveal().to_owned(), nonce.reveal().to_owned());
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(given),
                move || Nonce::new(repeated),
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge);
        for acr in &self.settings.acr {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        if let Company::HostedDomain(domain) = &self.settings.company {
            // Only shows the right accounts; the token's own claim decides.
            request = request.add_extra_param("hd", domain.clone());
        }
        let (url, _, _): (Url, _, _) = request.url();
        let attempt = Attempt {
            provider: self.settings.name.clone(),
            browser: digest_of(browser),
            nonce: nonce.reveal().to_owned(),
            verifier: verifier.into_secret(),
            return_to,
        };
        Ok(Begun { url: url.into(), state, attempt })
    }

    /// Gives a code back and gets the tokens.
    pub(super) async fn exchange(
        &self,
        known: &Known,
        callback: RedirectUrl,
        code: String,
        verifier: String,
    ) -> Result<Tokens, Refusal> {
        let client = self.client(known, callback);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Refusal::Metadata(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&self.http)
            .await
            .map_err(not_exchanged)?;
        let access_token = answer.access_token().clone();
        let id_token = answer.extra_fields().id_token.clone().ok_or(Refusal::NoToken)?;
        Ok(Tokens { id_token, access_token })
    }

    fn client(&self, known: &Known, callback: RedirectUrl) -> OurClient {
        let client = OurClient::from_provider_metadata(
            known.metadata.clone(),
            self.settings.client_id.clone(),
            self.settings.client_secret.clone(),
        );
        let methods = known.metadata.token_endpoint_auth_methods_supported();
        let has = |method| methods.is_some_and(|all| all.contains(&method));
        let wants_body = has(CoreClientAuthMethod::ClientSecretPost)
            && !has(CoreClientAuthMethod::ClientSecretBasic);
        let way = if wants_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        client.set_auth_type(way).set_redirect_uri(callback)
    }
}

/// Whether `now` is less than `time` after `at`; a clock that was set back
/// makes nothing last longer.
fn is_within(at: Timestamp, now: Timestamp, time: SignedDuration) -> bool {
    let past = now.duration_since(at);
    !past.is_negative() && past < time
}

fn undiscovered(error: DiscoveryError<HttpError>) -> Refusal {
    match error {
        DiscoveryError::Request(error @ HttpError::NotHttps(_)) => {
            Refusal::Metadata(error.to_string())
        }
        DiscoveryError::Request(error) => Refusal::Unreachable(error.to_string()),
        // Its body is somebody else's text, of any length.
        DiscoveryError::Response(status, _, _) if status.is_server_error() => {
            Refusal::Unreachable(format!("it answered {status}"))
        }
        DiscoveryError::Response(_, _, why) => Refusal::Metadata(why),
        DiscoveryError::Parse(error) => Refusal::Metadata(error.to_string()),
        error => Refusal::Metadata(error.to_string()),
    }
}

fn not_exchanged(
    error: RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>,
) -> Refusal {
    match error {
        RequestTokenError::Request(error @ HttpError::NotHttps(_)) => {
            Refusal::Metadata(error.to_string())
        }
        RequestTokenError::Request(error) => Refusal::Unreachable(error.to_string()),
        RequestTokenError::ServerResponse(answer) => Refusal::Code(short(answer.error().as_ref())),
        RequestTokenError::Parse(error, _) => Refusal::Code(short(&error.to_string())),
        RequestTokenError::Other(why) => Refusal::Code(short(&why)),
    }
}

/// A text of somebody else's, short enough for a log.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(120).collect()
}
