//! A directory says who comes and who goes: the requests that Entra and Okta
//! send, on both databases.

mod entra;
mod odd;
mod okta;
mod tester;

use serde_json::{Value, json};
use server::auth::role::Role;
use server::store::place::Database;
use tests::caller::Caller;
use tests::connection::Reply;
use tests::postgres_server::PostgresServer;
use tests::test_server::TestServer;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const DAYS: &str = "urn:ietf:params:scim:schemas:extension:muster:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A collector on each database.
async fn on_both() -> [TestServer; 2] {
    let url = PostgresServer::shared().database();
    let postgres = Database::parse(&url).unwrap();
    [
        TestServer::start().await,
        TestServer::start_with(move |config| config.database = postgres).await,
    ]
}

/// The program of a directory.
struct Directory(Caller);

impl Directory {
    async fn of(server: &TestServer) -> Self {
        let mut it = Caller::signed_in(server, Role::It).await;
        let token = it.token(&["people:write"]).await;
        Self(Caller::with_token(server, &token.secret).await)
    }

    async fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let headers = [("content-type", "application/scim+json")];
        let text = body.map(Value::to_string).unwrap_or_default();
        let answer = self.0.raw(method, &format!("/scim/v2{path}"), &headers, text).await;
        if answer.status != 204 {
            let kind = answer.header("content-type");
            assert_eq!(kind, Some("application/scim+json"), "{}", answer.text());
        }
        answer
    }

    /// What must be answered.
    async fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = self.send(method, path, body).await;
        assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text());
        answer.json()
    }

    /// Users that a filter finds.
    async fn find(&mut self, filter: &str) -> Vec<Value> {
        let filter = filter.replace(' ', "%20").replace('"', "%22");
        let list = self.ask("GET", &format!("/Users?filter={filter}"), None).await;
        assert_eq!(list["totalResults"], list["itemsPerPage"], "{list}");
        list["Resources"].as_array().unwrap().clone()
    }

    async fn patch(&mut self, id: &str, operations: Value) -> Value {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.ask("PATCH", &format!("/Users/{id}"), Some(&body)).await
    }

    /// Status and scimType of what is refused.
    async fn refused(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.send(method, path, Some(body)).await;
        let said: Value = answer.json();
        assert_eq!(said["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error", "{said}");
        assert_eq!(said["status"], answer.status.to_string(), "{said}");
        assert!(!said["detail"].as_str().unwrap().is_empty());
        (answer.status, said["scimType"].clone())
    }
}

/// What was done to people, and by what, in its order.
async fn acts(server: &TestServer) -> Vec<String> {
    let mut auditor = Caller::signed_in(server, Role::Auditor).await;
    let rows = auditor.all("/api/v1/audit").await;
    let acts = rows.iter().rev().map(|row| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        format!("{} by {}", text("action"), text("actor_kind"))
    });
    acts.filter(|act| act.starts_with("person_")).collect()
}
