//! Whether a request that changes something was made by the console's pages.

use axum::http::{HeaderMap, header};

/// Whether a browser says that the request comes from the page of this very
/// origin, or was typed by a person.
///
/// `Sec-Fetch-Site` is sent by every browser of these years; `Origin` decides
/// where it is missing. A request with neither is refused.
pub fn comes_from_here(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return false };
    let of_host = |host: &str| origin.split_once("://").is_some_and(|(_, rest)| rest == host);
    origin == origin_of(public_url) || text(header::HOST.as_str()).is_some_and(of_host)
}

/// Scheme, host and port of an address.
fn origin_of(url: &str) -> &str {
    let host_from = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(host_from..).unwrap_or_default();
    let end = rest.find('/').map_or(url.len(), |at| host_from + at);
    url.get(..end).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::comes_from_here;

    fn headers(rows: &[(&'static str, &'static str)]) -> HeaderMap {
        rows.iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_the_consoles_own_pages_may_change_something() {
        let url = "https://muster.example/console";
        for (rows, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://muster.example")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "https://muster.example")], true),
            (&[("origin", "https://muster.example.evil")], false),
            (&[("origin", "http://localhost:8080"), ("host", "localhost:8080")], true),
            (&[("origin", "null"), ("host", "localhost:8080")], false),
            (&[], false),
        ] {
            assert_eq!(comes_from_here(&headers(rows), url), expected, "{rows:?}");
        }
    }
}
