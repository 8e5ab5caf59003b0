//! Who may do what: every operation of the document with every scope and every
//! role, so that a new operation is tried without anybody adding it here.

use serde_json::{Value, json};
use server::auth::permission::Permission;
use server::auth::role::Role;
use tests::caller::Caller;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;

/// One operation with what it needs.
struct Operation {
    method: String,
    path: String,
    needs: Vec<Permission>,
}

/// Every operation, with a path that names a device, or nothing.
async fn operations(caller: &mut Caller, device: &str) -> Vec<Operation> {
    let document = caller.get("/api/v1/openapi.json").await;
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = if path.contains("/devices/") { device } else { "none" };
            let path = path
                .replace("{id}", id)
                .replace("{chain}", "0")
                .replace("{sequence}", "1")
                .replace("{position}", "0");
            let needs = operation["x-muster-permissions"].as_array().unwrap().iter();
            let needs = needs.map(|word| Permission::named(word.as_str().unwrap()).unwrap());
            let needs = needs.collect();
            all.push(Operation { method: method.to_uppercase(), path, needs });
        }
    }
    assert!(all.len() > 25, "{}", all.len());
    all
}

async fn a_device(server: &TestServer) -> String {
    let recording = Recording::named(HEALTHY);
    let laptop = Laptop::enrolled(server, "Sam Doe", &recording).await;
    laptop.report().await;
    laptop.device_id()
}

/// Whether the caller is refused because of what it may do.
async fn is_refused(caller: &mut Caller, operation: &Operation) -> bool {
    let body = (operation.method != "GET").then(|| json!({}));
    let answer = caller.send(&operation.method, &operation.path, &[], body.as_ref()).await;
    assert_ne!(answer.status, 401, "{}", operation.path);
    assert!(answer.status < 500, "{} {}", operation.path, answer.text());
    answer.status == 403 && answer.problem().code() == "not-allowed"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_scope_opens_its_own_operations_alone() {
    let server = TestServer::start().await;
    let device = a_device(&server).await;
    let mut admin = Caller::signed_in(&server, Role::Administrator).await;
    for operation in operations(&mut Caller::almighty(&server).await, &device).await {
        let mut connection = server.connector().connect().await;
        let answer = connection.send(&operation.method, &operation.path, &[], "").await;
        assert_eq!(answer.status, 401, "{} without a token", operation.path);
    }
    for scope in Permission::ALL {
        let made = admin.token(&[scope.as_str()]).await;
        let mut program = Caller::with_token(&server, &made.secret).await;
        for operation in operations(&mut program, &device).await {
            let allowed = operation.needs.iter().all(|needed| *needed == scope);
            let refused = is_refused(&mut program, &operation).await;
            assert_eq!(refused, !allowed, "{} {} by {scope:?}", operation.method, operation.path);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_may_what_it_is_for() {
    let server = TestServer::start().await;
    let device = a_device(&server).await;
    for role in Role::ALL {
        let mut somebody = Caller::signed_in(&server, role).await;
        for operation in operations(&mut somebody, &device).await {
            let allowed = operation.needs.iter().all(|needed| role.allows(*needed));
            let refused = is_refused(&mut somebody, &operation).await;
            assert_eq!(refused, !allowed, "{} {} by {role:?}", operation.method, operation.path);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_a_device_sees_it_and_no_other() {
    let server = TestServer::start().await;
    let recording = Recording::named(HEALTHY);
    let other = Laptop::enrolled(&server, "Kim Roe", &recording.clone().of_another_mac(1)).await;
    let email = "sam.doe@company.example";
    let own = Laptop::enrolled(&server, "Sam Doe", &recording.of_another_mac(2)).await;
    own.report().await;
    let mut sam = Caller::employee(&server, ("Sam Doe", email)).await;
    let made = sam.token(&["own"]).await;
    let mut program = Caller::with_token(&server, &made.secret).await;
    for caller in [&mut sam, &mut program] {
        let path = format!("/api/v1/devices/{}", own.device_id());
        let device: Value = caller.get(&path).await;
        assert_eq!(device["owner_email"], email);
        caller.all(&format!("{path}/history")).await;
        caller.get(&format!("{path}/statements/0/1")).await;
        let theirs = format!("/api/v1/devices/{}", other.device_id());
        for path in [theirs.clone(), format!("{theirs}/history"), "/api/v1/devices".to_owned()] {
            let refused = caller.problem("GET", &path, None).await;
            assert_eq!(refused, (403, "not-allowed".to_owned()), "{path}");
        }
    }
}
