//! `[sign_in]`: by what ways people may come in.

use serde::Deserialize;

use super::openid::OpenIdFile;

/// `[sign_in]` as people write it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInFile {
    /// Whether passkeys sign in; true if this is missing.
    pub passkeys: Option<bool>,
    /// For whom links by mail sign in; `off` if this is missing.
    #[serde(default)]
    pub mail: MailLinks,
    /// Providers by which people come in.
    #[serde(default)]
    pub openid: Vec<OpenIdFile>,
}

/// For whom links by mail sign in.
///
/// A link by mail is one factor: whoever reads the mailbox is let in. OWASP
/// ASVS 5 asks for two at its level 2 (6.3.3) and excludes such links at its
/// level 3 (6.3.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailLinks {
    /// For nobody.
    #[default]
    Off,
    /// For accounts that have neither a passkey nor an identity provider.
    Recovery,
    /// For everybody who has an account.
    Everybody,
}

/// What stands beside the ways of signing in wherever links by mail are shown
/// or set.
pub const MAIL_STANDING: &str = "A link by mail is one factor: whoever reads the mailbox comes in. \
    OWASP ASVS 5 asks for two factors at level 2 (6.3.3) and excludes links by mail at level 3 (6.3.6).";

/// By what ways people may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Whether passkeys sign in.
    pub passkeys: bool,
    /// For whom links by mail sign in.
    pub mail: MailLinks,
}

impl Default for SignIn {
    fn default() -> Self {
        Self { passkeys: true, mail: MailLinks::Off }
    }
}

impl SignInFile {
    /// What is written, understood; the error names the key.
    pub fn sign_in(&self, has_mail_server: bool) -> Result<SignIn, String> {
        if self.mail != MailLinks::Off && !has_mail_server {
            return Err("`sign_in.mail` wants links to be sent, but there is no `[mail]`; write `server` and `from` there, or take `sign_in.mail` out".into());
        }
        Ok(SignIn { passkeys: self.passkeys.unwrap_or(true), mail: self.mail })
    }
}

#[cfg(test)]
mod tests {
    use super::{MailLinks, SignIn, SignInFile};

    fn file(text: &str) -> SignInFile {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn without_a_word_passkeys_sign_in_and_links_by_mail_do_not() {
        let expected = SignIn { passkeys: true, mail: MailLinks::Off };
        assert_eq!(SignInFile::default().sign_in(false), Ok(expected));
        assert_eq!(SignIn::default(), expected);
        let other = file("passkeys = false\nmail = 'recovery'").sign_in(true);
        assert_eq!(other, Ok(SignIn { passkeys: false, mail: MailLinks::Recovery }));
    }

    #[test]
    fn links_by_mail_need_a_server() {
        let error = file("mail = 'everybody'").sign_in(false).unwrap_err();
        assert!(error.contains("there is no `[mail]`"), "{error}");
        assert!(toml::from_str::<SignInFile>("mail = 'all'").is_err());
    }
}
