//! `muster-server config check`, and where the collector's settings come from.

use std::os::unix::net::UnixDatagram;
use std::path::Path;

use tests::program::{self, Collector, Ending};

/// The answer to `config check` with this file and these variables. `DIR`
/// stands for the folder.
fn check(folder: &Path, text: &str, variables: &[(&str, &str)]) -> Ending {
    let shown = folder.to_str().unwrap();
    std::fs::write(folder.join("muster.toml"), text.replace("DIR", shown)).unwrap();
    let config = folder.join("muster.toml");
    let arguments = ["config", "check", "--config", config.to_str().unwrap()];
    let variables: Vec<(&str, String)> =
        variables.iter().map(|(name, value)| (*name, value.replace("DIR", shown))).collect();
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let Ending { exit, stdout, stderr } = program::run_in("muster-server", &arguments, &variables);
    Ending { exit, stdout: stdout.replace(shown, "DIR"), stderr: stderr.replace(shown, "DIR") }
}

/// Whether a line of the answer has these three columns.
#[track_caller]
fn says(answer: &str, key: &str, value: &str, origin: &str) {
    let line = answer.lines().find(|line| line.split("  ").next() == Some(key));
    let line = line.unwrap_or_else(|| panic!("no line for {key} in:\n{answer}"));
    let columns: Vec<&str> =
        line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
    assert_eq!(columns, [key, value, origin], "{answer}");
}

/// A folder with what a service manager would give: a certificate and its key,
/// those of a collector that ran before.
fn credentials(folder: &Path) -> String {
    let state = folder.join("before");
    std::fs::create_dir(&state).unwrap();
    let mut collector = Collector::start(&state);
    assert_eq!(collector.process.terminate(), Some(0));
    let credentials = folder.join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    for (file, name) in [("ca.pem", "muster.tls.certificate"), ("ca.key.pem", "muster.tls.key")] {
        std::fs::copy(state.join(file), credentials.join(name)).unwrap();
    }
    std::fs::write(credentials.join("muster.database.password"), "s3cret\n").unwrap();
    std::fs::write(credentials.join("muster.mail.password"), "s3cret\n").unwrap();
    credentials.to_str().unwrap().to_owned()
}

#[test]
fn each_setting_is_shown_with_where_it_came_from_and_secrets_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let credentials = credentials(folder.path());
    let text = "listen = '0.0.0.0:8443'\npublic_url = 'https://old.example'\n\n[mail]\nserver = 'smtps://mail.example'\nfrom = 'm@example.com'\nuser = 'm'\n";
    let variables = [
        ("MUSTER_PUBLIC_URL", "https://new.example"),
        ("MUSTER_DATABASE", "postgres://muster@127.0.0.1/muster"),
        ("MUSTER_OS_RELEASES__FETCH", "false"),
        ("CREDENTIALS_DIRECTORY", credentials.as_str()),
        ("MUSTER_LOG", "debug"),
    ];
    let ending = check(folder.path(), text, &variables);
    assert_eq!((ending.exit, ending.stderr.as_str()), (Some(0), ""));
    let answer = &ending.stdout;
    assert!(answer.starts_with("The configuration is right, read from DIR/muster.toml."));
    says(answer, "listen", "0.0.0.0:8443", "DIR/muster.toml:1:10");
    says(answer, "public_url", "https://new.example", "MUSTER_PUBLIC_URL");
    says(answer, "database", "postgres://127.0.0.1/muster", "MUSTER_DATABASE");
    let hidden = "hidden, in DIR/credentials/muster.database.password";
    says(answer, "database.password", hidden, "credential muster.database.password");
    let key = "DIR/credentials/muster.tls.key";
    says(answer, "tls.key", key, "credential muster.tls.key");
    let password = "DIR/credentials/muster.mail.password";
    says(answer, "mail.password_file", password, "credential muster.mail.password");
    says(answer, "agents.report_every", "60m", "default");
    says(answer, "os_releases.fetch", "false", "MUSTER_OS_RELEASES__FETCH");
    says(answer, "telemetry", "no traces", "default");
    assert!(!answer.contains("s3cret"), "{answer}");
}

#[test]
fn every_problem_is_a_line_with_its_place_and_none_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let text = "listen = '127.0.0.1:0'\npolicy = '/none.toml'\n[agents]\nreport_every = '1s'\n[mail]\nserver = 'mail.example'\nfrom = 'm@example.com'\nfrm = 'x'\n[tls]\ncertificate = '/none.pem'\nkey = '/none.key'\n";
    let variables = [
        ("MUSTER_DATABASE", "postgres://m:s3cret@db.example/m?sslmode=s3"),
        ("MUSTER_PUBLIC_URL", "m.example"),
        ("MUSTER_DATABSE", "postgres://m:s3cret@db.example/m"),
    ];
    let ending = check(folder.path(), text, &variables);
    assert_eq!((ending.exit, ending.stdout.as_str()), (Some(78), ""));
    let lines: Vec<&str> = ending.stderr.lines().collect();
    for says in [
        "MUSTER_DATABSE: no key has this variable; the nearest is MUSTER_DATABASE.",
        "DIR/muster.toml:8:1: unknown field `frm`",
        "MUSTER_DATABASE: the address of the database cannot be used: `sslmode=s3` is unknown",
        "DIR/muster.toml:6:10: `mail.server` is `mail.example`, but it has no scheme",
        "DIR/muster.toml:4:16: `agents.report_every` is `1s`",
        "/none.toml: No such file or directory",
        "MUSTER_PUBLIC_URL: `public_url` is `m.example`, but it must begin with https://",
        "/none.pem: No such file or directory",
    ] {
        let told = lines.iter().filter(|line| line.starts_with(&format!("muster-server: {says}")));
        assert_eq!(told.count(), 1, "{says} is not once in:\n{}", ending.stderr);
    }
    assert_eq!(lines.len(), 8, "{}", ending.stderr);
    assert!(!ending.stderr.contains("s3cret"), "{}", ending.stderr);
}

#[test]
fn a_file_that_cannot_be_read_ends_the_check_as_it_ends_the_collector() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("none.toml");
    let absent = absent.to_str().unwrap();
    for variables in [&[("MUSTER_CONFIG", absent)][..], &[]] {
        let arguments: &[&str] = if variables.is_empty() { &["--config", absent] } else { &[] };
        for command in [
            &["config", "check"][..],
            &["serve"],
            &["invite", "--person", "x", "--email", "x@y.example"],
        ] {
            let arguments: Vec<&str> = command.iter().chain(arguments).copied().collect();
            let ending = program::run_in("muster-server", &arguments, variables);
            let message =
                format!("muster-server: {absent}: No such file or directory (os error 2)\n");
            assert_eq!((ending.exit, ending.stderr), (Some(74), message), "{arguments:?}");
        }
    }
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let shown = folder.path().to_str().unwrap();
    let file = folder.path().join("muster.toml");
    std::fs::write(&file, "listen = '127.0.0.1:1'\nstate_dir = '/f'\ndatabase = '/f.db'\n")
        .unwrap();
    let file = file.to_str().unwrap();
    let variables =
        [("MUSTER_CONFIG", file), ("MUSTER_LISTEN", "127.0.0.1:2"), ("MUSTER_STATE_DIR", "/e")];
    let arguments = ["config", "check", "--listen", "127.0.0.1:3"];
    let ending = program::run_in("muster-server", &arguments, &variables);
    assert_eq!((ending.exit, ending.stderr.as_str()), (Some(0), ""));
    let answer = ending.stdout.replace(shown, "DIR");
    says(&answer, "listen", "127.0.0.1:3", "--listen");
    says(&answer, "state_dir", "/e", "MUSTER_STATE_DIR");
    says(&answer, "database", "/f.db", "DIR/muster.toml:3:12");
}

#[test]
fn the_service_manager_is_told_when_it_listens_and_when_it_goes_down() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_mins(1))).unwrap();
    let state = folder.path().join("state");
    let variables = [
        ("NOTIFY_SOCKET", path.to_str().unwrap()),
        ("WATCHDOG_USEC", "50000"),
        ("MUSTER_LISTEN", "127.0.0.1:0"),
        ("MUSTER_STATE_DIR", state.to_str().unwrap()),
        ("MUSTER_OS_RELEASES__FETCH", "false"),
    ];
    let log = folder.path().join("log");
    let mut process = program::Staying::start_in("muster-server", &["serve"], &variables, &log);
    let received = || {
        let mut bytes = [0; 500];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let ready = received();
    let listening = process.line();
    assert_eq!(ready, format!("READY=1\nSTATUS={listening}"));
    let address = listening.split(' ').nth(2).unwrap();
    std::net::TcpStream::connect(address).expect("who is ready listens");
    assert!(state.join("muster.db").is_file(), "who is ready has its database");
    assert_eq!([received(), received()], ["WATCHDOG=1", "WATCHDOG=1"]);
    assert_eq!(process.terminate(), Some(0));
    let last = std::iter::repeat_with(received).find(|said| said != "WATCHDOG=1").unwrap();
    assert!(last.starts_with("STOPPING=1\n"), "{last}");
}
