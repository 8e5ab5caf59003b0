//! Coming in by settings: a profile, a file or a dropped token enrols a Mac
//! that nobody touches, and whatever is wrong with them is said.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use agent::config::settings_files;
use agent::enrollment::EnrollOutcome;
use agent::settings::{Attempt, Outcome, Settings, due};
use agent::state::StateFolder;
use jiff::SignedDuration;
use server::audit::{Act, Object};
use server::expected::{Facts, Source, State};
use server::fleet::state::Lifecycle;
use server::fleet_token::{Request, make};
use shared::token::Token;
use tests::laptop::Laptop;
use tests::program::{self, Staying};
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;

/// A Mac of the tests' series.
fn mac(number: u32) -> Recording {
    Recording::named(HEALTHY).of_another_mac(number)
}

fn serial(number: u32) -> String {
    format!("ZZE2E{number:05}")
}

/// A fleet token of this collector, and the serials it admits at once.
fn fleet_token(server: &TestServer, quota: i64, listed: &[u32]) -> Token {
    let (now, records) = (server.clock.now(), server.running().app.records.clone());
    let valid_for = SignedDuration::from_hours(24);
    let request = Request { name: "An MDM".to_owned(), quota, valid_for };
    // The token pins what every invitation of this collector pins.
    let (new, token) = make(&request, server.url(), None, now);
    let act = Act::of_command("fleet_token_made", Object::new("fleet_token", &new.id), now);
    let listed: Vec<String> = listed.iter().map(|number| serial(*number)).collect();
    let work = move || {
        records.make_fleet_token(&new, &act).unwrap();
        for serial in listed {
            let facts = Facts {
                state: State::InUse,
                reason: String::new(),
                owner_name: String::new(),
                owner_email: String::new(),
                model: String::new(),
                asset_tag: String::new(),
            };
            let act = Act::of_command("expected_changed", Object::new("expected", &serial), now);
            records.put_expected((&serial, Source::Csv), &facts, None, &act).unwrap();
        }
    };
    // It blocks, which a test's own thread may not.
    std::thread::scope(|scope| scope.spawn(work).join()).unwrap();
    token
}

/// A fleet token that pins the collector's CA, as the console makes them.
async fn pinned(server: &TestServer, quota: i64, listed: &[u32]) -> Token {
    let ca_sha256 = server.invite("Somebody Else").await.ca_sha256;
    Token { ca_sha256, ..fleet_token(server, quota, listed) }
}

fn put(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// What a try came to: the word, and what was said of it.
async fn refusal(laptop: &Laptop) -> String {
    let error = laptop.enroll_by_settings().await.unwrap_err().to_string();
    let kept = Attempt::load(&StateFolder::at(laptop.state_dir())).unwrap().unwrap();
    assert_eq!(kept.says, error, "what is kept is what was said");
    error
}

fn is_enrolled(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Asked(EnrollOutcome::Enrolled { .. }))
}

/// Minutes until the daemon tries again, if it does.
fn minutes_to_next(laptop: &Laptop) -> Option<i64> {
    let context = laptop.context();
    let settings = Settings::read(context.host.as_ref(), &settings_files(&context.state_dir));
    let folder = StateFolder::at(&context.state_dir);
    let at = due(&folder, &settings, context.now()).unwrap()?;
    Some(at.duration_since(context.now()).as_mins())
}

#[tokio::test]
async fn a_profile_with_a_fleet_token_enrols_the_mac_and_names_its_owner() {
    let server = TestServer::start().await;
    let token = pinned(&server, 2, &[1]).await.to_string();
    let (owner, own) = ("sam.doe@company.example", serial(1));
    let settings = [("EnrollmentToken", token.as_str()), ("Owner", owner), ("SerialNumber", &own)];
    let mut laptop = Laptop::new(&mac(1).managed(&settings), &server.clock);
    assert_eq!(minutes_to_next(&laptop), Some(0), "it is tried at once");
    let outcome = laptop.enroll_by_settings().await.unwrap();
    assert!(is_enrolled(&outcome), "{outcome:?}");
    let request = server.look().rows("SELECT CAST(payload AS TEXT) FROM enrollment").remove(0);
    assert!(request.contains(&format!("\"owner\":\"{owner}\"")), "{request}");
    assert_eq!(laptop.report().await.receipts.len(), 1);

    // The same token again is nothing, and another one is ignored.
    let again = laptop.enroll_by_settings().await.unwrap();
    assert!(matches!(again, Outcome::Asked(EnrollOutcome::Already { .. })), "{again:?}");
    let other = pinned(&server, 1, &[]).await.to_string();
    laptop.becomes(&mac(1).managed(&[("EnrollmentToken", &other)]));
    let ignored = laptop.enroll_by_settings().await.unwrap();
    assert!(matches!(ignored, Outcome::Ignored { .. }), "{ignored:?}");
    assert_eq!(server.look().number("SELECT count(*) FROM device"), 1);
}

#[tokio::test]
async fn a_config_file_and_a_dropped_token_enrol_as_well() {
    let server = TestServer::start().await;
    let token = server.invite("Sam Doe").await.to_string();
    let laptop = Laptop::new(&mac(1), &server.clock);
    assert!(matches!(laptop.enroll_by_settings().await, Ok(Outcome::NoToken)));
    assert!(!laptop.state_dir().exists(), "nothing is made for nothing");
    let text = format!("enrollment_token = \"{token}\"\nowner = \"sam@company.example\"\n");
    put(&laptop.folder().join("config.toml"), &text, 0o600);
    let outcome = laptop.enroll_by_settings().await.unwrap();
    assert!(is_enrolled(&outcome), "{outcome:?}");

    let token = server.invite("Kim Roe").await;
    let laptop = Laptop::new(&mac(2), &server.clock);
    let file = laptop.folder().join("enrollment-token");
    put(&file, &format!("{token}\n"), 0o600);
    let outcome = laptop.enroll_by_settings().await.unwrap();
    assert!(is_enrolled(&outcome), "{outcome:?}");
    assert!(!file.exists(), "a token that was traded for a key is removed");
}

#[tokio::test]
async fn a_mac_that_waits_keeps_its_token_until_somebody_approves() {
    let server = TestServer::start().await;
    let token = pinned(&server, 1, &[]).await;
    let laptop = Laptop::new(&mac(1), &server.clock);
    let file = laptop.folder().join("enrollment-token");
    put(&file, &token.to_string(), 0o600);
    let outcome = laptop.enroll_by_settings().await.unwrap();
    assert!(matches!(outcome, Outcome::Asked(EnrollOutcome::Pending { .. })), "{outcome:?}");
    assert!(file.exists());
    assert_eq!(minutes_to_next(&laptop), None, "`report` asks, with the same key");

    let device = server.look().rows("SELECT id FROM device").remove(0);
    let act =
        Act::of_command("device_approved", Object::new("device", &device), server.clock.now());
    let approve = move |writer: &mut dyn server::store::place::Store| {
        writer.set_lifecycle(&device, Lifecycle::Active, &act)
    };
    server.running().jobs.queue.run(approve).await.unwrap();
    server.round().await;
    assert_eq!(laptop.report().await.receipts.len(), 1);
    assert!(!file.exists(), "the token was traded by the report");
}

#[tokio::test]
async fn settings_that_cannot_be_right_are_refused_before_anybody_is_asked() {
    let server = TestServer::start().await;
    let token = pinned(&server, 9, &[1, 2]).await.to_string();
    let (given, other) = (("EnrollmentToken", token.as_str()), serial(2));
    for (settings, says) in [
        (
            &[given, ("SerialNumber", other.as_str())][..],
            "the settings in the profile are for the Mac with serial number ZZE2E00002, and this is another one; use the MDM's variable instead of a serial number, or make settings for this Mac",
        ),
        (
            &[given, ("SerialNumber", "$SERIALNUMBER")],
            "`SerialNumber` in the profile is still the variable `$SERIALNUMBER` that the MDM was to fill in; use the variable that this MDM knows",
        ),
        (
            &[("EnrollmentToken", "{{token}}")],
            "`EnrollmentToken` in the profile is still the variable that the MDM was to fill in; use the variable that this MDM knows",
        ),
        (
            &[given, ("Serial", "ZZE2E00001")],
            "`Serial` in the profile is no setting of the agent; write `SerialNumber` if you meant that",
        ),
    ] {
        let laptop = Laptop::new(&mac(1).managed(settings), &server.clock);
        assert_eq!(refusal(&laptop).await, says);
        assert!(minutes_to_next(&laptop).is_some_and(|minutes| minutes >= 60));
    }
    let laptop = Laptop::new(&mac(1), &server.clock);
    put(&laptop.folder().join("config.toml"), &format!("enrollment_token = \"{token}\""), 0o644);
    let said = refusal(&laptop).await;
    assert!(said.contains("config.toml can be read or written by other users; run"), "{said}");
    assert_eq!(server.look().number("SELECT count(*) FROM device"), 0);
}

#[tokio::test]
async fn a_refused_token_is_tried_again_after_hours_and_a_changed_one_at_once() {
    let server = TestServer::start().await;
    let (spent, good) = (pinned(&server, 1, &[1]).await, pinned(&server, 1, &[2]).await);
    assert!(is_enrolled(
        &Laptop::new(&mac(1).managed(&[("EnrollmentToken", &spent.to_string())]), &server.clock)
            .enroll_by_settings()
            .await
            .unwrap()
    ));
    let mut laptop =
        Laptop::new(&mac(2).managed(&[("EnrollmentToken", &spent.to_string())]), &server.clock);
    let says = "the collector refused the enrolment (token-spent): The token has admitted all of its 1 Macs; ask IT for a new one.";
    assert_eq!(refusal(&laptop).await, says);
    let first = minutes_to_next(&laptop).unwrap();
    assert!((60..90).contains(&first), "{first}");
    server.clock.set(server.clock.now() + SignedDuration::from_hours(2));
    assert!(minutes_to_next(&laptop).unwrap() <= 0);
    assert_eq!(refusal(&laptop).await, says);
    let second = minutes_to_next(&laptop).unwrap();
    assert!((120..180).contains(&second), "{second}");

    laptop.becomes(&mac(2).managed(&[("EnrollmentToken", &good.to_string())]));
    assert_eq!(minutes_to_next(&laptop), Some(0));
    assert!(is_enrolled(&laptop.enroll_by_settings().await.unwrap()));
    let kept = Attempt::load(&StateFolder::at(laptop.state_dir())).unwrap();
    assert_eq!(kept, None, "what was refused is forgotten");
}

#[tokio::test]
async fn a_mac_that_left_does_not_come_back_by_the_same_settings() {
    let server = TestServer::start().await;
    let (token, other) = (pinned(&server, 1, &[1]).await, pinned(&server, 1, &[1]).await);
    let by = |token: &Token| mac(1).managed(&[("EnrollmentToken", &token.to_string())]);
    let mut laptop = Laptop::new(&by(&token), &server.clock);
    assert!(is_enrolled(&laptop.enroll_by_settings().await.unwrap()));
    agent::farewell::unenroll(laptop.context(), false).await.unwrap();
    assert_eq!(minutes_to_next(&laptop), None, "the daemon must not undo it");
    laptop.becomes(&by(&other));
    assert_eq!(minutes_to_next(&laptop), Some(0));
}

#[tokio::test]
async fn a_collector_that_is_away_is_tried_again_after_minutes() {
    let mut server = TestServer::start().await;
    let token = pinned(&server, 1, &[1]).await.to_string();
    let laptop = Laptop::new(&mac(1).managed(&[("EnrollmentToken", &token)]), &server.clock);
    server.stop().await;
    assert!(refusal(&laptop).await.starts_with("cannot reach "));
    assert!(minutes_to_next(&laptop).unwrap() <= 2);
    server.resume().await;
    assert!(is_enrolled(&laptop.enroll_by_settings().await.unwrap()));
}

/// Waits until `seen` says so; a process of its own gives no event.
async fn until(what: &str, mut seen: impl FnMut() -> bool) {
    let wait = async {
        while !seen() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), wait).await.expect(what);
}

fn logs(state: &Path) -> String {
    let files = fs::read_dir(state.join("logs")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_to_string(file.path()).ok()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daemon_enrols_by_itself_and_says_why_it_cannot() {
    let server =
        TestServer::start_at(agent::Clock::of(agent::host::Live::new()).now(), |_| {}).await;
    server.clock.run();
    let token = pinned(&server, 1, &[1]).await.to_string();
    let folder = tempfile::tempdir().unwrap();
    let (state, file) = (folder.path().join("state"), folder.path().join("mac.json"));
    let log = folder.path().join("stderr");
    let arguments =
        ["run", "--state-dir", state.to_str().unwrap(), "--recording", file.to_str().unwrap()];

    fs::write(&file, mac(1).managed(&[("Token", &token)]).text()).unwrap();
    let mut daemon = Staying::start("muster-agent", &arguments, &log);
    until("a refusal", || logs(&state).contains("is no setting of the agent")).await;
    assert_eq!(daemon.terminate(), Some(0));
    let (state_dir, mac_file) = (state.clone(), file.clone());
    let said = tokio::task::spawn_blocking(move || {
        let place = ["--state-dir", state_dir.to_str().unwrap()];
        let status = program::run("muster-agent", &["status", place[0], place[1]]);
        let recording = ["--recording", mac_file.to_str().unwrap()];
        let doctor = [&["doctor"][..], &place, &recording].concat();
        (status, program::run("muster-agent", &doctor).stdout)
    });
    let (status, doctor) = said.await.unwrap();
    assert_eq!(status.exit, Some(78));
    let why = "`Token` in the profile is no setting of the agent; write `EnrollmentToken` if you meant that";
    assert!(status.stderr.contains(why), "{}", status.stderr);
    assert!(
        doctor.contains("✗ attention  settings: `Token` in the profile is no setting"),
        "{doctor}"
    );
    assert!(doctor.contains("✗ attention  enrolment by settings: tried 0 min ago: "), "{doctor}");
    assert!(!logs(&state).contains(&token[10..]), "no log holds the token");

    fs::write(&file, mac(1).managed(&[("EnrollmentToken", &token)]).text()).unwrap();
    let mut daemon = Staying::start("muster-agent", &arguments, &log);
    let reports = || server.look().number("SELECT count(*) FROM statement");
    until("a report", || reports() > 0).await;
    assert_eq!(daemon.terminate(), Some(0));
    let text = logs(&state);
    assert!(text.contains("Enrolled at ") && !text.contains(&token[10..]), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_shows_each_setting_with_its_source_and_no_secret() {
    let server = TestServer::start().await;
    let token = pinned(&server, 1, &[1]).await;
    let mut laptop =
        Laptop::new(&mac(1).managed(&[("EnrollmentToken", &token.to_string())]), &server.clock);
    put(&laptop.folder().join("config.toml"), "owner = \"sam@company.example\"\n", 0o600);
    let short = |token: &Token| token.id()[..8].to_owned();
    let shown = lines(&laptop).await;
    let url = server.url();
    assert_eq!(
        shown,
        [
            format!(
                "setting EnrollmentToken: a token {} for {url} (from the profile)",
                short(&token)
            ),
            "setting Owner: sam@company.example (from config.toml)".to_owned(),
            "setting SerialNumber: not set (default)".to_owned(),
        ]
    );
    laptop.enroll_by_settings().await.unwrap();
    assert!(lines(&laptop).await[0].ends_with("(from the profile); it enrolled this Mac"));
    let other = pinned(&server, 1, &[]).await;
    laptop
        .becomes(&mac(1).managed(&[("EnrollmentToken", &other.to_string()), ("Owner", "$EMAIL")]));
    let shown = lines(&laptop).await;
    assert!(shown[0].ends_with("ignored, because this Mac is enrolled already"), "{shown:?}");
    assert!(shown[3].ends_with("that the MDM was to fill in, so it is left out"), "{shown:?}");
}

/// What `doctor` says of the settings.
async fn lines(laptop: &Laptop) -> Vec<String> {
    let mut lines = Vec::new();
    let found = |line: agent::doctor::Line| lines.push(format!("{}: {}", line.about, line.says));
    agent::doctor::examine(laptop.context(), found).await.unwrap();
    let secret =
        Settings::read(laptop.context().host.as_ref(), &settings_files(laptop.state_dir()));
    let secret = secret.enrollment_token.unwrap().text;
    assert!(lines.iter().all(|line| !line.contains(&secret[10..40])));
    lines.retain(|line| line.starts_with("setting"));
    lines
}
