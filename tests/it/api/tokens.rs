//! API tokens: shown once, kept as a digest, and no more than their owner.

use jiff::SignedDuration;
use serde_json::{Value, json};
use server::auth::role::Role;
use tests::caller::Caller;

use super::on_both;

const ME: &str = "/api/v1/me";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_admits_until_it_ends_or_is_ended() {
    for server in on_both().await {
        let mut owner = Caller::signed_in(&server, Role::It).await;
        let made = owner.token(&["fleet:read"]).await;
        let mut program = Caller::with_token(&server, &made.secret).await;
        let me = program.get(ME).await;
        assert_eq!((&me["role"], &me["by"]), (&json!("it"), &json!("token")));
        assert_eq!(me["permissions"], json!(["fleet:read"]));
        let list = owner.get("/api/v1/tokens").await;
        assert_eq!(list["items"][0]["id"], json!(made.id));
        assert!(!list.to_string().contains(&made.secret[20..]), "the secret is shown once");

        // Its use is written down at most once a minute.
        let used = list["items"][0]["used_at"].clone();
        assert!(used.is_string());
        server.clock.set(server.clock.now() + SignedDuration::from_secs(59));
        program.get(ME).await;
        assert_eq!(owner.get("/api/v1/tokens").await["items"][0]["used_at"], used);
        server.clock.set(server.clock.now() + SignedDuration::from_secs(1));
        program.get(ME).await;
        assert_ne!(owner.get("/api/v1/tokens").await["items"][0]["used_at"], used);

        let path = format!("/api/v1/tokens/{}", made.id);
        let ended = owner.send("DELETE", &path, &[], None).await;
        assert_eq!((ended.status, ended.body.len()), (204, 0));
        assert_eq!(program.problem("GET", ME, None).await, (401, "not-signed-in".to_owned()));
        let state = owner.get("/api/v1/tokens").await["items"][0]["state"].clone();
        assert_eq!(state, "revoked");

        let body = json!({ "name": "short", "scopes": ["own"], "valid_days": 1 });
        let short = owner.post("/api/v1/tokens", &body).await;
        let mut brief = Caller::with_token(&server, short["secret"].as_str().unwrap()).await;
        brief.get(ME).await;
        server.clock.set(server.clock.now() + SignedDuration::from_hours(24));
        assert_eq!(brief.problem("GET", ME, None).await.0, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_text_is_a_token() {
    let [server, _] = on_both().await;
    let made = Caller::signed_in(&server, Role::It).await.token(&["own"]).await;
    let other = Caller::signed_in(&server, Role::It).await.token(&["own"]).await;
    let (start, end) = made.secret.split_at(made.secret.len() - 1);
    let slip = format!("{start}{}", if end == "a" { "b" } else { "a" });
    // The name of one with the secret of another.
    let mixed = format!("{}{}", &made.secret[..20], &other.secret[20..]);
    for (header, admits) in [
        (format!("Bearer {}", made.secret), true),
        (format!("bearer {}", made.secret), true),
        (format!("Bearer {slip}"), false),
        (format!("Bearer {mixed}"), false),
        (format!("Basic {}", made.secret), false),
        (made.secret.clone(), false),
        ("Bearer".to_owned(), false),
        (String::new(), false),
    ] {
        let mut connection = server.connector().connect().await;
        let answer = connection.send("GET", ME, &[("authorization", &header)], "").await;
        assert_eq!(answer.status == 200, admits, "{header}: {}", answer.text());
        if !admits {
            assert_eq!(tests::caller::code(&answer), (401, "not-signed-in".to_owned()));
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_never_more_than_its_owner() {
    for server in on_both().await {
        let mut admin = Caller::almighty(&server).await;
        let mut it = Caller::signed_in(&server, Role::It).await;
        let body = json!({ "name": "too much", "scopes": ["accounts:write"] });
        assert_eq!(
            it.problem("POST", "/api/v1/tokens", Some(&body)).await,
            (422, "bad-field".to_owned())
        );
        let made = it.token(&["fleet:read", "fleet:write", "own"]).await;
        let mut program = Caller::with_token(&server, &made.secret).await;
        let invite = json!({ "person": "Sam Doe", "email": "sam@muster.example" });
        program.post("/api/v1/invitations", &invite).await;

        // Less from the moment at which its owner is less.
        let id = it.get(ME).await["account"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/accounts/{id}");
        let change = async |admin: &mut Caller, body: Value| {
            let tag = admin.send("GET", &path, &[], None).await.header("etag").unwrap().to_owned();
            let answer = admin.send("PATCH", &path, &[("if-match", &tag)], Some(&body)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        };
        change(&mut admin, json!({ "role": "viewer" })).await;
        let refused = program.problem("POST", "/api/v1/invitations", Some(&invite)).await;
        assert_eq!(refused, (403, "not-allowed".to_owned()));
        program.get("/api/v1/devices").await;
        change(&mut admin, json!({ "disabled": true })).await;
        assert_eq!(program.problem("GET", "/api/v1/devices", None).await.0, 401);
        change(&mut admin, json!({ "disabled": false })).await;
        program.get("/api/v1/devices").await;
        let ends = server.clock.now() + SignedDuration::from_hours(1);
        change(&mut admin, json!({ "ends_at": ends.to_string() })).await;
        server.clock.set(ends);
        assert_eq!(program.problem("GET", "/api/v1/devices", None).await.0, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_cannot_live_on_in_another_or_reach_for_those_of_others() {
    for server in on_both().await {
        let mut owner = Caller::signed_in(&server, Role::It).await;
        let body = json!({ "name": "mother", "scopes": ["own"], "valid_days": 2 });
        let mother = owner.post("/api/v1/tokens", &body).await;
        let mut program = Caller::with_token(&server, mother["secret"].as_str().unwrap()).await;
        let body = json!({ "name": "child", "scopes": ["own"], "valid_days": 300 });
        let child = program.post("/api/v1/tokens", &body).await;
        assert_eq!(child["expires_at"], mother["expires_at"]);
        let body = json!({ "name": "more", "scopes": ["fleet:read"] });
        assert_eq!(program.problem("POST", "/api/v1/tokens", Some(&body)).await.0, 422);

        let mut viewer = Caller::signed_in(&server, Role::Viewer).await;
        let path = format!("/api/v1/tokens/{}", child["id"].as_str().unwrap());
        assert_eq!(viewer.problem("DELETE", &path, None).await.0, 404);
        let theirs = format!("/api/v1/tokens?account={}", child["account"].as_str().unwrap());
        assert_eq!(viewer.problem("GET", &theirs, None).await, (403, "not-allowed".to_owned()));
        let mut admin = Caller::almighty(&server).await;
        assert_eq!(admin.get(&theirs).await["items"].as_array().unwrap().len(), 2);
        assert_eq!(admin.send("DELETE", &path, &[], None).await.status, 204);
        let acts = admin.all("/api/v1/audit?action=token_revoked").await;
        assert_eq!((acts.len(), &acts[0]["object"]), (1, &child["id"]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_session_makes_no_token_that_outlives_it() {
    let [server, _] = on_both().await;
    let mut owner = Caller::signed_in(&server, Role::It).await;
    server.clock.set(server.clock.now() + SignedDuration::from_mins(16));
    let body = json!({ "name": "late", "scopes": ["own"] });
    let refused = owner.problem("POST", "/api/v1/tokens", Some(&body)).await;
    assert_eq!(refused, (403, "not-allowed".to_owned()));
}
