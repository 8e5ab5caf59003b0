//! People by the API: listed, added, changed, ended and opened again.

use serde_json::json;
use tests::caller::Caller;

use super::{fleet, on_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_listed_with_their_macs_and_what_is_true_of_them() {
    for server in on_both().await {
        let _laptops = fleet(&server).await;
        let mut caller = Caller::almighty(&server).await;
        let all = caller.all("/api/v1/people?limit=1").await;
        let names: Vec<_> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Ada Poe", "Kim Roe", "Sam Doe"]);
        let sam = &all[2];
        assert_eq!((&sam["status"], &sam["source"]), (&json!("compliant"), &json!("invitation")));
        assert!(sam["devices"][0]["device"].as_str().unwrap().starts_with("Sam’s"), "{sam}");
        let failing = caller.all("/api/v1/people?is=not_compliant&is=with_mac&q=kim").await;
        assert_eq!(failing.len(), 1);
        assert_eq!(failing[0]["name"], "Kim Roe");
        let path = "/api/v1/people?is=tall";
        assert_eq!(caller.problem("GET", path, None).await, (400, "bad-parameter".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_added_changed_ended_and_opened_again() {
    for server in on_both().await {
        let mut caller = Caller::almighty(&server).await;
        let ada = json!({ "name": "Ada Poe", "email": "Ada@company.example",
            "first_day": "2026-09-01", "department": "R&D" });
        let made = caller.send("POST", "/api/v1/people", &[], Some(&ada)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let path = made.header("location").unwrap().to_owned();
        let tag = made.header("etag").unwrap().to_owned();
        let person: serde_json::Value = made.json();
        assert_eq!(person["checklists"][0]["kind"], "onboarding");
        let twice = json!({ "name": "Ada", "email": "ada@company.example" });
        let conflict = (409, "conflict".to_owned());
        assert_eq!(caller.problem("POST", "/api/v1/people", Some(&twice)).await, conflict);
        let odd = json!({ "name": "Bob", "email": "bob@company.example", "first_day": "soon" });
        let wrong = (422, "bad-field".to_owned());
        assert_eq!(caller.problem("POST", "/api/v1/people", Some(&odd)).await, wrong);

        let away = json!({ "away_until": "2026-09-20", "first_day": null });
        let without = caller.problem("PATCH", &path, Some(&away)).await;
        assert_eq!(without, (428, "precondition-required".to_owned()));
        let changed = caller.send("PATCH", &path, &[("if-match", &tag)], Some(&away)).await;
        let after: serde_json::Value = changed.json();
        assert_eq!(
            (&after["away_until"], &after["first_day"]),
            (&json!("2026-09-20"), &json!(null))
        );
        assert_eq!(after["department"], "R&D", "what is left out stays");
        let late = caller.send("PATCH", &path, &[("if-match", &tag)], Some(&away)).await;
        assert_eq!(late.status, 412, "{}", late.text());

        let step = |step: &str| json!({ "step": step });
        let state = format!("{path}/state");
        let ended = caller.post(&state, &step("end")).await;
        assert!(ended["ended_at"].is_string() && ended["has_left"] == true, "{ended}");
        assert!(caller.all("/api/v1/people").await.is_empty());
        assert_eq!(caller.all("/api/v1/people?is=left").await.len(), 1);
        assert_eq!(caller.post(&state, &step("reopen")).await["has_left"], false);
        assert_eq!(caller.problem("POST", &state, Some(&step("fire"))).await, wrong);
        let id = person["id"].as_str().unwrap();
        let acts = caller.all(&format!("/api/v1/audit?object={id}")).await;
        let words: Vec<_> = acts.iter().map(|one| one["action"].as_str().unwrap()).collect();
        assert_eq!(words, ["person_reopened", "person_ended", "person_changed", "person_added"]);
        assert_eq!(acts[2]["detail"], "no first day, away until 2026-09-20");
    }
}
