//! Microsoft Entra: looks up, creates, patches with paths and capitals, and
//! says "False".

use serde_json::{Value, json};

use super::{DAYS, Directory, ENTERPRISE, USER, acts, on_both};

/// A new user as Entra sends one.
fn ada() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "ada",
        "userName": "Ada.Poe@company.example",
        "active": true,
        "displayName": "Ada Poe",
        "emails": [{ "primary": true, "type": "work", "value": "ada.poe@company.example" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Ada Poe", "familyName": "Poe", "givenName": "Ada" },
        "title": "Engineer",
        ENTERPRISE: { "department": "R&D", "employeeNumber": "7" },
        DAYS: { "firstDay": "2026-09-01T00:00:00Z" },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_provisions_changes_and_deactivates() {
    for server in on_both().await {
        let mut entra = Directory::of(&server).await;
        // It tries the connection with a name that nobody has.
        let probe = r#"userName eq "7a2b9c1e-connection-test""#;
        assert!(entra.find(probe).await.is_empty());
        assert!(entra.find(r#"externalId eq "ada""#).await.is_empty());
        let made = entra.send("POST", "/Users", Some(&ada())).await;
        let user: Value = made.json();
        assert_eq!(made.status, 201, "{user}");
        let id = user["id"].as_str().unwrap().to_owned();
        let location = format!("{}/scim/v2/Users/{id}", server.url());
        assert_eq!(made.header("location"), Some(location.as_str()));
        assert_eq!(user["userName"], "Ada.Poe@company.example", "as it was sent");
        assert_eq!(user[DAYS]["firstDay"], "2026-09-01");
        let again = json!({ "userName": "ADA.POE@company.example" });
        let (status, kind) = entra.refused("POST", "/Users", &again).await;
        assert_eq!((status, kind), (409, "uniqueness".into()));

        for filter in [
            r#"userName eq "ada.poe@company.example""#,
            r#"externalId eq "ada""#,
            r#"emails[type eq "work"].value eq "ada.poe@company.example""#,
        ] {
            let found = entra.find(filter).await;
            assert_eq!(found.len(), 1, "{filter}");
            assert_eq!(found[0]["id"], user["id"]);
        }
        let after = entra
            .patch(
                &id,
                json!([
                    { "op": "Replace", "path": "displayName", "value": "Ada Lee" },
                    { "op": "Replace", "path": "emails[type eq \"work\"].value",
                      "value": "ada.lee@company.example" },
                    { "op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Sales" },
                    { "op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "1" },
                ]),
            )
            .await;
        assert_eq!(after["displayName"], "Ada Lee");
        assert_eq!(after["emails"][0]["value"], "ada.lee@company.example");
        assert_eq!(after["userName"], "Ada.Poe@company.example", "the directory's own");
        assert_eq!(after[ENTERPRISE]["department"], "Sales");

        let disable = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        assert_eq!(entra.patch(&id, disable.clone()).await["active"], false);
        assert_eq!(entra.patch(&id, disable).await["active"], false, "once more");
        let enable = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
        assert_eq!(entra.patch(&id, enable).await["active"], true);
        assert_eq!(
            acts(&server).await,
            [
                "person_added by token",
                "person_changed by token",
                "person_ended by token",
                "person_reopened by token",
            ]
        );
    }
}
