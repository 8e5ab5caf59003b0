//! The address by which the world knows the collector.

use std::net::SocketAddr;

use shared::token::is_loopback_http;

/// A public address that fits where the collector listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// `https://host[:port]`, or `http://` on loopback; no slash at the end.
    pub url: String,
    /// The host alone, for the certificate.
    pub host: String,
    /// Whether TLS is spoken.
    pub tls: bool,
}

/// Checks the configured address, or makes one for a collector on loopback.
pub fn decide(configured: Option<&str>, listen: SocketAddr) -> Result<PublicUrl, String> {
    let Some(url) = configured else {
        if !listen.ip().is_loopback() {
            return Err(format!(
                "the collector listens on {listen}, so it needs `--public-url https://NAME`, the address that laptops use"
            ));
        }
        return parse(&format!("https://{listen}"), listen);
    };
    parse(url, listen)
}

fn parse(url: &str, listen: SocketAddr) -> Result<PublicUrl, String> {
    let url = url.trim_end_matches('/');
    let (tls, authority) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err(format!("`public_url` is `{url}`, but it must begin with https://")),
    };
    if authority.is_empty()
        || authority.contains(['/', '?', '#', '@', '\\'])
        || !authority.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(format!(
            "`public_url` is `{url}`, but it must be https:// and a name with an optional port, and nothing else"
        ));
    }
    let loopback = is_loopback_http(url) && listen.ip().is_loopback();
    if !tls && !loopback {
        return Err(format!(
            "`public_url` is `{url}`: plain http is only for a collector that listens on loopback; write https://"
        ));
    }
    // Tests and the demo listen on a free port, which only the listener knows.
    let authority = match authority.strip_suffix(":0") {
        Some(host) => format!("{host}:{}", listen.port()),
        None => authority.to_owned(),
    };
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, _)) => inside.to_owned(),
        None => authority.split(':').next().unwrap_or_default().to_owned(),
    };
    let url = format!("{}{authority}", if tls { "https://" } else { "http://" });
    Ok(PublicUrl { url, host, tls })
}

#[cfg(test)]
mod tests {
    use super::decide;

    #[test]
    fn the_address_must_fit_the_listener() {
        let loopback = "127.0.0.1:8443".parse().unwrap();
        let everywhere = "0.0.0.0:443".parse().unwrap();
        let url = |configured, listen| {
            decide(configured, listen).map(|public| (public.url, public.host, public.tls))
        };
        assert_eq!(
            url(None, loopback),
            Ok(("https://127.0.0.1:8443".into(), "127.0.0.1".into(), true))
        );
        assert_eq!(
            url(Some("http://127.0.0.1:0"), loopback),
            Ok(("http://127.0.0.1:8443".into(), "127.0.0.1".into(), false))
        );
        assert_eq!(
            url(Some("https://m.example/"), everywhere),
            Ok(("https://m.example".into(), "m.example".into(), true))
        );
        assert_eq!(
            url(Some("https://[::1]:9"), loopback),
            Ok(("https://[::1]:9".into(), "::1".into(), true))
        );
        for (configured, listen, says) in [
            (None, everywhere, "--public-url"),
            (Some("m.example"), everywhere, "must begin with https://"),
            (Some("http://m.example"), loopback, "plain http"),
            (Some("http://127.0.0.1"), everywhere, "plain http"),
            (Some("https://m.example/x"), loopback, "nothing else"),
            (Some("https://"), loopback, "must begin with https://"),
        ] {
            let error = decide(configured, listen).unwrap_err();
            assert!(error.contains(says), "{configured:?}: {error}");
        }
    }
}
