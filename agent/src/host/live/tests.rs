//! `Live` against real programs of the computer that runs the tests.

use super::*;

const SH: &str = "/bin/sh";

fn sh(script: &str) -> Answer {
    Live::with_timeout(Duration::from_secs(50)).run(&[SH, "-c", script])
}

fn done(answer: Answer) -> (i32, String, String) {
    match answer {
        Answer::Done { exit, stdout, stderr } => {
            (exit, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_outputs_and_the_exit_status_are_kept_apart() {
    let answer = sh("echo out; echo err >&2; exit 7");
    assert_eq!(done(answer), (7, "out\n".into(), "err\n".into()));
}

#[test]
fn the_environment_holds_four_fixed_variables() {
    let (_, stdout, _) = done(Live::new().run(&["/usr/bin/env"]));
    let mut lines: Vec<&str> = stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["HOME=/var/root", "LANG=C", "LC_ALL=C", "PATH=/usr/bin:/bin:/usr/sbin:/sbin"]
    );
}

#[test]
fn standard_input_is_empty_and_the_folder_is_the_root() {
    assert_eq!(done(sh("cat; pwd")), (0, "/\n".into(), String::new()));
}

#[test]
fn a_program_that_is_not_there_is_missing() {
    assert_eq!(Live::new().run(&["/usr/bin/no-such-program"]), Answer::Missing);
    assert_eq!(Live::new().run(&["/"]), Answer::Missing);
    assert_eq!(Live::new().run(&[]), Answer::Missing);
}

#[test]
fn a_name_is_never_looked_up_in_the_path() {
    assert_eq!(Live::new().run(&["sh", "-c", "exit 0"]), Answer::Missing);
}

#[test]
fn a_program_killed_by_a_signal_shows_it_in_its_exit_status() {
    assert_eq!(done(sh("kill -9 $$")).0, 128 + 9);
}

#[test]
fn a_program_that_hangs_is_killed_at_its_deadline() {
    let started = Instant::now();
    let answer = Live::with_timeout(Duration::from_millis(200)).run(&["/bin/sleep", "60"]);
    assert_eq!(answer, Answer::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[test]
fn what_a_program_started_is_killed_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let pid_file = folder.path().join("pid");
    // It is killed for its endless output, so surely after the file is written.
    let script = format!(
        "sleep 60 & echo $! > '{}'; while :; do echo xxxxxxxxxxxxxxxx; done",
        pid_file.display()
    );
    assert_eq!(sh(&script), Answer::Overlong);
    let pid = std::fs::read_to_string(&pid_file).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_gone(pid.trim()) {
        assert!(Instant::now() < deadline, "process {} still runs", pid.trim());
        thread::yield_now();
    }
}

#[test]
fn a_child_left_behind_does_not_hold_up_the_answer() {
    let started = Instant::now();
    assert_eq!(done(sh("sleep 60 & echo done")), (0, "done\n".into(), String::new()));
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[test]
fn output_beyond_the_limit_ends_the_program() {
    let started = Instant::now();
    assert_eq!(
        sh("while :; do echo 0123456789012345678901234567890123456789; done"),
        Answer::Overlong
    );
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[test]
fn output_up_to_the_limit_is_whole() {
    let script = format!("head -c {OUTPUT_LIMIT} /dev/zero; head -c {OUTPUT_LIMIT} /dev/zero >&2");
    let Answer::Done { stdout, stderr, .. } = sh(&script) else { panic!("not done") };
    assert_eq!((stdout.len(), stderr.len()), (OUTPUT_LIMIT, OUTPUT_LIMIT));
}

#[test]
fn files_are_read_missing_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("b"), b"bytes").unwrap();
    std::fs::write(path("a"), b"").unwrap();
    let host = Live::new();

    assert_eq!(host.read(&path("b")), FileAnswer::Bytes(b"bytes".to_vec()));
    assert_eq!(host.read(&path("none")), FileAnswer::Missing);
    assert_eq!(host.read(&path("b/inside")), FileAnswer::Missing);
    assert_eq!(host.read(&path("")), FileAnswer::Refused);
    assert_eq!(host.read("/dev/zero"), FileAnswer::Refused);
    assert!(host.exists(&path("a")) && host.exists(&path("")));
    assert!(!host.exists(&path("none")) && !host.exists(&path("b/inside")));
    assert_eq!(host.list(&path("")), ["a", "b"]);
    assert!(host.list(&path("none")).is_empty());
}

#[test]
fn the_clock_shows_whole_seconds() {
    assert_eq!(Live::new().now().subsec_nanosecond(), 0);
}

/// Linux keeps a killed orphan as a zombie until its new parent reaps it.
fn is_gone(pid: &str) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')),
        Err(_) => true,
    }
}

#[test]
fn this_computer_has_been_up_for_some_time() {
    assert!(Live::new().uptime_s().unwrap() > 0);
}
