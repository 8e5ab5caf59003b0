//! Installing, upgrading and going back.

use std::os::unix::fs::symlink;

use super::*;

const PRE: &str = "scripts/preinstall";
const POST: &str = "scripts/postinstall";

#[test]
fn a_first_installation_makes_its_folders_and_starts_the_agent() {
    let root = FakeRoot::new();
    let ended = root.run(PRE, &INSTALLER);
    assert_eq!((ended.code, ended.said.as_str()), (0, ""));
    assert_eq!(
        root.calls(),
        ["launchctl bootout system/org.muster.agent", "launchctl print system/org.muster.agent"]
    );
    let ended = root.run(POST, &INSTALLER);
    assert_eq!((ended.code, ended.said.as_str()), (0, ""));
    assert_eq!(
        root.calls(),
        [
            &format!("chown 0:0 {AGENT_STATE_MACOS}"),
            &format!("chown 0:0 {AGENT_LOGS}"),
            "launchctl enable system/org.muster.agent",
            &format!("launchctl bootstrap system {AGENT_DAEMON}"),
            "launchctl print system/org.muster.agent",
        ]
    );
    assert_eq!((root.mode(AGENT_STATE_MACOS), root.mode(AGENT_LOGS)), (0o700, 0o750));
    let link = std::fs::read_link(root.path(AGENT_COMMAND)).unwrap();
    assert_eq!(link, root.path(AGENT_EXECUTABLE));
    assert_eq!(root.mode("/usr/local/bin"), 0o755);
    assert!(!root.is_there(AGENT_TOKEN_FILE_MACOS));
}

#[test]
fn an_upgrade_waits_until_the_earlier_agent_is_gone() {
    let root = FakeRoot::new();
    root.file("loaded", "");
    root.file("slow", "7");
    assert_eq!(root.run(PRE, &INSTALLER).code, 0);
    let calls = root.calls();
    assert_eq!(calls.iter().filter(|call| *call == "sleep 1").count(), 7, "{calls:?}");
    // Going back to an older version is the same.
    assert_eq!(root.run(POST, &INSTALLER).code, 0);
    root.file("slow", "0");
    assert_eq!(root.run(PRE, &["/tmp/Muster-1.0.0.pkg", "/", "/", "/"]).code, 0);
    assert!(!root.is_there("loaded"));
    assert_eq!(root.run(POST, &["/tmp/Muster-1.0.0.pkg", "/", "/", "/"]).code, 0);
    assert!(root.is_there("loaded"));
}

#[test]
fn an_agent_that_does_not_stop_ends_the_installation_before_anything_changes() {
    let root = FakeRoot::new();
    root.file("loaded", "");
    root.file("slow", "1000");
    let ended = root.run(PRE, &INSTALLER);
    assert_eq!(ended.code, 1);
    let expected = "muster: the earlier agent does not stop within 30 seconds; nothing was \
                    changed; restart the Mac and install again\n";
    assert_eq!(ended.said, expected);
    assert_eq!(root.calls_of("sleep").len(), 30);
}

#[test]
fn a_launchd_that_refuses_three_times_is_asked_again() {
    let root = FakeRoot::new();
    root.file("refusals", "3");
    let ended = root.run(POST, &INSTALLER);
    assert_eq!((ended.code, ended.said.as_str()), (0, ""));
    let calls = root.calls();
    let count = |what: &str| calls.iter().filter(|call| call.starts_with(what)).count();
    assert_eq!(
        (count("launchctl bootstrap"), count("sleep 1"), count("launchctl enable")),
        (4, 3, 1)
    );
}

#[test]
fn an_agent_that_never_starts_fails_the_installation_in_words() {
    let root = FakeRoot::new();
    root.file("refusals", "1000");
    let ended = root.run(POST, &INSTALLER);
    assert_eq!(ended.code, 1);
    let expected = "muster: launchd does not start the agent (stand-in: refused); restart the Mac, \
                    and install again if `launchctl print system/org.muster.agent` still fails\n";
    assert_eq!(ended.said, expected);
    let calls = root.calls();
    let count = |what: &str| calls.iter().filter(|call| call.starts_with(what)).count();
    assert_eq!((count("launchctl bootstrap"), count("sleep 1")), (30, 29));

    let root = FakeRoot::new();
    root.file("forgets", "");
    let ended = root.run(POST, &INSTALLER);
    assert_eq!(ended.code, 1);
    assert!(
        ended.said.starts_with("muster: launchd says that it started the agent, but"),
        "{}",
        ended.said
    );
}

#[test]
fn a_service_that_is_there_already_is_no_failure() {
    let root = FakeRoot::new();
    root.file("loaded", "");
    root.file("refusals", "1000");
    assert_eq!(root.run(POST, &INSTALLER).code, 0);
}

#[test]
fn another_volume_is_left_alone() {
    let root = FakeRoot::new();
    root.file("loaded", "");
    let other = ["/tmp/Muster-1.2.3.pkg", "/Volumes/Other", "/Volumes/Other", "/"];
    for script in [PRE, POST] {
        assert_eq!(root.run(script, &other).code, 0);
    }
    assert_eq!(root.calls(), [""; 0]);
    assert!(!root.is_there(AGENT_STATE_MACOS));
}

#[test]
fn folders_that_others_share_keep_their_modes() {
    let root = FakeRoot::new();
    root.file("/usr/local/bin/brew", "somebody's");
    let shared = ["/usr/local/bin", "/usr/local", "/Library/Logs", "/Library/Application Support"];
    for folder in shared {
        std::fs::set_permissions(
            root.path(folder),
            std::os::unix::fs::PermissionsExt::from_mode(0o775),
        )
        .unwrap();
    }
    assert_eq!(root.run(POST, &INSTALLER).code, 0);
    for folder in shared {
        assert_eq!(root.mode(folder), 0o775, "{folder}");
    }
    let owned = [AGENT_STATE_MACOS, AGENT_LOGS].map(|folder| format!("0:0 {folder}"));
    assert_eq!(root.calls_of("chown"), owned);
}

#[test]
fn a_command_of_somebody_else_is_left_as_it_is() {
    let root = FakeRoot::new();
    root.file(AGENT_COMMAND, "theirs");
    let ended = root.run(POST, &INSTALLER);
    let said =
        format!("muster: {AGENT_COMMAND} is a file of somebody else; it was left as it is\n");
    assert_eq!((ended.code, ended.said), (0, said));
    assert_eq!(root.text(AGENT_COMMAND).as_deref(), Some("theirs"));

    let root = FakeRoot::new();
    std::fs::create_dir_all(root.path("/usr/local/bin")).unwrap();
    symlink("/opt/other/muster-agent", root.path(AGENT_COMMAND)).unwrap();
    let ended = root.run(POST, &INSTALLER);
    let said =
        format!("muster: {AGENT_COMMAND} is a link of somebody else; it was left as it is\n");
    assert_eq!((ended.code, ended.said), (0, said));
    let link = std::fs::read_link(root.path(AGENT_COMMAND)).unwrap();
    assert_eq!(link.to_str(), Some("/opt/other/muster-agent"));
}

#[test]
fn a_link_of_ours_is_renewed() {
    let root = FakeRoot::new();
    std::fs::create_dir_all(root.path("/usr/local/bin")).unwrap();
    symlink(root.path(AGENT_BUNDLE).join("Contents/MacOS/old-name"), root.path(AGENT_COMMAND))
        .unwrap();
    assert_eq!(root.run(POST, &INSTALLER).code, 0);
    let link = std::fs::read_link(root.path(AGENT_COMMAND)).unwrap();
    assert_eq!(link, root.path(AGENT_EXECUTABLE));
}
