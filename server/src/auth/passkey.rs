//! Passkeys: what a browser is asked, and what its answer proves.
//!
//! A passkey is a key pair that a device keeps for this collector's host name
//! alone. The device shows that its holder was there, by a finger, a face or
//! a code, before it signs; so a passkey is two factors in one, and a page of
//! another name cannot ask for it. What was asked is kept by the collector
//! until the answer comes, and is used up by it.

#[cfg(test)]
mod device;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Webauthn, WebauthnBuilder, WebauthnError,
};

/// Largest answer of a browser, in bytes.
const ANSWER_LIMIT: usize = 64 * 1024;

/// Why a passkey was not made or not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// What the browser sent is no answer.
    #[error("the browser's answer cannot be read")]
    NotUnderstood,
    /// The passkey could not be found again without a name.
    #[error(
        "this device keeps no passkey that is found without a user name; use another device or another security key"
    )]
    NotKept,
    /// Another use of the passkey was counted further than this one.
    #[error("the passkey was used elsewhere since; a copy of it may exist")]
    WentBack,
    /// The answer does not prove what was asked.
    #[error("the passkey was not accepted: {0}")]
    Refused(WebauthnError),
    /// What the collector keeps cannot be read.
    #[error("what is kept of the passkey cannot be read: {0}")]
    Kept(#[from] serde_json::Error),
    /// What is asked of a browser cannot be made.
    #[error("nothing can be asked of the browser: {0}")]
    Setup(WebauthnError),
}

/// What a browser is asked, and what the collector keeps until it answers.
#[derive(Clone, Debug)]
pub struct Asked {
    /// For the browser, JSON.
    pub options: Value,
    /// For the collector, JSON.
    pub state: String,
}

/// Whose passkey it is to be.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The account.
    pub account: Uuid,
    /// Its mail address, by which the device shows the passkey.
    pub email: &'a str,
    /// The person's name.
    pub name: &'a str,
}

/// A passkey that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its id, base64url.
    pub id: String,
    /// Public key and counter, JSON.
    pub credential: String,
}

/// Whose passkey a browser says it used; nothing is proven yet.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The account.
    pub account: Uuid,
    /// Id of the passkey, base64url.
    pub id: String,
    answer: PublicKeyCredential,
}

/// The collector as browsers know it: by its host name.
#[derive(Clone, Debug)]
pub struct RelyingParty(Webauthn);

impl RelyingParty {
    /// The collector at `public_url`; nothing where browsers make no
    /// passkeys, which is at an address without a name.
    pub fn at(public_url: &str) -> Option<Self> {
        let origin = Url::parse(public_url).ok()?;
        let host = origin.domain()?;
        let built = WebauthnBuilder::new(host, &origin).ok()?.rp_name("Muster").build();
        built.ok().map(Self)
    }

    /// Asks for a new passkey; `known` are the ids of those that the account has.
    pub fn ask_for_new(&self, holder: Holder<'_>, known: &[String]) -> Result<Asked, PasskeyError> {
        let known = known.iter().filter_map(|id| URL_SAFE_NO_PAD.decode(id).ok()).collect();
        let (options, state) = self
            .0
            .start_passkey_registration(holder.account, holder.email, holder.name, Some(known))
            .map_err(PasskeyError::Setup)?;
        let mut options = serde_json::to_value(options)?;
        // Signing in asks nobody for a name, so the device has to keep it.
        if let Some(choice) = options.pointer_mut("/publicKey/authenticatorSelection") {
            merge(choice, &json!({"residentKey": "required", "requireResidentKey": true}));
        }
        Ok(Asked { options, state: kept(&state)? })
    }

    /// The passkey that a browser made.
    pub fn made(&self, state: &str, answer: &str) -> Result<Made, PasskeyError> {
        let state: PasskeyRegistration = serde_json::from_str(state)?;
        let answer: RegisterPublicKeyCredential = read(answer)?;
        let is_kept = answer.extensions.cred_props.as_ref().and_then(|it| it.rk);
        if is_kept == Some(false) {
            return Err(PasskeyError::NotKept);
        }
        let passkey = self.0.finish_passkey_registration(&answer, &state).map_err(refusal)?;
        Ok(Made { id: URL_SAFE_NO_PAD.encode(passkey.cred_id()), credential: kept(&passkey)? })
    }

    /// Asks for any passkey that the browser has.
    pub fn ask_for_any(&self) -> Result<Asked, PasskeyError> {
        let (options, state) =
            self.0.start_discoverable_authentication().map_err(PasskeyError::Setup)?;
        let mut options = serde_json::to_value(options)?;
        // The page decides whether the browser offers it by itself.
        if let Some(options) = options.as_object_mut() {
            options.remove("mediation");
        }
        Ok(Asked { options, state: kept(&state)? })
    }

    /// Whose passkey an answer is said to come from.
    pub fn claim(&self, answer: &str) -> Result<Claim, PasskeyError> {
        let answer: PublicKeyCredential = read(answer)?;
        let (account, id) =
            self.0.identify_discoverable_authentication(&answer).map_err(refusal)?;
        let id = URL_SAFE_NO_PAD.encode(id);
        Ok(Claim { account, id, answer })
    }

    /// Whether the claim holds for the passkey that is kept as `credential`;
    /// what is to be kept from now on.
    pub fn prove(
        &self,
        claim: &Claim,
        state: &str,
        credential: &str,
    ) -> Result<String, PasskeyError> {
        let state: DiscoverableAuthentication = serde_json::from_str(state)?;
        let mut passkey: Passkey = serde_json::from_str(credential)?;
        let result = self
            .0
            .finish_discoverable_authentication_v2(&claim.answer, state, &passkey)
            .map_err(refusal)?;
        passkey.update_credential(&result);
        kept(&passkey)
    }
}

fn refusal(error: WebauthnError) -> PasskeyError {
    match error {
        WebauthnError::CredentialPossibleCompromise => PasskeyError::WentBack,
        other => PasskeyError::Refused(other),
    }
}

fn read<T: DeserializeOwned>(answer: &str) -> Result<T, PasskeyError> {
    let fitting = (answer.len() <= ANSWER_LIMIT).then_some(answer);
    let answer = fitting.ok_or(PasskeyError::NotUnderstood)?;
    serde_json::from_str(answer).map_err(|_| PasskeyError::NotUnderstood)
}

fn kept(value: &impl Serialize) -> Result<String, PasskeyError> {
    Ok(serde_json::to_string(value)?)
}

fn merge(into: &mut Value, more: &Value) {
    if let (Some(into), Some(more)) = (into.as_object_mut(), more.as_object()) {
        into.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}
