//! A provider that others made: `oidc-provider` of npm, in a process of its
//! own, with its login pages.

#![expect(clippy::expect_used, reason = "a provider that does not start fails its test")]
#![expect(clippy::panic, reason = "a message says more than a bare `unwrap`")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use agent::Clock;
use agent::host::Live;
use serde_json::Value;

use crate::connection::Connector;
use crate::openid_provider::browser::split;
use crate::openid_provider::escaped;
use crate::program::target_folder;

/// The provider; it ends when this is dropped.
pub struct RealProvider {
    /// Its name and address.
    pub issuer: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: BufReader<ChildStdout>,
}

impl Drop for RealProvider {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl RealProvider {
    /// Starts it on a free port. It answers after [`Self::knows`].
    pub fn start() -> Self {
        let packages = target_folder().join("../npm/openid");
        assert!(
            packages.join("node_modules/oidc-provider/package.json").is_file(),
            "the provider is missing: `tests/run` puts it into {}; or run there: npm ci",
            packages.display()
        );
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/openid/provider.mjs");
        let program = std::fs::read_to_string(program).expect("the program of the provider");
        #[expect(clippy::disallowed_methods, reason = "the provider is started from outside")]
        let started = Command::new("node")
            // Given so, it finds its packages from the folder that it runs in.
            .args(["--input-type=module", "--eval", &program])
            .current_dir(&packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = started.unwrap_or_else(|error| {
            panic!("`node` cannot be started ({error}): install Node.js 20 or newer")
        });
        let input = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().expect("its output"));
        let mut provider = Self { issuer: String::new(), child, input, lines };
        provider.issuer = provider.line();
        provider
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "the provider ended; run tests/openid/provider.mjs by hand");
        line.trim_end().to_owned()
    }

    /// Tells it its clients, and waits until it answers.
    pub fn knows(&mut self, clients: &Value) {
        let input = self.input.as_mut().expect("its input");
        writeln!(input, "{clients}").expect("an open pipe");
        assert_eq!(self.line(), "ready");
    }

    /// Signs `person` in on its pages, beginning at `url`; the address that it
    /// sends the browser back to, as a path of the console.
    pub async fn signs_in(&self, url: &str, person: &str) -> String {
        let connector = Connector::new(&self.issuer, "", Clock::of(Live::new()));
        let mut cookies = BTreeMap::new();
        let mut request = ("GET", split(url).1.to_owned(), String::new());
        for _ in 0..20 {
            let (method, path, body) = &request;
            let pairs: Vec<_> =
                cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let pairs = pairs.join("; ");
            let headers =
                [("cookie", pairs.as_str()), ("content-type", "application/x-www-form-urlencoded")];
            let mut connection = connector.connect().await;
            let reply = connection.send(method, path, &headers, body.clone()).await;
            for line in reply.headers.get_all("set-cookie") {
                let line = line.to_str().expect("a cookie");
                let (name, rest) = line.split_once('=').expect("a cookie");
                let value = rest.split(';').next().unwrap_or_default();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let Some(to) = reply.header("location") else {
                // A page with a form: for the name, then for what is told.
                let text = reply.text();
                let is_login = text.contains(r#"value="login""#);
                assert!(is_login || text.contains(r#"value="consent""#), "{text}");
                let form = if is_login {
                    format!("prompt=login&login={}&password=any", escaped(person))
                } else {
                    "prompt=consent".to_owned()
                };
                request = ("POST", path.clone(), form);
                continue;
            };
            if !to.starts_with('/') && !to.starts_with(&self.issuer) {
                return split(to).1.to_owned();
            }
            let to = if to.starts_with('/') { to } else { split(to).1 };
            request = ("GET", to.to_owned(), String::new());
        }
        panic!("the provider does not come to an end");
    }
}
