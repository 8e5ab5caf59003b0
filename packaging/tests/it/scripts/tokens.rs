//! A token in the package's own name.

use super::*;

const TOKEN: &str = "mst1.AAb_c-9xYZ";

/// What was kept after installing from a file of this name.
fn kept(path: &str) -> Option<String> {
    let root = FakeRoot::new();
    let ended = root.run("scripts/postinstall", &[path, "/", "/", "/"]);
    assert_eq!(ended.code, 0, "{}", ended.said);
    let kept = root.text(AGENT_TOKEN_FILE_MACOS);
    if let Some(token) = &kept {
        assert_eq!(root.mode(AGENT_TOKEN_FILE_MACOS), 0o600, "{path}");
        assert!(!ended.said.contains(token.trim()), "{}", ended.said);
        assert!(ended.said.contains("took a token from the package's name"), "{}", ended.said);
        assert!(!root.calls().iter().any(|call| call.contains(token.trim())));
        assert!(!root.is_there(&format!("{AGENT_TOKEN_FILE_MACOS}.new")));
    }
    kept
}

#[test]
fn a_token_is_taken_from_every_form_that_a_name_gets() {
    for name in [
        "Muster-1.2.3.TOKEN.pkg",
        "Muster-1.2.3.TOKEN (1).pkg",
        "Muster-1.2.3.TOKEN 2.pkg",
        "Muster-1.2.3.TOKEN.pkg.pkg",
        "Muster-1.2.3.TOKEN(2).pkg",
        "TOKEN.pkg",
        "TOKEN",
    ] {
        for folder in ["/Users/sam/Downloads", "/tmp/a b", "/Volumes/mst1.other"] {
            let path = format!("{folder}/{}", name.replace("TOKEN", TOKEN));
            assert_eq!(kept(&path), Some(format!("{TOKEN}\n")), "{path}");
        }
    }
}

#[test]
fn a_dash_and_a_digit_belong_to_the_token_and_the_agent_refuses_it() {
    let path = format!("/Users/sam/Downloads/Muster-1.2.3.{TOKEN}-1.pkg");
    assert_eq!(kept(&path), Some(format!("{TOKEN}-1\n")));
}

#[test]
fn a_name_without_a_token_leaves_nothing() {
    for path in [
        "/tmp/Muster-1.2.3.pkg",
        "/tmp/mst1.AAAA/Muster-1.2.3.pkg",
        "/tmp/Muster-1.2.3.mst1..pkg",
        "/tmp/Muster-1.2.3.mst1.$(touch x).pkg",
        "/tmp/Muster-1.2.3.mst2.AAAA.pkg",
        "",
    ] {
        assert_eq!(kept(path), None, "{path}");
    }
}

#[test]
fn nothing_of_a_name_is_ever_run() {
    let root = FakeRoot::new();
    let marker = root.path("/marker");
    for mark in ["`touch M`", "$(touch M)", "; touch M ;", "' touch M '", "\" ; touch M \""] {
        let mark = mark.replace('M', marker.to_str().unwrap());
        let path = format!("/tmp/Muster.mst1.AA{mark}.pkg");
        assert_eq!(root.run("scripts/postinstall", &[&path, "/", "/", "/"]).code, 0);
    }
    assert!(!marker.exists());
}

#[test]
fn an_earlier_token_is_replaced_whatever_its_mode_was() {
    let root = FakeRoot::new();
    root.file(AGENT_TOKEN_FILE_MACOS, "old, and longer than the new one is");
    let path = format!("/tmp/Muster.{TOKEN}.pkg");
    assert_eq!(root.run("scripts/postinstall", &[&path, "/", "/", "/"]).code, 0);
    assert_eq!(root.text(AGENT_TOKEN_FILE_MACOS), Some(format!("{TOKEN}\n")));
    assert_eq!(root.mode(AGENT_TOKEN_FILE_MACOS), 0o600);
}

#[test]
fn the_token_is_there_before_the_agent_starts() {
    let root = FakeRoot::new();
    let path = format!("/tmp/Muster.{TOKEN}.pkg");
    // Never starts, so that nothing after it is reached.
    root.file("refusals", "1000");
    assert_eq!(root.run("scripts/postinstall", &[&path, "/", "/", "/"]).code, 1);
    assert!(root.is_there(AGENT_TOKEN_FILE_MACOS));
}
