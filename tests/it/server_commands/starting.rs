//! `muster-server serve`: what keeps it from starting, and how it stops.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tests::program::{self, Collector};

use super::refuses;

/// A folder with a configuration file of this text.
fn configured(text: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("muster.toml"), text).unwrap();
    folder
}

#[test]
fn a_wrong_configuration_is_refused_with_its_place() {
    let serve = ["serve", "--config", "DIR/muster.toml", "--state-dir", "DIR/state"];
    for (text, exit, message) in [
        (
            &b"listen = '127.0.0.1:0'\nport = 1\n"[..],
            78,
            "DIR/muster.toml:2:1: unknown field `port`, expected one of `listen`, `database`, `state_dir`, `public_url`, `trusted_proxies`, `connections_per_address`, `policy`, `os_releases`, `tls`, `agents`, `sign_in`, `mail`, `metrics`, `telemetry`, `webhooks`",
        ),
        (
            b"listen = 443\n",
            78,
            "DIR/muster.toml:1:10: invalid type: integer `443`, expected socket address",
        ),
        (b"listen = 'x'\n", 78, "DIR/muster.toml:1:10: invalid socket address syntax"),
        (b"[tls]\ncertificate = 'x'\n", 78, "DIR/muster.toml:1:1: missing field `key`"),
        (
            b"[agents]\nreport_every = '1s'\n",
            78,
            "DIR/muster.toml:2:16: `agents.report_every` is `1s`, but it must be between 1m and 24h, such as 60m",
        ),
        (
            b"database = 'mysql://db/x'\n",
            78,
            "DIR/muster.toml:1:12: the address of the database cannot be used: `mysql://` is unknown; give a path, or postgres://USER@HOST/DATABASE",
        ),
        (
            b"public_url = 'm.example'\n",
            78,
            "DIR/muster.toml:1:14: `public_url` is `m.example`, but it must begin with https://",
        ),
        (
            b"public_url = 'http://m.example'\n",
            78,
            "DIR/muster.toml:1:14: `public_url` is `http://m.example`: plain http is only for a collector that listens on loopback; write https://",
        ),
        (
            b"public_url = 'https://m.example/x'\n",
            78,
            "DIR/muster.toml:1:14: `public_url` is `https://m.example/x`, but it must be https:// and a name with an optional port, and nothing else",
        ),
        (b"listen = '\xff'\n", 65, "DIR/muster.toml: byte 10 is not UTF-8; save the file as UTF-8"),
        (
            b"listen = '127.0.0.1:0'\n[tls]\ncertificate = '/none.pem'\nkey = '/none.key'\n",
            78,
            "/none.pem: No such file or directory (os error 2)",
        ),
        (b"policy = '/none.toml'\n", 74, "/none.toml: No such file or directory (os error 2)"),
    ] {
        refuses(configured(text).path(), &serve, exit, message);
    }
}

#[test]
fn a_wrong_source_of_the_catalogue_is_refused_with_its_key() {
    let serve = ["serve", "--config", "DIR/muster.toml", "--state-dir", "DIR/state"];
    for (text, exit, message) in [
        (
            &b"[os_releases]\nurl = 'http://m.example/feed.json'\n"[..],
            78,
            "DIR/muster.toml:2:7: `os_releases.url` is `http://m.example/feed.json`, but it must begin with https:// (http:// is only for this machine), or be empty to fetch nothing",
        ),
        (
            b"[os_releases]\nevery = '10s'\n",
            78,
            "DIR/muster.toml:2:9: `os_releases.every` is `10s`, but it must be between 1h and 7d, such as 6h",
        ),
        (
            b"[os_releases]\ncorrections = '/none.toml'\n",
            74,
            "/none.toml: No such file or directory (os error 2)",
        ),
        (
            b"[os_releases]\nmirror = 'x'\n",
            78,
            "DIR/muster.toml:2:1: unknown field `mirror`, expected one of `url`, `fetch`, `every`, `corrections`, `ca`",
        ),
    ] {
        refuses(configured(text).path(), &serve, exit, message);
    }
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.toml");
    std::fs::write(&mine, "[[correction]]\nversion = '26.x'\n").unwrap();
    let config = format!("[os_releases]\ncorrections = '{}'\n", mine.display());
    std::fs::write(folder.path().join("muster.toml"), config).unwrap();
    refuses(folder.path(), &serve, 78, "DIR/mine.toml:1:1: missing field `field`");
}

#[test]
fn an_absent_configuration_and_an_address_without_a_name_are_refused() {
    let serve = ["serve", "--config", "DIR/muster.toml", "--state-dir", "DIR/state"];
    let nowhere = tempfile::tempdir().unwrap();
    refuses(nowhere.path(), &serve, 74, "DIR/muster.toml: No such file or directory (os error 2)");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let everywhere = format!("0.0.0.0:{free}");
    refuses(
        nowhere.path(),
        &["serve", "--listen", &everywhere, "--state-dir", "DIR/state"],
        78,
        &format!(
            "the collector listens on {everywhere}, so it needs `--public-url https://NAME`, the address that laptops use"
        ),
    );
}

#[test]
fn a_wrong_policy_is_refused_with_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = shared::policy::Policy::baseline();
    let policy = folder.path().join("policy.toml");
    std::fs::write(
        &policy,
        baseline.source().replacen("filevault.state ==", "filevault.stat ==", 1),
    )
    .unwrap();
    let config = format!("policy = '{}'\n", policy.display());
    std::fs::write(folder.path().join("muster.toml"), config).unwrap();
    let serve = ["serve", "--config", "DIR/muster.toml", "--state-dir", "DIR/state"];
    let arguments: Vec<String> =
        serve.iter().map(|it| it.replace("DIR", folder.path().to_str().unwrap())).collect();
    let ending = program::run("muster-server", &arguments);
    assert_eq!((ending.exit, ending.stdout.as_str()), (Some(78), ""));
    let start = format!("muster-server: {}:19:9: ", policy.display());
    assert!(ending.stderr.starts_with(&start), "{}", ending.stderr);
    assert!(ending.stderr.contains("filevault.stat"), "{}", ending.stderr);
    assert_eq!(ending.stderr.lines().count(), 1, "{}", ending.stderr);
}

#[test]
fn a_taken_address_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    refuses(
        folder.path(),
        &["serve", "--listen", &address, "--state-dir", "DIR"],
        69,
        &format!(
            "cannot listen on {address}: Address already in use (os error 98); choose another address with `--listen`"
        ),
    );
}

/// Starts a collector in `folder`, stops it, and lets `damage` happen to it.
fn damaged(damage: impl FnOnce(&Path)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut collector = Collector::start(folder.path());
    assert_eq!(collector.process.terminate(), Some(0), "a collector that is told to stop");
    damage(folder.path());
    folder
}

#[test]
fn damaged_files_are_named_and_not_made_anew() {
    let config = "DIR/muster.toml";
    let serve = ["serve", "--config", config, "--listen", "127.0.0.1:0", "--state-dir", "DIR"];
    let restore =
        |file: &str| format!("`{file}` in the state folder is damaged; restore it from a backup");
    for (file, content, exit, message) in [
        ("ca.key.pem", Some("x"), 74, restore("ca.key.pem")),
        ("ca.key.pem", None, 74, restore("ca.key.pem")),
        ("ca.pem", Some("x"), 74, restore("ca.pem")),
        ("ca.pem", None, 74, restore("ca.pem")),
        ("document.key.pem", Some("x"), 74, restore("document.key.pem")),
        ("nonce.key", Some("x"), 74, restore("nonce.key")),
    ] {
        let folder = damaged(|folder| match content {
            Some(content) => std::fs::write(folder.join(file), content).unwrap(),
            None => std::fs::remove_file(folder.join(file)).unwrap(),
        });
        refuses(folder.path(), &serve, exit, &message);
        let now = std::fs::read_to_string(folder.path().join(file)).ok();
        assert_eq!(now.as_deref(), content, "{file} is left as it was");
    }
    let folder = damaged(|folder| {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.join(format!("muster.db{end}")));
        }
        std::fs::write(folder.join("muster.db"), "not a database".repeat(100)).unwrap();
    });
    refuses(
        folder.path(),
        &serve,
        74,
        "DIR/muster.db: the database failed: file is not a database",
    );
}

#[test]
fn a_state_folder_that_cannot_be_made_is_named() {
    let folder = configured(b"");
    refuses(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--state-dir", "DIR/muster.toml/state"],
        73,
        "DIR/muster.toml/state: Not a directory (os error 20)",
    );
    refuses(
        folder.path(),
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--state-dir",
            "DIR/state",
            "--database",
            "DIR/none/x",
        ],
        74,
        "DIR/none/x: the database cannot be made: No such file or directory (os error 2)",
    );
}

#[test]
fn the_secrets_of_a_collector_are_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let config = program::quiet_config(folder.path());
    let state_dir = state.to_str().unwrap();
    let arguments =
        ["serve", "--config", &config, "--listen", "127.0.0.1:0", "--state-dir", state_dir];
    let mut process =
        program::Staying::start("muster-server", &arguments, &folder.path().join("log"));
    assert!(process.line().starts_with("Listening on 127.0.0.1:"));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    for file in ["ca.key.pem", "ca.pem", "document.key.pem", "nonce.key", "address.json"] {
        assert_eq!(mode(&state.join(file)), 0o600, "{file}");
    }
    assert_eq!(process.terminate(), Some(0));
}
