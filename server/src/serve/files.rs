//! What a collector writes into its state folder at each start.

use serde::{Deserialize, Serialize};

use super::StartError;
use crate::ca::CaError;
use crate::config::Config;
use crate::nonce::Nonces;
use crate::public_url;
use crate::state_dir::StateDir;

/// Written at each start, for the commands that make tokens and links.
pub const ADDRESS_FILE: &str = "address.json";

/// What [`ADDRESS_FILE`] holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Address {
    /// The address that laptops and people use.
    pub public_url: String,
    /// Whether tokens pin the collector's CA.
    pub pins_ca: bool,
}

/// The address as [`ADDRESS_FILE`] holds it.
pub(super) fn address_file(public: &public_url::PublicUrl, config: &Config) -> Vec<u8> {
    let address = Address {
        public_url: public.url.clone(),
        pins_ca: public.tls && config.tls_files.is_none(),
    };
    serde_json::to_vec(&address).unwrap_or_default()
}

/// The secret of the nonces, made at the first start.
pub(super) fn nonces(state: &StateDir) -> Result<Nonces, StartError> {
    const FILE: &str = "nonce.key";
    if let Some(bytes) = state.read(FILE)? {
        let secret: [u8; 32] = bytes.try_into().map_err(|_| CaError::Damaged(FILE))?;
        return Ok(Nonces::new(&secret));
    }
    let mut secret = [0; 32];
    aws_lc_rs::rand::fill(&mut secret)
        .map_err(|_| StartError::Config("the system gave no random bytes".into()))?;
    state.write(FILE, &secret)?;
    Ok(Nonces::new(&secret))
}
