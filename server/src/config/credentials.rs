//! Secrets from the credentials directory, which a service manager fills: each
//! by a fixed name, used where the configuration names no file.

use std::path::{Path, PathBuf};

/// The company's certificate and its chain, PEM.
pub const TLS_CERTIFICATE: &str = "muster.tls.certificate";
/// The private key that belongs to it, PEM.
pub const TLS_KEY: &str = "muster.tls.key";
/// The password of the PostgreSQL database.
pub const DATABASE_PASSWORD: &str = "muster.database.password";
/// The password at the mail server.
pub const MAIL_PASSWORD: &str = "muster.mail.password";
/// The secret at the sign-in provider with this `name`.
pub fn client_secret(provider: &str) -> String {
    format!("muster.openid.{provider}.client_secret")
}

/// The folder with the credentials, when there is one.
#[derive(Clone, Debug, Default)]
pub struct Credentials(Option<PathBuf>);

impl Credentials {
    /// Those in `folder`.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self(folder.filter(|folder| !folder.as_os_str().is_empty()))
    }

    /// The path of a credential that is there.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let path = self.0.as_ref()?.join(name);
        path.is_file().then_some(path)
    }

    /// Files whose names begin as ours do and that nobody would ever read.
    pub fn unknown(&self) -> Vec<String> {
        let Some(Ok(files)) = self.0.as_ref().map(std::fs::read_dir) else { return Vec::new() };
        let names = files.flatten().map(|file| file.file_name().to_string_lossy().into_owned());
        let mut unknown: Vec<String> =
            names.filter(|name| name.starts_with("muster.") && !is_known(name)).collect();
        unknown.sort();
        unknown
    }
}

fn is_known(name: &str) -> bool {
    let provider = name.strip_prefix("muster.openid.").and_then(|rest| {
        rest.strip_suffix(".client_secret").filter(|provider| !provider.is_empty())
    });
    provider.is_some()
        || [TLS_CERTIFICATE, TLS_KEY, DATABASE_PASSWORD, MAIL_PASSWORD].contains(&name)
}

/// The address of a database with the file of its password; unchanged when
/// the address is a path, or says itself where the password is.
pub fn with_password(address: &str, file: &Path) -> Option<String> {
    let rest = address.strip_prefix("postgres://").or(address.strip_prefix("postgresql://"))?;
    let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
    let has_password = base.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    let says_itself = query
        .split('&')
        .any(|pair| pair.starts_with("password_file=") || pair.starts_with("password="));
    if has_password || says_itself {
        return None;
    }
    let escaped = |&byte: &u8| match byte {
        b'/' | b'.' | b'_' | b'-' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let escaped: String = file.as_os_str().as_encoded_bytes().iter().map(escaped).collect();
    let joint = if query.is_empty() { if address.contains('?') { "" } else { "?" } } else { "&" };
    Some(format!("{address}{joint}password_file={escaped}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Credentials, with_password};

    #[test]
    fn the_password_goes_where_the_address_names_none() {
        let file = Path::new("/run/credentials/a b/muster.database.password");
        let added = |address| with_password(address, file);
        let end = "password_file=/run/credentials/a%20b/muster.database.password";
        assert_eq!(added("postgres://m@db/muster"), Some(format!("postgres://m@db/muster?{end}")));
        assert_eq!(added("postgresql://m@db/m?"), Some(format!("postgresql://m@db/m?{end}")));
        assert_eq!(
            added("postgres://m@db/m?sslmode=verify-full"),
            Some(format!("postgres://m@db/m?sslmode=verify-full&{end}"))
        );
        for own in [
            "/var/lib/muster.db",
            "postgres://m:word@db/m",
            "postgres://m@db/m?password_file=/x",
            "postgres://db/m?user=m&password=word",
        ] {
            assert_eq!(added(own), None, "{own}");
        }
    }

    #[test]
    fn a_slip_in_a_name_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["muster.tls.crt", "muster.tls.key", "muster.openid.google.client_secret", "x"]
        {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let credentials = Credentials::new(Some(folder.path().to_owned()));
        assert_eq!(credentials.unknown(), ["muster.tls.crt"]);
        assert!(credentials.path("muster.tls.key").is_some());
        assert!(credentials.path("muster.tls.certificate").is_none());
        assert!(Credentials::new(Some("".into())).path("x").is_none());
    }
}
