//! Okta: looks up by user name, puts whole users, and patches without a path.

use serde_json::json;
use server::auth::role::Role;

use super::{Directory, PATCH, USER, acts, on_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn okta_provisions_replaces_and_deactivates() {
    for server in on_both().await {
        let mut okta = Directory::of(&server).await;
        let page = okta.ask("GET", "/Users?startIndex=1&count=2", None).await;
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(0), &json!(1)));
        assert!(okta.find(r#"userName eq "kim@company.example""#).await.is_empty());
        let user = json!({
            "schemas": [USER],
            "userName": "kim@company.example",
            "name": { "givenName": "Kim", "familyName": "Roe" },
            "emails": [{ "primary": true, "value": "kim@company.example", "type": "work" }],
            "displayName": "Kim Roe",
            "locale": "en-US",
            "externalId": "00ujl29u0le5T6Aj10h7",
            "groups": [],
            "password": "1mz050nq",
            "active": true,
        });
        let made = okta.ask("POST", "/Users", Some(&user)).await;
        let id = made["id"].as_str().unwrap().to_owned();
        assert!(made.get("password").is_none());
        let path = format!("/Users/{id}");
        assert_eq!(okta.ask("GET", &path, None).await, made);

        let mut whole = user.clone();
        whole["id"] = json!(id);
        whole["name"]["familyName"] = json!("Doe");
        whole["displayName"] = json!("");
        whole["meta"] = made["meta"].clone();
        let after = okta.ask("PUT", &path, Some(&whole)).await;
        assert_eq!(after["displayName"], "Kim Doe", "of its parts where there is no whole");
        assert_eq!(after["externalId"], "00ujl29u0le5T6Aj10h7");

        let leaver = json!({
            "schemas": [PATCH],
            "Operations": [{ "op": "replace", "value": { "active": false } }],
        });
        assert_eq!(okta.ask("PATCH", &path, Some(&leaver)).await["active"], false);
        whole["active"] = json!(true);
        assert_eq!(okta.ask("PUT", &path, Some(&whole)).await["active"], true);
        whole["active"] = json!(false);
        assert_eq!(okta.ask("PUT", &path, Some(&whole)).await["active"], false);
        assert_eq!(
            acts(&server).await,
            [
                "person_added by token",
                "person_changed by token",
                "person_ended by token",
                "person_reopened by token",
                "person_ended by token",
            ]
        );
        let mut auditor = tests::caller::Caller::signed_in(&server, Role::Auditor).await;
        let left = auditor.get("/api/v1/people?is=left").await;
        assert_eq!(left["items"][0]["name"], "Kim Doe");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_was_known_before_is_found_and_taken_over() {
    for server in on_both().await {
        let mut api = tests::caller::Caller::almighty(&server).await;
        let ada = json!({
            "name": "Ada Poe", "email": "ada@company.example", "department": "R&D",
            "first_day": "2026-01-05",
        });
        let ada = api.post("/api/v1/people", &ada).await;
        let mut okta = Directory::of(&server).await;
        let found = okta.find(r#"userName eq "ada@company.example""#).await;
        assert_eq!(found[0]["id"], ada["id"]);
        let path = format!("/Users/{}", ada["id"].as_str().unwrap());
        let user = json!({ "schemas": [USER], "userName": "ada@company.example",
            "externalId": "00u1", "displayName": "Ada Poe", "active": true });
        okta.ask("PUT", &path, Some(&user)).await;
        let after = api.get(&format!("/api/v1/people/{}", ada["id"].as_str().unwrap())).await;
        assert_eq!((&after["external_id"], &after["department"]), (&json!("00u1"), &json!("R&D")));
        assert_eq!(after["first_day"], "2026-01-05", "what is not sent stays");
    }
}
