//! The enrolment token: address, pinned CA and single-use secret in one line.
//!
//! `mst1.` and base64url without padding of: one byte of flags, the 32-byte
//! secret, the 32-byte SHA-256 of the collector's CA certificate (zeros when
//! the web's CAs are to be used), and the address. With an address of 30
//! characters it has 132 characters. The collector keeps only its digest.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::keys::{hex, sha256};
use crate::names::TOKEN_PREFIX;

/// The address is reached by plain HTTP; only for loopback.
const FLAG_PLAIN: u8 = 1;
/// Longest address, in bytes.
const ADDRESS_LIMIT: usize = 255;

/// Admits one device to one collector.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Where the collector is: `https://host[:port]`, or `http://` on loopback.
    pub url: String,
    /// SHA-256 of the collector's own CA certificate, DER; none for the web's.
    pub ca_sha256: Option<[u8; 32]>,
    /// What admits the device.
    pub secret: [u8; 32],
}

/// Why a token cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token at all.
    #[error("the token must begin with `{TOKEN_PREFIX}`; copy the whole line of the invitation")]
    Prefix,
    /// Characters were lost or changed.
    #[error("the token is damaged; copy the whole line of the invitation again")]
    Damaged,
    /// A flag of a newer version.
    #[error("the token needs a newer agent; update the agent")]
    TooNew,
    /// Plain HTTP to another machine.
    #[error("the token's address `{0}` is neither https nor loopback; ask for a new invitation")]
    Address(String),
}

/// The first half of the SHA-256 of a secret: names a token without admitting.
pub fn token_id(secret: &[u8; 32]) -> String {
    let digest = sha256(secret);
    let (half, _) = digest.split_at(16);
    hex(half)
}

impl Token {
    /// Names the token; safe to log.
    pub fn id(&self) -> String {
        token_id(&self.secret)
    }
}

/// Whether `url` is plain HTTP to this very machine.
pub fn is_loopback_http(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| {
        rest.strip_prefix(host)
            .is_some_and(|after| after.is_empty() || after.starts_with([':', '/']))
    })
}

fn acceptable(address: &str) -> bool {
    !address.is_empty()
        && address.len() <= ADDRESS_LIMIT
        && address.bytes().all(|byte| byte.is_ascii_graphic())
        && !address.contains(['/', '@', '?', '#', '\\'])
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (flags, address) = match self.url.strip_prefix("http://") {
            Some(address) => (FLAG_PLAIN, address),
            None => (0, self.url.strip_prefix("https://").unwrap_or(&self.url)),
        };
        let mut bytes = vec![flags];
        bytes.extend_from_slice(&self.secret);
        bytes.extend_from_slice(&self.ca_sha256.unwrap_or_default());
        bytes.extend_from_slice(address.as_bytes());
        write!(formatter, "{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Never the secret.
impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token({} at {})", self.id(), self.url)
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let body = text.trim().strip_prefix(TOKEN_PREFIX).ok_or(TokenError::Prefix)?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| TokenError::Damaged)?;
        let (flags, rest) = bytes.split_first().ok_or(TokenError::Damaged)?;
        if flags & !FLAG_PLAIN != 0 {
            return Err(TokenError::TooNew);
        }
        let (secret, rest) = rest.split_first_chunk::<32>().ok_or(TokenError::Damaged)?;
        let (ca, address) = rest.split_first_chunk::<32>().ok_or(TokenError::Damaged)?;
        let address = std::str::from_utf8(address).map_err(|_| TokenError::Damaged)?;
        if !acceptable(address) {
            return Err(TokenError::Damaged);
        }
        let plain = flags & FLAG_PLAIN != 0;
        let url = format!("{}{address}", if plain { "http://" } else { "https://" });
        if plain && !is_loopback_http(&url) {
            return Err(TokenError::Address(url));
        }
        let ca_sha256 = (*ca != [0; 32]).then_some(*ca);
        Ok(Self { url, ca_sha256, secret: *secret })
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, TokenError, is_loopback_http};

    fn token(url: &str) -> Token {
        Token { url: url.to_owned(), ca_sha256: Some([7; 32]), secret: [9; 32] }
    }

    #[test]
    fn a_token_with_a_thirty_character_address_fits_in_140() {
        let address = "muster.laptops.company.example";
        assert_eq!(address.len(), 30);
        assert!(token(&format!("https://{address}")).to_string().len() <= 140);
    }

    #[test]
    fn what_was_written_is_read() {
        for url in
            ["https://m.example", "https://m.example:8443", "http://127.0.0.1:9", "http://[::1]:9"]
        {
            let mut it = token(url);
            assert_eq!(format!(" {it}\n").parse(), Ok(it.clone()));
            it.ca_sha256 = None;
            assert_eq!(it.to_string().parse(), Ok(it));
        }
    }

    #[test]
    fn damage_is_noticed() {
        let good = token("https://m.example").to_string();
        assert_eq!("hello".parse::<Token>(), Err(TokenError::Prefix));
        assert_eq!("mst1.".parse::<Token>(), Err(TokenError::Damaged));
        assert_eq!(good[..80].parse::<Token>(), Err(TokenError::Damaged));
        assert_eq!(format!("{good}=").parse::<Token>(), Err(TokenError::Damaged));
        let other = token("http://10.0.0.1").to_string();
        assert!(matches!(other.parse::<Token>(), Err(TokenError::Address(_))));
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        for (url, expected) in [
            ("http://127.0.0.1:80/x", true),
            ("http://localhost", true),
            ("http://[::1]:8080", true),
            ("http://127.0.0.1.evil.example", false),
            ("http://[::1].evil.example", false),
            ("https://127.0.0.1", false),
        ] {
            assert_eq!(is_loopback_http(url), expected, "{url}");
        }
    }

    #[test]
    fn the_secret_is_never_in_debug_output() {
        assert!(!format!("{:?}", token("https://m.example")).contains("CQkJ"));
    }
}
