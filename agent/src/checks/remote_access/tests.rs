//! Services on, off, and in answers that nobody knows.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, evidence, mutated, observed, unknown};
use crate::host::{Answer, FileAnswer};

fn print(service: &str) -> String {
    format!("/bin/launchctl print system/{service}")
}

/// The head of the answer for a service that waits for a connection.
fn waiting(service: &str) -> String {
    format!(
        "system/{service} = {{\n    active count = 0\n    path = (submitted by smd[541])\n    \
         type = Submitted\n    state = not running\n\n    program = /usr/libexec/x\n}}\n"
    )
}

fn not_found(service: &str) -> Answer {
    let stderr =
        format!("Bad request.\nCould not find service \"{service}\" in domain for system\n");
    Answer::Done { exit: 113, stdout: Vec::new(), stderr: stderr.into() }
}

fn all_off() -> Mac {
    SERVICES
        .iter()
        .fold(Mac::new(), |mac, (_, service)| mac.answers(&print(service), not_found(service)))
}

pub(super) fn full() -> Vec<Mac> {
    vec![all_off()]
}

const OFF: &str = "file_sharing=false remote_apple_events=false remote_management=false \
    screen_sharing=false ssh=false";

#[test]
fn a_service_that_is_not_loaded_is_off() {
    assert_eq!(observed(&CHECK, &all_off()), OFF);
}

#[test]
fn a_service_that_waits_for_connections_is_on() {
    for (field, service) in SERVICES {
        let mac = all_off().says(&print(service), &waiting(service));
        let shown = OFF.replace(&format!("{field}=false"), &format!("{field}=true"));
        assert_eq!(observed(&CHECK, &mac), shown);
        let found = CHECK.run(&mac);
        assert!(evidence(&found).contains(&format!("system/{service} = {{").as_str()));
    }
}

#[test]
fn an_absent_flag_file_means_no_remote_management() {
    let on = all_off().holds(MANAGEMENT, FileAnswer::Refused);
    let shown = OFF.replace("remote_management=false", "remote_management=true");
    assert_eq!(observed(&CHECK, &on), shown);
    assert_eq!(observed(&CHECK, &all_off()), OFF);
}

#[test]
fn what_is_not_known_of_one_service_leaves_that_one_out() {
    let (service, shown) = ("com.openssh.sshd", OFF.replace(" ssh=false", ""));
    let done = |exit, stdout: &str, stderr: &str| Answer::Done {
        exit,
        stdout: stdout.into(),
        stderr: stderr.into(),
    };
    for answer in [
        Answer::TimedOut,
        Answer::Missing,
        Answer::Overlong,
        done(113, "", ""),
        done(113, "", "Bad request.\n"),
        done(113, "", "Der Dienst wurde nicht gefunden.\n"),
        done(0, "", ""),
        done(0, "", "Could not find service \"com.openssh.sshd\" in domain for system\n"),
        done(0, &waiting("com.apple.smbd"), ""),
        done(0, "system/com.openssh.sshd\n", ""),
        done(0, "usage: launchctl print\n", ""),
        done(1, &waiting(service), ""),
        done(1, "", "Could not find service \"com.openssh.sshd\" in domain for system\n"),
        done(64, "", "Unrecognized target specifier.\n"),
        done(137, &waiting(service), ""),
    ] {
        let mac = all_off().answers(&print(service), answer.clone());
        assert_eq!(observed(&CHECK, &mac), shown, "{answer:?}");
    }
}

#[test]
fn a_mac_whose_launchd_says_nothing_is_unknown() {
    assert_eq!(unknown(&CHECK, &Mac::new()), "missing");
    let managed = Mac::new().holds(MANAGEMENT, FileAnswer::Refused);
    assert_eq!(unknown(&CHECK, &managed), "missing");
    let hangs = SERVICES
        .iter()
        .fold(Mac::new(), |mac, (_, service)| mac.answers(&print(service), Answer::TimedOut));
    assert_eq!(unknown(&CHECK, &hangs), "timed-out");
    let one = hangs.answers(&print("com.apple.smbd"), not_found("com.apple.smbd"));
    assert_eq!(observed(&CHECK, &one), "file_sharing=false remote_management=false");
}

const KNOWN: &[&str] = &[
    "Bad request.\nCould not find service \"com.openssh.sshd\" in domain for system\n",
    "system/com.openssh.sshd = {\n    state = not running\n}\n",
    "Could not find domain for system\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn only_a_whole_answer_says_off(
        answer in mutated(KNOWN),
        exit in prop::sample::select(vec![0, 1, 113]),
        on_stderr in any::<bool>(),
    ) {
        let (stdout, stderr) = if on_stderr { ("", &*answer) } else { (&*answer, "") };
        let said = Said { exit, stdout: stdout.to_owned(), stderr: stderr.to_owned() };
        let is_off = is_on(&said, "com.openssh.sshd").map(|(is_on, _)| !is_on);
        let denied = answer.lines().any(|line| line.trim().starts_with("Could not find service"));
        prop_assert_eq!(is_off == Some(true), exit == 113 && denied, "{:?}", answer);
        let head = answer.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
        let described = head.replace(' ', "") == "system/com.openssh.sshd={" && !head.contains("sshd ={ ");
        prop_assert!(is_off != Some(false) || exit == 0 && !on_stderr && described, "{:?}", answer);
    }
}
