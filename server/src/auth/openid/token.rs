//! Whether an ID token is true, meant for us, fresh, and of the company: pure.
//!
//! Signature, issuer, audience, expiry and nonce are verified by the crate
//! `openidconnect`; what it leaves to its callers is decided here.

use std::str::FromStr as _;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreGenderClaim, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, ClaimsVerificationError, IdToken,
    IdTokenClaims, Nonce, SignatureVerificationError,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal::Refusal;
use crate::config::openid::{Company, OpenId};

/// How far two clocks may be apart.
pub const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// Longest subject (OpenID Connect Core section 2).
const SUBJECT_LIMIT: usize = 255;
/// The accepted signatures: never `none`, never one with a shared secret.
const SIGNATURES: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Claims that not every provider knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MoreClaims {
    /// Not valid before, in seconds.
    nbf: Option<f64>,
    /// Google: the domain of the account.
    hd: Option<String>,
    /// Entra: the tenant of the account.
    tid: Option<String>,
    /// Entra: the account in its tenant.
    oid: Option<String>,
    /// Entra: whether the owner of the address's domain was verified; a
    /// boolean, a number or a text.
    xms_edov: Option<Value>,
}

impl AdditionalClaims for MoreClaims {}

type Token = IdToken<
    MoreClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Claims = IdTokenClaims<MoreClaims, CoreGenderClaim>;

/// What a token is held against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider.
    pub provider: &'a OpenId,
    /// The nonce of the attempt.
    pub nonce: &'a str,
    /// The access token that came with it.
    pub access_token: &'a AccessToken,
    /// Now.
    pub now: Timestamp,
}

/// Who a provider says that somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// The account at the provider; never used again for another one.
    pub subject: String,
    /// The account's address, if the provider has verified it.
    pub email: Option<String>,
    /// The person's name as the provider shows it.
    pub name: Option<String>,
}

/// Verifies a signed ID token with the provider's keys.
pub fn verify(
    token: &str,
    keys: &CoreJsonWebKeySet,
    expected: Expected<'_>,
) -> Result<Identity, Refusal> {
    let token = Token::from_str(token).map_err(|_| Refusal::Malformed)?;
    let verifier = verifier(keys, expected);
    let claims = token
        .claims(&verifier, &Nonce::new(expected.nonce.to_owned()))
        .map_err(|error| refusal(&error))?;
    if let Some(hash) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(|_| Refusal::SignatureAlgorithm)?;
        let key = token.signing_key(&verifier).map_err(|_| Refusal::SignatureKey)?;
        let ours = AccessTokenHash::from_token(expected.access_token, algorithm, key);
        if !ours.is_ok_and(|ours| ours == *hash) {
            return Err(Refusal::AccessTokenHash);
        }
    }
    let provider = expected.provider;
    if claims.authorized_party().is_some_and(|party| *party != provider.client_id) {
        return Err(Refusal::AuthorizedParty);
    }
    is_valid_by_now(claims, expected.now)?;
    is_strong_enough(claims, provider)?;
    identity(claims, provider)
}

fn verifier<'a>(keys: &CoreJsonWebKeySet, expected: Expected<'a>) -> CoreIdTokenVerifier<'a> {
    let early = SystemTime::from(expected.now.checked_sub(SKEW).unwrap_or(Timestamp::MIN));
    let late = SystemTime::from(expected.now.checked_add(SKEW).unwrap_or(Timestamp::MAX));
    CoreIdTokenVerifier::new_public_client(
        expected.provider.client_id.clone(),
        expected.provider.issuer.clone(),
        keys.clone(),
    )
    .set_allowed_algs(SIGNATURES)
    .set_time_fn(move || early.into())
    .set_issue_time_verifier_fn(move |issued| {
        if SystemTime::from(issued) > late { Err(IN_FUTURE.to_owned()) } else { Ok(()) }
    })
}

/// What our own check of `iat` answers, to be told from an expired token.
const IN_FUTURE: &str = "issued in the future";

fn refusal(error: &ClaimsVerificationError) -> Refusal {
    use SignatureVerificationError as Signature;
    match error {
        ClaimsVerificationError::Expired(why) if why == IN_FUTURE => Refusal::IssuedInFuture,
        ClaimsVerificationError::Expired(_) => Refusal::Expired,
        ClaimsVerificationError::InvalidAudience(_) => Refusal::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Refusal::Issuer,
        ClaimsVerificationError::InvalidNonce(why) if why.starts_with("missing") => {
            Refusal::NonceMissing
        }
        ClaimsVerificationError::InvalidNonce(_) => Refusal::Nonce,
        ClaimsVerificationError::Unsupported(_) => Refusal::Header,
        ClaimsVerificationError::SignatureVerification(error) => match error {
            Signature::AmbiguousKeyId(_) | Signature::NoMatchingKey | Signature::InvalidKey(_) => {
                Refusal::SignatureKey
            }
            Signature::DisallowedAlg(_) | Signature::NoSignature | Signature::UnsupportedAlg(_) => {
                Refusal::SignatureAlgorithm
            }
            _ => Refusal::Signature,
        },
        _ => Refusal::Malformed,
    }
}

fn is_valid_by_now(claims: &Claims, now: Timestamp) -> Result<(), Refusal> {
    let Some(from) = claims.additional_claims().nbf else { return Ok(()) };
    let late = now.checked_add(SKEW).unwrap_or(Timestamp::MAX);
    // NaN and infinity are no times, and not before any.
    if from <= late.as_duration().as_secs_f64() { Ok(()) } else { Err(Refusal::NotYetValid) }
}

fn is_strong_enough(claims: &Claims, provider: &OpenId) -> Result<(), Refusal> {
    let acr = claims.auth_context_ref().map(|acr| acr.as_str());
    if !provider.acr.is_empty() && !provider.acr.iter().any(|one| acr == Some(one)) {
        return Err(Refusal::Acr);
    }
    let amr = claims.auth_method_refs().map(Vec::as_slice).unwrap_or_default();
    let has = |wanted: &String| amr.iter().any(|one| one.as_str() == wanted);
    if provider.amr.iter().all(has) { Ok(()) } else { Err(Refusal::Amr) }
}

fn identity(claims: &Claims, provider: &OpenId) -> Result<Identity, Refusal> {
    let more = claims.additional_claims();
    let is_verified = claims.email_verified() == Some(true);
    let (subject, is_trusted) = match &provider.company {
        Company::Any => (claims.subject().to_string(), is_verified),
        Company::HostedDomain(domain) => {
            if more.hd.as_ref() != Some(domain) {
                return Err(Refusal::HostedDomain);
            }
            if !is_verified {
                return Err(Refusal::EmailUnverified);
            }
            (claims.subject().to_string(), true)
        }
        Company::Tenant(tenant) => {
            if more.tid.as_ref() != Some(tenant) {
                return Err(Refusal::Tenant);
            }
            let account = more.oid.as_deref().filter(|oid| !oid.is_empty());
            let account = account.ok_or(Refusal::Subject)?;
            // Without `xms_edov` anybody may have written the address.
            (format!("{tenant}/{account}"), more.xms_edov.as_ref().is_some_and(is_true))
        }
    };
    if subject.is_empty() || subject.len() > SUBJECT_LIMIT {
        return Err(Refusal::Subject);
    }
    let email = claims.email().filter(|_| is_trusted).map(|email| email.as_str().to_owned());
    let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
    Ok(Identity { issuer: provider.issuer.to_string(), subject, email, name })
}

/// Entra writes it in all of these ways.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Number(value) => value.as_u64() == Some(1),
        Value::String(value) => value == "1" || value.eq_ignore_ascii_case("true"),
        _ => false,
    }
}
