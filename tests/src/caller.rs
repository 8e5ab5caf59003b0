//! A program that calls the API, by a token or by a session.

#![expect(clippy::panic, reason = "a message says more than a bare `unwrap`")]
#![expect(clippy::indexing_slicing, reason = "a JSON value gives null for what is not there")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use serde_json::{Value, json};
use server::auth::permission::Permission;
use server::auth::role::Role;

use crate::connection::{Connection, Reply};
use crate::test_server::TestServer;

/// Whoever calls the API, over a kept connection.
pub struct Caller {
    connection: Connection,
    /// Headers that say who it is.
    credential: Vec<(String, String)>,
}

/// A token that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// What names it.
    pub id: String,
    /// The whole token.
    pub secret: String,
}

impl Caller {
    /// Somebody of that role, by the cookie of a session.
    pub async fn signed_in(server: &TestServer, role: Role) -> Self {
        Self::by_link(server, &server.login_link_of(role)).await
    }

    /// An employee with this name and mail address, by the cookie of a session.
    pub async fn employee(server: &TestServer, person: (&str, &str)) -> Self {
        Self::by_link(server, &server.login_link_for(person, Role::Employee)).await
    }

    async fn by_link(server: &TestServer, link: &str) -> Self {
        let mut connection = server.connector().connect().await;
        let path = link.strip_prefix(server.url()).unwrap_or(link).to_owned();
        let answer = connection.send("GET", &path, &[], "").await;
        let cookie = answer.header("set-cookie").unwrap_or_default();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        assert!(!cookie.is_empty(), "{}", answer.text());
        let credential =
            vec![("cookie".to_owned(), cookie), ("origin".to_owned(), server.url().to_owned())];
        Self { connection, credential }
    }

    /// Whoever has this token.
    pub async fn with_token(server: &TestServer, token: &str) -> Self {
        let credential = vec![("authorization".to_owned(), format!("Bearer {token}"))];
        Self { connection: server.connector().connect().await, credential }
    }

    /// An administrator's program that may do everything.
    pub async fn almighty(server: &TestServer) -> Self {
        let all = Permission::ALL.map(Permission::as_str);
        let made = Self::signed_in(server, Role::Administrator).await.token(&all).await;
        Self::with_token(server, &made.secret).await
    }

    /// Makes a token with these scopes.
    pub async fn token(&mut self, scopes: &[&str]) -> Made {
        let body = json!({ "name": "a test", "scopes": scopes });
        let made: Value = self.send("POST", "/api/v1/tokens", &[], Some(&body)).await.json();
        let text = |name: &str| match made[name].as_str() {
            Some(text) => text.to_owned(),
            None => panic!("no token: {made}"),
        };
        Made { id: text("id"), secret: text("secret") }
    }

    /// The headers that say who it is.
    pub fn credential(&self) -> &[(String, String)] {
        &self.credential
    }

    /// Sends one request, with a JSON body if there is one.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        let text = body.map(Value::to_string).unwrap_or_default();
        let mut all = headers.to_vec();
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/json"));
        }
        self.raw(method, path, &all, text).await
    }

    /// Sends one request with a body of any bytes.
    pub async fn raw(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Reply {
        let own = self.credential.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = headers.iter().copied().chain(own).collect();
        self.connection.send(method, path, &all, body).await
    }

    /// Reads something that must be there.
    pub async fn get(&mut self, path: &str) -> Value {
        let answer = self.send("GET", path, &[], None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        answer.json()
    }

    /// Posts something that must be taken.
    pub async fn post(&mut self, path: &str, body: &Value) -> Value {
        let answer = self.send("POST", path, &[], Some(body)).await;
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.text());
        answer.json()
    }

    /// The code of the problem that a request meets, and its status.
    pub async fn problem(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, String) {
        code(&self.send(method, path, &[], body).await)
    }

    /// Every item of a list, read page by page.
    pub async fn all(&mut self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = path.to_owned();
        loop {
            let answer = self.send("GET", &next, &[], None).await;
            assert_eq!(answer.status, 200, "{next}: {}", answer.text());
            let mut page: Value = answer.json();
            if let Value::Array(more) = page["items"].take() {
                items.extend(more);
            }
            let link = answer.header("link").map(str::to_owned);
            assert_eq!(link.is_some(), page["next"].is_string(), "{next}: {link:?}");
            let Some(link) = link else { return items };
            let address = link.strip_prefix('<').and_then(|rest| rest.split_once('>'));
            next = address.map_or_else(|| panic!("{link}"), |(address, _)| address.to_owned());
        }
    }
}

/// Status and code of an answer that must be a problem of the API.
pub fn code(answer: &Reply) -> (u16, String) {
    let problem = answer.problem();
    let body: Value = answer.json();
    assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"), "{body}");
    (answer.status, problem.code().to_owned())
}
