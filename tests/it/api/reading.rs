//! Everything that can be read, by its main path.

use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::envelope::Envelope;
use tests::caller::Caller;

use super::{fleet, on_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fleet_and_each_device_can_be_read() {
    for server in on_both().await {
        let _laptops = fleet(&server).await;
        let mut caller = Caller::almighty(&server).await;
        let devices = caller.all("/api/v1/devices?sort=owner").await;
        let owners: Vec<_> = devices.iter().map(|one| one["owner"].as_str().unwrap()).collect();
        assert_eq!(owners, ["Ada Poe", "Kim Roe", "Sam Doe"]);
        assert_eq!(devices[1]["failing"], json!(["disk-encryption"]));
        assert_eq!(devices[1]["status"], "at_risk");

        // The same words as the page.
        let failing = caller.all("/api/v1/devices?failing=disk-encryption&status=at_risk").await;
        assert_eq!(failing, [devices[1].clone()]);
        assert_eq!(caller.all("/api/v1/devices?q=sam+doe&owner=none").await.len(), 0);
        let kim = devices[1]["id"].as_str().unwrap();
        let device = caller.get(&format!("/api/v1/devices/{kim}")).await;
        assert_eq!(device["serial"], devices[1]["serial"]);
        let findings = device["findings"].as_array().unwrap();
        let disk = findings.iter().find(|one| one["rule"] == "disk-encryption").unwrap();
        assert_eq!((&disk["status"], &disk["seen"]), (&json!("fail"), &json!("FileVault is off.")));
        assert!(disk["fix"].as_array().unwrap().len() >= 3, "{disk}");
        assert!(disk["due"].is_string() && disk["since"].is_string() && disk["why"].is_string());

        let overview = caller.get("/api/v1/overview").await;
        assert_eq!(overview["attention_total"], 1, "{overview}");
        assert_eq!(overview["days"].as_array().unwrap().len(), 89);
        let rules = caller.all("/api/v1/rules?limit=5").await;
        assert!(rules.len() > 20 && rules[0]["pass"].is_string());
        let releases = caller.get("/api/v1/os-releases").await;
        assert!(releases["releases"].as_array().unwrap().len() > 50);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_of_a_device_is_whole_page_by_page() {
    for server in on_both().await {
        let mut laptops = fleet(&server).await;
        let mut caller = Caller::almighty(&server).await;
        let id = laptops[1].device_id();
        for round in 0..4 {
            server.forward(SignedDuration::from_hours(7)).await;
            let mac =
                tests::recording::Recording::named(tests::recording::HEALTHY).of_another_mac(2);
            let mac = if round % 2 == 0 { mac } else { mac.with_filevault_off() };
            laptops[1].becomes(&mac);
            laptops[1].report().await;
        }
        let path = format!("/api/v1/devices/{id}/history");
        let whole = caller.all(&format!("{path}?limit=500")).await;
        let by_two = caller.all(&format!("{path}?limit=2")).await;
        assert_eq!(whole, by_two);
        let count = |kind: &str| whole.iter().filter(|one| one["kind"] == kind).count();
        assert!(
            count("status") >= 5 && count("finding") >= 15 && count("event") == 1,
            "{whole:#?}"
        );
        let times: Vec<_> = whole.iter().map(|one| one["at"].as_str().unwrap()).collect();
        assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");

        let reports = caller.all(&format!("/api/v1/devices/{id}/statements?limit=2")).await;
        let sequences: Vec<_> =
            reports.iter().map(|one| one["sequence"].as_i64().unwrap()).collect();
        assert_eq!(sequences, [5, 4, 3, 2, 1]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_comes_with_all_that_proves_it() {
    for server in on_both().await {
        let laptops = fleet(&server).await;
        let mut caller = Caller::almighty(&server).await;
        let id = laptops[0].device_id();
        let statement = caller.get(&format!("/api/v1/devices/{id}/statements/0/1")).await;
        let envelope = Envelope::parse(statement["envelope"].as_str().unwrap().as_bytes()).unwrap();
        assert!(String::from_utf8_lossy(&envelope.payload).contains("\"FileVault is On.\""));
        assert!(
            statement["public_key"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----")
        );

        let position = &statement["log_position"];
        let entry = caller.get(&format!("/api/v1/log/entries/{position}")).await;
        let digest = statement["statement_sha256"].as_str().unwrap();
        assert!(entry["entry"].as_str().unwrap().contains(digest), "{entry}");
        let proof = caller.get(&format!("/api/v1/log/proofs/{position}")).await;
        assert_eq!(proof["entry"], entry["entry"]);
        assert!(
            proof["tlog_proof"].as_str().unwrap().contains(proof["checkpoint"].as_str().unwrap())
        );
        let key = caller.get("/api/v1/log/key").await;
        let checkpoint = caller.get("/api/v1/log/checkpoint").await;
        let name = key["name"].as_str().unwrap();
        assert!(checkpoint["checkpoint"].as_str().unwrap().starts_with(name));
        let entries = caller.all("/api/v1/log/entries?limit=3").await;
        assert!(entries.len() as u64 >= checkpoint["size"].as_u64().unwrap());
        assert!(entries.iter().zip(0_u64..).all(|(one, at)| one["position"] == at));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hold_while_rows_come_and_go() {
    for server in on_both().await {
        let mut caller = Caller::almighty(&server).await;
        let account = |number: usize| json!({ "email": format!("p{number:02}@muster.example"), "name": "P", "role": "viewer" });
        for number in (0..20).step_by(2) {
            caller.post("/api/v1/accounts", &account(number)).await;
        }
        let first: Value = caller.get("/api/v1/accounts?role=viewer&limit=4").await;
        // One before the place, one behind it.
        for number in [1, 9] {
            caller.post("/api/v1/accounts", &account(number)).await;
        }
        let next = first["next"].as_str().unwrap();
        let rest =
            caller.get(&format!("/api/v1/accounts?role=viewer&limit=100&cursor={next}")).await;
        let emails = |page: &Value| -> Vec<String> {
            let items = page["items"].as_array().unwrap().iter();
            items.map(|one| one["email"].as_str().unwrap()[..3].to_owned()).collect()
        };
        assert_eq!(emails(&first), ["p00", "p02", "p04", "p06"]);
        assert_eq!(emails(&rest), ["p08", "p09", "p10", "p12", "p14", "p16", "p18"]);
        let other = format!("/api/v1/accounts?role=it&cursor={next}");
        assert_eq!(caller.problem("GET", &other, None).await, (400, "bad-parameter".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_known_is_not_sent_again_and_fields_can_be_selected() {
    for server in on_both().await {
        let _laptops = fleet(&server).await;
        let mut caller = Caller::almighty(&server).await;
        let path = "/api/v1/devices?fields=id,status&sort=owner";
        let answer = caller.send("GET", path, &[], None).await;
        let page: Value = answer.json();
        assert_eq!(
            page["items"][1].as_object().unwrap().keys().collect::<Vec<_>>(),
            ["id", "status"]
        );
        let tag = answer.header("etag").unwrap().to_owned();
        let again = caller.send("GET", path, &[("if-none-match", &tag)], None).await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(&*tag)));
        let id = page["items"][0]["id"].as_str().unwrap().to_owned();
        let step = json!({ "to": "suspend" });
        caller.post(&format!("/api/v1/devices/{id}/lifecycle"), &step).await;
        let changed = caller.send("GET", path, &[("if-none-match", &tag)], None).await;
        assert_eq!(changed.status, 200);
        let unknown = caller.send("GET", "/api/v1/devices?fields=id,secret", &[], None).await;
        assert!(unknown.status == 400 && unknown.text().contains("`secret`"), "{}", unknown.text());
    }
}
