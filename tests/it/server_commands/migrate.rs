//! `muster-server migrate`: what it refuses, and a whole move.

use tests::postgres_server::PostgresServer;
use tests::program::{self, Collector, Ending, Staying};

use super::refuses;

const NOWHERE: &str = "postgres://muster@127.0.0.1:1/muster";

fn migrate(from: &str, to: &str) -> Ending {
    program::run("muster-server", &["migrate", "--from", from, "--to", to])
}

#[test]
fn what_cannot_be_moved_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("text"), "no database, though it is long enough for one")
        .unwrap();
    std::fs::write(folder.path().join("empty"), "").unwrap();
    for (from, to, exit, message) in [
        (
            "DIR/muster.db",
            NOWHERE,
            64,
            "`--from` is `DIR/muster.db`, but it must be written sqlite:PATH",
        ),
        ("sqlite:", NOWHERE, 64, "`--from` is `sqlite:`, but it names no file; write sqlite:PATH"),
        (
            "sqlite://",
            NOWHERE,
            64,
            "`--from` is `sqlite://`, but it names no file; write sqlite:PATH",
        ),
        (
            "postgres://a/b",
            NOWHERE,
            64,
            "`--from` is `postgres://a/b`, but only a collector in SQLite can be moved; write sqlite:PATH",
        ),
        (
            "sqlite:DIR/muster.db",
            "sqlite:DIR/other.db",
            64,
            "`--to` must be an address such as postgres://muster@db.company.example/muster",
        ),
        (
            "sqlite:DIR/muster.db",
            "postgres://muster:secret@127.0.0.1",
            64,
            "`--to`: the address of the database cannot be used: it names no database",
        ),
        (
            "sqlite:DIR/muster.db",
            NOWHERE,
            74,
            "DIR/muster.db: there is no such file; `--from` takes the database of the collector",
        ),
        (
            "sqlite:DIR",
            NOWHERE,
            74,
            "DIR: there is no such file; `--from` takes the database of the collector",
        ),
        ("sqlite://DIR/text", NOWHERE, 65, "DIR/text: this is no database of a collector"),
        ("sqlite:DIR/empty", NOWHERE, 65, "DIR/empty: this is no database of a collector"),
    ] {
        refuses(folder.path(), &["migrate", "--from", from, "--to", to], exit, message);
    }
}

#[test]
fn a_collector_moves_with_everything_and_never_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut collector = Collector::start(folder.path());
    collector.invite("sam");
    let file = collector.database();
    let file = file.to_str().unwrap();
    let (from, to) = (format!("sqlite:{file}"), PostgresServer::shared().database());
    let shown = format!("postgres://127.0.0.1/{}", to.rsplit('/').next().unwrap());

    let running = migrate(&from, &to);
    let message = format!(
        "muster-server: {file}: another process uses the database; stop the collector first\n"
    );
    assert_eq!((running.exit, running.stderr), (Some(69), message));

    let nobody = migrate(&from, NOWHERE);
    assert_eq!(nobody.exit, Some(69), "{nobody:?}");

    assert_eq!(collector.process.terminate(), Some(0));
    let unreachable = migrate(&from, NOWHERE);
    assert_eq!(unreachable.exit, Some(69), "{unreachable:?}");
    assert!(unreachable.stderr.contains("postgres://127.0.0.1/muster"), "{unreachable:?}");

    let moved = migrate(&from, &to);
    assert_eq!((moved.exit, moved.stderr.as_str()), (Some(0), ""), "{moved:?}");
    assert!(moved.stdout.contains("\nperson: 1 of 1 rows\n"), "{}", moved.stdout);
    let end = format!(
        "Now start the collector with `--database` and that address; {file} is marked as moved, and no collector starts on it again.\n"
    );
    assert!(moved.stdout.ends_with(&end), "{}", moved.stdout);
    assert!(moved.stdout.contains(" rows in ") && moved.stdout.contains(&shown));
    assert!(!moved.stdout.contains("only-for-tests"));

    let again = migrate(&from, &to);
    assert_eq!(again.exit, Some(0), "{again:?}");
    assert!(again.stdout.starts_with(&format!("{shown} has all of it already: ")), "{again:?}");

    let state = folder.path().to_str().unwrap();
    let old =
        program::run("muster-server", &["serve", "--state-dir", state, "--listen", "127.0.0.1:0"]);
    assert_ne!(old.exit, Some(0));
    assert!(old.stderr.contains("this database was moved to PostgreSQL"), "{old:?}");

    let arguments = ["serve", "--state-dir", state, "--listen", "127.0.0.1:0", "--database", &to];
    let mut new = Staying::start("muster-server", &arguments, &folder.path().join("new.log"));
    let line = new.line();
    assert!(line.starts_with("Listening on "), "{line}");
    assert_eq!(new.terminate(), Some(0));

    // It has written since, so this is another collector's by now.
    let admin = ["admin", "login-link", "--state-dir", state, "--database", &to];
    assert_eq!(program::run("muster-server", &admin).exit, Some(0));
    let mixed = migrate(&from, &to);
    assert_eq!(mixed.exit, Some(65), "{mixed:?}");
    assert!(mixed.stderr.contains("holds something else"), "{mixed:?}");
}
