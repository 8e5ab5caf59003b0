//! What belongs to a user is read only while one is there: the collector
//! judges by what it last observed, for three days, and says how old it is.

use jiff::SignedDuration;
use tests::laptop::Laptop;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const MOMENT: SignedDuration = SignedDuration::from_millis(1);

/// Status and sentence of the screen lock now, and since when.
fn screen_lock(server: &TestServer) -> (String, String, i64) {
    let rows = server.look().rows(
        "SELECT status, reason, from_ms FROM finding WHERE rule = 'screen-lock' AND until_ms IS NULL",
    );
    let row: Vec<&str> = rows[0].split('|').collect();
    (row[0].to_owned(), row[1].to_owned(), row[2].parse().unwrap())
}

/// The healthy Mac with nobody logged in.
fn at_the_login_window() -> Recording {
    let console = ["/usr/bin/stat", "-f", "%Su %u", "/dev/console"];
    Recording::named(HEALTHY).answering(&console, "root 0\n")
}

/// The healthy Mac's owner, with another answer about the delay.
fn with_delay(words: &str) -> Recording {
    let argv = "/bin/launchctl asuser 501 /usr/bin/sudo -u sam -n /usr/sbin/sysadminctl -screenLock status";
    let argv: Vec<&str> = argv.split(' ').collect();
    let said = format!("2026-08-23 09:00:00.1 sysadminctl[1:1] screenLock {words}\n");
    Recording::named(HEALTHY).answering_on_stderr(&argv, &said)
}

#[tokio::test]
async fn while_nobody_is_there_the_last_reading_counts_for_three_days() {
    let server = TestServer::start().await;
    let begun = server.clock.now();
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    let (status, reason, since) = screen_lock(&server);
    assert_eq!((status.as_str(), since), ("pass", begun.as_millisecond()));
    assert_eq!(reason, "An unused Mac is locked within 10 minutes.");

    server.set_clock(begun + HOUR * 14).await;
    laptop.becomes(&at_the_login_window());
    laptop.report().await;
    let (status, reason, since) = screen_lock(&server);
    assert_eq!((status.as_str(), since), ("pass", begun.as_millisecond()));
    assert_eq!(reason, "An unused Mac is locked within 10 minutes, as observed 14 h ago.");
    let mut visitor = Visitor::signed_in(&server).await;
    let page = text_of(&visitor.page(&format!("/devices/{}", laptop.device_id())).await);
    assert!(page.contains("as observed 14 h ago"), "{page}");

    // The reading is three days old, and the job comes nine hours late.
    let old = begun + HOUR * 72;
    server.set_clock(old - MOMENT).await;
    assert_eq!(screen_lock(&server).0, "pass");
    server.set_clock(old + HOUR * 9).await;
    let (status, reason, since) = screen_lock(&server);
    assert_eq!((status.as_str(), since), ("unknown", old.as_millisecond()));
    assert!(reason.starts_with("Unknown: nobody was logged in"), "{reason}");

    laptop.becomes(&Recording::named(HEALTHY));
    laptop.report().await;
    assert_eq!(screen_lock(&server).0, "pass");
}

#[tokio::test]
async fn a_failure_does_not_end_because_its_owner_logs_out() {
    let server = TestServer::start().await;
    let begun = server.clock.now();
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &with_delay("is off")).await;
    laptop.report().await;
    assert_eq!(screen_lock(&server).0, "fail");
    server.set_clock(begun + HOUR).await;
    laptop.becomes(&at_the_login_window());
    laptop.report().await;
    let (status, reason, since) = screen_lock(&server);
    assert_eq!((status.as_str(), since), ("fail", begun.as_millisecond()));
    assert!(reason.ends_with(", as observed 1 h ago."), "{reason}");
}

/// A tool that hangs is no owner who went home.
#[tokio::test]
async fn another_reason_for_not_knowing_is_unknown_at_once() {
    let server = TestServer::start().await;
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    server.set_clock(server.clock.now() + HOUR).await;
    laptop.becomes(&with_delay("est étrange"));
    laptop.report().await;
    assert_eq!(screen_lock(&server).0, "unknown");
}
