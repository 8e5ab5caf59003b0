//! What wins, what is told of a mistake, and where a value came from.

use super::{Given, Read, read};
use crate::config::credentials::Credentials;
use crate::config::environment::variables;

fn from(text: &str, environment: &[(&str, &str)], credentials: Credentials) -> Read {
    let given = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let (variables, wrong) = variables(given);
    assert!(wrong.is_empty(), "{wrong:?}");
    read(&Given { file: Some(("muster.toml", text)), variables: &variables, credentials })
}

fn origin(read: &Read, path: &str) -> String {
    read.sources.get(path).map(|source| source.origin.to_string()).unwrap_or_default()
}

#[test]
fn a_variable_wins_over_the_file_and_the_file_over_a_credential() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["muster.tls.key", "muster.tls.certificate"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let text = "listen = '127.0.0.1:1'\npublic_url = 'https://a.example'\n[tls]\nkey = '/k'\n";
    let read = from(
        text,
        &[
            ("MUSTER_LISTEN", "127.0.0.1:2"),
            ("MUSTER_AGENTS__REPORT_EVERY", "30m"),
            ("MUSTER_CONNECTIONS_PER_ADDRESS", "7"),
            ("MUSTER_TRUSTED_PROXIES", "10.0.0.0/8, 10.1.0.0/16"),
            ("MUSTER_OS_RELEASES__FETCH", "false"),
            ("MUSTER_TELEMETRY__OTLP", "http://127.0.0.1:4318"),
            ("MUSTER_TELEMETRY__SAMPLE", "0.5"),
        ],
        Credentials::new(Some(folder.path().to_owned())),
    );
    assert_eq!(read.problems, Vec::<String>::new());
    let file = &read.file;
    assert_eq!(file.listen.unwrap().port(), 2);
    assert_eq!(file.settings().unwrap().report_every_s, 1800);
    assert_eq!(file.connections_per_address.unwrap().get(), 7);
    assert_eq!(file.trusted_proxies.len(), 2);
    assert_eq!(file.os_releases.as_ref().unwrap().fetch, Some(false));
    assert_eq!(file.telemetry.as_ref().unwrap().sample, Some(0.5));
    let tls = file.tls.as_ref().unwrap();
    assert_eq!(tls.key.to_str(), Some("/k"));
    assert_eq!(tls.certificate, folder.path().join("muster.tls.certificate"));
    assert_eq!(origin(&read, "listen"), "MUSTER_LISTEN");
    assert_eq!(origin(&read, "public_url"), "muster.toml:2:14");
    assert_eq!(origin(&read, "tls.key"), "muster.toml:4:7");
    assert_eq!(origin(&read, "tls.certificate"), "credential muster.tls.certificate");
    assert_eq!(read.sources.get("trusted_proxies").unwrap().shown, "10.0.0.0/8, 10.1.0.0/16");
}

#[test]
fn providers_come_from_variables_too_and_their_secrets_from_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("muster.openid.okta.client_secret");
    std::fs::write(&secret, "s3cret").unwrap();
    let google = "[[sign_in.openid]]\nname = 'google'\ntitle = 'Google'\nissuer = 'https://g.example'\nclient_id = 'a'\n";
    let read = from(
        google,
        &[
            ("MUSTER_SIGN_IN__OPENID__0__TITLE", "G"),
            ("MUSTER_SIGN_IN__OPENID__1__NAME", "okta"),
            ("MUSTER_SIGN_IN__OPENID__1__TITLE", "Okta"),
            ("MUSTER_SIGN_IN__OPENID__1__ISSUER", "https://o.example"),
            ("MUSTER_SIGN_IN__OPENID__1__CLIENT_ID", "b"),
            ("MUSTER_SIGN_IN__OPENID__1__EMPLOYEES", "true"),
        ],
        Credentials::new(Some(folder.path().to_owned())),
    );
    assert_eq!(read.problems, Vec::<String>::new());
    let [google, okta] = read.file.sign_in.openid.as_slice() else { panic!("{read:?}") };
    assert_eq!((google.title.as_str(), &google.client_secret_file), ("G", &None));
    assert_eq!((okta.employees, okta.client_secret_file.as_ref()), (true, Some(&secret)));
    assert_eq!(read.sources.providers().collect::<Vec<_>>(), [0, 1]);
    let located = |text: &str| read.sources.located(text.to_owned());
    let wrong = "in `sign_in.openid` \"okta\", `issuer` is wrong";
    assert_eq!(located(wrong), format!("MUSTER_SIGN_IN__OPENID__1__ISSUER: {wrong}"));
    let wrong = "in `sign_in.openid` \"google\", `tenant` is missing";
    assert_eq!(located(wrong), format!("muster.toml:2:8: {wrong}"));
    assert_eq!(located("nothing known"), "nothing known");
}

#[test]
fn every_mistake_is_told_with_its_place_and_never_its_value() {
    let text = "listen = 443\nport = 1\npublic_url = 'https://a.example'\n[agents]\nreport_every = 5\n[[sign_in.openid]]\nname = 'g'\n";
    let read = from(
        text,
        &[
            ("MUSTER_CONNECTIONS_PER_ADDRESS", "s3cret"),
            ("MUSTER_DATABASE", "postgres://m:s3cret@db/m"),
            ("MUSTER_METRICS__LISTEN", "s3cret"),
            ("MUSTER_OS_RELEASES__FETCH", "s3cret"),
            ("MUSTER_SIGN_IN__OPENID__2__NAME", "x"),
        ],
        Credentials::default(),
    );
    let told = read.problems.join("\n");
    for says in [
        "MUSTER_CONNECTIONS_PER_ADDRESS: it must be a number",
        "MUSTER_OS_RELEASES__FETCH: it must be true or false",
        "MUSTER_SIGN_IN__OPENID__2__NAME: there are 1 entries before it",
        "MUSTER_METRICS__LISTEN: invalid socket address syntax",
        "muster.toml:1:10: invalid type: integer `443`, expected socket address",
        "muster.toml:2:1: unknown field `port`, expected one of `listen`",
        "muster.toml:5:16: invalid type: integer `5`, expected a string",
        "muster.toml:6:1: missing field `title`",
    ] {
        assert!(told.contains(says), "{says} is not in:\n{told}");
    }
    assert_eq!(read.problems.len(), 8, "{told}");
    assert!(!told.contains("s3cret"), "{told}");
    assert_eq!(read.file.public_url.as_deref(), Some("https://a.example"));
    assert_eq!(read.sources.get("database").unwrap().shown, "", "it may hold a password");
}

#[test]
fn a_slip_in_a_credential_and_half_a_certificate_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["muster.tls.key", "muster.mail.pasword"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let read = from("", &[], Credentials::new(Some(folder.path().to_owned())));
    let [slip, half] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
    assert!(slip.starts_with("credential muster.mail.pasword: nothing reads"), "{slip}");
    assert_eq!(half, "credential muster.tls.key: missing field `certificate`");
}

#[test]
fn text_that_is_no_toml_is_told_and_nothing_is_read() {
    let read = from("listen = \n", &[], Credentials::default());
    assert_eq!(read.problems.len(), 1, "{:?}", read.problems);
    assert!(read.problems[0].starts_with("muster.toml:1:"), "{:?}", read.problems);
    let wrong_kind = from("tls = 5\n", &[("MUSTER_TLS__KEY", "/k")], Credentials::default());
    assert_eq!(wrong_kind.problems.len(), 2, "{:?}", wrong_kind.problems);
    assert!(wrong_kind.problems[0].starts_with("MUSTER_TLS__KEY: the file has another kind"));
}
