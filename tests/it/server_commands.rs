//! Every command of `muster-server`: input, exit code, and the exact message.

mod config;
mod devices;
mod migrate;
mod starting;

use tests::program::{self, Collector, Ending};

/// Runs `muster-server` and expects one line of refusal. `DIR` in arguments and
/// message stands for the folder.
#[track_caller]
fn refuses(folder: &std::path::Path, arguments: &[&str], exit: i32, message: &str) {
    let folder = folder.to_str().unwrap();
    let arguments: Vec<String> = arguments.iter().map(|it| it.replace("DIR", folder)).collect();
    let expected = Ending {
        exit: Some(exit),
        stdout: String::new(),
        stderr: format!("muster-server: {}\n", message.replace("DIR", folder)),
    };
    assert_eq!(program::run("muster-server", &arguments), expected, "{arguments:?}");
}

#[test]
fn a_wrong_command_line_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let missing = "the following required arguments were not provided:";
    for (arguments, message) in [
        (&[][..], "no command is given"),
        (&["device"], "no command is given"),
        (&["admin"], "no command is given"),
        (&["config"], "no command is given"),
        (&["config", "check", "x"], "unexpected argument 'x' found"),
        (&["os-releases"], "no command is given"),
        (&["frob"], "unrecognized subcommand 'frob'"),
        (&["serve", "--port", "1"], "unexpected argument '--port' found"),
        (
            &["serve", "--listen", "x"],
            "invalid value 'x' for '--listen <ADDR>': invalid socket address syntax",
        ),
        (&["serve", "--accept-recorded"], "unexpected argument '--accept-recorded' found"),
        (&["invite", "--person", "x"], &format!("{missing} --email <MAIL>")),
        (&["invite"], &format!("{missing} --person <NAME> --email <MAIL>")),
        (&["device", "approve"], &format!("{missing} <DEVICE>")),
        (&["device", "drop", "x"], "unrecognized subcommand 'drop'"),
        (&["os-releases", "import"], &format!("{missing} <FILE>")),
        (&["os-releases", "show", "x"], "unexpected argument 'x' found"),
        (&["os-releases", "fetch", "x"], "unexpected argument 'x' found"),
        (&["migrate"], &format!("{missing} --from <sqlite:PATH> --to <postgres://...>")),
        (&["admin", "login-link", "x"], "unexpected argument 'x' found"),
    ] {
        let help = "run `muster-server --help` to see what it takes";
        refuses(folder.path(), arguments, 64, &format!("{message}; {help}"));
    }
}

#[test]
fn help_and_version_are_answers() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["serve", "--help"],
        &["invite", "--help"],
        &["device", "list", "--help"],
        &["os-releases", "import", "--help"],
        &["os-releases", "show", "--help"],
        &["os-releases", "fetch", "--help"],
        &["migrate", "--help"],
        &["admin", "login-link", "--help"],
        &["config", "check", "--help"],
    ] {
        let ending = program::run("muster-server", arguments);
        assert_eq!((ending.exit, ending.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(ending.stdout.len() > 10, "{arguments:?}");
    }
}

#[test]
fn commands_without_a_collector_say_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let releases = folder.path().join("releases.json");
    std::fs::write(&releases, include_str!("../../shared/src/os_releases/macos-releases.json"))
        .unwrap();
    let place = ["--state-dir", "DIR/none"];
    let no_database = "DIR/none/muster.db: there is no database; start the collector once, or give `--database` or `--state-dir`";
    let no_address = "DIR/none/address.json: No such file or directory (os error 2); start the collector once with `muster-server serve`";
    let invite = &["invite", "--person", "Sam", "--email", "sam@company.example"];
    for (arguments, message) in [
        (&invite[..], no_address),
        (&["device", "list"], no_database),
        (&["device", "approve", "x"], no_database),
        (&["device", "suspend", "x"], no_database),
        (&["device", "resume", "x"], no_database),
        (&["device", "revoke", "x"], no_database),
        (&["os-releases", "import", "DIR/releases.json"], no_database),
        (&["admin", "login-link"], no_address),
    ] {
        refuses(folder.path(), &[arguments, &place].concat(), 74, message);
    }
    assert!(!folder.path().join("none").exists(), "a refused command makes nothing");
}

#[test]
fn a_wrong_invitation_is_refused_with_its_option() {
    let folder = tempfile::tempdir().unwrap();
    let good = ("Sam Doe", "sam@company.example", "ZZHAND00001", "72h");
    let email = |text: &str| {
        format!("`--email` is `{text}`, but it must be a mail address such as sam@company.example")
    };
    let person = "`--person` must be a name of at most 200 characters".to_owned();
    let serial = "`--serial` must be a serial number of 8 to 20 letters and digits".to_owned();
    let length =
        |text: &str| format!("`--expires` is `{text}`, but it must be a length such as 72h or 7d");
    let range = "`--expires` must be between one minute and 90 days, such as 72h or 7d".to_owned();
    for ((name, mail, number, expires), message) in [
        ((" ", good.1, good.2, good.3), person.clone()),
        (("a\nb", good.1, good.2, good.3), person),
        ((good.0, "sam", good.2, good.3), email("sam")),
        ((good.0, "sam@x@y", good.2, good.3), email("sam@x@y")),
        ((good.0, "", good.2, good.3), email("")),
        ((good.0, good.1, "12 34", good.3), serial.clone()),
        ((good.0, good.1, "SHORT", good.3), serial),
        ((good.0, good.1, good.2, "72"), length("72")),
        ((good.0, good.1, good.2, "1w"), length("1w")),
        ((good.0, good.1, good.2, "-1h"), length("-1h")),
        ((good.0, good.1, good.2, "91d"), range),
    ] {
        let expires = format!("--expires={expires}");
        let arguments = ["invite", "--person", name, "--email", mail, "--serial", number, &expires];
        refuses(folder.path(), &arguments, 64, &message);
    }
}

#[test]
fn the_catalogue_is_imported_or_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start(folder.path());
    let own = include_str!("../../shared/src/os_releases/macos-releases.json");
    let sofa = include_str!("../../shared/src/os_releases/sofa/v2.json");
    let import = |text: &[u8]| {
        let file = folder.path().join("releases.json");
        std::fs::write(&file, text).unwrap();
        collector.admin(&["os-releases", "import", file.to_str().unwrap()])
    };
    let ending = import(own.as_bytes());
    assert_eq!((ending.exit, ending.stderr.as_str()), (Some(0), ""));
    assert!(ending.stdout.starts_with("Imported "), "{}", ending.stdout);
    assert!(ending.stdout.ends_with(" A running collector judges by it within a second.\n"));
    let ending = import(sofa.as_bytes());
    assert_eq!((ending.exit, ending.stderr.as_str()), (Some(0), ""), "{}", ending.stdout);

    let unknown_field = own.replacen("\"cves\"", "\"holes\"", 1);
    for (what, text) in [
        ("nothing", Vec::new()),
        ("broken", own.as_bytes()[..own.len() / 2].to_vec()),
        ("a list", b"[]".to_vec()),
        ("an unknown field", unknown_field.into_bytes()),
        ("another format", own.replacen("releases/v1", "releases/v9", 1).into_bytes()),
        ("no UTF-8", b"{\"format\":\"\xff\"}".to_vec()),
    ] {
        let ending = import(&text);
        assert_eq!((ending.exit, ending.stdout.as_str()), (Some(65), ""), "{what}");
        let start = format!("muster-server: {}/releases.json: ", folder.path().display());
        assert!(ending.stderr.starts_with(&start), "{what}: {}", ending.stderr);
        assert_eq!(ending.stderr.lines().count(), 1, "{what}: {}", ending.stderr);
        println!("{what}: {}", ending.stderr.trim_end());
    }
    refuses(
        folder.path(),
        &["os-releases", "import", "DIR/absent", "--state-dir", "DIR"],
        74,
        "DIR/absent: No such file or directory (os error 2)",
    );
}
