//! Who may use which address: every route, every role, every object.
//!
//! The routes come from the collector's own list, so a new one without a line
//! in [`EXPECTED`] fails here; what is expected is written down a second time,
//! by hand.

use server::auth::guard::Access;
use server::auth::role::Role;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::Visitor;

/// Who asks.
const ASKING: [Option<Role>; 6] = [
    None,
    Some(Role::Employee),
    Some(Role::Viewer),
    Some(Role::Auditor),
    Some(Role::It),
    Some(Role::Administrator),
];

/// Which of [`ASKING`] are let in, by method and address: `n` nobody in
/// particular, `e` employee, `v` viewer, `a` auditor, `i` IT, `A`
/// administrator.
const EXPECTED: &[(&str, &str, &str)] = &[
    ("GET", "/", "evaiA"),
    ("POST", "/first-run/dismiss", "A"),
    ("GET", "/me", "evaiA"),
    ("GET", "/os-releases", "vaiA"),
    ("GET", "/agent-releases", "vaiA"),
    ("GET", "/devices", "vaiA"),
    ("GET", "/devices.csv", "aiA"),
    ("GET", "/devices.json", "aiA"),
    ("GET", "/devices/groups", "vaiA"),
    ("GET", "/devices/change", "iA"),
    ("POST", "/devices/change", "iA"),
    ("GET", "/devices/invite", "iA"),
    ("POST", "/devices/invite", "iA"),
    ("POST", "/devices/views", "vaiA"),
    ("POST", "/devices/views/{id}/remove", "vaiA"),
    ("GET", "/expected", "vaiA"),
    ("POST", "/expected", "iA"),
    ("GET", "/expected.csv", "aiA"),
    ("GET", "/expected.json", "aiA"),
    ("GET", "/expected/import", "iA"),
    ("POST", "/expected/import", "iA"),
    ("POST", "/expected/import/confirm", "iA"),
    ("GET", "/expected/tokens", "vaiA"),
    ("POST", "/expected/tokens", "iA"),
    ("POST", "/expected/tokens/{id}/revoke", "iA"),
    ("POST", "/expected/devices/{id}/resolve", "iA"),
    ("GET", "/expected/{serial}", "vaiA"),
    ("POST", "/expected/{serial}", "iA"),
    ("POST", "/expected/{serial}/remove", "iA"),
    ("POST", "/expected/{serial}/resolve", "iA"),
    ("GET", "/devices/waiting", "vaiA"),
    ("POST", "/devices/waiting", "iA"),
    ("GET", "/devices/{id}", "vaiA"),
    ("POST", "/devices/{id}/holder", "iA"),
    ("POST", "/devices/{id}/notes", "iA"),
    ("POST", "/devices/{id}/notes/{note}/remove", "iA"),
    ("POST", "/devices/{id}/waivers", "iA"),
    ("POST", "/devices/{id}/waivers/{waiver}/end", "iA"),
    ("GET", "/devices/{id}/life/{step}", "iA"),
    ("POST", "/devices/{id}/life/{step}", "iA"),
    ("GET", "/devices/{id}/key.pem", "aiA"),
    ("GET", "/devices/{id}/statements/{chain}/{sequence}", "aiA"),
    ("GET", "/devices/{id}/statements/{chain}/{sequence}/{part}", "aiA"),
    ("GET", "/log/checkpoint", "evaiA"),
    ("GET", "/log/key", "evaiA"),
    ("GET", "/log/entry/{position}", "aiA"),
    ("GET", "/log/proof/{position}", "aiA"),
    ("GET", "/log/tile/{*rest}", "aiA"),
    ("GET", "/people", "aiA"),
    ("POST", "/people", "iA"),
    ("GET", "/people.csv", "aiA"),
    ("GET", "/people.json", "aiA"),
    ("GET", "/people/import", "iA"),
    ("POST", "/people/import", "iA"),
    ("POST", "/people/import/confirm", "iA"),
    ("GET", "/people/{id}", "aiA"),
    ("POST", "/people/{id}", "iA"),
    ("POST", "/people/{id}/away", "iA"),
    ("POST", "/people/{id}/end", "iA"),
    ("POST", "/people/{id}/reopen", "iA"),
    ("POST", "/people/{id}/invite", "iA"),
    ("GET", "/checklists", "aiA"),
    ("GET", "/checklists.csv", "aiA"),
    ("GET", "/checklists.json", "aiA"),
    ("GET", "/checklists/report", "aiA"),
    ("GET", "/checklists/report.csv", "aiA"),
    ("GET", "/checklists/templates", "aiA"),
    ("GET", "/checklists/templates/{kind}", "aiA"),
    ("POST", "/checklists/templates/{kind}", "iA"),
    ("GET", "/checklists/new", "iA"),
    ("POST", "/checklists", "iA"),
    ("GET", "/checklists/{id}", "aiA"),
    ("GET", "/checklists/{id}/evidence/{task}/{evidence}", "aiA"),
    ("GET", "/checklists/{id}/record/{part}", "aiA"),
    ("POST", "/checklists/{id}/tasks/{task}/evidence", "iA"),
    ("POST", "/checklists/{id}/tasks/{task}/{step}", "iA"),
    ("POST", "/checklists/{id}/complete", "iA"),
    ("POST", "/checklists/{id}/cancel", "iA"),
    ("GET", "/me/checklists/{id}", "evaiA"),
    ("POST", "/me/checklists/{id}/{task}", "evaiA"),
    ("GET", "/accounts", "aiA"),
    ("POST", "/accounts", "A"),
    ("GET", "/accounts/{id}", "aiA"),
    ("POST", "/accounts/{id}", "A"),
    ("POST", "/accounts/{id}/link", "A"),
    ("POST", "/accounts/{id}/sessions", "A"),
    ("GET", "/audit", "aiA"),
    ("GET", "/audit.csv", "aiA"),
    ("GET", "/audit.json", "aiA"),
    ("GET", "/settings/webhooks", "aiA"),
    ("POST", "/settings/webhooks", "A"),
    ("GET", "/settings/webhooks/{id}", "aiA"),
    ("POST", "/settings/webhooks/{id}/{step}", "A"),
    ("POST", "/settings/webhooks/{id}/deliveries/{number}/resend", "A"),
    ("GET", "/login", "nevaiA"),
    ("GET", "/login/{token}", "nevaiA"),
    ("POST", "/login/passkey/options", "nevaiA"),
    ("POST", "/login/passkey", "nevaiA"),
    ("GET", "/login/mail", "nevaiA"),
    ("POST", "/login/mail", "nevaiA"),
    ("GET", "/login/mail/{token}", "nevaiA"),
    ("POST", "/login/mail/{token}", "nevaiA"),
    ("GET", "/api/docs", "evaiA"),
    ("GET", "/account", "evaiA"),
    ("POST", "/account/passkeys/options", "evaiA"),
    ("POST", "/account/passkeys", "evaiA"),
    ("POST", "/account/passkeys/{id}/name", "evaiA"),
    ("GET", "/account/passkeys/{id}/remove", "evaiA"),
    ("POST", "/account/passkeys/{id}/remove", "evaiA"),
    ("POST", "/account/sessions/{id}/end", "evaiA"),
    ("POST", "/account/tokens", "evaiA"),
    ("POST", "/account/tokens/{id}/revoke", "evaiA"),
    ("POST", "/account/sessions/end-others", "evaiA"),
    ("GET", "/sign-in/openid/{name}", "nevaiA"),
    ("GET", "/sign-in/openid/{name}/callback", "nevaiA"),
    ("GET", "/.well-known/muster-jwks.json", "nevaiA"),
    ("POST", "/logout", "nevaiA"),
    ("GET", "/setup/{token}", "nevaiA"),
    ("POST", "/setup/{token}", "nevaiA"),
    ("GET", "/welcome/{token}", "nevaiA"),
    ("POST", "/welcome/{token}", "nevaiA"),
    ("GET", "/agent", "nevaiA"),
    ("GET", "/agent/latest.json", "nevaiA"),
    ("GET", "/agent/{file}", "nevaiA"),
    ("GET", "/join", "nevaiA"),
    ("POST", "/join", "nevaiA"),
    ("POST", "/join/package", "nevaiA"),
    ("GET", "/static/{file}", "nevaiA"),
    ("GET", "/healthz", "nevaiA"),
];

/// The letter of who asks.
fn letter(role: Option<Role>) -> char {
    match role {
        None => 'n',
        Some(Role::Employee) => 'e',
        Some(Role::Viewer) => 'v',
        Some(Role::Auditor) => 'a',
        Some(Role::It) => 'i',
        Some(Role::Administrator) => 'A',
    }
}

/// The address with something in each of its places.
fn filled(path: &str, device: &str) -> String {
    path.replace("{id}", device)
        .replace("{chain}", "0")
        .replace("{sequence}", "1")
        .replace("{part}", "envelope")
        .replace("{position}", "0")
        .replace("{*rest}", "0/000")
        .replace("{token}", "nothing")
        .replace("{file}", "nothing.css")
        .replace("{name}", "nothing")
        .replace("{step}", "pause")
        .replace("{number}", "1")
        .replace("{serial}", "ZZE2E00099")
        .replace("{note}", "nothing")
        .replace("{waiver}", "nothing")
        .replace("{kind}", "onboarding")
        .replace("{task}", "firewall")
        .replace("{evidence}", "nothing")
}

/// Whether an answer lets somebody in: what is refused is refused by its
/// status, whatever else is wrong with the request.
fn let_in(status: u16, text: &str) -> bool {
    !(status == 403 || status == 401 && text.contains("muster-server admin login-link"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_lets_in_whom_it_should_and_nobody_else() {
    let server = TestServer::start().await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    let device = server.look().rows("SELECT id FROM device").remove(0);
    let routes = server::web::access();
    let known: Vec<(&str, &str)> = EXPECTED.iter().map(|(verb, path, _)| (*verb, *path)).collect();
    for (method, path, _) in &routes {
        assert!(known.contains(&(method.as_str(), path)), "{method} {path} is expected of nobody");
    }
    assert_eq!(routes.len(), EXPECTED.len(), "every line is about a route");
    for asking in ASKING {
        for (method, path, expected) in EXPECTED {
            // A session each: some of these addresses end it.
            let mut visitor = match asking {
                Some(role) => Visitor::signed_in_as(&server, role).await,
                None => Visitor::stranger(&server).await,
            };
            let answer = visitor.send(method, &filled(path, &device), "").await;
            let open = routes.iter().any(|(verb, one, access)| {
                verb.as_str() == *method && one == path && *access == Access::Open
            });
            // An open address may say by itself that a link is over.
            let is_in = open || let_in(answer.status, &answer.text());
            assert_eq!(
                is_in,
                expected.contains(letter(asking)),
                "{asking:?} {method} {path}: {}",
                answer.status
            );
            assert!(answer.status < 500, "{asking:?} {method} {path}: {}", answer.status);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_employee_sees_the_own_mac_and_no_other() {
    let server = TestServer::start().await;
    let healthy = Recording::named(HEALTHY);
    for (person, number) in [("Sam Doe", 1), ("Kim Roe", 2)] {
        let recording = healthy.clone().of_another_mac(number);
        Laptop::enrolled(&server, person, &recording).await.report().await;
    }
    let of = |person: &str| {
        let sql = format!(
            "SELECT d.id || ' ' || p.email FROM device d JOIN person p ON p.id = d.person_id
             WHERE p.name = '{person}'"
        );
        let row = server.look().rows(&sql).remove(0);
        let (id, email) = row.split_once(' ').unwrap();
        (id.to_owned(), email.to_owned())
    };
    let ((own, email), (other, _)) = (of("Sam Doe"), of("Kim Roe"));
    let link = server.login_link_for(("Sam Doe", &email), Role::Employee);
    let mut sam = Visitor::following(&server, &link).await;
    assert!(sam.page("/me").await.contains(&own));
    assert!(!sam.page("/me").await.contains(&other));
    for path in ["", "/key.pem", "/statements/0/1", "/statements/0/1/envelope"] {
        assert_eq!(sam.ask(&format!("/devices/{own}{path}")).await.status, 200, "{path}");
        assert_eq!(sam.ask(&format!("/devices/{other}{path}")).await.status, 403, "{path}");
        assert_eq!(sam.ask(&format!("/devices/nothing{path}")).await.status, 403, "{path}");
    }
    // Every look stands in the audit log, and what was refused does not.
    let views = server.look().rows("SELECT object FROM audit WHERE action = 'view'");
    assert_eq!(views, vec![own; 4]);
}
