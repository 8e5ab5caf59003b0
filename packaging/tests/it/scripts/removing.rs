//! Removing the agent.

use std::os::unix::fs::symlink;

use super::*;

const RULE: &str = "/private/etc/newsyslog.d/org.muster.agent.conf";

/// A Mac with the agent installed, running, and something kept.
fn installed() -> FakeRoot {
    let root = FakeRoot::new();
    assert_eq!(root.run("scripts/postinstall", &INSTALLER).code, 0);
    root.file(&format!("{AGENT_STATE_MACOS}/identity"), "key");
    root.file(&format!("{AGENT_LOGS}/launchd.log"), "");
    root.file(AGENT_CONFIG_MACOS, "[agent]");
    root.file(AGENT_TOKEN_FILE_MACOS, "mst1.AA");
    root.calls();
    root
}

#[test]
fn the_collector_is_told_first_then_the_agent_is_stopped_and_removed() {
    let root = installed();
    root.file("slow", "2");
    let ended = root.run("uninstall.sh", &[]);
    assert_eq!(ended.code, 0, "{}", ended.said);
    let expected = "muster: the agent is removed; its state, settings and logs stay (--purge \
                    removes them)\n";
    assert_eq!(ended.said, expected);
    let print = "launchctl print system/org.muster.agent";
    assert_eq!(
        root.calls(),
        [
            "id -u",
            "muster-agent unenroll",
            "launchctl bootout system/org.muster.agent",
            print,
            "sleep 1",
            print,
            "sleep 1",
            print,
            "pkgutil --forget org.muster.agent",
        ]
    );
    for path in [AGENT_BUNDLE, AGENT_DAEMON, RULE, AGENT_COMMAND] {
        assert!(!root.is_there(path), "{path}");
    }
    for path in [AGENT_STATE_MACOS, AGENT_LOGS, AGENT_CONFIG_MACOS] {
        assert!(root.is_there(path), "{path}");
    }
}

#[test]
fn purge_leaves_nothing() {
    let root = installed();
    let ended = root.run("uninstall.sh", &["--purge"]);
    assert_eq!(ended.code, 0, "{}", ended.said);
    assert_eq!(ended.said, "muster: the agent and all that it kept are removed\n");
    for path in [AGENT_BUNDLE, AGENT_DAEMON, RULE, AGENT_COMMAND, AGENT_LOGS] {
        assert!(!root.is_there(path), "{path}");
    }
    assert!(!root.is_there("/Library/Application Support/Muster"));
    // What is not ours stays.
    for path in ["/Library/Application Support", "/Library/Logs", "/usr/local/bin"] {
        assert!(root.is_there(path), "{path}");
    }
    // A second time there is nothing to do.
    root.calls();
    assert_eq!(root.run("uninstall.sh", &["--purge"]).code, 0);
    assert!(root.calls_of("muster-agent").is_empty());
}

#[test]
fn a_collector_that_is_not_reached_does_not_keep_the_agent() {
    let root = installed();
    root.file("unenroll", "69");
    root.file("pkgutil", "1");
    let ended = root.run("uninstall.sh", &["--purge"]);
    assert_eq!(ended.code, 0);
    let expected = "muster: the collector could not be told; IT sees this Mac fall silent and can \
                    archive it\nmuster: the agent and all that it kept are removed\n";
    assert_eq!(ended.said, expected);
    assert!(!root.is_there(AGENT_BUNDLE));
}

#[test]
fn an_agent_that_does_not_stop_is_not_removed_under_itself() {
    let root = installed();
    root.file("slow", "1000");
    let ended = root.run("uninstall.sh", &["--purge"]);
    assert_eq!(ended.code, 1);
    let expected = "muster: the agent does not stop within 30 seconds; nothing was removed; \
                    restart the Mac and try again\n";
    assert_eq!(ended.said, expected);
    assert_eq!(root.calls_of("sleep").len(), 30);
    assert!(root.is_there(AGENT_BUNDLE) && root.is_there(AGENT_STATE_MACOS));
}

#[test]
fn a_command_of_somebody_else_is_not_removed() {
    for make in [
        |root: &FakeRoot| root.file(AGENT_COMMAND, "theirs"),
        |root: &FakeRoot| symlink("/opt/muster-agent", root.path(AGENT_COMMAND)).unwrap(),
    ] {
        let root = installed();
        std::fs::remove_file(root.path(AGENT_COMMAND)).unwrap();
        make(&root);
        assert_eq!(root.run("uninstall.sh", &["--purge"]).code, 0);
        assert!(root.is_there(AGENT_COMMAND));
    }
}

#[test]
fn only_root_and_only_one_option_are_taken() {
    let root = installed();
    root.file("id", "501");
    let ended = root.run("uninstall.sh", &[]);
    assert_eq!(ended.code, 77);
    assert_eq!(ended.said, "muster: only root can remove the agent; start it with sudo\n");
    for words in [&["--purge", "--purge"][..], &["--all"], &["x"]] {
        assert_eq!(root.run("uninstall.sh", words).code, 64);
    }
    assert!(root.is_there(AGENT_BUNDLE));
    assert_eq!(root.calls(), ["id -u"]);
}
