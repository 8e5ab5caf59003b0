//! Somebody's browser on the way from the console to a provider and back:
//! cookies, redirects, and what the test changes on the way.

#![expect(clippy::expect_used, reason = "a way that ends early fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::collections::BTreeMap;

use agent::Clock;
use agent::host::Live;

use crate::connection::{Connector, Reply};
use crate::test_server::TestServer;

/// A browser with the cookies of one console.
pub struct Browser {
    console: Connector,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// One that has not been there.
    pub fn of(server: &TestServer) -> Self {
        Self { console: server.connector(), cookies: BTreeMap::new() }
    }

    /// Opens an address of the console.
    pub async fn open(&mut self, path: &str) -> Reply {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = pairs.join("; ");
        let mut connection = self.console.connect().await;
        let reply = connection.send("GET", path, &[("cookie", &cookies)], "").await;
        for line in reply.headers.get_all("set-cookie") {
            let pair = line.to_str().expect("a cookie").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Whether it has a session's cookie.
    pub fn has_session(&self) -> bool {
        self.cookies.keys().any(|name| name.ends_with("muster-session"))
    }

    /// Begins signing in; where the provider is to be asked.
    pub async fn begin(&mut self, name: &str) -> String {
        let reply = self.open(&format!("/sign-in/openid/{name}?return=/devices")).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        reply.header("location").expect("an address").to_owned()
    }

    /// Signs in at a provider that asks nothing; the address that it sends the
    /// browser back to, as a path of the console.
    pub async fn at_provider(&self, url: &str) -> String {
        let (origin, path) = split(url);
        let connector = Connector::new(origin, "", Clock::of(Live::new()));
        let reply = connector.connect().await.send("GET", path, &[], "").await;
        assert_eq!(reply.status, 302, "{}", reply.text());
        split(reply.header("location").expect("an address")).1.to_owned()
    }

    /// The whole way: to the provider, back, and what the console says.
    pub async fn sign_in(&mut self, name: &str) -> Reply {
        let there = self.begin(name).await;
        let back = self.at_provider(&there).await;
        self.open(&back).await
    }
}

/// Origin and path of an address.
pub fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").expect("an address") + 3;
    let path = url.get(host..).and_then(|rest| rest.find('/')).expect("a path") + host;
    url.split_at(path)
}
