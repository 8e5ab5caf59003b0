//! What `check` prints for people.

use crate::{agent, recording};

fn page(name: &str) -> (String, Option<i32>) {
    let output = agent(["check".as_ref(), "--recording".as_ref(), recording(name).as_os_str()]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

#[test]
fn a_failing_mac_is_told_what_was_seen_and_what_to_do() {
    let (page, exit) = page("m2-26.5.2-unmanaged-stock");
    let mut lines = page.lines();
    assert_eq!(
        lines.next(),
        Some(
            "MacBook Air (M2, 2022) (Mac14,2), serial number ending in 0002, macOS 26.5.2 (25F84)"
        )
    );
    assert_eq!(
        lines.next(),
        Some("Recorded at 2026-08-23 09:00:00 UTC, judged by policy baseline version 1")
    );
    assert!(page.contains("\n✓ pass           disk-encryption: FileVault is on.\n"), "{page}");
    assert!(
        page.contains(
            "\n✗ fail           firewall: The firewall is off.\n    How to fix it:\n    1. Choose "
        ),
        "{page}"
    );
    assert!(
        page.contains("Left out, because only the collector can judge it: `reporting`."),
        "{page}"
    );
    assert_eq!(exit, Some(1));
}

#[test]
fn a_healthy_mac_is_given_no_steps() {
    let (page, exit) = page("m3-26.6.2-managed");
    assert!(!page.contains("✗ fail"), "{page}");
    assert_eq!(exit, Some(0));
}

#[test]
fn a_mute_mac_is_told_so_without_alarm() {
    let (page, exit) = page("mute");
    assert!(
        page.starts_with("Unknown model, serial number not known, version of macOS not known\n")
    );
    assert!(page.contains("? unknown        disk-encryption: Unknown: "), "{page}");
    assert!(!page.contains("How to fix it"), "{page}");
    assert_eq!(exit, Some(3));
}

#[test]
fn there_are_no_colours_outside_of_a_terminal() {
    assert!(!page("vm-all-off").0.contains('\u{1b}'));
}

#[test]
fn the_serial_number_is_shown_by_its_end_alone() {
    assert!(!page("m3-26.6.2-managed").0.contains("ZZDEV"));
}

/// Another system's programs must not speak for macOS.
#[cfg(target_os = "linux")]
#[test]
fn a_computer_that_is_no_mac_is_told_so_in_one_line() {
    for command in [&["check"][..], &["check", "--json"], &["report"]] {
        let output = agent(command);
        assert_eq!(output.stdout, b"", "{command:?}");
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "muster-agent: Linux is not supported yet, only macOS is; add `--recording FILE` to use a recording of a Mac\n"
        );
        assert_eq!(output.status.code(), Some(71), "{command:?}");
    }
}

/// The page in the source tree is what the program prints.
#[test]
fn the_page_about_the_checks_is_fresh() {
    let output = agent(["show", "--explain=markdown"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    let kept = include_str!("../../CHECKS.md");
    let advice = "run `muster-agent show --explain=markdown > agent/CHECKS.md`";
    assert!(printed == kept, "{advice}");
    for check in agent::checks::ALL {
        assert!(kept.contains(&format!("## {}\n", check.id)), "{}", check.id);
    }
}
