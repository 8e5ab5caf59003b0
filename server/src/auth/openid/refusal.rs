//! Why nobody was signed in: a word for the audit log, a sentence for whoever
//! reads it, and one for the person, which tells nothing about accounts.

use super::jwe::JweError;

/// Why nobody was signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The address was opened without what a provider adds to it.
    #[error("the callback lacks `state` or `code`")]
    CallbackIncomplete,
    /// Nothing is known of this attempt.
    #[error("the `state` is unknown, was used before, or is older than 10 minutes")]
    AttemptUnknown,
    /// Another browser began it, or its cookie is gone.
    #[error("the attempt was begun in another browser")]
    OtherBrowser,
    /// It was begun with another provider.
    #[error("the attempt was begun with another provider")]
    OtherProvider,
    /// RFC 9207: the answer comes from somebody else.
    #[error("the `iss` of the callback is not the provider's")]
    IssuerParameter,
    /// The provider says no.
    #[error("the provider answered `{0}`")]
    Provider(String),
    /// The provider cannot be asked.
    #[error("the provider cannot be asked: {0}")]
    Unreachable(String),
    /// What the provider tells about itself does not fit the configuration.
    #[error("what the provider publishes about itself cannot be used: {0}")]
    Metadata(String),
    /// The provider does not take the code.
    #[error("the provider did not take the code: {0}")]
    Code(String),
    /// There is no ID token in its answer.
    #[error("the provider sent no ID token")]
    NoToken,
    /// Encryption was agreed.
    #[error("the ID token is not encrypted, although `encrypted = true`")]
    NotEncrypted,
    /// Encryption was not agreed.
    #[error("the ID token is encrypted, although `encrypted` is not set")]
    Encrypted,
    /// The encrypted token cannot be opened.
    #[error(transparent)]
    Jwe(#[from] JweError),
    /// It is no token.
    #[error("the ID token cannot be read")]
    Malformed,
    /// `typ`, `cty` or `crit` is none that we know.
    #[error("the header of the ID token is not accepted")]
    Header,
    /// The signature's algorithm is not on the list.
    #[error("the ID token is signed with an algorithm that is not accepted, or not at all")]
    SignatureAlgorithm,
    /// No key of the provider fits.
    #[error("the ID token is signed with a key that the provider does not publish")]
    SignatureKey,
    /// The signature is wrong.
    #[error("the signature of the ID token is wrong")]
    Signature,
    /// `iss`
    #[error("the ID token is from another issuer")]
    Issuer,
    /// `aud`
    #[error("the ID token is not for this collector alone (`aud`)")]
    Audience,
    /// `azp`
    #[error("the ID token was given to somebody else (`azp`)")]
    AuthorizedParty,
    /// `exp`
    #[error("the ID token has expired")]
    Expired,
    /// `nbf`
    #[error("the ID token is not valid yet (`nbf`)")]
    NotYetValid,
    /// `iat`
    #[error("the ID token was issued in the future")]
    IssuedInFuture,
    /// `nonce`
    #[error("the ID token has no `nonce`")]
    NonceMissing,
    /// `nonce`
    #[error("the `nonce` of the ID token is that of another attempt")]
    Nonce,
    /// `at_hash`
    #[error("the ID token belongs to another access token (`at_hash`)")]
    AccessTokenHash,
    /// `sub`
    #[error("the ID token names nobody (`sub`, or `oid` with `tenant`)")]
    Subject,
    /// `acr`
    #[error("the ID token's `acr` is not one of those that are required")]
    Acr,
    /// `amr`
    #[error("the ID token's `amr` lacks a required one")]
    Amr,
    /// `hd`
    #[error("the account is not of the configured domain (`hd`)")]
    HostedDomain,
    /// `email_verified`
    #[error("the provider has not verified the e-mail address")]
    EmailUnverified,
    /// `tid`
    #[error("the account is of another tenant (`tid`)")]
    Tenant,
}

/// What a person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Begin again in one browser.
    BeginAgain,
    /// The provider said no.
    AskedProvider,
    /// Come back later.
    Later,
    /// Something is wrong between provider and collector.
    TellIt,
    /// Take the company's account.
    OtherAccount,
    /// Sign in there with a second factor.
    Stronger,
}

impl Refusal {
    /// The word in the audit log.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CallbackIncomplete => "callback_incomplete",
            Self::AttemptUnknown => "attempt_unknown",
            Self::OtherBrowser => "attempt_of_another_browser",
            Self::OtherProvider => "attempt_of_another_provider",
            Self::IssuerParameter => "issuer_parameter",
            Self::Provider(_) => "provider_refused",
            Self::Unreachable(_) => "provider_unreachable",
            Self::Metadata(_) => "provider_metadata",
            Self::Code(_) => "code_refused",
            Self::NoToken => "token_missing",
            Self::NotEncrypted => "token_not_encrypted",
            Self::Encrypted => "token_encrypted",
            Self::Jwe(JweError::Malformed(_)) => "encryption_malformed",
            Self::Jwe(JweError::Algorithm(_)) => "encryption_algorithm",
            Self::Jwe(JweError::Header(_)) => "encryption_header",
            Self::Jwe(JweError::Key) => "encryption_key",
            Self::Jwe(JweError::Decryption) => "decryption",
            Self::Malformed => "token_malformed",
            Self::Header => "token_header",
            Self::SignatureAlgorithm => "signature_algorithm",
            Self::SignatureKey => "signature_key",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::AuthorizedParty => "authorized_party",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::NonceMissing => "nonce_missing",
            Self::Nonce => "nonce",
            Self::AccessTokenHash => "access_token_hash",
            Self::Subject => "subject",
            Self::Acr => "acr",
            Self::Amr => "amr",
            Self::HostedDomain => "hosted_domain",
            Self::EmailUnverified => "email_unverified",
            Self::Tenant => "tenant",
        }
    }

    /// What the person can do.
    pub fn advice(&self) -> Advice {
        match self {
            Self::CallbackIncomplete
            | Self::AttemptUnknown
            | Self::OtherBrowser
            | Self::OtherProvider => Advice::BeginAgain,
            Self::Provider(_) => Advice::AskedProvider,
            Self::Unreachable(_) => Advice::Later,
            Self::HostedDomain | Self::Tenant | Self::EmailUnverified => Advice::OtherAccount,
            Self::Acr | Self::Amr => Advice::Stronger,
            _ => Advice::TellIt,
        }
    }
}
