//! Everything that the document allows and forbids, tried by a program that
//! knows the document alone.

use std::num::NonZeroUsize;
use std::process::Command;

use server::ingest::limits::bucket::Allowance;
use tests::caller::Caller;
use tests::program::target_folder;
use tests::test_server::TestServer;

use super::fleet;

#[expect(clippy::disallowed_methods, reason = "another implementation's opinion")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_the_document_allows_or_forbids_meets_an_undocumented_answer() {
    let server = TestServer::start_with(|config| {
        config.public_url = Some("http://127.0.0.1:0".to_owned());
        // The clock stands still, so nothing would ever be refilled.
        config.limits.api = Allowance { burst: 10_000_000, refill_ms: 1 };
        config.limits.connections = NonZeroUsize::MAX;
    })
    .await;
    let _laptops = fleet(&server).await;
    let caller = Caller::almighty(&server).await;
    let token = caller.credential()[0].1.replace("Bearer ", "");
    let url = server.url().to_owned();
    let run = tokio::task::spawn_blocking(move || {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/api/run");
        let folder = target_folder();
        let cache = folder.parent().unwrap_or(&folder);
        Command::new(script).args([&url, &token]).env("CARGO_TARGET_DIR", cache).output()
    });
    let output = run.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
