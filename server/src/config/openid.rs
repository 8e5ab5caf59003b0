//! `[[sign_in.openid]]`: by whom people may be signed in, and who of them.

use std::path::PathBuf;

use openidconnect::{ClientId, ClientSecret, IssuerUrl};
use serde::Deserialize;

use crate::os_releases::source::is_allowed;

/// `[[sign_in.openid]]` as people write it; a key that is not here is refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIdFile {
    /// Word in addresses, such as `google`.
    pub name: String,
    /// What the button says after "Sign in with".
    pub title: String,
    /// The provider's own name for itself, an address.
    pub issuer: String,
    /// By which name the provider knows this collector.
    pub client_id: String,
    /// File with the secret that belongs to it; none for a public client.
    pub client_secret_file: Option<PathBuf>,
    /// PEM file with a CA that is trusted for this provider beside the usual
    /// ones.
    pub ca: Option<PathBuf>,
    /// Google Workspace: the company's domain, which the token's `hd` must be.
    pub hosted_domain: Option<String>,
    /// Entra ID: the company's tenant id, which the token's `tid` must be.
    pub tenant: Option<String>,
    /// Whether ID tokens must be encrypted.
    #[serde(default)]
    pub encrypted: bool,
    /// Whether people of the fleet may come in as employees without being
    /// invited.
    #[serde(default)]
    pub employees: bool,
    /// Of these, one must be the token's `acr`.
    #[serde(default)]
    pub acr: Vec<String>,
    /// Each of these must stand in the token's `amr`.
    #[serde(default)]
    pub amr: Vec<String>,
}

/// One provider, checked.
#[derive(Clone, Debug)]
pub struct OpenId {
    /// Word in addresses.
    pub name: String,
    /// What the button says after "Sign in with".
    pub title: String,
    /// The provider.
    pub issuer: IssuerUrl,
    /// Our name there.
    pub client_id: ClientId,
    /// Our secret there.
    pub client_secret: Option<ClientSecret>,
    /// PEM file with one more trusted CA.
    pub ca: Option<PathBuf>,
    /// Whose accounts are let in, where the provider serves many companies.
    pub company: Company,
    /// Whether ID tokens must be encrypted.
    pub encrypted: bool,
    /// Whether people of the fleet may come in uninvited.
    pub employees: bool,
    /// Accepted values of `acr`; empty for any.
    pub acr: Vec<String>,
    /// Values that `amr` must hold.
    pub amr: Vec<String>,
}

/// Whose accounts are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Company {
    /// Everybody whom the provider knows: it serves this company alone.
    Any,
    /// Google Workspace: accounts of one domain.
    HostedDomain(String),
    /// Entra ID: accounts of one tenant.
    Tenant(String),
}

/// The providers of a file; the error names entry and key.
pub fn check(list: &[OpenIdFile]) -> Result<Vec<OpenId>, String> {
    let mut providers: Vec<OpenId> = Vec::new();
    for file in list {
        if providers.iter().any(|known| known.name == file.name) {
            return Err(format!(
                "two entries of `sign_in.openid` have the `name` \"{}\"; give each its own",
                file.name
            ));
        }
        let wrong = |why: String| format!("in `sign_in.openid` \"{}\", {why}", file.name);
        providers.push(file.check().map_err(wrong)?);
    }
    Ok(providers)
}

impl OpenIdFile {
    fn check(&self) -> Result<OpenId, String> {
        if !is_word(&self.name) {
            return Err(
                "`name` must be of 1 to 32 small letters, digits and hyphens, such as google"
                    .to_owned(),
            );
        }
        if self.title.trim().is_empty() || self.title.chars().count() > 40 {
            return Err("`title` must have 1 to 40 characters, such as Google".to_owned());
        }
        if self.client_id.is_empty() || !self.client_id.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err("`client_id` is not what a provider gives; copy it from there".to_owned());
        }
        let company = match (&self.hosted_domain, &self.tenant) {
            (None, None) => Company::Any,
            (Some(domain), None) if is_name(domain) => Company::HostedDomain(domain.clone()),
            (None, Some(tenant)) if is_name(tenant) => Company::Tenant(tenant.clone()),
            (Some(_), Some(_)) => {
                return Err(
                    "`hosted_domain` (Google) and `tenant` (Entra) exclude each other".to_owned()
                );
            }
            (Some(domain), None) => {
                return Err(format!(
                    "`hosted_domain` is `{domain}`, but it must be a domain, such as company.example"
                ));
            }
            (None, Some(tenant)) => {
                return Err(format!("`tenant` is `{tenant}`, but it must be the id of a tenant"));
            }
        };
        Ok(OpenId {
            name: self.name.clone(),
            title: self.title.trim().to_owned(),
            issuer: self.issuer()?,
            client_id: ClientId::new(self.client_id.clone()),
            client_secret: self.secret()?,
            ca: self.ca.clone(),
            company,
            encrypted: self.encrypted,
            employees: self.employees,
            acr: self.acr.clone(),
            amr: self.amr.clone(),
        })
    }

    fn issuer(&self) -> Result<IssuerUrl, String> {
        let wrong = || {
            format!(
                "`issuer` is `{}`, but it must be an address that begins with https:// (http:// is only for this machine), without `?` and `#`",
                self.issuer
            )
        };
        if !is_allowed(&self.issuer) || self.issuer.contains(['?', '#', '@']) {
            return Err(wrong());
        }
        IssuerUrl::new(self.issuer.clone()).map_err(|_| wrong())
    }

    fn secret(&self) -> Result<Option<ClientSecret>, String> {
        let Some(path) = &self.client_secret_file else { return Ok(None) };
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!("`client_secret_file` {} cannot be read: {error}", path.display())
        })?;
        let secret = text.trim();
        if secret.is_empty() || secret.lines().count() > 1 {
            return Err(format!(
                "`client_secret_file` {} must hold one line, the secret",
                path.display()
            ));
        }
        Ok(Some(ClientSecret::new(secret.to_owned())))
    }
}

fn is_word(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// A domain or an id: what both are made of.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::{Company, OpenId, OpenIdFile, check};

    const GOOGLE: &str = "name = 'google'\ntitle = 'Google'\nissuer = 'https://accounts.google.com'\nclient_id = 'a.apps.example'\n";

    fn read(more: &str) -> Result<OpenId, String> {
        let text = format!("{GOOGLE}{more}");
        let mut table: toml::Table = GOOGLE.parse().unwrap();
        let more: toml::Table = match more.parse() {
            Ok(more) => more,
            Err(error) => panic!("{text}: {error}"),
        };
        table.extend(more);
        let file: OpenIdFile = table.try_into().map_err(|error| error.to_string())?;
        check(&[file]).map(|mut list| list.remove(0))
    }

    #[test]
    fn a_provider_needs_four_keys_and_everything_else_is_off() {
        let google = read("").unwrap();
        assert_eq!(google.issuer.as_str(), "https://accounts.google.com");
        assert_eq!(google.company, Company::Any);
        assert!(!google.encrypted && !google.employees && google.client_secret.is_none());
    }

    #[test]
    fn a_mistake_is_named_with_its_key() {
        for (more, says) in [
            ("colour = 'red'", "unknown field `colour`"),
            ("name = 'Google Inc'", "`name` must be"),
            ("name = ''", "`name` must be"),
            ("title = ' '", "`title` must have"),
            ("client_id = ''", "`client_id` is not"),
            ("issuer = 'http://accounts.google.com'", "`issuer` is `http://accounts.google.com`"),
            ("issuer = 'https://a.example/?x'", "`issuer` is"),
            ("hosted_domain = ''", "`hosted_domain` is ``"),
            ("hosted_domain = 'a.example'\ntenant = 'b'", "exclude each other"),
            ("tenant = 'a b'", "`tenant` is `a b`"),
            (
                "client_secret_file = '/nowhere/secret'",
                "`client_secret_file` /nowhere/secret cannot be read",
            ),
            ("encrypted = 'yes'", "expected a boolean"),
        ] {
            let error = read(more).unwrap_err();
            assert!(error.contains(says), "{more}: {error}");
        }
        let error = read("tenant = 'a b'").unwrap_err();
        assert!(error.starts_with("in `sign_in.openid` \"google\", `tenant`"), "{error}");
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        assert!(read("issuer = 'http://127.0.0.1:9000/a'").is_ok());
    }

    #[test]
    fn two_providers_have_two_names() {
        let one: OpenIdFile = toml::from_str(GOOGLE).unwrap();
        let error = check(&[one.clone(), one]).unwrap_err();
        assert!(error.contains("have the `name` \"google\""), "{error}");
    }

    #[test]
    fn the_secret_is_the_one_line_of_its_file_and_is_not_printed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let key = format!("client_secret_file = '{}'", path.display());
        std::fs::write(&path, "s3cret\n").unwrap();
        let provider = read(&key).unwrap();
        assert_eq!(provider.client_secret.as_ref().unwrap().secret(), "s3cret");
        assert!(!format!("{provider:?}").contains("s3cret"));
        std::fs::write(&path, "\n").unwrap();
        assert!(read(&key).unwrap_err().contains("must hold one line"));
    }
}
