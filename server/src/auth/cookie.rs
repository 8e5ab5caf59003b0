//! The session's cookie: its name, its attributes, and reading it.

use axum::http::{HeaderMap, header};
use jiff::SignedDuration;

use super::Secret;
use super::session::LASTS;

/// How this collector writes its cookies, which depends on its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieJar {
    secure: bool,
}

impl CookieJar {
    /// The jar of a console that people reach at `public_url`.
    pub fn for_url(public_url: &str) -> Self {
        Self { secure: public_url.starts_with("https://") }
    }

    /// With TLS the browser itself holds the name to this host and path.
    fn name(self) -> &'static str {
        if self.secure { "__Host-muster-session" } else { "muster-session" }
    }

    fn attributes(self) -> &'static str {
        if self.secure {
            "; Path=/; HttpOnly; SameSite=Lax; Secure"
        } else {
            "; Path=/; HttpOnly; SameSite=Lax"
        }
    }

    /// The `Set-Cookie` value that begins a session.
    pub fn begin(self, session: &Secret) -> String {
        let seconds = LASTS.as_secs();
        format!("{}={}; Max-Age={seconds}{}", self.name(), session.reveal(), self.attributes())
    }

    /// The `Set-Cookie` value that ends it.
    pub fn end(self) -> String {
        format!("{}=; Max-Age=0{}", self.name(), self.attributes())
    }

    /// The `Set-Cookie` value by which the browser keeps a secret of another
    /// kind for a while.
    pub fn keep(self, kind: &str, secret: &Secret, lasts: SignedDuration) -> String {
        let (name, seconds) = (self.named(kind), lasts.as_secs());
        format!("{name}={}; Max-Age={seconds}{}", secret.reveal(), self.attributes())
    }

    /// The secret of another kind that a request presents.
    pub fn kept(self, kind: &str, headers: &HeaderMap) -> Option<Secret> {
        let secret = cookie(headers, &self.named(kind)).filter(|text| !text.is_empty());
        secret.map(Secret::presented)
    }

    fn named(self, kind: &str) -> String {
        let prefix = if self.secure { "__Host-" } else { "" };
        format!("{prefix}muster-{kind}")
    }

    /// The session that a request presents.
    pub fn session(self, headers: &HeaderMap) -> Option<Secret> {
        cookie(headers, self.name()).filter(|text| !text.is_empty()).map(Secret::presented)
    }
}

/// The value of the cookie called `name`.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use jiff::SignedDuration;

    use super::{CookieJar, Secret};

    fn presenting(cookies: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static(cookies));
        headers
    }

    #[test]
    fn over_tls_the_cookie_is_bound_to_the_host() {
        let jar = CookieJar::for_url("https://muster.example");
        let line = jar.begin(&Secret::presented("abc"));
        assert_eq!(
            line,
            "__Host-muster-session=abc; Max-Age=43200; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert!(
            !CookieJar::for_url("http://127.0.0.1:8080")
                .begin(&Secret::presented("abc"))
                .contains("Secure")
        );
    }

    #[test]
    fn other_secrets_are_kept_beside_the_session_for_a_while() {
        let jar = CookieJar::for_url("https://muster.example");
        let line = jar.keep("mail", &Secret::presented("abc"), SignedDuration::from_mins(10));
        let expected =
            "__Host-muster-mail=abc; Max-Age=600; Path=/; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(line, expected);
        let headers = presenting("__Host-muster-session=s; __Host-muster-mail=abc");
        assert_eq!(jar.kept("mail", &headers), Some(Secret::presented("abc")));
        assert_eq!(jar.kept("passkey", &headers), None);
    }

    #[test]
    fn only_the_cookie_of_that_name_counts() {
        let jar = CookieJar::for_url("https://muster.example");
        let session =
            |cookies| jar.session(&presenting(cookies)).map(|one| one.reveal().to_owned());
        assert_eq!(session("theme=dark; __Host-muster-session=abc"), Some("abc".to_owned()));
        assert_eq!(session("muster-session=abc"), None);
        assert_eq!(session("__Host-muster-session="), None);
        assert_eq!(session("x__Host-muster-session=abc"), None);
    }
}
