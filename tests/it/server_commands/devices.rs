//! `muster-server invite`, `device …` and `admin login-link` beside a running
//! collector.

use agent::Clock;
use agent::host::Live;
use shared::token::Token;
use tests::hand_made::{HandMade, Stranger};
use tests::program::Collector;
use tests::test_server::Database;

use super::refuses;

#[test]
fn an_invitation_is_printed_once_and_short_enough_to_type() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start(folder.path());
    let arguments = ["invite", "--person", "Sam Doe", "--email", "sam@company.example"];
    let ending = collector.admin(&arguments);
    assert_eq!((ending.exit, ending.stderr.as_str()), (Some(0), ""));
    let lines: Vec<&str> = ending.stdout.lines().collect();
    assert!(
        lines[0].starts_with("Invitation for Sam Doe <sam@company.example>, valid until "),
        "{}",
        lines[0]
    );
    assert!(lines[0].ends_with(", for one Mac. The token is shown only now:"), "{}", lines[0]);
    let token: Token = lines[2].parse().unwrap();
    assert!(lines[2].len() <= 140);
    assert_eq!(token.url, format!("https://{}", collector.address));
    assert!(token.ca_sha256.is_some());
    let kept = Database::open(&collector.database());
    let secret = shared::keys::hex(&token.secret);
    assert!(!format!("{:?}", kept.dump()).contains(&secret), "only a digest is kept");

    // The address that the invitation carries can be another one.
    let ending = collector.admin(
        &[&arguments[..], &["--token-only", "--public-url", "https://muster.company.example"]]
            .concat(),
    );
    let token: Token = ending.stdout.parse().unwrap();
    assert_eq!(token.url, "https://muster.company.example");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_listed_approved_suspended_resumed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start(folder.path());
    let clock = Clock::of(Live::new());
    let empty = collector.admin(&["device", "list"]);
    assert_eq!(
        (empty.exit, empty.stdout.as_str()),
        (
            Some(0),
            "No devices yet. Invite somebody: muster-server invite --person NAME --email MAIL\n"
        )
    );
    let serial = ["--serial", "ZZOTHER0001"];
    let invite = ["invite", "--person", "Sam Doe", "--email", "sam@x.example", "--token-only"];
    let token: Token = collector.admin(&[&invite[..], &serial].concat()).stdout.parse().unwrap();
    let mut connection = collector.connector().connect().await;
    let stranger = Stranger::new("ZZHAND00001");
    let waiting = stranger.ask(&mut connection, &token, clock.now()).await;
    assert_eq!(waiting.status, 202, "{}", waiting.text());
    let id = Database::open(&collector.database()).rows("SELECT id FROM device").remove(0);

    let step = |verb: &str, device: &str| collector.admin(&["device", verb, device]);
    let says =
        |to: &str, from: &str| format!("Device {id} of Sam Doe is {to} now; it was {from}.\n");
    let refused = |verb: &str, is: &str, needs: &str| {
        let ending = step(verb, "zzhand00001");
        assert_eq!((ending.exit, ending.stdout.as_str()), (Some(65), ""));
        let message =
            format!("muster-server: device {id} is {is}; this needs one that is {needs}\n");
        assert_eq!(ending.stderr, message);
    };
    refused("suspend", "pending", "active");
    refused("resume", "pending", "suspended");
    assert_eq!(step("approve", &id).stdout, says("active", "pending"));
    refused("approve", "active", "pending");

    let admitted = stranger.ask(&mut connection, &token, clock.now()).await;
    let mut device: HandMade = stranger.admitted(&admitted);
    assert_eq!(connection.deliver(&device.next(clock.now())).await.status, 201);
    let listed = collector.admin(&["device", "list"]).stdout;
    // The built-in catalogue is old by the machine's clock, so that nobody can
    // say whether the Mac has its fixes.
    let line = listed.lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(line, format!("{id} Sam Doe Mac15,12 ZZHAND00001 active unknown just now"));
    assert_eq!(listed.lines().last(), Some("1 device"));

    // The collector notices within a second what another process wrote.
    assert_eq!(step("suspend", &id[..8]).stdout, says("suspended", "active"));
    answers(&mut connection, &mut device, 403).await;
    refused("approve", "suspended", "pending");
    assert_eq!(step("resume", "ZZHAND00001").stdout, says("active", "suspended"));
    answers(&mut connection, &mut device, 201).await;
    assert_eq!(step("revoke", &id).stdout, says("revoked", "active"));
    answers(&mut connection, &mut device, 403).await;
    refused("revoke", "revoked", "pending or active or suspended");
    refused("resume", "revoked", "suspended");
}

/// Reports until the collector answers with `status`, which it must within
/// seconds: another process gives no event to wait for.
async fn answers(
    connection: &mut tests::connection::Connection,
    device: &mut HandMade,
    status: u16,
) {
    let clock = Clock::of(Live::new());
    let asking = async {
        loop {
            let report = device.sign(device.statement(clock.now()).to_bytes().unwrap());
            let answer = connection.deliver(&report).await;
            if answer.status == 201 {
                device.sequence += 1;
                device.previous = shared::keys::hex(&report.digest());
            }
            if answer.status == status {
                return;
            }
        }
    };
    let limit = std::time::Duration::from_secs(5);
    tokio::time::timeout(limit, asking).await.expect("the change is noticed within seconds");
}

#[test]
fn a_device_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let _collector = Collector::start(folder.path());
    for verb in ["approve", "suspend", "resume", "revoke"] {
        refuses(
            folder.path(),
            &["device", verb, "nobody", "--state-dir", "DIR"],
            65,
            "there is no device `nobody`; see `muster-server device list`",
        );
        refuses(
            folder.path(),
            &["device", verb, "", "--state-dir", "DIR"],
            65,
            "there is no device ``; see `muster-server device list`",
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_link_admits_once() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start(folder.path());
    let url = format!("https://{}", collector.address);
    let link = |arguments: &[&str]| {
        let ending = collector.admin(arguments);
        assert_eq!((ending.exit, ending.stderr.as_str()), (Some(0), ""));
        let word = ending.stdout.split_whitespace().find(|word| word.starts_with(&url));
        word.unwrap().strip_prefix(&url).unwrap().to_owned()
    };
    // As long as there is no administrator, the link makes one.
    let path = link(&["admin", "login-link"]);
    assert!(path.starts_with("/setup/"), "{path}");
    let mut connection = collector.connector().connect().await;
    let form = connection.send("GET", &path, &[], "").await;
    assert_eq!(form.status, 200, "{}", form.text());
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let wrong = connection.send("POST", &path, &headers, "name=Sam&email=sam").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("sam@company.example"), "{}", wrong.text());
    let person = "name=Sam+Doe&email=Sam%40company.example";
    let made = connection.send("POST", &path, &headers, person).await;
    assert_eq!((made.status, made.header("location")), (303, Some("/")));
    assert_eq!(connection.send("POST", &path, &headers, person).await.status, 401, "used");
    let ending = collector.admin(&["admin", "login-link", "--email", "kim@company.example"]);
    assert_eq!(ending.exit, Some(65));
    assert!(ending.stderr.contains("no account that may sign in has the mail address"));

    let path = link(&["admin", "login-link"]);
    assert!(path.starts_with("/login/"), "{path}");
    let first = connection.send("GET", &path, &[], "").await;
    assert_eq!((first.status, first.header("location")), (303, Some("/")));
    let cookie = first.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-muster-session=") && cookie.contains("; Secure"));
    let session = cookie.split(';').next().unwrap();
    let page = connection.send("GET", "/", &[("cookie", session)], "").await;
    assert_eq!(page.status, 200);
    let again = connection.send("GET", &path, &[], "").await;
    assert_eq!(again.status, 401);
    let stranger = connection.send("GET", "/devices", &[], "").await;
    assert_eq!(stranger.status, 401);
}

#[test]
fn a_fleet_token_is_made_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start(folder.path());
    assert_eq!(collector.admin(&["fleet-token", "list"]).stdout, "There is no fleet token.\n");
    let add = ["fleet-token", "add", "--name", "Jamf", "--quota", "2"];
    let wrong = collector.admin(&[&add[..], &["--expires", "366d"]].concat());
    assert_eq!(wrong.exit, Some(64), "{}", wrong.stderr);
    let token: Token =
        collector.admin(&[&add[..], &["--token-only"]].concat()).stdout.parse().unwrap();
    let listed = collector.admin(&["fleet-token", "list"]).stdout;
    assert!(listed.contains("open      0 of 2") && listed.contains("Jamf"), "{listed}");
    assert!(listed.starts_with(&token.id()), "{listed}");
    let revoked = collector.admin(&["fleet-token", "revoke", &token.id()]);
    assert_eq!(
        (revoked.exit, revoked.stdout.as_str()),
        (Some(0), "The fleet token Jamf is revoked.\n")
    );
    let again = collector.admin(&["fleet-token", "revoke", &token.id()]);
    assert!(
        again.exit == Some(65) && again.stderr.contains("was revoked before"),
        "{}",
        again.stderr
    );
    assert!(collector.admin(&["fleet-token", "list"]).stdout.contains("revoked"));
}
