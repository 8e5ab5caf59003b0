//! `[mail]`: the server by which the collector sends letters to people.

use std::path::PathBuf;

use lettre::message::Mailbox;
use serde::Deserialize;

/// `[mail]` as people write it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailFile {
    /// `smtps://host:465` or `smtp+starttls://host:587`; plain `smtp://` only
    /// to this machine.
    pub server: String,
    /// Whom letters come from, such as `Muster <muster@company.example>`.
    pub from: String,
    /// The name to sign in with, if the server asks for one.
    pub user: Option<String>,
    /// File with the password, read at each letter, so that it can be replaced.
    pub password_file: Option<PathBuf>,
    /// PEM file with a CA that is trusted for this server beside the usual ones.
    pub ca: Option<PathBuf>,
}

/// The server and how to use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from being read and changed.
    pub security: Security,
    /// Whom letters come from.
    pub from: Mailbox,
    /// How to sign in.
    pub login: Option<Login>,
    /// PEM file with one more trusted CA.
    pub ca: Option<PathBuf>,
}

/// What protects the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS begun by `STARTTLS`; a server that does not offer it gets nothing.
    StartTls,
    /// Nothing, because the bytes stay on this machine.
    Loopback,
}

/// A name and where its password stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub user: String,
    /// File whose first line is the password.
    pub password_file: PathBuf,
}

impl MailFile {
    /// What is written, understood; the error names the key.
    pub fn mail(&self) -> Result<Mail, String> {
        let (security, host, port) = server(&self.server)?;
        let from = self.from.parse().map_err(|error| {
            let from = &self.from;
            format!("`mail.from` is `{from}`, but it must be an address, such as muster@company.example: {error}")
        })?;
        let login = match (&self.user, &self.password_file) {
            (Some(user), Some(file)) => {
                Some(Login { user: user.clone(), password_file: file.clone() })
            }
            (None, None) => None,
            (Some(_), None) => {
                return Err("`mail.user` is given, but not `mail.password_file`; write the path of a file that holds the password".into());
            }
            (None, Some(_)) => {
                return Err("`mail.password_file` is given, but not `mail.user`; write the name to sign in with".into());
            }
        };
        Ok(Mail { host, port, security, from, login, ca: self.ca.clone() })
    }
}

/// Protection, host and port of an address.
fn server(text: &str) -> Result<(Security, String, u16), String> {
    let wrong = |why: &str| {
        format!(
            "`mail.server` is `{text}`, but {why}; write smtps://host:465 or smtp+starttls://host:587"
        )
    };
    let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
    let (security, standard) = match scheme {
        "smtps" => (Security::Tls, 465),
        "smtp+starttls" => (Security::StartTls, 587),
        "smtp" => (Security::Loopback, 25),
        _ => return Err(wrong("its scheme is not known")),
    };
    let (host, port) = authority(rest.trim_end_matches('/'), standard)
        .ok_or_else(|| wrong("it must be a name with an optional port, and nothing else"))?;
    if security == Security::Loopback && !is_loopback(&host) {
        return Err(wrong("a plain connection is only for a server on this machine"));
    }
    Ok((security, host, port))
}

fn authority(text: &str, standard: u16) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let (host, rest) = inner.split_once(']')?;
            (host, rest.strip_prefix(':').or_else(|| rest.is_empty().then_some(""))?)
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".-:".contains(letter);
    if host.is_empty() || !host.chars().all(is_plain) {
        return None;
    }
    let port = if port.is_empty() { standard } else { port.parse().ok()? };
    Some((host.to_owned(), port))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{MailFile, Security};

    fn file(text: &str) -> MailFile {
        toml::from_str(text).unwrap()
    }

    fn with_server(server: &str) -> MailFile {
        file(&format!("server = '{server}'\nfrom = 'muster@company.example'"))
    }

    #[test]
    fn the_address_says_how_the_connection_is_protected() {
        for (text, expected) in [
            ("smtps://mail.example", (Security::Tls, "mail.example", 465)),
            ("smtps://mail.example:4650", (Security::Tls, "mail.example", 4650)),
            ("smtp+starttls://mail.example/", (Security::StartTls, "mail.example", 587)),
            ("smtp://127.0.0.1:2525", (Security::Loopback, "127.0.0.1", 2525)),
            ("smtp://[::1]", (Security::Loopback, "::1", 25)),
            ("smtp://localhost", (Security::Loopback, "localhost", 25)),
        ] {
            let mail = with_server(text).mail().unwrap();
            assert_eq!((mail.security, mail.host.as_str(), mail.port), expected, "{text}");
        }
    }

    #[test]
    fn what_could_be_read_on_the_way_is_refused() {
        for (text, says) in [
            ("smtp://mail.example", "only for a server on this machine"),
            ("smtp://127.0.0.1.example", "only for a server on this machine"),
            ("mail.example:465", "it has no scheme"),
            ("http://mail.example", "its scheme is not known"),
            ("smtps://", "and nothing else"),
            ("smtps://user@mail.example", "and nothing else"),
            ("smtps://mail.example:port", "and nothing else"),
            ("smtps://mail.example/path", "and nothing else"),
        ] {
            let error = with_server(text).mail().unwrap_err();
            assert!(error.starts_with(&format!("`mail.server` is `{text}`, but ")), "{error}");
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_sender_and_a_whole_login_are_needed() {
        let wrong = file("server = 'smtps://mail.example'\nfrom = 'muster'").mail().unwrap_err();
        assert!(wrong.starts_with("`mail.from` is `muster`"), "{wrong}");
        let named =
            file("server = 'smtps://mail.example'\nfrom = 'Muster <m@c.example>'").mail().unwrap();
        assert_eq!(named.from.to_string(), "Muster <m@c.example>");
        for (more, says) in
            [("user = 'muster'", "`mail.password_file`"), ("password_file = 'p'", "`mail.user`")]
        {
            let text = format!("server = 'smtps://mail.example'\nfrom = 'm@c.example'\n{more}");
            assert!(file(&text).mail().unwrap_err().contains(says));
        }
    }
}
