//! `[metrics]`: where numbers and health are asked for.

use std::net::SocketAddr;

use serde::Deserialize;

/// `[metrics]` as people write it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsFile {
    /// Address and port, such as `127.0.0.1:9464`. Nobody is asked who they
    /// are there, so it must not be reachable from outside.
    pub listen: SocketAddr,
}
