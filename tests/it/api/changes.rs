//! Everything that can be changed, by its main path and by its refusals.

use jiff::SignedDuration;
use serde_json::{Value, json};
use server::auth::role::Role;
use tests::caller::Caller;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};

use super::{fleet, on_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_moves_on_in_its_life_and_it_is_noted() {
    for server in on_both().await {
        let laptops = fleet(&server).await;
        let mut caller = Caller::almighty(&server).await;
        let id = laptops[0].device_id();
        let path = format!("/api/v1/devices/{id}/lifecycle");
        let step = |to: &str| json!({ "to": to, "reason": format!("because of {to}") });
        let done = caller.post(&path, &step("suspend")).await;
        assert_eq!((&done["before"], &done["now"]), (&json!("active"), &json!("suspended")));
        assert_eq!(
            caller.problem("POST", &path, Some(&step("approve"))).await,
            (409, "conflict".to_owned())
        );
        server.round().await;
        assert!(laptops[0].report().await.stop.is_some(), "its reports are refused");
        caller.post(&path, &step("resume")).await;
        let device = caller.get(&format!("/api/v1/devices/{id}")).await;
        assert_eq!(device["status"], "compliant");
        for to in ["revoke", "archive"] {
            caller.post(&path, &step(to)).await;
        }
        let device = caller.get(&format!("/api/v1/devices/{id}")).await;
        assert_eq!(device["status"], "archived");
        let acts = caller.all(&format!("/api/v1/audit?object={id}&limit=2")).await;
        let words: Vec<_> = acts.iter().map(|one| one["action"].as_str().unwrap()).collect();
        let expected = [
            "view",
            "device_archived",
            "device_revoked",
            "view",
            "device_resumed",
            "device_suspended",
        ];
        assert_eq!(words, expected);
        assert_eq!(acts[5]["detail"], "because of suspend");
        assert_eq!((&acts[5]["actor_kind"], &acts[0]["action"]), (&json!("token"), &json!("view")));
        let history = caller.all(&format!("/api/v1/devices/{id}/history")).await;
        let suspended =
            history.iter().find(|one| one["word"] == "suspended" && one["kind"] == "event");
        assert_eq!(suspended.unwrap()["detail"], "because of suspend");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_admits_one_mac() {
    for server in on_both().await {
        let mut caller = Caller::almighty(&server).await;
        let body = json!({ "person": "Sam Doe", "email": "sam@muster.example", "valid_hours": 1 });
        let made = caller.post("/api/v1/invitations", &body).await;
        let token = made["token"].as_str().unwrap().parse().unwrap();
        let laptop = Laptop::new(&Recording::named(HEALTHY), &server.clock);
        laptop.enroll(&token).await.unwrap();
        assert_eq!(laptop.report().await.receipts.len(), 1);
        assert_eq!(caller.all("/api/v1/devices").await[0]["owner"], "Sam Doe");
        let acts = caller.all("/api/v1/audit?action=invited").await;
        assert_eq!(acts[0]["object_name"], "Sam Doe");
        assert!(
            !caller
                .get("/api/v1/audit")
                .await
                .to_string()
                .contains(made["token"].as_str().unwrap())
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_changed_only_by_who_has_seen_it_as_it_is() {
    for server in on_both().await {
        let mut caller = Caller::almighty(&server).await;
        let ada = json!({ "email": "Ada@Muster.Example", "name": "Ada Poe", "role": "viewer" });
        let made = caller.send("POST", "/api/v1/accounts", &[], Some(&ada)).await;
        let body: Value = made.json();
        assert_eq!((made.status, &body["email"]), (201, &json!("ada@muster.example")));
        assert!(body["link"].as_str().unwrap().contains("/welcome/"));
        assert_eq!(
            caller.problem("POST", "/api/v1/accounts", Some(&ada)).await,
            (409, "conflict".to_owned())
        );
        let path = made.header("location").unwrap().to_owned();
        let first = caller.send("GET", &path, &[], None).await.header("etag").unwrap().to_owned();
        let change = json!({ "role": "auditor", "ends_at": "2026-12-01T00:00:00Z" });
        let missing = caller.problem("PATCH", &path, Some(&change)).await;
        assert_eq!(missing, (428, "precondition-required".to_owned()));
        let answer = caller.send("PATCH", &path, &[("if-match", &first)], Some(&change)).await;
        assert_eq!((answer.status, &answer.json::<Value>()["role"]), (200, &json!("auditor")));
        let late = caller.send("PATCH", &path, &[("if-match", &first)], Some(&change)).await;
        assert_eq!(tests::caller::code(&late), (412, "changed-meanwhile".to_owned()));
        let newest = answer.header("etag").unwrap().to_owned();
        // An auditor's access ends, whatever is said.
        let endless = json!({ "ends_at": null });
        let answer = caller.send("PATCH", &path, &[("if-match", &newest)], Some(&endless)).await;
        let ends = server.clock.now() + SignedDuration::from_hours(24 * 90);
        assert_eq!(answer.json::<Value>()["ends_at"], json!(ends.to_string()));

        // Nobody locks everybody out.
        let me = caller.get("/api/v1/me").await;
        let own = format!("/api/v1/accounts/{}", me["account"].as_str().unwrap());
        let tag = caller.send("GET", &own, &[], None).await.header("etag").unwrap().to_owned();
        let last =
            caller.send("PATCH", &own, &[("if-match", &tag)], Some(&json!({ "role": "it" }))).await;
        assert_eq!(tests::caller::code(&last), (409, "conflict".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_listed_and_ended() {
    for server in on_both().await {
        let mut here = Caller::signed_in(&server, Role::It).await;
        let mut there = Caller::signed_in(&server, Role::It).await;
        let all = here.all("/api/v1/sessions").await;
        assert_eq!((all.len(), all.iter().filter(|one| one["current"] == true).count()), (2, 1));
        let other = all.iter().find(|one| one["current"] == false).unwrap();
        let path = format!("/api/v1/sessions/{}", other["id"].as_str().unwrap());
        // Not by a page of another site.
        let evil = [("sec-fetch-site", "cross-site")];
        let refused = here.send("DELETE", &path, &evil, None).await;
        assert_eq!(tests::caller::code(&refused), (403, "other-origin".to_owned()));
        assert_eq!(here.send("DELETE", &path, &[], None).await.status, 204);
        assert_eq!(there.problem("GET", "/api/v1/me", None).await.0, 401);
        assert_eq!(here.problem("DELETE", &path, None).await, (404, "not-found".to_owned()));
        let mut viewer = Caller::signed_in(&server, Role::Viewer).await;
        let me = here.get("/api/v1/me").await["account"].as_str().unwrap().to_owned();
        let theirs = format!("/api/v1/sessions?account={me}");
        assert_eq!(viewer.problem("GET", &theirs, None).await.0, 403);
        let mut admin = Caller::almighty(&server).await;
        assert_eq!(admin.all(&theirs).await.len(), 1);
    }
}
