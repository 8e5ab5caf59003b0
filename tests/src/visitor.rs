//! A person who is signed in to the console, without a browser.

#![expect(clippy::panic, reason = "a message says more than a bare `unwrap`")]
#![expect(clippy::indexing_slicing, reason = "a JSON value gives null for what is not there")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use serde_json::Value;
use server::auth::role::Role;

use crate::connection::{Connection, Reply};
use crate::test_server::TestServer;

/// A kept connection with a session.
pub struct Visitor {
    connection: Connection,
    session: String,
}

impl Visitor {
    /// Opens a sign-in link of `server` as an administrator.
    pub async fn signed_in(server: &TestServer) -> Self {
        Self::signed_in_as(server, Role::Administrator).await
    }

    /// The same as somebody else.
    pub async fn signed_in_as(server: &TestServer, role: Role) -> Self {
        Self::following(server, &server.login_link_of(role)).await
    }

    /// Somebody without a session.
    pub async fn stranger(server: &TestServer) -> Self {
        Self { connection: server.connector().connect().await, session: String::new() }
    }

    /// Opens a sign-in link.
    pub async fn following(server: &TestServer, link: &str) -> Self {
        let mut connection = server.connector().connect().await;
        let path = link.strip_prefix(server.url()).unwrap_or(link).to_owned();
        let answer = connection.send("GET", &path, &[], "").await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
        let cookie = answer.header("set-cookie").unwrap_or_default();
        let session = cookie.split(';').next().unwrap_or_default().to_owned();
        Self { connection, session }
    }

    /// Goes without signing out; gives what it takes to return.
    pub fn leave(self) -> String {
        self.session
    }

    /// Comes back with the session of a visitor that left.
    pub async fn returning(server: &TestServer, session: String) -> Self {
        Self { connection: server.connector().connect().await, session }
    }

    /// Asks for any address.
    pub async fn ask(&mut self, path: &str) -> Reply {
        self.connection.send("GET", path, &[("cookie", &self.session)], "").await
    }

    /// Sends a form, as a page of the console would.
    pub async fn post(&mut self, path: &str, form: &str) -> Reply {
        self.send("POST", path, form).await
    }

    /// Sends a form as the console's own pages do.
    pub async fn send(&mut self, method: &str, path: &str, form: &str) -> Reply {
        let headers = [
            ("cookie", self.session.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.connection.send(method, path, &headers, form.to_owned()).await
    }

    /// A page that must be there.
    pub async fn page(&mut self, path: &str) -> String {
        let answer = self.ask(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// A file's bytes.
    pub async fn file(&mut self, path: &str) -> Vec<u8> {
        let answer = self.ask(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.body
    }

    /// Every device of a list, as JSON.
    pub async fn devices(&mut self, path: &str) -> Vec<Value> {
        let answer = self.ask(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        let mut document: Value = answer.json();
        match document["devices"].take() {
            Value::Array(devices) => devices,
            other => panic!("no list: {other}"),
        }
    }
}

/// What a reader sees of a page: its text, one space between words.
pub fn text_of(page: &str) -> String {
    let main = page.split_once("<main").map_or(page, |(_, rest)| rest);
    let main = main.split_once("</main>").map_or(main, |(rest, _)| rest);
    let mut text = String::new();
    let mut is_tag = false;
    for letter in main.chars() {
        match letter {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                text.push(' ');
            }
            _ if !is_tag => text.push(letter),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
