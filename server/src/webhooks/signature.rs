//! Signatures of messages, as Standard Webhooks has them
//! (<https://www.standardwebhooks.com>), and the secrets behind them.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::state_dir::{StateDir, StateDirError};

/// The file with the key that all secrets come from.
const FILE: &str = "webhook.key";

/// Makes the secret of every webhook from one key, so that none lies in the
/// database.
#[derive(Clone)]
pub struct Secrets(Key);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secrets")
    }
}

/// The key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The state folder cannot be used.
    #[error(transparent)]
    State(#[from] StateDirError),
    /// The file is damaged.
    #[error(
        "`{FILE}` in the state folder has not 32 bytes; restore it, or remove it and rotate every webhook's secret"
    )]
    Damaged,
    /// No random bytes.
    #[error("the system gave no random bytes")]
    Random,
}

impl Secrets {
    /// Reads the key, made at the first start.
    pub fn open(state: &StateDir) -> Result<Self, SecretsError> {
        let key: [u8; 32] = if let Some(bytes) = state.read(FILE)? {
            bytes.try_into().map_err(|_| SecretsError::Damaged)?
        } else {
            let mut key = [0; 32];
            aws_lc_rs::rand::fill(&mut key).map_err(|_| SecretsError::Random)?;
            state.write(FILE, &key)?;
            key
        };
        Ok(Self::of(&key))
    }

    /// Secrets that come from `key`.
    pub fn of(key: &[u8; 32]) -> Self {
        Self(Key::new(HMAC_SHA256, key))
    }

    /// The secret of a webhook's generation.
    pub fn secret(&self, webhook: &str, generation: i64) -> Secret {
        let tag = sign(&self.0, format!("webhook {webhook} {generation}").as_bytes());
        Secret(tag.as_ref().to_vec())
    }
}

/// What a webhook and the collector share.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The text that is shown once.
    pub fn shown(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.0))
    }

    /// The signature of one message.
    fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let key = Key::new(HMAC_SHA256, &self.0);
        let tag = sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    }
}

/// The value of `webhook-signature`: one signature for each secret that holds.
pub fn signatures(secrets: &[Secret], id: &str, timestamp: i64, body: &str) -> String {
    let all: Vec<String> = secrets.iter().map(|secret| secret.sign(id, timestamp, body)).collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{STANDARD, Secret, Secrets, signatures};
    use base64::Engine as _;

    #[test]
    fn the_published_example_comes_out() {
        // From the specification's own test of its reference libraries.
        let secret = Secret(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
        let body = r#"{"test": 2432232314}"#;
        let signature = signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_webhook_and_generation_has_a_secret_of_its_own() {
        let secrets = Secrets::of(&[7; 32]);
        let shown = |id: &str, generation| secrets.secret(id, generation).shown();
        assert_eq!(shown("a", 1), shown("a", 1));
        assert_ne!(shown("a", 1), shown("a", 2));
        assert_ne!(shown("a", 1), shown("b", 1));
        assert_ne!(shown("a", 1), Secrets::of(&[8; 32]).secret("a", 1).shown());
        assert_eq!(shown("a", 1).len(), "whsec_".len() + 44);
        let two = [secrets.secret("a", 2), secrets.secret("a", 1)];
        assert_eq!(signatures(&two, "m", 1, "{}").split(' ').count(), 2);
    }

    #[test]
    fn the_key_is_made_once_and_a_damaged_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let state = crate::state_dir::StateDir::open(folder.path()).unwrap();
        let first = Secrets::open(&state).unwrap().secret("a", 1).shown();
        assert_eq!(Secrets::open(&state).unwrap().secret("a", 1).shown(), first);
        state.write("webhook.key", b"short").unwrap();
        assert!(Secrets::open(&state).unwrap_err().to_string().contains("webhook.key"));
    }
}
