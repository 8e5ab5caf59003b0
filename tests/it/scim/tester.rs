//! Everything that the schemas promise, tried by a program that knows the
//! schemas alone.

use std::process::Command;

use server::auth::role::Role;
use server::ingest::limits::bucket::Allowance;
use tests::caller::Caller;
use tests::program::target_folder;
use tests::test_server::TestServer;

#[expect(clippy::disallowed_methods, reason = "another implementation's opinion")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_implementation_finds_nothing_wrong_with_our_scim() {
    let server = TestServer::start_with(|config| {
        config.public_url = Some("http://127.0.0.1:0".to_owned());
        // The clock stands still, so nothing would ever be refilled.
        config.limits.api = Allowance { burst: 10_000_000, refill_ms: 1 };
    })
    .await;
    let mut it = Caller::signed_in(&server, Role::It).await;
    let token = it.token(&["people:write"]).await.secret;
    let url = server.url().to_owned();
    let run = tokio::task::spawn_blocking(move || {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scim/run");
        let folder = target_folder();
        let cache = folder.parent().unwrap_or(&folder);
        Command::new(script).args([&url, &token]).env("CARGO_TARGET_DIR", cache).output()
    });
    let output = run.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
