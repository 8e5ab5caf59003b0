//! `[webhooks]`: where messages may be sent.

use serde::Deserialize;

use crate::ingest::limits::address::Network;

/// `[webhooks]` as people write it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhooksFile {
    /// Ranges of the company's own networks that may be sent to, such as
    /// `["10.20.0.0/16"]`; all other addresses that are not public are refused.
    #[serde(default)]
    pub allowed_networks: Vec<Network>,
}

/// Where messages may be sent.
#[derive(Clone, Debug, Default)]
pub struct Webhooks {
    /// Networks that may be sent to although they are not public.
    pub allowed_networks: Vec<Network>,
    /// Whether `http://` on loopback will do: demo and tests alone.
    pub allow_loopback: bool,
}
