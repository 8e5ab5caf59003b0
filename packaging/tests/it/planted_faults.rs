//! Each fault that was planted is found, and named.

use packaging::pkg::source::SEAL;
use packaging::pkg::tree::{Content, Entry, Tree};
use packaging::pkg::{Layers, Parts, cpio};
use shared::names::{AGENT_BUNDLE, AGENT_DAEMON, AGENT_EXECUTABLE};

use crate::fixture::{changed, faults, layers, made, parts, parts_of};
use crate::made::Made;

mod bytes;
mod program;

/// Whether exactly one fault is found, and says this.
#[track_caller]
fn assert_found(file: &[u8], expected: &str) {
    assert_all_found(file, &[expected]);
}

#[track_caller]
fn assert_all_found(file: &[u8], expected: &[&str]) {
    let found = faults(file);
    let fits = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
    assert!(fits, "found:\n{}\nexpected:\n{}", found.join("\n"), expected.join("\n"));
}

/// A package whose payload was changed at one path.
fn with_entry(path: &str, change: impl FnOnce(&mut Entry)) -> Vec<u8> {
    let mut parts = parts();
    parts.payload = changed(&parts.payload, path, change);
    packed(&parts)
}

/// A package with more paths.
fn with_more(more: &[(&str, u16, Content)]) -> Vec<u8> {
    let mut parts = parts();
    let mut entries = parts.payload.entries().to_vec();
    entries.extend(more.iter().map(|(path, mode, content)| Entry {
        path: (*path).to_owned(),
        mode: *mode,
        uid: 0,
        gid: 0,
        content: content.clone(),
    }));
    parts.payload = Tree::new(entries).unwrap();
    packed(&parts)
}

fn packed(parts: &Parts) -> Vec<u8> {
    Layers::of(parts).unwrap().archive()
}

#[test]
fn nothing_is_wrong_with_what_was_just_built() {
    assert_eq!(faults(&layers().archive()), [""; 0]);
}

#[test]
fn a_wrong_mode_or_owner_is_named_with_the_path() {
    let plist = AGENT_DAEMON;
    let program = AGENT_EXECUTABLE;
    assert_all_found(
        &with_entry(plist, |entry| entry.mode = 0o664),
        &[
            &format!("{plist}: its mode is 0664: others than root may write to it; mend its entry"),
            &format!("{plist}: its mode is 0664, and launchd takes it with 0644 alone"),
        ],
    );
    assert_found(
        &with_entry(program, |entry| entry.mode = 0o555),
        &format!("{program}: its mode is 0555, and launchd starts it with 0755 alone"),
    );
    assert_found(
        &with_entry(plist, |entry| entry.uid = 501),
        &format!("{plist}: its owner is 501:0, not 0:0"),
    );
    assert_found(
        &with_entry(AGENT_BUNDLE, |entry| entry.gid = 20),
        &format!("{AGENT_BUNDLE}: its owner is 0:20, not 0:0"),
    );
    assert_found(
        &with_entry(AGENT_BUNDLE, |entry| entry.mode = 0o777),
        &format!("{AGENT_BUNDLE}: its mode is 0777: others than root may write to it"),
    );
    assert_found(
        &with_entry(AGENT_BUNDLE, |entry| entry.mode = 0o1755),
        &format!("{AGENT_BUNDLE}: its mode is 1755, with more than permissions"),
    );
    assert_found(
        &with_entry(AGENT_BUNDLE, |entry| entry.mode = 0o700),
        &format!("{AGENT_BUNDLE}: its mode is 0700: not everybody may read it"),
    );
}

#[test]
fn folders_of_macos_keep_what_macos_gives_them() {
    assert_found(
        &with_entry("/Library/Application Support", |entry| entry.gid = 0),
        "/Library/Application Support: its owner is 0:0, not 0:80",
    );
    assert_found(
        &with_entry("/private/etc", |entry| entry.gid = 80),
        "/private/etc: its owner is 0:80, not 0:0",
    );
    assert_all_found(
        &with_entry("/Library", |entry| entry.mode = 0o775),
        &[
            "/Library: its mode is 0775, and Installer would take 0755 from macOS's own folder",
            "/Library: its mode is 0775: others than root may write to it",
        ],
    );
}

#[test]
fn paths_that_are_not_the_agents_are_named() {
    let folder = || Content::Folder;
    let usr_local = "belongs to people on many Macs, and the package would take it from them";
    assert_all_found(
        &with_more(&[("./usr", 0o755, folder()), ("./usr/local", 0o755, folder())]),
        &[
            "/usr: nothing of the agent belongs there",
            &format!("/usr/local: /usr/local {usr_local}; mend its entry"),
        ],
    );
    assert_found(
        &with_more(&[("./Users", 0o755, folder())]),
        "/Users: what lies in /Users belongs to people",
    );
    let second = "./Library/LaunchDaemons/org.muster.helper.plist";
    assert_found(
        &with_more(&[(second, 0o644, Content::File(b"<plist/>".to_vec()))]),
        "/Library/LaunchDaemons/org.muster.helper.plist: it is a second LaunchDaemon",
    );
}

#[test]
fn payload_and_list_that_differ_are_named_with_both_values() {
    let right = layers();
    let mut parts = parts();
    let uninstall = format!("{AGENT_BUNDLE}/Contents/Resources/uninstall.sh");
    parts.payload = changed(&parts.payload, &uninstall, |entry| {
        let Content::File(bytes) = &mut entry.content else { panic!("a folder") };
        bytes[0] = b'!';
    });
    let other = Layers { payload: cpio::write(&parts.payload), ..right.clone() };
    let file = other.archive();
    assert_all_found(
        &file,
        &[
            &format!("{uninstall}: its checksum is "),
            &format!("{uninstall}: it is not the file that was signed with the bundle"),
        ],
    );
    parts.payload =
        changed(&crate::fixture::parts().payload, AGENT_BUNDLE, |entry| entry.mode = 0o750);
    let other = Layers { bom: Layers::of(&parts).unwrap().bom, ..right.clone() };
    assert_found(
        &other.archive(),
        &format!("{AGENT_BUNDLE}: its mode is 040755 in the Payload and 040750 in the Bom"),
    );
    let less = Tree::new(parts.payload.entries()[..18].to_vec()).unwrap();
    parts.payload = less;
    let other = Layers { bom: Layers::of(&parts).unwrap().bom, ..right };
    let found = faults(&other.archive());
    let expected =
        "/private/etc/newsyslog.d/org.muster.agent.conf: it is in the Payload and not in";
    assert!(found.iter().any(|fault| fault.starts_with(expected)), "{found:?}");
}

#[test]
fn another_version_is_found_wherever_it_stands() {
    let wrong = |change: &dyn Fn(&mut Layers)| {
        let mut layers = layers();
        change(&mut layers);
        layers.archive()
    };
    let replaced = |text: &mut String, from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        *text = text.replacen(from, to, 1);
    };
    for (from, what) in [
        ("CFBundleShortVersionString=\"1.2.3\"", "PackageInfo: its bundle's version is `9.9.9`"),
        ("CFBundleVersion=\"1.2.3\"", "PackageInfo: its bundle's build is `9.9.9`"),
    ] {
        let to = from.replace("1.2.3", "9.9.9");
        assert_found(&wrong(&|it| replaced(&mut it.package_info, from, &to)), what);
    }
    for (from, what) in [
        (
            "<product id=\"org.muster.agent\" version=\"1.2.3\"",
            "Distribution: its product's version",
        ),
        (
            "<pkg-ref id=\"org.muster.agent\" version=\"1.2.3\"",
            "Distribution: its package's version",
        ),
    ] {
        let to = from.replace("1.2.3", "9.9.9");
        let expected = format!("{what} is `9.9.9`, not `1.2.3`; build the package again");
        assert_found(&wrong(&|it| replaced(&mut it.distribution, from, &to)), &expected);
    }
    // Where the component itself is of another version, everything else is.
    let file = wrong(&|it| replaced(&mut it.package_info, "auth=\"root\"", "auth=\"none\""));
    assert_found(&file, "PackageInfo: its auth is `none`, not `root`");
    let from = "postinstall-action=\"none\" version=\"1.2.3\"";
    let to = from.replace("1.2.3", "1.2.4");
    let found = faults(&wrong(&|it| replaced(&mut it.package_info, from, &to)));
    assert_eq!(found.len(), 8, "{found:?}");
    assert!(found.iter().all(|it| it.contains("`1.2.3`, not `1.2.4`")), "{found:?}");
}

#[test]
fn what_the_component_and_installer_are_told_must_be_right() {
    let info = |from: &str, to: &str| {
        let mut layers = layers();
        assert!(layers.package_info.contains(from), "{from}");
        layers.package_info = layers.package_info.replacen(from, to, 1);
        layers.archive()
    };
    assert_found(
        &info("relocatable=\"false\"", "relocatable=\"true\""),
        "PackageInfo: its relocatable is `true`, not `false`",
    );
    assert_found(
        &info("numberOfFiles=\"19\"", "numberOfFiles=\"18\""),
        "PackageInfo: its number of files is `18`, not `19`",
    );
    assert_found(
        &info("<preinstall file=\"./preinstall\" timeout=\"600\"/>", ""),
        "PackageInfo: it does not name the script preinstall, so nothing would start it",
    );
    let distribution = |from: &str, to: &str| {
        let mut layers = layers();
        assert!(layers.distribution.contains(from), "{from}");
        layers.distribution = layers.distribution.replacen(from, to, 1);
        layers.archive()
    };
    assert_found(
        &distribution("arm64,x86_64", "x86_64"),
        "Distribution: its list of processors is `x86_64`, not `arm64,x86_64`",
    );
    assert_found(
        &distribution("min=\"12.0\"", "min=\"11.0\""),
        "Distribution: its oldest macOS is `11.0`, not `12.0`",
    );
    assert_found(
        &distribution("<license file=\"license.txt\" mime-type=\"text/plain\"/>", ""),
        "Distribution: it does not show the page license.txt",
    );
    let mut less = layers();
    less.pages.retain(|(name, _)| name != "readme.html");
    assert_found(&less.archive(), "Resources/readme.html: it is missing");
}

#[test]
fn scripts_that_installer_could_not_start_are_named() {
    let with = |path: &str, change: fn(&mut Entry)| {
        let mut parts = parts();
        parts.scripts = changed(&parts.scripts, path, change);
        packed(&parts)
    };
    assert_found(
        &with("/postinstall", |entry| entry.mode = 0o644),
        "Scripts/postinstall: its mode is 0644, and Installer starts it with 0755",
    );
    assert_found(
        &with("/preinstall", |entry| entry.uid = 501),
        "Scripts/preinstall: its owner is 501:0, not 0:0",
    );
    assert_found(
        &with("/preinstall", |entry| {
            entry.content = Content::File(b"#!/bin/sh\nif true; then\n".to_vec());
        }),
        "Scripts/preinstall: no shell understands it: ",
    );
    assert_found(
        &with("/preinstall", |entry| {
            entry.content = Content::File(b"#!/usr/bin/python\n".to_vec());
        }),
        "Scripts/preinstall: its first line is not #!/bin/sh",
    );
}

#[test]
fn a_daemon_that_launchd_would_not_start_is_named() {
    let with = |from: &str, to: &str| {
        let mut parts = parts();
        parts.payload = changed(&parts.payload, AGENT_DAEMON, |entry| {
            let text = String::from_utf8(entry.bytes().to_vec()).unwrap();
            assert!(text.contains(from), "{from}");
            entry.content = Content::File(text.replacen(from, to, 1).into_bytes());
        });
        packed(&parts)
    };
    assert_found(
        &with("<string>org.muster.agent</string>", "<string>org.muster.other</string>"),
        &format!("{AGENT_DAEMON}: its label is `org.muster.other`, and its file is called"),
    );
    let other = "/usr/local/bin/muster-agent";
    assert_all_found(
        &with(AGENT_EXECUTABLE, other),
        &[
            &format!("{AGENT_DAEMON}: it starts `{other}`, not {AGENT_EXECUTABLE}"),
            &format!("{AGENT_DAEMON}: it starts `{other}`, which the package does not bring"),
        ],
    );
    assert_found(&with("<plist", "<list"), &format!("{AGENT_DAEMON}: it is no property list"));
}
